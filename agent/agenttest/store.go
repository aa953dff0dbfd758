package agenttest

import (
	"context"
	"errors"
	"math"
	"reflect"
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
	got := make(chan agent.Delivery, 1)
	go func() {
		d, err := t.store.Next(context.Background(), "hq", agent.Oldest, 1000)
		if err != nil {
			t.Errorf("Next: %v", err)
		}
		got <- d
	}()
	t.fill(1, 1, 2)
	t.wantStretch(<-got, 1, 2, 2)
	t.store.Ack("hq", 1, 2)
	ctx, end := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() {
		_, err := t.store.Next(ctx, "hq", agent.Oldest, 1000)
		failed <- err
	}()
	end()
	if err := <-failed; !errors.Is(err, context.Canceled) {
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

// OddBatch uses every field, with the values that codecs get wrong.
func OddBatch(tags []*agent.Tag) *agent.Batch {
	at := storeStart.Add(123456789)
	old := &agent.Tag{Name: "old", Source: "mill", Index: 2, Gen: 77, Scale: 0.1, Range: &agent.Range{Lo: -1, Hi: 1}, LabelZH: "旧"}
	b := &agent.Batch{Mark: agent.Mark{Epoch: math.MaxUint64, Seq: 1}, Prev: agent.Mark{Epoch: 7, Seq: math.MaxUint64}, Source: "mill",
		Received: at, Boot: math.MaxUint64, Mono: math.MaxUint64, Took: -time.Second, Err: agent.Reason{Code: agent.Refused, Detail: "code 2 ⚠"},
		HeldUntil: at.Add(time.Hour), More: true, Backfill: true}
	values := []agent.Value{
		{}, agent.Float32Value(float32(math.Copysign(0, -1))), agent.ValueOf(agent.Float32, 0x7fa00001, ""), agent.Float32Value(math.MaxFloat32),
		agent.Float64Value(math.Copysign(0, -1)), agent.ValueOf(agent.Float64, 0x7ff4000000000123, ""), agent.Float64Value(math.Inf(-1)),
		agent.Int64Value(math.MinInt64), agent.Int64Value(math.MaxInt64), agent.Uint64Value(math.MaxUint64), agent.Uint64Value(0),
		agent.BoolValue(true), agent.BoolValue(false), agent.TextValue(""), agent.TextValue("\x00\xff not UTF-8"), agent.TextValue("轧机"),
	}
	times := []time.Time{at, at, {}, at.Add(-time.Nanosecond), time.Unix(-62135596800, 1).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), at}
	reasons := []agent.Reason{{}, {}, {Code: agent.Sentinel}, {Code: agent.OutOfRange, Detail: "above 1"}}
	for i, v := range values {
		for j := range 3 {
			tag := tags[(i+j)%len(tags)]
			if i%5 == 4 {
				tag = old
			}
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: times[(i+j)%len(times)], Value: v,
				Quality: agent.Quality((i + j) % 3), Reason: reasons[(i*3+j)%len(reasons)]})
		}
	}
	b.Results = []agent.Result{{}, {KPI: "mill.oil.removal", Unit: "%", Window: agent.Window{Kind: agent.Shift, Start: at, End: at.Add(8 * time.Hour), Zone: "Asia/Shanghai"},
		Value: math.NaN(), U: math.Inf(1), Coverage: 0.25, Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.LowCoverage, Detail: "25 %"},
		Verdict: agent.Inconclusive, Partial: true, States: "rolling", Factors: []string{"a", "", "中"}, Config: [32]byte{1, 31: 255}, Revision: -3,
		Terms: []agent.Term{{}, {Role: "inlet", Tag: "mill.t0", Unit: "kg", Total: -0.5, Seconds: 899.5, USys: -1, URand: 1e-300,
			Lost: []agent.Lost{{Cause: agent.Timeout, About: "mill", Seconds: -2.5}, {}}}}}}
	b.Events = []agent.Event{{}, {Kind: agent.TagBad, Key: "mill.t0", Start: at, End: at.Add(time.Second), Reason: agent.Reason{Code: agent.Sentinel, Detail: "65535"}},
		{Kind: agent.GapRecorded, Key: "x", Start: at, Gap: &agent.Gap{From: agent.Mark{Epoch: 3, Seq: 4}, To: agent.Mark{Epoch: 5, Seq: 6},
			First: at, Last: at.Add(time.Minute), Rows: map[string]int{"mill": 3, "": -1}}}, {Gap: &agent.Gap{}}}
	return b
}
