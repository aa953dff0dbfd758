package agent_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// rig is an agent made of fakes, run in a bubble of fake time.
type rig struct {
	*agent.Agent
	driver *agenttest.Driver
	store  *agenttest.MemStore
	up     *agenttest.Upstream
	calc   *agenttest.Calc
	stop   context.CancelFunc
	result chan error
}

const tagsPerRig = 4

func newRig() *rig {
	r := &rig{driver: &agenttest.Driver{}, store: agenttest.NewMemStore(), up: &agenttest.Upstream{}, calc: &agenttest.Calc{}}
	return r.wire()
}

// wire puts an agent around the rig's parts, so that a second one can follow
// the first on the same store.
func (r *rig) wire() *rig {
	tags := agenttest.Tags("plc", time.Second, tagsPerRig)
	clock := agent.SystemClock()
	r.Agent = &agent.Agent{
		Sources: []agent.Source{{Name: "plc", Driver: r.driver, Tags: tags}},
		Calc:    r.calc, Store: r.store,
		Upstreams: []agent.Feed{{Name: "hq", Upstream: r.up}},
		Board:     agent.NewBoard(clock, agent.Plant{}, "test", tags, []string{"plc"}, []string{"hq"}, r.calc.Describe()),
		Clock:     clock, Log: agenttest.Quiet(),
	}
	return r
}

func (r *rig) start() *rig {
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.result = stop, make(chan error, 1)
	go func() { r.result <- r.Run(ctx) }()
	return r
}

// end stops the agent and gives Run's error and how long the stop took.
func (r *rig) end() (time.Duration, error) {
	began := time.Now()
	r.stop()
	err := <-r.result
	return time.Since(began), err
}

// conserved checks the master invariant: readings stored plus readings in gaps
// are readings polled, and numbers have no hole.
func (r *rig) conserved(t *testing.T) (stored, gaps int) {
	t.Helper()
	last := uint64(0)
	for _, b := range r.store.Stored() {
		from, _ := b.Stands()
		if from != last+1 {
			t.Errorf("batch %v begins at %d, want %d: a hole in the numbers", b.Mark, from, last+1)
		}
		last = b.Seq
		stored += len(b.Readings)
		for _, e := range b.Events {
			if e.Gap != nil {
				gaps += e.Gap.Total()
			}
		}
	}
	if polled := r.driver.Polled(); stored+gaps != polled {
		t.Errorf("stored %d + gaps %d = %d, want the %d polled", stored, gaps, stored+gaps, polled)
	}
	return stored, gaps
}

func TestDrainOnStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig().start()
		time.Sleep(10*time.Minute + 500*time.Millisecond)
		took, err := r.end()
		if err != nil || took > 5*time.Second {
			t.Errorf("Run = %v after %v, want nil within 5 s", err, took)
		}
		stored, gaps := r.conserved(t)
		if want := 601 * tagsPerRig; stored != want || gaps != 0 {
			t.Errorf("stored %d, in gaps %d; want %d and 0", stored, gaps, want)
		}
		got := r.up.Count()
		if got.Readings != stored || got.Holes+got.Repeats != 0 {
			t.Errorf("delivered %+v, want all %d readings, no hole, no repeat", got, stored)
		}
		if r.store.Closed() != 1 || got.Closed != 1 {
			t.Errorf("store closed %d times, upstream %d; want once each", r.store.Closed(), got.Closed)
		}
	})
}

func TestUpstreamDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		began := time.Now()
		r.up.Do = func(context.Context, agent.Delivery) error {
			if time.Since(began) < time.Hour {
				return errors.New("connection refused")
			}
			return nil
		}
		r.start()
		time.Sleep(59 * time.Minute)
		down := r.Board.Snapshot()
		if down.Upstreams[0].Up || down.Upstreams[0].Behind < 58*time.Minute || len(down.Active) == 0 {
			t.Errorf("after 59 min: up %v, behind %v, %d active events; want down, an hour behind, an alarm",
				down.Upstreams[0].Up, down.Upstreams[0].Behind, len(down.Active))
		}
		time.Sleep(5 * time.Minute)
		if up := r.Board.Snapshot().Upstreams[0]; !up.Up || up.Behind > 5*time.Second || up.Err != "" {
			t.Errorf("after the hour: %+v, want up and nothing behind", up)
		}
		r.end()
		stored, _ := r.conserved(t)
		got := r.up.Count()
		if got.Readings != stored || got.Holes+got.Repeats != 0 {
			t.Errorf("delivered %+v, want all %d in order", got, stored)
		}
		if tries := got.Sends; tries > 3600 {
			t.Errorf("%d sends in the hour, want backoff", tries)
		}
	})
}

