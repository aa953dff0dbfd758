package kpi

import (
	_ "embed"
	"fmt"
	"strings"

	"recoup/agent"
)

//go:embed energy_carbon.yaml
var energyCarbonExample string

// energyCarbon is the section of the family.
type energyCarbon struct {
	Carriers   []carrier       `yaml:"carriers"`
	Factors    []factorSection `yaml:"factors"`
	Claims     []claimSection  `yaml:"claims"`
	Quantities []string        `yaml:"quantities"`
	Target     string          `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
	Operation  operation            `yaml:",inline"`
}

// carrier is an energy that is saved or used, with the factors it counts by.
type carrier struct {
	Carrier         string `yaml:"carrier"`
	Energy          string `yaml:"energy"`
	EqualValue      string `yaml:"equal_value"`
	EquivalentValue string `yaml:"equivalent_value"`
	CO2             string `yaml:"co2"`
	Subtract        bool   `yaml:"subtract"`
}

// newEnergyCarbon builds the KPI of what energy stands for in coal and in CO2.
// Coal equivalents come by two conventions that differ 2.4-fold for electricity,
// so they are two quantities and never one. A carrier that lacks a factor keeps
// the whole quantity from being computed: without it the sum would pass for all.
func newEnergyCarbon(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section energyCarbon
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	b.factors(section.Factors)
	if len(section.Carriers) == 0 {
		b.faults.Add("carriers", "write for example carriers: [{carrier: electricity, energy: TAG, equivalent_value: electricity.equivalent}]", "no carrier of energy is named")
		return b.built(KPI{Name: spec.Name, Family: "energy_carbon"}, faults)
	}
	var equal, equivalent, carbon []stream
	var off []bool
	for i, c := range section.Carriers {
		path := fmt.Sprintf("carriers[%d].", i)
		if c.Carrier == "" {
			b.faults.Add(path+"carrier", "write what it is, for example electricity, gas, coal, steam or heat", "missing: the name of the carrier")
		}
		tag := b.tag(path+"energy", c.Energy, "how much of it there is")
		equal = append(equal, b.coal(path, "equal_value", c.EqualValue, c, tag))
		equivalent = append(equivalent, b.coal(path, "equivalent_value", c.EquivalentValue, c, tag))
		carbon, off = append(carbon, b.carbon(path, c, tag)), append(off, c.Subtract)
	}
	kpi := KPI{Name: spec.Name, Family: "energy_carbon"}
	b.offer(&kpi, "tce_equal", "tce", signed(off), signedBounds(off), equal...)
	b.offer(&kpi, "tce_equivalent", "tce", signed(off), signedBounds(off), equivalent...)
	b.offer(&kpi, "co2", "tCO2", signed(off), signedBounds(off), carbon...)
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	b.correlated(&kpi, section.Correlated)
	b.claims(&kpi, section.Claims)
	return b.built(kpi, faults)
}

func coalUnits() []unit { return []unit{{"kgce", 1e-3}, {"tce", 1}, {"gce", 1e-6}} }

func carbonUnits() []unit { return []unit{{"kgCO2", 1e-3}, {"tCO2", 1}, {"gCO2", 1e-6}} }

// coal makes a carrier's term in tce, by the factor that key names.
func (b *builder) coal(path, key, name string, c carrier, tag *agent.Tag) stream {
	if name == "" {
		return unfactored(path, key, c)
	}
	f := b.factor(path+key, name)
	if f == nil || tag == nil {
		return stream{terms: []Term{{}}}
	}
	return stream{terms: []Term{b.times(path+"energy", Term{Role: c.Carrier, Unit: "tce"}, tag, path+key, f, coalUnits())}}
}

// carbon makes a carrier's term in tonnes of CO2. A factor per unit of heat goes
// by the heat that the equivalent value gives a fuel.
func (b *builder) carbon(path string, c carrier, tag *agent.Tag) stream {
	if c.CO2 == "" {
		return unfactored(path, "co2", c)
	}
	f := b.factor(path+"co2", c.CO2)
	if f == nil || tag == nil {
		return stream{terms: []Term{{}}}
	}
	t := Term{Role: c.Carrier, Unit: "tCO2"}
	_, measured := energyKind().of(tag)
	if _, below, _ := strings.Cut(f.Unit, "/"); measured || !isHeat(below) {
		return stream{terms: []Term{b.times(path+"energy", t, tag, path+"co2", f, carbonUnits())}}
	}
	if c.EquivalentValue == "" {
		return stream{why: fmt.Sprintf("%sequivalent_value is not named: %s counts per heat, and without it the heat of %s is not known", path, f.Name, c.Carrier)}
	}
	numerator, _, amount, ok := b.per(path+"co2", f, carbonUnits())
	told := len(b.faults)
	if heat := b.factor(path+"equivalent_value", c.EquivalentValue); heat != nil && ok {
		t = b.times(path+"energy", t, tag, path+"equivalent_value", heat, []unit{{"kgce", kWhPerKgce}, {"tce", 1000 * kWhPerKgce}})
		t.Factor, t.Dated = t.Factor/amount.factor*numerator, append(t.Dated, f)
	}
	b.faults = b.faults[:told] // coal has said what is wrong with the heat
	return stream{terms: []Term{t}}
}

// isHeat reports whether a unit is one of energy or coal equivalent.
func isHeat(name string) bool {
	_, ok := find(heats(), name)
	return ok
}

// unfactored says that a carrier cannot count.
func unfactored(path, key string, c carrier) stream {
	return stream{why: fmt.Sprintf("%s%s is not named: %s would be left out of the sum", path, key, c.Carrier)}
}
