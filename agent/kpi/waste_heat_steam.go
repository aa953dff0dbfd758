package kpi

import (
	"strings"

	"recoup/agent"
)

// steamSide is what the boiler makes: the flow of its steam with pressure and
// temperature, and the temperature of its feedwater.
type steamSide struct {
	Flow        string `yaml:"flow"`
	Pressure    string `yaml:"pressure"`
	Temperature string `yaml:"temperature"`
	Feedwater   string `yaml:"feedwater"`
	Gauge       bool   `yaml:"gauge"` // the pressure is above that of the air
}

const airMPa = 0.101325 // taken for the pressure of the air above gauges

// steamHeat makes the term of the heat that the steam took up, in kWh:
// m (h_steam − h_feedwater).
func (b *builder) steamHeat(s steamSide) stream {
	var whys []string
	for _, need := range []struct{ key, name, what string }{
		{"flow", s.Flow, "the mass flow of the steam"}, {"pressure", s.Pressure, "its pressure"},
		{"temperature", s.Temperature, "its temperature"}, {"feedwater", s.Feedwater, "the temperature of the feedwater"},
	} {
		if need.name == "" {
			whys = append(whys, "steam."+need.key+" is not named: it takes "+need.what)
		}
	}
	switch len(whys) {
	case 0:
	case 4:
		return stream{why: "steam is not named: it takes flow, pressure and temperature of the steam and the temperature of the feedwater"}
	default:
		return stream{why: strings.Join(whys, "; ")}
	}
	flow, factor := b.measured("steam.flow", s.Flow, massRates(), "a mass rate")
	p, mpa := b.measured("steam.pressure", s.Pressure, pressures(), "a pressure")
	t, ct := b.measured("steam.temperature", s.Temperature, temperatures(), "a temperature")
	w, cw := b.measured("steam.feedwater", s.Feedwater, temperatures(), "a temperature")
	f := &Formula{Name: "if97_steam_less_water", Rel: steamRel, Args: []Arg{{Tag: p, Unit: mpa / 1000}, {Tag: t, Unit: ct}, {Tag: w, Unit: cw}}}
	over := 0.0
	if s.Gauge {
		f.Name, over = "if97_steam_less_water_gauge", airMPa
	}
	f.Of = func(x []float64) (float64, agent.Quality, int) { return superheat(x[0]+over, x[1], x[2]) }
	return stream{terms: []Term{{Role: "steam_heat", Unit: "kWh", Factor: factor / 3600, Tags: []*agent.Tag{flow}, Formula: f}}}
}