func TestStopWhileAnUpstreamRests(t *testing.T) {
	for name, answer := range map[string]error{
		"backoff":     errors.New("no route"),
		"retry after": agent.RetryAfter(errors.New("busy"), time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				var healthy atomic.Bool
				r.up.Do = func(context.Context, agent.Delivery) error {
					if healthy.Load() {
						return nil
					}
					return answer
				}
				r.start()
				time.Sleep(30 * time.Second)
				healthy.Store(true) // the last try finds it so
				took, _ := r.end()
				if took > 5*time.Second {
					t.Errorf("stop took %v, want at most 5 s", took)
				}
				stored, _ := r.conserved(t)
				if got := r.up.Count(); got.Readings != stored {
					t.Errorf("delivered %d of %d: the last try did not happen", got.Readings, stored)
				}
			})
		})
	}
}

func TestUpstreamThatHangsDoesNotHoldTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.up.Do = func(ctx context.Context, _ agent.Delivery) error { <-ctx.Done(); return ctx.Err() }
		r.start()
		time.Sleep(time.Minute)
		took, err := r.end()
		if err != nil || took > 5*time.Second {
			t.Errorf("Run = %v after %v, want nil within 5 s", err, took)
		}
		r.conserved(t)
	})
}

// poison refuses every delivery that holds the value.
func poison(value float64) func(context.Context, agent.Delivery) error {
	return func(_ context.Context, d agent.Delivery) error {
		for _, b := range d.Batches {
			for _, r := range b.Readings {
				if v, _ := r.Value.Float(); v == value && r.Tag.Index == 2 {
					return agent.Permanent(errors.New("400: value not allowed"))
				}
			}
		}
		return nil
	}
}

func TestPoisonedRowIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.up.Do = poison(17)
		r.start()
		time.Sleep(5 * time.Minute)
		r.end()
		stored, _ := r.conserved(t)
		aside := r.store.Rejected()
		if len(aside) != 1 || aside[0].Rows() != 1 || aside[0].Readings[0].Tag.Index != 2 {
			t.Fatalf("set aside %v, want the one bad row", aside)
		}
		if got := r.up.Count(); got.Readings != stored-1 || got.Gap != 1 || got.Holes != 0 {
			t.Errorf("delivered %+v, want %d readings and a gap of 1", got, stored-1)
		}
	})
}

func TestUpstreamThatRefusesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var refusing atomic.Bool
		refusing.Store(true)
		r.up.Do = func(context.Context, agent.Delivery) error {
			if refusing.Load() {
				return agent.Permanent(errors.New("400: unknown plant"))
			}
			return nil
		}
		r.start()
		time.Sleep(30 * time.Minute)
		if n := len(r.store.Rejected()); n != 0 {
			t.Errorf("%d rows set aside, want none: it is the upstream that is wrong", n)
		}
		s := r.Board.Snapshot()
		if s.Upstreams[0].Up || !strings.Contains(s.Upstreams[0].Err, "unknown plant") {
			t.Errorf("board says %+v, want down with the upstream's own words", s.Upstreams[0])
		}
		if sends := r.up.Count().Sends; sends > 1500 {
			t.Errorf("%d sends in half an hour, want few", sends)
		}
		refusing.Store(false)
		time.Sleep(5 * time.Minute)
		r.end()
		stored, _ := r.conserved(t)
		if got := r.up.Count(); got.Readings != stored {
			t.Errorf("delivered %d of %d once it took them", got.Readings, stored)
		}
	})
}

func TestTooLargeDeliveriesAreHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var down atomic.Bool
		down.Store(true)
		r.up.Do = func(_ context.Context, d agent.Delivery) error {
			rows := 0
			for _, b := range d.Batches {
				rows += b.Rows()
			}
			switch {
			case down.Load():
				return errors.New("down")
			case rows > 50:
				return agent.TooLarge(errors.New("413"))
			}
			return nil
		}
		r.start()
		time.Sleep(20 * time.Minute)
		down.Store(false)
		time.Sleep(5 * time.Minute)
		r.end()
		stored, _ := r.conserved(t)
		if got := r.up.Count(); got.Readings != stored || got.Holes != 0 || len(r.store.Rejected()) != 0 {
			t.Errorf("delivered %+v of %d, %d set aside; want all", got, stored, len(r.store.Rejected()))
		}
	})
}

func TestSourceDownAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		began := time.Now()
		r.driver.Do = func(context.Context, int) error {
			if gone := time.Since(began); gone < 10*time.Second || (gone > 5*time.Minute && gone < 10*time.Minute) {
				return agent.Because(agent.NoConnection, errors.New("connection refused"))
			}
			return nil
		}
		r.start()
		time.Sleep(7 * time.Minute)
		s := r.Board.Snapshot()
		if s.Sources[0].Up || len(s.Active) < 1 {
			t.Errorf("in the outage: up %v, active %v; want down and an event", s.Sources[0].Up, s.Active)
		}
		time.Sleep(3*time.Minute + 31*time.Second)
		if s = r.Board.Snapshot(); !s.Sources[0].Up {
			t.Error("not back within one backoff step of 30 s")
		}
		r.end()
		r.conserved(t)
		var outages int
		var events []agent.Event
		for _, b := range r.store.Stored() {
			if b.Err.Code == agent.NoConnection {
				outages++
			}
			for _, e := range b.Events {
				if e.Kind == agent.SourceDown {
					events = append(events, e)
				}
			}
		}
		if outages < 30 || outages > 45 {
			t.Errorf("%d outage batches in 5 min, want one each 10 s", outages)
		}
		if len(events) != 4 || events[0].End != (time.Time{}) || events[1].End.IsZero() {
			t.Errorf("source events %+v, want begun and ended, twice", events)
		}
	})
}

func TestPanickingDriverLeavesTheOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		wild := &agenttest.Driver{Do: func(_ context.Context, n int) error {
			if n%2 == 0 {
				panic("index out of range")
			}
			return nil
		}}
		r.Sources = append(r.Sources, agent.Source{Name: "wild", Driver: wild, Tags: agenttest.Tags("wild", time.Second, 1)})
		r.Board = agent.NewBoard(r.Clock, agent.Plant{}, "test", r.Sources[0].Tags, []string{"plc", "wild"}, []string{"hq"}, nil)
		r.start()
		time.Sleep(time.Minute + 500*time.Millisecond) // between two polls, so that no wake is a race with the end
		r.end()
		if got := r.driver.Reads(); got != 61 {
			t.Errorf("the other source was read %d times, want 61", got)
		}
		if got := wild.Reads(); got < 10 {
			t.Errorf("the panicking driver was read %d times, want it tried again", got)
		}
		panics := 0
		for _, b := range r.store.Stored() {
			if b.Err.Code == agent.DriverPanic {
				panics++
			}
		}
		if panics == 0 {
			t.Error("no outage batch says that the driver panicked")
		}
	})
}

func TestDiskFullForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		began := time.Now()
		r.store.OnAppend = func(int) error {
			if gone := time.Since(began); gone > time.Minute && gone < 20*time.Minute {
				return errors.New("no space left on device")
			}
			return nil
		}
		r.start()
		time.Sleep(15 * time.Minute)
		s := r.Board.Snapshot()
		if s.Commit.Err == "" || s.Sources[0].OK < 895 {
			t.Errorf("commit error %q, %d polls; want the error shown and polling gone on", s.Commit.Err, s.Sources[0].OK)
		}
		time.Sleep(10 * time.Minute)
		r.end()
		if stored, gaps := r.conserved(t); gaps != 0 || stored == 0 {
			t.Errorf("stored %d, gaps %d; want no gap: memory held them", stored, gaps)
		}
	})
}

