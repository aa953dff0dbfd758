package kpi

import (
	"strings"

	"recoup/agent"
)

// A lot is the time for which a tag shows one coil, lot or campaign number. Its
// figure is the ordered sum of the integrals over its parts of the cells; they
// are made beside those of the cells, whose sums do not change by it. A lot is
// told when the cell that it ended in closes.
//
// Where its tag has no value nobody knows what is made. When the same number
// comes back that time is lost to its lot; else the lot ended where its number
// was last known, and it and the next one are Partial. So is a lot that was on
// when recording began, and both parts of one that a set of the clock cuts.
//
// A totaliser that was silent catches up within a lot, not from one lot to
// another: nobody knows what of it was whose.

// Lots says by which tag a quantity is told per lot.
type Lots struct {
	Tag  *agent.Tag
	None []string // numbers that stand for no lot
}

// lot is one that is being made, or has just ended.
type lot struct {
	id         string
	start, end int64
	sum        sum
	debt       debt
	stocks     []stock
}

func (l *lot) span() span { return span{l.start, l.end} }

// track is how far a quantity has followed the lots.
type track struct {
	on      bool
	sure    bool // what there was right before until is known
	until   int64
	lot     lot          // while on
	unknown []agent.Lost // from the end of lot until until

	ended []lot // scratch
	owed  debt  // scratch: of lot in this cell
}

func (t *track) clone() track {
	c := *t
	l := &c.lot
	l.sum, l.debt, l.stocks = l.sum.clone(), l.debt.clone(), append([]stock(nil), l.stocks...)
	c.unknown = append([]agent.Lost(nil), t.unknown...)
	return c
}

// glimpse is a stretch of time in which a lot tag shows one thing, or nothing.
type glimpse struct {
	span
	id   string
	ok   bool
	code agent.Code // doubt, or cause of the loss
	by   string     // what the cause lies with
}

// lots takes up the tag that tells the quantity's lots.
func (e *Engine) lots(q *quantity) {
	if q.Lots == nil {
		return
	}
	q.lotted = e.input(q.Lots.Tag)
	q.lotHash = hashOf(struct {
		Tag  measure
		None []string
	}{measureOf(q.Lots.Tag), q.Lots.None})
}

// follow carries tracks, one per quantity, over w, cut at upTo.
func (e *Engine) follow(w span, upTo func(*quantity) int64, tracks []*track) {
	for i, q := range e.quantities {
		if q.lotted == nil || !q.begun {
			continue
		}
		tracks[i].owed = debt{}
		paid := false
		for k := range e.stretches {
			st := &e.stretches[k]
			part := span{max(w.start, st.start, q.begin), min(w.end, st.end, upTo(q))}
			if part.start >= part.end {
				continue
			}
			e.prepare(q, k, part)
			for _, s := range q.shows(part) {
				piece, owed, goesOn := e.step(q, tracks[i], s, k == len(e.stretches)-1 && q.catches())
				if piece == nil {
					continue
				}
				if goesOn && !paid {
					q.repay(&tracks[i].lot.debt, piece, w)
				}
				paid = true
				tracks[i].take(q, piece, owed, s)
			}
		}
		tracks[i].lot.debt.join(&tracks[i].owed)
	}
}

// prepare gets ready what sweeping the quantity over a part of stretch k needs.
func (e *Engine) prepare(q *quantity, k int, part span) {
	for _, in := range append(q.others(), q.inputs...) {
		in.segs = in.runs[k].segments(in.shape, part.start, part.end, in.segs[:0])
	}
	for n := range q.masks {
		q.masks[n].look(k, part.start, part.end)
	}
}

// shows gives what the lot tag shows over w.
func (q *quantity) shows(w span) (all []glimpse) {
	in := q.lotted
	for i := range in.segs {
		g := &in.segs[i]
		s := glimpse{span: span{max(g.from, w.start), min(g.to, w.end)}, ok: g.ok, code: g.code}
		if g.ok {
			s.id = in.shows(g.v0)
		} else {
			s.by = in.about(g.trait)
		}
		if n := len(all) - 1; n >= 0 && all[n].same(&s) {
			all[n].end = s.end
		} else if s.start < s.end {
			all = append(all, s)
		}
	}
	return all
}

func (s *glimpse) same(o *glimpse) bool {
	return s.ok == o.ok && s.id == o.id && s.code == o.code && s.by == o.by
}

