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

// accepted lists spellings with their factors to base. What measures the same
// as one of them is accepted too (find).
func accepted(base string, spellings ...string) []unit {
	b, err := ParseUnit(base)
	all := make([]unit, len(spellings))
	for i, spelling := range spellings {
		u, wrong := ParseUnit(spelling)
		if err != nil || wrong != nil {
			panic("BUG: a unit of a family that is not known: " + base + ", " + spelling)
		}
		all[i] = unit{spelling, u.per(b)}
	}
	return all
}

// The tables hold what the families accept. Flows are in dry normal cubic
// metres per second, concentrations in kilograms per cubic metre, masses in
// kilograms, mass rates in kilograms per second; of liquids volume flows are in
// cubic metres per second, densities in kilograms per cubic metre, strengths in
// mass fractions; temperatures in °C, levels in metres, energies in kWh, powers
// in kWh per second, pulls in tonnes per second.
func normalFlows() []unit { return accepted("Nm3/s", "Nm3/h", "Nm3/min", "Nm3/s", "kNm3/h") }

func concentrations() []unit {
	return append(accepted("kg/Nm3", "mg/Nm3", "g/Nm3"), accepted("kgC/Nm3", "mgC/Nm3")...)
}

func masses() []unit { return accepted("kg", "kg", "t", "g") }

func massRates() []unit { return accepted("kg/s", "kg/h", "t/h") }

func volumeFlows() []unit { return accepted("m3/s", "m3/h", "l/h", "m3/min", "l/min") }

func densities() []unit { return accepted("kg/m3", "kg/m3", "g/cm3", "kg/l") }

func strengths() []unit { return accepted("1", "%", "wt%", "%w/w", "1", "kg/kg") }

func temperatures() []unit { return accepted("°C", "°C", "C", "℃") }

func lengths() []unit { return accepted("m", "m", "cm", "mm") }

func energies() []unit { return accepted("kWh", "kWh", "MWh", "Wh") }

func powers() []unit { return accepted("kWh/s", "kW", "MW", "W") }

func pulls() []unit { return accepted("t/s", "t/h", "t/d", "kg/h") }

// find looks a unit up: by its spelling, or as one that measures the same and
// counts from the same zero. Of shares only the spellings count: what a share is
// of does not show.
func find(table []unit, name string) (unit, bool) {
	plain := strings.NewReplacer("³", "3", "m^3", "m3", " ", "").Replace(name)
	if at := slices.IndexFunc(table, func(u unit) bool { return u.name == plain }); at >= 0 {
		return table[at], true
	}
	u, err := ParseUnit(name)
	if err != nil || u.Dimension == (Dimension{}) {
		return unit{}, false
	}
	for _, known := range table {
		k, err := ParseUnit(known.name)
		if err == nil && k.Dimension == u.Dimension && k.Offset == u.Offset {
			return unit{plain, u.per(k) * known.factor}, true
		}
	}
	return unit{}, false
}

func names(table []unit) string {
	all := make([]string, len(table))
	for i, u := range table {
		all[i] = u.name
	}
	return strings.Join(all, ", ")
}
