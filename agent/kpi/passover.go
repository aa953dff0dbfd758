package kpi

const longGap = 40 * 24 * 3600 * second // beyond it whole days are passed over without results of their own

// passOver skips whole days of a very long silence, as after a clock that was
// far off: their loss is booked in the larger windows, day by day, without
// results of cells, hours, shifts or days.
func (e *Engine) passOver() {
	for e.newest-longGap > e.open.end {
		w := e.cal.window(day, e.open.start)
		if w.start != e.open.start || w.end > e.newest-longGap || e.pending(w) {
			return
		}
		e.finish(w)
		sums, debts := e.integrate(w, wholly, e.stocks(true))
		for i, q := range e.quantities {
			q.borrow(&debts[i])
		}
		e.windows[day] = w
		e.ascend(day, w, sums)
		e.advance(w.end)
	}
}

// pending reports that the day holds samples or stored cells, so that it must
// be gone through cell by cell.
func (e *Engine) pending(w span) bool {
	for _, q := range e.quantities {
		if q.sums[day].begun || len(q.adopted) > 0 {
			return true
		}
	}
	for _, in := range e.inputs {
		for k := range in.runs {
			if in.runs[k].before(w.end) != in.runs[k].before(w.start) {
				return true
			}
		}
	}
	return false
}

// finish closes the hours and shifts that reach into a day that is passed over.
func (e *Engine) finish(w span) {
	for _, l := range []level{hour, shift} {
		if window := e.windows[l]; window.end > w.start {
			rest := span{w.start, window.end}
			sums, _ := e.integrate(rest, wholly, e.stocks(true))
			for i, q := range e.quantities {
				if own := &q.sums[l]; own.begun {
					q.gather(own, window, rest, &sums[i])
					e.emit(q, own, l, window)
					*own = sum{}
				}
			}
		}
		e.windows[l] = span{}
	}
}
