package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
)

const blockRows = 1 << 20 // of all streams that are open together, but for the least each

// stretch is the time [from, to) that readings are wanted of, in Unix
// nanoseconds, and whether what is read is in time order.
type stretch struct {
	from, to int64
	sorted   bool
}

func always() stretch { return stretch{math.MinInt64, math.MaxInt64, false} }

// filler gives sorted rows.
type filler interface {
	fill(into []recorded, s stretch) (n int, err error)
	close() error
}

// feed is one file or run of a merge, opened when its time comes. Its rows are
// read ahead by a goroutine of its own: reading and computing share the work of
// two processors.
type feed struct {
	order  int
	first  int64 // no row is earlier
	open   func() (filler, error)
	blocks chan block
	rows   []recorded // of the block in hand
	err    error      // after them
}

// block is rows, and what ended them.
type block struct {
	rows []recorded
	err  error
}

// merge puts feeds together in time order; of one time the earlier file's rows
// come first, and of one file those that stood first.
type merge struct {
	stretch
	size    int
	waiting []*feed // by first
	open    []*feed
	fillers []filler // all that were opened
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// each gives all rows of [from, to) in order, in slices of any length, and counts
// what it met. The rows are valid until the next.
func (rec *recording) each(ctx context.Context, from, to int64, yield func([]recorded) error) (c counts, err error) {
	m := rec.merge(ctx, from, to)
	for err == nil {
		var rows []recorded
		if rows, err = m.next(); err == nil {
			err = yield(rows)
		}
	}
	m.stop()
	m.running.Wait()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	c.unknown = map[string]int{}
	for _, f := range m.fillers {
		if rows, is := f.(*rowReader); is {
			c.add(&rows.counts)
		}
		err = errors.Join(err, f.close())
	}
	return c, err
}

func (rec *recording) merge(ctx context.Context, from, to int64) *merge {
	m := &merge{stretch: stretch{from, to, true}}
	m.ctx, m.stop = context.WithCancel(ctx)
	for _, f := range rec.files {
		if f.sorted && f.first < to && f.last >= from {
			m.waiting = append(m.waiting, &feed{first: f.first, open: func() (filler, error) { return f.open(rec.known) }})
		}
	}
	for _, r := range rec.runs {
		m.waiting = append(m.waiting, &feed{first: r.first, open: func() (filler, error) { return r.open() }})
	}
	for i, f := range m.waiting {
		f.order = i
	}
	m.size = max(512, min(1<<14, blockRows/max(1, 3*len(m.waiting))))
	slices.SortStableFunc(m.waiting, func(a, b *feed) int { return cmp.Compare(a.first, b.first) })
	return m
}

// next gives the rows that come before those of all other feeds.
func (m *merge) next() ([]recorded, error) {
	for {
		if len(m.open) == 0 && len(m.waiting) == 0 {
			return nil, io.EOF
		}
		least := m.least()
		if len(m.waiting) > 0 && (least == nil || m.waiting[0].first <= least.rows[0].at) {
			if err := m.begin(); err != nil {
				return nil, err
			}
			continue
		}
		rows := least.rows[:m.until(least)]
		least.rows = least.rows[len(rows):]
		if len(least.rows) == 0 { // what was given stays as it is: a block is never filled again
			if err := m.advance(least); err != nil {
				return nil, err
			}
		}
		return rows, nil
	}
}

// least gives the open feed whose rows come first, nil for none.
func (m *merge) least() (least *feed) {
	for _, f := range m.open {
		if least == nil || f.before(least) {
			least = f
		}
	}
	return least
}

func (f *feed) before(other *feed) bool {
	a, b := &f.rows[0], &other.rows[0]
	return a.at < b.at || a.at == b.at && (a.file < b.file || a.file == b.file && f.order < other.order)
}

// until counts the rows of the least feed that come before those of all others.
func (m *merge) until(least *feed) (n int) {
	if len(m.open) == 1 && len(m.waiting) == 0 {
		return len(least.rows)
	}
	rest := *least
	limit := int64(math.MaxInt64)
	if len(m.waiting) > 0 {
		limit = m.waiting[0].first
	}
	var second *feed
	for _, f := range m.open {
		if f != least && (second == nil || f.before(second)) {
			second = f
		}
	}
	for n = 1; n < len(least.rows) && least.rows[n].at < limit; n++ {
		if rest.rows = least.rows[n:]; second != nil && !rest.before(second) {
			break
		}
	}
	return n
}

// begin opens the next feed and lets it read ahead.
func (m *merge) begin() error {
	f := m.waiting[0]
	m.waiting = m.waiting[1:]
	from, err := f.open()
	if err != nil {
		return err
	}
	m.fillers = append(m.fillers, from)
	f.blocks = make(chan block, 1)
	m.running.Go(func() { m.ahead(from, f.blocks) })
	m.open = append(m.open, f)
	return m.advance(f)
}

// ahead reads a feed to its end, or until the merge stops.
func (m *merge) ahead(from filler, into chan<- block) {
	for {
		rows := make([]recorded, m.size)
		n, err := from.fill(rows, m.stretch)
		select {
		case into <- block{rows[:n], err}:
		case <-m.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// advance gets a feed's next rows, and forgets the feed after its last.
func (m *merge) advance(f *feed) error {
	for f.err == nil && len(f.rows) == 0 {
		select {
		case b := <-f.blocks:
			f.rows, f.err = b.rows, b.err
		case <-m.ctx.Done():
			return m.ctx.Err()
		}
	}
	if len(f.rows) > 0 {
		return nil
	}
	m.open = slices.DeleteFunc(m.open, func(other *feed) bool { return other == f })
	if errors.Is(f.err, io.EOF) {
		return nil
	}
	return f.err
}
