package kpi

import (
	"math"

	"recoup/agent"
)

// An instrument that repeats one value, bit for bit, for as long as its tag says
// it cannot is doubted: what it showed since the first of the equal samples is
// Uncertain, as far as the open cells still hold it, and so is each further one
// until another value comes. A flow that is cut off repeats 0 in good order. What
// a subscribing source vouches for is repeated too, because a frozen node of an
// OPC UA server sends nothing. A sample that the device calls uncertain keeps its
// own doubt.
//
// The event of it is open only within one run of the agent, which ends all open
// events when it starts; what still holds is then raised anew.

// repetition is how long an input has shown one value.
type repetition struct {
	on          bool
	v           float64
	since, last int64 // of its first sample; of the newest sample, on or not
	told        bool  // its event is open
	begun       int64 // start of that event
}

func (r *repetition) lasts(limit int64) bool { return r.on && r.last-r.since >= limit }

// step takes the next sample in time. A bad one, or none for a while, says
// nothing of what the instrument showed: the same value after it is the same
// repetition.
func (r *repetition) step(el *element) {
	switch {
	case !el.usable():
		return
	case el.v == 0:
		r.on, r.v, r.since = false, 0, 0
	case !r.on || !equal(el.v, r.v):
		r.on, r.v, r.since = true, el.v, el.t
	}
	r.last = el.t
}

func equal(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// watch follows an input's repetition after a sample at t came into stretch k.
func (e *Engine) watch(in *input, k int, t int64) {
	limit, r := int64(in.tag.Frozen), &in.repeats
	if limit <= 0 || in.shape.counter || k != len(in.runs)-1 {
		return
	}
	lasted, ends := r.lasts(limit), t
	if newest := in.runs[k].newest(); newest.t > r.last {
		if lasted && newest.usable() && newest.t-r.last > in.shape.gap && !newest.vouches() {
			ends = r.last // how long it went on in the gap is not known
		}
		r.step(newest)
		if lasted && r.lasts(limit) {
			newest.doubt(r.v)
		}
	} else {
		in.retrace()
		lasted = false
	}
	if !lasted && r.lasts(limit) {
		e.doubtHeld(in)
	}
	e.tellFrozen(in, r.lasts(limit), ends)
}

// retrace finds the repetition anew, after a sample that did not come last in
// time. Where it reaches back beyond what is held it is as old as was known.
func (in *input) retrace() {
	r, known := &in.repeats, in.repeats
	r.on, r.last = false, longAgo
	run := &in.runs[len(in.runs)-1]
	oldest := int64(math.MaxInt64)
	for i := range run.elems {
		if el := &run.elems[i]; !el.isMark() && el.usable() {
			oldest = min(oldest, el.t)
			r.step(el)
		}
	}
	if r.on && known.on && equal(r.v, known.v) && r.since == oldest {
		r.since = min(r.since, known.since)
	}
}

// doubtHeld doubts all of a repetition that is held, back over sets of the clock.
func (e *Engine) doubtHeld(in *input) {
	since := in.repeats.since
	for k := len(in.runs) - 1; k >= 0; k-- {
		elems := in.runs[k].elems
		for i := len(elems) - 1; i >= 0 && elems[i].t >= since; i-- {
			elems[i].doubt(in.repeats.v)
		}
		if !e.stretches[k].linked {
			return
		}
		since -= e.stretches[k].shift
	}
}

// doubt makes a Good sample of the value Uncertain.
func (e *element) doubt(v float64) {
	if !e.isMark() && e.trait&qualityBits == trait(agent.Good) && equal(e.v, v) {
		e.code, e.trait = agent.Frozen, e.trait&^qualityBits|trait(agent.Uncertain)
	}
}

// tellFrozen opens or ends the event of an input's repetition.
func (e *Engine) tellFrozen(in *input, lasts bool, ends int64) {
	r := &in.repeats
	if r.told == lasts {
		return
	}
	event := agent.Event{Kind: agent.TagFrozen, Key: in.tag.Name, Reason: agent.Reason{Code: agent.Frozen}}
	if lasts {
		r.begun = r.since
	} else {
		event.End = instant(max(ends, r.begun))
	}
	r.told, event.Start = lasts, instant(r.begun)
	e.events = append(e.events, event)
}

// untell forgets, at the first batch of an epoch, the events that were open: the
// start of the agent has ended them, but for those that this batch opens because
// the run before found them and could not store them.
func (e *Engine) untell(b *agent.Batch) {
	for _, in := range e.inputs {
		in.repeats.told, in.repeats.begun = false, 0
	}
	for i := range b.Events {
		event := &b.Events[i]
		if in := e.byName[event.Key]; event.Kind == agent.TagFrozen && in != nil && in.tag.Frozen > 0 {
			in.repeats.told, in.repeats.begun = event.End.IsZero(), event.Start.UnixNano()
		}
	}
}

// carry brings a repetition into a stretch that begins with a set of the clock;
// where its place there is unknown it is over.
func (r *repetition) carry(next *stretch) {
	if next.linked {
		r.since, r.last = r.since+next.shift, r.last+next.shift
	} else {
		r.on, r.v, r.since, r.last = false, 0, 0, longAgo
	}
}
