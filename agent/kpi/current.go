package kpi

import "recoup/agent"

// Current gives the running windows from the closed cells and what the open
// ones hold up to the newest instant that every input of the quantity has
// spoken for, or the grace behind the newest batch. Coverage is relative to the
// time elapsed until then. It changes nothing; its cost grows with the open
// cells only.
func (e *Engine) Current() []agent.Result {
	if !e.begun {
		return nil
	}
	r, stocks, debts := e.running(), e.stocks(false), make([]debt, len(e.quantities))
	for i, q := range e.quantities {
		debts[i] = q.debt.clone()
	}
	for w := e.open; ; w = e.cal.window(cell, w.end) {
		sums, _ := e.integrate(w, e.known, stocks)
		for i, q := range e.quantities {
			q.repay(&debts[i], &sums[i], w)
			q.scattered(&sums[i])
		}
		r.add(w, sums)
		if w.end > max(e.newest, e.furthest) {
			return r.results()
		}
	}
}

// known is the instant up to which a quantity can be told.
func (e *Engine) known(q *quantity) int64 {
	t := q.inputs[0].seen
	for _, in := range q.inputs[1:] {
		t = min(t, in.seen)
	}
	for i := range q.masks {
		t = min(t, q.masks[i].in.seen)
	}
	return max(t, e.newest-e.grace)
}

// running holds sums of windows that have not closed.
type running struct {
	e       *Engine
	windows [levels]span
	sums    [][levels]sum // per quantity
}

// running copies the sums so far; unlike those of the engine each level's
// include what its parts have gathered since they began.
func (e *Engine) running() *running {
	r := &running{e: e, windows: e.windows, sums: make([][levels]sum, len(e.quantities))}
	for i, q := range e.quantities {
		for l := range q.sums {
			if q.sums[l].begun {
				r.sums[i][l] = q.sums[l].clone()
			}
		}
	}
	for _, from := range []level{day, month} {
		for _, l := range from.feeds() {
			if w := r.windows[from]; w.end > 0 && w.start >= r.windows[l].end {
				r.windows[l] = e.cal.window(l, w.start)
			}
			for i, q := range e.quantities {
				q.gather(&r.sums[i][l], r.windows[l], r.windows[from], &r.sums[i][from])
			}
		}
	}
	return r
}

// add takes an open cell in.
func (r *running) add(w span, sums []sum) {
	for l := range levels {
		if !r.e.cal.has(l) {
			continue
		}
		begins := l == cell || w.start >= r.windows[l].end
		if begins {
			r.windows[l] = r.e.cal.window(l, w.start)
		}
		for i, q := range r.e.quantities {
			if begins {
				r.sums[i][l] = sum{}
			}
			q.gather(&r.sums[i][l], r.windows[l], w, &sums[i])
		}
	}
}

func (r *running) results() (all []agent.Result) {
	for i, q := range r.e.quantities {
		for l := range levels {
			if s, w := &r.sums[i][l], r.windows[l]; s.begun {
				elapsed := span{w.start, min(w.end, max(r.e.known(q), w.start))}
				all = append(all, q.result(s, l, w, r.e.cal.zone, elapsed.seconds()))
			}
		}
	}
	return all
}
