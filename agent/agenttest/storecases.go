package agenttest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"recoup/agent"
)

// The cases of StoreSuite.

func (t *storeTest) empty() {
	last, state, after := t.open("hq")
	if last != (agent.Mark{}) || state != nil || len(after) != 0 {
		t.Fatalf("Load of an empty store: %v, %d bytes of state, %d batches; want nothing", last, len(state), len(after))
	}
	t.wantNothing("hq")
}

func (t *storeTest) order() {
	t.open("hq")
	t.fill(1, 1, 5)
	t.append(t.own(1, 6))
	last, state, after := t.open("hq")
	if want := (agent.Mark{Epoch: 1, Seq: 6}); last != want || state != nil || len(after) != 6 {
		t.Fatalf("Load: last %v, %d bytes of state, %d batches after; want %v, none, 6", last, len(state), len(after), want)
	}
	for i, b := range after {
		if b.Seq != uint64(i+1) {
			t.Fatalf("batch %d after the checkpoint has number %d, want %d", i, b.Seq, i+1)
		}
	}
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 6, 6)
}

func (t *storeTest) cursors() {
	t.open("hq", "city")
	t.fill(1, 1, 10)
	t.store.Ack("hq", 1, 4)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 5, 10, 6)
	t.wantStretch(t.next("city", agent.Oldest, 1000), 1, 10, 10)
	t.store.Ack("city", 1, 10)
	t.open("hq", "city")
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 5, 10, 6)
	t.wantNothing("city")
}

func (t *storeTest) partialAcks() {
	t.open("hq")
	t.fill(1, 1, 10)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 10, 10)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 10, 10)
	t.store.Ack("hq", 1, 3)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 4, 10, 7)
	t.store.Ack("hq", 4, 10)
	t.wantNothing("hq")
	t.store.Ack("hq", 1, 3)
	t.wantNothing("hq")
}

func (t *storeTest) bound() {
	t.open("hq")
	t.fill(1, 1, 10)
	t.wantStretch(t.next("hq", agent.Oldest, 12), 1, 3, 3)
	t.wantStretch(t.next("hq", agent.Oldest, 15), 1, 3, 3)
	t.wantStretch(t.next("hq", agent.Oldest, 1), 1, 1, 1)
}

func (t *storeTest) newest() {
	t.open("hq")
	t.fill(1, 1, 20)
	t.append(t.source(1, 21), t.own(1, 22))
	d := t.next("hq", agent.Newest, 1000)
	t.wantStretch(d, 21, 22, 2) // the newest unit
	if d.Historical {
		t.Fatal("the newest unit is called historical")
	}
	t.store.Ack("hq", 21, 22)
	t.append(t.source(1, 23))
	t.wantStretch(t.next("hq", agent.Newest, 1000), 23, 23, 1)
	t.store.Ack("hq", 23, 23)
	d = t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 1, 20, 20)
	if !d.Historical {
		t.Fatal("what lies behind the newest is not called historical")
	}
	t.store.Ack("hq", 1, 20)
	t.wantNothing("hq")
	t.append(t.source(1, 24))
	if d = t.next("hq", agent.Oldest, 1000); d.Historical {
		t.Fatal("historical after all was caught up")
	}
	t.wantStretch(d, 24, 24, 1)
}

func (t *storeTest) newestReopened() {
	t.open("hq")
	t.fill(1, 1, 20)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 20, 20, 1)
	t.store.Ack("hq", 20, 20)
	t.open("hq")
	t.fill(2, 21, 22)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 21, 22, 2)
	d := t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 1, 19, 19)
	if !d.Historical {
		t.Fatal("not called historical after reopening")
	}
}

func (t *storeTest) fallBack() {
	t.open("hq")
	t.fill(1, 1, 10)
	t.store.Ack("hq", 10, 10)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 1, 9, 9)
	t.store.Ack("hq", 1, 5)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 6, 9, 4)
	t.store.Ack("hq", 6, 9)
	t.wantNothing("hq")
	t.fill(1, 11, 12)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 11, 12, 2)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 12, 12, 1)
}

