package main

import (
	"context"
	"iter"
	"time"

	"recoup/agent"
	"recoup/sim"
)

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
