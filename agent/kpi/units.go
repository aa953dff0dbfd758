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
// kilograms, mass rates in kilograms per second.
func normalFlows() []unit {
	return []unit{{"Nm3/h", perHour}, {"Nm3/min", 1.0 / 60}, {"Nm3/s", 1}, {"kNm3/h", 1000 * perHour}}
}

func concentrations() []unit {
	return []unit{{"mg/Nm3", 1e-6}, {"g/Nm3", 1e-3}, {"mgC/Nm3", 1e-6}}
}

func masses() []unit { return []unit{{"kg", 1}, {"t", 1000}, {"g", 1e-3}} }

func massRates() []unit { return []unit{{"kg/h", perHour}, {"t/h", 1000 * perHour}} }

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
