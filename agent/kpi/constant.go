package kpi

import (
	"fmt"
	"math"
	"time"

	"recoup/agent"
)

// A constant is a factor that holds always: a design value, or the result of one
// test. It has a source and a standard uncertainty like every other factor, and
// each result that it went into names it: nothing that was not measured looks as
// if it had been.

// constantSection is a value that a tag measures, or that is declared.
type constantSection struct {
	Tag    string   `yaml:"tag"`
	Value  *float64 `yaml:"value"`
	U      float64  `yaml:"u"` // standard uncertainty, in the unit of the value
	Source string   `yaml:"source"`
}

func (s constantSection) empty() bool { return s == constantSection{} }

// constant makes a factor of a declared value from lo to hi.
func (b *builder) constant(path, name, unit string, s constantSection, lo, hi float64) *Factor {
	value := 1.0
	switch {
	case s.Value == nil:
		b.faults.Add(path+".value", "write a number, with source beside it", "the value of %s is missing", name)
	case !(*s.Value >= lo && *s.Value <= hi):
		b.faults.Add(path+".value", fmt.Sprintf("write a number from %g to %g", lo, hi), "%g %s is not plausible for %s", *s.Value, unit, name)
	default:
		value = *s.Value
	}
	if s.Source == "" {
		b.faults.Add(path+".source", `write who says so, for example source: "tracer test of May 2025"`, "%s has no source: every result names it", name)
	}
	if !(s.U >= 0 && s.U < value) {
		b.faults.Add(path+".u", "write the standard uncertainty in the unit of the value", "%g does not go with a value of %g", s.U, value)
	}
	return always(name, unit, value, s.U, s.Source)
}

// always is a factor with one value for all time.
func always(name, unit string, value, u float64, source string) *Factor {
	return &Factor{Name: name, Unit: unit, Steps: []Step{{Value: value, U: u, Source: source}}}
}

// under is the factor by which totals are divided.
func (f *Factor) under() *Factor {
	inverse := *f
	inverse.Inverse = true
	return &inverse
}

func (f *Factor) constant() bool {
	return len(f.Steps) == 1 && f.Steps[0].From.IsZero()
}

// said tells since when a value holds and who says so.
func (s *Step) said() string {
	if s.From.IsZero() {
		return s.Source
	}
	return "since " + s.From.Format(time.DateOnly) + ", " + s.Source
}

// inverses writes which factors divide.
func (w *writer) inverses(q *quantity) {
	for i := range q.dated {
		w.bool(q.dated[i].Inverse)
	}
}

func (r *reader) inverses(q *quantity) {
	for i := range q.dated {
		q.dated[i].Inverse = r.bool()
	}
}

// multiplied is the formula of one formula's value times another's; nil stands
// for 1.
func multiplied(f, g *Formula) *Formula {
	if f == nil || g == nil {
		if f == nil {
			return g
		}
		return f
	}
	n := len(f.Args)
	return &Formula{
		Name: f.Name + " × " + g.Name, Args: append(f.Args[:n:n], g.Args...), Rel: math.Hypot(f.Rel, g.Rel),
		Of: func(x []float64) (float64, agent.Quality, int) {
			y, quality, arg := f.Of(x[:n])
			if quality == agent.Bad {
				return 0, quality, arg
			}
			z, other, at := g.Of(x[n:])
			if other < quality {
				quality, arg = other, n+at
			}
			return y * z, quality, arg
		},
	}
}
