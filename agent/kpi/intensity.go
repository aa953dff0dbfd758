package kpi

import (
	_ "embed"
	"fmt"
	"math"

	"recoup/agent"
)

//go:embed intensity.yaml
var intensityExample string

// intensitySection is the section of the family.
type intensitySection struct {
	Amount     string       `yaml:"amount"`
	Product    string       `yaml:"product"`
	Unit       string       `yaml:"unit"`
	Boundary   string       `yaml:"boundary"`
	Allocation *allocation  `yaml:"allocation"`
	Bounds     []float64    `yaml:"bounds"`
	Label      labelSection `yaml:"label"`
	Target     string       `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection `yaml:"masks"`
	Operation  operation     `yaml:",inline"`
}

// allocation is the share of the amount that this product bears, where several
// are made.
type allocation struct {
	Share   *float64 `yaml:"share"`
	By      string   `yaml:"by"`
	Because string   `yaml:"because"`
}

// newIntensity builds the KPI of an amount per product: energy, CO2 or loss per
// tonne, as customers ask for it. Every result names the boundary and the
// allocation, without which such a figure cannot be compared.
func newIntensity(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section intensitySection
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	kpi := KPI{Name: spec.Name, Family: "intensity"}
	for _, need := range []struct{ key, text, fix string }{
		{"amount", section.Amount, "name a tag, or a quantity of another KPI such as site.carbon.co2"},
		{"product", section.Product, "name the rate or the totaliser of the product"},
		{"boundary", section.Boundary, `write what the amount takes in, for example "gate-to-gate: rolling mill with its fans"`},
	} {
		if need.text == "" {
			b.faults.Add(need.key, need.fix, "missing: the %s", need.key)
		}
	}
	share, stated := b.allocated(section.Allocation)
	q := b.computed("", "intensity", section.Unit, fmt.Sprintf("%q * %g / %q", section.Amount, share, section.Product))
	q.Bounds = agent.Range{Lo: 0, Hi: math.Inf(1)}
	if section.Bounds != nil {
		q.Bounds = b.within("bounds", section.Bounds)
	}
	q.LabelEN, q.LabelZH = section.Label.EN, section.Label.ZH
	q.Stated = []string{"boundary: " + section.Boundary, stated}
	q.draft.path = kpi.Family + ".unit"
	q.draft.paths = map[string]string{section.Amount: kpi.Family + ".amount", section.Product: kpi.Family + ".product"}
	kpi.Quantities = []Quantity{q}
	if len(b.faults) == 0 {
		b.aim(&kpi, section.Target)
	}
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	return b.built(kpi, faults)
}

// allocated reads the share that the product bears, and what results say of it.
func (b *builder) allocated(a *allocation) (share float64, stated string) {
	switch {
	case a == nil:
		return 1, "allocation: none"
	case a.Share == nil || !(*a.Share > 0 && *a.Share <= 1):
		b.faults.Add("allocation.share", "write a share above 0 and up to 1, for example 0.6; or delete allocation: the product bears all then", "this is no share of the amount")
		return 1, ""
	case a.By == "" || a.Because == "":
		b.faults.Add("allocation", `write for example allocation: {share: 0.6, by: mass, because: "contract with the buyer of the by-product"}`, "a share without its basis and reason cannot be defended")
	}
	return *a.Share, fmt.Sprintf("allocation: %g by %s (%s)", *a.Share, a.By, a.Because)
}
