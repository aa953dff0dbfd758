package kpi

import "slices"

// Totalisers that were silent while cells closed tell, when they come back, how
// much went through in all that time. The cells are out; their share is booked
// in the cell in which the last of them came back, together with the seconds
// that the cells had to book as lost, so that a day's total is complete and its
// lost seconds cancel.
//
// This holds for time in which nothing but totalisers was silent. What the
// other terms of the quantity, and totalisers that went on, gained in it is kept
// as the cells close; for the silent ones the seconds are, because between two
// readings a totaliser counts evenly. Quantities with formulas or stocks do not
// catch up.

// debt is what closed cells could not book for silent totalisers.
type debt struct {
	sum                // what is known of it; its lost time is what the cells lost
	from     int64     // the earliest instant
	unstated []float64 // per term: seconds for which its totaliser has not told
	worth    []float64 // per term: those seconds, each times the dated factors of its cell
}

// catches reports whether the quantity can catch up.
func (q *quantity) catches() bool {
	plain := func(t Term) bool { return t.Formula == nil && !t.Stock }
	counts := func(in *input) bool { return in.shape.counter }
	return !slices.ContainsFunc(q.Terms, func(t Term) bool { return !plain(t) }) && slices.ContainsFunc(q.inputs, counts)
}

// silent reports whether all inputs that fail are totalisers without a reading since.
func (q *quantity) silent() bool {
	for n, in := range q.inputs {
		if g := &in.segs[q.pos[n]]; !g.ok && !g.silent {
			return false
		}
	}
	return true
}

// owe books [from, to), which was lost to l, as owed by silent totalisers.
func (q *quantity) owe(from, to int64, l loss, a *area) {
	if a.owed == nil {
		a.owed = q.newArea(from, nil)
		a.unstated = make([]int64, len(q.Terms))
	}
	a.owed.lost[l] += to - from
	for i, factors := range q.factors {
		if len(factors) > 0 && !q.inputs[factors[0]].segs[q.pos[factors[0]]].ok {
			a.unstated[i] += to - from
		}
	}
	q.cover(from, to, a.owed)
}

// owes turns what an area is owed into a debt.
func (q *quantity) owes(a *area) (d debt) {
	if a.owed == nil {
		return d
	}
	d = debt{sum: q.gathered(a.owed), from: a.owed.start, unstated: make([]float64, len(q.Terms)), worth: make([]float64, len(q.Terms))}
	for i, ns := range a.unstated {
		d.unstated[i] = float64(ns) / float64(second)
		d.worth[i] = d.unstated[i] * q.worth(i, a.owed.start)
	}
	return d
}

// borrow takes the debt of a cell that closes in.
func (q *quantity) borrow(d *debt) {
	switch {
	case !d.begun:
	case !q.debt.begun:
		q.debt = *d
	default:
		q.debt.add(&d.sum)
		for i, s := range d.unstated {
			q.debt.unstated[i] += s
			q.debt.worth[i] += d.worth[i]
		}
	}
}

func (d *debt) clone() debt {
	return debt{sum: d.sum.clone(), from: d.from, unstated: slices.Clone(d.unstated), worth: slices.Clone(d.worth)}
}

// repay books a debt in the cell in which the last silent totaliser came back,
// and is then over.
func (q *quantity) repay(d *debt, s *sum, w span) {
	if !d.begun || !s.begun {
		return
	}
	told, known := q.hear(d, w)
	switch {
	case !known:
		*d = debt{}
	case told:
		for _, l := range d.lost {
			s.lose(l.Cause, l.About, -l.Seconds)
		}
		for i := range s.parts {
			if t := &q.Terms[i]; len(t.Tags) > 0 && t.Tags[0].Counter != nil {
				s.parts[i] = q.paid(i, s.parts[i].total+d.parts[i].total, w.start)
			} else {
				s.parts[i].join(&d.parts[i])
			}
		}
		s.seconds += d.seconds
		s.doubted += d.doubted
		for _, doubt := range d.doubts {
			s.doubtful(doubt.Cause, doubt.About, doubt.Seconds)
		}
		s.reach(d.from)
		*d = debt{}
	}
}

// hear lets the totalisers that came back by the end of w tell what they
// counted. told says that all have; known is false when one of them will never
// tell, because it is another meter now.
func (q *quantity) hear(d *debt, w span) (told, known bool) {
	told = true
	for i, seconds := range d.unstated {
		if seconds == 0 {
			continue
		}
		in := q.inputs[q.factors[i][0]]
		run := &in.runs[len(in.runs)-1]
		at := run.before(w.start)
		if at < 0 {
			return false, false
		}
		back := run.next(at)
		if back == nil || back.t > w.end {
			told = false
			continue
		}
		if back.trait&fresh != 0 {
			return false, false
		}
		rate := back.v / (float64(back.t-run.elems[at].t) / float64(second))
		d.parts[i].total += q.Terms[i].Factor * rate * d.worth[i]
		d.unstated[i], d.worth[i] = 0, 0
		if back.doubted() {
			d.doubtful(back.code, in.tag.Name, seconds)
			d.doubted += seconds
		}
	}
	return told, true
}

// paid gives a totaliser's share after its catching up: another total, the
// same two readings.
func (q *quantity) paid(i int, total float64, at int64) part {
	return q.uncertain(i, total, &area{start: at, covered: 1})
}

// next gives the first sample after the one at index at, nil for none.
func (s *series) next(at int) *element {
	for i := at + 1; i < len(s.elems); i++ {
		if !s.elems[i].isMark() {
			return &s.elems[i]
		}
	}
	return nil
}
