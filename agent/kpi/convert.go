package kpi

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"recoup/agent"
)

const kWhPerKgce = 29.3076 / 3.6 // GB/T 2589: 1 kgce is 29.3076 MJ

// kind is a kind of amount: in which units its totalisers and its rates may be.
// Units of one kind convert into each other. A cubic metre of gas at 20 °C and a
// normal one at 0 °C differ by 7 % and do not.
type kind struct{ totals, rates []unit } // base units, and base units per second

func energyKind() kind {
	return kind{
		append(energies(), unit{"GJ", 1 / 0.0036}, unit{"MJ", 1 / 3.6}),
		append(powers(), unit{"GJ/h", perHour / 0.0036}, unit{"MJ/h", perHour / 3.6}),
	}
}

// heats are what a factor may count heat in, tags not.
func heats() []unit {
	return append(energyKind().totals, unit{"kgce", kWhPerKgce}, unit{"tce", 1000 * kWhPerKgce})
}

func kinds() []kind {
	return []kind{
		energyKind(), {masses(), massRates()},
		{[]unit{{"m3", 1}, {"l", 1e-3}}, volumeFlows()}, {[]unit{{"Nm3", 1}, {"kNm3", 1000}}, normalFlows()},
	}
}

// of finds the unit of a tag: of a totaliser a total, else a rate.
func (k kind) of(tag *agent.Tag) (unit, bool) {
	if tag.Counter != nil {
		return find(k.totals, tag.Unit)
	}
	return find(k.rates, tag.Unit)
}

// per reads a factor's unit such as kgCO2/kWh: what one unit of its numerator is
// in the wanted unit, and the kind and unit of the amount that it counts per.
func (b *builder) per(path string, f *Factor, wanted []unit) (numerator float64, k kind, amount unit, ok bool) {
	above, below, _ := strings.Cut(f.Unit, "/")
	u, ok := find(wanted, above)
	if !ok {
		b.faults.Add(path, "use one whose unit begins with "+names(wanted), "%s is in %q", f.Name, f.Unit)
		return 0, kind{}, unit{}, false
	}
	all := kinds()
	all[0].totals = heats()
	var units []string
	for _, k := range all {
		if amount, ok := find(k.totals, below); ok {
			return u.factor, k, amount, true
		}
		units = append(units, names(k.totals))
	}
	b.faults.Add(path, "write its unit per one of "+strings.Join(units, ", "), "%s is in %q, which does not say per what amount", f.Name, f.Unit)
	return 0, kind{}, unit{}, false
}

// times makes the term of a tag's total times a factor, in the unit that wanted
// converts to.
func (b *builder) times(path string, t Term, tag *agent.Tag, at string, f *Factor, wanted []unit) Term {
	numerator, k, amount, ok := b.per(at, f, wanted)
	if !ok {
		return t
	}
	own, ok := k.of(tag)
	if !ok {
		b.foreign(path, tag, f, k)
	}
	t.Factor, t.Tags, t.Dated = own.factor/amount.factor*numerator, []*agent.Tag{tag}, []*Factor{f}
	return t
}

// foreign says that a tag's unit does not go with a factor's.
func (b *builder) foreign(path string, tag *agent.Tag, f *Factor, k kind) {
	_, isTotal := find(k.totals, tag.Unit)
	_, isRate := find(k.rates, tag.Unit)
	fix := fmt.Sprintf("use a tag in %s, or a totaliser in %s, or a factor per unit of the tag", names(k.rates), names(k.totals))
	switch {
	case isTotal && tag.Counter == nil:
		fix = fmt.Sprintf("if %s is a totaliser, give the tag counter: {modulus: …, max_rate: …}", tag.Name)
	case isRate && tag.Counter != nil:
		fix = fmt.Sprintf("%s is a rate: take counter off the tag", tag.Name)
	}
	b.faults.Add(path, fix, "%s, which does not go with %s in %s", inUnit(tag), f.Name, f.Unit)
}

// signed is the Figure of a quantity that is the sum of its terms, some of which
// are taken off.
func signed(off []bool) Figure {
	return func(totals []float64) (value float64, sens []float64, reason agent.Reason) {
		for i, t := range totals {
			sign := 1.0
			if off[i] {
				sign = -1
			}
			value, sens = value+sign*t, append(sens, sign)
		}
		return value, sens, reason
	}
}

// signedBounds are those of signed: below zero only where something is taken off.
func signedBounds(off []bool) agent.Range {
	if slices.Contains(off, true) {
		return agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	}
	return agent.Range{Lo: 0, Hi: math.Inf(1)}
}
