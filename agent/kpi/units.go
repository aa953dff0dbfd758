package kpi

import (
	"slices"
	"strings"
)

// unit is a spelling with its factor to the unit that the engine totals in.
type unit struct {
	name   string
	factor float64
}

const perHour = 1.0 / 3600

// The tables hold what the families accept. Flows are in dry normal cubic
// metres per second, concentrations in kilograms per cubic metre, masses in
// kilograms, mass rates in kilograms per second; of liquids volume flows are in
// cubic metres per second, densities in kilograms per cubic metre, strengths in
// mass fractions; temperatures in °C, levels in metres, energies in kWh, powers
// in kWh per second, pulls in tonnes per second.
func normalFlows() []unit {
	return []unit{{"Nm3/h", perHour}, {"Nm3/min", 1.0 / 60}, {"Nm3/s", 1}, {"kNm3/h", 1000 * perHour}}
}

func concentrations() []unit {
	return []unit{{"mg/Nm3", 1e-6}, {"g/Nm3", 1e-3}, {"mgC/Nm3", 1e-6}}
}

func masses() []unit { return []unit{{"kg", 1}, {"t", 1000}, {"g", 1e-3}} }

func massRates() []unit { return []unit{{"kg/h", perHour}, {"t/h", 1000 * perHour}} }

func volumeFlows() []unit {
	return []unit{{"m3/h", perHour}, {"l/h", 1e-3 * perHour}, {"m3/min", 1.0 / 60}, {"l/min", 1e-3 / 60}}
}

func densities() []unit { return []unit{{"kg/m3", 1}, {"g/cm3", 1000}, {"kg/l", 1000}} }

func strengths() []unit {
	return []unit{{"%", 0.01}, {"wt%", 0.01}, {"%w/w", 0.01}, {"1", 1}, {"kg/kg", 1}}
}

func temperatures() []unit { return []unit{{"°C", 1}, {"C", 1}, {"℃", 1}} }

func lengths() []unit { return []unit{{"m", 1}, {"cm", 0.01}, {"mm", 0.001}} }

func energies() []unit { return []unit{{"kWh", 1}, {"MWh", 1000}, {"Wh", 0.001}} }

func powers() []unit { return []unit{{"kW", perHour}, {"MW", 1000 * perHour}, {"W", 0.001 * perHour}} }

func pulls() []unit {
	return []unit{{"t/h", perHour}, {"t/d", perHour / 24}, {"kg/h", 0.001 * perHour}}
}

// find looks a unit up; ³ and m^3 mean m3.
func find(table []unit, name string) (unit, bool) {
	name = strings.NewReplacer("³", "3", "m^3", "m3", " ", "").Replace(name)
	at := slices.IndexFunc(table, func(u unit) bool { return u.name == name })
	if at < 0 {
		return unit{}, false
	}
	return table[at], true
}

func names(table []unit) string {
	all := make([]string, len(table))
	for i, u := range table {
		all[i] = u.name
	}
	return strings.Join(all, ", ")
}
