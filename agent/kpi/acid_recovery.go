package kpi

import (
	_ "embed"
	"fmt"
	"math"

	"recoup/agent"
)

//go:embed acid_recovery.yaml
var acidRecoveryExample string

// acidRecovery is the section of the family.
type acidRecovery struct {
	Feed       acidStream      `yaml:"feed"`
	Product    acidStream      `yaml:"product"`
	Tanks      []tank          `yaml:"tanks"`
	Losses     acidLosses      `yaml:"losses"`
	Sulphur    []cofired       `yaml:"sulphur"`
	Conversion converter       `yaml:"conversion"`
	Energy     acidEnergy      `yaml:"energy"`
	Factors    []factorSection `yaml:"factors"`
	Quantities []string        `yaml:"quantities"`
	Target     string          `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection        `yaml:"masks"`
	Correlated []correlationSection `yaml:"correlated"`
	Operation  operation            `yaml:",inline"`
}

// newAcidRecovery builds the KPI of a plant that regenerates waste sulfuric acid
// by way of SO2. All masses are kilograms of 100 % H2SO4.
func newAcidRecovery(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section acidRecovery
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	b.factors(section.Factors)
	m := acidBalance{feed: b.acid("feed", "feed", section.Feed), product: b.acid("product", "product", section.Product)}
	m.tanks, m.losses = b.tanks(section.Tanks, h2so4()), b.losses(section.Losses)
	sulphur, gas := b.sulphur(section.Sulphur), b.converted(section.Conversion)

	kpi := KPI{Name: spec.Name, Family: "acid_recovery"}
	share, amount := agent.Range{Lo: 0, Hi: 1}, agent.Range{Lo: 0, Hi: math.Inf(1)}
	b.recoveries(&kpi, m.beside(section.Sulphur))
	made := sideBySide(m.product, m.tanks)
	b.offer(&kpi, "recovery_sulphur", "1", per(len(made.terms)), share, m.product, m.tanks, m.feed, sulphur).MinWindow = agent.Week
	b.offer(&kpi, "conversion", "1", conversion, share, gas).MinWindow = agent.Hour
	b.offer(&kpi, "feed", "kg", total, amount, m.feed)
	b.offer(&kpi, "loss", "kg", altogether, amount, m.losses)
	b.perTonne(&kpi, section, m)
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// perTonne offers what a tonne of 100 % product costs: what is in the product
// meter plus what the tanks before it gained, where there are any.
func (b *builder) perTonne(kpi *KPI, section acidRecovery, m acidBalance) {
	made := inTonnes(m.product)
	if len(section.Tanks) > 0 {
		made = inTonnes(sideBySide(m.product, m.tanks))
	}
	// As SO2, not as the H2SO4 that it could have been.
	so2 := b.emitted("so2", section.Losses.SO2, sulphurDioxides())
	mist := b.emitted("mist", section.Losses.Mist, concentrations()[:2])
	if len(so2.terms) == 1 {
		so2.terms[0].Role = "so2_emitted"
	}
	fuels := b.fuels(section.Energy.Fuel)
	for _, q := range []struct {
		key, unit string
		of        stream
	}{
		{"so2_per_tonne", "kg/t", so2}, {"mist_per_tonne", "kg/t", mist}, {"fuel_per_tonne", "GJ/t", fuels},
		{"electricity_per_tonne", "kWh/t", b.power(section.Energy.Electricity)}, {"steam_per_tonne", "t/t", b.steam(section.Energy.Steam)},
	} {
		b.offer(kpi, q.key, q.unit, per(len(q.of.terms)), agent.Range{Lo: 0, Hi: math.Inf(1)}, q.of, made).MinWindow = agent.Day
	}
}

// emitted makes the term of a gas that losses has made already, by its own mass.
func (b *builder) emitted(role string, g gasLoss, table []unit) stream {
	switch {
	case g.None != "":
		return stream{why: fmt.Sprintf("losses.%s is declared none", role)}
	case g == gasLoss{}:
		return stream{why: fmt.Sprintf("losses.%s is not measured", role)}
	}
	return b.quietly(func() stream { return b.gas(role, g, table, 1) })
}
