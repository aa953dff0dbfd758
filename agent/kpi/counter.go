package kpi

import (
	"fmt"
	"math"
	"slices"

	"recoup/agent"
)

const (
	slack      = 1.2 // a totaliser may run this much faster than its stated largest rate
	consistent = 3   // readings that agree with each other against the base: another meter
)

// counter follows one totaliser: which readings to believe, and what they add.
type counter struct {
	have  bool
	raw   float64 // base, in wire units
	t     int64   // of the base
	other struct {
		n   int // rejected readings that agree with each other
		raw float64
		t   int64
	}
	zero   zero    // a register that shows 0, which may be a PLC that starts
	finest float64 // step between neighbouring values of the register, in wire units; 0: not read yet
}

// step is what one reading of a totaliser means.
type step struct {
	taken bool       // the reading is the new base
	fresh bool       // and how far it lies from the old one is not known
	delta float64    // advance in the tag's unit
	doubt bool       // delta is to be doubted
	code  agent.Code // what is odd about it, if anything
	told  bool       // the oddity was reported before
	how   string     // what an event adds to it
}

// read judges a reading at t. The limit of plausibility is the largest rate
// times the time since the base, with slack, plus one count of the register,
// which a whole count may be late. rate is what is known of the rate that it
// totals, nil for nothing.
func (c *counter) read(tag *agent.Tag, v agent.Value, t int64, rate *pace) step {
	raw, _ := v.Float()
	if !c.have {
		c.have, c.raw, c.t, c.finest = true, raw, t, resolution(v)
		return step{taken: true}
	}
	s := c.judge(tag, v, raw, t, rate)
	switch {
	case s.code == agent.CounterReset && c.zero.starting(raw, t):
		return step{code: agent.Restarted, told: true}
	case s.taken:
		c.raw, c.t, c.other.n, c.zero.on, c.finest = raw, t, 0, false, resolution(v)
		return s
	}
	return c.reject(tag, v, raw, t)
}

func (c *counter) judge(tag *agent.Tag, v agent.Value, raw float64, t int64, rate *pace) step {
	scale := scaleOver(tag, c.t, t)
	limit := limitOf(tag, v, t-c.t, scale)
	d := raw - c.raw
	if c.several(tag, d, scale, t) {
		return c.unwind(tag, d, scale, limit, t, rate)
	}
	if d >= 0 {
		return step{taken: d*scale <= limit, delta: d * scale}
	}
	modulus := tag.Counter.Modulus
	switch w := (d + modulus) * scale; {
	case modulus > 0 && w >= 0 && w <= limit && c.raw >= modulus/2:
		return step{taken: true, delta: w, code: agent.CounterWrap}
	case raw >= 0 && raw*scale <= limit:
		return step{taken: true, delta: raw * scale, doubt: true, code: agent.CounterReset}
	}
	return step{}
}

// reject keeps the base, unless the rejected readings have come to agree.
func (c *counter) reject(tag *agent.Tag, v agent.Value, raw float64, t int64) step {
	o := &c.other
	d := raw - o.raw
	if scale := scaleOver(tag, o.t, t); o.n > 0 && d >= 0 && d*scale <= limitOf(tag, v, t-o.t, scale) {
		o.n++
	} else {
		o.n = 1
	}
	o.raw, o.t = raw, t
	if o.n < consistent {
		return step{code: agent.CounterSpike, told: o.n > 1}
	}
	c.raw, c.t, o.n, c.zero.on, c.finest = raw, t, 0, false, resolution(v)
	return step{taken: true, fresh: true, code: agent.MeterReplaced}
}

func scaleOf(tag *agent.Tag) float64 {
	if tag.Scale == 0 {
		return 1
	}
	return tag.Scale
}

func limitOf(tag *agent.Tag, v agent.Value, dt int64, scale float64) float64 {
	if tag.Counter.MaxRate <= 0 {
		return math.Inf(1)
	}
	return tag.Counter.MaxRate*float64(dt)/float64(second)*slack + resolution(v)*math.Abs(scale)
}

// resolution is the step between neighbouring values of the register.
func resolution(v agent.Value) float64 {
	switch v.Kind() {
	case agent.Int64, agent.Uint64:
		return 1
	case agent.Float32:
		f := math.Float32frombits(uint32(v.Bits()))
		return math.Abs(float64(math.Nextafter32(f, math.MaxFloat32)) - float64(f))
	}
	return 0
}

// fineness is the step of a totaliser's register in its unit, over w. Where no
// register was read yet it is one count.
func (q *quantity) fineness(tag *agent.Tag, w span) float64 {
	count := 1.0
	if at := slices.IndexFunc(q.inputs, func(in *input) bool { return in.tag.Name == tag.Name }); at >= 0 {
		if c := &q.inputs[at].counter; c.have {
			count = c.finest
		}
	}
	return count * scaleOf(tag) * largestRatio(tag, w)
}

// count takes a totaliser's reading into its series.
func (e *Engine) count(in *input, k int, r *agent.Reading, t int64) {
	raw, isNumber := r.Value.Float()
	if r.Quality == agent.Bad || !isNumber || math.IsNaN(raw) || math.IsInf(raw, 0) {
		e.place(in, k, element{t: t, code: badCode(r), trait: mark})
		return
	}
	if in.counter.have && t <= in.counter.t {
		return // an older reading adds nothing to a total
	}
	if _, known := r.Tag.RatioAt(instant(t)); !known {
		e.place(in, k, element{t: t, code: agent.NoFactor, trait: mark})
		return
	}
	before := in.counter
	s := in.counter.read(r.Tag, r.Value, t, in.rate())
	if s.code != agent.NoReason && !s.told {
		e.events = append(e.events, agent.Event{
			Kind: agent.CounterChanged, Key: in.tag.Name, Start: instant(t), End: instant(t),
			Reason: agent.Reason{Code: s.code, Detail: fmt.Sprintf("the register went from %.10g to %.10g%s", before.raw, raw, s.how)},
		})
	}
	if !s.taken {
		e.place(in, k, element{t: t, code: s.code, trait: mark})
		return
	}
	in.pace.begin()
	el := element{t: t, v: s.delta, trait: trait(agent.Good)}
	switch {
	case s.fresh:
		el.code, el.trait = s.code, el.trait|fresh
		if s.code == agent.MeterReplaced {
			in.runs[k].recode(agent.CounterSpike, s.code) // what was rejected came from the new meter
		}
	case s.doubt:
		el.code, el.trait = s.code, trait(agent.Uncertain)
	case r.Quality == agent.Uncertain:
		el.code, el.trait = r.Reason.Code, trait(agent.Uncertain)
	}
	if before.have {
		e.tellRatio(in, r.Tag, before.t, t)
		e.placeAdvance(in, k, r.Tag, el, before.t)
	} else {
		e.place(in, k, el)
	}
}

// badCode gives the reason of a reading that cannot be used.
func badCode(r *agent.Reading) agent.Code {
	switch {
	case r.Reason.Code != agent.NoReason:
		return r.Reason.Code
	case r.Value.Kind() == agent.NoValue || r.Value.Kind() == agent.Text:
		return agent.NoData
	case r.Quality == agent.Bad:
		return agent.DeviceBad
	}
	return agent.NotFinite
}
