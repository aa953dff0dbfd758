package kpi

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"recoup/agent"
)

// draft is a quantity whose expression waits for the other KPIs: what it names
// is known when all are built.
type draft struct {
	node   ast.Node
	unit   Unit
	tags   []*agent.Tag
	inputs map[string]concentration
	model  *modelled         // that expected() stands for; nil: none
	item   *improvement      // whose saving it is; nil: of none
	path   string            // of the expression, below the KPI's entry
	paths  map[string]string // of names that stand elsewhere in the section
}

// Link finds what the expressions of all KPIs name in each other, and makes
// their terms and figures. It gives one error per KPI, agent.Faults with paths
// below the KPI's entry, or nil; a KPI with an error is left without
// quantities. What is linked already is left as it is.
func Link(kpis []KPI) []error {
	l := linker{kpis: kpis, faults: make([]agent.Faults, len(kpis)), states: map[*Quantity]progress{}}
	errs := make([]error, len(kpis))
	for i := range kpis {
		for j := range kpis[i].Quantities {
			l.finish(i, &kpis[i].Quantities[j])
		}
	}
	for i := range kpis {
		l.countOnce(i)
		if errs[i] = l.faults[i].Err(); errs[i] != nil || slices.ContainsFunc(kpis[i].Quantities, func(q Quantity) bool { return q.draft != nil }) {
			kpis[i].Quantities = nil
		}
	}
	return errs
}

// linked gives KPIs that can be computed, without changing the caller's.
func linked(kpis []KPI) ([]KPI, error) {
	kpis = slices.Clone(kpis)
	for i := range kpis {
		kpis[i].Quantities = slices.Clone(kpis[i].Quantities)
	}
	var faults agent.Faults
	for i, err := range Link(kpis) {
		faults.Join(kpis[i].Name, err)
	}
	return kpis, faults.Err()
}

type progress uint8

const (
	untouched progress = iota
	underWay           // its expression is being read
	done
	broken
)

// linker goes through the quantities in the order in which they need each other.
type linker struct {
	kpis   []KPI
	faults []agent.Faults
	states map[*Quantity]progress
	chain  []string // of those under way
}

// finish makes a draft into a quantity; false when that is not possible.
func (l *linker) finish(i int, q *Quantity) bool {
	if q.draft == nil || l.states[q] == done {
		return true
	}
	if l.states[q] != untouched {
		return false
	}
	l.states[q] = underWay
	l.chain = append(l.chain, q.Name)
	defer func() { l.chain = l.chain[:len(l.chain)-1] }()
	if err := l.compute(q); err != nil {
		l.states[q] = broken
		var w wrong
		if errors.As(err, &w) && w.msg != "" {
			l.faults[i].Add(cmp.Or(w.path, q.draft.path), w.fix, "%s", w.msg)
		}
		return false
	}
	l.states[q], q.draft = done, nil
	return true
}

// compute gives a quantity its terms and its figure.
func (l *linker) compute(q *Quantity) error {
	d := q.draft
	r := &resolver{linker: l, q: q, draft: d, made: &computed{unit: d.unit}}
	c := checker{resolve: r.resolve}
	if d.model != nil {
		c.expected = r.expected
	}
	result, err := c.check(d.node)
	if err == nil && d.item != nil {
		result, err = r.counted(result)
	}
	q.Branches = q.Branches || branches(d.node)
	switch {
	case err != nil:
		return err
	case result.truth:
		return wrongly("write a number: condition ? 1 : 0", "%s is a condition and no number", shown(d.node))
	case result.dimension != d.unit.Dimension:
		return wrongly("write a unit of "+result.dimension.String()+", for example "+result.dimension.canonical()+", or another formula",
			"%s is %s (%s), which cannot be given in %s", shown(d.node), result.dimension, result.dimension.canonical(), d.unit.Text)
	case d.unit.Offset != 0 && !result.point:
		return wrongly("write K: a difference of temperatures is in kelvin", "%s is a difference of temperatures", shown(d.node))
	case len(q.Terms) == 0 || !slices.ContainsFunc(q.Terms, func(t Term) bool { return len(t.inputs()) > 0 }):
		return wrongly("name a tag or another KPI's quantity", "%s names nothing that is measured", shown(d.node))
	}
	r.made.run = result.run
	q.Value = r.made.figure
	q.Expression = shownIn(d.node.String(), q.Of)
	if d.item != nil {
		q.Expression += d.item.said()
	}
	if d.model != nil {
		q.Expression += "; expected = " + d.model.said()
	}
	return nil
}

// shownIn says how a quantity is computed, with how those are that it names.
func shownIn(text string, inner []Inner) string {
	for _, in := range inner {
		is := "; " + in.Quantity.Name + " = "
		if e := in.Quantity.Expression; e != "" && !strings.Contains(text, is) {
			text += is + e
		}
	}
	return text
}

// resolver finds what one expression names.
type resolver struct {
	*linker
	q     *Quantity
	draft *draft
	made  *computed
}

func (r *resolver) resolve(function string, names []string) (checked, error) {
	key := function + "(" + strings.Join(names, " * ") + ")"
	if at := slices.IndexFunc(r.made.parts, func(p namedPart) bool { return p.key == key }); at >= 0 {
		return r.named(at), nil
	}
	part, err := r.part(function, names)
	if err != nil {
		var w wrong
		if errors.As(err, &w) && len(names) > 0 {
			w.path = cmp.Or(w.path, r.draft.paths[names[0]])
			return checked{}, w
		}
		return checked{}, err
	}
	part.key = key
	r.made.parts = append(r.made.parts, part)
	return r.named(len(r.made.parts) - 1), nil
}

func (r *resolver) named(at int) checked {
	u := r.made.parts[at].unit
	return checked{dimension: u.Dimension, point: u.Offset != 0, run: operand(at)}
}

func (r *resolver) part(function string, names []string) (namedPart, error) {
	switch function {
	case "hours":
		return r.totalled(r.hours(), unitOf("h")), nil
	case "model":
		return r.totalled(r.draft.model.term(), r.draft.model.unit), nil
	}
	var factors []factorOf
	for _, name := range names {
		f, is, err := r.factor(name)
		if err != nil {
			return namedPart{}, err
		}
		if !is {
			return r.other(function, names, name)
		}
		factors = append(factors, f)
	}
	if function == "mean" {
		return r.mean(factors)
	}
	return r.total(factors)
}
