package main

import (
	"context"
	"iter"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/sim"
)

// TestResultsAgreeWithTheTruth compares a week of days with what the simulated
// plant hid: no figure may be further off than twice its U, and most must be
// within U. The bad night must show.
func TestResultsAgreeWithTheTruth(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(file, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	const seeds, days = 6, 4
	var figures, within int
	for seed := range uint64(seeds) {
		a, cfg, err := load(file, agenttest.Quiet())
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(cfg.Plant.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 10, 1, 0, 0, 0, 0, zone).UTC()
		mill := sim.NewMill(seed+1, start.Add(-historyStep))
		mill.Schedule(sim.Incident{Kind: sim.WashOilWarm, From: start.Add(48 * time.Hour), To: start.Add(56 * time.Hour)})
		day, at := map[int64]sim.Truth{}, mill.Truth()
		results := map[int64]map[string]agent.Result{}
		for b := range endingAt(history(t.Context(), mill, cfg.Sources[0].Tags), start.AddDate(0, 0, days).Add(time.Hour)) {
			if begun := b.Received.Sub(start) % (24 * time.Hour); begun == 0 {
				day[b.Received.Add(-24*time.Hour).Unix()] = mill.Truth().Since(at)
				at = mill.Truth()
			}
			closed, _ := a.Calc.Add(b)
			for _, r := range closed {
				if r.Window.Kind == agent.Day && r.Window.Start.Before(start.AddDate(0, 0, days)) && !r.Window.Start.Before(start) {
					if results[r.Window.Start.Unix()] == nil {
						results[r.Window.Start.Unix()] = map[string]agent.Result{}
					}
					results[r.Window.Start.Unix()][r.KPI] = r
				}
			}
		}
		if len(results) != days {
			t.Fatalf("seed %d: results of %d days, want %d", seed, len(results), days)
		}
		for begin, got := range results {
			truth := day[begin]
			for kpi, want := range map[string]float64{"mill.oil.removal": truth.Removal(), "mill.oil.recovered": truth.RecoveredKg} {
				r := got[kpi]
				off := math.Abs(r.Value - want)
				figures++
				if off <= r.U {
					within++
				}
				if r.Withheld() || r.U <= 0 || off > 2*r.U {
					t.Errorf("seed %d, %s of %s: %.5g ± %.2g (%v), the truth is %.5g", seed, kpi, time.Unix(begin, 0).In(zone).Format(time.DateOnly), r.Value, r.U, r.Reason, want)
				}
			}
		}
		bad := results[start.Add(48*time.Hour).Unix()]["mill.oil.removal"]
		if bad.Value > 0.9 || bad.Verdict != agent.Fail {
			t.Errorf("seed %d: the day with the bad night has removal %.3f, verdict %v; want it to fail 0.90", seed, bad.Value, bad.Verdict)
		}
	}
	t.Logf("%d of %d figures within U of the truth", within, figures)
	if within*10 < figures*8 {
		t.Errorf("only %d of %d figures within U", within, figures)
	}
}

// endingAt ends a history at a time; the mill itself runs to the present.
func endingAt(all func(func(*agent.Batch) bool), end time.Time) func(func(*agent.Batch) bool) {
	return func(yield func(*agent.Batch) bool) {
		all(func(b *agent.Batch) bool { return b.Received.Before(end) && yield(b) })
	}
}

// history gives what an agent that polls one plant would have received.
func history(ctx context.Context, plant sim.Plant, tags []*agent.Tag) iter.Seq[*agent.Batch] {
	p := past{plants: []pastPlant{{plant: plant, tags: tags}}}
	return p.batches(ctx)
}
