package main

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
)

// archive is a mill whose gateway hands over, some minutes after the agent began,
// what it has kept for days.
type archive struct {
	gauges
	from, to int64 // Unix seconds
	given    bool
}

func (a *archive) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	if a.given || time.Now().Unix() < a.to+300 {
		return a.gauges.Read(ctx, due, b)
	}
	a.given, b.Backfill = true, true
	for at := a.from; at < a.to; at += 60 {
		part := agent.Batch{}
		a.read(due, &part, time.Unix(at, 0).UTC())
		b.Readings = append(b.Readings, part.Readings...)
	}
	return true, nil
}

// TestHistoryIsComputedByAnAgentThatHasJustBegun: days that come in before its
// first cell has closed give what an agent has that was there all the time.
func TestHistoryIsComputedByAnAgentThatHasJustBegun(t *testing.T) {
	t.Parallel()
	const kept = 2 * 24 * time.Hour
	play := func(came time.Duration) map[string]agent.Result {
		p := newIsland(t, lateConfig)
		hq := newFarSide(takesAll)
		p.far["hq"] = hq
		p.flush = time.Minute
		var until time.Time
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			until = began.Add(kept - 2*time.Hour)
			time.Sleep(came)
			mill := &archive{from: began.Unix(), to: began.Add(came).Unix(), given: came == 0}
			lab := &errand{begin: began.UTC().Truncate(time.Hour), delay: func(int) time.Duration { return time.Minute }}
			if came == 0 {
				lab.delay = inTime
			}
			p.drivers = []agent.Driver{mill, lab}
			p.start(t)
			time.Sleep(kept + 24*time.Hour - came)
			p.end(t)
			time.Sleep(7 * time.Minute)
		})
		hq.check(t, "hq")
		newest := map[string]agent.Result{}
		for _, b := range hq.batches {
			for _, r := range b.Results {
				if !r.Window.End.After(until) {
					r.Revision, r.Was = 0, nil
					newest[fmt.Sprintf("%s %s %s", r.KPI, r.Window.Kind, r.Window.Start.Format(time.RFC3339))] = r
				}
			}
		}
		return newest
	}
	want, got := play(0), play(kept)
	if len(want) < 400 {
		t.Fatalf("only %d results to compare with", len(want))
	}
	sameFigures(t, got, want)
	t.Logf("%d results of history", len(got))
}
