package kpi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"recoup/agent"
)

// Correlation says that the relative errors of some tags share a cause, such as
// one titrant for two strengths: JCGM 100, 5.2.2. What is told here changes the
// uncertainty and never the value, and every result names it.
type Correlation struct {
	Tags    []string
	R       float64 // between each two of them, above 0, at most 1
	Because string
}

// correlationSection is one group as configured.
type correlationSection struct {
	Tags    []string `yaml:"tags"`
	R       float64  `yaml:"r"`
	Because string   `yaml:"because"`
}

// correlated puts groups of tags whose errors share a cause on the quantities
// that depend on two of them at least. A tag is in one group only: groups that
// overlap could ask for what no errors can do.
func (b *builder) correlated(kpi *KPI, sections []correlationSection) {
	var grouped []string
	for i, s := range sections {
		path := fmt.Sprintf("correlated[%d].", i)
		if len(s.Tags) < 2 {
			b.faults.Add(path+"tags", "name two tags at least", "errors are shared between tags, and %d are named", len(s.Tags))
		}
		if !(s.R > 0 && s.R <= 1) {
			b.faults.Add(path+"r", "write a number above 0, up to 1; without the group nothing is shared", "%g is not how far errors go together", s.R)
		}
		if s.Because == "" {
			b.faults.Add(path+"because", `write for example because: "same titrant"`, "a correlation needs its reason: every result names it")
		}
		for k, name := range s.Tags {
			at := fmt.Sprintf("%stags[%d]", path, k)
			if slices.Contains(grouped, name) {
				b.faults.Add(at, "name each tag in one group only", "%s is named twice", name)
			}
			grouped = append(grouped, name)
			if tag := b.tag(at, name, "a tag whose error is shared"); tag != nil {
				b.shares(at, kpi, tag)
			}
		}
		for k := range kpi.Quantities {
			q := &kpi.Quantities[k]
			if c := (Correlation{q.among(s.Tags), s.R, s.Because}); len(c.Tags) > 1 {
				q.Correlated = append(q.Correlated, c)
			}
		}
	}
}

// shares refuses a tag for which a correlation would do nothing.
func (b *builder) shares(path string, kpi *KPI, tag *agent.Tag) {
	used := slices.ContainsFunc(kpi.Quantities, func(q Quantity) bool { return q.among([]string{tag.Name}) != nil })
	switch {
	case tag.Accuracy.Rel == 0:
		b.faults.Add(path, "write its accuracy in per cent of the reading, or take it off the list", "%s states no relative accuracy, and only relative errors are correlated", tag.Name)
	case !used && len(kpi.Quantities) > 0:
		b.faults.Add(path, "name tags that this KPI is computed from", "%s is no input of %s", tag.Name, kpi.Name)
	}
}

// among gives those of the names that are inputs of the quantity.
func (q *Quantity) among(names []string) (found []string) {
	for _, name := range names {
		if slices.ContainsFunc(q.Terms, func(t Term) bool {
			return slices.ContainsFunc(t.inputs(), func(tag *agent.Tag) bool { return tag.Name == name })
		}) {
			found = append(found, name)
		}
	}
	return found
}

// assumed tells the correlations as a result names them, beside its factors.
func (q *Quantity) assumed() (all []string) {
	for _, c := range q.Correlated {
		all = append(all, fmt.Sprintf("correlation %s of %s (%s)", strconv.FormatFloat(c.R, 'g', -1, 64), strings.Join(c.Tags, ", "), c.Because))
	}
	return all
}

// swayed gives what the relative error of each argument of a term's formula does
// to the term, signed; nil where no errors are correlated. Over cells it adds, as
// every systematic error does.
func (q *quantity) swayed(i int, total float64, a *area) []float64 {
	if q.Correlated == nil || q.formulas[i].Formula == nil {
		return nil
	}
	all := make([]float64, len(q.formulas[i].Args))
	for k := range all {
		rel, _ := q.formulas[i].Args[k].Tag.Accuracy.Standard()
		if all[k] = rel * a.logs[i][k]; q.Terms[i].Stock {
			all[k] *= total
		} else {
			all[k] *= q.scale(i, a.start)
		}
	}
	return all
}

// swayedLike stands in for a cell whose readings are gone: its result does not
// say how its formula goes with each argument, so the two are taken to be
// proportional.
func (q *quantity) swayedLike(i int, total float64) []float64 {
	if q.Correlated == nil || q.formulas[i].Formula == nil {
		return nil
	}
	all := make([]float64, len(q.formulas[i].Args))
	for k := range all {
		rel, _ := q.formulas[i].Args[k].Tag.Accuracy.Standard()
		all[k] = rel * total
	}
	return all
}

// summed adds two lists into a new one; sums share none.
func summed(a, b []float64) []float64 {
	if a == nil && b == nil {
		return nil
	}
	all := make([]float64, max(len(a), len(b)))
	copy(all, a)
	for i, v := range b {
		all[i] += v
	}
	return all
}

// gainOf gives what the relative error of a tag does to the value through the
// terms that the tag is a factor of.
func (q *quantity) gainOf(name string, s *sum, sens []float64) (gain float64) {
	for i, t := range q.Terms {
		for _, tag := range t.Tags {
			if tag.Name == name {
				rel, _ := tag.Accuracy.Standard()
				gain += sens[i] * rel * s.parts[i].total
			}
		}
	}
	return gain
}

// correlatedSquare gives what correlated errors add to the squared uncertainty
// of the value, beyond that of each factor alone. The error of a tag of a group
// is one and the same also where formulas have it as an argument; how much of
// each term's own squared uncertainty that is goes into known.
func (q *quantity) correlatedSquare(s *sum, sens, known []float64) (square float64) {
	for _, c := range q.Correlated {
		var all []float64
		for _, name := range c.Tags {
			direct, argued := q.gainOf(name, s, sens), 0.0
			for i, t := range q.Terms {
				for k, sway := range s.parts[i].sways {
					if t.argues(k, name) {
						argued += sens[i] * sway
						known[i] += sway * sway
					}
				}
			}
			square += argued*argued + 2*direct*argued
			all = append(all, direct+argued)
		}
		for i, a := range all {
			for _, b := range all[:i] {
				square += 2 * c.R * a * b
			}
		}
	}
	return square
}

// sways writes what a sum's parts hold of it.
func (w *writer) sways(parts []part) {
	for _, p := range parts {
		w.uint(uint64(len(p.sways)))
		for _, v := range p.sways {
			w.float(v)
		}
	}
}

func (r *reader) sways(parts []part) {
	for i := range parts {
		for range r.count() {
			parts[i].sways = append(parts[i].sways, r.float())
		}
	}
}

// argues reports whether a tag is that argument of the term's formula.
func (t *Term) argues(k int, name string) bool {
	return t.Formula != nil && k < len(t.Formula.Args) && t.Formula.Args[k].Tag.Name == name
}
