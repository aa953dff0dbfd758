package kpi

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// remembering is a store that also serves past events, as the buffer does.
type remembering struct{ *agenttest.MemStore }

func (s remembering) Results(string, agent.WindowKind, time.Time, time.Time) iter.Seq2[agent.Result, error] {
	return func(func(agent.Result, error) bool) {}
}

func (s remembering) Events(from, to time.Time) iter.Seq2[agent.Event, error] {
	return func(yield func(agent.Event, error) bool) {
		for _, b := range s.Stored() {
			for _, e := range b.Events {
				if !e.Start.Before(from) && e.Start.Before(to) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// analyser is a driver of one tag, which shows another value at each read until
// it freezes.
type analyser struct {
	reads  float64
	frozen atomic.Bool
}

func (a *analyser) Read(_ context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	if !a.frozen.Load() {
		a.reads++
	}
	for _, tag := range due {
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: time.Now(), Value: agent.Float64Value(1 + a.reads), Quality: agent.Good})
	}
	return false, nil
}

func (a *analyser) Close() error { return nil }

// TestFrozenOnThePageAfterARestart: the whole agent, started anew in the middle of
// a freeze, lists it as active again, since when it was, and only once.
func TestFrozenOnThePageAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, driver := remembering{agenttest.NewMemStore()}, &analyser{}
		driver.frozen.Store(true)
		run := func(tag *agent.Tag, during func(active func() []agent.Event)) {
			kpi := amount("a", 1, tag)
			clock, engine := agent.SystemClock(), newEngine(t, utc(), kpi)
			a := &agent.Agent{
				Sources: []agent.Source{{Name: "plc", Driver: driver, Tags: []*agent.Tag{tag}}}, Calc: engine, Store: store,
				Board: agent.NewBoard(clock, utc(), "test", []*agent.Tag{tag}, []string{"plc"}, nil, engine.Describe()),
				Clock: clock, Log: agenttest.Quiet(),
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error)
			go func() { ended <- a.Run(ctx) }()
			during(func() []agent.Event {
				all := a.Board.Snapshot().Active
				return slices.DeleteFunc(all, func(e agent.Event) bool { return e.Kind != agent.TagFrozen })
			})
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		tag := frozenTag(5 * time.Minute)
		began := time.Now()
		since := func(active []agent.Event) bool {
			return len(active) == 1 && active[0].Start.Sub(began).Abs() < time.Second && active[0].End.IsZero()
		}
		run(tag, func(active func() []agent.Event) {
			time.Sleep(6 * time.Minute)
			if got := active(); !since(got) {
				t.Errorf("got %v active, want it since the beginning", got)
			}
		})
		for range 2 {
			run(tag, func(active func() []agent.Event) {
				time.Sleep(30 * time.Second)
				if got := active(); !since(got) {
					t.Errorf("got %v active after a restart, want it since the beginning", got)
				}
			})
		}
		run(tag, func(active func() []agent.Event) {
			driver.frozen.Store(false)
			time.Sleep(30 * time.Second)
			if got := active(); len(got) != 0 {
				t.Errorf("got %v active, want none: it moves", got)
			}
			driver.frozen.Store(true)
			time.Sleep(6 * time.Minute)
			if got := active(); len(got) != 1 {
				t.Errorf("got %v active, want one", got)
			}
		})
		free := *tag
		free.Frozen = 0
		run(&free, func(active func() []agent.Event) {
			time.Sleep(6 * time.Minute)
			if got := active(); len(got) != 0 {
				t.Errorf("got %v active of a tag that may repeat, want none", got)
			}
		})
		open := 0
		for e := range store.Events(time.Time{}, time.Now()) {
			switch {
			case e.Kind != agent.TagFrozen:
			case e.End.IsZero():
				open++
			default:
				open--
			}
			if open < 0 || open > 1 {
				t.Errorf("got %v when %d were open, want each raised and ended in turn", e, open)
			}
		}
		if open != 0 {
			t.Errorf("got %d events that nobody ended", open)
		}
	})
}
