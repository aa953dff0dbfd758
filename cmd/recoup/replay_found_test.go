package main

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
	"recoup/sim"
)

// millFor gives the demo's agent parts and mill batches of some hours.
func millFor(t *testing.T, edit ...string) (*agent.Agent, func(from, to time.Duration) iter.Seq[*agent.Batch]) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(edit...).Replace(millConfig)), 0o644); err != nil {
		t.Fatal(err)
	}
	a, cfg, err := load(file, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	return a, func(from, to time.Duration) iter.Seq[*agent.Batch] { return slice(cfg, from, to) }
}

func slice(cfg *config.Config, from, to time.Duration) iter.Seq[*agent.Batch] {
	start := time.Date(2026, 10, 1, 0, 0, 5, 0, time.UTC)
	all := history(context.Background(), sim.NewMill(1, start), cfg.Sources[0].Tags)
	return func(yield func(*agent.Batch) bool) {
		for b := range all {
			if at := b.Received.Sub(start); at > to || at > from && !yield(b) {
				return
			}
		}
	}
}

func fill(t *testing.T, store agent.Store, a *agent.Agent, batches iter.Seq[*agent.Batch]) {
	t.Helper()
	if _, err := agent.Fill(store, a.Calc, a.Board, agenttest.Quiet(), batches, 100); err != nil {
		t.Fatal(err)
	}
}

// TestReplayAcrossAStandInGivesNoResultTwice: the queue gave way for an hour and
// a half, then a crash came before the next checkpoint.
func TestReplayAcrossAStandInGivesNoResultTwice(t *testing.T) {
	a, mill := millFor(t)
	live := agenttest.NewMemStore()
	fill(t, live, a, mill(0, 5*time.Hour))
	begin := live.Stored()[0].Received
	var stored, gone []*agent.Batch
	for _, b := range live.Stored() {
		switch at := b.Received.Sub(begin); {
		case at > 50*time.Minute && at < 140*time.Minute:
			gone = append(gone, b)
			continue
		case at > 150*time.Minute:
			continue
		case gone != nil && at >= 140*time.Minute:
			stored = append(stored, agent.StandIn(gone, agent.Reason{Code: agent.Dropped}))
			gone = nil
		}
		stored = append(stored, b)
	}
	again := agenttest.NewMemStore()
	if err := again.Append(stored); err != nil {
		t.Fatal(err)
	}
	a, mill = millFor(t)
	fill(t, again, a, mill(150*time.Minute, 4*time.Hour))
	times := map[agent.ResultKey]int{}
	for _, b := range again.Stored() {
		for _, r := range b.Results {
			if times[r.Key()]++; times[r.Key()] == 2 {
				t.Errorf("twice: %s of %s from %v", r.KPI, r.Window.Kind, r.Window.Start)
			}
		}
	}
	if len(times) < 20 {
		t.Errorf("only %d results: the test sees nothing", len(times))
	}
}

// TestDefinitionEventSurvivesACrash: the change of an accuracy is an event even
// when the run before it was killed.
func TestDefinitionEventSurvivesACrash(t *testing.T) {
	for _, crash := range []bool{false, true} {
		a, mill := millFor(t)
		live := agenttest.NewMemStore()
		fill(t, live, a, mill(0, 30*time.Minute))
		a, mill = millFor(t)
		fill(t, live, a, mill(30*time.Minute, time.Hour))
		stored := live.Stored()
		if crash {
			stored = stored[:len(stored)-2] // the end and its checkpoint
		}
		again := agenttest.NewMemStore()
		if err := again.Append(stored); err != nil {
			t.Fatal(err)
		}
		a, mill = millFor(t, "accuracy: 5% limit", "accuracy: 6% limit")
		fill(t, again, a, mill(time.Hour, 2*time.Hour))
		n := 0
		for _, b := range again.Stored() {
			for _, e := range b.Events {
				if e.Kind == agent.DefinitionNew {
					n++
				}
			}
		}
		if n != 1 {
			t.Errorf("crash %v: %d events of the changed definition, want 1", crash, n)
		}
	}
}
