package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// furnish gives the plant what a complete section names.
func (a *acid) furnish() acidRecovery {
	for name, unit := range map[string]string{
		"ft230": "Nm3/h", "at230": "%", "at235": "ppm", "ft210": "Nm3/h", "jt210": "kW", "ft215": "t/h",
		"wt256": "kg/h", "ft257": "kg/h", "at257": "%", "ft222": "kg/h", "ft223": "Nm3/h",
	} {
		a.add(name, unit)
	}
	s := a.section()
	s.Losses.Drain = acidLoss{Mass: "wt256"}
	s.Losses.Solid = acidLoss{Mass: "wt256", Content: "cake.acid"}
	s.Losses.Others = []otherLoss{{"blowdown", acidLoss{Acid: acidStream{Flow: "ft257", Strength: "at257"}}}}
	s.Conversion = converter{In: "at230", Out: "at235", Flow: "ft230"}
	s.Energy = acidEnergy{Fuel: []fuel{{"gas", "ft210", "gas.heat"}}, Electricity: "jt210", Steam: "ft215"}
	s.Factors = []factorSection{certified("cake.acid", "kgH2SO4/kg", 0.25, 0.02), certified("gas.heat", "MJ/Nm3", 36, 0.3), certified("h2s.sulphur", "kgS/Nm3", 1.4, 0.01)}
	return s
}

func certified(name, unit string, value, u float64) factorSection {
	return factorSection{Name: name, Unit: unit, Source: "certificate 12", Steps: []stepSection{{From: "2026-01-01", Value: &value, U: u}}}
}

func furnished() map[string]float64 {
	shows := usual()
	for name, v := range map[string]float64{
		"ft230": 9000, "at230": 8, "at235": 200, "ft210": 400, "jt210": 350, "ft215": 1.5, "wt256": 8, "ft257": 40, "at257": 5, "ft222": 100, "ft223": 50,
	} {
		shows[name] = v
	}
	return shows
}

func TestFurtherLosses(t *testing.T) {
	a := newAcid()
	section := a.furnish()
	got := a.run(t, a.kpi(t, section), 1, furnished()).only("acid.loss", agent.Hour)
	want := map[string]float64{"drain": 8, "solid": 2, "blowdown": 2}
	for _, term := range got.Terms {
		if kg, listed := want[term.Role]; listed && !near(term.Total, kg, 1e-9) {
			t.Errorf("%s: got %g kg, want %g", term.Role, term.Total, kg)
		}
		delete(want, term.Role)
	}
	if len(want) > 0 || len(got.Factors) != 1 || got.Factors[0] != "cake.acid 0.25 kgH2SO4/kg (since 2026-01-01, certificate 12)" {
		t.Errorf("got terms %+v and factors %q, without %v", got.Terms, got.Factors, want)
	}
}

func TestSulphurBalance(t *testing.T) {
	a := newAcid()
	section := a.furnish()
	section.Sulphur = []cofired{{Name: "sulphur", Amount: "ft222"}, {Name: "h2s", Amount: "ft223", Content: "h2s.sulphur"}}
	section.Target = "recovery_sulphur >= 90%"
	kpi := a.kpi(t, section)
	r := a.run(t, kpi, 168, furnished())
	got := r.only("acid.recovery_sulphur", agent.Week)
	feed, product := r.only("acid.feed", agent.Week).Value/168, got.Terms[0].Total/168
	if want := product / (feed + (100+50*1.4)*98.079/32.06); !near(got.Value, want, 1e-9) || got.Verdict == agent.NoVerdict {
		t.Errorf("got %.6f, %v, want %.6f, judged", got.Value, got.Verdict, want)
	}
	absent := map[string]bool{}
	for _, one := range kpi.Absent {
		absent[one.Key] = true
	}
	for _, key := range []string{"recovery_loss", "recovery_direct", "recovery_combined", "closure"} {
		if !absent[key] {
			t.Errorf("%s is computed, as if all product came from the feed", key)
		}
	}
}

