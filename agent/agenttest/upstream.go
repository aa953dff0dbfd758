package agenttest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// UpstreamRig is an upstream under test, which has sent nothing yet, and the
// handles of its far side. The upstream's own timeouts are to be long, 10 s or
// more: the suite makes it wait only where the end of ctx should end the wait.
type UpstreamRig struct {
	Upstream agent.Upstream
	Tags     []*agent.Tag // at least two, with Scale and Offset 0, as the far side knows them

	Stored func() []Row // what the far side holds, in the order in which it came; a repeat adds nothing

	Break  func()               // what is sent fails in a way that passes, and nothing is stored
	Lose   func()               // what is sent is stored, but the answer never arrives
	Stall  func(reached func()) // it answers no more, and calls reached when it is sent something
	Refuse func()               // it never takes what it is sent now; nil: this kind cannot say so
	Limit  func(mostRows int)   // it takes no more rows at once; nil: this kind has no limit
	Mend   func()               // it works again
}

// Row is what every far side can show of a row: a reading's tag, time and value
// in the tag's unit, or a result's KPI, start of window and value.
type Row struct {
	Name  string
	Time  time.Time
	Value float64
}

// UpstreamSuite runs what every Upstream must pass. Open makes a fresh rig,
// which ends with the test.
func UpstreamSuite(t *testing.T, open func(t *testing.T) UpstreamRig) {
	cases := []struct {
		name string
		run  func(u *upstreamTest)
	}{
		{"delivers in order", (*upstreamTest).inOrder},
		{"delivers what has no rows", (*upstreamTest).noRows},
		{"delivers what is historical", (*upstreamTest).historical},
		{"a repeat adds nothing", (*upstreamTest).repeat},
		{"a lost answer makes a repeat", (*upstreamTest).lostAnswer},
		{"a passing failure is unmarked", (*upstreamTest).passingFailure},
		{"a refusal is permanent", (*upstreamTest).refusal},
		{"a limit is marked as too large", (*upstreamTest).limit},
		{"parts of a batch add up", (*upstreamTest).parts},
		{"ctx ends a wait", (*upstreamTest).ctxEndsWait},
		{"an ended ctx sends nothing", (*upstreamTest).endedCtx},
		{"a tick is taken", (*upstreamTest).tick},
		{"close twice", (*upstreamTest).closeTwice},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u := &upstreamTest{UpstreamRig: open(t), t: t}
			if len(u.Tags) < 2 {
				t.Fatalf("the rig has %d tags, want 2 or more", len(u.Tags))
			}
			c.run(u)
			if err := u.Upstream.Close(); err != nil {
				t.Errorf("Close at the end = %v, want nil", err)
			}
		})
	}
}

// upstreamTest makes deliveries and keeps what should be stored of them.
type upstreamTest struct {
	UpstreamRig
	t    *testing.T
	seq  uint64
	want []Row
}

const suiteEpoch = 0x5eed5eed5eed5eed

// batch makes the next one, with as many readings.
func (u *upstreamTest) batch(readings int) *agent.Batch {
	u.seq++
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(u.seq) * time.Minute)
	b := &agent.Batch{Mark: agent.Mark{Epoch: suiteEpoch, Seq: u.seq}, Source: u.Tags[0].Source, Received: start, Boot: 1, Mono: u.seq}
	for i := range readings {
		b.Readings = append(b.Readings, agent.Reading{
			Tag: u.Tags[i%2], Time: start.Add(time.Duration(i) * time.Second), Value: agent.Float32Value(float32(i) + 0.5), Quality: agent.Good,
		})
	}
	return b
}

// own makes the next batch of the agent itself, with one result.
func (u *upstreamTest) own() *agent.Batch {
	b := u.batch(0)
	b.Source = agent.Own
	window := agent.Window{Kind: agent.Hour, Start: b.Received.Add(-time.Hour), End: b.Received, Zone: "UTC"}
	b.Results = []agent.Result{{KPI: "suite.removal", Unit: "1", Window: window, Value: 0.93, Coverage: 1, Quality: agent.Good}}
	return b
}

func delivery(batches ...*agent.Batch) agent.Delivery {
	return agent.Delivery{Epoch: suiteEpoch, From: batches[0].Seq, To: batches[len(batches)-1].Seq, Batches: batches}
}

func rowsOf(batches []*agent.Batch) (rows []Row) {
	for _, b := range batches {
		for _, r := range b.Readings {
			eng, _ := r.Tag.EngAt(r.Value, r.Time)
			rows = append(rows, Row{r.Tag.Name, r.Time, eng})
		}
		for _, r := range b.Results {
			rows = append(rows, Row{r.KPI, r.Window.Start, r.Value})
		}
	}
	return rows
}

// send gives d to the upstream, which must leave it as it was.
func (u *upstreamTest) send(ctx context.Context, d agent.Delivery) error {
	u.t.Helper()
	before := copied(d)
	err := u.Upstream.Send(ctx, d)
	if !reflect.DeepEqual(d, before) {
		u.t.Errorf("Send changed the delivery: got %+v, want %+v", d, before)
	}
	return err
}

func copied(d agent.Delivery) agent.Delivery {
	d.Batches = slices.Clone(d.Batches)
	for i, b := range d.Batches {
		one := *b
		one.Readings, one.Results = slices.Clone(b.Readings), slices.Clone(b.Results)
		d.Batches[i] = &one
	}
	return d
}

