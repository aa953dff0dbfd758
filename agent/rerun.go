package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// errNoCheckpoint says that a time can no longer be gone through.
var errNoCheckpoint = errors.New("the checkpoint cannot be used")

const (
	lateBy  = 5 * time.Second  // a reading older than this when received goes to its own place
	stride  = time.Hour        // late readings of so much time are held in memory at once, at first
	strides = 31 * 24 * stride // and at most
	crowd   = 100_000          // late readings: fewer are wanted at once, a tenth of it is few
	closely = time.Minute      // longest time without readings within which an outage makes no difference
	nearby  = 15 * time.Minute
)

// rerun goes through a job's time and gives the results of the cells and lots
// within, as they are when every reading comes when it was true. Those of time
// of which raw readings are missing are left out and counted.
func (c *recomputer) rerun(ctx context.Context, calc Reviser, j job) (found []Result, missing int, err error) {
	begin, err := c.store.Checkpoint(j.from)
	if err != nil {
		return nil, 0, err
	}
	g := &going{job: j, store: c.store, calc: calc, loaded: j.from, stride: stride, spoke: map[string]time.Time{}}
	if begin != nil {
		if err := calc.Restore(begin.State); err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errNoCheckpoint, err)
		}
		g.since, g.loaded, g.clock = begin.Seq, begin.Received, *begin
	}
	g.oldest = g.loaded.Add(-j.reach)
	if err := g.through(ctx, g.loaded, j.to.Add(j.settle+stride)); err != nil {
		return nil, 0, err
	}
	whole := slices.DeleteFunc(slices.Clone(g.found), g.missing)
	return whole, len(g.found) - len(whole), nil
}

// going is a rerun under way.
type going struct {
	job
	store  Store
	calc   Reviser
	since  uint64               // batches up to this number are in the checkpoint
	oldest time.Time            // what is older came before the checkpoint
	late   []straggler          // on their way to their places, oldest first
	loaded time.Time            // late has all from before it
	stride time.Duration        // how much time to load next
	clock  Batch                // whose clock and epoch a late reading borrows: the batch before it
	spoke  map[string]time.Time // when a source last had readings
	gaps   []Gap
	found  []Result
}

// straggler is a late reading.
type straggler struct {
	Reading
	source string
	seq    uint64
}

// through feeds what belongs to [from, to).
func (g *going) through(ctx context.Context, from, to time.Time) error {
	for b, err := range g.store.Range(from, to) {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		if b.Seq <= g.since || b.Backfill || !b.Received.Before(to) {
			continue
		}
		if err := g.place(ctx, b.Received); err != nil {
			return err
		}
		if !g.bridged(b) {
			g.feed(g.inTime(b))
		}
	}
	return g.place(ctx, to)
}

// bridged reports whether b tells of an outage whose readings came later.
func (g *going) bridged(b *Batch) bool {
	if b.Err.Code == NoReason || b.Received.Sub(g.spoke[b.Source]) > closely {
		return false
	}
	return slices.ContainsFunc(g.late, func(s straggler) bool { return s.source == b.Source && s.Time.Sub(b.Received) <= closely })
}

// load reads the late readings of the next stride. A stride is as long as they
// are few: what holds history holds much of it, and is opened once a stride.
func (g *going) load(ctx context.Context) error {
	from := g.loaded
	if g.oldest.Before(from) && g.gaps == nil {
		from, g.gaps = g.oldest, []Gap{}
	}
	found, whole, err := g.during(ctx, from, g.loaded.Add(g.stride))
	for err == nil && !whole {
		g.stride /= 2
		found, whole, err = g.during(ctx, from, g.loaded.Add(g.stride))
	}
	if err != nil {
		return err
	}
	g.late = append(g.late, found...)
	slices.SortStableFunc(g.late, func(a, b straggler) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.source, b.source), cmp.Compare(a.Tag.Name, b.Tag.Name), cmp.Compare(a.seq, b.seq))
	})
	g.late = slices.CompactFunc(g.late, func(a, b straggler) bool { // a file that was taken twice
		return a.Tag == b.Tag && a.Time.Equal(b.Time) && a.source == b.source && a.Value == b.Value && a.Quality == b.Quality && a.Reason == b.Reason
	})
	g.loaded = g.loaded.Add(g.stride)
	if len(found) < crowd/10 {
		g.stride = min(2*g.stride, strides)
	}
	return nil
}

