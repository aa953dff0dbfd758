package kpi

import (
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// gasRig computes formulas of a stack's tags, each of which stays at its value
// for an hour.
func gasRig(t *testing.T, section formulaSection, values map[string]float64, tags ...*agent.Tag) *rig {
	t.Helper()
	for _, tag := range tags {
		tag.MaxGap = time.Hour
	}
	kpi, err := newFormula(decoded("gas", section, tags...))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 3600; s += 600 {
		var all []agent.Reading
		for _, tag := range tags {
			all = append(all, good(tag, sec(s), values[tag.Name]))
		}
		r.read(sec(s), all...)
	}
	return r
}

func caseB06PropaneToCarbonAndOil(t *testing.T) {
	c := caseOf(t, "B06")
	thc, flow := tagOf("thc", "ppm", "s", 0), tagOf("flow", "Nm3/h", "s", 1)
	r := gasRig(t, formulaSection{
		Inputs: map[string]concentrationSection{
			"carbon": {Tag: "thc", Gas: "C3H8", As: "carbon"}, "oil": {Tag: "thc", Gas: "C3H8", As: "oil", Of: "dodecane"},
		},
		Quantities: []computedSection{
			{Key: "carbon", Unit: "mgC/Nm3", Value: "mean(carbon)"},
			{Key: "carbon_rate", Unit: "kgC/h", Value: "total(flow * carbon) / hours()"},
			{Key: "oil_rate", Unit: "kgoil/h", Value: "mean(oil * flow)"},
		},
	}, map[string]float64{"thc": field[float64](t, c.Inputs, "ppm_C3H8"), "flow": field[float64](t, c.Inputs, "Q_Nm3_h")}, thc, flow)
	carbon, oil := r.only("gas.carbon_rate", agent.Hour).Value, r.only("gas.oil_rate", agent.Hour).Value
	c.Expect(t, "mgC_Nm3", r.only("gas.carbon", agent.Hour).Value)
	c.Expect(t, "kgC_h", carbon)
	c.Expect(t, "kg_oil_h", oil)
	c.Expect(t, "carbon_mass_fraction", carbon/oil)
}

func caseC13MassToPPM(t *testing.T) {
	c := caseOf(t, "C13")
	so2, back := tagOf("so2", "mg/Nm3", "s", 0), tagOf("back", "ppm", "s", 1)
	mass := field[float64](t, c.Inputs, "mg_Nm3")
	r := gasRig(t, formulaSection{
		Inputs: map[string]concentrationSection{"share": {Tag: "so2", Gas: "SO2", As: "ppm"}, "mass": {Tag: "back", Gas: "SO2"}},
		Quantities: []computedSection{
			{Key: "ppm", Unit: "ppm", Value: "mean(share)"}, {Key: "mass", Unit: "mg/Nm3", Value: "mean(mass)"},
		},
	}, map[string]float64{"so2": mass, "back": field[float64](t, c.Expected, "ppm")}, so2, back)
	c.Expect(t, "ppm", r.only("gas.ppm", agent.Hour).Value)
	if got := r.only("gas.mass", agent.Hour).Value; !near(got, mass, 0.02) {
		t.Errorf("C13: got %g mg/Nm3 back, want %g", got, mass)
	}
}

func caseB13OxygenCorrection(t *testing.T) {
	c := caseOf(t, "B13")
	nox, o2 := tagOf("nox", "mg/Nm3", "s", 0), tagOf("o2", "%", "s", 1)
	reference := field[float64](t, c.Inputs, "O2_reference_pct")
	for i, air := range field[[]float64](t, c.Inputs, "air_O2_pct") {
		section := formulaSection{
			Inputs:     map[string]concentrationSection{"c": {Tag: "nox", Oxygen: &oxygenSection{Tag: "o2", Reference: &reference, Air: &air}}},
			Quantities: []computedSection{{Key: "at_reference", Unit: "mg/Nm3", Value: "mean(c)"}},
		}
		values := map[string]float64{"nox": field[float64](t, c.Inputs, "C_mg_Nm3"), "o2": field[float64](t, c.Inputs, "O2_measured_pct")}
		got := gasRig(t, section, values, nox, o2).only("gas.at_reference", agent.Hour)
		if want := field[[]float64](t, c.Expected, "corrected_mg_Nm3")[i]; !near(got.Value, want, c.Tolerance.Abs) {
			t.Errorf("B13 with %g %% in air: got %g mg/Nm3, want %g", air, got.Value, want)
		}
		values["o2"] = 20.8
		got = gasRig(t, section, values, nox, o2).only("gas.at_reference", agent.Hour)
		if !near(got.Value, values["nox"], 1e-9) || got.Quality != agent.Uncertain {
			t.Errorf("next to air: got %g, %v, want it as measured, uncertain", got.Value, got.Quality)
		}
	}
}

func TestFaultsOfConcentrations(t *testing.T) {
	eight, forty := 8.0, 40.0
	for _, test := range []struct {
		unit            string
		section         concentrationSection
		path, says, fix string
	}{
		{"m3/h", concentrationSection{Tag: "c"}, "", "a volume flow, not a concentration: inlet.concentration needs mass per normal volume", "mg/Nm3"},
		{"mg/m3", concentrationSection{Tag: "c"}, "", "not a concentration", "mg/Nm3"},
		{"ppm", concentrationSection{Tag: "c"}, ".gas", "depends on the gas", "SO2"},
		{"ppm", concentrationSection{Tag: "c", Gas: "SO4"}, ".gas", `"SO4"`, "SO2"},
		{"mgC/Nm3", concentrationSection{Tag: "c", Gas: "SO2"}, ".gas", "says already", "delete gas"},
		{"mg/Nm3", concentrationSection{Tag: "c", As: "carbon"}, ".as", "cannot be counted as", "oil"},
		{"ppm", concentrationSection{Tag: "c", Gas: "SO2", As: "carbon"}, ".as", "cannot be counted as", "carbon"},
		{"mgC/Nm3", concentrationSection{Tag: "c", As: "ppm"}, ".as", "cannot be counted as", "gas:"},
		{"mg/Nm3", concentrationSection{Tag: "c", Of: "butter", As: "carbon"}, ".of", `"butter"`, "dodecane"},
		{"furlong", concentrationSection{Tag: "c"}, "", "not known", "mg/Nm3"},
		{"mg/Nm3", concentrationSection{Tag: "d"}, "", `no tag "d"`, "did you mean c?"},
		{"mg/Nm3", concentrationSection{Tag: "c", Oxygen: &oxygenSection{Tag: "o2"}}, ".oxygen.reference", "missing", "8"},
		{"mg/Nm3", concentrationSection{Tag: "c", Oxygen: &oxygenSection{Tag: "o2", Reference: &forty}}, ".oxygen.reference", "not plausible", "19"},
		{"mg/Nm3", concentrationSection{Tag: "c", Oxygen: &oxygenSection{Tag: "o2", Reference: &eight, Air: &eight}}, ".oxygen.air", "not plausible", "21"},
		{"mg/Nm3", concentrationSection{Tag: "c", Oxygen: &oxygenSection{Tag: "c", Reference: &eight}}, ".oxygen.tag", "not a content of oxygen", "%"},
	} {
		b := builder{spec: agent.Spec{Tags: []*agent.Tag{tagOf("c", test.unit, "s", 0), tagOf("o2", "%", "s", 1)}}}
		_, ok := b.concentration("inlet.concentration", test.section)
		if f := b.faults; ok || len(f) == 0 || f[0].Path != "inlet.concentration"+test.path || !strings.Contains(f[0].Msg, test.says) || !strings.Contains(f[0].Fix, test.fix) {
			t.Errorf("%s %+v: got %v, want %s: …%s… (…%s…)", test.unit, test.section, f, test.path, test.says, test.fix)
		}
	}
}

// TestBases: what an analyser shows, as what it is to be counted as.
func TestBases(t *testing.T) {
	const carbonInDodecane = 12 * 12.011 / 170.340 // of C12H26
	for _, test := range []struct {
		unit  string
		s     concentrationSection
		in    string
		basis string
		want  float64
	}{
		{"mg/Nm3", concentrationSection{}, "kg/Nm3", "", 1e-6},
		{"g/Nm3", concentrationSection{Gas: "SO2"}, "kg/Nm3", "", 1e-3},
		{"mgC/Nm3", concentrationSection{}, "kgC/Nm3", "carbon", 1e-6},
		{"gC/Nm3", concentrationSection{As: "oil", Of: "dodecane"}, "kgoil/Nm3", "oil", 1e-3 / carbonInDodecane},
		{"mgC3H8/Nm3", concentrationSection{As: "carbon"}, "kgC/Nm3", "carbon", 1e-6 * 36.033 / 44.096},
		{"mgC/Nm3", concentrationSection{As: "propane"}, "kgC3H8/Nm3", "propane", 1e-6 * 44.096 / 36.033},
		{"mg/Nm3", concentrationSection{Of: "dodecane", As: "carbon"}, "kgC/Nm3", "carbon", 1e-6 * carbonInDodecane},
		{"mgoil/Nm3", concentrationSection{Of: "dodecane", As: "carbon"}, "kgC/Nm3", "carbon", 1e-6 * carbonInDodecane},
		{"ppm", concentrationSection{Gas: "C3H8"}, "kgC3H8/Nm3", "propane", 44.096e-6 / 22.414},
		{"ppm", concentrationSection{Gas: "CH4", As: "carbon"}, "kgC/Nm3", "carbon", 12.011e-6 / 22.414},
		{"%", concentrationSection{Gas: "SO2"}, "kg/Nm3", "", 0.64066 / 22.414},
	} {
		test.s.Tag = "c"
		b := builder{spec: agent.Spec{Tags: []*agent.Tag{tagOf("c", test.unit, "s", 0)}}}
		got, ok := b.concentration("c", test.s)
		if !ok || got.In.Text != test.in || got.Basis != test.basis || !near(got.Unit, test.want, 1e-6*test.want) {
			t.Errorf("%s %+v: got %g %s as %q, %v, want %g %s as %q", test.unit, test.s, got.Unit, got.In.Text, got.Basis, b.faults, test.want, test.in, test.basis)
		}
	}
}
