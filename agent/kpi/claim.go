package kpi

import (
	"cmp"
	"fmt"
	"slices"

	"recoup/agent"
)

// claimSection is a pair of headline figures that somebody published.
type claimSection struct {
	Name       string  `yaml:"name"`
	TCE        float64 `yaml:"tce"`
	CO2        float64 `yaml:"co2"`
	Convention string  `yaml:"convention"`
	Grid       string  `yaml:"grid"`
	Electric   string  `yaml:"electricity"`
}

const gjPerTce = 29.3076 // GB/T 2589

// claims reads pairs of energy and CO2. Each fuel and electricity have one ratio
// of the two, so a pair tells which mixtures of carriers could be behind it.
func (b *builder) claims(kpi *KPI, sections []claimSection) {
	for i, s := range sections {
		path := fmt.Sprintf("claims[%d].", i)
		c := agent.Claim{Name: cmp.Or(s.Name, fmt.Sprintf("claims[%d]", i)), TCE: s.TCE, CO2: s.CO2}
		if !(s.TCE > 0) || !isFinite(s.TCE) {
			b.faults.Add(path+"tce", "write the tonnes of coal equivalent, for example 31800", "%g t is no claim", s.TCE)
		}
		if !(s.CO2 > 0) || !isFinite(s.CO2) {
			b.faults.Add(path+"co2", "write the tonnes of CO2, for example 100000", "%g t is no claim", s.CO2)
		}
		perKWh := "electricity.equivalent"
		switch s.Convention {
		case "equivalent":
		case "equal":
			c.EqualValue, perKWh = true, cmp.Or(s.Electric, "electricity.equal.db31t783")
		default:
			b.faults.Add(path+"convention", "write equivalent (electricity by its heat) or equal (by what power plants burn)", "%q is no convention: the two differ 2.4-fold for electricity", s.Convention)
		}
		if ratios, ok := b.carrierRatios(path, cmp.Or(s.Grid, "grid.cn"), perKWh); ok {
			c.Carriers = ratios
			kpi.Claims = append(kpi.Claims, c)
		}
	}
}

// carrierRatios gives the t of CO2 per tce of coal, natural gas and electricity,
// by the newest values of the factors.
func (b *builder) carrierRatios(path, grid, perKWh string) (all []agent.Carrier, ok bool) {
	told := len(b.faults)
	newest := func(at, name, unit string) float64 {
		f := b.factor(at, name)
		if f == nil || len(f.Steps) == 0 {
			return 0
		}
		if f.Unit != unit {
			b.faults.Add(at, "name a factor in "+unit, "%s is in %s", name, f.Unit)
		}
		return f.Steps[len(f.Steps)-1].Value
	}
	coal, gas := newest(path+"name", "coal.combustion", "kgCO2/GJ"), newest(path+"name", "gas.combustion", "kgCO2/GJ")
	power, kgce := newest(path+"grid", grid, "kgCO2/kWh"), newest(path+"electricity", perKWh, "kgce/kWh")
	if len(b.faults) > told || !(kgce > 0) {
		return nil, false
	}
	all = []agent.Carrier{{Name: "coal", Ratio: coal * gjPerTce / 1000, Fuel: true}, {Name: "gas", Ratio: gas * gjPerTce / 1000, Fuel: true}, {Name: "electricity", Ratio: power / kgce}}
	slices.SortFunc(all, func(x, y agent.Carrier) int { return cmp.Compare(x.Ratio, y.Ratio) })
	return all, true
}
