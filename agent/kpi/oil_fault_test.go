package kpi

import (
	"slices"
	"strings"
	"testing"

	"recoup/agent"
)

func TestFaultsOfTheExhaust(t *testing.T) {
	three := 3.0
	for _, test := range []struct {
		name            string
		change          func(*oilPlant, *oilMist)
		path, says, fix string
	}{
		{"oxygen", func(_ *oilPlant, s *oilMist) { s.Outlet.O2Reference = &three }, "outlet.o2_reference", "would turn 12 mg/m3 into 2148", "only furnaces"},
		{"analyser of oxygen", func(p *oilPlant, s *oilMist) { s.Outlet.O2 = p.moisture.Name }, "outlet.o2_reference", "GB 37822-2019", "delete it"},
		{"actual flow without moisture", func(p *oilPlant, s *oilMist) {
			p.qIn.Unit, s.Inlet.Temperature, s.Inlet.Pressure = "m3/h", p.temperature.Name, p.pressure.Name
		}, "inlet.flow", "dry normal cubic metres first", "name inlet.temperature, inlet.pressure and inlet.moisture"},
		{"analyser in the duct", func(p *oilPlant, _ *oilMist) { p.cOut.Unit = "mg/m3" }, "outlet.concentration", "as it is in the duct", "mg/Nm3"},
		{"wet gas", func(_ *oilPlant, s *oilMist) { s.Outlet.Sample = "wet" }, "outlet.sample", "brought to dry gas first", "name outlet.moisture"},
		{"wet and in the duct", func(p *oilPlant, s *oilMist) { p.cOut.Unit, s.Outlet.Sample = "mg/m3", "wet" }, "outlet.sample", "in the duct", "delete it"},
		{"no such sample", func(_ *oilPlant, s *oilMist) { s.Outlet.Sample = "hot" }, "outlet.sample", `no sample "hot"`, "dry or wet"},
		{"no such analyser", func(_ *oilPlant, s *oilMist) { s.Inlet.Analyser = "fid" }, "inlet.analyser", `no analyser "fid"`, "thc or droplets"},
		{"no such basis", func(_ *oilPlant, s *oilMist) { s.Inlet.Basis = "methane" }, "inlet.basis", `no basis "methane"`, "carbon, propane or oil"},
		{"ppm of nothing", func(p *oilPlant, s *oilMist) { p.cIn.Unit, s.Inlet.Basis = "ppm", "" }, "inlet.concentration", "until it is known of what", "inlet.basis: propane"},
		{"ppm of oil", func(p *oilPlant, _ *oilMist) { p.cIn.Unit = "ppm" }, "inlet.concentration", "until it is known of what", "inlet.basis: propane"},
		{"the unit says otherwise", func(p *oilPlant, _ *oilMist) { p.cIn.Unit = "mgC/Nm3" }, "inlet.basis", "counts as carbon and not as oil", "delete it"},
		{"two bases", func(_ *oilPlant, s *oilMist) { s.Inlet.Basis = "carbon" }, "outlet.concentration", "measured as carbon and the outlet as oil", "same basis"},
		{"one basis", func(_ *oilPlant, s *oilMist) { s.Inlet.Basis = "" }, "outlet.concentration", "nobody says what it counts as", "write basis for both"},
		{"two captures", func(p *oilPlant, s *oilMist) { s.Capture.Tag = p.hood.Name }, "capture", "measured and declared", "delete the tag"},
		{"capture in per cent", func(_ *oilPlant, s *oilMist) { s.Capture = declaredAs(95, 2) }, "capture.value", "95 kg/kg is not plausible", "0.05 to 1"},
		{"nobody says so", func(_ *oilPlant, s *oilMist) { s.Capture.Source = "" }, "capture.source", "no source", "tracer test"},
		{"more doubt than value", func(_ *oilPlant, s *oilMist) { s.Carbon.U = 1 }, "carbon.u", "does not go with", "standard uncertainty"},
		{"carbon by a tag", func(p *oilPlant, s *oilMist) { s.Carbon = constantSection{Tag: p.hood.Name} }, "carbon.tag", "no instrument", "value, u and source"},
		{"no such region", func(_ *oilPlant, s *oilMist) { s.GB37822 = "Chongqing" }, "gb37822", `no region "Chongqing"`, "general (3 kg/h) or key"},
		{"tanks and none", func(_ *oilPlant, s *oilMist) { s.WashOil.None = "small" }, "wash_oil.none", "listed and declared none", "delete none"},
		{"density left out", func(_ *oilPlant, s *oilMist) { s.WashOil.Tanks[0].Density = constantSection{} }, "wash_oil.tanks[0].density.value", "missing", "with source"},
		{"a tank without width", func(_ *oilPlant, s *oilMist) { s.WashOil.Tanks[0].Diameter = 0 }, "wash_oil.tanks[0].diameter", "no diameter", "2.5"},
		{"consumption without tonnes", func(_ *oilPlant, s *oilMist) {
			s.Consumption.Rolled, s.Quantities = "", []string{"specific_consumption"}
		}, "quantities[0]", "consumption.rolled is not named", "name the tags"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newOilPlant()
			section := p.section()
			test.change(p, &section)
			_, err := p.build(section)
			faultOf(t, err, "oil_mist."+test.path, test.says, test.fix)
		})
	}
}

