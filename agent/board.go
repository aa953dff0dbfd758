package agent

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	keptResults = 400 // newest closed results kept per KPI and window kind
	keptEvents  = 500
)

// Board is the newest of everything: what the page, the API and /metrics show.
// The loops write to it and never wait for its readers.
type Board struct {
	clock   Clock
	plant   Plant
	version string
	started time.Time
	written atomic.Uint64 // number of the newest committed batch

	mu         sync.Mutex // guards all below; held for copying only
	revision   string     // of the configuration
	tags       []TagState
	sources    []*SourceState
	upstreams  []*UpstreamState
	quantities []Quantity
	results    map[seriesKey][]Result
	current    []Result
	active     map[eventKey]Event
	recent     []Event
	newest     Mark
	received   time.Time
	commit     CommitState
	reporters  []Reporter
}

type seriesKey struct {
	kpi    string
	kind   WindowKind
	states string // "" for the all-in figure
}

type eventKey struct {
	kind  EventKind
	key   string
	start int64
}

// TagState is a tag's newest reading. Seen is false before the first.
type TagState struct {
	Reading
	Seen bool
	Held time.Time // the source vouches for the value until then; zero: it does not
}

// SourceState is how a source fares.
type SourceState struct {
	Name     string
	Every    time.Duration
	Up       bool
	Since    time.Time // when Up last changed
	LastGood time.Time // newest successful read; zero: never reached
	Err      Reason    // of the last failed read, while down
	OK       uint64    // polls that worked
	Failed   uint64
	Overruns uint64     // grid points missed because a read took too long
	Readings uint64     // read since the start: with the gaps, what was polled
	Took     *Histogram // seconds per read
}

// UpstreamState is how an upstream fares.
type UpstreamState struct {
	Name      string
	Up        bool
	Since     time.Time
	Err       string // of the last failed send, while down
	NextTry   time.Time
	Delivered time.Time         // received time of the last batch delivered
	Oldest    time.Time         // received time of the batch that waits longest; zero: nothing waits
	Readings  uint64            // delivered since the start
	Batches   uint64            // delivered since the start
	Errors    map[string]uint64 // by kind
	Rejected  uint64            // rows set aside
	Behind    time.Duration     // filled in by Snapshot
}

// CommitState is how the writing of the buffer fares.
type CommitState struct {
	Readings uint64     // committed since the start
	Took     *Histogram // seconds per commit
	Err      string     // of the last failed commit, while failing
	Since    time.Time  // when it began to fail, or the running commit began
	Waiting  int        // rows queued in memory
	Dropped  map[Code]uint64
}

// Quantity describes what a KPI computes; a Calculator that has Describe tells
// the board.
type Quantity struct {
	KPI    string // as in Result.KPI, for example mill.oil.removal
	Name   string // of the configured KPI, for example mill.oil
	Family string
	Key    string // the quantity within the family, for example removal
	Unit   string
	Target string // as configured, "" for none
	Inputs []string
	Rating *Rating // nil: not rated

	LabelEN, LabelZH string // its name, where the configuration gives one

	RunOnly string // Result.States of the figure beside it that counts some states of the plant; "" for none
	Lots    string // the tag that tells lots, "" for none
}

// Figures gives the Result.States of the quantity's figures: all in, and run
// only where there is one.
func (q Quantity) Figures() []string {
	if q.RunOnly == "" {
		return []string{""}
	}
	return []string{"", q.RunOnly}
}

// Snapshot is a consistent copy of the board.
type Snapshot struct {
	Now, Started time.Time
	Version      string
	Revision     string // of the configuration, short; "" when not known
	Plant        Plant
	Newest       Mark // of the newest recorded batch
	Tags         []TagState
	Sources      []SourceState
	Upstreams    []UpstreamState
	Quantities   []Quantity
	Results      []Result // newest closed one of each KPI and window kind
	Current      []Result // running windows
	Active       []Event  // begun and not ended, oldest first
	Recent       []Event  // newest first
	Commit       CommitState
}

