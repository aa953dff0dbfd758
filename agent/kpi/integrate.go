package kpi

import (
	"recoup/agent"
)

// loss is a cause and what it lies with.
type loss struct {
	code  agent.Code
	about string
}

// area gathers what a quantity covered and lost over a part of a cell, in
// nanoseconds so that nothing is rounded away before the end.
type area struct {
	start   int64
	covered int64
	sums    []float64   // per term: ∫ Π x dt, or the change of a stock
	others  [][]float64 // per term and input, factors before arguments: ∫ |∂/∂x Π x| dt
	logs    [][]float64 // per term and argument: ∫ x ∂/∂x Π x dt; of a stock the newest x/y ∂y/∂x of its formula
	changes []change    // per term
	stocks  []stock     // per term, shared with whoever asked
	lost    map[loss]int64
	doubts  map[loss]int64
	doubted int64 // with any doubt

	owed     *area   // by silent totalisers; nil: nothing
	unstated []int64 // per term: what its totaliser has not told of it
}

func (q *quantity) newArea(start int64, stocks []stock) *area {
	n := len(q.Terms)
	a := &area{
		start: start, sums: make([]float64, n), others: make([][]float64, n), logs: make([][]float64, n),
		changes: make([]change, n), stocks: stocks, lost: map[loss]int64{}, doubts: map[loss]int64{},
	}
	for i := range q.Terms {
		args := len(q.formulas[i].pos)
		a.others[i], a.logs[i] = make([]float64, len(q.factors[i])+args), make([]float64, args)
	}
	return a
}

// integrate gives the sums of all quantities over w, cut at upTo, which is one
// bound per quantity, and what silent totalisers owe them. It moves the stocks on.
func (e *Engine) integrate(w span, upTo func(*quantity) int64, stocks [][]stock) ([]sum, []debt) {
	areas := make([]*area, len(e.quantities))
	for i, q := range e.quantities {
		areas[i] = q.newArea(w.start, stocks[i])
	}
	for k := range e.stretches {
		st := &e.stretches[k]
		lo, hi := max(w.start, st.start), min(w.end, st.end)
		if lo >= hi {
			continue
		}
		for _, in := range e.inputs {
			in.segs = in.runs[k].segments(in.shape, lo, hi, in.segs[:0])
		}
		for i, q := range e.quantities {
			if from, to := max(lo, q.begin), min(hi, upTo(q)); q.begun && !q.lacks(w.start, from, to, areas[i]) {
				for n := range q.masks {
					q.masks[n].look(k, lo, hi)
				}
				q.sweep(from, to, areas[i], k == len(e.stretches)-1 && q.catches())
			}
		}
	}
	sums, debts := make([]sum, len(e.quantities)), make([]debt, len(e.quantities))
	for i, q := range e.quantities {
		if end := min(w.end, upTo(q)); q.begun && q.begin < end && w.start < end {
			sums[i], debts[i] = e.summarise(q, areas[i], span{w.start, end}), q.owes(areas[i])
		}
	}
	return sums, debts
}

// sweep goes over [lo, hi) from change to change of any input. owing says that
// silent totalisers may tell later.
func (q *quantity) sweep(lo, hi int64, a *area, owing bool) {
	clear(q.pos)
	for i := range q.formulas {
		q.formulas[i].taken = false // what was computed before must not matter
	}
	for cur := lo; cur < hi; {
		end, failing := hi, -1
		for n, in := range q.inputs {
			p := q.pos[n]
			for in.segs[p].to <= cur {
				p++
			}
			q.pos[n] = p
			g := &in.segs[p]
			end = min(end, g.to)
			if !g.ok && failing < 0 {
				failing = n
			}
		}
		is, l, end := q.veiled(cur, q.valid(cur, end))
		if failing >= 0 && is != masked {
			in := q.inputs[failing]
			g := &in.segs[q.pos[failing]]
			l = loss{g.code, in.about(g.trait)}
		}
		if failing < 0 && is == unmasked {
			q.cover(cur, end, a)
		} else {
			a.lost[l] += end - cur
			if owing && is == unmasked && q.silent() {
				q.owe(cur, end, l, a)
			}
		}
		cur = end
	}
}

