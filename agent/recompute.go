package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Readings that come after their cell has closed are counted by going once more
// through that time: a fresh engine takes the newest checkpoint from before it
// and the stored batches from there on, the late readings in the places in which
// they would have come. Cells whose results differ get a new revision; so do the
// closed windows above them, which are added up from the newest results of their
// parts; running windows are amended where they are (record, revise.go).
//
// What cannot be revised is told, never dropped in silence: time whose raw
// readings or checkpoints are gone, and results of another definition.

const (
	lateQuiet    = time.Minute // since the newest late reading, so that a file is revised once
	latePatience = 10 * time.Minute
	lateLook     = 5 * time.Second
	longestLot   = 40 * 24 * time.Hour // that a revision looks for: as long as raw readings are kept
	atOnce       = 2000                // results that one batch of a revision holds at most: months of history are many
)

// recomputer is the loop that makes revisions.
type recomputer struct {
	fresh   func() Reviser
	store   Store
	past    History
	written func() uint64 // number of the newest committed batch
	log     *slog.Logger
	to      chan<- *revision

	mu           sync.Mutex // guards all below
	late         []Late
	newest       uint64
	began, moved time.Time
}

// note takes what there is to do. Record calls it and does not wait.
func (c *recomputer) note(late []Late) {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := uint64(0)
	for _, l := range late {
		newest = max(newest, l.Seq)
	}
	now := time.Now()
	if len(c.late) == 0 {
		c.began = now
	}
	if newest != c.newest || len(c.late) == 0 {
		c.moved = now
	}
	c.late, c.newest = late, newest
}

// due gives what is to be done now, nil while more may still come or while the
// disk has not yet what came.
func (c *recomputer) due() []Late {
	c.mu.Lock()
	defer c.mu.Unlock()
	quiet := time.Since(c.moved) >= lateQuiet || time.Since(c.began) >= latePatience
	if len(c.late) == 0 || !quiet || c.written() < c.newest {
		return nil
	}
	c.began, c.moved = time.Now(), time.Now()
	return slices.Clone(c.late)
}

func (c *recomputer) run(ctx context.Context) {
	for Sleep(ctx, lateLook) == nil {
		for _, job := range jobs(c.due()) {
			if err := c.do(ctx, job); err != nil && ctx.Err() == nil {
				c.log.Warn("late readings could not be counted; trying again", "from", job.from, "to", job.to, "err", err)
				break
			}
		}
	}
}

// job is a stretch of time to go through once more.
type job struct {
	from, to        time.Time // cells within are compared
	reach, settle   time.Duration
	late            []Late
	open            time.Time // where the oldest cell begins that has not closed
	lateFrom, until time.Time // of the late readings
}

// jobs joins what overlaps.
func jobs(late []Late) (all []job) {
	slices.SortFunc(late, func(a, b Late) int {
		return cmp.Or(a.From.Add(-a.Back).Compare(b.From.Add(-b.Back)), cmp.Compare(a.Tag, b.Tag))
	})
	for _, l := range late {
		from, to := l.From.Add(-l.Back), l.To.Add(l.Ahead)
		if n := len(all); n > 0 && !from.After(all[n-1].to) {
			j := &all[n-1]
			j.to, j.reach, j.settle = later(j.to, to), max(j.reach, l.Ahead), max(j.settle, l.Settle)
			j.late, j.until, j.open = append(j.late, l), later(j.until, l.To), later(j.open, l.Open)
			continue
		}
		all = append(all, job{from: from, to: to, reach: l.Ahead, settle: l.Settle, late: []Late{l}, open: l.Open, lateFrom: l.From, until: l.To})
	}
	return all
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// do goes through a job's time and hands what changed to record.
func (c *recomputer) do(ctx context.Context, j job) error {
	seen := c.written()
	calc := c.fresh()
	j, told, err := c.withLots(calc, j)
	if err != nil {
		return err
	}
	found, missing, err := c.rerun(ctx, calc, j)
	if errors.Is(err, errNoCheckpoint) {
		return c.hand(ctx, j, seen, nil, Reason{TooLate, "the checkpoint of that time cannot be used"})
	}
	if err != nil {
		return err
	}
	books, err := c.open(j)
	if err != nil {
		return err
	}
	results, refused := books.compare(found)
	if missing == 0 {
		results = append(results, books.withdrawn(told, found, j)...)
	}
	above, err := books.above(calc, found, results)
	if err != nil {
		return err
	}
	results = append(results, above...)
	switch {
	case missing > 0:
		return c.hand(ctx, j, seen, results, Reason{TooLate, Dropped.String()})
	case refused > 0:
		return c.hand(ctx, j, seen, results, Reason{TooLate, "the definition has changed since"})
	}
	return c.hand(ctx, j, seen, results, Reason{Code: LateData})
}

// withLots lets a job take in every lot whole that it touches, as far as there is
// a checkpoint to begin from, and gives those that were told by now.
func (c *recomputer) withLots(calc Reviser, j job) (whole job, told []Result, err error) {
	if !slices.ContainsFunc(calc.Describe(), func(q Quantity) bool { return q.Lots != "" }) {
		return j, nil, nil
	}
	from, to := j.from, j.to
	for r, err := range c.past.Results("", Lot, j.from.Add(-longestLot), j.to) {
		if err != nil {
			return j, nil, err
		}
		if r.Window.End.After(j.from) {
			told = append(told, r)
			from, to = earlier(from, r.Window.Start), later(to, r.Window.End)
		}
	}
	begin, err := c.store.Checkpoint(from)
	if err != nil {
		return j, nil, err
	}
	if begin == nil {
		if begin, err = c.store.Checkpoint(j.from); err != nil || begin != nil {
			from = j.from
		}
	}
	j.from, j.to = from, to
	return j, told, err
}

// hand gives record the results, and tells once per source what was done about
// its late readings.
func (c *recomputer) hand(ctx context.Context, j job, seen uint64, results []Result, why Reason) error {
	for len(results) > atOnce {
		if err := c.give(ctx, &revision{batch: &Batch{Source: Own, Results: results[:atOnce:atOnce]}, more: true}); err != nil {
			return err
		}
		results = results[atOnce:]
	}
	own := &Batch{Source: Own, Results: results}
	kind := Revised
	if why.Code == TooLate {
		kind = LateArrived
	}
	var told []string
	for _, l := range j.late {
		if !slices.Contains(told, l.Source) {
			told = append(told, l.Source)
			own.Events = append(own.Events, Event{Kind: kind, Key: l.Source, Start: j.lateFrom, End: j.until, Reason: why})
		}
	}
	return c.give(ctx, &revision{batch: own, from: j.lateFrom, to: j.until, seen: seen})
}

func (c *recomputer) give(ctx context.Context, rev *revision) error {
	select {
	case c.to <- rev:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
