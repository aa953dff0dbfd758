package kpi

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"recoup/agent"
)

// Factor is a named number that a term's total is multiplied by, with the days
// from which each of its values holds: a price, a grid's CO2 per kWh. A cell is
// multiplied by what holds when it begins; values change with a production day
// of the plant, where cells are cut, so sums over a change are exact. Time
// before the first step is lost. A constant has one step, which holds always
// (constant.go).
type Factor struct {
	Name, Unit string
	Steps      []Step // by From, ascending
	Inverse    bool   `json:",omitempty"` // totals are divided by it
}

// Step is a value that holds from a day on, until the next one does.
type Step struct {
	From   time.Time // the date, at midnight UTC; zero: always
	Value  float64   // in the factor's unit, above 0; 0 while a measure is not in service
	U      float64   // standard uncertainty in the same unit; 0: exact by convention
	Source string    // who says so: a standard, an announcement, a contract
}

// dated is a factor at work: its steps begin with production days of the plant.
type dated struct {
	Factor
	starts []int64
}

func (c *calendar) dated(f *Factor) dated {
	d := dated{Factor: *f}
	for _, s := range f.Steps {
		if s.From.IsZero() {
			d.starts = append(d.starts, math.MinInt64)
			continue
		}
		y, m, day := s.From.Date()
		d.starts = append(d.starts, c.at(y, m, day, c.day))
	}
	return d
}

// at gives the step that holds at t; false before the first.
func (d *dated) at(t int64) (s Step, ok bool) {
	for i, start := range d.starts {
		if start <= t {
			s, ok = d.Steps[i], true
		}
	}
	return s, ok
}

// within lists the steps that hold somewhere in w.
func (d *dated) within(w span) (all []Step) {
	for i, start := range d.starts {
		if start < w.end && (i+1 == len(d.starts) || d.starts[i+1] > w.start) {
			all = append(all, d.Steps[i])
		}
	}
	return all
}

// relative gives the largest relative standard uncertainty that the factor has
// in w.
func (d *dated) relative(w span) (rel float64) {
	for _, s := range d.within(w) {
		rel = max(rel, s.vague())
	}
	return rel
}

// vague is the relative standard uncertainty of a value; 0 is exact.
func (s *Step) vague() float64 {
	if s.Value == 0 {
		return 0
	}
	return s.U / s.Value
}

// date adds a term's dated factors to the quantity's, each once.
func (q *quantity) date(c *calendar, t *Term) {
	var by []int
	for _, f := range t.Dated {
		at := slices.IndexFunc(q.dated, func(d dated) bool { return d.Name == f.Name })
		if at < 0 {
			at, q.dated = len(q.dated), append(q.dated, c.dated(f))
		}
		by = append(by, at)
	}
	if t.Stock && slices.ContainsFunc(t.Dated, func(f *Factor) bool { return !f.constant() }) {
		panic("BUG: the change of a stock has no one day whose factor holds")
	}
	q.by = append(q.by, by)
}

// worth is the product of a term's dated factors at t, 0 where one has no value.
func (q *quantity) worth(i int, t int64) float64 {
	product := 1.0
	for _, n := range q.by[i] {
		s, _ := q.dated[n].at(t)
		if q.dated[n].Inverse {
			product /= s.Value
		} else {
			product *= s.Value
		}
	}
	return product
}

// scale is all that a term's integral is multiplied by at t.
func (q *quantity) scale(i int, t int64) float64 { return q.Terms[i].Factor * q.worth(i, t) }

// vague gives the squared relative standard uncertainty of a term's dated
// factors at t.
func (q *quantity) vague(i int, t int64) (square float64) {
	for _, n := range q.by[i] {
		if s, ok := q.dated[n].at(t); ok {
			square += s.vague() * s.vague()
		}
	}
	return square
}

// lacks books [from, to) of a cell that begins at t as lost when a factor has no
// value yet.
func (q *quantity) lacks(t, from, to int64, a *area) bool {
	for i := range q.dated {
		if _, ok := q.dated[i].at(t); !ok {
			if from < to {
				a.lost[loss{agent.NoFactor, q.dated[i].Name}] += to - from
			}
			return true
		}
	}
	return false
}

// jumps gives by how much the scale of a term changes over w: from nothing at
// its beginning, at each new step, and to nothing at its end. So much of a
// register's reading at that instant is in the window's total.
func (q *quantity) jumps(i int, w span) (all []float64) {
	changes := []int64{w.start}
	for _, n := range q.by[i] {
		for _, start := range q.dated[n].starts {
			if start > w.start && start < w.end && !slices.Contains(changes, start) {
				changes = append(changes, start)
			}
		}
	}
	slices.Sort(changes)
	before := 0.0
	for _, t := range changes {
		now := q.scale(i, t)
		all, before = append(all, now-before), now
	}
	return append(all, before)
}

// used lists the values of factors that hold in w, as a result names them.
func (q *quantity) used(w span) (all []string) {
	w.start = max(w.start, q.begin)
	for i := range q.dated {
		d := &q.dated[i]
		for _, s := range d.within(w) {
			all = append(all, fmt.Sprintf("%s %s %s (%s)", d.Name, strconv.FormatFloat(s.Value, 'g', -1, 64), d.Unit, s.said()))
		}
	}
	return all
}

// factors writes what a quantity's results say of its factors, so that they can
// still say it when its definition is no longer known.
func (w *writer) factors(q *quantity) {
	w.uint(uint64(len(q.dated)))
	for _, d := range q.dated {
		w.text(d.Name)
		w.text(d.Unit)
		w.uint(uint64(len(d.Steps)))
		for i, s := range d.Steps {
			w.int(d.starts[i])
			w.int(s.From.Unix())
			w.float(s.Value)
			w.float(s.U)
			w.text(s.Source)
		}
	}
	for _, by := range q.by {
		w.uint(uint64(len(by)))
		for _, n := range by {
			w.uint(uint64(n))
		}
	}
}

func (r *reader) factors(q *quantity) {
	for range r.count() {
		d := dated{Factor: Factor{Name: r.text(), Unit: r.text()}}
		for range r.count() {
			d.starts = append(d.starts, r.int())
			d.Steps = append(d.Steps, Step{time.Unix(r.int(), 0).UTC(), r.float(), r.float(), r.text()})
		}
		q.dated = append(q.dated, d)
	}
	for range q.Terms {
		var by []int
		for range r.count() {
			n := r.uint()
			if n >= uint64(len(q.dated)) {
				r.fail()
				return
			}
			by = append(by, int(n))
		}
		q.by = append(q.by, by)
	}
}
