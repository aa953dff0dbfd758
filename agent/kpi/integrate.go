package kpi

import (
	"math"

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
	covered int64
	sums    []float64   // per term: ∫ Π x dt
	others  [][]float64 // per term and factor: ∫ Π |other factors| dt
	lost    map[loss]int64
	doubts  map[agent.Code]int64
}

func (q *quantity) newArea() *area {
	a := &area{sums: make([]float64, len(q.Terms)), others: make([][]float64, len(q.Terms)), lost: map[loss]int64{}, doubts: map[agent.Code]int64{}}
	for i, t := range q.Terms {
		a.others[i] = make([]float64, len(t.Tags))
	}
	return a
}

// integrate gives the sums of all quantities over w, cut at upTo, which is one
// bound per quantity.
func (e *Engine) integrate(w span, upTo func(*quantity) int64) []sum {
	areas := make([]*area, len(e.quantities))
	for i, q := range e.quantities {
		areas[i] = q.newArea()
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
			if q.begun {
				q.sweep(max(lo, q.begin), min(hi, upTo(q)), areas[i])
			}
		}
	}
	sums := make([]sum, len(e.quantities))
	for i, q := range e.quantities {
		if end := min(w.end, upTo(q)); q.begun && q.begin < end && w.start < end {
			sums[i] = e.summarise(q, areas[i], span{w.start, end})
		}
	}
	return sums
}

// sweep goes over [lo, hi) from change to change of any input.
func (q *quantity) sweep(lo, hi int64, a *area) {
	clear(q.pos)
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
		if failing >= 0 {
			in := q.inputs[failing]
			g := &in.segs[q.pos[failing]]
			a.lost[loss{g.code, in.about(g.trait)}] += end - cur
		} else {
			q.cover(cur, end, a)
		}
		cur = end
	}
}

// cover adds [from, to), in which every input is a straight line.
func (q *quantity) cover(from, to int64, a *area) {
	a.covered += to - from
	dt := float64(to-from) / float64(second)
	for n, in := range q.inputs {
		g := &in.segs[q.pos[n]]
		q.v0[n], q.v1[n] = g.at(from), g.at(to)
		if g.code != agent.NoReason {
			a.doubts[g.code] += to - from
		}
	}
	for i, factors := range q.factors {
		p0, p1 := 1.0, 1.0
		for _, n := range factors {
			p0 *= q.v0[n]
			p1 *= q.v1[n]
		}
		a.sums[i] += (p0 + p1) / 2 * dt
		if !q.offset[i] {
			continue
		}
		for j := range factors {
			o0, o1 := 1.0, 1.0
			for m, n := range factors {
				if m != j {
					o0 *= q.v0[n]
					o1 *= q.v1[n]
				}
			}
			a.others[i][j] += (math.Abs(o0) + math.Abs(o1)) / 2 * dt
		}
	}
}

// summarise turns an area into the sum of w and books what no stretch covers.
func (e *Engine) summarise(q *quantity, a *area, w span) sum {
	s := newSum(len(q.Terms))
	s.seconds = float64(a.covered) / float64(second)
	for i, t := range q.Terms {
		s.parts[i] = q.uncertain(i, t.Factor*a.sums[i], a.others[i], a.covered > 0)
	}
	for l, ns := range a.lost {
		s.lose(l.code, l.about, float64(ns)/float64(second))
	}
	for code, ns := range a.doubts {
		s.doubtful(code, float64(ns)/float64(second))
	}
	if q.begin > w.start {
		s.partial = true
		s.lose(agent.PartialWindow, "", span{w.start, min(q.begin, w.end)}.seconds())
	}
	e.clockDoubts(&s, span{max(w.start, q.begin), w.end})
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
			s.doubtful(agent.ClockStep, w.seconds())
		}
		if lo, hi := max(reached, w.start), min(next.start, w.end); lo < hi {
			s.lose(agent.ClockStep, agent.Own, span{lo, hi}.seconds())
		}
		reached = max(reached, next.end)
	}
}

// uncertain gives a term's share with its standard uncertainty: relative parts
// in quadrature times the total, absolute parts times what they multiply. A
// totaliser's absolute part is that of its two readings, which is random.
func (q *quantity) uncertain(i int, total float64, others []float64, covered bool) part {
	p := part{total: total}
	var square float64
	for j, tag := range q.Terms[i].Tags {
		if !tag.Accuracy.Stated() {
			p.usys = -1
			return p
		}
		rel, offset := tag.Accuracy.Standard()
		square += rel * rel * total * total
		scale := q.Terms[i].Factor * offset
		switch {
		case tag.Counter != nil && covered:
			p.urand += 2 * scale * scale
		case tag.Counter == nil:
			square += scale * scale * others[j] * others[j]
		}
	}
	p.usys = math.Sqrt(square)
	return p
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
