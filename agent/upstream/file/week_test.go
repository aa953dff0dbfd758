package file

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// TestWeekWithoutAFolder: for a week the folder cannot be written to, then all of
// it drains, each batch once and without a hole.
func TestWeekWithoutAFolder(t *testing.T) {
	s := newSite(t)
	if err := os.WriteFile(s.dir, nil, 0o644); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	var store *agenttest.MemStore
	driver, calc := &agenttest.Driver{}, &agenttest.Calc{}
	synctest.Test(t, func(t *testing.T) {
		store = agenttest.NewMemStore()
		clock := agent.SystemClock()
		spec := s.spec("")
		spec.Clock = clock
		up, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		tags := agenttest.Tags("mill", 10*time.Minute, 2)
		a := &agent.Agent{
			Sources: []agent.Source{{Name: "mill", Driver: driver, Tags: tags}}, Calc: calc, Store: store,
			Upstreams: []agent.Feed{{Name: "archive", Upstream: up}}, Clock: clock, Log: agenttest.Quiet(),
			Board: agent.NewBoard(clock, agent.Plant{}, "test", tags, []string{"mill"}, []string{"archive"}, calc.Describe()),
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		time.Sleep(7 * 24 * time.Hour)
		if err := os.Remove(s.dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	last, readings := uint64(0), 0
	for _, r := range s.lines() {
		switch r.Row {
		case "batch":
			if r.Seq != last+1 {
				t.Fatalf("batch %d follows %d", r.Seq, last)
			}
			last = r.Seq
		case "reading":
			readings++
		}
	}
	stored := store.Stored()
	if want := stored[len(stored)-1].Seq; last != want || readings != driver.Polled() || readings < 2*7*24*6 {
		t.Errorf("%d batches and %d readings written; want %d and all %d polled", last, readings, want, driver.Polled())
	}
	if n := len(s.files()); n < 8 {
		t.Errorf("%d files, want one for each day", n)
	}
}
