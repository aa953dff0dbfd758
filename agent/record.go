package agent

import (
	"iter"
	"log/slog"
	"slices"
	"time"
)

const badFor = time.Minute // a tag bad for so long becomes an event

// recorder numbers batches, owns the engine and feeds the board. It never waits
// for a disk: put takes whatever comes.
type recorder struct {
	calc       Calculator
	board      *Board
	clock      Clock
	log        *slog.Logger
	put        func(unit []*Batch)
	stateEvery time.Duration // between checkpoints, by received time
	showEvery  time.Duration // between running windows shown on the board, likewise

	late      func([]Late) // told what came after its window had closed; nil: nobody revises
	revisions <-chan *revision

	last      Mark // newest mark used
	prev      Mark // for the epoch's first batch
	began     time.Time
	lastState time.Time
	shown     time.Time
	results   []Result // emitted by replay, carried by no stored batch
	events    []Event  // likewise
	running   string   // what the event of this run says of its configuration
	changes   []Event  // of the configuration since the last run
	down      map[string]Event
	bad       map[string]*badTag
}

// badTag follows a tag that is Bad while its source answers.
type badTag struct {
	since time.Time
	why   Reason
	told  bool
}

// restore replays what the store has beyond its newest checkpoint. The same
// batches give the same state, bit for bit; results and events that the last run
// computed but did not store are kept for the first own batch.
func (r *recorder) restore(last Mark, state []byte, after iter.Seq2[*Batch, error]) {
	r.last, r.prev = last, last
	if len(state) > 0 {
		if err := r.calc.Restore(state); err != nil {
			r.log.Error("checkpoint unusable; windows begin anew", "err", err)
		}
	}
	stored := map[ResultKey]int{} // revisions
	known := map[Event]bool{}
	for b, err := range after {
		if err != nil {
			r.log.Error("stored batches unreadable; windows have a gap", "err", err)
			break
		}
		results, events := r.calc.Add(b)
		r.results = append(r.results, results...)
		r.events = append(r.events, events...)
		for i := range b.Results {
			stored[b.Results[i].Key()] = b.Results[i].Revision
		}
		for _, e := range b.Events {
			known[e.identity()] = true
		}
		r.board.showReadings(b)
	}
	r.results = slices.DeleteFunc(r.results, func(res Result) bool {
		revision, is := stored[res.Key()]
		return is && revision >= res.Revision || r.board.knows(&res)
	})
	r.events = slices.DeleteFunc(r.events, func(e Event) bool { return known[e.identity()] })
}

// begin opens the new epoch with an own batch that says so, ends what the last
// run left open, and carries a checkpoint.
func (r *recorder) begin(unfinished []Event) {
	r.down, r.bad = map[string]Event{}, map[string]*badTag{}
	own := &Batch{Source: Own}
	r.clock.Stamp(own)
	r.began = own.Received
	for _, e := range unfinished {
		e.End = own.Received
		if e.Kind == AgentRun {
			e.Reason.Code = AgentStopped // a run that ended in good order says so itself
		}
		own.Events = append(own.Events, e)
	}
	own.Events = append(own.Events, Event{Kind: AgentRun, Start: r.began, Reason: Reason{Detail: r.running}})
	for _, e := range r.changes {
		e.Start, e.End = r.began, r.began
		own.Events = append(own.Events, e)
	}
	own.Events = append(own.Events, r.events...)
	own.Results = r.results
	r.results, r.events = nil, nil
	r.last = Mark{Epoch: randomID(), Seq: r.last.Seq}
	own.Prev = r.prev
	r.unit(nil, own)
	r.checkpoint(own)
	r.tellLate()
}

// run takes batches until stop, then what is still on the way, and ends the
// epoch.
func (r *recorder) run(in <-chan *Batch, stop <-chan struct{}) {
	r.tellLate() // what a killed run left
	for {
		select {
		case b := <-in:
			r.take(b)
			continue
		case rev := <-r.revisions:
			r.revise(rev)
			continue
		case <-stop:
		}
		for {
			select {
			case b := <-in:
				r.take(b)
				continue
			case rev := <-r.revisions:
				r.revise(rev)
				continue
			default:
			}
			r.end()
			return
		}
	}
}

func (r *recorder) end() {
	own := &Batch{Source: Own}
	r.clock.Stamp(own)
	own.Events = []Event{{Kind: AgentRun, Start: r.began, End: own.Received, Reason: Reason{Detail: r.running}}}
	r.unit(nil, own)
	r.checkpoint(own)
}

