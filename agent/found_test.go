package agent_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// Every test here is named after a fault that was found once.

// leave lets what a stopped agent left behind run out, as the bubble demands.
func leave() { time.Sleep(2 * time.Minute) }

func TestStandInThatIsTooLargeGoesInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.QueueRows = 500
		hang := make(chan struct{})
		r.store.OnAppend = func(n int) error {
			if n == 30 {
				<-hang
			}
			return nil
		}
		r.up.Do = func(_ context.Context, d agent.Delivery) error {
			rows := 0
			for _, b := range d.Batches {
				rows += b.Rows()
			}
			if !d.Rows.All() && (d.To != d.Batches[0].Seq || rows != d.Rows.To-d.Rows.From) {
				return agent.Permanent(errors.New("rows that are no part of one batch"))
			}
			if rows > 5 {
				return agent.TooLarge(errors.New("413"))
			}
			return nil
		}
		r.start()
		time.Sleep(20 * time.Minute)
		close(hang)
		time.Sleep(time.Hour)
		r.end()
		stored, gaps := r.conserved(t)
		got := r.up.Count()
		if gaps == 0 || got.Readings != stored || got.Gap != gaps || got.Holes != 0 || got.Results < 40 {
			t.Errorf("delivered %+v; want %d readings, %d in gaps, no hole and every result", got, stored, gaps)
		}
	})
}

func TestDeliveriesGrowAgainAfterBeingTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		began := time.Now()
		var most atomic.Int64
		r.up.Do = func(_ context.Context, d agent.Delivery) error {
			switch since := time.Since(began); {
			case since < 10*time.Second:
			case since < 2*time.Minute:
				return agent.TooLarge(errors.New("413 by a proxy set wrongly"))
			case since < 32*time.Minute:
				return errors.New("down")
			default:
				most.Store(max(most.Load(), int64(len(d.Batches))))
			}
			return nil
		}
		r.start()
		time.Sleep(time.Hour)
		if behind := r.Board.Snapshot().Upstreams[0].Behind; behind > 5*time.Second || most.Load() < 100 {
			t.Errorf("behind %v, largest delivery %d batches; want nothing behind", behind, most.Load())
		}
		r.end()
		leave()
	})
}

func TestBadRowsInFrontDoNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.up.Do = func(_ context.Context, d agent.Delivery) error {
			for _, b := range d.Batches {
				for _, x := range b.Readings {
					if v, _ := x.Value.Float(); v >= 17 && v < 27 && x.Tag.Index < 2 {
						return agent.Permanent(errors.New("400: value not allowed"))
					}
				}
			}
			return nil
		}
		r.start()
		time.Sleep(time.Hour)
		s := r.Board.Snapshot().Upstreams[0]
		if !s.Up || s.Behind > time.Minute || len(r.store.Rejected()) != 20 {
			t.Errorf("up %v, behind %v, %d rows set aside; want up, nothing behind, the 20 bad ones", s.Up, s.Behind, len(r.store.Rejected()))
		}
		r.end()
		stored, _ := r.conserved(t)
		if got := r.up.Count(); got.Readings != stored-20 || got.Gap != 20 || got.Holes != 0 {
			t.Errorf("delivered %+v, want %d readings and a gap of 20", got, stored-20)
		}
	})
}

func TestBadRowAloneInItsEpochDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.up.Do = func(_ context.Context, d agent.Delivery) error {
			for _, b := range d.Batches {
				for _, e := range b.Events {
					if e.Kind == agent.AgentRun && !e.End.IsZero() {
						return agent.Permanent(errors.New("400: event not allowed"))
					}
				}
			}
			return nil
		}
		r.start()
		time.Sleep(time.Minute)
		r.end()
		r.calc = &agenttest.Calc{}
		r.wire().start()
		time.Sleep(time.Hour)
		if s := r.Board.Snapshot().Upstreams[0]; !s.Up || s.Behind > time.Minute || len(r.store.Rejected()) != 1 {
			t.Errorf("up %v, behind %v, %d rows set aside; want up, nothing behind, the one", s.Up, s.Behind, len(r.store.Rejected()))
		}
		r.end()
		leave()
	})
}

func TestNoTakeIsSkippedWhenTheDiskFailsAtTheStop(t *testing.T) {
	for name, fails := range map[string]int{"once more": 1, "to the end": 1000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				var stopping, failed atomic.Int32
				began := time.Now()
				r.store.OnAppend = func(int) error {
					if stopping.Load() == 1 && failed.Add(1) > int32(fails) || time.Since(began) < time.Minute {
						return nil
					}
					return errors.New("no space left on device")
				}
				r.start()
				time.Sleep(10 * time.Minute)
				stopping.Store(1)
				took, err := r.end()
				if took > 5*time.Second || (err == nil) != (fails == 1) {
					t.Errorf("Run = %v after %v; want an error only when batches were lost, within 5 s", err, took)
				}
				if fails == 1 {
					r.conserved(t)
				}
			})
		})
	}
}

func TestBehindIsKnownAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.up.Do = func(context.Context, agent.Delivery) error { return errors.New("down") }
		r.start()
		time.Sleep(10 * time.Hour)
		r.end()
		r.calc = &agenttest.Calc{}
		r.wire().start()
		time.Sleep(10 * time.Second)
		if behind := r.Board.Snapshot().Upstreams[0].Behind; behind < 10*time.Hour {
			t.Errorf("behind %v after the restart, want the ten hours", behind)
		}
		r.end()
		leave()
	})
}

// spy notes which lanes are asked for.
type spy struct {
	*agenttest.MemStore
	newest atomic.Int32
}

func (s *spy) Next(ctx context.Context, up string, p agent.Lane, most int) (agent.Delivery, error) {
	if p == agent.Newest {
		s.newest.Add(1)
	}
	return s.MemStore.Next(ctx, up, p, most)
}

func TestNewestIsAskedForOnlyWhenBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		s := &spy{MemStore: r.store}
		r.Store = s
		r.Upstreams[0].Prefer = agent.Newest
		var down atomic.Bool
		r.up.Do = func(context.Context, agent.Delivery) error {
			if down.Load() {
				return errors.New("down")
			}
			return nil
		}
		r.start()
		time.Sleep(time.Minute)
		if n := s.newest.Load(); n != 0 {
			t.Errorf("asked %d times for the newest with nothing behind", n)
		}
		down.Store(true)
		time.Sleep(5 * time.Minute)
		down.Store(false)
		time.Sleep(5 * time.Minute)
		if s.newest.Load() == 0 {
			t.Error("never asked for the newest after five minutes behind")
		}
		r.end()
		stored, _ := r.conserved(t)
		if got := r.up.Count(); got.Readings != stored {
			t.Errorf("delivered %d of %d", got.Readings, stored)
		}
	})
}

// slowDriver notices a Close in the middle of a Read.
type slowDriver struct {
	agenttest.Driver
	reading, closedInRead atomic.Bool
}

func (d *slowDriver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	d.reading.Store(true)
	defer d.reading.Store(false)
	return d.Driver.Read(ctx, due, b)
}

func (d *slowDriver) Close() error { d.closedInRead.Store(d.reading.Load()); return nil }

func TestDriverIsNotClosedInTheMiddleOfARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		d := &slowDriver{}
		d.Do = func(_ context.Context, n int) error {
			if n == 20 {
				time.Sleep(time.Minute)
			}
			return nil
		}
		r.Sources[0].Driver = d
		r.start()
		time.Sleep(30 * time.Second)
		if took, err := r.end(); took > 5*time.Second || err != nil || r.store.Closed() != 1 {
			t.Errorf("Run = %v after %v, store closed %d times; want a stop in good order without the driver", err, took, r.store.Closed())
		}
		if d.closedInRead.Load() {
			t.Error("Close was called while Read ran")
		}
		leave()
	})
}

func TestPageThatEndsSlowlyDoesNotSpoilTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.Serve = func(ctx context.Context) error { <-ctx.Done(); time.Sleep(2 * time.Second); return nil }
		r.start()
		time.Sleep(30 * time.Second)
		if took, err := r.end(); err != nil || took > 5*time.Second || r.store.Closed() != 1 {
			t.Errorf("Run = %v after %v, store closed %d times; want nil and the store closed", err, took, r.store.Closed())
		}
		leave()
	})
}

// oldHistory remembers a run that nobody ended long ago.
var _ agent.History = oldHistory{}

type oldHistory struct {
	*agenttest.MemStore
	began time.Time
}

func (h oldHistory) Results(string, agent.WindowKind, time.Time, time.Time) iter.Seq2[agent.Result, error] {
	return func(func(agent.Result, error) bool) {}
}

func (h oldHistory) Events(from, to time.Time) iter.Seq2[agent.Event, error] {
	return func(yield func(agent.Event, error) bool) {
		if !h.began.Before(from) && h.began.Before(to) {
			yield(agent.Event{Kind: agent.SourceDown, Key: "plc", Start: h.began}, nil)
		}
	}
}

func TestOldOpenEventsAreEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		began := time.Now().UTC().AddDate(0, 0, -300)
		r.Store = oldHistory{r.store, began}
		r.start()
		time.Sleep(10 * time.Second)
		r.end()
		for _, b := range r.store.Stored() {
			for _, e := range b.Events {
				if e.Kind == agent.SourceDown && e.Start.Equal(began) && !e.End.IsZero() {
					return
				}
			}
		}
		t.Error("an event that began 300 days ago was never ended")
	})
}

// halfDriver gives readings and an error, and is slow when it fails.
type halfDriver struct{ began time.Time }

func (d *halfDriver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	for _, tag := range due {
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: time.Now().UTC(), Reason: agent.Reason{Code: agent.Timeout}})
	}
	if time.Since(d.began) < 10*time.Second {
		return false, nil
	}
	<-ctx.Done()
	return false, agent.Because(agent.Timeout, ctx.Err())
}

func (d *halfDriver) Close() error { return nil }

func TestStopInAFailingReadDoesNotCallTheSourceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.Sources[0].Driver = &halfDriver{began: time.Now()}
		r.start()
		time.Sleep(55 * time.Second) // in the middle of the second failing read
		r.end()
		down := false
		for _, b := range r.store.Stored() {
			for _, e := range b.Events {
				if e.Kind == agent.SourceDown {
					down = e.End.IsZero()
				}
			}
		}
		if !down {
			t.Error("the source is called back although its read failed")
		}
	})
}

// TestSubscribedValueIsVouchedFor: a node that does not change is not stale.
func TestSubscribedValueIsVouchedFor(t *testing.T) {
	tag := agenttest.Tags("plc", time.Second, 1)[0]
	board := agent.NewBoard(agent.SystemClock(), agent.Plant{}, "test", []*agent.Tag{tag}, []string{"plc"}, nil, nil)
	read := time.Now().UTC()
	board.Show(&agent.Batch{Source: "plc", Received: read, Readings: []agent.Reading{{Tag: tag, Time: read, Value: agent.Float64Value(0), Quality: agent.Good}}})
	for _, b := range []*agent.Batch{
		{Source: "plc", HeldUntil: read.Add(time.Minute)},
		{Source: "plc", HeldUntil: read.Add(time.Hour), More: true}, // changes of before may still come
		{Source: "other", HeldUntil: read.Add(time.Hour)},
	} {
		board.Show(b)
	}
	if got := board.Snapshot().Tags[0].Held; !got.Equal(read.Add(time.Minute)) {
		t.Errorf("held until %v, want a minute after %v", got, read)
	}
}

// TestLaboratoryValueIsThereAfterARestart: a value of hours ago that still holds
// is shown, though the checkpoint lies behind it.
func TestLaboratoryValueIsThereAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		tag := r.Sources[0].Tags[0]
		tag.Hold, tag.MaxGap = true, 12*time.Hour
		once := func(_ context.Context, n int) error {
			if n > 1 {
				return errors.New("no more")
			}
			return nil
		}
		r.driver.Do = once
		r.start()
		time.Sleep(5 * time.Hour)
		r.end()
		r.driver = &agenttest.Driver{Do: func(context.Context, int) error { return errors.New("not yet") }}
		second := r.wire()
		second.Sources[0].Tags[0].Hold, second.Sources[0].Tags[0].MaxGap = true, 12*time.Hour
		second.start()
		time.Sleep(time.Minute)
		if got := second.Board.Snapshot().Tags[0]; !got.Seen || got.Value != agent.Float64Value(1) {
			t.Errorf("after the restart the board has %+v, want the one reading", got)
		}
		second.end()
	})
}

// slowStore takes its time to read what waits.
type slowStore struct{ *agenttest.MemStore }

func (s slowStore) Next(ctx context.Context, upstream string, prefer agent.Lane, most int) (agent.Delivery, error) {
	d, err := s.MemStore.Next(ctx, upstream, prefer, most)
	if len(d.Batches) > 0 {
		time.Sleep(30 * time.Second)
	}
	return d, err
}

// TestBehindIsNotZeroWhileABacklogIsRead: the board must not say that nothing
// waits before the store has looked.
func TestBehindIsNotZeroWhileABacklogIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.Store = slowStore{r.store}
		began := time.Now()
		r.up.Do = func(context.Context, agent.Delivery) error {
			if time.Since(began) < time.Hour {
				return errors.New("down")
			}
			return nil
		}
		r.Upstreams[0].MaxRows = 1000
		r.start()
		time.Sleep(time.Hour)
		for range 100 {
			time.Sleep(time.Second)
			if got := r.Board.Snapshot().Upstreams[0]; got.Behind < time.Minute {
				t.Fatalf("behind %v after %v, though most of an hour waits", got.Behind, time.Since(began))
			}
		}
		r.end()
		leave()
	})
}
