package kpi

import (
	"math"
	"slices"

	"recoup/agent"
)

// feeds says which level's windows are added up to a level's.
func (l level) feeds() []level {
	switch l {
	case cell:
		return []level{hour, shift, day}
	case day:
		return []level{week, month}
	case month:
		return []level{year}
	}
	return nil
}

// close closes every cell whose inputs have all been heard from past its end,
// or that has waited for longer than the grace.
func (e *Engine) close() {
	for e.begun && (e.newest > max(e.open.end, e.resumed)+e.grace || e.furthest >= e.open.end && e.heard(e.open.end)) {
		e.passOver()
		e.closeCell()
	}
	slices.SortStableFunc(e.results, func(a, b agent.Result) int { return rank(a.Window.Kind) - rank(b.Window.Kind) })
}

func rank(k agent.WindowKind) int { return slices.Index(agent.WindowKinds(), k) }

func (e *Engine) heard(t int64) bool {
	for _, in := range e.inputs {
		if in.seen < t {
			return false
		}
	}
	return true
}

func wholly(*quantity) int64 { return math.MaxInt64 }

// closeCell closes the open cell and every window that ends with it.
func (e *Engine) closeCell() {
	w := e.open
	sums, debts := e.integrate(w, wholly, e.stocks(true))
	stored := make([]bool, len(sums))
	for i, q := range e.quantities {
		q.repay(&q.debt, &sums[i], w)
		for len(q.adopted) > 0 && q.adopted[0].start <= w.start {
			if q.adopted[0].start == w.start {
				sums[i], stored[i] = q.adopted[0].sum, true
			}
			q.adopted = q.adopted[1:]
		}
		q.scattered(&sums[i])
		if !stored[i] { // a stored cell owes nothing: it was closed with its readings
			q.borrow(&debts[i])
		}
	}
	for i, q := range e.quantities {
		if sums[i].begun && !stored[i] {
			e.emit(q, &sums[i], cell, w)
		}
	}
	e.ascend(cell, w, sums)
	e.advance(w.end)
}

// advance makes the cell that begins at t the oldest open one.
func (e *Engine) advance(t int64) {
	e.open = e.cal.window(cell, t)
	for _, in := range e.inputs {
		for k := range in.runs {
			in.runs[k].prune(t - in.keep)
		}
	}
	e.forget(t)
}

func (e *Engine) emit(q *quantity, s *sum, l level, w span) {
	e.results = append(e.results, q.result(s, l, w, e.cal.zone, w.seconds()))
}

// ascend adds the sums of a closed window to the larger ones and closes those
// that end with it.
func (e *Engine) ascend(from level, w span, sums []sum) {
	for _, l := range from.feeds() {
		if !e.cal.has(l) {
			continue
		}
		if w.start >= e.windows[l].end {
			e.windows[l] = e.cal.window(l, w.start)
		}
		for i, q := range e.quantities {
			q.gather(&q.sums[l], e.windows[l], w, &sums[i])
		}
		if w.end < e.windows[l].end {
			continue
		}
		whole := make([]sum, len(sums))
		for i, q := range e.quantities {
			whole[i], q.sums[l] = q.sums[l], sum{}
			if whole[i].begun {
				e.emit(q, &whole[i], l, e.windows[l])
			}
		}
		e.ascend(l, e.windows[l], whole)
	}
}

// gather adds a part of a window to the running sum of it.
func (q *quantity) gather(own *sum, window, part span, s *sum) {
	if !s.begun {
		return
	}
	if !own.begun {
		*own = newSum(len(q.Terms))
		for i, p := range s.parts {
			own.parts[i].head = p.head
		}
		if window.start < part.start {
			own.partial = true
			own.lose(agent.PartialWindow, "", span{window.start, part.start}.seconds())
		}
	}
	own.add(s)
}
