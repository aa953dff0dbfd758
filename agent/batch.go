package agent

import (
	"fmt"
	"time"
)

// Own is the source name of the batches that the agent itself writes. No
// configured source may bear it.
const Own = "recoup"

// Mark identifies a batch. Epoch is random per start; Seq begins at 1 and goes
// on counting across epochs, so that a repeat, a hole and a fork all show.
type Mark struct{ Epoch, Seq uint64 }

// String gives epoch/seq as payloads and logs write it.
func (m Mark) String() string { return fmt.Sprintf("%016x/%d", m.Epoch, m.Seq) }

// Batch is the unit that is stored, sent and acknowledged. Nobody changes one
// after handing it on.
type Batch struct {
	Mark              // set by record; a hole in Seq is the sign of loss
	Prev       Mark   // set on an epoch's first batch: a restored disk image shows as a fork, not as repeats or loss
	Source     string // or Own, which carries Results, Events and State
	Received   time.Time
	Boot, Mono uint64 // Mono: nanoseconds since an arbitrary instant that Boot identifies; they measure durations across wall-clock steps
	Took       time.Duration
	Err        Reason    // the whole source failed: an outage is data (on change and every 10 s)
	HeldUntil  time.Time // unchanged subscribed values are vouched for until then; only when !More
	More       bool      // the source has more from before Received: closes no window
	Backfill   bool      // readings fetched later from a device's or file's own history; closes no window either
	Readings   []Reading // zero or more per tag, in time order
	Results    []Result
	Events     []Event
	State      []byte // engine checkpoint after this batch, about once a minute; own batches only; never sent
}

// Rows counts what a receiver would store: readings, results and events, in
// this order.
func (b *Batch) Rows() int { return len(b.Readings) + len(b.Results) + len(b.Events) }

// Stands reports whether the batch is a stand-in, and for which stretch of
// batches: from the gap's first to the batch's own number.
func (b *Batch) Stands() (from uint64, yes bool) {
	if b.Source != Own {
		return b.Seq, false
	}
	for i := range b.Events {
		if g := b.Events[i].Gap; g != nil && g.To == b.Mark {
			return g.From.Seq, true
		}
	}
	return b.Seq, false
}