func (t *storeTest) epochs() {
	t.open("hq")
	t.fill(1, 1, 3)
	t.open("hq")
	first := t.own(2, 4)
	first.Prev = agent.Mark{Epoch: 1, Seq: 3}
	t.append(first, t.source(2, 5))
	d := t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 1, 3, 3)
	if d.Epoch != 1 || d.Prev != (agent.Mark{}) {
		t.Fatalf("first delivery: epoch %d after %v, want 1 after nothing", d.Epoch, d.Prev)
	}
	t.store.Ack("hq", 1, 4)
	d = t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 5, 5, 1) // its epoch's first batch is not in it
	if d.Epoch != 2 || d.Prev != first.Prev {
		t.Fatalf("second delivery: epoch %d after %v, want 2 after %v", d.Epoch, d.Prev, first.Prev)
	}
	t.open("hq")
	if d = t.next("hq", agent.Oldest, 1000); d.Prev != first.Prev {
		t.Fatalf("after reopening the epoch names %v, want %v", d.Prev, first.Prev)
	}
}

func (t *storeTest) holes() {
	t.open("hq")
	t.append(t.source(1, 3), t.source(1, 4), t.source(1, 7))
	t.fill(1, 9, 10)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 3, 4, 2)
	t.store.Ack("hq", 3, 4)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 7, 7, 1)
	t.store.Ack("hq", 7, 7)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 9, 10, 2)
	t.store.Ack("hq", 9, 10)
	t.wantNothing("hq")
	t.open("hq")
	t.wantNothing("hq")
}

func (t *storeTest) holesBetween() {
	t.open("hq")
	t.fill(1, 1, 2)
	t.fill(1, 8, 8)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 8, 8, 1)
	t.store.Ack("hq", 8, 8)
	t.fill(1, 12, 13)
	t.wantStretch(t.next("hq", agent.Newest, 1000), 12, 13, 2)
	t.store.Ack("hq", 12, 13)
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 2, 2)
	t.store.Ack("hq", 1, 2)
	t.wantNothing("hq")
	t.fill(1, 14, 14)
	d := t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 14, 14, 1)
	if d.Historical {
		t.Fatal("historical although nothing newer was given")
	}
}

func (t *storeTest) standIns() {
	t.open("hq")
	t.fill(1, 1, 2)
	stand := agent.StandIn([]*agent.Batch{t.source(1, 3), t.source(1, 4), t.own(1, 5)}, agent.Reason{Code: agent.Dropped})
	t.append(stand, t.source(1, 6))
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 6, 4)
	t.store.Ack("hq", 1, 3)
	d := t.next("hq", agent.Oldest, 1000)
	t.wantStretch(d, 4, 6, 2)
	if got := d.Batches[0].Events[0].Gap.Total(); got != 8 {
		t.Fatalf("the stand-in's gap has %d readings, want 8", got)
	}
}

func (t *storeTest) waits() {
	t.open("hq")
	var work sync.WaitGroup
	var d agent.Delivery
	var err error
	work.Go(func() { d, err = t.store.Next(context.Background(), "hq", agent.Oldest, 1000) })
	t.fill(1, 1, 2)
	work.Wait()
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	t.wantStretch(d, 1, 2, 2)
	t.store.Ack("hq", 1, 2)
	ctx, end := context.WithCancel(context.Background())
	work.Go(func() { _, err = t.store.Next(ctx, "hq", agent.Oldest, 1000) })
	end()
	work.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Next after the end of its context: %v, want %v", err, context.Canceled)
	}
}

func (t *storeTest) unknown() {
	t.open("hq")
	t.fill(1, 1, 1)
	if _, err := t.store.Next(context.Background(), "nobody", agent.Oldest, 1); err == nil {
		t.Error("Next for an upstream that is not configured gave no error")
	}
	if err := t.store.Reject("nobody", t.source(1, 1), agent.Rows{}, errors.New("no")); err == nil {
		t.Error("Reject for an upstream that is not configured gave no error")
	}
}

