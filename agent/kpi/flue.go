package kpi

import (
	"fmt"
	"math"
	"strings"

	"recoup/agent"
)

// flue is the gas that brings the heat: its flow, and its temperatures before
// and behind the boiler.
type flue struct {
	Flow               string   `yaml:"flow"`
	Inlet              string   `yaml:"inlet"`
	Outlet             string   `yaml:"outlet"`
	Reference          *float64 `yaml:"reference"`       // °C from which heat counts; default 25
	HeatCapacity       *float64 `yaml:"heat_capacity"`   // kJ/(Nm3·K) between these temperatures; default 1.42
	HeatCapacityU      *float64 `yaml:"heat_capacity_u"` // its standard uncertainty; default 0.03
	HeatCapacitySource string   `yaml:"heat_capacity_source"`
}

// gasHeat is what the flue gas brings, in kWh above the reference: before the
// boiler and behind it; and its capacity in kWh/K.
type gasHeat struct {
	before, behind, capacity stream
	reference                float64
}

// flue makes these terms. The heat capacity is the same in all and cancels in
// their ratios; where it does not its uncertainty counts, and every result names
// it. The errors of the two thermometers count as independent; what they share
// would make the ratio surer than it is told to be.
func (b *builder) flue(s flue) gasHeat {
	reference := b.declared("flue.reference", s.Reference, 25, -50, 250, "°C")
	capacity := b.heatCapacity(s)
	if why := s.unmeasured(); why != "" {
		missing := stream{why: why}
		return gasHeat{missing, missing, missing, reference}
	}
	flow, factor := b.measured("flue.flow", s.Flow, normalFlows(), "a normal volume flow")
	inlet, in := b.measured("flue.inlet", s.Inlet, temperatures(), "a temperature")
	outlet, out := b.measured("flue.outlet", s.Outlet, temperatures(), "a temperature")
	heat := func(role, unit string, f *Formula) stream {
		return stream{terms: []Term{{Role: role, Unit: unit, Factor: factor / 3600, Tags: []*agent.Tag{flow}, Formula: f, Dated: []*Factor{capacity}}}}
	}
	return gasHeat{
		before:    heat("flue_heat", "kWh", above(reference, Arg{Tag: inlet, Unit: in})),
		behind:    heat("stack_heat", "kWh", above(reference, Arg{Tag: outlet, Unit: out})),
		capacity:  heat("gas_capacity", "kWh/K", nil),
		reference: reference,
	}
}

// unmeasured says which instrument is missing.
func (s flue) unmeasured() string {
	if s.Flow == "" && s.Inlet == "" && s.Outlet == "" {
		return "flue is not named: it takes the flow of the flue gas and its temperatures before and behind the boiler"
	}
	var whys []string
	for _, need := range []struct{ key, name, what string }{
		{"flow", s.Flow, "the flow of the flue gas"}, {"inlet", s.Inlet, "its temperature before the boiler"}, {"outlet", s.Outlet, "its temperature behind the boiler"},
	} {
		if need.name == "" {
			whys = append(whys, fmt.Sprintf("flue.%s is not named: it takes %s", need.key, need.what))
		}
	}
	return strings.Join(whys, "; ")
}

// heatCapacity is the constant of the gas, declared or assumed.
func (b *builder) heatCapacity(s flue) *Factor {
	value := b.declared("flue.heat_capacity", s.HeatCapacity, 1.42, 0.5, 3, "kJ/(Nm3·K)")
	u := b.declared("flue.heat_capacity_u", s.HeatCapacityU, 0.03, 0, 0.5, "kJ/(Nm3·K)")
	source := s.HeatCapacitySource
	switch {
	case source != "":
	case s.HeatCapacity != nil:
		source = "as configured"
	default:
		source = "assumed: usual for the flue gas of a glass furnace"
	}
	return always("flue.heat_capacity", "kJ/(Nm3·K)", value, u, source)
}

// declared takes a constant of the configuration, or what holds without it.
func (b *builder) declared(path string, configured *float64, otherwise, lo, hi float64, unit string) float64 {
	if configured == nil {
		return otherwise
	}
	if v := *configured; !(v >= lo && v <= hi) {
		b.faults.Add(path, fmt.Sprintf("write a number from %g to %g, or delete the key: it is %g then", lo, hi, otherwise), "%g %s is not plausible", v, unit)
	}
	return *configured
}

// above is the formula of the kelvins above a reference temperature in °C. Below
// it gas brings no heat: such time is lost.
func above(reference float64, temperature Arg) *Formula {
	return &Formula{
		Name: fmt.Sprintf("above_%gC", reference), Args: []Arg{temperature},
		Of: func(x []float64) (float64, agent.Quality, int) {
			if x[0] < reference {
				return 0, agent.Bad, 0
			}
			return x[0] - reference, agent.Good, 0
		},
	}
}

// carnot is the Figure of the largest share of the gas's heat that any engine
// could make power of, with the reference as the cold side (°C): 1 − T0/T of the
// logarithmic mean T of the gas between its mean temperatures before and behind
// the boiler. The terms are the heat before, the heat behind and the capacity.
func carnot(reference float64) Figure {
	const zero = 273.15
	cold := reference + zero
	return func(totals []float64) (float64, []float64, agent.Reason) {
		c := totals[2]
		hot, cool := cold+totals[0]/c, cold+totals[1]/c
		if !(c > 0) || !(hot > cool) {
			return 0, nil, agent.Reason{Code: agent.NoInput}
		}
		ln := math.Log(hot / cool)
		mean := (hot - cool) / ln
		byHot, byCool := (1-mean/hot)/ln, (mean/cool-1)/ln
		rise := cold / (mean * mean)
		return 1 - cold/mean, []float64{
			rise * byHot / c, rise * byCool / c,
			-rise * (byHot*(hot-cold) + byCool*(cool-cold)) / c,
		}, agent.Reason{}
	}
}
