package kpi

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// oilPlant is a treatment with all its instruments, for tests: steady rates.
type oilPlant struct {
	*mill
	temperature, pressure, moisture, level, hood, fan, makeUp, rolled *agent.Tag
}

func newOilPlant() *oilPlant {
	p := &oilPlant{mill: newMill(1, false)}
	p.oil.Unit, p.oil.Scale, p.oil.Counter = "kg/h", 1, nil
	for i, one := range []struct {
		tag        **agent.Tag
		name, unit string
	}{
		{&p.temperature, "mill.t", "°C"}, {&p.pressure, "mill.p", "kPa"}, {&p.moisture, "mill.x", "%"}, {&p.level, "mill.wash_level", "m"},
		{&p.hood, "mill.hood", "%"}, {&p.fan, "mill.fan", "kW"}, {&p.makeUp, "mill.make_up", "kg/h"}, {&p.rolled, "mill.rolled", "t/h"},
	} {
		*one.tag = tagOf(one.name, one.unit, "mill", 6+i)
		(*one.tag).Accuracy = agent.Accuracy{Rel: 0.01}
	}
	for _, tag := range p.all() {
		tag.Source, tag.MaxGap = "mill", 25*time.Hour
	}
	return p
}

func (p *oilPlant) all() []*agent.Tag {
	return []*agent.Tag{p.qIn, p.cIn, p.qOut, p.cOut, p.oil, p.temperature, p.pressure, p.moisture, p.level, p.hood, p.fan, p.makeUp, p.rolled}
}

func value(v float64) *float64 { return &v }

func declaredAs(v, u float64) constantSection {
	return constantSection{Value: value(v), U: u, Source: "a test of 2025"}
}

func (p *oilPlant) section() oilMist {
	return oilMist{
		Inlet:     duct{Flow: p.qIn.Name, Concentration: p.cIn.Name, Basis: "oil"},
		Outlet:    duct{Flow: p.qOut.Name, Concentration: p.cOut.Name, Basis: "oil"},
		Recovered: p.oil.Name, Capture: declaredAs(0.95, 0.02), Carbon: declaredAs(0.8461, 0.005), GB37822: "general", Fan: p.fan.Name,
		WashOil:     held{Tanks: []oilTank{{Level: p.level.Name, Diameter: 2, Density: declaredAs(850, 5)}}},
		Consumption: consumption{MakeUp: p.makeUp.Name, Rolled: p.rolled.Name, Held: held{None: "one tank, kept full"}},
	}
}

func (p *oilPlant) build(section oilMist) (KPI, error) {
	return newOilMist(agent.Spec{Name: "mill", Tags: p.all(), Decode: func(into any) error {
		*into.(*oilMist) = section
		return nil
	}})
}

// plantDay is what the instruments show over a day: the level's two values, all
// others steady.
type plantDay struct {
	qIn, cIn, qOut, cOut, oil, t, p, x, level0, level1, hood, fan, makeUp, rolled float64
}

// usualDay is the balance of case B05: 360 kg in, 14.832 out, 330 given back, 5
// more in the wash oil.
func usualDay() plantDay {
	area := math.Pi / 4 * 2 * 2
	return plantDay{50000, 300, 51500, 12, 330.0 / 24, 40, 99, 3, 1.5, 1.5 + 5/(area*850), 95, 120, 50, 25}
}

// run gives the day's results.
func (p *oilPlant) run(t *testing.T, section oilMist, day plantDay) *rig {
	t.Helper()
	kpi, err := p.build(section)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for h := 0.0; h <= 24; h += 0.25 {
		level := day.level0 + (day.level1-day.level0)*h/24
		values := []float64{day.qIn, day.cIn, day.qOut, day.cOut, day.oil, day.t, day.p, day.x, level, day.hood, day.fan, day.makeUp, day.rolled}
		var readings []agent.Reading
		for i, tag := range p.all() {
			readings = append(readings, good(tag, sec(h*3600), values[i]))
		}
		r.read(sec(h*3600), readings...)
	}
	return r
}

func (r *rig) day(key string) agent.Result { return r.only("mill."+key, agent.Day) }