// during reads the late readings of [from, to), unless they are too many for a
// stride that can be shorter.
func (g *going) during(ctx context.Context, from, to time.Time) (found []straggler, whole bool, err error) {
	for b, err := range g.store.Range(from, to) {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return nil, false, err
		}
		for i := range b.Events {
			if gap := b.Events[i].Gap; gap != nil && gap.Total() > 0 {
				g.gaps = append(g.gaps, *gap)
			}
		}
		if b.Seq <= g.since || b.Source == Own {
			continue
		}
		for _, r := range b.Readings {
			if g.strays(b, &r) && !r.Time.Before(from) && r.Time.Before(to) {
				found = append(found, straggler{r, b.Source, b.Seq})
			}
		}
		if len(found) > crowd && g.stride > time.Minute {
			return nil, false, nil
		}
	}
	return found, true, nil
}

// missing reports whether raw readings of a result's time, or of what lies
// closely around it, are no longer kept.
func (g *going) missing(r Result) bool {
	return slices.ContainsFunc(g.gaps, func(gap Gap) bool {
		return gap.First.Add(-nearby).Before(r.Window.End) && gap.Last.Add(nearby).After(r.Window.Start)
	})
}

func (g *going) strays(b *Batch, r *Reading) bool {
	return !r.Time.Before(g.oldest) && (b.Backfill || r.Time.Before(b.Received.Add(-lateBy)))
}

// inTime gives a batch without the readings that go to another place and
// without what the agent made of it.
func (g *going) inTime(b *Batch) *Batch {
	part := *b
	part.Results, part.State = nil, nil
	if slices.ContainsFunc(b.Readings, func(r Reading) bool { return g.strays(b, &r) }) {
		part.Readings = slices.DeleteFunc(slices.Clone(b.Readings), func(r Reading) bool { return g.strays(b, &r) })
	}
	return &part
}

// place feeds the late readings from before t, as batches that were received
// when they were true.
func (g *going) place(ctx context.Context, t time.Time) error {
	for {
		for len(g.late) > 0 && !g.late[0].Time.After(t) {
			g.placeNext()
		}
		if g.loaded.After(t.Add(closely)) {
			return nil
		}
		if err := g.load(ctx); err != nil {
			return err
		}
	}
}

func (g *going) placeNext() {
	first, n := g.late[0], 1
	for n < len(g.late) && g.late[n].Time.Equal(first.Time) && g.late[n].source == first.source {
		n++
	}
	b := &Batch{Mark: g.clock.Mark, Source: first.source, Received: first.Time, Boot: g.clock.Boot, Mono: g.clock.Mono}
	switch moved := b.Received.Sub(g.clock.Received); {
	case g.clock.Received.IsZero():
		b.Boot, b.Mono = 1, uint64(max(0, first.Time.UnixNano()))
	case moved >= 0:
		b.Mono += uint64(moved)
	default:
		b.Backfill = true // older than the checkpoint, or than a clock that was set
	}
	for _, s := range g.late[:n] {
		b.Readings = append(b.Readings, s.Reading)
	}
	g.feed(b)
	g.late = g.late[n:]
}

func (g *going) feed(b *Batch) {
	if !b.Backfill {
		g.clock = Batch{Mark: b.Mark, Received: b.Received, Boot: b.Boot, Mono: b.Mono}
	}
	if len(b.Readings) > 0 {
		g.spoke[b.Source] = b.Received
	}
	results, _ := g.calc.Add(b)
	for _, r := range results {
		part := r.Window.Kind == Cell || r.Window.Kind == Lot
		if part && !r.Window.Start.Before(g.from) && !r.Window.End.After(g.to) {
			g.found = append(g.found, r)
		}
	}
}