// step takes in what the tag shows next. Of time in a lot it gives the sum, what
// silent totalisers owe it, and whether the lot had begun before.
func (e *Engine) step(q *quantity, t *track, s glimpse, owing bool) (piece *sum, owed debt, goesOn bool) {
	if t.until != s.start { // recording began, or the clock was set
		t.sure = false
		t.finish()
	}
	t.until = s.end
	if !s.ok {
		if t.sure = false; t.on {
			t.unknown = book(t.unknown, s.code, s.by, s.seconds())
		}
		return nil, owed, false
	}
	goesOn = t.on && t.lot.id == s.id
	if !goesOn {
		t.finish()
	}
	if !goesOn && !q.Lots.isNone(s.id) {
		t.on, t.lot = true, lot{id: s.id, start: s.start, sum: newSum(len(q.Terms)), stocks: make([]stock, len(q.Terms))}
		t.lot.sum.partial = !t.sure
	}
	for _, l := range t.unknown {
		t.lot.sum.lose(l.Cause, l.About, l.Seconds)
	}
	t.sure, t.unknown = true, nil
	if !t.on {
		return nil, owed, false
	}
	a := q.newArea(s.start, t.lot.stocks)
	if !q.lacks(s.start, s.start, s.end, a) {
		q.sweep(s.start, s.end, a, owing)
	}
	own := q.gathered(a)
	q.tails(&own, a, s.end)
	return &own, q.owes(a), goesOn
}

// take adds a part to the running lot.
func (t *track) take(q *quantity, piece *sum, owed debt, s glimpse) {
	if s.code != agent.NoReason {
		piece.doubtful(s.code, q.lotted.tag.Name, piece.seconds)
		piece.doubted = piece.seconds
	}
	t.lot.sum.add(piece)
	t.lot.end = s.end
	t.owed.join(&owed)
}

// finish ends the running lot where it was last known.
func (t *track) finish() {
	if t.on {
		t.lot.sum.partial = t.lot.sum.partial || !t.sure
		t.ended = append(t.ended, t.lot)
	}
	t.on, t.lot, t.unknown, t.owed = false, lot{}, nil, debt{}
}

func (l *Lots) isNone(id string) bool {
	for _, none := range l.None {
		if strings.TrimSpace(none) == id {
			return true
		}
	}
	return false
}

// tracks gives those of all quantities; for Current, which must change nothing,
// copies.
func (e *Engine) tracks(own bool) []*track {
	all := make([]*track, len(e.quantities))
	for i, q := range e.quantities {
		all[i] = &q.track
		if !own {
			c := q.track.clone()
			all[i] = &c
		}
	}
	return all
}

// closeLots tells the lots that ended in a cell that closes.
func (e *Engine) closeLots(w span) {
	e.follow(w, wholly, e.tracks(true))
	ended := false
	for _, q := range e.quantities {
		ended = ended || len(q.track.ended) > 0
		for i := range q.track.ended {
			e.results = append(e.results, q.told(&q.track.ended[i], e.cal.zone))
		}
		q.track.ended = nil
	}
	if ended {
		e.lotsOver()
	}
}

// runningLots gives the lots that are being made, as far as they are known.
func (e *Engine) runningLots(tracks []*track) (all []agent.Result) {
	for i, q := range e.quantities {
		if t := tracks[i]; t.on {
			all = append(all, q.told(&t.lot, e.cal.zone))
		}
	}
	return all
}

// cutLot ends the running lot with the definition or the clock that it was made
// under.
func (q *quantity) cutLot(zone string) (all []agent.Result) {
	if q.track.on {
		q.track.lot.sum.partial = true
		all = append(all, q.told(&q.track.lot, zone))
	}
	q.track = track{}
	return all
}

// resumeLot goes on with the lot of a checkpoint. Told by another tag it is cut.
func (e *Engine) resumeLot(q, old *quantity) {
	if q.track = old.track; q.lotHash != old.lotHash {
		e.waiting = append(e.waiting, q.cutLot(e.cal.zone)...)
	}
}

// told makes the result of a lot. Whether a figure is a trend only follows from
// how long the lot was.
func (q *quantity) told(l *lot, zone string) agent.Result {
	w := l.span()
	r := q.result(&l.sum, likeness(w), w, zone, w.seconds())
	r.Window.Kind, r.Window.ID = agent.Lot, l.id
	return r
}

// likeness is the longest kind of window that a span is no shorter than.
func likeness(w span) (longest level) {
	const hours = 3600.0
	for l, least := range map[level]float64{hour: hours, shift: 8 * hours, day: 24 * hours, week: 7 * 24 * hours, month: 28 * 24 * hours, year: 365 * 24 * hours} {
		if w.seconds() >= least {
			longest = max(longest, l)
		}
	}
	return longest
}

func (w *writer) track(q *quantity) {
	t := &q.track
	w.buf = append(w.buf, q.lotHash[:]...)
	w.bool(t.on)
	w.bool(t.sure)
	w.int(t.until)
	if !t.on {
		return
	}
	l := &t.lot
	w.text(l.id)
	w.span(l.span())
	w.sum(&l.sum)
	w.debt(&l.debt)
	w.stocks(l.stocks)
	w.losses(t.unknown)
}

func (r *reader) track(q *quantity) {
	t := &q.track
	q.lotHash = r.hash()
	if t.on, t.sure, t.until = r.bool(), r.bool(), r.int(); !t.on {
		return
	}
	l := &t.lot
	l.id = r.text()
	w := r.span()
	l.start, l.end = w.start, w.end
	if l.sum = r.termSum(q); !l.sum.begun {
		r.fail()
	}
	l.debt, l.stocks, t.unknown = r.debt(q), r.stocks(q), r.losses()
}