func (t *storeTest) newUpstream() {
	t.open("hq")
	t.fill(1, 1, 3)
	t.store.Ack("hq", 1, 3)
	t.open("hq", "city")
	t.wantNothing("hq")
	t.wantStretch(t.next("city", agent.Oldest, 1000), 1, 3, 3)
}

func (t *storeTest) ranges() {
	t.open("hq")
	t.fill(1, 1, 4)
	late := t.source(1, 5)
	late.Readings[0].Time = storeStart.Add(2 * time.Second)
	filled := t.source(1, 6)
	filled.Backfill = true
	filled.Readings[0].Time = storeStart.Add(3 * time.Second)
	result := t.own(1, 7)
	result.Results = []agent.Result{{KPI: "k", Window: agent.Window{Kind: agent.Cell, Start: storeStart, End: storeStart.Add(3 * time.Second)}}}
	t.append(late, filled, result, t.source(1, 8))
	t.open("hq")
	for _, c := range []struct {
		name     string
		from, to int
		want     []uint64
	}{
		{"received then", 1, 2, []uint64{1, 7}},
		{"with late readings and a result", 2, 4, []uint64{6, 2, 3, 5, 7}},
		{"received late", 7, 9, []uint64{7, 8}},
		{"all", -100, 100, []uint64{6, 1, 2, 3, 4, 5, 7, 8}},
		{"none", 50, 60, nil},
	} {
		var got []uint64
		for b, err := range t.store.Range(storeStart.Add(time.Duration(c.from)*time.Second), storeStart.Add(time.Duration(c.to)*time.Second)) {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got = append(got, b.Seq)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: batches %v, want %v", c.name, got, c.want)
		}
	}
}

func (t *storeTest) checkpoint() {
	t.open("hq")
	first, second := t.own(1, 2), t.own(1, 5)
	first.State, second.State = []byte("after 2"), []byte("after 5")
	t.append(t.source(1, 1), first, t.source(1, 3))
	if _, state, after := t.open("hq"); string(state) != "after 2" || len(after) != 1 || after[0].Seq != 3 {
		t.Fatalf("Load: state %q and %d batches, want %q and the one after it", state, len(after), "after 2")
	}
	t.append(t.source(1, 4), second, t.source(1, 6), t.own(1, 7))
	_, state, after := t.open("hq")
	if string(state) != "after 5" || len(after) != 2 || after[0].Seq != 6 {
		t.Fatalf("Load: state %q and %d batches, want %q and the two after it", state, len(after), "after 5")
	}
	if after[1].State != nil {
		t.Fatal("a batch without a checkpoint came back with one")
	}
}

func (t *storeTest) oddValues() {
	t.open("hq")
	odd := OddBatch(t.tags)
	outage := &agent.Batch{Mark: agent.Mark{Epoch: odd.Epoch, Seq: 2}, Source: "lab", Err: agent.Reason{Code: agent.Timeout, Detail: "no answer"}}
	t.append(odd, outage)
	for _, when := range []string{"at once", "after reopening"} {
		d := t.next("hq", agent.Oldest, 1000)
		t.wantStretch(d, 1, 2, 2)
		for i, want := range []*agent.Batch{odd, outage} {
			if diff := DiffBatches(d.Batches[i], want); diff != "" {
				t.Errorf("batch %d %s: %s", i, when, diff)
			}
		}
		t.open("hq")
	}
}

func (t *storeTest) reject() {
	t.open("hq")
	t.fill(1, 1, 1)
	d := t.next("hq", agent.Oldest, 1000)
	for _, rows := range []agent.Rows{{}, {From: 1, To: 2}} {
		if err := t.store.Reject("hq", d.Batches[0], rows, errors.New("not a number the far side knows")); err != nil {
			t.Fatalf("Reject of rows %v: %v", rows, err)
		}
	}
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 1, 1)
	t.open("hq")
	t.wantStretch(t.next("hq", agent.Oldest, 1000), 1, 1, 1)
}