// taken sends d, which must be taken and stored in full.
func (u *upstreamTest) taken(d agent.Delivery) {
	u.t.Helper()
	if err := u.send(u.t.Context(), d); err != nil {
		u.t.Fatalf("Send of %d to %d = %v, want nil", d.From, d.To, err)
	}
	u.want = append(u.want, rowsOf(d.Batches)...)
	u.stored()
}

func (u *upstreamTest) stored() {
	u.t.Helper()
	same := func(a, b Row) bool { return a.Name == b.Name && a.Time.Equal(b.Time) && a.Value == b.Value }
	if got := u.Stored(); !slices.EqualFunc(got, u.want, same) {
		u.t.Fatalf("the far side holds %v, want %v", got, u.want)
	}
}

// marked checks the marks of an error that Send gave.
func (u *upstreamTest) marked(err error, permanent, tooLarge bool) {
	u.t.Helper()
	if err == nil {
		u.t.Fatal("Send = nil, want an error")
	}
	if agent.IsPermanent(err) != permanent || agent.IsTooLarge(err) != tooLarge {
		u.t.Errorf("Send = %v: permanent %v, too large %v, want %v, %v", err, agent.IsPermanent(err), agent.IsTooLarge(err), permanent, tooLarge)
	}
	u.stored()
}

func (u *upstreamTest) inOrder() {
	u.taken(delivery(u.batch(3)))
	u.taken(delivery(u.batch(1), u.own(), u.batch(2)))
	u.taken(delivery(u.batch(4)))
}

func (u *upstreamTest) noRows() {
	outage := u.batch(0)
	outage.Err = agent.Reason{Code: agent.Timeout, Detail: "no answer"}
	u.taken(delivery(outage))
	filtered := delivery(u.batch(2))
	filtered.Batches = nil
	u.taken(filtered)
	u.taken(delivery(u.batch(1)))
}

func (u *upstreamTest) historical() {
	old := delivery(u.batch(2))
	u.taken(delivery(u.batch(1)))
	old.Historical = true
	u.taken(old)
}

func (u *upstreamTest) repeat() {
	d := delivery(u.batch(2), u.own())
	u.taken(d)
	if err := u.send(u.t.Context(), d); err != nil {
		u.t.Errorf("Send again = %v, want nil", err)
	}
	u.stored()
}

func (u *upstreamTest) lostAnswer() {
	u.Lose()
	d := delivery(u.batch(2))
	err := u.send(u.t.Context(), d)
	u.want = rowsOf(d.Batches)
	u.marked(err, false, false)
	u.Mend()
	if err := u.send(u.t.Context(), d); err != nil {
		u.t.Errorf("Send again = %v, want nil", err)
	}
	u.stored()
}

func (u *upstreamTest) passingFailure() {
	u.Break()
	d := delivery(u.batch(2))
	for range 3 {
		u.marked(u.send(u.t.Context(), d), false, false)
	}
	u.Mend()
	u.taken(d)
}

func (u *upstreamTest) refusal() {
	if u.Refuse == nil {
		return
	}
	u.Refuse()
	u.marked(u.send(u.t.Context(), delivery(u.batch(2))), true, false)
	u.Mend()
	u.taken(delivery(u.batch(1)))
}

func (u *upstreamTest) limit() {
	if u.Limit == nil {
		return
	}
	u.Limit(2)
	d := delivery(u.batch(2), u.batch(2))
	u.marked(u.send(u.t.Context(), d), false, true)
	u.taken(delivery(d.Batches[0]))
	u.taken(delivery(d.Batches[1]))
}

func (u *upstreamTest) parts() {
	whole := u.batch(5)
	for _, rows := range []agent.Rows{{From: 0, To: 2}, {From: 2, To: 3}, {From: 3, To: 5}} {
		d := delivery(rows.Of(whole))
		d.Rows = rows
		u.taken(d)
		if err := u.send(u.t.Context(), d); err != nil {
			u.t.Errorf("Send of rows %v again = %v, want nil", rows, err)
		}
		u.stored()
	}
}

func (u *upstreamTest) ctxEndsWait() {
	ctx, cancel := context.WithCancel(u.t.Context())
	defer cancel()
	u.Stall(cancel)
	err := u.send(ctx, delivery(u.batch(1)))
	if !errors.Is(err, context.Canceled) {
		u.t.Errorf("Send = %v, want context canceled", err)
	}
	u.marked(err, false, false)
}

func (u *upstreamTest) endedCtx() {
	ctx, cancel := context.WithCancel(u.t.Context())
	cancel()
	d := delivery(u.batch(1))
	u.marked(u.send(ctx, d), false, false)
	u.taken(d)
}

func (u *upstreamTest) tick() {
	if err := u.send(u.t.Context(), agent.Delivery{}); err != nil {
		u.t.Errorf("Send of a tick = %v, want nil", err)
	}
	u.taken(delivery(u.batch(1)))
}

func (u *upstreamTest) closeTwice() {
	u.taken(delivery(u.batch(1)))
	if err := u.Upstream.Close(); err != nil {
		u.t.Errorf("first Close = %v, want nil", err)
	}
}
