package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// decoded gives a spec whose section is already read.
func decoded[S any](name string, section S, tags ...*agent.Tag) agent.Spec {
	return agent.Spec{Name: name, Tags: tags, Decode: func(into any) error {
		*into.(*S) = section
		return nil
	}}
}

func number(v float64) *float64 { return &v }

// site is a plant for tests with a rate per carrier.
type site struct{ power, gas, coal, heat *agent.Tag }

func newSite() *site {
	rate := func(i int, name, unit string) *agent.Tag {
		tag := tagOf(name, unit, "plc", i)
		tag.MaxGap, tag.Accuracy = 2*time.Hour, agent.Accuracy{Rel: 0.005, As: "standard"}
		return tag
	}
	return &site{rate(0, "eq320", "MW"), rate(1, "fq310", "m3/h"), rate(2, "wq350", "t/h"), rate(3, "hq340", "GJ/h")}
}

func (s *site) tags() []*agent.Tag { return []*agent.Tag{s.power, s.gas, s.coal, s.heat} }

func (s *site) kpi(t testing.TB, section energyCarbon) KPI {
	t.Helper()
	kpi, err := newEnergyCarbon(decoded("site", section, s.tags()...))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

// day runs the day that begins at start with these mean rates.
func (s *site) day(t testing.TB, section energyCarbon, start time.Time, rates ...float64) *rig {
	t.Helper()
	r := newRig(t, utc(), s.kpi(t, section))
	for h := range 25 {
		at := start.Add(time.Duration(h) * time.Hour)
		var readings []agent.Reading
		for i, v := range rates {
			readings = append(readings, good(s.tags()[i], at, v))
		}
		r.read(at, readings...)
	}
	return r
}

func equalValue(value, u float64) []factorSection {
	return []factorSection{{Name: "electricity.equal.cq", Unit: "kgce/kWh", Source: "example", Steps: []stepSection{{From: "2020-01-01", Value: &value, U: u}}}}
}

func power(co2 string) carrier {
	return carrier{Carrier: "electricity", Energy: "eq320", EqualValue: "electricity.equal.cq", EquivalentValue: "electricity.equivalent", CO2: co2}
}

func caseE01TwoConventions(t *testing.T) {
	c := caseOf(t, "E01")
	s := newSite()
	section := energyCarbon{Carriers: []carrier{power("")}, Factors: equalValue(field[float64](t, c.Inputs, "kgce_per_kWh_equal_value"), 0)}
	r := s.day(t, section, origin, field[float64](t, c.Inputs, "kWh")/24e3)
	equal, equivalent := r.only("site.tce_equal", agent.Day), r.only("site.tce_equivalent", agent.Day)
	c.Expect(t, "tce_equivalent", equivalent.Value)
	c.Expect(t, "tce_equal_value", equal.Value)
	if got, want := equal.Value/equivalent.Value, field[float64](t, c.Expected, "ratio"); !near(got, want, 1e-3) {
		t.Errorf("got the ratio %g, want %g", got, want)
	}
	for got, want := range map[string]string{
		strings.Join(equal.Factors, "|"):      "electricity.equal.cq 0.3 kgce/kWh (since 2020-01-01, example)",
		strings.Join(equivalent.Factors, "|"): "electricity.equivalent 0.1229 kgce/kWh (since 2021-04-01, GB/T 2589-2020, 3.6 MJ at 29.3076 MJ/kgce)",
	} {
		if got != want {
			t.Errorf("got the factors %s, want %s", got, want)
		}
	}
	if got := r.of("site.co2", agent.Day); got != nil {
		t.Errorf("got %v without a CO2 factor, want nothing", got)
	}
	if equal.Unit != "tce" || equal.Terms[0].Unit != "tce" || equal.Terms[0].Role != "electricity" {
		t.Errorf("got %s of %+v, want tce of electricity", equal.Unit, equal.Terms)
	}
}

func caseE02FactorOfItsYear(t *testing.T) {
	c := caseOf(t, "E02")
	want := field[map[string]float64](t, c.Expected, "tCO2")
	for name, year := range map[string]int{"CN_2022": 2022, "CN_2023": 2023, "Chongqing_2021": 2021, "Chongqing_2022": 2022} {
		factor := "grid.cn"
		if strings.HasPrefix(name, "Chongqing") {
			factor = "grid.chongqing"
		}
		r := newSite().day(t, energyCarbon{Carriers: []carrier{power(factor)}, Factors: equalValue(0.3, 0)},
			time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC), field[float64](t, c.Inputs, "kWh")/24e3)
		if got := r.only("site.co2", agent.Day); !near(got.Value, want[name], 1e-6*want[name]) || len(got.Factors) != 1 || got.Unit != "tCO2" {
			t.Errorf("%s: got %g %s by %v, want %g", name, got.Value, got.Unit, got.Factors, want[name])
		}
	}
}

