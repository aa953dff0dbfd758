package kpi

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// chaos makes batches that no plant would send: times out of order, equal, far
// off; restarts, sets of the clock, gaps, totalisers that jump.
type chaos struct {
	*rand.Rand
	rig   *rig
	tags  []*agent.Tag
	now   float64
	count uint64
	shown [10]float64 // values that are repeated
	calm  bool        // the clock is never set
	aside *rand.Rand  // for the tags of states and lots: the others do as they do without these
}

func newChaos(t testing.TB, seed uint64, calm bool) *chaos {
	c := &chaos{Rand: rand.New(rand.NewPCG(seed, 77)), calm: calm, aside: rand.New(rand.NewPCG(seed, 78))}
	for i := range 10 {
		tag := tagOf(fmt.Sprintf("t%d", i), "kg/s", []string{"a", "b"}[i%2], i)
		tag.Every = 5 * time.Second
		c.tags = append(c.tags, tag)
	}
	c.tags[1].Hold, c.tags[1].MaxGap = true, 20*time.Minute
	c.tags[2].Counter = &agent.Counter{Modulus: 1000, MaxRate: 1}
	c.tags[2].Scale = 0.5
	c.tags[3].Cutoff = 3
	c.tags[0].Frozen, c.tags[3].Frozen = 2*time.Minute, 40*time.Second
	c.tags[4].Accuracy = agent.Accuracy{Rel: 0.01, Abs: 0.1}
	c.tags[6].Hold = true // a bit
	c.tags[8].Hold = true // a number of lots, at times a text
	c.tags[4].Instruments = []agent.Instrument{{Serial: "A", Due: dayOf("2026-03-01")}, {Serial: "B", From: dayOf("2026-03-03"), Due: dayOf("2027-03-03")}}
	c.tags[2].Instruments = []agent.Instrument{{Serial: "C", Due: dayOf("2026-03-02")}}
	if seed%3 == 2 {
		c.now = 19 * 3600 // so that a midnight comes by
	}
	c.tags[7].Counter = &agent.Counter{Modulus: 100, MaxRate: 2}
	c.tags[7].Ratios = []agent.Ratio{{From: origin, Value: 0.5}, {From: sec(9000), Value: 2}, {From: sec(20000), Value: 0.7}}
	c.tags[5].Accuracy = agent.Accuracy{Rel: 0.02, Abs: 0.01}
	totalled := amount("totalled", 1, c.tags[7])
	totalled.Quantities[0].Rates = []Rate{{Of: c.tags[7], Tag: c.tags[5], Factor: 0.1}}
	totalled.Quantities[0].Additive = true
	off := 0.0
	stockpile := inventory(c.tags[0], c.tags[4])
	stockpile.Name, stockpile.Quantities[0].Name = "pile", "pile.total"
	plant := agent.Plant{Timezone: "Europe/Berlin", DayStart: "06:10", Shifts: []string{"06:10", "14:10"}}
	c.rig = newRig(t, plant, amount("one", 1, c.tags[0]), amount("product", 2, c.tags[0], c.tags[1], c.tags[4]),
		amount("counter", 1, c.tags[2]), ratio("ratio", 1, c.tags[3], c.tags[4]), ratio("mixed", 1, c.tags[2], c.tags[5]), inventory(c.tags[0], c.tags[4]),
		priced("priced", c.tags[2], priceFrom("2026-03-01", "2026-03-02", "2026-03-03")), priced("later", c.tags[0], priceFrom("2026-03-02", "2026-03-03")),
		under(ratio("masked", 1, c.tags[3], c.tags[4]), Mask{Tag: c.tags[6], As: agent.Calibration, Settle: 40 * time.Second}),
		under(ratio("counted", 1, c.tags[2], c.tags[5]), Mask{Tag: c.tags[6], As: agent.Purge, When: &off}),
		inLots(stated(ratio("stated", 1, c.tags[3], c.tags[4]), c.states(), "run", "idle"), c.tags[8], "0"),
		inLots(under(stated(ratio("totals", 1, c.tags[2], c.tags[5]), c.states(), "run"), Mask{Tag: c.tags[6], As: agent.Purge}), c.tags[6], "2"),
		inLots(stated(stockpile, c.states(), "start"), c.tags[8], "0", ""),
		c.formula("linked", "both h = (t3 + masked.ratio * t4) / t2", "nested kg = max(linked.both * mean(t5), t2 * hours())"), totalled,
		kindred(c.tags[4], c.tags[5]), declared(c.tags[0], c.tags[4]), c.baseline("expected"))
	return c
}

