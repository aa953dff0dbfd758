package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
	"recoup/agent/payload"
	"recoup/sim"
)

const kills = 50

// minuteShifts begins a shift at each of the next minutes, so that windows
// close while the test runs.
func minuteShifts(t *testing.T) string {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	for i := range 8 {
		starts = append(starts, time.Now().In(zone).Add(time.Duration(i)*time.Minute).Format(`"15:04"`))
	}
	slices.Sort(starts)
	return "[" + strings.Join(starts, ", ") + "]"
}

func TestKilledFiftyTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `["00:00", "08:00", "16:00"]`, minuteShifts(t), "every: 1s", "every: 100ms", "flush: 1s", "flush: 100ms")
	w.live(t)
	w.up.Behave(sim.Behaviour{FailEvery: 10})
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	for range kills {
		r := w.start(t)
		time.Sleep(200*time.Millisecond + time.Duration(random.IntN(1300))*time.Millisecond)
		if err := r.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		r.Wait()
		if strings.Contains(r.log.String(), "DATA RACE") {
			t.Fatalf("data race:\n%s", r.log)
		}
	}
	w.up.Behave(sim.Behaviour{})
	r := w.start(t)
	until(t, "a window that closed", func() bool { return w.up.Tally().Results >= 4 })
	until(t, "everything delivered", func() bool {
		text := w.get("/metrics")
		return metric(text, `recoup_upstream_up{upstream="hq"}`) == "1" && strings.HasPrefix(metric(text, `recoup_upstream_behind_seconds{upstream="hq"}`), "0")
	})
	r.stop(t)
	if err := w.up.Close(); err != nil {
		t.Fatal(err)
	}
	w.onlyReads(t)
	w.checkTally(t)
	delivered := w.delivered(t)
	w.checkStored(t, delivered)
	w.checkResults(t, delivered)
}

func (w *world) checkTally(t *testing.T) {
	t.Helper()
	tally := w.up.Tally()
	plant := tally.Plants["demo-mill"]
	t.Logf("upstream: %d requests, %d failed on purpose, %d batches, %d readings, %d results, %d epochs, %d repeats",
		tally.Requests, tally.Injected, tally.Batches, tally.Readings, tally.Results, plant.Epochs, tally.Repeats)
	if plant.Holes != 0 || plant.Forks != 0 || tally.OutOfOrder != 0 || tally.BadRequests != 0 {
		t.Errorf("holes %d, forks %d, out of order %d, bad requests %d; want none", plant.Holes, plant.Forks, tally.OutOfOrder, tally.BadRequests)
	}
	if plant.Epochs < kills/2 || tally.Injected < 3 {
		t.Errorf("%d epochs, %d failed requests: the test did not do what it says", plant.Epochs, tally.Injected)
	}
}

// delivered decodes what the upstream took, in Seq order.
func (w *world) delivered(t *testing.T) []*agent.Batch {
	t.Helper()
	cfg, err := config.Load(w.config)
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]*agent.Tag{}
	for _, tag := range cfg.Tags {
		tags[tag.Name] = tag
	}
	var all []*agent.Batch
	for line := range bytes.Lines(w.taken.Bytes()) {
		_, d, err := payload.Decode(bytes.NewReader(line), func(name string, _ uint32) *agent.Tag { return tags[name] })
		if err != nil {
			t.Fatal(err)
		}
		if d.Prev != (agent.Mark{}) && d.From == d.Prev.Seq+1 {
			d.Batches[0].Prev = d.Prev
		}
		all = append(all, d.Batches...)
	}
	slices.SortFunc(all, func(a, b *agent.Batch) int { return int(int64(a.Seq - b.Seq)) })
	return all
}

// checkStored demands that every batch on the disk arrived.
func (w *world) checkStored(t *testing.T, delivered []*agent.Batch) {
	t.Helper()
	a, _, err := load(w.config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := a.Store.Load(); err != nil {
		t.Fatal(err)
	}
	defer a.Store.Close()
	arrived := map[agent.Mark]int{}
	for _, b := range delivered {
		arrived[b.Mark]++
	}
	stored := 0
	for b, err := range a.Store.Range(time.Time{}, time.Now().Add(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		stored++
		if arrived[b.Mark] != 1 {
			t.Errorf("batch %v is on the disk and arrived %d times, want once", b.Mark, arrived[b.Mark])
		}
	}
	if stored != len(delivered) || stored < 5*kills {
		t.Errorf("%d batches on the disk, %d delivered; want the same, and more than %d", stored, len(delivered), 5*kills)
	}
}

// checkResults demands that the delivered results are those of an undisturbed
// engine over the delivered batches, bit for bit.
func (w *world) checkResults(t *testing.T, delivered []*agent.Batch) {
	t.Helper()
	a, _, err := load(w.config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[agent.ResultKey]string{}, map[agent.ResultKey]string{}
	for _, b := range delivered {
		for _, r := range b.Results {
			if _, twice := got[r.Key()]; twice {
				t.Errorf("result %+v was delivered twice", r.Key())
			}
			got[r.Key()] = asJSON(t, r)
		}
		results, _ := a.Calc.Add(b)
		for _, r := range results {
			want[r.Key()] = asJSON(t, r)
		}
	}
	t.Logf("%d results compared", len(want))
	if len(want) < 4 {
		t.Fatalf("only %d results: no window closed while the test ran", len(want))
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("result %+v differs:\n got %s\nwant %s", key, got[key], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d results delivered, want %d", len(got), len(want))
	}
}

func asJSON(t *testing.T, r agent.Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(fmt.Errorf("%+v: %w", r, err))
	}
	return string(text)
}