func TestDiskHungBeyondTheQueue(t *testing.T) {
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
		r.start()
		time.Sleep(10 * time.Minute)
		s := r.Board.Snapshot()
		if s.Sources[0].OK < 600 || len(s.Active) == 0 {
			t.Errorf("%d polls, %d active events; want polling gone on and the hang shown", s.Sources[0].OK, len(s.Active))
		}
		close(hang)
		time.Sleep(time.Minute)
		r.end()
		stored, gaps := r.conserved(t)
		if gaps == 0 {
			t.Error("no gap recorded although the queue was too small")
		}
		if got := r.up.Count(); got.Readings != stored || got.Gap != gaps || got.Holes != 0 {
			t.Errorf("delivered %+v; want %d readings, %d in gaps, no hole", got, stored, gaps)
		}
		if got := r.up.Count().Results; got < 5 {
			t.Errorf("%d results delivered, want those of dropped batches too", got)
		}
	})
}

func TestStopWithAHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		hang := make(chan struct{})
		r.store.OnAppend = func(n int) error {
			if n > 5 {
				<-hang
			}
			return nil
		}
		r.start()
		time.Sleep(time.Minute)
		took, err := r.end()
		if !errors.Is(err, agent.ErrStopped) || took > 8*time.Second || r.store.Closed() != 0 {
			t.Errorf("Run = %v after %v, store closed %d times; want ErrStopped soon and the store left alone", err, took, r.store.Closed())
		}
		close(hang)
	})
}

func TestTakenPagePort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := "listen tcp " + taken.Addr().String() + ": address already in use"
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var tries atomic.Int32
		r.Serve = func(ctx context.Context) error {
			if tries.Add(1) < 4 {
				return errors.New(busy)
			}
			<-ctx.Done()
			return nil
		}
		r.start()
		time.Sleep(3 * time.Second)
		if s := r.Board.Snapshot(); len(s.Active) == 0 || !strings.Contains(s.Active[0].Reason.Detail, busy) && !strings.Contains(s.Active[len(s.Active)-1].Reason.Detail, busy) {
			t.Errorf("active events %+v, want one that names the port", s.Active)
		}
		time.Sleep(2 * time.Minute)
		for _, e := range r.Board.Snapshot().Active {
			if e.Kind == agent.PageDown {
				t.Errorf("still %+v, want it cleared once the port is free", e)
			}
		}
		r.end()
		r.conserved(t)
		if tries.Load() != 4 {
			t.Errorf("%d tries, want 4", tries.Load())
		}
	})
}

func TestWallClockSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var offset atomic.Int64
		r.Clock.Wall = func() time.Time { return time.Now().UTC().Add(time.Duration(offset.Load())) }
		r.start()
		for _, step := range []time.Duration{time.Hour, -time.Hour, -50 * 365 * 24 * time.Hour, 0} {
			time.Sleep(5 * time.Minute)
			offset.Store(int64(step))
		}
		time.Sleep(5 * time.Minute)
		r.end()
		stored, _ := r.conserved(t)
		if want := (25*60 + 1) * tagsPerRig; stored != want {
			t.Errorf("stored %d readings, want %d: the grid keeps monotonic time", stored, want)
		}
		mono := uint64(0)
		for _, b := range r.store.Stored() {
			if b.Mono < mono {
				t.Fatalf("batch %v has Mono %d after %d", b.Mark, b.Mono, mono)
			}
			mono = b.Mono
		}
	})
}

func TestRestartContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig().start()
		time.Sleep(150*time.Second + 100*time.Millisecond)
		r.end()
		wantBatches, wantReadings := r.calc.Seen()
		r.calc = &agenttest.Calc{}
		r.wire().start()
		synctest.Wait()
		if b, n := r.calc.Seen(); b <= wantBatches || n < wantReadings {
			t.Errorf("after the restart the engine has seen %d batches and %d readings, want more than %d and %d", b, n, wantBatches, wantReadings)
		}
		time.Sleep(time.Minute)
		r.end()
		r.conserved(t)
		epochs := map[uint64]agent.Mark{}
		for _, b := range r.store.Stored() {
			if _, seen := epochs[b.Epoch]; !seen {
				epochs[b.Epoch] = b.Prev
			}
		}
		if len(epochs) != 2 {
			t.Errorf("%d epochs, want 2", len(epochs))
		}
		if got := r.up.Count(); got.Holes+got.Repeats != 0 {
			t.Errorf("delivered %+v, want neither hole nor repeat", got)
		}
	})
}
