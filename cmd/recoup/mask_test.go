package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/sim"
)

// calibratedHour plays hours of the mill of which one holds a calibration of both
// analysers, and gives that hour's results and what the mill hid of the hour and
// of the calibration in it.
func calibratedHour(t *testing.T, config string, seed uint64) (results map[string]agent.Result, hour, calibration sim.Truth) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	a, cfg, err := load(file, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	from, to := start.Add(80*time.Minute), start.Add(100*time.Minute)
	mill := sim.NewMill(seed, start.Add(-historyStep))
	mill.Schedule(sim.Incident{Kind: sim.Calibration, From: from, To: to})
	truth, results := map[time.Time]sim.Truth{}, map[string]agent.Result{}
	for b := range endingAt(history(t.Context(), mill, cfg.Sources[0].Tags), start.Add(3*time.Hour)) {
		truth[b.Received] = mill.Truth()
		closed, _ := a.Calc.Add(b)
		for _, r := range closed {
			if r.Window.Kind == agent.Hour && r.Window.Start.Equal(start.Add(time.Hour)) {
				results[r.KPI] = r
			}
		}
	}
	if len(results) != 2 {
		t.Fatalf("results of %d KPIs over the hour, want 2", len(results))
	}
	return results, truth[start.Add(2*time.Hour)].Since(truth[start.Add(time.Hour)]), truth[to].Since(truth[from])
}

// TestCalibrationIsNotRemoval: zero and span gas before both analysers look like
// a removal of their own, far beyond U; with the mask the hour's figure is that of
// the rest of the hour, and the oil is counted all the while.
func TestCalibrationIsNotRemoval(t *testing.T) {
	at := strings.Index(millConfig, "      masks: ")
	if at < 0 {
		t.Fatal("the example configuration has no masks")
	}
	line, _, _ := strings.Cut(millConfig[at:], "\n")
	for seed := range uint64(5) {
		masked, hour, gas := calibratedHour(t, millConfig, seed+1)
		open, _, _ := calibratedHour(t, strings.Replace(millConfig, line+"\n", "", 1), seed+1)
		want := 1 - (hour.OutKg-gas.OutKg)/(hour.InKg-gas.InKg)
		r, wrong := masked["mill.oil.removal"], open["mill.oil.removal"]
		if off := math.Abs(wrong.Value - want); wrong.Withheld() || off <= wrong.U {
			t.Errorf("seed %d: without the mask %.4f ± %.4f (%v), want it wrong: the truth is %.4f", seed, wrong.Value, wrong.U, wrong.Reason, want)
		}
		if off := math.Abs(r.Value - want); r.Withheld() || off > r.U {
			t.Errorf("seed %d: with the mask %.4f ± %.4f (%v), want the truth, %.4f", seed, r.Value, r.U, r.Reason, want)
		}
		var lost float64
		for _, l := range r.Terms[0].Lost {
			if l.Cause != agent.Calibration || l.About != "mill.calibration" {
				t.Errorf("seed %d: lost %+v, want the calibration only", seed, l)
			}
			lost += l.Seconds
		}
		if most := 21*60 + 2*historyStep.Seconds(); lost < 21*60 || lost > most || math.Abs(r.Coverage-(1-lost/3600)) > 1e-9 {
			t.Errorf("seed %d: lost %g s at a coverage of %g, want 20 min, a minute to settle and a reading", seed, lost, r.Coverage)
		}
		if r.Quality != agent.Uncertain || r.Reason.Code != agent.LowCoverage {
			t.Errorf("seed %d: %v %v, want a low coverage told", seed, r.Quality, r.Reason)
		}
		oil := masked["mill.oil.recovered"]
		if oil.Coverage != 1 || oil.Value != open["mill.oil.recovered"].Value || math.Abs(oil.Value-hour.RecoveredKg) > oil.U {
			t.Errorf("seed %d: %.4g ± %.2g kg over %g, want all of the hour's, %.4g", seed, oil.Value, oil.U, oil.Coverage, hour.RecoveredKg)
		}
	}
}
