package kpi

import "recoup/agent"

// A PLC that starts shows zeros for some seconds, until its program has run once.
// A totaliser that shows 0 is not taken to have begun anew before it has done so
// for restarts: one that goes on from its old count never did. And while it shows
// 0 a batch of its source in which every number is 0 says nothing: its rates are
// bad, not 0.

const restarts = 60 * second

// zero follows a register that shows 0 where it cannot.
type zero struct {
	on    bool
	since int64
}

// starting reports that a register that seems to have begun anew may only be that
// of a PLC that starts.
func (z *zero) starting(raw float64, t int64) bool {
	if raw != 0 {
		return false
	}
	if !z.on {
		z.on, z.since = true, t
	}
	return t-z.since < restarts
}

// scan says that the batch it was made of shows zeros only.
type scan bool

// starting looks whether a batch is that of a PLC that starts.
func (e *Engine) starting(b *agent.Batch) scan {
	numbers, fell := 0, false
	for i := range b.Readings {
		r := &b.Readings[i]
		v, ok := r.Value.Float()
		if r.Quality == agent.Bad || !ok {
			continue
		}
		if v != 0 {
			return false
		}
		numbers++
		if in := e.inputOf(r.Tag); in != nil && in.shape.counter && in.counter.have && in.counter.raw > 0 {
			z, t := in.counter.zero, timeOf(r, b.Received.UnixNano())
			fell = fell || z.starting(v, t)
		}
	}
	return scan(numbers > 1 && fell)
}

// of gives a reading as the scan leaves it: a rate is bad, and a totaliser is for
// its own count to judge.
func (s scan) of(r *agent.Reading) *agent.Reading {
	if !s || r.Tag.Counter != nil {
		return r
	}
	bad := *r
	bad.Quality, bad.Reason = agent.Bad, agent.Reason{Code: agent.Restarted}
	return &bad
}
