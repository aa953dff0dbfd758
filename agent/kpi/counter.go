package kpi

import (
	"fmt"
	"math"

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
}

// step is what one reading of a totaliser means.
type step struct {
	taken bool       // the reading is the new base
	delta float64    // advance in the tag's unit
	code  agent.Code // what is odd about it, if anything
	told  bool       // the oddity was reported before
}

// read judges a reading at t. The limit of plausibility is the largest rate
// times the time since the base, with slack, plus one count of the register,
// which a whole count may be late.
func (c *counter) read(tag *agent.Tag, v agent.Value, t int64) step {
	raw, _ := v.Float()
	if !c.have {
		c.have, c.raw, c.t = true, raw, t
		return step{taken: true}
	}
	s := c.judge(tag, v, raw, t)
	if s.taken {
		c.raw, c.t, c.other.n = raw, t, 0
		return s
	}
	return c.reject(tag, v, raw, t)
}

func (c *counter) judge(tag *agent.Tag, v agent.Value, raw float64, t int64) step {
	scale, limit := scaleOf(tag), limitOf(tag, v, t-c.t)
	d := raw - c.raw
	if d >= 0 {
		return step{taken: d*scale <= limit, delta: d * scale}
	}
	modulus := tag.Counter.Modulus
	switch w := (d + modulus) * scale; {
	case modulus > 0 && w >= 0 && w <= limit && c.raw >= modulus/2:
		return step{taken: true, delta: w, code: agent.CounterWrap}
	case raw >= 0 && raw*scale <= limit:
		return step{taken: true, delta: raw * scale, code: agent.CounterReset}
	}
	return step{}
}

// reject keeps the base, unless the rejected readings have come to agree.
func (c *counter) reject(tag *agent.Tag, v agent.Value, raw float64, t int64) step {
	o := &c.other
	d := raw - o.raw
	if o.n > 0 && d >= 0 && d*scaleOf(tag) <= limitOf(tag, v, t-o.t) {
		o.n++
	} else {
		o.n = 1
	}
	o.raw, o.t = raw, t
	if o.n < consistent {
		return step{code: agent.CounterSpike, told: o.n > 1}
	}
	c.raw, c.t, o.n = raw, t, 0
	return step{taken: true, code: agent.MeterReplaced}
}

func scaleOf(tag *agent.Tag) float64 {
	if tag.Scale == 0 {
		return 1
	}
	return tag.Scale
}

func limitOf(tag *agent.Tag, v agent.Value, dt int64) float64 {
	if tag.Counter.MaxRate <= 0 {
		return math.Inf(1)
	}
	return tag.Counter.MaxRate*float64(dt)/float64(second)*slack + resolution(v)*math.Abs(scaleOf(tag))
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
	before := in.counter.raw
	s := in.counter.read(r.Tag, r.Value, t)
	if s.code != agent.NoReason && !s.told {
		e.events = append(e.events, agent.Event{
			Kind: agent.CounterChanged, Key: in.tag.Name, Start: instant(t), End: instant(t),
			Reason: agent.Reason{Code: s.code, Detail: fmt.Sprintf("the register went from %.10g to %.10g", before, raw)},
		})
	}
	if !s.taken {
		e.place(in, k, element{t: t, code: s.code, trait: mark})
		return
	}
	el := element{t: t, v: s.delta, trait: trait(agent.Good)}
	switch {
	case s.code == agent.MeterReplaced:
		el.code, el.trait = s.code, el.trait|fresh
		in.runs[k].recode(agent.CounterSpike, s.code) // what was rejected came from the new meter
	case s.code == agent.CounterReset:
		el.code, el.trait = s.code, trait(agent.Uncertain)
	case r.Quality == agent.Uncertain:
		el.code, el.trait = r.Reason.Code, trait(agent.Uncertain)
	}
	e.place(in, k, el)
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
