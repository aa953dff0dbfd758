package kpi

import (
	"math"
	"slices"

	"recoup/agent"
)

// Formula is a pure function of several tags at one instant, which a term has
// as a further factor: density times strength of an acid, say.
type Formula struct {
	Name string // of the function; part of the definition's hash
	Args []Arg
	Rel  float64 // standard uncertainty of the formula itself, relative to its value

	// Of gives the value for arguments in the formula's units. Quality is Bad
	// where it knows none and Uncertain where it is less sure; arg is the
	// argument to blame.
	Of func(x []float64) (y float64, quality agent.Quality, arg int)
}

// Arg is one argument of a formula.
type Arg struct {
	Tag  *agent.Tag
	Unit float64 // one unit of the tag in the formula's
	Rel  float64 // what the formula adds to the argument's relative standard uncertainty

	Valid *agent.Range // in the formula's unit; outside the instrument does not know, and its value is not used. nil: any
}

// standard gives an argument's standard uncertainty, relative and in the tag's
// unit.
func (a *Arg) standard() (rel, abs float64) {
	rel, abs = a.Tag.Accuracy.Standard()
	return math.Hypot(rel, a.Rel), abs
}

// inputs gives the tags that a term depends on.
func (t *Term) inputs() []*agent.Tag {
	all := slices.Clone(t.Tags)
	if t.Formula != nil {
		for _, a := range t.Formula.Args {
			all = append(all, a.Tag)
		}
	}
	return all
}

// applied is a formula at work in a quantity.
type applied struct {
	*Formula
	pos    []int     // of the arguments among the quantity's inputs
	x      []float64 // scratch
	y0, y1 float64   // at the two ends of the time that is being covered

	taken  bool      // slopes holds the derivatives at point
	point  []float64 // arguments
	slopes []float64 // by each argument, per unit of its tag
}

func (f *Formula) apply(pos []int) applied {
	n := len(pos)
	return applied{Formula: f, pos: pos, x: make([]float64, n), point: make([]float64, n), slopes: make([]float64, n)}
}

// at gives the formula's value for the values of all inputs.
func (f *applied) at(values []float64) (y float64, quality agent.Quality, arg int) {
	for k, n := range f.pos {
		f.x[k] = values[n] * f.Args[k].Unit
		if v := f.Args[k].Valid; v != nil && !(f.x[k] >= v.Lo && f.x[k] <= v.Hi) {
			return 0, agent.Bad, k
		}
	}
	return f.Of(f.x)
}

// valid gives the ranges of the arguments of a term's formula; nil when none has one.
func (t *Term) valid() (all []*agent.Range) {
	if t.Formula == nil || !slices.ContainsFunc(t.Formula.Args, func(a Arg) bool { return a.Valid != nil }) {
		return nil
	}
	for _, a := range t.Formula.Args {
		all = append(all, a.Valid)
	}
	return all
}

// slopesAt gives the derivatives at the values of all inputs, or at arguments
// that differ from them by less than 1 %: they are for uncertainties.
func (f *applied) slopesAt(values []float64) []float64 {
	near := f.taken
	for k, n := range f.pos {
		x := values[n] * f.Args[k].Unit
		near = near && math.Abs(x-f.point[k]) <= 0.01*math.Abs(f.point[k])
	}
	if near {
		return f.slopes
	}
	for k, n := range f.pos {
		f.point[k] = values[n] * f.Args[k].Unit
	}
	for k := range f.pos {
		f.slopes[k] = f.slope(k) * f.Args[k].Unit
	}
	f.taken = true
	return f.slopes
}

// slope gives the derivative by an argument at point. Where the formula ends it
// is taken from one side.
func (f *applied) slope(k int) float64 {
	step := 1e-5 * max(1, math.Abs(f.point[k]))
	var x, y [2]float64
	for i, x1 := range [2]float64{f.point[k] - step, f.point[k] + step} {
		copy(f.x, f.point)
		f.x[k] = x1
		v, quality, _ := f.Of(f.x)
		if quality == agent.Bad {
			copy(f.x, f.point)
			v, _, _ = f.Of(f.x)
		}
		x[i], y[i] = f.x[k], v
	}
	if x[0] == x[1] {
		return 0
	}
	return (y[1] - y[0]) / (x[1] - x[0])
}

// evaluate works all formulas out for both ends of the time that v0 and v1 are
// the values of. It gives the input to blame where one of them knows no value,
// and the one by which one is less sure, -1 for none.
func (q *quantity) evaluate() (failing, doubted int) {
	doubted = -1
	for i := range q.formulas {
		f := &q.formulas[i]
		if f.Formula == nil {
			continue
		}
		for _, end := range []struct {
			values []float64
			y      *float64
		}{{q.v0, &f.y0}, {q.v1, &f.y1}} {
			y, quality, arg := f.at(end.values)
			if quality == agent.Bad || math.IsNaN(y) || math.IsInf(y, 0) {
				return f.pos[arg], -1
			}
			if *end.y = y; quality == agent.Uncertain {
				doubted = f.pos[arg]
			}
		}
	}
	return -1, doubted
}
