package kpi

import (
	"slices"
	"strings"

	"recoup/agent"
)

// factorOf is a tag that a total is made of, in the unit that it counts in.
type factorOf struct {
	name   string
	tag    *agent.Tag
	unit   Unit
	value  float64 // one unit of the tag in unit's basic units
	oxygen *Formula
}

// factor finds a tag or an input of the section; false when the name is neither.
func (r *resolver) factor(name string) (factorOf, bool, error) {
	if c, is := r.draft.inputs[name]; is {
		return factorOf{name: name, tag: c.Tag, unit: c.In, value: c.Unit * c.In.Factor, oxygen: c.Oxygen}, true, nil
	}
	at := slices.IndexFunc(r.draft.tags, func(t *agent.Tag) bool { return t.Name == name })
	if at < 0 {
		return factorOf{}, false, nil
	}
	tag := r.draft.tags[at]
	for i := range r.kpis {
		if slices.ContainsFunc(r.kpis[i].Quantities, func(q Quantity) bool { return q.Name == name }) {
			return factorOf{}, false, wrongly("rename the tag", "%s is a tag and a quantity of the KPI %s too", name, r.kpis[i].Name)
		}
	}
	u, err := ParseUnit(tag.Unit)
	if err != nil {
		return factorOf{}, false, wrongly("give the tag a unit, for example kWh, kg/h or °C", "%s", inUnit(tag))
	}
	return factorOf{name: name, tag: tag, unit: u, value: u.Factor}, true, nil
}

// total makes the part that is a total over the window: of a totaliser its
// advance, of a rate its integral over time.
func (r *resolver) total(factors []factorOf) (namedPart, error) {
	f := factors[0]
	if len(factors) == 1 && f.tag.Counter != nil {
		return r.totalled(Term{Role: f.name, Unit: f.tag.Unit, Factor: 1, Tags: []*agent.Tag{f.tag}}, f.unit), nil
	}
	t, _, err := r.integral(factors)
	if err != nil {
		return namedPart{}, err
	}
	if !flows(factors) {
		return namedPart{}, wrongly("write mean("+joined(factors)+"), or give the tag counter: when it is a totaliser",
			"%s, and no rate: it has no total over a window", inUnit(f.tag))
	}
	return r.totalled(t, unitOf(t.Unit)), nil
}

// flows reports whether one of the factors is something per time.
func flows(factors []factorOf) bool {
	return slices.ContainsFunc(factors, func(f factorOf) bool { return f.unit.Dimension[ofTime] < 0 })
}

// mean makes the part that is a mean over the covered time.
func (r *resolver) mean(factors []factorOf) (namedPart, error) {
	t, d, err := r.integral(factors)
	if err != nil {
		return namedPart{}, err
	}
	d[ofTime]--
	unit := unitOf(d.canonical())
	unit.Offset = factors[0].unit.Offset
	if unit.Offset != 0 {
		t.Unit = "°C·h"
	}
	of, hours := r.totalled(t, unit), r.totalled(r.hours(), unit)
	return namedPart{terms: append(of.terms, hours.terms...), scale: append(of.scale, hours.scale...), value: meanOf, unit: unit}, nil
}

// integral makes the term of a product of tags over time, and says what it
// measures. The product is formed at each instant.
func (r *resolver) integral(factors []factorOf) (t Term, d Dimension, err error) {
	t = Term{Role: joined(factors), Factor: 1}
	d[ofTime] = 1
	for _, f := range factors {
		switch {
		case f.tag.Counter != nil:
			return t, d, wrongly("use a tag that gives the rate, or total("+f.name+")/hours()", "%s is a totaliser: it has no mean, and no product with others", f.name)
		case f.unit.Offset != 0 && len(factors) > 1:
			return t, d, wrongly("use a tag in K", "%s is in %s, whose zero is none: it cannot be multiplied", f.name, f.unit.Text)
		case f.oxygen != nil && t.Formula != nil:
			return t, d, wrongly("take one of the two out", "two concentrations that are referred to oxygen in one product")
		case f.oxygen != nil:
			t.Formula = f.oxygen
		}
		var ok bool
		if d, ok = d.times(f.unit.Dimension, 1); !ok {
			return t, d, wrongly("name fewer tags", "%s: the powers of its units are too high", joined(factors))
		}
		t.Factor, t.Tags = t.Factor*f.value, append(t.Tags, f.tag)
	}
	t.Unit = d.canonical()
	t.Factor /= unitOf(t.Unit).Factor
	return t, d, nil
}

func (r *resolver) hours() Term { return Term{Role: "hours", Unit: "h", Factor: perHour} }

// totalled makes the part that is one term's total.
func (r *resolver) totalled(t Term, unit Unit) namedPart {
	at, scale := r.q.take(t)
	return namedPart{terms: []int{at}, scale: []float64{scale}, value: total, unit: unit}
}

func joined(factors []factorOf) string {
	all := make([]string, len(factors))
	for i, f := range factors {
		all[i] = f.name
	}
	return strings.Join(all, " × ")
}