// TestDropletsAreNotTheRemoval: a light-scattering analyser does not see vapour.
func TestDropletsAreNotTheRemoval(t *testing.T) {
	p := newOilPlant()
	section := p.section()
	section.Outlet.Analyser = "droplets"
	kpi, err := p.build(section)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"removal", "recovery_loss", "closure", "nmhc_rate", "oil_rate", "legal_removal"} {
		if why := whyAbsent(kpi, key); !strings.Contains(why, "90 to 95 % of the oil mist of aluminium rolling is vapour") {
			t.Errorf("%s: got absent for %q, want for the vapour", key, why)
		}
	}
	section.Target = "removal >= 0.9"
	_, err = p.build(section)
	faultOf(t, err, "oil_mist.target", "outlet.analyser sees droplets only", "do not ask for removal")

	section.Target, section.Inlet.Analyser = "", "droplets"
	r := p.run(t, section, usualDay())
	if got := r.day("droplet_removal"); !near(got.Value, 1-12*51500/(300*50000.0), 1e-9) {
		t.Errorf("got %g, want the removal of droplets under its own name", got.Value)
	}
	if got := r.of("mill.removal", agent.Day); got != nil {
		t.Errorf("got %v, want no removal from droplets", got)
	}
}

// TestMissingInstrumentsOfOil: what is missing is said, the rest is computed.
func TestMissingInstrumentsOfOil(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*oilMist)
		says   string
		absent string
	}{
		{"no inlet", func(s *oilMist) { s.Inlet = duct{} }, "inlet.",
			"removal recovery_direct recovery_loss regeneration overall balance closure inlet_rate legal_removal droplet_removal fan_per_volume"},
		{"no oil meter", func(s *oilMist) { s.Recovered = "" }, "recovered is not named", "recovered recovery_direct regeneration overall balance closure fan_per_oil"},
		{"wash oil forgotten", func(s *oilMist) { s.WashOil = held{} }, "wash_oil.tanks are neither listed nor declared none", "recovery_direct regeneration overall balance closure"},
		{"no capture", func(s *oilMist) { s.Capture = constantSection{} }, "capture is not declared", "overall"},
		{"no share of carbon", func(s *oilMist) { s.Carbon = constantSection{} }, "carbon is not declared", "nmhc_rate inlet_rate legal_removal"},
		{"no basis", func(s *oilMist) { s.Inlet.Basis, s.Outlet.Basis = "", "" }, "let.basis is not stated",
			"recovery_direct recovery_loss regeneration overall balance closure nmhc_rate oil_rate inlet_rate legal_removal"},
		{"no region", func(s *oilMist) { s.GB37822 = "" }, "gb37822 is not stated", "legal_removal"},
		{"no fans", func(s *oilMist) { s.Fan = "" }, "fan is not named", "fan_per_volume fan_per_oil"},
		{"no consumption", func(s *oilMist) { s.Consumption = consumption{} }, "consumption is not named", "specific_consumption"},
	} {
		p := newOilPlant()
		section := p.section()
		test.change(&section)
		kpi, err := p.build(section)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		absent := slices.DeleteFunc(slices.Clone(kpi.Absent), func(a Absent) bool { return !strings.Contains(a.Why, test.says) })
		var got []string
		for _, a := range absent {
			got = append(got, a.Key)
		}
		if want := strings.Fields(test.absent); !slices.Equal(got, want) {
			t.Errorf("%s: got absent %q, want %q", test.name, got, want)
		}
		for _, key := range strings.Fields(test.absent) {
			if whyAbsent(kpi, key) == "" {
				t.Errorf("%s: %s is computed", test.name, key)
			}
		}
	}
}