func caseB05Balance(t *testing.T) {
	c := caseOf(t, "B05")
	p := newOilPlant()
	day := usualDay()
	day.cIn = field[float64](t, c.Inputs, "in_kg_d") / 24 / day.qIn * 1e6
	day.cOut = field[float64](t, c.Inputs, "out_kg_d") / 24 / day.qOut * 1e6
	r := p.run(t, p.section(), day)
	for name, key := range map[string]string{"closure_kg": "balance", "closure_fraction_of_in": "closure", "recovery_direct": "recovery_direct", "recovery_loss": "recovery_loss"} {
		c.Expect(t, name, r.day(key).Value)
	}
	if got := r.day("balance"); got.Unit != "kg" || got.Quality != agent.Good || len(got.Factors) != 1 || got.Factors[0] != "density.mill.wash_level 850 kg/m3 (a test of 2025)" {
		t.Errorf("got %s, %v %v, factors %q, want good kg with the density named", got.Unit, got.Quality, got.Reason, got.Factors)
	}
	if hours := r.of("mill.recovery_direct", agent.Hour); hours[0].Reason.Code != agent.TrendOnly {
		t.Errorf("got %v of an hour, want a trend", hours[0].Reason)
	}
	if got := r.day("recovery_loss"); !near(got.Value, r.day("removal").Value, 1e-12) {
		t.Errorf("got %g, want the removal, whose basis is oil too", got.Value)
	}
}

// TestOverallIsTheProduct: B07, capture × removal × regeneration.
func TestOverallIsTheProduct(t *testing.T) {
	p := newOilPlant()
	r := p.run(t, p.section(), usualDay())
	overall, removal, regeneration := r.day("overall"), r.day("removal").Value, r.day("regeneration").Value
	if want := 0.95 * removal * regeneration; !near(overall.Value, want, 1e-9) || !near(regeneration, 335/345.168, 1e-6) {
		t.Errorf("got %g overall, %g given back of the absorbed, want %g and %g", overall.Value, regeneration, want, 335/345.168)
	}
	if evaporated := overall.Terms[0]; evaporated.Role != "evaporated" || !near(evaporated.Total, 360/0.95, 1e-6) || !strings.Contains(strings.Join(overall.Factors, ";"), "capture 0.95 kg/kg (a test of 2025)") {
		t.Errorf("got %+v, factors %q, want %g kg evaporated and the capture named", evaporated, overall.Factors, 360/0.95)
	}
	section := p.section()
	section.Capture = constantSection{Tag: p.hood.Name}
	measured := p.run(t, section, usualDay()).day("overall")
	if !near(measured.Value, overall.Value, 1e-9) || measured.Terms[0].Tag != "mill.q_in × mill.c_in × per_share(mill.hood)" {
		t.Errorf("got %g by %s, want %g", measured.Value, measured.Terms[0].Tag, overall.Value)
	}
}

func caseB06EmissionRate(t *testing.T) {
	c := caseOf(t, "B06")
	p := newOilPlant()
	p.cOut.Unit, p.cIn.Unit = "ppm", "ppm"
	section := p.section()
	section.Inlet.Basis, section.Outlet.Basis = "propane", "propane"
	section.Carbon = declaredAs(field[float64](t, c.Expected, "carbon_mass_fraction"), 0)
	day := usualDay()
	day.qOut, day.cOut, day.cIn = field[float64](t, c.Inputs, "Q_Nm3_h"), field[float64](t, c.Inputs, "ppm_C3H8"), 500
	r := p.run(t, section, day)
	carbon := r.day("nmhc_rate")
	c.Expect(t, "kgC_h", carbon.Value)
	c.Expect(t, "kg_oil_h", r.day("oil_rate").Value)
	c.Expect(t, "mgC_Nm3", carbon.Terms[0].Total/(24*day.qOut)*1e6)
	if carbon.Unit != "kgC/h" || carbon.Terms[0].Unit != "kgC" || carbon.Terms[1].Role != "time" || carbon.Terms[1].Total != 24 {
		t.Errorf("got %s of %+v, want carbon per hour of the day", carbon.Unit, carbon.Terms)
	}
}

