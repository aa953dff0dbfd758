package kpi

import (
	"iter"
	"slices"
	"time"

	"recoup/agent"
)

// Readings that come after their cell has closed are not counted by Add. Which
// time they are of is remembered until somebody has gone through it once more
// (agent/recompute.go) and says so with Amend.

const keptLate = 64 // stretches per tag; beyond them the nearest two become one

// lateness is closed time of an input for which readings came. A lot that ran when
// its cells were revised is looked at once more when it is over: what it holds so
// far cannot be made anew from cells.
type lateness struct {
	span
	seq uint64 // newest batch that they came with
	lot int64  // when that lot began; 0: it is not waited for, or not yet
}

// latecomers are the late readings of one input in the batch that is being added.
type latecomers struct {
	lo, hi int64
	n      int // with different times
}

// cameLate notes a late reading unless the series holds the same already, as
// when a server gives an unchanged value with its old time.
func (in *input) cameLate(k int, t int64, el element) {
	s := &in.runs[k]
	if at := s.before(t); at >= 0 && s.elems[at].t == t && (in.shape.counter || s.elems[at].v == el.v && s.elems[at].trait&qualityBits == el.trait&qualityBits) {
		return
	}
	c := &in.coming
	switch {
	case c.n == 0:
		c.lo, c.hi, c.n = t, t, 1
	case t < c.lo || t > c.hi:
		c.lo, c.hi, c.n = min(c.lo, t), max(c.hi, t), c.n+1
	}
}

// tellLate takes the batch's late readings onto the list, and reports those of
// time that is not on it yet. Of the time before the first cell one reading says
// nothing: it may be a value that has not changed for long.
func (e *Engine) tellLate(b *agent.Batch) {
	for _, in := range e.sources[b.Source] {
		c := in.coming
		in.coming = latecomers{}
		if c.n == 0 || c.lo < e.first && c.n < 2 {
			continue
		}
		w := span{e.cal.window(cell, c.lo).start, e.cal.window(cell, c.hi).end}
		if c.lo < e.first {
			w.end = max(w.end, e.cal.window(cell, e.first).end) // up to what was computed
		}
		if in.remember(lateness{span: w, seq: b.Seq}) {
			e.events = append(e.events, agent.Event{
				Kind: agent.LateArrived, Key: in.tag.Name, Start: instant(w.start), End: instant(w.end), Reason: agent.Reason{Code: agent.LateData},
			})
		}
	}
}

// remember adds to the list, which is in order and has gaps between its
// stretches. It reports whether any of l was not on it.
func (in *input) remember(l lateness) (isNew bool) {
	isNew = true
	for i := 0; i < len(in.late); {
		have := in.late[i]
		if have.end < l.start || have.start > l.end {
			i++
			continue
		}
		if have.start <= l.start && have.end >= l.end {
			isNew = false
		}
		if l.span = (span{min(l.start, have.start), max(l.end, have.end)}); have.lot == 0 {
			l.lot = 0
		}
		in.late = slices.Delete(in.late, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(in.late, l.start, func(have lateness, t int64) int {
		if have.start < t {
			return -1
		}
		return 1
	})
	in.late = slices.Insert(in.late, at, l)
	if len(in.late) > keptLate {
		in.joinNearest()
	}
	return isNew
}

func (in *input) joinNearest() {
	nearest := 1
	for i := 2; i < len(in.late); i++ {
		if in.late[i].start-in.late[i-1].end < in.late[nearest].start-in.late[nearest-1].end {
			nearest = i
		}
	}
	a, b := &in.late[nearest-1], in.late[nearest]
	a.end, a.seq, a.lot = b.end, max(a.seq, b.seq), 0
	in.late = slices.Delete(in.late, nearest, nearest+1)
}

// Late lists the closed time for which readings came that no result counts yet.
func (e *Engine) Late() (all []agent.Late) {
	for _, in := range e.inputs {
		back, ahead := in.reach()
		for _, l := range in.late {
			all = append(all, agent.Late{
				Tag: in.tag.Name, Source: in.tag.Source, From: instant(l.start), To: instant(l.end),
				Back: back, Ahead: ahead, Settle: time.Duration(e.grace), Seq: l.seq, Open: instant(e.open.start),
			})
		}
	}
	return all
}

// reach is how far before and behind a late reading figures may change by it.
func (in *input) reach() (back, ahead time.Duration) {
	back, ahead = time.Duration(in.shape.gap), time.Duration(in.shape.gap)
	switch {
	case in.shape.counter:
		back, ahead = max(back, unseen), max(ahead, unseen)
	case in.shape.hold || in.shape.mask:
		back = 0
	}
	return back, max(ahead, time.Duration(in.keep))
}

const unseen = 2 * time.Hour // over which a totaliser's neighbouring readings are looked for

// settled takes late readings of [from, to) off the list that came with batches
// up to number seen.
func (e *Engine) settled(from, to int64, seen uint64) {
	for _, in := range e.inputs {
		in.late = slices.DeleteFunc(in.late, func(l lateness) bool {
			if l.seq > seen || l.start < from || l.end > to {
				return false
			}
			if l.lot == 0 {
				if l.lot = e.lotOver(in, l.span); l.lot != 0 {
					in.inLot = append(in.inLot, l)
				}
			}
			return true
		})
		if len(in.inLot) > keptLate {
			first, last := in.inLot[0], in.inLot[len(in.inLot)-1]
			in.inLot = []lateness{{span{first.start, last.end}, max(first.seq, last.seq), last.lot}}
		}
	}
}

// lotOver gives when the newest running lot began that readings of w may change
// the figure of, 0 for none.
func (e *Engine) lotOver(in *input, w span) (newest int64) {
	for began := range e.lotsWith(in, w) {
		newest = max(newest, began)
	}
	return newest
}

// lotsWith gives when each running lot began that readings of w may change.
func (e *Engine) lotsWith(in *input, w span) iter.Seq[int64] {
	_, ahead := in.reach()
	return func(yield func(int64) bool) {
		for _, q := range e.quantities {
			t := &q.track
			if !t.on || t.lot.start >= w.end+int64(ahead) || !slices.Contains(q.inputs, in) && !slices.Contains(q.others(), in) {
				continue
			}
			if !yield(t.lot.start) {
				return
			}
		}
	}
}

// lotsOver puts what waited for lots that are over now back on the list.
func (e *Engine) lotsOver() {
	for _, in := range e.inputs {
		in.inLot = slices.DeleteFunc(in.inLot, func(l lateness) bool {
			for began := range e.lotsWith(in, l.span) {
				if began <= l.lot {
					return false
				}
			}
			in.remember(l)
			return true
		})
	}
}

func (w *writer) lateness(all []lateness) {
	w.uint(uint64(len(all)))
	for _, l := range all {
		w.span(l.span)
		w.uint(l.seq)
		w.int(l.lot)
	}
}

func (r *reader) lateness() (all []lateness) {
	for range r.count() {
		all = append(all, lateness{r.span(), r.uint(), r.int()})
	}
	return all
}
