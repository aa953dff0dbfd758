package kpi

import (
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

// TestConversions compares with published conversions. SI Brochure, 9th edition:
// tables 7 and 8 (min, h, d, l, t, °C) and CODATA's atm and mmH2O; GB/T
// 2589-2020: 1 kWh is 3.6 MJ, 1 cal 4.1868 J; the rest are prefixes and products.
func TestConversions(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     float64
	}{
		{"kWh", "MJ", 3.6}, {"MWh", "GJ", 3.6}, {"GJ", "kWh", 1 / 0.0036}, {"kcal", "kJ", 4.1868}, {"Gcal", "GJ", 4.1868},
		{"t", "kg", 1000}, {"t/d", "kg/h", 1000.0 / 24}, {"kg/h", "g/s", 1 / 3.6}, {"kg/min", "t/h", 0.06},
		{"m3/h", "l/s", 1 / 3.6}, {"m³/h", "m3/s", 1.0 / 3600}, {"l", "cm3", 1000}, {"dm3", "L", 1}, {"hl", "m3", 0.1}, {"m^3", "m3", 1},
		{"Nm³/h", "kNm3/h", 0.001}, {"Nm3/min", "Nm3/h", 60}, {"mg/Nm3", "g/Nm3", 0.001}, {"mgC/Nm3", "kgC/Nm3", 1e-6},
		{"kW", "kWh/h", 1}, {"MW", "kWh/d", 24000}, {"kWh/t", "MJ/kg", 0.0036}, {"GJ/t", "kWh/kg", 1 / 3.6},
		{"atm", "kPa", 101.325}, {"bar", "MPa", 0.1}, {"mmH2O", "Pa", 9.80665}, {"kPa", "kWh/m3", 1.0 / 3600},
		{"V·A", "W", 1}, {"rpm", "Hz", 1.0 / 60}, {"%", "ppm", 10000}, {"wt%", "kg/kg", 0.01}, {"‰", "1", 0.001},
		{"tce", "kgce", 1000}, {"kgce/kWh", "gce/Wh", 1}, {"tCO2/MWh", "kgCO2/kWh", 1}, {"kgCO2/t", "tCO2/t", 0.001},
		{"yuan/kg", "CNY/t", 1000}, {"万元", "yuan", 10000}, {"元/千瓦时", "RMB/MWh", 1000}, {"吨/小时", "kg/h", 1000},
		{"kJ/(kg·K)", "kJ/kg/°C", 1}, {"kJ/(Nm3*K)", "J/Nm3/K", 1000}, {"s-1", "Hz", 1}, {"W/m²", "kW/m2", 0.001}, {" kg / h ", "kg/h", 1},
	} {
		from, err := ParseUnit(test.from)
		to, wrong := ParseUnit(test.to)
		if err != nil || wrong != nil || from.Dimension != to.Dimension {
			t.Errorf("%s to %s: got %v, %v, %s and %s", test.from, test.to, err, wrong, from.Dimension, to.Dimension)
			continue
		}
		if got := from.per(to); math.Abs(got-test.want) > 1e-15*test.want {
			t.Errorf("1 %s: got %.17g %s, want %.17g", test.from, got, test.to, test.want)
		}
	}
	if c := unitOf("°C"); 20*c.Factor+c.Offset != 293.15 {
		t.Errorf("20 °C: got %g K, want 293.15", 20*c.Factor+c.Offset)
	}
	if got := kWhPerKgce * unitOf("kWh").per(unitOf("MJ")); !near(got, 29.3076, 1e-12) {
		t.Errorf("1 kgce: got %g MJ, want the 29.3076 of GB/T 2589", got)
	}
}

// TestNeverConverted: what looks alike and is not has another dimension.
func TestNeverConverted(t *testing.T) {
	for _, pair := range [][2]string{
		{"Nm3", "m3"}, {"Nm3/h", "m3/h"}, {"mgC/Nm3", "mg/Nm3"}, {"mgC/Nm3", "mgC3H8/Nm3"}, {"mgoil/Nm3", "mg/Nm3"}, {"mgoil", "mgC"},
		{"kgCO2", "kg"}, {"kgCO2", "kgCO2e"}, {"kgce", "kg"}, {"kgce", "kWh"}, {"yuan", "USD"}, {"EUR", "USD"}, {"kW", "kWh"}, {"mg/m3", "mg/Nm3"},
	} {
		if a, b := unitOf(pair[0]), unitOf(pair[1]); a.Dimension == b.Dimension {
			t.Errorf("%s and %s have one dimension, %s", pair[0], pair[1], a.Dimension)
		}
		if _, ok := find([]unit{{pair[0], 1}}, pair[1]); ok {
			t.Errorf("%s is taken for %s", pair[1], pair[0])
		}
	}
	if _, ok := find(temperatures(), "K"); ok {
		t.Error("kelvins are taken for degrees Celsius")
	}
	if _, ok := find(strengths(), "ppm"); ok {
		t.Error("ppm are taken for a mass fraction")
	}
}

