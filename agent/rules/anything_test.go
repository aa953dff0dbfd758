package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"recoup/agent"
)

// chaos makes batches that no plant would send, and rules of every kind.
type chaos struct {
	*rand.Rand
	*plant
	shown []float64
}

func newChaos(t testing.TB, seed uint64) *chaos {
	c := &chaos{Rand: rand.New(rand.NewPCG(seed, 5)), plant: newPlant(t), shown: make([]float64, 6)}
	for i := range c.shown {
		c.tag(fmt.Sprintf("t%d", i), "mg/Nm3").Source = []string{"plant", "lab"}[i%2]
	}
	c.tags["t5"].MaxGap = 10 * time.Minute
	c.figure("a.one", "a", "any", "1", "t0")
	c.figure("a.closure", "a", "any", "1", "t0")
	var rules []*Rule
	for i, text := range []string{
		`{"when": "t0 > 5", "clear": "t0 < -5", "hold": "30s"}`,
		`{"when": "t0 > 5 and t1 > 0", "hold": "1m", "in": {"tag": "t2", "when": 1}}`,
		`{"when": "rate(t1, 5m) > 100 or mean(t3, 2m) > 3"}`,
		`{"when": "t4 > 1.1*baseline(t4, abs(t3))", "hold": "20s", "learn": {"for": "20m", "since": "2026-03-02", "after": {"tag": "t2"}}}`,
		`{"no_data": "t5", "hold": "2m"}`,
		`{"when": "a.one + U < 0", "hold": "1h"}`,
		`{"when": "a.one > 0 and t0 > 3"}`,
		`{"use": "X2", "tags": {"figure": "a.one"}}`,
	} {
		rules = append(rules, c.rule(fmt.Sprintf("r%d", i), text))
	}
	rating, err := BuildRating(c.spec("", `{"kpi": "a.one", "benchmark": 0, "leading": 5}`), c.engine.quantities)
	if err != nil {
		t.Fatal(err)
	}
	c.calc = New(c.engine, rules, []Rating{rating})
	return c
}

// step gives a batch, and the results that the engine gives with it.
func (c *chaos) step() (*agent.Batch, []agent.Result) {
	c.pass(time.Duration(c.ExpFloat64() * float64(8*time.Second)))
	switch n := c.IntN(500); {
	case n < 3:
		c.pass(time.Duration(c.ExpFloat64() * float64(20*time.Minute)))
	case n < 6:
		c.now = c.now.Add(time.Duration(c.NormFloat64() * float64(30*time.Minute)))
	case n < 8:
		c.epoch, c.mono = c.Uint64()|1, c.Uint64N(1e15)
	}
	b := c.batch()
	b.Source = []string{"plant", "lab", agent.Own}[c.IntN(3)]
	for i, tag := range c.order {
		if tag.Source == b.Source && c.IntN(5) > 0 {
			b.Readings = append(b.Readings, c.reading(i))
		}
	}
	switch c.IntN(20) {
	case 0:
		b.Err = agent.Reason{Code: agent.Timeout}
	case 1:
		b.HeldUntil = c.now.Add(time.Duration(c.NormFloat64() * float64(time.Minute)))
	case 2:
		b.Backfill = true
	}
	if b.Source == agent.Own || c.IntN(20) > 0 {
		return b, nil
	}
	one := c.window(agent.Hour, "a.one", c.NormFloat64()*3, math.Abs(c.NormFloat64()))
	one.Quality, one.Coverage, one.Doubted = agent.Quality(c.IntN(3)), c.Float64(), c.Float64()*3600
	return b, []agent.Result{one, c.window(agent.Hour, "a.closure", c.NormFloat64(), 1)}
}

func (c *chaos) reading(i int) agent.Reading {
	if c.IntN(4) == 0 {
		c.shown[i] = c.NormFloat64() * 8
		if i == 2 {
			c.shown[i] = float64(c.IntN(2))
		}
	}
	r := agent.Reading{Tag: c.order[i], Time: c.now, Value: agent.Float64Value(c.shown[i]), Quality: agent.Good}
	switch c.IntN(60) {
	case 0:
		r.Time = r.Time.Add(time.Duration(c.NormFloat64() * float64(time.Hour)))
	case 1:
		r.Value = agent.TextValue("?")
	case 2:
		r.Quality = agent.Bad
	case 3:
		r.Value = agent.Float64Value(math.NaN())
	case 4:
		r.Time = time.Time{}
	}
	return r
}

