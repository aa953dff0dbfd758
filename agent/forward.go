package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const behindIsLate = 30 * time.Second // from here on a preference for the newest counts

// forwarder owns one upstream and its cursor. Unmarked errors are tried again
// for ever; a refused delivery is halved until the bad rows are found. Rows are
// set aside only when the same upstream takes others: when all of a delivery is
// refused, it is asked once whether it takes the newest batch.
type forwarder struct {
	Feed
	store Store
	board *Board
	at    int
	clock Clock
	log   *slog.Logger

	rest  backoff
	down  bool
	most  int  // rows of one delivery: halved when it is too large, grown again when taken
	late  bool // the oldest lane is further behind than a preference for the newest allows
	asks  bool // the next delivery is the question whether it takes anything
	proof bool // it does
}

var (
	errStopping   = errors.New("the agent stops")
	errRefusesAll = errors.New("it refuses every row tried, so nothing is set aside")
)

// run delivers until drain has ended and the store has nothing more, or one
// last try failed, or hard ends.
func (f *forwarder) run(drain, hard context.Context) {
	f.rest = backoff{first: time.Second, most: time.Minute}
	f.most = f.MaxRows
	for hard.Err() == nil { // a Send may ignore its context
		lane := f.lane()
		d, err := f.next(drain, lane)
		switch {
		case drain.Err() != nil && len(d.Batches) == 0:
			return
		case err != nil:
			f.failed("buffer", err)
			if f.wait(drain, err) != nil {
				return
			}
			continue
		}
		if lane == Oldest && len(d.Batches) > 0 {
			f.late = f.oldest(d.Batches[0].Received) > behindIsLate
		}
		err = f.deliver(drain, hard, d)
		if errors.Is(err, errStopping) || err != nil && f.wait(drain, err) != nil {
			return
		}
	}
}

// next gives the next delivery. That nothing waits is said only when the store
// has looked: reading a long backlog takes time.
func (f *forwarder) next(drain context.Context, lane Lane) (Delivery, error) {
	if drain.Err() == nil && lane == Oldest {
		look, stop := context.WithCancel(drain)
		stop() // so that it does not wait
		d, err := f.store.Next(look, f.Name, lane, f.most)
		if len(d.Batches) > 0 || err != nil && !errors.Is(err, context.Canceled) {
			return d, err
		}
		f.oldest(time.Time{})
	}
	return f.store.Next(drain, f.Name, lane, f.most)
}

// lane gives the newest batches their turn when that was asked for and the
// oldest wait too long, and when only another delivery can tell whether the
// upstream or a row is wrong.
func (f *forwarder) lane() Lane {
	if f.asks || f.late && f.Prefer == Newest {
		f.late = false
		return Newest
	}
	return Oldest
}

// oldest shows since when the upstream lacks something, zero for not at all,
// and gives how long ago that was.
func (f *forwarder) oldest(received time.Time) (ago time.Duration) {
	f.board.upstream(f.at, func(s *UpstreamState) {
		s.Oldest = received
		ago = f.board.behind(s)
	})
	return ago
}

// deliver brings all of d to the upstream, or sets rows of it aside when the
// same upstream takes others.
func (f *forwarder) deliver(drain, hard context.Context, d Delivery) error {
	h := halving{forwarder: f, drain: drain, hard: hard, most: 2}
	if f.proof {
		h.most = 100
	}
	asked := f.asks
	f.asks = false
	err := h.offer(d)
	if err == nil && len(h.bad) > 0 && !h.taken && !f.proof {
		err = errRefusesAll
		f.failed("refused", fmt.Errorf("%w: %w", err, h.bad[0].why))
	}
	if errors.Is(err, errRefusesAll) {
		f.asks, f.proof = !asked, false
		return err
	}
	if err != nil {
		return err
	}
	f.proof = asked
	for _, bad := range h.bad {
		if err := f.setAside(drain, hard, d, bad); err != nil {
			return err
		}
	}
	f.store.Ack(f.Name, d.From, d.To)
	f.rest.reset()
	if len(h.bad) == 0 {
		f.most = min(2*f.most, f.MaxRows)
	}
	f.delivered(d, h.bad)
	return nil
}

func (f *forwarder) delivered(d Delivery, bad []refusedRow) {
	f.board.upstream(f.at, func(s *UpstreamState) {
		s.Batches += uint64(len(d.Batches))
		for _, b := range d.Batches {
			s.Readings += uint64(len(b.Readings))
			s.Delivered = b.Received
		}
		for _, row := range bad {
			s.Readings -= uint64(len(row.rows.Of(row.batch).Readings))
		}
	})
}

// refusedRow is one row that the upstream will not take.
type refusedRow struct {
	batch *Batch
	from  uint64 // below batch.Seq when the batch is a stand-in
	rows  Rows
	why   error
}