// caseB01ActualFlow: flows as they are in the duct, and analysers that count
// per cubic metre there or of wet gas.
func caseB01ActualFlow(t *testing.T) {
	c := caseOf(t, "B01")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	normal, factor := field[float64](t, c.Expected, "Q_Nm3_h_dry"), field[float64](t, c.Expected, "factor")
	for _, test := range []struct {
		name, flow, concentration, sample string
		want                              float64 // mg/h over what the analyser shows
	}{
		{"flow in the duct", "m3/h", "mg/Nm3", "", normal},
		{"both in the duct", "m3/h", "mg/m3", "", get("Q_actual_m3_h")},
		{"analyser in the duct", "Nm3/h", "mg/m3", "", get("Q_actual_m3_h") / factor},
		{"wet gas", "Nm3/h", "mg/Nm3", "wet", get("Q_actual_m3_h") / (1 - get("x_H2O"))},
		{"flow in the duct, wet gas", "m3/h", "mg/Nm3", "wet", normal / (1 - get("x_H2O"))},
	} {
		p := newOilPlant()
		p.qIn.Unit, p.cIn.Unit = test.flow, test.concentration
		section := p.section()
		section.Inlet.Sample, section.Inlet.Temperature, section.Inlet.Pressure, section.Inlet.Moisture = test.sample, p.temperature.Name, p.pressure.Name, p.moisture.Name
		day := usualDay()
		day.qIn, day.t, day.p, day.x = get("Q_actual_m3_h"), get("T_C"), get("p_abs_kPa"), 100*get("x_H2O")
		r := p.run(t, section, day)
		got := r.day("removal").Terms[0].Total / 24 / day.cIn * 1e6
		if !near(got, test.want, c.Tolerance.Rel*test.want) {
			t.Errorf("%s: got %g Nm3/h, want %g", test.name, got, test.want)
		}
		if test.flow == "m3/h" {
			volume := r.day("fan_per_volume")
			c.Expect(t, "Q_Nm3_h_dry", volume.Terms[1].Total/24*1000)
			c.Expect(t, "factor", volume.Terms[1].Total/24*1000/day.qIn)
		}
	}
}

func TestGasBeyondTheFormula(t *testing.T) {
	p := newOilPlant()
	p.qIn.Unit = "m3/h"
	section := p.section()
	section.Inlet.Temperature, section.Inlet.Pressure, section.Inlet.Moisture = p.temperature.Name, p.pressure.Name, p.moisture.Name
	for name, change := range map[*agent.Tag]func(*plantDay){
		p.pressure:    func(d *plantDay) { d.p = -0.5 }, // a gauge pressure
		p.temperature: func(d *plantDay) { d.t = 500 },
		p.moisture:    func(d *plantDay) { d.x = 90 },
	} {
		day := usualDay()
		change(&day)
		got := p.run(t, section, day).day("removal")
		if lost := lostSeconds(got, agent.OutOfRange, name.Name); !got.Withheld() || lost != 24*3600 {
			t.Errorf("%s: got %+v, want all lost to it", name.Name, got)
		}
	}
}

// TestRuleOfRemoval: 80 % are asked for from 3 kg/h of carbon on, 2 in a key region.
func TestRuleOfRemoval(t *testing.T) {
	for _, test := range []struct {
		name, region string
		cIn, cOut    float64 // mg/Nm3 as oil, at 50,000 and 51,500 Nm3/h
		want         agent.Verdict
	}{
		{"much comes in and is removed", "general", 300, 12, agent.Pass},
		{"much comes in and stays", "general", 300, 100, agent.Fail},
		{"little comes in", "general", 50, 30, agent.NoVerdict},
		{"little, but not for a key region", "key", 60, 30, agent.Fail},
		{"about the threshold", "general", 71, 30, agent.Inconclusive},
		{"about the threshold, and removed", "general", 71, 2, agent.Pass},
		{"about 80 %", "general", 300, 58, agent.Inconclusive},
	} {
		p := newOilPlant()
		section := p.section()
		section.GB37822 = test.region
		day := usualDay()
		day.cIn, day.cOut = test.cIn, test.cOut
		r := p.run(t, section, day)
		got := r.day("legal_removal")
		if got.Verdict != test.want || got.Withheld() || !near(got.Value, r.day("removal").Value, 1e-9) {
			t.Errorf("%s: got %v of %g, want %v; the inlet brings %g kg/h", test.name, got.Verdict, got.Value, test.want, r.day("inlet_rate").Value)
		}
	}
}