// NewBoard makes the board of an agent with these parts. Run fills its own;
// tests of what reads a board make one.
func NewBoard(clock Clock, plant Plant, version string, tags []*Tag, sources, upstreams []string, quantities []Quantity) *Board {
	b := &Board{
		clock: clock, plant: plant, version: version, started: clock.Wall(), quantities: quantities,
		results: map[seriesKey][]Result{}, active: map[eventKey]Event{},
		commit: CommitState{Took: newSecondsHistogram(), Dropped: map[Code]uint64{}},
	}
	for _, tag := range tags {
		b.tags = append(b.tags, TagState{Reading: Reading{Tag: tag}})
	}
	for _, name := range sources {
		b.sources = append(b.sources, &SourceState{Name: name, Since: b.started, Took: newSecondsHistogram()})
	}
	for _, name := range upstreams {
		b.upstreams = append(b.upstreams, &UpstreamState{Name: name, Since: b.started, Errors: map[string]uint64{}})
	}
	return b
}

func newSecondsHistogram() *Histogram {
	return NewHistogram(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30)
}

// Show takes a recorded batch in.
func (b *Board) Show(batch *Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newest, b.received = batch.Mark, batch.Received
	for _, r := range batch.Readings {
		if batch.Backfill || r.Tag.Index >= len(b.tags) {
			continue
		}
		if s := &b.tags[r.Tag.Index]; !s.Seen || !r.Time.Before(s.Time) {
			s.Reading, s.Seen = r, true
		}
	}
	if !batch.HeldUntil.IsZero() && !batch.More && !batch.Backfill {
		b.hold(batch.Source, batch.HeldUntil)
	}
	for _, r := range batch.Results {
		b.keepResult(r)
	}
	for _, e := range batch.Events {
		b.keepEvent(e)
	}
}

// hold notes how long a source vouches for what its tags showed.
func (b *Board) hold(source string, until time.Time) {
	for i := range b.tags {
		if s := &b.tags[i]; s.Seen && s.Tag.Source == source && until.After(s.Held) {
			s.Held = until
		}
	}
}

func (b *Board) keepResult(r Result) {
	key := seriesKey{r.KPI, r.Window.Kind, r.States}
	series := b.results[key]
	at, found := slices.BinarySearchFunc(series, r, func(a, b Result) int { return a.Window.Start.Compare(b.Window.Start) })
	switch {
	case found && series[at].Revision <= r.Revision:
		series[at] = r
	case !found:
		series = slices.Insert(series, at, r)
	}
	if len(series) > keptResults {
		series = slices.Delete(series, 0, len(series)-keptResults)
	}
	b.results[key] = series
}

// knows reports whether the board has this result, or a later revision of it.
func (b *Board) knows(r *Result) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	series := b.results[seriesKey{r.KPI, r.Window.Kind, r.States}]
	at, found := slices.BinarySearchFunc(series, *r, func(a, b Result) int { return a.Window.Start.Compare(b.Window.Start) })
	return found && series[at].Key() == r.Key() && series[at].Revision >= r.Revision
}

func (b *Board) keepEvent(e Event) {
	key := eventKey{e.Kind, e.Key, e.Start.UnixNano()}
	if e.End.IsZero() {
		b.active[key] = e
	} else {
		delete(b.active, key)
	}
	same := func(old Event) bool { return old.Kind == e.Kind && old.Key == e.Key && old.Start.Equal(e.Start) }
	if at := slices.IndexFunc(b.recent, same); at >= 0 {
		b.recent = slices.Delete(b.recent, at, at+1)
	}
	b.recent = append(b.recent, e)
	if len(b.recent) > keptEvents {
		b.recent = slices.Delete(b.recent, 0, len(b.recent)-keptEvents)
	}
}

func (b *Board) setCurrent(current []Result) {
	b.mu.Lock()
	b.current = current
	b.mu.Unlock()
}

