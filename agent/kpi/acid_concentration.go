package kpi

import (
	_ "embed"
	"fmt"
	"math"

	"recoup/agent"
)

//go:embed acid_concentration.yaml
var acidConcentrationExample string

// acidConcentration is the section of the family.
type acidConcentration struct {
	Feed       acidStream      `yaml:"feed"`
	Product    acidStream      `yaml:"product"`
	Tanks      []tank          `yaml:"tanks"`
	Losses     vapourLosses    `yaml:"losses"`
	Energy     acidEnergy      `yaml:"energy"`
	Factors    []factorSection `yaml:"factors"`
	Quantities []string        `yaml:"quantities"`
	Target     string          `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection        `yaml:"masks"`
	Operation  operation            `yaml:",inline"`
	Correlated []correlationSection `yaml:"correlated"`
}

// vapourLosses are the ways by which acid leaves an evaporator: carried over
// into the condensate of its vapour, and whatever else there is.
type vapourLosses struct {
	Condensate acidLoss    `yaml:"condensate"`
	Others     []otherLoss `yaml:"others"`
}

// newAcidConcentration builds the KPI of a plant that takes the water out of
// weak acid. Acid is counted as kilograms of 100 % H2SO4, and the water apart
// from it: the two balances close by different instruments' errors.
func newAcidConcentration(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section acidConcentration
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	b.factors(section.Factors)
	m := acidBalance{feed: b.acid("feed", "feed", section.Feed), product: b.acid("product", "product", section.Product)}
	m.tanks, m.losses = b.tanks(section.Tanks, h2so4()), b.vapour(section.Losses)
	w := b.waters(section)

	kpi := KPI{Name: spec.Name, Family: "acid_concentration"}
	amount, anything := agent.Range{Lo: 0, Hi: math.Inf(1)}, agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	b.recoveries(&kpi, m)
	inside := stream{} // tanks between the meters, where there are any
	if len(section.Tanks) > 0 {
		inside = w.tanks
	}
	closure := b.offer(&kpi, "water_closure", "1", leftOfFirst, anything, w.feed, w.product, w.tanks, w.losses)
	closure.MinWindow, closure.Balanced = agent.Week, true
	b.offer(&kpi, "water_evaporated", "kg", lessRest, amount, w.feed, w.product, inside).MinWindow = agent.Day
	b.offer(&kpi, "feed", "kg", total, amount, m.feed)
	b.offer(&kpi, "loss", "kg", altogether, amount, m.losses)
	for _, q := range []struct {
		key, unit string
		of        stream
	}{
		{"steam_per_water", "t/t", b.steam(section.Energy.Steam)}, {"fuel_per_water", "GJ/t", b.fuels(section.Energy.Fuel)},
		{"electricity_per_water", "kWh/t", b.power(section.Energy.Electricity)},
	} {
		b.offer(&kpi, q.key, q.unit, perDifference(len(q.of.terms)), amount, q.of, inTonnes(w.feed), inTonnes(w.product), inTonnes(inside)).MinWindow = agent.Day
	}
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// vapour makes the terms of the acid that leaves and is not product.
func (b *builder) vapour(l vapourLosses) stream {
	var silent []string
	all := append([]stream{b.liquid("condensate", l.Condensate, &silent)}, b.others(l.Others)...)
	return lossesTogether(all, silent)
}

// waters makes the terms of the water in all that the acid balance has. What was
// wrong with a tag has been told there.
func (b *builder) waters(section acidConcentration) (m acidBalance) {
	b.quietly(func() stream {
		m.feed = b.flowing("feed_water", "feed", section.Feed, water())
		m.product = b.flowing("product_water", "product", section.Product, water())
		m.tanks = b.tanks(section.Tanks, water())
		m.losses = b.vapourWater(section.Losses)
		return stream{}
	})
	return m
}

// vapourWater makes the terms of the water that leaves and is not product.
func (b *builder) vapourWater(l vapourLosses) stream {
	if l.Condensate.Acid.Flow == "" {
		return stream{why: "no flow of the condensate is named (losses.condensate.flow), which takes most of the water"}
	}
	together := b.flowing("condensate_water", "losses.condensate", l.Condensate.Acid, water())
	for i, o := range l.Others {
		path := fmt.Sprintf("losses.others[%d]", i)
		if o.Loss.Mass != "" {
			return stream{why: fmt.Sprintf("%s is counted as a mass of acid: the water that goes with it is not known", path)}
		}
		together = sideBySide(together, b.flowing(o.Name, path, o.Loss.Acid, water()))
	}
	return together
}