func TestSpecificConsumption(t *testing.T) {
	p := newOilPlant()
	section := p.section()
	section.Consumption.Held = held{Tanks: section.WashOil.Tanks}
	got := p.run(t, section, usualDay()).day("specific_consumption")
	if want := (50*24 - 5) / (25.0 * 24); !near(got.Value, want, 1e-6) || got.Unit != "kg/t" {
		t.Errorf("got %g %s, want %g kg/t", got.Value, got.Unit, want)
	}
}

func TestFans(t *testing.T) {
	p := newOilPlant()
	r := p.run(t, p.section(), usualDay())
	if got := r.day("fan_per_volume").Value; !near(got, 120/50.0, 1e-9) {
		t.Errorf("got %g kWh/1000 Nm3, want %g", got, 120/50.0)
	}
	if got := r.day("fan_per_oil").Value; !near(got, 120*24/330.0, 1e-9) {
		t.Errorf("got %g kWh/kg, want %g", got, 120*24/330.0)
	}
}

// TestOilUncertaintyAgainstMonteCarlo draws the instruments and the constants.
func TestOilUncertaintyAgainstMonteCarlo(t *testing.T) {
	p := newOilPlant()
	standard := func(rel, abs float64) agent.Accuracy { return agent.Accuracy{Rel: rel, Abs: abs, As: "standard"} }
	for tag, a := range map[*agent.Tag]agent.Accuracy{
		p.qIn: standard(0.01, 0), p.qOut: standard(0.012, 0), p.cIn: standard(0.02, 0), p.cOut: standard(0.04, 0.2), p.oil: standard(0.002, 0),
		p.level: standard(0, 0.002), p.fan: standard(0.005, 0), p.makeUp: standard(0.003, 0), p.rolled: standard(0.004, 0),
		p.temperature: standard(0, 1.5), p.pressure: standard(0, 0.5), p.moisture: standard(0, 0.3),
	} {
		tag.Accuracy = a
	}
	p.qIn.Unit = "m3/h"
	section, day := p.section(), usualDay()
	section.Inlet.Temperature, section.Inlet.Pressure, section.Inlet.Moisture = p.temperature.Name, p.pressure.Name, p.moisture.Name
	section.Consumption.Held = held{Tanks: section.WashOil.Tanks}
	day.qIn = 60480 // 50,000 Nm3/h
	r := p.run(t, section, day)
	rnd := rand.New(rand.NewPCG(9, 10))
	about := func(v, rel, abs float64) float64 { return v*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64() }
	const draws = 50000
	keys := []string{"removal", "recovery_direct", "recovery_loss", "regeneration", "overall", "balance", "closure", "nmhc_rate", "oil_rate", "inlet_rate", "fan_per_volume", "fan_per_oil", "specific_consumption"}
	sums, squares := make([]float64, len(keys)), make([]float64, len(keys))
	for range draws {
		nm3 := about(day.qIn, 0.01, 0) * 273.15 / (273.15 + about(day.t, 0, 1.5)) * about(day.p, 0, 0.5) / 101.325 * (1 - about(day.x, 0, 0.3)/100)
		in := 24e-6 * nm3 * about(day.cIn, 0.02, 0)
		out := 24e-6 * about(day.qOut, 0.012, 0) * about(day.cOut, 0.04, 0.2)
		back, fan := 24*about(day.oil, 0.002, 0), 24*about(day.fan, 0.005, 0)
		change := (about(day.level1, 0, 0.002) - about(day.level0, 0, 0.002)) * math.Pi * about(850, 0, 5)
		h, w := about(0.95, 0, 0.02), about(0.8461, 0, 0.005)
		used := 24*about(day.makeUp, 0.003, 0) - change
		for i, v := range []float64{
			1 - out/in, (back + change) / in, 1 - out/in, (back + change) / (in - out), (back + change) / in * h, in - out - back - change,
			(in - out - back - change) / in, w * out / 24, out / 24, w * in / 24, fan / 24 / (nm3 / 1000), fan / back, used / 24 / about(day.rolled, 0.004, 0),
		} {
			sums[i], squares[i] = sums[i]+v, squares[i]+v*v
		}
	}
	for i, key := range keys {
		mean := sums[i] / draws
		want := 2 * math.Sqrt(squares[i]/draws-mean*mean)
		if got := r.day(key); math.Abs(got.U-want) > 0.03*want || math.Abs(got.Value-mean) > 0.05*want {
			t.Errorf("%s: got %g ± %g, want %g ± %g within 3 %%", key, got.Value, got.U, mean, want)
		}
	}
}
