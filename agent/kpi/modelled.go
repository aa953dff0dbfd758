package kpi

import (
	"fmt"
	"math"
	"strings"

	"recoup/agent"
)

// Caution tells why a figure is to be doubted though all that was measured is in
// order; no reason: it is not.
type Caution func(totals []float64) agent.Reason

// modelled is a baseline's model with the names and units of what it speaks of.
type modelled struct {
	*Model
	unit    Unit // of the energy
	drivers []driver
}

type driver struct {
	name string
	unit Unit // of its total, or of its mean
}

const perDay = 24 * 3600 // basic units of time

// said writes the model out: 40000 kWh/d + 80 kWh/t × production.
func (m *modelled) said() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v %s/d", m.Intercept, m.unit.Text)
	for k, d := range m.drivers {
		sign := "+"
		if m.Slopes[k] < 0 {
			sign = "-"
		}
		fmt.Fprintf(&text, " %s %v %s × %s", sign, math.Abs(m.Slopes[k]), m.slopeUnit(k), d.name)
	}
	return text.String()
}

func (m *modelled) slopeUnit(k int) string {
	unit := m.unit.Text
	if m.Means[k] {
		unit += "/d"
	}
	switch of := m.drivers[k].unit.Text; {
	case of == "1":
		return unit
	case strings.Contains(unit, "/"):
		return unit + "/(" + of + ")"
	default:
		return unit + "/" + of
	}
}

// per is the unit that a driver's range is in.
func (m *modelled) per(k int) string {
	switch of := m.drivers[k].unit.Text; {
	case !m.Means[k]:
		return strings.TrimPrefix(of+"/d", "1")
	case of == "1":
		return ""
	default:
		return of
	}
}

// term is the model's error: its total is 0.
func (m *modelled) term() Term { return Term{Role: "model", Unit: m.unit.Text, Model: m.Model} }

// expected makes the calculation of what the model predicts of its drivers. The
// uncertainty of the model goes with a term of its own.
func (r *resolver) expected(drivers []checked) (checked, error) {
	m := r.draft.model
	for k, d := range drivers {
		switch u := m.drivers[k].unit; {
		case d.truth || d.dimension != u.Dimension:
			return checked{}, wrongly("write a unit of "+d.dimension.String()+", for example "+d.dimension.canonical()+", or another driver",
				"the driver %s is %s (%s), which cannot be given in %s", m.drivers[k].name, d.dimension, d.dimension.canonical(), u.Text)
		case u.Offset != 0 && (!d.point || !m.Means[k]):
			return checked{}, wrongly("write mean(TAG)", "the driver %s is in %s and not a mean temperature", m.drivers[k].name, u.Text)
		}
	}
	hours, err := r.resolve("hours", nil)
	if err != nil {
		return checked{}, err
	}
	own, err := r.resolve("model", nil)
	if err != nil {
		return checked{}, err
	}
	p := prediction{modelled: m, made: r.made, hours: hours.run, drivers: drivers}
	for i := range r.q.Terms {
		if r.q.Terms[i].Model == m.Model {
			r.q.Terms[i].Spread = p.spread
		}
	}
	r.q.Cautions = append(r.q.Cautions, p.caution)
	return checked{dimension: m.unit.Dimension, run: p.calculation(own.run)}, nil
}

// prediction is a model at work in a quantity.
type prediction struct {
	*modelled
	made    *computed
	hours   calculation
	drivers []checked
}

// calculation is intercept × days + slopes × drivers + the model's own error,
// which is 0 but for its slope.
func (p *prediction) calculation(own calculation) calculation {
	return func(in []dual) dual {
		hours, off := p.hours(in), own(in)
		days := dual{hours.v / perDay, hours.d / perDay}
		y := dual{p.Intercept * days.v, p.Intercept * days.d}
		for k, d := range p.drivers {
			x, u := d.run(in), p.modelled.drivers[k].unit
			x = dual{(x.v - u.Offset) / u.Factor, x.d / u.Factor}
			if p.Means[k] {
				x = dual{x.v * days.v, x.d*days.v + x.v*days.d}
			}
			y = dual{y.v + p.Slopes[k]*x.v, y.d + p.Slopes[k]*x.d}
		}
		return dual{y.v*p.unit.Factor + off.v, y.d*p.unit.Factor + off.d}
	}
}

// at gives the days and the drivers of a window, in their units.
func (p *prediction) at(totals []float64) (days float64, x []float64, ok bool) {
	in, _, reason := p.made.values(totals)
	if reason.Code != agent.NoReason {
		return 0, nil, false
	}
	for k, d := range p.drivers {
		u := p.modelled.drivers[k].unit
		x = append(x, (d.run(in).v-u.Offset)/u.Factor)
	}
	return p.hours(in).v / perDay, x, true
}

func (p *prediction) spread(totals []float64) float64 {
	days, x, ok := p.at(totals)
	if !ok {
		return 0
	}
	return p.variance(days, x)
}

func (p *prediction) caution(totals []float64) agent.Reason {
	days, x, ok := p.at(totals)
	if !ok {
		return agent.Reason{}
	}
	k, rate, is := p.outside(days, x)
	if !is {
		return agent.Reason{}
	}
	d, of := p.modelled.drivers[k], p.Ranges[k]
	return agent.Reason{Code: agent.OutsideModel, Detail: fmt.Sprintf("%s %.4g %s, %.4g … %.4g", d.name, rate, p.per(k), of.Lo, of.Hi)}
}

// liftModels takes over what a quantity's models say: the terms from place known
// on are new.
func (q *Quantity) liftModels(inner *Quantity, p *namedPart, known int) {
	terms := namedPart{terms: p.terms, scale: p.scale}
	for k, at := range p.terms {
		if of := inner.Terms[k].Spread; of != nil && at >= known {
			q.Terms[at].Spread = func(totals []float64) float64 { return of(terms.own(totals)) }
		}
	}
	for _, of := range inner.Cautions {
		q.Cautions = append(q.Cautions, func(totals []float64) agent.Reason { return of(terms.own(totals)) })
	}
}

// cautious doubts a figure that a caution speaks against.
func (q *quantity) cautious(r *agent.Result, totals []float64, trend bool) {
	if trend || r.Quality != agent.Good {
		return
	}
	for _, of := range q.Cautions {
		if reason := of(totals); reason.Code != agent.NoReason {
			r.Quality, r.Reason = agent.Uncertain, reason
			if r.Verdict != agent.NoVerdict {
				r.Verdict = agent.Inconclusive
			}
			return
		}
	}
}

// atOnce gives the part of a term's squared standard uncertainty that is the
// window's and does not add up from its cells: the reading of totalisers at its
// ends, and the error of a model.
func (q *quantity) atOnce(i int, w span, totals []float64) float64 {
	square := q.readout(i, w)
	if spread := q.Terms[i].Spread; spread != nil {
		square += spread(totals)
	}
	return square
}

// totalsOf gives the totals of a result's terms.
func totalsOf(r *agent.Result) []float64 {
	totals := make([]float64, len(r.Terms))
	for i, t := range r.Terms {
		totals[i] = t.Total
	}
	return totals
}