// TestPerTonne: what is made is the product and what the tank gained.
func TestPerTonne(t *testing.T) {
	a := newAcid()
	section := a.furnish()
	kpi := a.kpi(t, section)
	r := newRig(t, utc(), kpi)
	shows := furnished()
	for h := 0.0; h <= 24; h++ {
		shows["lt261"] = 3 + h/24*0.2
		a.read(r, h*3600, shows)
	}
	filled, _, _ := acidDensity(0.98, 40)
	shipped, _, _ := acidDensity(0.98, 30)
	tonnes := (24*1.9*shipped*0.98 + math.Pi/4*100*0.2*filled*0.98) / 1000
	for key, want := range map[string]float64{
		"so2_per_tonne": 24 * 8620 * 400e-6 / tonnes, "mist_per_tonne": 24 * 8620 * 30e-6 / tonnes, "fuel_per_tonne": 24 * 400 * 0.036 / tonnes,
		"electricity_per_tonne": 24 * 350 / tonnes, "steam_per_tonne": 24 * 1.5 / tonnes,
	} {
		if got := r.only("acid."+key, agent.Day); !near(got.Value, want, 1e-9*want) || got.Quality != agent.Good {
			t.Errorf("%s: got %g %s, %v %v, want %g", key, got.Value, got.Unit, got.Quality, got.Reason, want)
		}
	}
}

// TestFiguresSlopes compares every slope that a figure states with the
// difference over a small step.
func TestFiguresSlopes(t *testing.T) {
	for name, test := range map[string]struct {
		figure Figure
		totals []float64
	}{
		"conversion":     {conversion, []float64{720, 1.8, 9000}},
		"per 1":          {per(1), []float64{3, 40, 2}},
		"per 2":          {per(2), []float64{40, 2, 50, 3}},
		"per difference": {perDifference(2), []float64{3, 1, 40, 2, 5}},
		"less the rest":  {lessRest, []float64{40, 2, 5}},
		"direct of some": {ofSome(ofFirst, 1, 3), []float64{100, 90, 8, 1, 2}},
		"loss of some":   {ofSome(leftOfFirst, 3, 5), []float64{100, 90, 8, 1, 2}},
	} {
		value, sens, reason := test.figure(test.totals)
		if reason.Code != agent.NoReason || len(sens) != len(test.totals) {
			t.Fatalf("%s: got %g, %v, %v", name, value, sens, reason)
		}
		for i := range sens {
			moved := func(by float64) float64 {
				other := append([]float64(nil), test.totals...)
				other[i] += by
				v, _, _ := test.figure(other)
				return v
			}
			step := 1e-5 * test.totals[i]
			if want := (moved(step) - moved(-step)) / (2 * step); !near(sens[i], want, 1e-6*math.Abs(want)+1e-12) {
				t.Errorf("%s, total %d: got slope %g, want %g", name, i, sens[i], want)
			}
		}
	}
	for _, totals := range [][]float64{{0, 1, 2}, {1, 1, 0}, {5, 5, 6}} {
		if _, _, reason := conversion(totals); reason.Code == agent.NoReason {
			t.Errorf("conversion of %v gave a figure", totals)
		}
	}
	if _, _, reason := perDifference(1)([]float64{1, 2, 3}); reason.Code != agent.NoInput {
		t.Errorf("got %v of less water than none, want no figure", reason)
	}
}

