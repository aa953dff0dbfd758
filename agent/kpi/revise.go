package kpi

import (
	"math"
	"time"

	"recoup/agent"
)

var _ agent.Reviser = (*Engine)(nil)

// Afresh gives another engine of the same definitions, which has seen nothing.
func (e *Engine) Afresh() agent.Reviser {
	other, err := New(e.plant, e.kpis)
	if err != nil {
		panic("BUG: what an engine was made from makes none: " + err.Error())
	}
	return other
}

// Above gives the windows that w is added up in.
func (e *Engine) Above(w agent.Window) (all []agent.Window) {
	from := level(rank(w.Kind))
	if from < cell {
		return nil
	}
	for _, l := range from.feeds() {
		if e.cal.has(l) {
			all = append(all, windowOf(l, e.cal.window(l, w.Start.UnixNano()), e.cal.zone))
		}
	}
	return all
}

// Sum makes a larger window's result from the newest results of its parts, as
// closing does; false when they do not follow one another up to its end.
func (e *Engine) Sum(of agent.Result, parts []agent.Result) (agent.Result, bool) {
	l := level(rank(of.Window.Kind))
	for _, q := range e.quantities {
		if q.Name != of.KPI || q.counted != of.States || q.config != of.Config || l <= cell {
			continue
		}
		w := span{of.Window.Start.UnixNano(), of.Window.End.UnixNano()}
		if s, ok := q.regather(w, w.end, parts); ok {
			return q.result(&s, l, w, e.cal.zone, w.seconds()), true
		}
	}
	return agent.Result{}, false
}

// regather adds results of parts up to what a window holds at instant upTo.
func (q *quantity) regather(w span, upTo int64, parts []agent.Result) (s sum, ok bool) {
	at := int64(0)
	for i := range parts {
		p := &parts[i]
		part := span{p.Window.Start.UnixNano(), p.Window.End.UnixNano()}
		if p.Config != q.config || len(p.Terms) != len(q.Terms) {
			if s.begun {
				return sum{}, false
			}
			continue
		}
		if s.begun && part.start != at {
			return sum{}, false
		}
		of := q.sumOf(p)
		if p.Window.Kind == agent.Cell {
			q.scattered(&of)
		}
		q.gather(&s, w, part, &of)
		at = part.end
	}
	return s, s.begun && at == upTo
}

// Amend lets the running windows be the sums of their closed parts.
func (e *Engine) Amend(parts agent.Parts, from, to time.Time, seen uint64) {
	for _, q := range e.quantities {
		for _, below := range []level{cell, day, month} {
			upTo := e.cal.window(below, e.open.start).start
			for _, l := range below.feeds() {
				if own := &q.sums[l]; own.begun {
					w := e.windows[l]
					again, ok := q.regather(w, upTo, parts(q.Name, q.counted, agent.WindowKinds()[below], instant(w.start), instant(upTo)))
					if ok && math.Abs(again.elapsed()-own.elapsed()) < 1 {
						*own = again
					}
				}
			}
		}
	}
	e.settled(from.UnixNano(), to.UnixNano(), seen)
}

// elapsed is the time that a sum accounts for, covered or lost.
func (s *sum) elapsed() float64 {
	t := s.seconds
	for _, l := range s.lost {
		t += l.Seconds
	}
	return t
}