func TestPhotovoltaicsStandApart(t *testing.T) {
	g := newGlass(false)
	sun, bought := tagOf("eq340", "kW", "plc", 5), tagOf("eq341", "kW", "plc", 6)
	sun.MaxGap, bought.MaxGap = g.gross.MaxGap, g.gross.MaxGap
	section := g.section()
	section.PV, section.Green = sun.Name, bought.Name
	kpi, err := newWasteHeatPower(agent.Spec{Name: "glass", Tags: append(g.tags(), sun, bought), Decode: func(into any) error {
		*into.(*wasteHeatPower) = section
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for h := 0.0; h <= 24; h++ {
		at := sec(h * 3600)
		r.read(at, good(g.gross, at, 2600), good(g.aux, at, 260), good(g.imp, at, 7500), good(g.exp, at, 400), good(g.pull, at, 600), good(sun, at, 560), good(bought, at, 1500))
	}
	const use = 7500 - 400 + 2340 + 560.0
	for key, want := range map[string]float64{"share_net": 2340 / use, "share_gross": 2600 / (use + 260), "share_pv": 560 / use, "share_green": 1500 / use} {
		if got := r.only("glass."+key, agent.Day).Value; !near(got, want, 1e-9) {
			t.Errorf("%s: got %g, want %g", key, got, want)
		}
	}
	for _, key := range []string{"self_consumption", "self_consumed_share"} {
		if why := whyAbsent(kpi, key); !strings.Contains(why, "no meter tells them apart") {
			t.Errorf("%s: got absent for %q, want for the export of two plants", key, why)
		}
	}
}

// TestConstantsOutliveTheirDefinition: what a definition that is gone left open is
// told with the values that it used.
func TestConstantsOutliveTheirDefinition(t *testing.T) {
	p := newOilPlant()
	first := p.run(t, p.section(), usualDay())
	section := p.section()
	section.Capture = declaredAs(0.8, 0.02)
	kpi, err := p.build(section)
	if err != nil {
		t.Fatal(err)
	}
	next := newRig(t, utc(), kpi)
	if err := next.engine.Restore(checkpointOf(t, first.engine)); err != nil {
		t.Fatal(err)
	}
	results, _ := next.engine.Add(first.batch("mill", sec(25*3600)))
	week := slices.IndexFunc(results, func(one agent.Result) bool {
		return one.KPI == "mill.overall" && one.Window.Kind == agent.Week
	})
	if week < 0 || !slices.Contains(results[week].Factors, "capture 0.95 kg/kg (a test of 2025)") || !results[week].Partial {
		t.Errorf("got %d results, want the week so far with the old capture", len(results))
	}
	if err := next.engine.Restore(checkpointOf(t, next.engine)); err != nil {
		t.Error(err)
	}
}