func TestFurtherFiguresAgainstMonteCarlo(t *testing.T) {
	a := newAcid()
	section := a.furnish()
	section.Sulphur = []cofired{{Name: "h2s", Amount: "ft223", Content: "h2s.sulphur"}}
	accuracies := map[string]agent.Accuracy{
		"ft201": {Rel: 0.005}, "at201": {Rel: 0.004}, "tt201": {Abs: 0.3}, "ft270": {Rel: 0.005}, "at270": {Rel: 0.002}, "tt270": {Abs: 0.3},
		"ft240": {Rel: 0.04}, "at240": {Abs: 25}, "ft230": {Rel: 0.03}, "at230": {Rel: 0.02}, "at235": {Rel: 0.05}, "ft210": {Rel: 0.01}, "ft223": {Rel: 0.02},
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	shows := furnished()
	r := a.run(t, a.kpi(t, section), 168, shows)
	rnd := rand.New(rand.NewPCG(5, 4))
	draw := func(name string) float64 {
		rel, abs := accuracies[name].Standard()
		return shows[name]*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64()
	}
	acidOf := func(w, at float64) float64 {
		density, _, _ := acidDensity(w/100, at)
		return density * w / 100 * (1 + densityRel*rnd.NormFloat64())
	}
	keys := []string{"recovery_sulphur", "conversion", "so2_per_tonne", "fuel_per_tonne"}
	const draws = 100000
	sums, squares := make([]float64, len(keys)), make([]float64, len(keys))
	for range draws {
		feed, product := draw("ft201")*acidOf(draw("at201"), draw("tt201")), draw("ft270")*acidOf(draw("at270"), draw("tt270"))
		in, out := draw("at230")/100, draw("at235")*1e-6
		beside := draw("ft223") * (1.4 + 0.01*rnd.NormFloat64()) * 98.079 / 32.06
		heat := draw("ft210") * (36 + 0.3*rnd.NormFloat64()) / 1000
		for i, v := range []float64{product / (feed + beside), (1 - out/in) / (1 - 1.5*out), draw("ft240") * draw("at240") * 1e-6 / product * 1000, heat / product * 1000} {
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

// TestStrengthOutsideItsRange: what a meter cannot know is not used.
func TestStrengthOutsideItsRange(t *testing.T) {
	for name, test := range map[string]struct {
		meter         strength
		byMass        bool
		shows         float64
		lost          bool
		path          string
		reasonOfFault string
	}{
		"density up to 90 %":            {strength{Principle: "density"}, false, 89, false, "", ""},
		"density above 90 %":            {strength{Principle: "density"}, false, 91, true, "", ""},
		"above, of a mass":              {strength{Principle: "density"}, true, 91, true, "", ""},
		"inside one's branch":           {strength{"conductivity", []float64{0, 10}}, true, 9, false, "", ""},
		"outside":                       {strength{"conductivity", []float64{0, 10}}, true, 11, true, "", ""},
		"only a range":                  {strength{"", []float64{70, 85}}, false, 86, true, "", ""},
		"conductivity without a branch": {strength{Principle: "conductivity"}, true, 9, false, "feed.valid", "several strengths"},
		"sound without a range":         {strength{Principle: "sound"}, true, 9, false, "feed.valid", "several strengths"},
		"density too far":               {strength{"density", []float64{0, 98}}, true, 9, false, "feed.valid", "two strengths above 90 %"},
		"unknown":                       {strength{Principle: "smell"}, true, 9, false, "feed.principle", `"smell" is not how`},
		"turned round":                  {strength{"sound", []float64{99, 92}}, true, 9, false, "feed.valid", "no range of strengths"},
		"one end":                       {strength{"", []float64{92}}, true, 9, false, "feed.valid", "no range of strengths"},
		"as a fraction":                 {strength{"", []float64{0, 9000}}, true, 9, false, "feed.valid", "no range of strengths"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAcid()
			section := a.section()
			section.Feed.Meter, section.Quantities = test.meter, []string{"feed"}
			if test.byMass {
				a.byName["ft201"].Unit = "kg/h"
			}
			if test.path != "" {
				_, err := newAcidRecovery(a.spec(section))
				faultOf(t, err, "acid_recovery."+test.path, test.reasonOfFault, "write ")
				return
			}
			got := a.run(t, a.kpi(t, section), 1, map[string]float64{"at201": test.shows}).only("acid.feed", agent.Hour)
			if lost := lostSeconds(got, agent.OutOfRange, "at201") == 3600; lost != test.lost || got.Withheld() != test.lost {
				t.Errorf("got %g kg, %v %v, want it lost: %v", got.Value, got.Quality, got.Reason, test.lost)
			}
			checkBooks(t, got)
		})
	}
}

func TestFaultsOfFurtherParts(t *testing.T) {
	for name, test := range map[string]struct {
		change          func(*acid, *acidRecovery)
		path, says, fix string
	}{
		"drain left out": {func(_ *acid, s *acidRecovery) { s.Losses.Drain, s.Target = acidLoss{}, "recovery_loss >= 98%" },
			"target", "losses.drain is neither measured nor declared none", "name the tags"},
		"two left out": {func(_ *acid, s *acidRecovery) {
			s.Losses.Drain, s.Losses.Solid, s.Target = acidLoss{}, acidLoss{}, "recovery_loss >= 98%"
		}, "target", "losses.drain, losses.solid are neither", "name the tags"},
		"mass and flow":   {func(_ *acid, s *acidRecovery) { s.Losses.WeakAcid.Mass = "wt256" }, "losses.weak_acid.mass", "as a mass and as a flow", "delete mass"},
		"content alone":   {func(_ *acid, s *acidRecovery) { s.Losses.WeakAcid.Content = "cake.acid" }, "losses.weak_acid.content", "no mass of weak acid", "name the mass"},
		"mass of nothing": {func(a *acid, _ *acidRecovery) { a.byName["wt256"].Unit = "m3/h" }, "losses.drain.mass", "does not count a mass", "kg/h"},
		"total as rate": {func(a *acid, _ *acidRecovery) { a.byName["wt256"].Unit = "kg" }, "losses.drain.mass",
			"does not count a mass", "give the tag counter"},
		"unknown content": {func(_ *acid, s *acidRecovery) { s.Losses.Solid.Content = "cake" }, "losses.solid.content", `no price or factor "cake"`, "factors"},
		"nameless":        {func(_ *acid, s *acidRecovery) { s.Losses.Others[0].Name = "" }, "losses.others[0].name", "name of its own", "write what it is"},
		"listed as none": {func(_ *acid, s *acidRecovery) { s.Losses.Others[0].Loss = acidLoss{None: "dry"} }, "losses.others[0].none",
			"listed and declared none", "delete the whole"},
		"no oxygen": {func(_ *acid, s *acidRecovery) {
			s.Losses.SO2.Corrected, s.Quantities = &oxygen{Reference: 8, Air: 21}, []string{"loss"}
		}, "quantities[0]", "losses.so2.corrected.measured", ""},
		"thick air": {func(_ *acid, s *acidRecovery) {
			s.Losses.SO2.Corrected = &oxygen{Reference: 8, Air: 0.21, Measured: "at230"}
		}, "losses.so2.corrected.air", "not the oxygen of air", "20.9 or 21"},
		"mist in ppm":    {func(a *acid, _ *acidRecovery) { a.byName["at242"].Unit = "ppm" }, "losses.mist.concentration", "not a mass per normal cubic metre", "mg/Nm3"},
		"actual SO2":     {func(a *acid, _ *acidRecovery) { a.byName["at230"].Unit = "kg/h" }, "conversion.so2_in", "not a share of SO2", "ppm"},
		"no SO2 in":      {func(_ *acid, s *acidRecovery) { s.Conversion.In, s.Quantities = "", []string{"conversion"} }, "quantities[0]", "no SO2 before the converter", ""},
		"sulphur as gas": {func(_ *acid, s *acidRecovery) { s.Sulphur = []cofired{{Name: "h2s", Amount: "ft223"}} }, "sulphur[0].amount", "takes content", "kg/h"},
		"fuel without a heat": {func(_ *acid, s *acidRecovery) { s.Energy.Fuel[0].Heat, s.Quantities = "", []string{"fuel_per_tonne"} },
			"quantities[0]", "energy.fuel[0].heat is not named", ""},
		"steam in m3": {func(a *acid, _ *acidRecovery) { a.byName["ft215"].Unit = "m3/h" }, "energy.steam", "does not count the steam", "t/h"},
		"no accuracy": {func(a *acid, s *acidRecovery) {
			a.byName["lt261"].Accuracy, s.Quantities = agent.Accuracy{}, []string{"recovery_combined"}
		}, "quantities[0]", "lt261 states no accuracy", ""},
		"direct beside sulphur": {func(_ *acid, s *acidRecovery) {
			s.Sulphur, s.Target = []cofired{{Name: "sulphur", Amount: "ft222"}}, "recovery_direct >= 98%"
		}, "target", "only recovery_sulphur counts it", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAcid()
			section := a.furnish()
			test.change(a, &section)
			kpi, err := newAcidRecovery(a.spec(section))
			faultOf(t, err, "acid_recovery."+test.path, test.says, test.fix)
			newEngine(t, utc(), kpi)
		})
	}
}

// TestOutlookOfAcid: what can be reached is foretold.
func TestOutlookOfAcid(t *testing.T) {
	a := newAcid()
	section := a.furnish()
	for _, tag := range a.all {
		tag.Accuracy, tag.Range = agent.Accuracy{Rel: 0.01}, &agent.Range{Lo: 0, Hi: 2 * furnished()[tag.Name]}
	}
	foretold := 0
	for _, key := range []string{"recovery_direct", "recovery_combined", "conversion", "so2_per_tonne"} {
		section.Quantities, section.Target = []string{key}, key+" <= 0.95"
		all, err := Adequacy(utc(), a.kpi(t, section))
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: got %v, %v", key, all, err)
		}
		if all[0].Reaches != nil {
			foretold++
		}
	}
	if foretold < 3 {
		t.Errorf("got the outlook of %d figures, want nearly all", foretold)
	}
}
