package agenttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"recoup/agent"
)

// OpenStore makes a store whose Load has not been called. Called again with the
// same t after Close, it opens the same folder.
type OpenStore func(t *testing.T, upstreams ...string) agent.Store

// StoreSuite is what every Store must pass.
func StoreSuite(t *testing.T, open OpenStore) {
	for name, test := range map[string]func(*storeTest){
		"empty":                                (*storeTest).empty,
		"order, and numbers across reopening":  (*storeTest).order,
		"cursors across reopening":             (*storeTest).cursors,
		"partial acks":                         (*storeTest).partialAcks,
		"rows bound a delivery":                (*storeTest).bound,
		"newest lane":                          (*storeTest).newest,
		"newest lane across reopening":         (*storeTest).newestReopened,
		"lanes fall back":                      (*storeTest).fallBack,
		"epochs do not mix, and name the last": (*storeTest).epochs,
		"holes end a stretch":                  (*storeTest).holes,
		"holes before the newest lane":         (*storeTest).holesBetween,
		"stand-ins cover their numbers":        (*storeTest).standIns,
		"next waits for more":                  (*storeTest).waits,
		"unknown upstream":                     (*storeTest).unknown,
		"new upstream begins at the oldest":    (*storeTest).newUpstream,
		"range":                                (*storeTest).ranges,
		"checkpoint":                           (*storeTest).checkpoint,
		"odd values come back":                 (*storeTest).oddValues,
		"reject acks nothing":                  (*storeTest).reject,
	} {
		t.Run(name, func(t *testing.T) { test(&storeTest{T: t, opener: open, tags: Tags("mill", time.Second, 4)}) })
	}
}

var storeStart = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// storeTest is one test on one folder.
type storeTest struct {
	*testing.T
	opener OpenStore
	tags   []*agent.Tag
	store  agent.Store
}

// open opens or reopens the store and gives what Load says.
func (t *storeTest) open(upstreams ...string) (last agent.Mark, state []byte, after []*agent.Batch) {
	t.Helper()
	if t.store != nil {
		if err := t.store.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	} else {
		t.Cleanup(func() {
			if err := t.store.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.store = t.opener(t.T, upstreams...)
	last, state, rest, err := t.store.Load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	for b, err := range rest {
		if err != nil {
			t.Fatalf("batches after the checkpoint: %v", err)
		}
		after = append(after, b)
	}
	return last, state, after
}

func (t *storeTest) append(batches ...*agent.Batch) {
	t.Helper()
	if err := t.store.Append(batches); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

// source makes a source batch with one reading per tag; own makes an empty own
// one.
func (t *storeTest) source(epoch, seq uint64) *agent.Batch {
	at := storeStart.Add(time.Duration(seq) * time.Second)
	b := &agent.Batch{Mark: agent.Mark{Epoch: epoch, Seq: seq}, Source: "mill", Received: at, Boot: 9, Mono: seq * 1e9, Took: time.Millisecond}
	for i, tag := range t.tags {
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value(float64(seq) + float64(i)/8), Quality: agent.Good})
	}
	return b
}

func (t *storeTest) own(epoch, seq uint64) *agent.Batch {
	at := storeStart.Add(time.Duration(seq) * time.Second)
	return &agent.Batch{Mark: agent.Mark{Epoch: epoch, Seq: seq}, Source: agent.Own, Received: at, Boot: 9, Mono: seq * 1e9}
}

// fill appends source batches from…to in one transaction.
func (t *storeTest) fill(epoch, from, to uint64) {
	t.Helper()
	var batches []*agent.Batch
	for seq := from; seq <= to; seq++ {
		batches = append(batches, t.source(epoch, seq))
	}
	t.append(batches...)
}

// next asks without waiting.
func (t *storeTest) next(upstream string, lane agent.Lane, most int) agent.Delivery {
	t.Helper()
	ended, end := context.WithCancel(context.Background())
	end()
	d, err := t.store.Next(ended, upstream, lane, most)
	if len(d.Batches) == 0 && !errors.Is(err, context.Canceled) {
		t.Fatalf("Next with nothing to give: error %v, want that of the context", err)
	}
	if len(d.Batches) > 0 && err != nil {
		t.Fatalf("Next: %v", err)
	}
	return d
}

// wantStretch checks which numbers a delivery has.
func (t *storeTest) wantStretch(d agent.Delivery, from, to uint64, batches int) {
	t.Helper()
	if d.From != from || d.To != to || len(d.Batches) != batches {
		t.Fatalf("delivery %d…%d of %d batches, want %d…%d of %d", d.From, d.To, len(d.Batches), from, to, batches)
	}
	for i, b := range d.Batches {
		if b.Epoch != d.Epoch || i > 0 && b.Seq <= d.Batches[i-1].Seq {
			t.Fatalf("batch %d of the delivery is %s, epoch %x", i, b.Mark, d.Epoch)
		}
	}
}

func (t *storeTest) wantNothing(upstream string) {
	t.Helper()
	if d := t.next(upstream, agent.Oldest, 100); len(d.Batches) != 0 {
		t.Fatalf("delivery %d…%d, want none", d.From, d.To)
	}
}
