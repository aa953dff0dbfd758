package kpi

import (
	_ "embed"
	"fmt"
	"math"
	"strings"

	"recoup/agent"
)

//go:embed oil_mist.yaml
var oilMistExample string

// oilMist is the section of the family.
type oilMist struct {
	Inlet       duct          `yaml:"inlet"`
	Outlet      duct          `yaml:"outlet"`
	Recovered   string        `yaml:"recovered"`
	Target      string        `yaml:"target"`
	MinCoverage *float64      `yaml:"min_coverage"`
	Masks       []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
}

// duct is one side of the treatment.
type duct struct {
	Flow          string `yaml:"flow"`
	Concentration string `yaml:"concentration"`
}

// newOilMist builds the KPI of an oil-mist treatment by the loss method: what
// does not leave by the stack was removed.
func newOilMist(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section oilMist
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.coverage(section.MinCoverage)
	inlet, inletBasis := b.massFlow("inlet", section.Inlet)
	outlet, outletBasis := b.massFlow("outlet", section.Outlet)
	if inletBasis != "" && outletBasis != "" && inletBasis != outletBasis {
		b.faults.Add("outlet.concentration", "have both analysers report on the same basis",
			"the inlet is measured as %s and the outlet as %s: a ratio of the two means nothing", inletBasis, outletBasis)
	}
	kpi := KPI{Name: spec.Name, Family: "oil_mist"}
	kpi.Quantities = append(kpi.Quantities, b.quantity("removal", "1", removal, agent.Range{Lo: 0, Hi: 1}, inlet, outlet))
	if section.Recovered != "" {
		mass := b.mass("recovered", section.Recovered)
		kpi.Quantities = append(kpi.Quantities, b.quantity("recovered", "kg", total, agent.Range{Lo: 0, Hi: math.Inf(1)}, mass))
	}
	b.aim(&kpi, section.Target)
	b.masks(&kpi, section.Masks)
	b.correlated(&kpi, section.Correlated)
	faults.Join(kpi.Family, b.faults.Err())
	return kpi, faults.Err()
}

// removal is 1 − outlet/inlet.
func removal(totals []float64) (float64, []float64, agent.Reason) {
	in, out := totals[0], totals[1]
	if in <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	return 1 - out/in, []float64{out / (in * in), -1 / in}, agent.Reason{}
}

// massFlow makes the term flow × concentration in kg, and says on what basis
// the concentration counts.
func (b *builder) massFlow(role string, d duct) (t Term, basis string) {
	t = Term{Role: role, Unit: "kg", Factor: 1}
	why := "removal cannot be computed without the " + role + "'s flow and concentration"
	if flow := b.tag(role+".flow", d.Flow, why); flow != nil {
		u, ok := find(normalFlows(), flow.Unit)
		switch {
		case ok:
		case strings.HasPrefix(flow.Unit, "m3/") || strings.HasPrefix(flow.Unit, "m³/"):
			b.faults.Add(role+".flow", "configure the normalised flow of the PLC, unit Nm3/h",
				"%s is in %s: the actual flow must be brought to dry normal cubic metres first, or the mass is wrong by 10 to 20 %%", flow.Name, flow.Unit)
		default:
			b.faults.Add(role+".flow", "use a tag whose unit is one of "+names(normalFlows()), "%s is in %q, which is not a normal volume flow", flow.Name, flow.Unit)
		}
		b.rate(role+".flow", flow)
		t.Factor *= u.factor
		t.Tags = append(t.Tags, flow)
	}
	if c := b.tag(role+".concentration", d.Concentration, why); c != nil {
		u, ok := find(concentrations(), c.Unit)
		if !ok {
			b.faults.Add(role+".concentration", "use a tag whose unit is one of "+names(concentrations()), "%s is in %q, which is not a mass per normal cubic metre", c.Name, c.Unit)
		}
		b.rate(role+".concentration", c)
		basis = "oil"
		if strings.HasPrefix(u.name, "mgC") {
			basis = "carbon"
		}
		t.Factor *= u.factor
		t.Tags = append(t.Tags, c)
	}
	return t, basis
}

// mass makes a term in kg from a totaliser of mass or a mass rate.
func (b *builder) mass(role, name string) Term {
	t := Term{Role: role, Unit: "kg", Factor: 1}
	tag := b.tag(role, name, "")
	if tag == nil {
		return t
	}
	table, kind := massRates(), "a mass rate"
	if tag.Counter != nil {
		table, kind = masses(), "a totaliser of mass"
	}
	u, ok := find(table, tag.Unit)
	if !ok {
		fix := "use a tag whose unit is one of " + names(table)
		if _, isMass := find(masses(), tag.Unit); isMass {
			fix = fmt.Sprintf("if %s is a totaliser, give the tag counter: {modulus: …, max_rate: …}", tag.Name)
		}
		b.faults.Add(role, fix, "%s is in %q, which is not %s", tag.Name, tag.Unit, kind)
	}
	t.Factor = u.factor
	t.Tags = []*agent.Tag{tag}
	return t
}