func outcome(t *testing.T, results []agent.Result, events []agent.Event) string {
	t.Helper()
	text, err := json.Marshal([]any{results, events})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkpoint(t testing.TB, c *Calculator) []byte {
	t.Helper()
	state, err := c.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestAnythingSurvivesRestore: the same batches give the same events and colours,
// undisturbed or from any checkpoint on, and equal states equal bytes.
func TestAnythingSurvivesRestore(t *testing.T) {
	began := map[string]int{}
	for seed := range uint64(10) {
		c, other := newChaos(t, seed), newChaos(t, seed)
		for i := range 3000 {
			b, next := c.step()
			c.engine.next, other.engine.next = next, append([]agent.Result(nil), next...)
			results, events := c.add(b)
			got, gotEvents := other.calc.Add(b)
			if got, want := outcome(t, got, gotEvents), outcome(t, results, events); got != want {
				t.Fatalf("seed %d batch %d: got\n%s\nwant\n%s", seed, i, got, want)
			}
			if i%7 != 0 {
				continue
			}
			state := checkpoint(t, c.calc)
			if !bytes.Equal(checkpoint(t, other.calc), state) {
				t.Fatalf("seed %d batch %d: equal histories give other checkpoints", seed, i)
			}
			other = newChaos(t, seed)
			if err := other.calc.Restore(state); err != nil {
				t.Fatalf("seed %d batch %d: %v", seed, i, err)
			}
		}
		for _, e := range c.events {
			if e.End.IsZero() {
				began[e.Key]++
			} else if e.End.Before(e.Start) {
				t.Errorf("seed %d: %+v ends before it begins", seed, e)
			}
		}
	}
	for i := range 8 {
		if name := fmt.Sprintf("r%d", i); began[name] < 5 {
			t.Errorf("%s began %d times, want many", name, began[name])
		}
	}
}

// TestAfresh: what revises has the same rules and has seen nothing, and takes the
// same checkpoints.
func TestAfresh(t *testing.T) {
	c := newChaos(t, 3)
	blank := checkpoint(t, c.calc)
	for range 2000 {
		b, next := c.step()
		c.engine.next = next
		c.add(b)
	}
	other := c.calc.Afresh().(*Calculator)
	if !bytes.Equal(checkpoint(t, other), blank) {
		t.Error("a fresh calculator has seen something")
	}
	state := checkpoint(t, c.calc)
	if err := other.Restore(state); err != nil || !bytes.Equal(checkpoint(t, other), state) {
		t.Errorf("it does not go on from a checkpoint: %v", err)
	}
	of := c.window(agent.Day, "a.one", 4, 1)
	for _, r := range c.calc.rules {
		r.on = false
	}
	c.calc.unclosed = map[string]bool{}
	if got, _ := c.calc.Sum(of, nil); got.Colour != agent.Green || got.Score != 0.8 {
		t.Errorf("a revised day is %v, %g, want green, 0.8", got.Colour, got.Score)
	}
}

func TestCheckpoints(t *testing.T) {
	c := newChaos(t, 1)
	for range 500 {
		b, next := c.step()
		c.engine.next = next
		c.add(b)
	}
	state := checkpoint(t, c.calc)
	for at := range state {
		damaged := bytes.Clone(state)
		damaged[at] ^= 0x10
		other := newChaos(t, 1)
		if err := other.calc.Restore(damaged); err == nil {
			t.Fatalf("a checkpoint damaged at byte %d of %d is taken", at, len(state))
		}
	}
	old := newChaos(t, 1)
	if err := old.calc.Restore([]byte{42}); err != nil || old.engine.seen != 42 {
		t.Errorf("a checkpoint of the engine alone: %v, the engine has %d", err, old.engine.seen)
	}
	p := newPlant(t) // with other rules, one of them under a name that was
	p.tag("t0", "mg/Nm3")
	p.watch(p.rule("r0", `{"when": "t0 > 7"}`), p.rule("new", `{"when": "t0 > 8"}`))
	if err := p.calc.Restore(state); err != nil {
		t.Errorf("with other rules: %v", err)
	}
	if p.run(time.Minute, map[string]float64{"t0": 9}); len(p.tell()) != 2 {
		t.Errorf("got %q, want both rules to begin", p.tell())
	}
}

func BenchmarkAdd(b *testing.B) {
	c := newChaos(b, 1)
	var batches []*agent.Batch
	for range 5000 {
		one, _ := c.step()
		batches = append(batches, one)
	}
	for i := 0; b.Loop(); i++ {
		c.calc.Add(batches[i%len(batches)])
	}
}
