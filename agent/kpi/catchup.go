package kpi

// A totaliser that was silent while cells closed tells, when it comes back, how
// much went through in all that time. The cells are out; their share is booked
// in the cell in which it came back, together with the seconds that they had to
// book as lost, so that a day's total is complete and its lost seconds cancel.
// This holds for quantities that one totaliser alone makes up: for others it is
// not known which of the closed seconds the other inputs covered.

// catches reports whether the quantity is one totaliser's.
func (q *quantity) catches() bool { return len(q.inputs) == 1 && q.inputs[0].shape.counter }

// borrow remembers what the cell lost after the totaliser's newest reading.
func (q *quantity) borrow(w span) {
	if !q.catches() || !q.begun {
		return
	}
	in := q.inputs[0]
	s := &in.runs[len(in.runs)-1]
	at := s.before(w.end)
	if at < 0 || s.next(at) != nil {
		return
	}
	base := s.elems[at].t
	from := max(base, w.start, q.begin)
	for _, g := range s.segments(in.shape, from, w.end, nil) {
		if lost := (span{max(g.from, from), min(g.to, w.end)}); !g.ok && g.from >= base && lost.start < lost.end {
			if !q.debt.begun {
				q.debt, q.debtOf = newSum(0), from
			}
			q.debt.lose(g.code, in.about(g.trait), lost.seconds())
		}
	}
}

// repay books the debt in the cell in which the totaliser came back, and
// reports whether it is settled. It changes nothing but s.
func (q *quantity) repay(s *sum, w span) bool {
	if !q.debt.begun || !s.begun {
		return false
	}
	in := q.inputs[0]
	run := &in.runs[len(in.runs)-1]
	at := run.before(w.start)
	if at < 0 {
		return true
	}
	back := run.next(at)
	if back == nil || back.t > w.end {
		return false
	}
	if back.trait&fresh != 0 {
		return true // another meter: what the old one counted is not known
	}
	var seconds float64
	for _, l := range q.debt.lost {
		seconds += l.Seconds
		s.lose(l.Cause, l.About, -l.Seconds)
	}
	s.seconds += seconds
	rate := back.v / (float64(back.t-run.elems[at].t) / float64(second))
	p := q.uncertain(0, s.parts[0].total+q.Terms[0].Factor*rate*seconds, nil, true)
	s.parts[0] = p
	s.reach(q.debtOf)
	if back.doubted() {
		s.doubtful(back.code, seconds)
	}
	return true
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