// cover adds [from, to), in which every input is a straight line. What a
// formula has no value for is lost.
func (q *quantity) cover(from, to int64, a *area) {
	for n, in := range q.inputs {
		g := &in.segs[q.pos[n]]
		q.v0[n], q.v1[n] = g.at(from), g.at(to)
	}
	failing, doubted := q.evaluate()
	if failing >= 0 {
		a.lost[loss{agent.OutOfRange, q.inputs[failing].tag.Name}] += to - from
		return
	}
	unsure := doubted >= 0
	if doubted >= 0 {
		a.doubts[loss{agent.Extrapolated, q.inputs[doubted].tag.Name}] += to - from
	}
	for n, in := range q.inputs {
		if g := &in.segs[q.pos[n]]; g.ok && g.code != agent.NoReason {
			a.doubts[loss{g.code, in.tag.Name}] += to - from
			unsure = true
		}
	}
	unsure = q.overdue(from, to, a) || unsure
	for i := range q.masks {
		if m := &q.masks[i]; m.segs[m.pos].code != agent.NoReason {
			a.doubts[loss{m.segs[m.pos].code, m.in.tag.Name}] += to - from
			unsure = true
		}
	}
	if unsure {
		a.doubted += to - from
	}
	a.covered += to - from
	dt := float64(to-from) / float64(second)
	for i := range q.Terms {
		f := &q.formulas[i]
		p0, p1 := 1.0, 1.0
		for _, n := range q.factors[i] {
			p0 *= q.v0[n]
			p1 *= q.v1[n]
		}
		if f.Formula != nil {
			p0, p1 = p0*f.y0, p1*f.y1
		}
		if q.Terms[i].Stock {
			a.move(i, from, to, p0, p1, q.square(i, q.v0, f.y0), q.square(i, q.v1, f.y1))
			f.logs(q.v1, f.y1, a.logs[i])
			continue
		}
		a.sums[i] += (p0 + p1) / 2 * dt
		if q.offset[i] || f.Formula != nil {
			q.weigh(i, dt, a)
		}
	}
}

// product multiplies the values of some inputs, leaving out the one at index but.
func product(inputs []int, values []float64, but int) float64 {
	p := 1.0
	for j, n := range inputs {
		if j != but {
			p *= values[n]
		}
	}
	return p
}

// summarise turns an area into the sum of w and books what no stretch covers.
func (e *Engine) summarise(q *quantity, a *area, w span) sum {
	s := q.gathered(a)
	for i, t := range q.Terms {
		if c := &a.changes[i]; t.Stock && c.tail.at == w.end {
			s.parts[i].tail = c.tail.square
		}
	}
	if q.begin > w.start {
		s.partial = true
		s.lose(agent.PartialWindow, "", span{w.start, min(q.begin, w.end)}.seconds())
	}
	e.clockDoubts(&s, span{max(w.start, q.begin), w.end})
	return s
}

// gathered turns an area into a sum.
func (q *quantity) gathered(a *area) sum {
	s := newSum(len(q.Terms))
	s.seconds = float64(a.covered) / float64(second)
	for i := range q.Terms {
		s.parts[i] = q.uncertain(i, q.scale(i, a.start)*a.sums[i], a)
	}
	for l, ns := range a.lost {
		s.lose(l.code, l.about, float64(ns)/float64(second))
	}
	s.doubted = float64(a.doubted) / float64(second)
	for l, ns := range a.doubts {
		s.doubtful(l.code, l.about, float64(ns)/float64(second))
	}
	return s
}

// clockDoubts marks a sum over which the clock was set, and books the time that
// a set forward left out.
func (e *Engine) clockDoubts(s *sum, w span) {
	reached := e.stretches[0].end
	for k := 1; k < len(e.stretches); k++ {
		next := &e.stretches[k]
		ended := e.stretches[k-1].end
		if (next.start >= w.start && next.start < w.end) || (ended > w.start && ended <= w.end) ||
			(next.shift < 0 && next.start < w.end && ended > w.start) {
			s.doubtful(agent.ClockStep, "", w.seconds())
			s.doubted = max(s.doubted, s.seconds)
		}
		if lo, hi := max(reached, w.start), min(next.start, w.end); lo < hi {
			s.lose(agent.ClockStep, agent.Own, span{lo, hi}.seconds())
		}
		reached = max(reached, next.end)
	}
}

// about names what a cause of the input's lies with.
func (in *input) about(whose trait) string {
	switch {
	case whose&byAgent != 0:
		return agent.Own
	case whose&bySource != 0:
		return in.tag.Source
	}
	return in.tag.Name
}