// take makes a unit of one source batch and the own batch it causes. Every
// minute a checkpoint follows as a unit of its own, so that a segment can begin
// with one without parting a unit.
func (r *recorder) take(b *Batch) {
	r.number(b)
	results, events := r.calc.Add(b)
	results = slices.DeleteFunc(results, func(res Result) bool { return r.board.knows(&res) })
	lotOver := slices.ContainsFunc(results, func(r Result) bool { return r.Window.Kind == Lot }) // late readings may have waited for it
	if lotOver || slices.ContainsFunc(events, func(e Event) bool { return e.Kind == LateArrived }) {
		r.tellLate()
	}
	events = append(events, r.notice(b)...)
	if len(results)+len(events) == 0 {
		r.unit(b, nil)
	} else {
		r.unit(b, &Batch{Source: Own, Received: b.Received, Boot: b.Boot, Mono: b.Mono, Results: results, Events: events})
	}
	if b.Received.Sub(r.lastState) >= r.stateEvery || b.Received.Before(r.lastState) {
		r.checkpoint(b)
	}
}

// unit hands a source batch and its own batch on together, either may be nil.
func (r *recorder) unit(b, own *Batch) {
	var unit []*Batch
	if b != nil {
		unit = append(unit, b)
		r.board.Show(b)
	}
	if own != nil {
		r.number(own)
		r.calc.Add(own)
		unit = append(unit, own)
		r.board.Show(own)
	}
	r.put(unit)
	newest := unit[len(unit)-1].Received
	if gone := newest.Sub(r.shown); gone >= r.showEvery || gone < 0 {
		r.shown = newest
		r.board.setCurrent(r.calc.Current())
	}
}

// checkpoint hands on a batch that carries the state after it, at the time of
// the batch before it.
func (r *recorder) checkpoint(at *Batch) {
	own := &Batch{Source: Own, Received: at.Received, Boot: at.Boot, Mono: at.Mono}
	r.number(own)
	r.calc.Add(own)
	state, err := r.calc.Checkpoint()
	if err != nil {
		r.log.Error("no checkpoint; a crash now costs a longer replay", "err", err)
	}
	own.State = state
	r.lastState = own.Received
	r.board.Show(own)
	r.put([]*Batch{own})
}

func (r *recorder) number(b *Batch) {
	r.last.Seq++
	b.Mark = r.last
}

// notice turns what a batch says of its source and tags into events.
func (r *recorder) notice(b *Batch) (events []Event) {
	open, down := r.down[b.Source]
	switch {
	case b.Err.Code != NoReason && !down:
		open = Event{Kind: SourceDown, Key: b.Source, Start: b.Received, Reason: b.Err}
		r.down[b.Source] = open
		events = append(events, open)
	case b.Err.Code == NoReason && down:
		open.End = b.Received
		delete(r.down, b.Source)
		events = append(events, open)
	}
	for i := range b.Readings {
		if e, is := r.noticeTag(&b.Readings[i]); is {
			events = append(events, e)
		}
	}
	return events
}

func (r *recorder) noticeTag(reading *Reading) (Event, bool) {
	name := reading.Tag.Name
	bad := r.bad[name]
	if reading.Quality != Bad {
		if bad == nil {
			return Event{}, false
		}
		delete(r.bad, name)
		return Event{Kind: TagBad, Key: name, Start: bad.since, End: reading.Time, Reason: bad.why}, bad.told
	}
	if bad == nil {
		r.bad[name] = &badTag{since: reading.Time, why: reading.Reason}
		return Event{}, false
	}
	if bad.told || reading.Time.Sub(bad.since) < badFor {
		return Event{}, false
	}
	bad.told = true
	return Event{Kind: TagBad, Key: name, Start: bad.since, Reason: bad.why}, true
}

// Fill puts recorded batches through the engine into the store, as Run would
// have done when they were received: history for the demo and for imports. The
// store is loaded, filled and closed. step bounds the batches of one
// transaction. It returns the number of readings.
func Fill(store Store, calc Calculator, board *Board, log *slog.Logger, batches iter.Seq[*Batch], step int) (readings int, err error) {
	var waiting []*Batch
	flush := func(least int) {
		if err == nil && len(waiting) > least {
			err = store.Append(waiting)
			waiting = nil
		}
	}
	last, state, after, err := store.Load()
	if err != nil {
		return 0, err
	}
	rec := &recorder{calc: calc, board: board, log: log, stateEvery: 6 * time.Hour, showEvery: 24 * time.Hour,
		put: func(unit []*Batch) { waiting = append(waiting, unit...); flush(step) }}
	rec.restore(last, state, after)
	var newest *Batch
	begun := false
	for b := range batches {
		newest = b
		if !begun {
			begun = true
			rec.clock = Clock{Boot: b.Boot, Wall: func() time.Time { return newest.Received }, Mono: func() uint64 { return newest.Mono }}
			rec.begin(nil)
		}
		readings += len(b.Readings)
		rec.take(b)
		if err != nil {
			break
		}
	}
	if begun {
		rec.end()
	}
	flush(0)
	if closeErr := store.Close(); err == nil {
		err = closeErr
	}
	return readings, err
}

// unfinished lists the stored events that nobody has ended.
func (b *Board) unfinished() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	var open []Event
	for _, e := range b.active {
		open = append(open, e)
	}
	slices.SortFunc(open, func(x, y Event) int { return x.Start.Compare(y.Start) })
	return open
}