// Snapshot copies everything but the series of past results.
func (b *Board) Snapshot() Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Snapshot{
		Now: b.clock.Wall(), Started: b.started, Version: b.version, Revision: b.revision, Plant: b.plant, Newest: b.newest,
		Tags: slices.Clone(b.tags), Quantities: b.quantities, Current: b.current, Commit: b.commit,
	}
	s.Commit.Took, s.Commit.Dropped = b.commit.Took.Snapshot(), cloneMap(b.commit.Dropped)
	for _, src := range b.sources {
		c := *src
		c.Took = src.Took.Snapshot()
		s.Sources = append(s.Sources, c)
	}
	for _, up := range b.upstreams {
		s.Upstreams = append(s.Upstreams, b.upstreamCopy(up))
	}
	for _, q := range b.quantities {
		for _, kind := range WindowKinds() {
			for _, states := range q.Figures() {
				if series := b.results[seriesKey{q.KPI, kind, states}]; len(series) > 0 {
					s.Results = append(s.Results, series[len(series)-1])
				}
			}
		}
	}
	for _, e := range b.active {
		s.Active = append(s.Active, e)
	}
	slices.SortFunc(s.Active, func(x, y Event) int { return x.Start.Compare(y.Start) })
	s.Recent = slices.Clone(b.recent)
	slices.SortStableFunc(s.Recent, func(x, y Event) int { return y.Start.Compare(x.Start) })
	return s
}

func (b *Board) upstreamCopy(up *UpstreamState) UpstreamState {
	c := *up
	c.Errors = cloneMap(up.Errors)
	c.Behind = b.behind(up)
	return c
}

// behind gives how much older than the present the oldest undelivered batch is.
func (b *Board) behind(up *UpstreamState) time.Duration {
	if up.Oldest.IsZero() {
		return 0
	}
	return max(0, b.received.Sub(up.Oldest))
}

func cloneMap[K comparable](m map[K]uint64) map[K]uint64 {
	c := make(map[K]uint64, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Results gives the newest closed all-in results of a KPI and window kind, oldest
// first, at most n.
func (b *Board) Results(kpi string, kind WindowKind, n int) []Result {
	return b.ResultsIn(kpi, kind, "", n)
}

// ResultsIn gives those of the figure that counts these States.
func (b *Board) ResultsIn(kpi string, kind WindowKind, states string, n int) []Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	series := b.results[seriesKey{kpi, kind, states}]
	return slices.Clone(series[max(0, len(series)-n):])
}

// parts gives closed results that began in [from, to), oldest first.
func (b *Board) parts(kpi, states string, kind WindowKind, from, to time.Time) (all []Result) {
	for _, r := range b.ResultsIn(kpi, kind, states, keptResults) {
		if !r.Window.Start.Before(from) && r.Window.Start.Before(to) {
			all = append(all, r)
		}
	}
	return all
}

// wrote notes the number of the newest committed batch.
func (b *Board) wrote(seq uint64) { b.written.Store(seq) }

// Metrics gives what the parts report of themselves.
func (b *Board) Metrics() []Metric {
	var all []Metric
	for _, r := range b.reporters {
		all = append(all, r.Report()...)
	}
	return all
}

// source and upstream change one part's state under the lock.
func (b *Board) source(at int, change func(*SourceState)) {
	b.mu.Lock()
	change(b.sources[at])
	b.mu.Unlock()
}

func (b *Board) upstream(at int, change func(*UpstreamState)) {
	b.mu.Lock()
	change(b.upstreams[at])
	b.mu.Unlock()
}

func (b *Board) committing(change func(*CommitState)) {
	b.mu.Lock()
	change(&b.commit)
	b.mu.Unlock()
}

// Latest gives the newest reading of every tag as one batch.
func (b *Board) Latest() *Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := &Batch{Mark: b.newest, Source: Own, Received: b.received}
	for _, t := range b.tags {
		if t.Seen {
			batch.Readings = append(batch.Readings, t.Reading)
		}
	}
	return batch
}
