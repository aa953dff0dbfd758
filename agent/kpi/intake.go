package kpi

import (
	"cmp"
	"math"
	"slices"

	"recoup/agent"
)

const (
	farAgo   = 15 * 60e9  // a reading older than this when received does not say when its KPI began
	farAhead = 7289654400 // the year 2201 in Unix seconds: no reading is from then on
)

// Add takes the next batch in and returns the results of all windows that it
// closed, smallest first, and what it made known. The agent's own batches only
// mark epochs and gaps and bring stored results; they return nothing.
func (e *Engine) Add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	if !b.Backfill {
		e.heed(b)
	}
	if b.Source == agent.Own {
		e.addOwn(b)
		return nil, nil
	}
	e.results, e.events = e.waiting, e.changed
	e.waiting, e.changed, e.origin = nil, nil, nil
	for i := range e.events {
		e.events[i].Start, e.events[i].End = b.Received, b.Received
	}
	wall := b.Received.UnixNano()
	k := e.locate(b, wall)
	if !b.Backfill {
		if e.restarted {
			e.resumed, e.restarted = wall, false
		}
		e.beginAt(b, wall)
		e.tellOverdue(wall)
	}
	starting := e.starting(b)
	for _, totals := range []bool{false, true} { // rates first: they tell how often a totaliser began anew
		for i := range b.Readings {
			if in := e.inputOf(b.Readings[i].Tag); in != nil && in.totals() == totals {
				e.take(in, k, b, starting.of(&b.Readings[i]), wall)
			}
		}
	}
	e.tellLate(b)
	e.hear(b, k, wall)
	e.close()
	return e.results, e.events
}

// heed notices that the agent was restarted: every input was unwatched from
// the last batch on.
func (e *Engine) heed(b *agent.Batch) {
	if e.epoch != 0 && b.Epoch != e.epoch {
		e.restarted = true
		for _, in := range e.inputs {
			e.place(in, len(in.runs)-1, element{t: e.lastHeard, code: agent.AgentStopped, trait: mark | byAgent})
		}
		e.untell(b)
		e.forgetOverdue(b)
	}
	e.epoch, e.lastHeard = b.Epoch, b.Received.UnixNano()
}

// beginAt begins the quantities that have not, with the earliest reading of
// their first batch.
func (e *Engine) beginAt(b *agent.Batch, wall int64) {
	if e.begun && !slices.ContainsFunc(e.quantities, func(q *quantity) bool { return !q.begun }) {
		return
	}
	begin := wall
	for i := range b.Readings {
		if t := timeOf(&b.Readings[i], wall); t < begin && t >= wall-farAgo {
			begin = t
		}
	}
	if !e.begun {
		e.start(begin)
	}
	for _, q := range e.quantities {
		if !q.begun {
			q.begun, q.begin = true, max(begin, e.open.start)
		}
	}
}

func (e *Engine) start(begin int64) {
	e.begun, e.open = true, e.cal.window(cell, begin)
	e.first = e.open.start
}

// timeOf gives when a reading was true; a driver that left it open means when
// it was received.
func timeOf(r *agent.Reading, wall int64) int64 {
	if s := r.Time.Unix(); s < 0 || s >= farAhead {
		return wall
	}
	return r.Time.UnixNano()
}

// take puts one reading into its input's series.
func (e *Engine) take(in *input, k int, b *agent.Batch, r *agent.Reading, wall int64) {
	t := timeOf(r, wall)
	if !b.Backfill {
		e.saw(in, min(t, wall))
	}
	el := element{}
	if !in.shape.counter {
		el = in.sample(r, t)
	}
	late := e.begun && t < e.open.start
	if late {
		in.cameLate(k, t, el)
	}
	if in.shape.counter {
		e.count(in, k, r, t)
		return
	}
	if late {
		if s := &in.runs[k]; len(s.elems) > 0 && t < s.elems[0].t && s.elems[0].t <= e.open.start {
			return // something newer is held already for the open cells to begin from
		}
	}
	if newest := in.runs[k].newest(); newest != nil && len(r.Tag.Ratios) > 0 {
		e.tellRatio(in, r.Tag, newest.t, t)
	}
	e.place(in, k, el)
	e.watch(in, k, t)
	in.drive(el)
}

// sample converts a reading.
func sample(tag *agent.Tag, r *agent.Reading, t int64) element {
	v, ok := r.Tag.EngAt(r.Value, instant(t))
	if _, known := r.Tag.RatioAt(instant(t)); !known {
		return element{t: t, code: agent.NoFactor}
	}
	if r.Quality == agent.Bad || !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return element{t: t, code: badCode(r)}
	}
	if math.Abs(v) < tag.Cutoff {
		v = 0
	}
	return taken(r, t, v)
}

// taken holds a usable reading's value.
func taken(r *agent.Reading, t int64, v float64) element {
	el := element{t: t, v: v, trait: trait(r.Quality)}
	if r.Quality == agent.Uncertain {
		el.code = r.Reason.Code
		if el.code == agent.NoReason {
			el.code = agent.DeviceDoubt
		}
	}
	return el
}

