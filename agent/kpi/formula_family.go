package kpi

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"recoup/agent"
)

//go:embed formula.yaml
var formulaExample string

// formulaSection is the section of the family.
type formulaSection struct {
	Inputs     map[string]concentrationSection `yaml:"inputs"`
	Quantities []computedSection               `yaml:"quantities"`
	Target     string                          `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection `yaml:"masks"`
	Operation  operation     `yaml:",inline"`
}

type computedSection struct {
	Key    string       `yaml:"key"`
	Unit   string       `yaml:"unit"`
	Value  string       `yaml:"value"`
	Bounds []float64    `yaml:"bounds"`
	Label  labelSection `yaml:"label"`
}

type labelSection struct {
	EN string `yaml:"en"`
	ZH string `yaml:"zh"`
}

// newFormula builds the KPI of a plant's own figures: expressions of totals and
// means of tags and of the figures of other KPIs.
func newFormula(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section formulaSection
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	inputs := b.inputs(section.Inputs)
	kpi := KPI{Name: spec.Name, Family: "formula"}
	for i, s := range section.Quantities {
		path := fmt.Sprintf("quantities[%d].", i)
		if slices.ContainsFunc(kpi.Quantities, func(q Quantity) bool { return q.Key == s.Key }) {
			b.faults.Add(path+"key", "give each quantity a key of its own", "%s is there twice", s.Key)
		}
		q := b.computed(path, s.Key, s.Unit, s.Value)
		q.Bounds = b.within(path+"bounds", s.Bounds)
		q.LabelEN, q.LabelZH = s.Label.EN, s.Label.ZH
		q.draft.inputs, q.draft.path = inputs, kpi.Family+"."+path+"value"
		kpi.Quantities = append(kpi.Quantities, q)
	}
	if len(section.Quantities) == 0 {
		b.faults.Add("quantities", `write for example quantities: [{key: per_kg, unit: kWh/kg, value: "fan.energy / mill.oil.recovered"}]`, "no quantity is given")
	}
	if len(b.faults) == 0 {
		b.aim(&kpi, section.Target)
	}
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	return b.built(kpi, faults)
}

// inputs reads the concentrations that the section gives names of its own.
func (b *builder) inputs(sections map[string]concentrationSection) map[string]concentration {
	all := map[string]concentration{}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		path := "inputs." + name
		if slices.ContainsFunc(b.spec.Tags, func(t *agent.Tag) bool { return t.Name == name }) {
			b.faults.Add(path, "choose another name", "there is a tag %s already", name)
		}
		if c, ok := b.concentration(path, sections[name]); ok {
			all[name] = c
		}
	}
	return all
}

// computed makes a quantity whose expression waits for Link.
func (b *builder) computed(path, key, unit, text string) Quantity {
	q := b.quantity(key, unit, nil, agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)})
	q.draft = &draft{tags: b.spec.Tags}
	if key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		b.faults.Add(path+"key", "use a-z, 0-9 and _, for example per_kg", "%q is no key", key)
	}
	var err error
	if q.draft.unit, err = ParseUnit(unit); err != nil {
		b.faults.Add(path+"unit", "write the unit of the result, for example kWh/kg, or 1 for a share", "%v", err)
	}
	if q.draft.node, err = parseExpression(text); err != nil {
		b.faults.Add(path+"value", `write for example "fan.energy / mill.oil.recovered"`, "%v", err)
	}
	return q
}

// within reads the bounds of what is physically possible.
func (b *builder) within(path string, bounds []float64) agent.Range {
	switch {
	case len(bounds) == 0:
		return agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	case len(bounds) != 2 || !(bounds[0] < bounds[1]):
		b.faults.Add(path, "write the least and the greatest value that are physically possible, for example [0, 100]", "these are no bounds")
		return agent.Range{}
	}
	return agent.Range{Lo: bounds[0], Hi: bounds[1]}
}
