package sim

import (
	"math"
	"math/rand/v2"
)

// instrument is what stands between the truth and a register: a gain error and
// an offset drawn once for its life, then lag, noise and resolution.
type instrument struct {
	gain, offset float64
	noise, step  float64
	least        float64
	lag          follower
	primed       bool
	shown        float32
}

// newInstrument draws the errors evenly from the limits that the data sheet
// states.
func newInstrument(p Point, r *rand.Rand) instrument {
	return instrument{
		gain: between(r, -p.Rel, p.Rel), offset: between(r, -p.Abs, p.Abs),
		noise: p.noise, step: p.step, least: p.least, lag: follower{tau: p.lag},
	}
}

// upset is what a fault does to an instrument for one step.
type upset struct {
	dead   bool    // shows NaN
	frozen bool    // shows what it showed
	drift  float64 // additional gain error
}

// show gives the reading after s seconds at the true value. It always draws
// once from r, so that a fault at one instrument leaves the others as they are.
func (in *instrument) show(truth, s float64, u upset, r *rand.Rand) float32 {
	noise := in.noise * r.NormFloat64()
	if !in.primed {
		in.lag.value, in.primed = truth, true
	}
	sensed := in.lag.step(truth, s)
	switch {
	case u.dead:
		in.shown = float32(math.NaN())
	case !u.frozen:
		x := in.steady(sensed, u.drift) + noise
		if math.Abs(x) < in.least {
			x = 0
		}
		in.shown = float32(math.Round(x/in.step) * in.step)
	}
	return in.shown
}

// steady is the reading without lag, noise and resolution, which is what a
// totaliser inside the instrument adds up.
func (in *instrument) steady(truth, drift float64) float64 {
	return truth*(1+in.gain+drift) + in.offset
}
