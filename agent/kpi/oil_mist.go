package kpi

import (
	_ "embed"
	"fmt"
	"math"

	"recoup/agent"
)

//go:embed oil_mist.yaml
var oilMistExample string

// oilMist is the section of the family.
type oilMist struct {
	Inlet       duct            `yaml:"inlet"`
	Outlet      duct            `yaml:"outlet"`
	Recovered   string          `yaml:"recovered"`
	WashOil     held            `yaml:"wash_oil"`
	Capture     constantSection `yaml:"capture"`
	Carbon      constantSection `yaml:"carbon"`
	GB37822     string          `yaml:"gb37822"`
	Fan         string          `yaml:"fan"`
	Consumption consumption     `yaml:"consumption"`
	Quantities  []string        `yaml:"quantities"`
	Target      string          `yaml:"target"`
	validity    `yaml:",inline"`
	Masks       []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
	Operation  operation            `yaml:",inline"`
}

// consumption is what the mill uses up of its rolling oil.
type consumption struct {
	MakeUp string `yaml:"make_up"`
	Rolled string `yaml:"rolled"`
	Held   held   `yaml:",inline"`
}

// exhaust is the stream of one side of the treatment as the quantities need it.
type exhaust struct {
	mass             stream // on the basis of its analyser, or of both
	oil, carbon      stream // as kilograms of oil, of carbon
	droplets, volume stream // what a droplet analyser sees, kg; dry gas, 1000 Nm3
	basis            string // carbon, oil, or "" where nobody says
}