// states are told by a bit, and by two signals.
func (c *chaos) states() []State {
	return []State{{Is: "run", Tag: c.tags[6], When: limit(1)}, {Is: "idle", Tag: c.tags[9], Above: limit(-5), Below: limit(5)}, {Is: "start", Tag: c.tags[1], Above: limit(0)}, {Is: "stop"}}
}

// baseline compares one rate with what another lets expect.
func (c *chaos) baseline(name string) KPI {
	kpi, err := newBaseline(decoded(name, baselineSection{
		Energy: "t4", Unit: "t", Source: "none", Drivers: []driverSection{{Name: "t3", Value: "t3", Unit: "kg"}, {Name: "t5", Value: "mean(t5)", Unit: "kg/s"}},
		Model: &declaredSection{Period: "day", Intercept: limit(100), Slopes: []float64{0.001, -2}, Ranges: [][]float64{{0, 1000}, {0, 5}}, U: 0.05},
	}, c.tags...))
	if err != nil {
		panic(err)
	}
	return kpi
}

// declared is a KPI with constants: a stock by one, a total under one, and a mean
// rate with a target that holds only above another.
func declared(level, flow *agent.Tag) KPI {
	half := always("half", "1", 0.5, 0.01, "by definition")
	pile := inventory(level, flow)
	pile.Name, pile.Quantities[0].Name = "declared", "declared.total"
	pile.Quantities[0].Terms[0].Dated = []*Factor{half}
	target, applies := legalTarget(1)
	fed := Term{Role: "fed", Unit: "kg", Factor: 1, Tags: []*agent.Tag{flow}, Dated: []*Factor{half.under()}}
	pile.Quantities = append(pile.Quantities, Quantity{
		Name: "declared.rate", Key: "rate", Unit: "kg/h", Value: quotientOf([]float64{1, 0, 0}, []float64{0, 0, 1}), Bounds: agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)},
		Terms: []Term{fed, fed, elapsed().terms[0]}, Target: target, Applies: applies,
	})
	return pile
}

// formula is a KPI of expressions of the tags and of the other KPIs.
func (c *chaos) formula(name string, expressions ...string) KPI {
	kpi, err := newFormula(decoded(name, sectionOf(expressions...), c.tags...))
	if err != nil {
		panic(err)
	}
	return kpi
}

func (c *chaos) batch() *agent.Batch {
	c.now += c.Float64() * 20
	switch n := c.IntN(1000); {
	case n < 3:
		c.now += c.ExpFloat64() * 3000
	case n < 5:
		c.rig.epoch, c.rig.boot = c.Uint64()|1, c.Uint64()
	case n < 8 && !c.calm:
		c.rig.ahead += time.Duration(c.NormFloat64() * float64(20*time.Minute))
	}
	at := sec(c.now).Add(c.rig.ahead)
	if c.IntN(10) == 0 {
		return c.own(at)
	}
	b := c.rig.batch([]string{"a", "b"}[c.IntN(2)], at)
	for i, tag := range c.tags {
		if tag.Source != b.Source {
			continue
		}
		other := i == 8 || i == 9
		if other {
			c.Rand, c.aside = c.aside, c.Rand
		}
		for range c.IntN(3) {
			b.Readings = append(b.Readings, c.reading(i, at))
		}
		if other {
			c.Rand, c.aside = c.aside, c.Rand
		}
	}
	switch c.IntN(30) {
	case 0:
		b.Err = agent.Reason{Code: agent.Timeout}
	case 1:
		b.HeldUntil = at.Add(time.Duration(c.NormFloat64() * float64(time.Minute)))
	case 2:
		b.More = true
	case 3:
		b.Backfill = true
	}
	return b
}

