package sim

import (
	"math"
	"math/rand/v2"
)

// decay gives the share of a first-order system's old state that is left after
// dt seconds.
func decay(dt, tau float64) float64 { return math.Exp(-dt / tau) }

// wander is an Ornstein-Uhlenbeck process: a value that strays from its mean
// by sd and forgets within tau seconds. It is exact for any step.
type wander struct {
	mean, sd, tau float64
	value         float64

	dt, keep, kick float64 // coefficients of the last step length
}

func newWander(mean, sd, tau float64, r *rand.Rand) wander {
	return wander{mean: mean, sd: sd, tau: tau, value: mean + sd*r.NormFloat64()}
}

func (w *wander) step(dt float64, r *rand.Rand) float64 {
	if dt != w.dt {
		w.dt, w.keep = dt, decay(dt, w.tau)
		w.kick = w.sd * math.Sqrt(1-w.keep*w.keep)
	}
	w.value = w.mean + (w.value-w.mean)*w.keep + w.kick*r.NormFloat64()
	return w.value
}

// follower is a first-order lag behind a target.
type follower struct {
	tau   float64 // seconds
	value float64

	dt, keep float64
}

func (f *follower) step(target, dt float64) float64 {
	if dt != f.dt {
		f.dt, f.keep = dt, decay(dt, f.tau)
	}
	f.value = target + (f.value-target)*f.keep
	return f.value
}

// between draws evenly from [lo, hi).
func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