// newOilMist builds the KPI of an oil-mist treatment. By the loss method what
// does not leave by the stack was removed; by the direct one it is there as oil.
func newOilMist(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section oilMist
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	carbon := b.carbonOfOil(section.Carbon)
	in, out := b.exhaust("inlet", section.Inlet, carbon), b.exhaust("outlet", section.Outlet, carbon)
	b.sameBasis(in, out)
	recovered := b.metered("recovered", "recovered", section.Recovered, "a totaliser or flow meter of the oil that is given back", massMetering())

	kpi := KPI{Name: spec.Name, Family: "oil_mist"}
	amount := agent.Range{Lo: 0, Hi: math.Inf(1)}
	b.offer(&kpi, "removal", "1", leftOfFirst, agent.Range{Lo: 0, Hi: 1}, in.mass, out.mass)
	b.offer(&kpi, "recovered", "kg", total, amount, recovered)
	b.recovery(&kpi, section, in, out, recovered)
	b.emission(&kpi, section, in, out)
	b.fan(&kpi, section, in, recovered)
	b.consumption(&kpi, section.Consumption)
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run", "idle")
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// recovery offers what compares the oil given back with the oil that came in, all
// of it as oil. Over less than a day the oil on its way through the desorber
// weighs too much.
func (b *builder) recovery(kpi *KPI, section oilMist, in, out exhaust, recovered stream) {
	washed := b.tanksOf("wash_oil", section.WashOil, "the wash oil holds oil that is not given back yet")
	evaporated := b.evaporated(in.oil, section.Capture)
	back := []portion{{recovered, 1, 0}, {washed, 1, 0}}
	left := []portion{{in.oil, 1, 0}, {out.oil, -1, 0}, {recovered, -1, 0}, {washed, -1, 0}}
	share, anything := agent.Range{Lo: 0, Hi: 1}, agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	daily := func(q *Quantity) { q.MinWindow = agent.Day }
	daily(b.quotient(kpi, "recovery_direct", "1", share, append([]portion{{in.oil, 0, 1}}, back...)...))
	b.quotient(kpi, "recovery_loss", "1", share, portion{in.oil, 1, 1}, portion{out.oil, -1, 0})
	daily(b.quotient(kpi, "regeneration", "1", share, append([]portion{{in.oil, 0, 1}, {out.oil, 0, -1}}, back...)...))
	daily(b.quotient(kpi, "overall", "1", share, append([]portion{{evaporated, 0, 1}}, back...)...))
	daily(b.quotient(kpi, "balance", "kg", anything, left...))
	left[0].under = 1
	daily(b.quotient(kpi, "closure", "1", anything, left...))
}

// evaporated is the oil that the mill gives off: what the inlet carries over the
// share that the hoods capture. The product of capture, removal and regeneration
// is then what is given back over what evaporated.
func (b *builder) evaporated(in stream, capture constantSection) stream {
	switch {
	case capture.empty():
		return stream{why: "capture is not declared: it takes a tag, or a value with its source"}
	case capture.Tag != "" && capture.Value != nil:
		b.faults.Add("capture", "delete the tag, or the value", "the capture is measured and declared")
		return in
	}
	s := in.as("evaporated")
	if capture.Tag == "" {
		f := b.constant("capture", "capture", "kg/kg", capture, 0.05, 1).under()
		for i := range s.terms {
			s.terms[i].Dated = append(s.terms[i].Dated[:len(s.terms[i].Dated):len(s.terms[i].Dated)], f)
		}
		return s
	}
	tag, factor := b.measured("capture.tag", capture.Tag, strengths(), "a share")
	over := &Formula{Name: "per_share", Args: []Arg{{Tag: tag, Unit: factor}}, Of: func(x []float64) (float64, agent.Quality, int) {
		if !(x[0] >= 0.05 && x[0] <= 1) {
			return 0, agent.Bad, 0
		}
		return 1 / x[0], agent.Good, 0
	}}
	for i := range s.terms {
		s.terms[i].Formula = multiplied(s.terms[i].Formula, over)
	}
	return s
}

// fan offers what the exhaust fans use.
func (b *builder) fan(kpi *KPI, section oilMist, in exhaust, recovered stream) {
	fan := b.energy("fan", "fan", section.Fan, "a meter of what the exhaust fans use")
	amount := agent.Range{Lo: 0, Hi: math.Inf(1)}
	b.quotient(kpi, "fan_per_volume", "kWh/1000Nm3", amount, portion{fan, 1, 0}, portion{in.volume, 0, 1})
	b.quotient(kpi, "fan_per_oil", "kWh/kg", amount, portion{fan, 1, 0}, portion{recovered, 0, 1}).MinWindow = agent.Day
}

// consumption offers the rolling oil that is used up per tonne rolled: what was
// filled up less what the tanks hold more of.
func (b *builder) consumption(kpi *KPI, c consumption) {
	if c.MakeUp == "" && c.Rolled == "" {
		kpi.Absent = append(kpi.Absent, Absent{"specific_consumption", "consumption is not named: it takes the oil filled up, the tanks and the tonnes rolled"})
		return
	}
	makeUp := b.metered("make_up", "consumption.make_up", c.MakeUp, "a meter of the oil that is filled up", massMetering())
	rolled := b.metered("rolled", "consumption.rolled", c.Rolled, "the tonnes rolled", tonneMetering())
	tanks := b.tanksOf("consumption", c.Held, "what the tanks hold less was used up too")
	b.quotient(kpi, "specific_consumption", "kg/t", agent.Range{Lo: 0, Hi: math.Inf(1)},
		portion{makeUp, 1, 0}, portion{tanks, -1, 0}, portion{rolled, 0, 1}).MinWindow = agent.Day
}

// held is oil in tanks, or that there is none of it with the reason.
type held struct {
	Tanks []oilTank `yaml:"tanks"`
	None  string    `yaml:"none"`
}

// oilTank is an upright cylinder.
type oilTank struct {
	Level    string          `yaml:"level"`
	Diameter float64         `yaml:"diameter"` // m, inside
	Density  constantSection `yaml:"density"`  // kg/m3
}

// tanksOf makes a stock in kg of each tank.
func (b *builder) tanksOf(path string, h held, why string) (s stream) {
	switch {
	case len(h.Tanks) == 0 && h.None == "":
		return stream{why: fmt.Sprintf("%s.tanks are neither listed nor declared none: %s", path, why)}
	case len(h.Tanks) > 0 && h.None != "":
		b.faults.Add(path+".none", "delete none, or the tanks", "tanks are listed and declared none")
	}
	for i, k := range h.Tanks {
		at := fmt.Sprintf("%s.tanks[%d]", path, i)
		if !(k.Diameter > 0 && k.Diameter < 200) {
			b.faults.Add(at+".diameter", "write the inside diameter in m, for example 2.5", "%g m is no diameter of a tank", k.Diameter)
		}
		level, factor := b.measured(at+".level", k.Level, lengths(), "a level as a length")
		t := Term{Role: "tank", Unit: "kg", Factor: math.Pi / 4 * k.Diameter * k.Diameter * factor, Stock: true, Tags: []*agent.Tag{level}}
		if k.Density.Tag != "" {
			density, factor := b.measured(at+".density.tag", k.Density.Tag, densities(), "a density")
			t.times(Arg{Tag: density, Unit: factor})
		} else {
			t.Dated = []*Factor{b.constant(at+".density", "density."+k.Level, "kg/m3", k.Density, 500, 1500)}
		}
		s.terms = append(s.terms, t)
	}
	return s
}