func (e *Engine) saw(in *input, t int64) {
	in.seen = max(in.seen, t)
	e.furthest = max(e.furthest, in.seen)
}

// hear draws from a batch what it says about its whole source.
func (e *Engine) hear(b *agent.Batch, k int, wall int64) {
	whole := !b.More && !b.Backfill
	held := int64(longAgo)
	if whole && !b.HeldUntil.IsZero() {
		held = b.HeldUntil.UnixNano()
	}
	for _, in := range e.sources[b.Source] {
		switch {
		case b.Err.Code != agent.NoReason:
			e.place(in, k, element{t: wall, code: b.Err.Code, trait: mark | bySource})
			e.saw(in, wall)
		case whole && in.shape.hold:
			e.saw(in, wall)
		}
		if held != longAgo {
			e.vouch(in, k, held, wall)
		}
	}
	if whole {
		e.newest = max(e.newest, wall)
	}
}

// vouch extends an input's newest value to t, as its source says.
func (e *Engine) vouch(in *input, k int, t, wall int64) {
	if !in.shape.counter {
		if in.runs[k].vouch(t); t > in.repeats.last && in.runs[k].newest() != nil {
			e.watch(in, k, t)
		}
	} else if in.counter.have && t > in.counter.t && in.counter.other.n == 0 && !in.counter.zero.on {
		in.counter.t = t
		if l := in.runs[k].last(); l != nil && l.vouches() {
			l.t = t
		} else {
			in.runs[k].put(element{t: t, trait: trait(agent.Good) | vouched})
		}
	}
	e.saw(in, min(t, wall))
}

// addOwn takes in what the agent itself had to say: gaps that were recorded
// and the stored results of cells.
func (e *Engine) addOwn(b *agent.Batch) {
	for i := range b.Events {
		g := b.Events[i].Gap
		if g == nil || g.First.IsZero() {
			continue
		}
		for source, rows := range g.Rows {
			for _, in := range e.sources[source] {
				if rows > 0 {
					e.place(in, len(in.runs)-1, element{t: g.First.UnixNano(), code: agent.Dropped, trait: mark | bySource})
				}
			}
		}
	}
	for i := range b.Results {
		e.adopt(&b.Results[i])
	}
}

// adopt keeps a stored cell's terms until the cell closes.
func (e *Engine) adopt(r *agent.Result) {
	if r.Window.Kind != agent.Cell {
		return
	}
	start := r.Window.Start.UnixNano()
	for _, q := range e.quantities {
		if q.Name != r.KPI || q.config != r.Config || len(q.Terms) != len(r.Terms) || len(r.Terms) == 0 {
			continue
		}
		if e.begun && start < e.open.start || e.cal.window(cell, start) != (span{start, r.Window.End.UnixNano()}) {
			return
		}
		if !e.begun {
			e.start(start)
		}
		if !q.begun {
			q.begun, q.begin = true, start
		}
		at, found := slices.BinarySearchFunc(q.adopted, start, func(a adopted, t int64) int { return cmp.Compare(a.start, t) })
		if found {
			q.adopted = slices.Delete(q.adopted, at, at+1)
		}
		q.adopted = slices.Insert(q.adopted, at, adopted{start, q.sumOf(r)})
	}
}

// sumOf reads a sum back from a result.
func (q *quantity) sumOf(r *agent.Result) sum {
	s, w := newSum(len(r.Terms)), span{r.Window.Start.UnixNano(), r.Window.End.UnixNano()}
	s.partial, s.seconds = r.Partial, r.Terms[0].Seconds
	var madeGood float64
	for _, l := range r.Terms[0].Lost {
		s.lose(l.Cause, l.About, l.Seconds)
		madeGood += min(0, l.Seconds)
	}
	totals := totalsOf(r)
	for i, t := range r.Terms {
		s.parts[i] = part{total: t.Total, usys: t.USys, urand: max(0, t.URand*t.URand-q.atOnce(i, w, totals)), stock: q.Terms[i].Stock, head: t.Head, tail: t.Tail, sways: q.swayedLike(i, t.Total)}
	}
	if madeGood < 0 {
		s.caught = w.start + int64(madeGood*float64(second))
	}
	for _, d := range r.Doubts {
		s.doubtful(d.Cause, d.About, d.Seconds)
	}
	s.doubted = r.Doubted
	switch code := r.Reason.Code; {
	case r.Quality != agent.Uncertain || len(r.Doubts) > 0:
	case code == agent.NoReason || code == agent.CaughtUp || code == agent.PartialWindow || code == agent.LowCoverage || code == agent.TrendOnly || code == agent.ClosureFailed || code == agent.OutsideModel:
	default:
		s.doubtful(code, r.Reason.Detail, s.seconds)
		s.doubted = s.seconds
	}
	return s
}
