package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Agent is the wired program. Its fields are set before Run and not changed
// after.
type Agent struct {
	Sources   []Source
	Calc      Calculator
	Store     Store
	Upstreams []Feed
	Serve     func(ctx context.Context) error // the local endpoint, until ctx ends; nil: none
	Board     *Board
	Clock     Clock
	Log       *slog.Logger
	Lineage   Lineage       // of the configuration
	Flush     time.Duration // longest time between recording and committing; default 1 s
	Grace     time.Duration // for the whole stop; default 4 s
	QueueRows int           // rows held in memory while the disk does not take them; default 300,000
}

// Source is one wire with its driver and its tags.
type Source struct {
	Name   string
	Driver Driver
	Tags   []*Tag
}

// Feed is one upstream and the lane it asked for.
type Feed struct {
	Name     string
	Upstream Upstream
	Prefer   Lane
	MaxRows  int // of one delivery; default 20,000
}

// Run starts every loop and returns after the last of them has ended. It ends
// when ctx does, in the order the data flows: pollers, record, commit, forward,
// the local endpoint, the store. An error means that it could not start, or
// ErrStopped.
func (a *Agent) Run(ctx context.Context) error {
	a.defaults()
	queue := newQueue(a.QueueRows)
	rec := &recorder{calc: a.Calc, board: a.Board, clock: a.Clock, log: a.Log, put: queue.put, stateEvery: time.Minute, showEvery: time.Second}
	revising := a.revising(rec)
	if err := a.restore(rec); err != nil {
		return errors.Join(err, a.closeAll(a.Sources))
	}

	// hard ends the grace: whatever has not ended by then is left behind.
	hard, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	context.AfterFunc(ctx, func() {
		if Sleep(hard, a.Grace) == nil {
			cutOff()
		}
	})
	drain, lastCommitDone := context.WithCancel(hard)
	page, stopPage := context.WithCancel(hard)
	defer lastCommitDone()
	defer stopPage()

	var polls, record, commit, forward, tidy, serve stage
	var lost error
	batches, stopRecord := make(chan *Batch), make(chan struct{})
	for i := range a.Sources {
		p := &poller{Source: a.Sources[i], clock: a.Clock, log: a.Log, to: batches, lost: hard,
			show: func(change func(*SourceState)) { a.Board.source(i, change) }}
		polls.start(func() { p.run(ctx) })
	}
	if revising != nil {
		polls.start(func() { revising.run(ctx) })
	}
	record.start(func() { rec.run(batches, stopRecord); queue.close() })
	commit.start(func() { lost = a.commit(hard, queue) })
	for i := range a.Upstreams {
		f := &forwarder{Feed: a.Upstreams[i], store: a.Store, board: a.Board, at: i, clock: a.Clock, log: a.Log}
		forward.start(func() { f.run(drain, hard) })
	}
	tidy.start(func() { a.Board.recall(ctx, a.Store, a.Log); a.janitor(ctx) })
	serve.start(func() { a.serve(page) })

	<-ctx.Done()
	patience, cancel := context.WithTimeout(hard, a.Grace/2)
	defer cancel()
	drivers := a.Sources
	if !polls.ended(patience) {
		a.Log.Error("a driver does not return; leaving it behind")
		drivers = nil // it may be in the middle of a Read
	}
	close(stopRecord)
	record.wg.Wait()
	committed := commit.ended(hard)
	lastCommitDone()
	stages := map[string]bool{"a commit": committed, "an upstream": forward.ended(hard) || forward.ended(soon()), "the janitor": tidy.ended(hard) || tidy.ended(soon())}
	stopPage()
	if !serve.ended(soon()) {
		a.Log.Warn("the local endpoint does not end; leaving it behind")
	}
	for name, ended := range stages {
		if !ended {
			return fmt.Errorf("%w: %s does not end", ErrStopped, name)
		}
	}
	return errors.Join(lost, a.closeAll(drivers))
}

func (a *Agent) defaults() {
	if a.Flush == 0 {
		a.Flush = time.Second
	}
	if a.Grace == 0 {
		a.Grace = 4 * time.Second
	}
	if a.QueueRows == 0 {
		a.QueueRows = 300_000
	}
	for i := range a.Upstreams {
		if a.Upstreams[i].MaxRows == 0 {
			a.Upstreams[i].MaxRows = 20_000
		}
	}
}

// restore brings the engine to where the last run's data end, and fills the
// board with what the store remembers.
func (a *Agent) restore(rec *recorder) error {
	last, state, after, err := a.Store.Load()
	if err != nil {
		return err
	}
	if past, ok := a.Store.(History); ok {
		a.Board.remember(past, a.Clock.Wall(), a.Log)
	}
	for _, part := range []any{a.Store, a.Calc} {
		a.Board.report(part)
	}
	for _, s := range a.Sources {
		a.Board.report(s.Driver)
	}
	for _, u := range a.Upstreams {
		a.Board.report(u.Upstream)
	}
	a.Board.wrote(last.Seq)
	rec.restore(last, state, after)
	a.inherit(rec)
	rec.begin(a.Board.unfinished())
	return nil
}

// revising gives the loop that counts late readings, nil where the engine or the
// store cannot serve it.
func (a *Agent) revising(rec *recorder) *recomputer {
	calc, can := a.Calc.(Reviser)
	past, keeps := a.Store.(History)
	if !can || !keeps {
		return nil
	}
	handed := make(chan *revision)
	c := &recomputer{fresh: calc.Afresh, store: a.Store, past: past, written: a.Board.written.Load, log: a.Log, to: handed}
	rec.late, rec.revisions = c.note, handed
	return c
}

// serve keeps the local endpoint up. A taken port is no reason to stop.
func (a *Agent) serve(ctx context.Context) {
	if a.Serve == nil {
		return
	}
	rest := backoff{first: time.Second, most: 30 * time.Second}
	for ctx.Err() == nil {
		works := time.AfterFunc(2*time.Second, func() { a.Board.clear(PageDown, "") })
		err := a.Serve(ctx)
		works.Stop()
		if ctx.Err() != nil {
			return
		}
		if a.Board.alarm(PageDown, "", Reason{NoConnection, err.Error()}) {
			a.Log.Warn("local endpoint lost", "err", err)
		}
		if Sleep(ctx, rest.next()) != nil {
			return
		}
	}
}

// janitor gives the store its turn to seal, drop and free.
func (a *Agent) janitor(ctx context.Context) {
	failing := false
	for Sleep(ctx, 5*time.Second) == nil {
		err := a.Store.Tidy(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			a.Log.Warn("buffer cannot be tidied", "err", err)
		}
		failing = err != nil
	}
}

func (a *Agent) closeAll(drivers []Source) error {
	var errs []error
	for _, s := range drivers {
		errs = append(errs, s.Driver.Close())
	}
	for _, u := range a.Upstreams {
		errs = append(errs, u.Upstream.Close())
	}
	return errors.Join(append(errs, a.Store.Close())...)
}

// stage is a group of loops that end together.
type stage struct{ wg sync.WaitGroup }

func (s *stage) start(loop func()) { s.wg.Go(loop) }

// ended waits for the stage, at most until ctx ends.
func (s *stage) ended(ctx context.Context) bool {
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// soon is for what only has to notice that it is over.
func soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}
