package rules

import (
	"maps"
	"slices"
	"strings"
)

// measure is a kind of unit; the first column of units is what rules count in.
type measure string

const (
	pressure      measure = "a pressure"           // Pa
	vacuum        measure = "an absolute pressure" // kPa
	steamPressure measure = "a steam pressure"     // MPa
	gasFlow       measure = "a normal volume flow" // Nm3/h
	liquidFlow    measure = "a volume flow"        // m3/h
	steamFlow     measure = "a mass flow"          // t/h
	concentration measure = "a concentration"      // mg/Nm3
	temperature   measure = "a temperature"        // °C
	power         measure = "a power"              // kW
	percent       measure = "a percentage"         // %
	bit           measure = "a bit"                // any
	aFigure       measure = "a figure of a KPI"    // its own
)

// counted gives the unit that rules count a measure in.
func counted(m measure) string {
	return map[measure]string{
		pressure: "Pa", vacuum: "kPa", steamPressure: "MPa", gasFlow: "Nm3/h", liquidFlow: "m3/h", steamFlow: "t/h",
		concentration: "mg/Nm3", temperature: "°C", power: "kW", percent: "%",
	}[m]
}

// units gives the factors by which a tag's unit becomes the counted one.
func units(m measure) map[string]float64 {
	pascals := map[string]float64{"Pa": 1, "hPa": 100, "mbar": 100, "kPa": 1e3, "bar": 1e5, "MPa": 1e6}
	switch m {
	case pressure:
		return pascals
	case vacuum:
		return scaled(pascals, 1e-3)
	case steamPressure:
		return scaled(pascals, 1e-6)
	case gasFlow:
		return map[string]float64{"Nm3/h": 1, "Nm3/min": 60, "Nm3/s": 3600, "kNm3/h": 1000}
	case liquidFlow:
		return map[string]float64{"m3/h": 1, "m3/min": 60, "m3/s": 3600, "L/h": 1e-3, "L/min": 0.06, "l/h": 1e-3, "l/min": 0.06}
	case steamFlow:
		return map[string]float64{"t/h": 1, "kg/h": 1e-3, "kg/s": 3.6}
	case concentration:
		return map[string]float64{"mg/Nm3": 1, "g/Nm3": 1000, "mgC/Nm3": 1, "gC/Nm3": 1000}
	case temperature:
		return map[string]float64{"°C": 1, "C": 1, "degC": 1}
	case power:
		return map[string]float64{"W": 1e-3, "kW": 1, "MW": 1000}
	case percent:
		return map[string]float64{"%": 1, "1": 100}
	}
	return nil
}

func scaled(table map[string]float64, by float64) map[string]float64 {
	for unit := range table {
		table[unit] *= by
	}
	return table
}

// convert gives the factor from a tag's unit; every unit is a bit's.
func convert(m measure, unit string) (factor float64, ok bool) {
	if m == bit {
		return 1, true
	}
	factor, ok = units(m)[strings.ReplaceAll(unit, "³", "3")]
	return factor, ok
}

func unitNames(m measure) string { return strings.Join(slices.Sorted(maps.Keys(units(m))), ", ") }