// setAside keeps a refused row for people and sends a gap event in its place,
// so that the far side knows what it has not got.
func (f *forwarder) setAside(drain, hard context.Context, d Delivery, bad refusedRow) error {
	b := bad.batch
	if err := f.store.Reject(f.Name, b, bad.rows, bad.why); err != nil {
		f.failed("buffer", err)
		return err
	}
	f.log.Warn("row set aside", "upstream", f.Name, "batch", b.Mark.String(), "row", bad.rows.From, "err", bad.why)
	f.board.upstream(f.at, func(s *UpstreamState) { s.Rejected++ })
	f.board.alarm(RowRejected, f.Name, Reason{Refused, bad.why.Error()})

	gap := &Gap{From: b.Mark, To: b.Mark, First: b.Received, Last: b.Received, Rows: map[string]int{}}
	refused := bad.rows.Of(b)
	if n := len(refused.Readings); n > 0 {
		gap.Rows[b.Source] = n
	}
	for _, e := range refused.Events {
		if e.Gap != nil {
			gap = e.Gap // what it stands for is missing all the same
		}
	}
	now := f.clock.Wall()
	notice := *b
	notice.Readings, notice.Results = nil, nil
	notice.Events = []Event{{Kind: RowRejected, Key: f.Name, Start: now, End: now, Reason: Reason{Refused, bad.why.Error()}, Gap: gap}}
	err := f.push(drain, hard, Delivery{Epoch: d.Epoch, Prev: d.Prev, From: bad.from, To: b.Seq, Historical: d.Historical, Rows: bad.rows, Batches: []*Batch{&notice}})
	if errors.Is(err, errStopping) {
		return err
	}
	return nil // a far side that refuses even the notice has been told
}

// halving looks for the rows of a delivery that are refused.
type halving struct {
	*forwarder
	drain, hard context.Context
	most        int  // rows that may be refused before any piece is taken
	taken       bool // some piece was taken, so the upstream itself is right
	bad         []refusedRow
}

// offer sends d, or its halves when it is refused. Too many single rows refused
// before any piece was taken end the search: it is the upstream that is wrong.
func (h *halving) offer(d Delivery) error {
	err := h.push(h.drain, h.hard, part(d))
	switch {
	case err == nil:
		h.taken = true
		return nil
	case errors.Is(err, errStopping):
		return err
	case IsTooLarge(err):
		h.forwarder.most = max(1, min(h.forwarder.most, rowsOf(d)/2))
	}
	left, right, ok := split(d)
	if !ok && len(d.Batches) == 0 {
		h.failed("refused", err)
		return errRefusesAll
	}
	if !ok {
		h.bad = append(h.bad, refusedRow{d.Batches[0], d.From, d.Rows, err})
		if !h.taken && len(h.bad) >= h.most {
			h.failed("refused", fmt.Errorf("%w: %w", errRefusesAll, err))
			return errRefusesAll
		}
		return nil
	}
	if err := h.offer(left); err != nil {
		return err
	}
	return h.offer(right)
}

// push sends d until it is taken or refused. When the agent stops, one more try
// is the last.
func (f *forwarder) push(drain, hard context.Context, d Delivery) error {
	for {
		last := drain.Err() != nil
		err := f.Upstream.Send(hard, d)
		switch {
		case err == nil:
			f.worked()
			return nil
		case hard.Err() != nil:
			return errStopping
		case IsPermanent(err) || IsTooLarge(err):
			f.count("refused")
			return err
		}
		f.failed("temporary", err)
		if last {
			return errStopping
		}
		_ = f.wait(drain, err) // its end means: one last try
	}
}

// wait rests after err: as long as the far side said, else by backoff.
func (f *forwarder) wait(ctx context.Context, err error) error {
	d, said := RestOf(err)
	if !said {
		d = f.rest.fullJitter()
	}
	f.board.upstream(f.at, func(s *UpstreamState) { s.NextTry = f.clock.Wall().Add(d) })
	return Sleep(ctx, d)
}

func (f *forwarder) worked() {
	if f.down {
		f.log.Info("upstream back", "upstream", f.Name)
		f.board.clear(UpstreamDown, f.Name)
	}
	f.down = false
	f.board.upstream(f.at, func(s *UpstreamState) {
		if !s.Up {
			s.Up, s.Since = true, f.clock.Wall()
		}
		s.Err, s.NextTry = "", time.Time{}
	})
}

func (f *forwarder) failed(kind string, err error) {
	f.count(kind)
	if !f.down {
		f.log.Warn("upstream lost; batches wait in the buffer", "upstream", f.Name, "err", err)
	}
	f.down = true
	f.board.alarm(UpstreamDown, f.Name, ReasonFor(err))
	f.board.upstream(f.at, func(s *UpstreamState) {
		if s.Up {
			s.Up, s.Since = false, f.clock.Wall()
		}
		s.Err = err.Error()
	})
}

func (f *forwarder) count(kind string) {
	f.board.upstream(f.at, func(s *UpstreamState) { s.Errors[kind]++ })
}

func rowsOf(d Delivery) int {
	if !d.Rows.All() {
		return d.Rows.To - d.Rows.From
	}
	n := 0
	for _, b := range d.Batches {
		n += b.Rows()
	}
	return n
}

// part gives d with its batch cut to the rows that are meant.
func part(d Delivery) Delivery {
	if d.Rows.All() {
		return d
	}
	d.Batches = []*Batch{d.Rows.Of(d.Batches[0])}
	return d
}

// split halves a delivery between batches, and a single batch between rows; ok
// is false when only one row is left.
func split(d Delivery) (left, right Delivery, ok bool) {
	left, right = d, d
	n := len(d.Batches)
	if n == 0 {
		return d, d, false
	}
	if n > 1 {
		left.Batches, right.Batches = d.Batches[:n/2], d.Batches[n/2:]
		left.To = left.Batches[n/2-1].Seq
		right.From = left.To + 1
		return left, right, true
	}
	rows := d.Rows
	if rows.All() {
		rows = Rows{0, d.Batches[0].Rows()}
	}
	if rows.To-rows.From < 2 {
		return d, d, false
	}
	middle := (rows.From + rows.To) / 2
	left.Rows, right.Rows = Rows{rows.From, middle}, Rows{middle, rows.To}
	return left, right, true
}
