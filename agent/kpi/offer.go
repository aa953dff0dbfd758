package kpi

import (
	"fmt"
	"slices"
	"strings"

	"recoup/agent"
)

// Absent is a quantity of the family that the KPI does not compute, and why.
type Absent struct{ Key, Why string }

// stream is what a family needs of one place in the plant: terms, or why there
// are none, for an instrument is missing.
type stream struct {
	terms []Term
	why   string
}

// offer adds a quantity when all that it needs is there, else what is missing
// to the absent ones.
func (b *builder) offer(kpi *KPI, key, unit string, value Figure, bounds agent.Range, needs ...stream) *Quantity {
	var terms []Term
	var whys []string
	for _, s := range needs {
		terms = append(terms, s.terms...)
		if s.why != "" && !slices.Contains(whys, s.why) {
			whys = append(whys, s.why)
		}
	}
	if whys != nil {
		kpi.Absent = append(kpi.Absent, Absent{key, strings.Join(whys, "; ")})
		return &Quantity{}
	}
	kpi.Quantities = append(kpi.Quantities, b.quantity(key, unit, value, bounds, terms...))
	return &kpi.Quantities[len(kpi.Quantities)-1]
}

// choose keeps the quantities that the configuration asks for, in its order;
// all of them when it asks for none. What it asks for and an instrument is
// missing for is a fault; what nobody asked for is only absent.
func (b *builder) choose(kpi *KPI, keys []string, target string) {
	var chosen []Quantity
	for i, key := range keys {
		path := fmt.Sprintf("quantities[%d]", i)
		at := slices.IndexFunc(kpi.Quantities, func(q Quantity) bool { return q.Key == key })
		switch {
		case at < 0:
			b.missing(path, kpi, key)
		case slices.Contains(keys[:i], key):
			b.faults.Add(path, "name each quantity once", "%s is named twice", key)
		default:
			chosen = append(chosen, kpi.Quantities[at])
		}
	}
	key, _, _ := strings.Cut(strings.TrimSpace(target), " ")
	absent := slices.ContainsFunc(kpi.Absent, func(a Absent) bool { return a.Key == key })
	switch {
	case absent:
		b.missing("target", kpi, key)
	case len(kpi.Quantities) == 0 && len(keys) == 0:
		b.missing("", kpi, kpi.Absent[0].Key)
	case len(keys) > 0:
		kpi.Quantities, kpi.Absent = chosen, nil // nobody waits for the others
	}
	if !absent && len(b.faults) == 0 {
		b.aim(kpi, target)
	}
}

// missing says why a quantity that was asked for cannot be computed.
func (b *builder) missing(path string, kpi *KPI, key string) {
	at := slices.IndexFunc(kpi.Absent, func(a Absent) bool { return a.Key == key })
	if at >= 0 {
		b.faults.Add(path, "name the tags of what is missing, or do not ask for "+key, "%s cannot be computed: %s", key, kpi.Absent[at].Why)
		return
	}
	var all []string
	for _, q := range kpi.Quantities {
		all = append(all, q.Key)
	}
	b.faults.Add(path, "name some of "+strings.Join(all, ", "), "there is no quantity %q in %s", key, kpi.Family)
}

// built gives the KPI, without quantities when anything is wrong with them.
func (b *builder) built(kpi KPI, faults agent.Faults) (KPI, error) {
	faults.Join(kpi.Family, b.faults.Err())
	if err := faults.Err(); err != nil {
		return KPI{Name: kpi.Name, Family: kpi.Family}, err
	}
	return kpi, nil
}

// measured finds a tag that must be in a unit of the table and not a
// totaliser, and gives the factor of its unit.
func (b *builder) measured(path, name string, table []unit, what string) (*agent.Tag, float64) {
	tag := b.tag(path, name, what)
	if tag == nil {
		return nil, 0
	}
	u, ok := find(table, tag.Unit)
	if !ok {
		b.faults.Add(path, "use a tag whose unit is one of "+names(table), "%s, not %s", inUnit(tag), what)
	}
	b.rate(path, tag)
	return tag, u.factor
}

// altogether is the Figure of a quantity that is the sum of its terms.
func altogether(totals []float64) (value float64, sens []float64, reason agent.Reason) {
	for _, t := range totals {
		value, sens = value+t, append(sens, 1)
	}
	return value, sens, reason
}

// ofFirst is the Figure (rest of the terms)/(first term).
func ofFirst(totals []float64) (float64, []float64, agent.Reason) {
	first := totals[0]
	if first <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	rest, sens, _ := altogether(totals[1:])
	for i := range sens {
		sens[i] /= first
	}
	return rest / first, append([]float64{-rest / (first * first)}, sens...), agent.Reason{}
}

// leftOfFirst is the Figure 1 − (rest of the terms)/(first term).
func leftOfFirst(totals []float64) (float64, []float64, agent.Reason) {
	value, sens, reason := ofFirst(totals)
	for i := range sens {
		sens[i] = -sens[i]
	}
	return 1 - value, sens, reason
}