// caseE03PerTonneOfCoalEquivalent: what carrier a claim of coal and CO2
// fits, by the shipped factors.
func caseE03PerTonneOfCoalEquivalent(t *testing.T) {
	c := caseOf(t, "E03")
	for i, test := range []struct {
		name string
		carrier
	}{
		{"electricity_equivalent", power("grid.cn")},
		{"natural_gas", carrier{Carrier: "gas", Energy: "fq310", EquivalentValue: "gas.natural", CO2: "gas.combustion"}},
		{"coal", carrier{Carrier: "coal", Energy: "wq350", EquivalentValue: "coal.raw", CO2: "coal.combustion"}},
	} {
		rates := []float64{0, 0, 0, 0}
		rates[i] = 7
		r := newSite().day(t, energyCarbon{Carriers: []carrier{test.carrier}, Factors: equalValue(0.3, 0)}, origin, rates...)
		c.Expect(t, test.name, r.only("site.co2", agent.Day).Value/r.only("site.tce_equivalent", agent.Day).Value)
	}
	r := newSite().day(t, energyCarbon{Carriers: []carrier{{Carrier: "heat", Energy: "hq340", EquivalentValue: "heat.equivalent", CO2: "gas.combustion"}}}, origin, 0, 0, 0, 10)
	if got := r.only("site.co2", agent.Day).Value; !near(got, 240*0.0561, 1e-9) {
		t.Errorf("got %g t of metered heat, want 240 GJ at 56.1 kg/GJ", got)
	}
	if got := r.only("site.tce_equivalent", agent.Day).Value; !near(got, 240/29.3076, 1e-4) {
		t.Errorf("got %g tce of 240 GJ, want %g", got, 240/29.3076)
	}
}

func TestCarrierIsTakenOff(t *testing.T) {
	s := newSite()
	gas := carrier{Carrier: "gas", Energy: "fq310", EqualValue: "gas.natural", EquivalentValue: "gas.natural", CO2: "gas.combustion", Subtract: true}
	r := s.day(t, energyCarbon{Carriers: []carrier{power("grid.cn"), gas}, Factors: equalValue(0.3, 0)}, origin, 2, 500)
	want := 48000*0.5306/1000 - 12000*1.33*29.3076*0.0561/1000
	if got := r.only("site.co2", agent.Day); !near(got.Value, want, 1e-9) || len(got.Factors) != 3 || got.Quality != agent.Good {
		t.Errorf("got %g by %v, %v, want %g", got.Value, got.Factors, got.Reason, want)
	}
	r = s.day(t, energyCarbon{Carriers: []carrier{power("grid.cn"), gas}, Factors: equalValue(0.3, 0)}, origin, 0, 500)
	if got := r.only("site.tce_equal", agent.Day); got.Withheld() || got.Value >= 0 {
		t.Errorf("got %+v, want a figure below zero: more is used than saved", got)
	}
}