func (c *chaos) reading(i int, at time.Time) agent.Reading {
	tag := c.tags[i]
	switch c.IntN(40) {
	case 0:
		at = at.Add(time.Duration(c.NormFloat64() * float64(10*time.Minute)))
	case 1:
		at = at.Add(time.Duration(c.NormFloat64() * float64(400*time.Hour)))
	case 2:
		at = time.Time{}
	case 3:
		at = at.Truncate(time.Minute)
	}
	if tag.Counter != nil {
		c.count += c.Uint64N(8)
		if c.IntN(50) == 0 {
			c.count = c.Uint64N(1000)
		}
		if c.IntN(20) == 0 {
			return agent.Reading{Tag: tag, Time: at, Value: agent.Uint64Value(0), Quality: agent.Good}
		}
		return agent.Reading{Tag: tag, Time: at, Value: agent.Uint64Value(c.count % 1000), Quality: agent.Good}
	}
	if i == 6 && c.IntN(15) == 0 {
		c.shown[i] = 1 - c.shown[i]
	}
	if i == 8 && c.IntN(15) == 0 {
		c.shown[i] = float64(c.IntN(4))
	}
	if i != 6 && i != 8 && (tag.Frozen == 0 || c.IntN(20) == 0) {
		c.shown[i] = c.NormFloat64() * 10
	}
	r := good(tag, at, c.shown[i])
	switch c.IntN(50) {
	case 0:
		r.Value = agent.Float64Value(math.NaN())
	case 1:
		r.Value = agent.TextValue("?")
	case 2:
		r = bad(tag, at, agent.Sentinel)
	case 3:
		r.Quality, r.Reason = agent.Uncertain, agent.Reason{Code: agent.DeviceDoubt}
	}
	return r
}

func (c *chaos) own(at time.Time) *agent.Batch {
	b := c.rig.batch(agent.Own, at)
	if c.IntN(20) == 0 {
		b.Events = []agent.Event{{Kind: agent.GapRecorded, Gap: &agent.Gap{To: b.Mark, First: at.Add(-time.Minute), Rows: map[string]int{"a": 4}}}}
	}
	return b
}

func TestAnythingKeepsTheBooks(t *testing.T) {
	for seed := range uint64(20) {
		c := newChaos(t, seed, true)
		cells := map[string]int64{}
		for i := range 2000 {
			c.rig.add(c.batch())
			if i%10 == 0 {
				c.rig.engine.Current()
			}
		}
		if len(c.rig.results) < 100 {
			t.Errorf("seed %d: got %d results, want many", seed, len(c.rig.results))
		}
		for _, one := range c.rig.results {
			checkBooks(t, one)
			if one.Window.Kind != agent.Cell {
				continue
			}
			if last, known := cells[one.KPI+one.States]; known && last != one.Window.Start.UnixNano() {
				t.Fatalf("seed %d: %s jumps from %s to %s", seed, one.KPI, instant(last), one.Window.Start)
			}
			cells[one.KPI+one.States] = one.Window.End.UnixNano()
		}
	}
}

func TestAnythingSurvivesRestore(t *testing.T) {
	froze, hidden, open := 0, 0.0, 0.0
	var due []agent.Event
	for seed := range uint64(12) {
		c := newChaos(t, seed, false)
		other := newChaos(t, seed, false).rig.engine
		for i := range 2000 {
			b := c.batch()
			want, wantEvents := c.rig.add(b)
			got, gotEvents := other.Add(b)
			if got, want := outcome(t, got, gotEvents), outcome(t, want, wantEvents); got != want {
				t.Fatalf("seed %d batch %d: got\n%s\nwant\n%s", seed, i, got, want)
			}
			if i%5 == 0 {
				other = newChaos(t, seed, false).rig.engine
				if err := other.Restore(checkpointOf(t, c.rig.engine)); err != nil {
					t.Fatalf("seed %d batch %d: %v", seed, i, err)
				}
			}
		}
		froze += len(c.rig.frozen())
		due = append(due, c.rig.overdue()...)
		for _, one := range c.rig.results {
			if one.Coverage < 0 || one.Coverage > 1 || math.IsNaN(one.Value) || math.IsNaN(one.U) {
				t.Errorf("seed %d: got %+v", seed, one)
			}
			if one.KPI == "masked.ratio" && one.Window.Kind == agent.Cell {
				hidden, open = hidden+lostSeconds(one, agent.Calibration, "t6"), open+one.Terms[0].Seconds
			}
		}
	}
	for _, tag := range []string{"t2", "t4"} {
		begun := slices.ContainsFunc(due, func(e agent.Event) bool { return e.Key == tag && e.End.IsZero() })
		ended := slices.ContainsFunc(due, func(e agent.Event) bool { return e.Key == tag && !e.End.IsZero() })
		if !begun || ended != (tag == "t4") {
			t.Errorf("got %v, want %s overdue, and ended for t4 alone", due, tag)
		}
	}
	if froze < 20 {
		t.Errorf("got %d events of frozen tags, want many", froze)
	}
	if hidden < 1000 || open < 1000 {
		t.Errorf("got %g s masked and %g s not, want much of both", hidden, open)
	}
}
