package file

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"recoup/agent"
)

const (
	mostReadings = 10_000           // that one Read hands over
	commitTime   = 10 * time.Second // in which the agent has committed what it has recorded
)

// taken is a file that has been read.
type taken struct {
	entry
	rest   []agent.Reading // not yet handed over, in time order
	newest time.Time       // of its readings
	handed time.Time       // when the last of it was
	mono   uint64          // likewise
}

// Read takes the next settled file, or goes on with one. A file seen for the
// first time is waited for, so that it need not wait for the next poll. A folder
// that cannot be read is an error; a file that cannot be is none.
func (d *Driver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (more bool, err error) {
	if err := ctx.Err(); err != nil || len(due) == 0 {
		return false, err
	}
	if err := d.remember(); err != nil {
		return false, d.lost(err)
	}
	if err := d.enter(commitTime); err != nil {
		return false, d.lost(err)
	}
	if d.taking == nil {
		if err := d.pick(ctx); err != nil {
			return false, err
		}
	}
	if d.taking == nil {
		return false, nil
	}
	return d.hand(due, b), nil
}

// pick takes settled files until one has readings.
func (d *Driver) pick(ctx context.Context) error {
	if len(d.ready) == 0 {
		fresh, err := d.look()
		if err == nil && fresh && len(d.ready) == 0 {
			if err := agent.Sleep(ctx, d.settle); err != nil {
				return err
			}
			_, err = d.look()
		}
		if err != nil {
			return d.lost(err)
		}
	}
	for d.taking == nil && len(d.ready) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.proveJournal(); err != nil {
			return d.lost(err)
		}
		name := d.ready[0]
		d.ready = d.ready[1:]
		d.take(name)
	}
	return nil
}

// take reads one file, unless its content was taken before.
func (d *Driver) take(name string) {
	s := d.seen[name]
	data, err := d.content(name)
	switch {
	case errors.Is(err, errNotYet):
		return
	case err != nil: // on Windows, a file that another program has open
		if !s.told {
			s.told = true
			d.log.Warn("file cannot be opened; it is tried again", "source", d.source, "file", name, "err", err)
		}
		return
	}
	s.done = true
	sum := sha256.Sum256(data)
	key := hex.EncodeToString(sum[:])
	if d.has(key) {
		d.count.repeated.Add(1)
		d.log.Info("file holds what was taken before; left alone", "source", d.source, "file", name)
		return
	}
	now := d.clock.Wall()
	t := &taken{entry: entry{Sum: key, Name: name, Size: s.size, Modified: s.modified, Taken: now}}
	table, err := d.form.read(name, data, now)
	if err != nil {
		d.count.refused.Add(1)
		d.log.Warn("file refused", "source", d.source, "file", name, "err", err)
		t.Problems = []string{err.Error()}
		d.finish(t)
		return
	}
	d.accept(t, table)
}

// accept makes a table's readings the next to be handed over.
func (d *Driver) accept(t *taken, table *table) {
	d.count.taken.Add(1)
	d.count.badRow.Add(uint64(table.badRows))
	t.rest, t.Readings, t.BadRows, t.Problems = table.readings, len(table.readings), table.badRows, table.problems
	slices.SortStableFunc(t.rest, func(a, b agent.Reading) int { return a.Time.Compare(b.Time) })
	if n := len(t.rest); n > 0 {
		t.newest = t.rest[n-1].Time
	}
	if len(t.Problems) > 0 {
		d.log.Warn("file has rows that cannot be read; they are listed in "+errorsName+" beside it", "source", d.source, "file", t.Name,
			"bad_rows", t.BadRows, "first", t.Problems[0])
	}
	if len(t.rest) == 0 {
		d.finish(t)
		return
	}
	d.taking = t
}

// hand gives the next readings of the due tags. What is older than the newest
// that was handed over from earlier files is backfill, and goes in batches of
// its own.
func (d *Driver) hand(due []*agent.Tag, b *agent.Batch) (more bool) {
	t, newest := d.taking, d.newest()
	place := make(map[*agent.Tag]int, len(due))
	for i, tag := range due {
		place[tag] = i
	}
	from := len(b.Readings)
	kept := t.rest[:0:0]
	for i := range t.rest {
		r := &t.rest[i]
		_, is := place[r.Tag]
		first := len(b.Readings) == from
		switch {
		case !is:
			kept = append(kept, *r)
			continue
		case first:
			b.Backfill = r.Time.Before(newest)
		case len(b.Readings)-from == mostReadings || b.Backfill != r.Time.Before(newest):
			more = true
		}
		if more {
			kept = append(kept, t.rest[i:]...)
			break
		}
		b.Readings = append(b.Readings, *r)
	}
	slices.SortStableFunc(b.Readings[from:], func(x, y agent.Reading) int {
		return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(place[x.Tag], place[y.Tag]))
	})
	if t.rest = kept; len(kept) > 0 {
		return more
	}
	d.taking = nil
	d.finish(t)
	return len(d.ready) > 0
}

// finish notes that all of a file has been handed over.
func (d *Driver) finish(t *taken) {
	t.handed, t.mono = d.clock.Wall(), d.clock.Mono()
	d.handed = append(d.handed, t)
}

// newest gives the time of the newest reading of all files handed over.
func (d *Driver) newest() time.Time {
	newest := d.journal.Newest
	for _, t := range d.handed {
		if t.newest.After(newest) {
			newest = t.newest
		}
	}
	return newest
}

// has reports whether a content was taken before.
func (d *Driver) has(sum string) bool {
	_, known := d.journal.sums[sum]
	return known || slices.ContainsFunc(d.handed, func(t *taken) bool { return t.Sum == sum })
}
