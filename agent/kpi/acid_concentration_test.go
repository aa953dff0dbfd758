package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// evaporator is a plant that makes 96 % acid of 70 %.
func evaporator() (*acid, acidConcentration) {
	a := newAcid()
	for name, unit := range map[string]string{"ft280": "m3/h", "ct280": "%", "tt280": "°C", "ft215": "t/h", "jt210": "kW"} {
		a.add(name, unit)
	}
	return a, acidConcentration{
		Feed:    acidStream{Flow: "ft201", Strength: "at201", Temperature: "tt201"},
		Product: acidStream{Flow: "ft270", Strength: "at270", Temperature: "tt270"},
		Tanks:   []tank{tankAt("lt261", "at261", "tt261")},
		Losses:  vapourLosses{Condensate: acidLoss{Acid: acidStream{Flow: "ft280", Strength: "ct280", Temperature: "tt280"}}},
		Energy:  acidEnergy{Steam: "ft215", Electricity: "jt210"},
	}
}

func (a *acid) concentration(t *testing.T, section acidConcentration) KPI {
	t.Helper()
	kpi, err := newAcidConcentration(a.evaporates(section))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

func (a *acid) evaporates(section acidConcentration) agent.Spec {
	return agent.Spec{Name: "acid", Tags: a.all, Decode: func(into any) error {
		*into.(*acidConcentration) = section
		return nil
	}}
}

// boiled is what an evaporator shows that loses nothing but 1 % of its acid with
// the condensate: 10 t/h of 70 % acid become product of 96 %, and the water that
// is left becomes condensate.
func boiled() map[string]float64 {
	shows := usual()
	fed, _, _ := acidDensity(0.70, 25)
	made, _, _ := acidDensity(0.96, 30)
	acidIn := 7000.0
	product := 0.99 * acidIn / 0.96 // kg/h
	condensate := 10000 - product
	w := 0.01 * acidIn / condensate
	thin, _, _ := acidDensity(w, 45)
	for name, v := range map[string]float64{
		"ft201": 10000 / fed, "at201": 70, "tt201": 25, "ft270": product / made, "at270": 96, "tt270": 30,
		"at261": 96, "tt261": 30, "ft280": condensate / thin, "ct280": 100 * w, "tt280": 45, "ft215": 1.4, "jt210": 120,
	} {
		shows[name] = v
	}
	return shows
}

func TestConcentration(t *testing.T) {
	a, section := evaporator()
	section.Target = "recovery_loss >= 98%"
	r := a.run(t, a.concentration(t, section), 168, boiled())
	water := 3000 - 0.99*7000/0.96*0.04
	for key, want := range map[string]float64{
		"recovery_loss": 0.99, "recovery_direct": 0.99, "recovery_combined": 0.99, "closure": 0, "water_closure": 0, "feed": 168 * 7000, "loss": 168 * 70,
		"water_evaporated": 168 * water, "steam_per_water": 1400 / water, "electricity_per_water": 120 / water * 1000,
	} {
		if got := r.only("acid."+key, agent.Week); !near(got.Value, want, 1e-9*want+1e-9) || got.Withheld() {
			t.Errorf("%s: got %.9g %s, %v %v, want %g", key, got.Value, got.Unit, got.Quality, got.Reason, want)
		}
	}
	if got := r.of("acid.recovery_loss", agent.Hour)[3]; got.Quality != agent.Good || got.Verdict != agent.Pass {
		t.Errorf("hour: got %v %v, %v, want it good and passed", got.Quality, got.Reason, got.Verdict)
	}
}

// TestWaterThatIsNotMeasured opens the water balance and leaves that of acid.
func TestWaterThatIsNotMeasured(t *testing.T) {
	a, section := evaporator()
	for _, tag := range a.all {
		tag.Accuracy = agent.Accuracy{Rel: 0.001}
	}
	shows := boiled()
	shows["ct280"] *= shows["ft280"] / (shows["ft280"] - 0.3)
	shows["ft280"] -= 0.3 // of vapour goes past the condenser
	r := a.run(t, a.concentration(t, section), 168, shows)
	if got := r.only("acid.water_closure", agent.Week); got.Quality != agent.Uncertain || got.Reason.Code != agent.ClosureFailed || got.Value < 0.09 {
		t.Errorf("water: got %.4f ± %.4f, %v %v, want it open by a tenth", got.Value, got.U, got.Quality, got.Reason)
	}
	if got := r.only("acid.closure", agent.Week); got.Quality != agent.Good {
		t.Errorf("acid: got %.4f ± %.4f, %v %v, want it closed", got.Value, got.U, got.Quality, got.Reason)
	}
}

func TestConcentrationAgainstMonteCarlo(t *testing.T) {
	a, section := evaporator()
	section.Tanks[0].Strength = "at261"
	accuracies := map[string]agent.Accuracy{
		"ft201": {Rel: 0.005}, "at201": {Rel: 0.003}, "tt201": {Abs: 0.3}, "ft270": {Rel: 0.005}, "at270": {Rel: 0.0005}, "tt270": {Abs: 0.3},
		"ft280": {Rel: 0.005}, "ct280": {Rel: 0.05}, "tt280": {Abs: 0.5}, "ft215": {Rel: 0.015},
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	shows := boiled()
	r := a.run(t, a.concentration(t, section), 168, shows)
	rnd := rand.New(rand.NewPCG(6, 4))
	draw := func(name string) float64 {
		rel, abs := accuracies[name].Standard()
		return shows[name]*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64()
	}
	flow := func(f, w, at string) (acid, water float64) {
		share := draw(w) / 100
		density, _, _ := acidDensity(share, draw(at))
		mass := draw(f) * density * (1 + densityRel*rnd.NormFloat64())
		return mass * share, mass * (1 - share)
	}
	keys := []string{"recovery_direct", "recovery_loss", "closure", "water_closure", "water_evaporated", "steam_per_water"}
	const draws = 100000
	sums, squares := make([]float64, len(keys)), make([]float64, len(keys))
	for range draws {
		feed, feedWater := flow("ft201", "at201", "tt201")
		product, productWater := flow("ft270", "at270", "tt270")
		lost, lostWater := flow("ft280", "ct280", "tt280")
		water := feedWater - productWater
		for i, v := range []float64{
			product / feed, 1 - lost/feed, 1 - (product+lost)/feed, 1 - (productWater+lostWater)/feedWater, 168 * water, 1000 * draw("ft215") / water,
		} {
			sums[i], squares[i] = sums[i]+v, squares[i]+v*v
		}
	}
	for i, key := range keys {
		got, mean := r.only("acid."+key, agent.Week), sums[i]/draws
		if want := 2 * math.Sqrt(squares[i]/draws-mean*mean); !near(got.U, want, 0.03*want) || !near(got.Value, mean, 0.05*want) {
			t.Errorf("%s: got %.6g ± %.6g, want %.6g ± %.6g within 3 %%", key, got.Value, got.U, mean, want)
		}
	}
}

// TestWaterByEveryWay: the water of a flow is the same however its strength is
// measured.
func TestWaterByEveryWay(t *testing.T) {
	density, _, _ := acidDensity(0.70, 25)
	for name, test := range map[string]struct {
		feed acidStream
		unit string
		flow float64
	}{
		"volume, strength, temperature": {acidStream{Flow: "ft201", Strength: "at201", Temperature: "tt201"}, "m3/h", 10000 / density},
		"volume, strength, density":     {acidStream{Flow: "ft201", Strength: "at201", Density: "dt201"}, "m3/h", 10000 / density},
		"volume, density, temperature":  {acidStream{Flow: "ft201", Density: "dt201", Temperature: "tt201"}, "m3/h", 10000 / density},
		"mass, strength":                {acidStream{Flow: "ft201", Strength: "at201"}, "kg/h", 10000},
		"mass, density, temperature":    {acidStream{Flow: "ft201", Density: "dt201", Temperature: "tt201"}, "kg/h", 10000},
	} {
		a, section := evaporator()
		a.byName["ft201"].Unit, section.Feed, section.Tanks = test.unit, test.feed, nil
		shows := boiled()
		shows["dt201"], shows["ft201"] = density, test.flow
		r := a.run(t, a.concentration(t, section), 24, shows)
		got := r.only("acid.water_evaporated", agent.Day)
		if want := 24 * 3000.0; !near(got.Terms[0].Total, want, 1e-6*want) || got.Terms[0].Role != "feed_water" {
			t.Errorf("%s: got %+v, want %g kg of water fed", name, got.Terms[0], want)
		}
		if got := r.only("acid.feed", agent.Day).Value; !near(got, 24*7000, 0.2) {
			t.Errorf("%s: got %g kg of acid fed, want %d", name, got, 24*7000)
		}
	}
}

func TestFaultsOfConcentration(t *testing.T) {
	for name, test := range map[string]struct {
		change          func(*acid, *acidConcentration)
		path, says, fix string
	}{
		"condensate left out": {func(_ *acid, s *acidConcentration) {
			s.Losses.Condensate, s.Target = acidLoss{}, "recovery_loss >= 99%"
		}, "target", "losses.condensate is neither measured nor declared none", "name the tags"},
		"water of what is declared none": {func(_ *acid, s *acidConcentration) {
			s.Losses.Condensate, s.Quantities = acidLoss{None: "0.01 % by the laboratory"}, []string{"water_closure"}
		}, "quantities[0]", "losses.condensate.flow", ""},
		"water of a mass of acid": {func(_ *acid, s *acidConcentration) {
			s.Losses.Others, s.Quantities = []otherLoss{{"leak", acidLoss{Mass: "ft215"}}}, []string{"water_closure"}
		}, "quantities[0]", "the water that goes with it is not known", ""},
		"no fuel": {func(_ *acid, s *acidConcentration) { s.Target = "fuel_per_water <= 3" }, "target", "energy.fuel is not named", "name the tags"},
		"strength in baumé": {func(a *acid, _ *acidConcentration) { a.byName["at201"].Unit = "°Bé" }, "feed.strength",
			"not a mass fraction", "%"},
		"no tanks": {func(_ *acid, s *acidConcentration) { s.Tanks, s.Quantities = nil, []string{"water_closure"} }, "quantities[0]", "no tanks are listed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, section := evaporator()
			test.change(a, &section)
			kpi, err := newAcidConcentration(a.evaporates(section))
			faultOf(t, err, "acid_concentration."+test.path, test.says, test.fix)
			newEngine(t, utc(), kpi)
		})
	}
	a, section := evaporator()
	a.byName["at201"].Unit = "°Bé"
	_, err := newAcidConcentration(a.evaporates(section))
	wantFault(t, err, "acid_concentration.feed.strength", "not a mass fraction", "%")
}