func TestRefusedUnits(t *testing.T) {
	for text, says := range map[string]string{
		"": "missing", "/h": "missing", "kg/": "missing", "KWh": "kWh is meant", "NM3/h": "Nm3 is meant", "kg/H": "is meant",
		"Sm3": "not known", "furlong": "not known", "kg/h/": "missing", "m9": "not known", "m33": "not known", "m0": "not known", "kkg": "not known",
		"kJ/kg·K": "two ways", "kJ/(kg·K": "two ways", "m6/m-6": "too high", "kg·": "missing", strings.Repeat("m", 50): "too long", "°": "not known",
	} {
		if u, err := ParseUnit(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, %v, want an error: …%s…", text, u, err, says)
		}
	}
}

func TestDimensionsInWords(t *testing.T) {
	for text, want := range map[string]string{
		"m3/h": "a volume flow", "Nm3/h": "a normal volume flow", "mg/Nm3": "a mass per normal volume", "mgC/Nm3": "mass as carbon per normal volume",
		"kWh/t": "an energy per mass", "kgce/kWh": "coal equivalent per energy", "kgCO2/t": "mass of CO2 per mass", "yuan/kg": "money in yuan per mass",
		"%": "a share or number", "°C": "a temperature", "kW": "a power", "MPa": "a pressure", "1/K": "a number per temperature", "m": "a length", "t/d": "a mass flow",
	} {
		if got := unitOf(text).Dimension.String(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	tag := &agent.Tag{Name: "q", Unit: "m3/h"}
	if got, want := inUnit(tag), `q is in "m3/h", a volume flow`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestCanonicalUnits: what totals are kept in reads back as the same dimension.
func TestCanonicalUnits(t *testing.T) {
	for _, text := range []string{"1", "t/d", "kJ/(Nm3·K)", "mgC/Nm3", "kgce/kWh", "Nm3·Nm3/h", "m3/s", "W/m2", "A", "yuan·h/kg", "1/K"} {
		d := unitOf(text).Dimension
		if back := unitOf(d.canonical()); back.Dimension != d {
			t.Errorf("%s: got %s, which is %s", text, d.canonical(), back.Dimension)
		}
	}
}

// TestAcceptedUnits: the families' factors are those of their lists of old, to
// the bit, and what measures the same is taken too.
func TestAcceptedUnits(t *testing.T) {
	for _, test := range []struct {
		table []unit
		name  string
		want  float64
	}{
		{normalFlows(), "kNm3/h", 1000 * perHour}, {normalFlows(), "Nm³/h", perHour}, {concentrations(), "mg/Nm3", 1e-6}, {masses(), "g", 1e-3},
		{massRates(), "t/h", 1000 * perHour}, {volumeFlows(), "l/min", 1e-3 / 60}, {densities(), "kg/l", 1000}, {powers(), "W", 0.001 * perHour},
		{pulls(), "t/d", perHour / 24}, {pulls(), "kg/h", 0.001 * perHour}, {energies(), "Wh", 0.001}, {lengths(), "mm", 0.001}, {strengths(), "wt%", 0.01},
		{massRates(), "kg/min", 1.0 / 60}, {normalFlows(), "Nm3/d", perHour / 24}, {masses(), "吨", 1000}, {[]unit{{"yuan", 1}}, "元", 1},
	} {
		if got, ok := find(test.table, test.name); !ok || got.factor != test.want {
			t.Errorf("%s: got %.17g, %v, want %.17g", test.name, got.factor, ok, test.want)
		}
	}
}

func FuzzParseUnit(f *testing.F) {
	for _, text := range []string{"mgC/Nm3", "kJ/(kg·K)", "m^3/h", "°C", "%", "s-1", "/(·)/", "万元"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUnit(text)
		if err != nil {
			return
		}
		if !(u.Factor > 0) || math.IsInf(u.Factor, 0) || u.Dimension.String() == "" {
			t.Errorf("%q: got %+v", text, u)
		}
		if back := unitOf(u.Dimension.canonical()); back.Dimension != u.Dimension {
			t.Errorf("%q: got %s back, want %s", text, back.Dimension, u.Dimension)
		}
	})
}