// TestFactorUncertaintyAgainstMonteCarlo: two meters by one factor share its
// error, and the errors of meters are their own.
func TestFactorUncertaintyAgainstMonteCarlo(t *testing.T) {
	s := newSite()
	s.heat.Unit, s.heat.Accuracy = "MW", agent.Accuracy{Rel: 0.02, As: "standard"}
	other := power("own")
	other.Carrier, other.Energy, other.Subtract = "heat", "hq340", true
	section := energyCarbon{Carriers: []carrier{power("own"), other}, Quantities: []string{"co2"}, Factors: append(equalValue(0.3, 0),
		factorSection{Name: "own", Unit: "tCO2/MWh", Source: "s", Steps: []stepSection{{From: "2020-01-01", Value: number(0.5), U: 0.05}}})}
	r := s.day(t, section, origin, 10, 0, 0, 4)
	rnd := rand.New(rand.NewPCG(7, 8))
	const draws = 100000
	var sum, square float64
	for range draws {
		v := (240*(1+0.005*rnd.NormFloat64()) - 96*(1+0.02*rnd.NormFloat64())) * (0.5 + 0.05*rnd.NormFloat64())
		sum, square = sum+v, square+v*v
	}
	mean := sum / draws
	want := 2 * math.Sqrt(square/draws-mean*mean)
	if got := r.only("site.co2", agent.Day); math.Abs(got.U-want) > 0.02*want || !near(got.Value, 72, 1e-9) {
		t.Errorf("got %g ± %g, want %g ± %g within 2 %%", got.Value, got.U, mean, want)
	}
}

func TestFaultsOfEnergyCarbon(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(*site, *energyCarbon)
		path, says, fix string
	}{
		{"no carriers", func(_ *site, s *energyCarbon) { s.Carriers = nil }, "carriers", "no carrier", "for example"},
		{"no name", func(_ *site, s *energyCarbon) { s.Carriers[0].Carrier = "" }, "carriers[0].carrier", "name of the carrier", "electricity"},
		{"no tag", func(_ *site, s *energyCarbon) { s.Carriers[0].Energy = "" }, "carriers[0].energy", "how much", "name a tag"},
		{"gas without factor", func(_ *site, s *energyCarbon) { s.Carriers[1].CO2, s.Quantities = "", []string{"co2"} }, "quantities[0]", "carriers[1].co2 is not named: gas would be left out", "do not ask"},
		{"fuel without heat", func(_ *site, s *energyCarbon) { s.Carriers[1].EquivalentValue, s.Target = "", "co2 >= 1" }, "target", "the heat of gas is not known", "do not ask"},
		{"unknown factor", func(_ *site, s *energyCarbon) { s.Carriers[0].CO2 = "grid.mars" }, "carriers[0].co2", `"grid.mars"`, "grid.chongqing"},
		{"unknown heat", func(_ *site, s *energyCarbon) { s.Carriers[1].EquivalentValue = "gas" }, "carriers[1].equivalent_value", `"gas"`, "gas.natural"},
		{"CO2 for coal", func(_ *site, s *energyCarbon) { s.Carriers[0].EqualValue = "grid.cn" }, "carriers[0].equal_value", `"kgCO2/kWh"`, "kgce, tce"},
		{"coal for CO2", func(_ *site, s *energyCarbon) { s.Carriers[0].CO2 = "electricity.equivalent" }, "carriers[0].co2", `"kgce/kWh"`, "kgCO2"},
		{"normal cubic metres", func(p *site, _ *energyCarbon) { p.gas.Unit = "Nm3/h" }, "carriers[1].energy", "does not go with gas.natural", "m3/h"},
		{"power as energy", func(p *site, _ *energyCarbon) { p.power.Unit = "kWh" }, "carriers[0].energy", "does not go with", "counter:"},
		{"rate that counts", func(p *site, _ *energyCarbon) { p.power.Counter = &agent.Counter{} }, "carriers[0].energy", "does not go with", "take counter off"},
		{"coverage", func(_ *site, s *energyCarbon) { s.MinCoverage = number(50) }, "min_coverage", "50", "0 to 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newSite()
			section := energyCarbon{Factors: equalValue(0.3, 0), Carriers: []carrier{power("grid.cn"),
				{Carrier: "gas", Energy: "fq310", EqualValue: "gas.natural", EquivalentValue: "gas.natural", CO2: "gas.combustion"}}}
			p.kpi(t, section)
			section.Carriers = slices.Clone(section.Carriers)
			test.change(p, &section)
			_, err := newEnergyCarbon(decoded("site", section, p.tags()...))
			faultOf(t, err, "energy_carbon."+test.path, test.says, test.fix)
		})
	}
}
