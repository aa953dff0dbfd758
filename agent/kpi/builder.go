package kpi

import (
	"fmt"
	"slices"
	"strings"

	"recoup/agent"
)

// builder is what families share in reading their section: it looks tags up
// and gathers every fault.
type builder struct {
	spec        agent.Spec
	minCoverage float64
	substitute  float64
	known       []*Factor // by which totals may be multiplied
	faults      agent.Faults
}

// tag finds a tag by name, nil with a fault when there is none. why says what
// the tag is needed for.
func (b *builder) tag(path, name, why string) *agent.Tag {
	if name == "" {
		b.faults.Add(path, "name a tag here", "missing: %s", why)
		return nil
	}
	var nearest string
	best := len(name)/2 + 2
	for _, t := range b.spec.Tags {
		if t.Name == name {
			return t
		}
		if d := distance(name, t.Name); d < best {
			nearest, best = t.Name, d
		}
	}
	fix := "name one of the tags below sources"
	if nearest != "" {
		fix = fmt.Sprintf("did you mean %s?", nearest)
	}
	b.faults.Add(path, fix, "there is no tag %q", name)
	return nil
}

// rate refuses a totaliser where a rate is needed.
func (b *builder) rate(path string, tag *agent.Tag) {
	if tag.Counter != nil {
		b.faults.Add(path, "use a tag that gives the rate", "%s is a totaliser", tag.Name)
	}
}

// validity is what a jurisdiction asks of a figure: the covered share of a window
// below which it is withheld, and how an estimate fills the time that was lost.
type validity struct {
	MinCoverage *float64 `yaml:"min_coverage"`
	Estimate    string   `yaml:"estimate"`
}

func (b *builder) valid(v validity) {
	if v.MinCoverage != nil {
		b.minCoverage = *v.MinCoverage
		if !(b.minCoverage >= 0 && b.minCoverage <= 1) {
			b.faults.Add("min_coverage", "write a share from 0 to 1, for example 0.5", "%g is not a share of a window", b.minCoverage)
		}
	}
	switch v.Estimate {
	case "", "mean":
	case "mean_plus_2sd":
		b.substitute = 2
	default:
		b.faults.Add("estimate", "write mean or mean_plus_2sd", "%q is not a way to fill lost time", v.Estimate)
	}
}

func (b *builder) quantity(key, unit string, value Figure, bounds agent.Range, terms ...Term) Quantity {
	return Quantity{
		Name: b.spec.Name + "." + key, Key: key, Unit: unit,
		Terms: terms, Value: value, Bounds: bounds, MinCoverage: b.minCoverage, Substitute: b.substitute,
		Rates: b.rates(terms), Additive: additive(value, terms),
	}
}

// aim gives the quantity that a target names the target.
func (b *builder) aim(kpi *KPI, text string) {
	if text == "" {
		return
	}
	key, target, err := parseTarget(text)
	if err != nil {
		b.faults.Add("target", `write for example "removal >= 0.90"`, "%v", err)
		return
	}
	at := slices.IndexFunc(kpi.Quantities, func(q Quantity) bool { return q.Key == key })
	if at < 0 {
		keys := make([]string, len(kpi.Quantities))
		for i, q := range kpi.Quantities {
			keys[i] = q.Key
		}
		b.faults.Add("target", "name one of "+strings.Join(keys, ", "), "this KPI does not compute %q", key)
		return
	}
	if bounds := kpi.Quantities[at].Bounds; bounds.Hi > bounds.Lo && (target.Limit < bounds.Lo || target.Limit > bounds.Hi) {
		b.faults.Add("target", fmt.Sprintf("write a limit from %g to %g; a percentage needs its sign: 90%%", bounds.Lo, bounds.Hi), "%s cannot be %g", key, target.Limit)
		return
	}
	kpi.Quantities[at].Target = target
}

// distance counts the letters to change, insert or leave out to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
