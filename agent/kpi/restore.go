package kpi

import (
	"fmt"

	"recoup/agent"
)

// Restore takes a checkpoint. Quantities whose definition is the same go on as
// if nothing had been; the open windows of the others are closed as Partial and
// come with the next Add of a source's batch. An error leaves the engine as it was.
func (e *Engine) Restore(data []byte) error {
	st, err := decode(data)
	if err != nil {
		return fmt.Errorf("restoring the KPI engine: %w", err)
	}
	if st.definition == e.definition() && st.begun && e.cal.window(cell, st.open.start) != st.open {
		return fmt.Errorf("restoring the KPI engine: its open cell is none of the plant's calendar: %w", errDamaged)
	}
	e.resume(st)
	if len(e.waiting) > 0 || len(e.changed) > 0 {
		e.origin = append([]byte(nil), data...)
	}
	return nil
}

func (e *Engine) resume(st *state) {
	same := map[*quantity]bool{}
	for _, q := range e.quantities {
		for _, old := range st.quantities {
			if old.Name == q.Name && old.config == q.config {
				q.begun, q.begin, q.sums = old.begun, old.begin, old.sums
				q.debt, q.stocks, q.adopted = old.debt, old.stocks, old.adopted
				e.resumeLot(q, old)
				same[old] = true
			}
		}
	}
	e.epoch, e.lastHeard, e.restarted = st.epoch, st.lastHeard, st.restarted
	if len(same) > 0 {
		e.newest, e.resumed, e.clocked, e.begun, e.first, e.open = st.newest, st.resumed, st.clocked, st.begun, st.first, st.open
		e.windows, e.stretches = st.windows, st.stretches
		e.resumeInputs(st)
	}
	e.cutShort(st, same)
}

func (e *Engine) resumeInputs(st *state) {
	for _, in := range e.inputs {
		in.runs = make([]series, len(e.stretches))
	}
	for _, old := range st.inputs {
		in := e.byName[old.tag.Name]
		if in == nil || in.hash != old.hash {
			continue
		}
		in.names = old.names
		in.overdue = old.overdue
		in.seen, in.bridge, in.counter, in.runs, in.repeats = old.seen, old.bridge && len(old.runs) > 1, old.counter, old.runs, old.repeats
		in.late, in.inLot = old.late, old.inLot
		in.pace.resume(&old.pace)
		e.furthest = max(e.furthest, in.seen)
	}
}

// cutShort makes the last results of quantities that are no longer computed as
// they were: their windows end where the last cell closed. What the open cell
// held is lost with the old definition.
func (e *Engine) cutShort(st *state, same map[*quantity]bool) {
	old := &Engine{cal: e.cal, windows: st.windows}
	for _, q := range st.quantities {
		if !same[q] {
			old.quantities = append(old.quantities, q)
		}
	}
	if !st.begun || len(old.quantities) == 0 {
		return
	}
	r := old.running()
	for i, q := range old.quantities {
		if n := len(e.changed); n == 0 || e.changed[n-1].Key != q.Name { // of both figures of a quantity once
			e.changed = append(e.changed, agent.Event{Kind: agent.DefinitionNew, Key: q.Name})
		}
		if !q.begun {
			continue
		}
		e.likenessOf(q)
		e.waiting = append(append(e.waiting, r.cut(i, st.open)...), q.cutLot(e.cal.zone)...)
	}
}

// cut ends a quantity's running windows where the open cell began. The cell
// itself is withheld.
func (r *running) cut(at int, open span) (all []agent.Result) {
	q := r.e.quantities[at]
	r.windows[cell], r.sums[at][cell] = open, newSum(len(q.Terms))
	for l := range levels {
		s, w := &r.sums[at][l], r.windows[l]
		if !s.begun {
			continue
		}
		s.partial = true
		s.lose(agent.PartialWindow, "", span{open.start, w.end}.seconds())
		all = append(all, q.result(s, l, w, r.e.cal.zone, w.seconds()))
	}
	return all
}

// likenessOf lends an old quantity the figure of a present one of the same
// family, key and terms; without one its value cannot be computed.
func (e *Engine) likenessOf(old *quantity) {
	old.gain = make([]float64, len(old.Terms))
	old.Value = func([]float64) (float64, []float64, agent.Reason) {
		return 0, nil, agent.Reason{Code: agent.PartialWindow, Detail: "its definition is no longer known"}
	}
	for _, q := range e.quantities {
		alike := q.family == old.family && q.Key == old.Key && q.Unit == old.Unit && q.Expression == old.Expression && len(q.Terms) == len(old.Terms)
		for i := 0; alike && i < len(q.Terms); i++ {
			alike = q.Terms[i].Role == old.Terms[i].Role && q.Terms[i].Unit == old.Terms[i].Unit
		}
		if alike {
			old.Value, old.Bounds, old.MinCoverage, old.Methods, old.Of = q.Value, q.Bounds, q.MinCoverage, q.Methods, q.Of
			old.Cautions, old.Claim, old.Substitute = q.Cautions, q.Claim, q.Substitute
			for i := range q.Terms {
				old.Terms[i].Spread = q.Terms[i].Spread
			}
			return
		}
	}
}
