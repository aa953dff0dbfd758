package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

func caseC02MassFlow(t *testing.T) {
	c := caseOf(t, "C02")
	want := field[float64](t, c.Expected, "kg_h_100pct")
	for name, feed := range map[string]acidStream{
		"strength and temperature": {Flow: "ft201", Strength: "at201", Temperature: "tt201"},
		"strength and density":     {Flow: "ft201", Strength: "at201", Density: "dt201"},
		"density and temperature":  {Flow: "ft201", Density: "dt201", Temperature: "tt201"},
	} {
		a := newAcid()
		section := a.section()
		section.Feed = feed
		r := newRig(t, utc(), a.kpi(t, section))
		for h := 0.0; h <= 1; h++ {
			a.read(r, h*3600, map[string]float64{"ft201": field[float64](t, c.Inputs, "V_m3_h"), "at201": 100 * field[float64](t, c.Inputs, "w"), "tt201": field[float64](t, c.Inputs, "T_C")})
		}
		if got := r.only("acid.feed", agent.Hour); !near(got.Value, want, 3e-4*want) || got.Unit != "kg" || got.Quality != agent.Good {
			t.Errorf("%s: got %.2f %s, %v %v, want %.1f kg", name, got.Value, got.Unit, got.Quality, got.Reason, want)
		}
	}
}

func caseC03Headline(t *testing.T) {
	c := caseOf(t, "C03")
	for basis, strength := range map[string]float64{"basis_as_100pct": 100, "basis_80pct": 100 * field[float64](t, c.Inputs, "w_assumed")} {
		a := newAcid()
		a.byName["ft201"].Unit, a.byName["ft250"].Unit = "kg/h", "kg/h"
		section := a.section()
		section.Feed.Temperature, section.Losses.WeakAcid.Acid.Temperature = "", ""
		section.Losses.SO2, section.Losses.Mist = gasLoss{None: "not in the story"}, gasLoss{None: "not in the story"}
		r := newRig(t, utc(), a.kpi(t, section))
		hours := field[float64](t, c.Inputs, "hours")
		feed := field[float64](t, c.Inputs, "waste_acid_t_y") * 1000 / hours
		lost := feed * strength / 100 * (1 - field[float64](t, c.Inputs, "recovery"))
		for h := 0.0; h <= 1; h++ {
			a.read(r, h*3600, map[string]float64{"ft201": feed, "at201": strength, "ft250": lost / 0.04, "ct250": 4})
		}
		hour := func(key string) float64 { return r.only("acid."+key, agent.Hour).Value }
		got := map[string]float64{
			"feed_kg_h": hour("feed"), "lost_kg_h": hour("loss"), "feed_100_t": hour("feed") * hours / 1000, "lost_t": hour("loss") * hours / 1000,
			"recovered_t": hour("recovery_loss") * hour("feed") * hours / 1000,
		}
		for name, want := range field[map[string]float64](t, c.Expected, basis) {
			if is, ok := got[name]; !ok || !near(is, want, 1e-6*want) {
				t.Errorf("%s %s: got %g, want %g", basis, name, is, want)
			}
		}
	}
}

func caseC04TankInventory(t *testing.T) {
	c := caseOf(t, "C04")
	a := newAcid()
	a.byName["ft201"].Unit, a.byName["ft270"].Unit = "t/h", "t/h"
	section := a.section()
	section.Feed.Temperature, section.Product.Temperature = "", ""
	section.Tanks[0].Diameter = field[float64](t, c.Inputs, "tank_diameter_m")
	r := newRig(t, utc(), a.kpi(t, section))
	levels := [2]float64{field[float64](t, c.Inputs, "level_start_m"), field[float64](t, c.Inputs, "level_end_m")}
	warmth := [2]float64{field[float64](t, c.Inputs, "T_start_C"), field[float64](t, c.Inputs, "T_end_C")}
	for h := 0.0; h <= 168; h++ {
		part := h / 168
		a.read(r, h*3600, map[string]float64{
			"ft201": field[float64](t, c.Inputs, "feed_100_t") / 168 / 0.8, "ft270": field[float64](t, c.Inputs, "product_shipped_100_t") / 168 / 0.98,
			"lt261": levels[0] + part*(levels[1]-levels[0]) + 0.4*math.Sin(part*50*math.Pi), // it goes up and down between
			"tt261": warmth[0] + part*(warmth[1]-warmth[0]), "at261": 100 * field[float64](t, c.Inputs, "w"),
		})
	}
	got := r.only("acid.recovery_direct", agent.Week)
	c.Expect(t, "recovery", got.Value)
	if change := got.Terms[2]; !near(change.Total/1000, field[float64](t, c.Expected, "inventory_change_t"), 1e-3) || change.Role != "tank" {
		t.Errorf("got %+v, want a change of %s t", change, field[any](t, c.Expected, "inventory_change_t"))
	}
	for at, name := range []string{"inventory_start_t", "inventory_end_t"} { // by filling the empty tank
		r := newRig(t, utc(), a.kpi(t, section))
		for h := 0.0; h <= 168; h++ {
			a.read(r, h*3600, map[string]float64{"lt261": levels[at] * h / 168, "tt261": warmth[at], "at261": 100 * field[float64](t, c.Inputs, "w")})
		}
		if got, want := r.only("acid.recovery_direct", agent.Week).Terms[2].Total/1000, field[float64](t, c.Expected, name); !near(got, want, 1e-3) {
			t.Errorf("got %g t, want %s %g", got, name, want)
		}
	}
	if got.Terms[2].Tag != "lt261 × h2so4_per_m3(at261, tt261)" || got.Quality != agent.Good {
		t.Errorf("got term %q, %v %v", got.Terms[2].Tag, got.Quality, got.Reason)
	}
	for _, day := range r.of("acid.recovery_direct", agent.Day) {
		if day.Quality != agent.Uncertain || day.Verdict != agent.NoVerdict || day.Reason != (agent.Reason{Code: agent.TrendOnly, Detail: "week"}) {
			t.Errorf("day: got %v, %v, %v, want a trend only", day.Quality, day.Verdict, day.Reason)
		}
	}
}

func caseC05LossMethod(t *testing.T) {
	c := caseOf(t, "C05")
	a := newAcid()
	section := a.section()
	section.Losses.WeakAcid.Acid.Density, section.Losses.WeakAcid.Acid.Temperature = "dt250", ""
	section.Feed = acidStream{Flow: "ft201", Strength: "at201"}
	section.Target = "recovery_loss >= 98%"
	a.byName["ft201"].Unit = "kg/h"
	r := newRig(t, utc(), a.kpi(t, section))
	for h := 0.0; h <= 1; h++ {
		a.read(r, h*3600, map[string]float64{
			"ft201": field[float64](t, c.Inputs, "feed_100_kg_h") / 0.8, "ft240": field[float64](t, c.Inputs, "Q_stack_Nm3_h"),
			"at240": field[float64](t, c.Inputs, "SO2_mg_Nm3"), "at242": field[float64](t, c.Inputs, "mist_mg_Nm3"),
			"ft250": field[float64](t, c.Inputs, "weak_acid_m3_h"), "dt250": field[float64](t, c.Inputs, "weak_acid_rho"), "ct250": 100 * field[float64](t, c.Inputs, "weak_acid_w"),
		})
	}
	got := r.only("acid.recovery_loss", agent.Hour)
	want := field[float64](t, c.Expected, "recovery")
	if !near(got.Value, want, 1e-6) || got.Verdict != agent.Pass || got.Quality != agent.Good {
		t.Errorf("got %.6f, %v, %v %v, want %g, passed", got.Value, got.Verdict, got.Quality, got.Reason, want)
	}
	for i, name := range []string{"", "SO2_as_H2SO4_kg_h", "mist_kg_h", "weak_acid_kg_h"} {
		if name != "" && !near(got.Terms[i].Total, field[float64](t, c.Expected, name), 1e-4) {
			t.Errorf("got %+v, want %s %s", got.Terms[i], name, field[any](t, c.Expected, name))
		}
	}
	if loss := r.only("acid.loss", agent.Hour); !near(loss.Value, field[float64](t, c.Expected, "loss_kg_h"), 1e-3) {
		t.Errorf("got %g kg lost, want %s", loss.Value, field[any](t, c.Expected, "loss_kg_h"))
	} else {
		c.Expect(t, "share_of_loss_weak_acid", got.Terms[3].Total/loss.Value)
	}
	so2 := r.only("acid.so2_per_tonne", agent.Hour)
	c.Expect(t, "SO2_kg_h", so2.Terms[0].Total)
	if cell := r.of("acid.recovery_loss", agent.Cell)[0]; cell.Quality != agent.Uncertain || cell.Verdict != agent.NoVerdict {
		t.Errorf("15 min: got %v, %v, want a trend only", cell.Quality, cell.Verdict)
	}
}

func caseU03DirectBudget(t *testing.T) {
	c := caseOf(t, "U03")
	a := newAcid()
	for _, name := range []string{"ft201", "ft270"} {
		a.byName[name].Accuracy = agent.Accuracy{Rel: field[float64](t, c.Inputs, "flow_limit")}
	}
	for _, name := range []string{"at201", "at270"} {
		a.byName[name].Accuracy = agent.Accuracy{Rel: field[float64](t, c.Inputs, "u_conc"), As: "standard"}
	}
	density := agent.Accuracy{Rel: field[float64](t, c.Inputs, "u_density"), As: "standard"}
	a.byName["dt201"].Accuracy, a.byName["dt250"].Accuracy = density, density
	section := a.section()
	section.Feed, section.Product = acidStream{Flow: "ft201", Strength: "at201", Density: "dt201"}, acidStream{Flow: "ft270", Strength: "at270", Density: "dt250"}
	r := newRig(t, utc(), a.kpi(t, section))
	fed := 2.54 * 1722.1 * 0.8
	for h := 0.0; h <= 168; h++ {
		a.read(r, h*3600, map[string]float64{"dt250": 1826.1, "ft270": fed * field[float64](t, c.Inputs, "R") / 1826.1 / 0.98})
	}
	got := r.only("acid.recovery_direct", agent.Week)
	if want := field[float64](t, c.Expected, "U_abs_k2_r0"); !near(got.U, want, 1e-3*want) || !near(got.Value, 0.98, 1e-9) {
		t.Errorf("got %.6f ± %.6f, want 0.98 ± %g", got.Value, got.U, want)
	}
	c.Expect(t, "u_rel_r0", got.U/2/got.Value)
}

// caseU04TankGauging: two tanks, levels to ±5 mm; the uncertainty of the
// change is that of four readings, over a day as over a week.
func caseU04TankGauging(t *testing.T) {
	c := caseOf(t, "U04")
	a := newAcid()
	for _, name := range []string{"lt261", "lt262"} {
		a.byName[name].Accuracy = agent.Accuracy{Abs: field[float64](t, c.Inputs, "level_limit_m")}
	}
	section := a.section()
	section.Tanks = append(section.Tanks, tankAt("lt262", "at262", "tt262"))
	r := newRig(t, utc(), a.kpi(t, section))
	for h := 0.0; h <= 7*24; h++ {
		a.read(r, h*3600, map[string]float64{"lt261": 3 + math.Sin(h), "lt262": 4 - math.Sin(h)})
	}
	fed := r.only("acid.feed", agent.Week).Value
	want := 1000 * field[float64](t, c.Expected, "u_change_t")
	days := r.of("acid.recovery_direct", agent.Day)
	c.Expect(t, "u_one_reading_t", days[0].Terms[2].URand/math.Sqrt2/1000)
	for _, one := range append(days[:1:1], days[5], r.only("acid.recovery_direct", agent.Week)) {
		got := math.Hypot(one.Terms[2].URand, one.Terms[3].URand)
		if !near(got, want, 1e-3*want) {
			t.Errorf("%s: got %.1f kg, want %.1f", one.Window.Kind, got, want)
		}
	}
	if got := days[1].U / 2 * fed / 7; !near(got, want, 0.02*want) {
		t.Errorf("day: got u %.1f kg, want %.1f", got, want)
	}
	if got, want := 100*days[1].U/2, field[[]float64](t, c.Expected, "u_recovery_points")[0]; !near(got, want, 0.02*want) {
		t.Errorf("day: got u %.4f points, want %.4f", got, want)
	}
}

func caseU08Closure(t *testing.T) {
	c := caseOf(t, "U08")
	uDirect, uLoss := field[float64](t, c.Inputs, "U_direct"), field[float64](t, c.Inputs, "U_loss")
	direct, loss := field[float64](t, c.Inputs, "R_direct"), field[float64](t, c.Inputs, "R_loss")
	a := newAcid()
	a.byName["ft201"].Unit, a.byName["ft270"].Unit, a.byName["ft250"].Unit = "kg/h", "kg/h", "kg/h"
	section := a.section()
	section.Feed.Temperature, section.Product.Temperature, section.Losses.WeakAcid.Acid.Temperature = "", "", ""
	section.Losses.SO2, section.Losses.Mist = gasLoss{None: "none"}, gasLoss{None: "none"}
	a.byName["ft270"].Accuracy = agent.Accuracy{Rel: uDirect / direct, As: "k2"}
	a.byName["ft250"].Accuracy = agent.Accuracy{Rel: uLoss / (1 - loss), As: "k2"}
	r := newRig(t, utc(), a.kpi(t, section))
	for h := 0.0; h <= 168; h++ {
		a.read(r, h*3600, map[string]float64{"ft201": 100 / 0.8, "ft270": 100 * direct / 0.98, "ft250": 100 * (1 - loss) / 0.04})
	}
	d, l, closure := r.only("acid.recovery_direct", agent.Week), r.only("acid.recovery_loss", agent.Week), r.only("acid.closure", agent.Week)
	if !near(d.Value, direct, 1e-9) || !near(d.U, uDirect, 1e-5) || !near(l.Value, loss, 1e-9) || !near(l.U, uLoss, 1e-5) {
		t.Fatalf("got %g ± %g and %g ± %g", d.Value, d.U, l.Value, l.U)
	}
	if !near(-closure.Value, field[float64](t, c.Expected, "difference"), 1e-9) || !near(closure.U, field[float64](t, c.Expected, "U_difference"), 1e-5) {
		t.Errorf("got closure %g ± %g, want %s ± %s", closure.Value, closure.U, field[any](t, c.Expected, "difference"), field[any](t, c.Expected, "U_difference"))
	}
	if consistent := math.Abs(closure.Value) <= closure.U; consistent != field[bool](t, c.Expected, "consistent") {
		t.Errorf("got consistent %v", consistent)
	}
}

func TestAcidUncertaintyAgainstMonteCarlo(t *testing.T) {
	a := newAcid()
	accuracies := map[string]agent.Accuracy{
		"ft201": {Rel: 0.005}, "at201": {Rel: 0.004, As: "standard"}, "tt201": {Abs: 0.3}, "ft270": {Rel: 0.005},
		"at270": {Abs: 0.05}, "tt270": {Abs: 0.3}, "lt261": {Abs: 0.005}, "at261": {Abs: 0.05}, "tt261": {Abs: 0.3},
		"ft240": {Rel: 0.04}, "at240": {Abs: 25}, "at242": {Rel: 0.2}, "ft250": {Rel: 0.02}, "ct250": {Rel: 0.05}, "tt250": {Abs: 0.5},
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	r := newRig(t, utc(), a.kpi(t, a.section()))
	level := func(h float64) float64 { return 3 + h/168*0.2 }
	shows := usual()
	shows["ft270"] = 1.75
	for h := 0.0; h <= 168; h++ {
		shows["lt261"] = level(h)
		a.read(r, h*3600, shows)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	draw := func(name string) float64 {
		rel, abs := accuracies[name].Standard()
		return shows[name]*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64()
	}
	model := func() float64 { return 1 + densityRel*rnd.NormFloat64() }
	acidOf := func(w, at float64) float64 {
		density, _, _ := acidDensity(w/100, at)
		return density * w / 100
	}
	const draws = 100000
	var sums, squares [3]float64
	for range draws {
		feed := 168 * draw("ft201") * acidOf(draw("at201"), draw("tt201")) * model()
		product := 168 * draw("ft270") * acidOf(draw("at270"), draw("tt270")) * model()
		tank := func(shown float64) float64 {
			shows["lt261"] = shown
			return math.Pi / 4 * 100 * draw("lt261") * acidOf(draw("at261"), draw("tt261"))
		}
		change := tank(level(168)) - tank(level(0))
		stack := 168 * draw("ft240") * 1e-6
		loss := stack*draw("at240")*acidPerSO2 + stack*draw("at242") + 168*draw("ft250")*acidOf(draw("ct250"), draw("tt250"))*model()
		for i, v := range []float64{(product + change) / feed, 1 - loss/feed, 1 - (product+change+loss)/feed} {
			sums[i], squares[i] = sums[i]+v, squares[i]+v*v
		}
	}
	for i, key := range []string{"recovery_direct", "recovery_loss", "closure"} {
		got := r.only("acid."+key, agent.Week)
		mean := sums[i] / draws
		want := 2 * math.Sqrt(squares[i]/draws-mean*mean)
		if math.Abs(got.U-want) > 0.02*want || !near(got.Value, mean, 3e-4) {
			t.Errorf("%s: got %.6f ± %.6f, want %.6f ± %.6f within 2 %%", key, got.Value, got.U, mean, want)
		}
	}
}

func TestAcidTooStrongForItsDensity(t *testing.T) {
	a := newAcid()
	section := a.section()
	section.Feed = acidStream{Flow: "ft201", Density: "dt201", Temperature: "tt201"}
	r := newRig(t, utc(), a.kpi(t, section))
	for s := 0.0; s <= 3600; s += 900 {
		density := 1700.0
		if s == 1800 {
			density = 1830 // 93 or 99.9 %: nobody can tell
		}
		a.read(r, s, map[string]float64{"dt201": density})
	}
	got := r.only("acid.feed", agent.Hour)
	if lost := lostSeconds(got, agent.OutOfRange, "dt201"); lost != 1800 || got.Coverage != 0.5 {
		t.Errorf("got %g s lost to the density, coverage %g, want 1800 and 0.5", lost, got.Coverage)
	}
	checkBooks(t, got)
}

func TestHotAcidIsUncertain(t *testing.T) {
	a := newAcid()
	r := newRig(t, utc(), a.kpi(t, a.section()))
	for s := 0.0; s <= 3600; s += 900 {
		a.read(r, s, map[string]float64{"tt250": 65})
	}
	if got := r.only("acid.loss", agent.Hour); got.Quality != agent.Uncertain || got.Reason.Code != agent.Extrapolated {
		t.Errorf("got %v %v, want it uncertain: the density is not known so warm", got.Quality, got.Reason)
	}
	if got := r.only("acid.feed", agent.Hour); got.Quality != agent.Good {
		t.Errorf("feed: got %v %v, want good", got.Quality, got.Reason)
	}
}

func TestFaultsOfAcidRecovery(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(*acid, *acidRecovery)
		path, says, fix string
	}{
		{"purge left out", func(_ *acid, s *acidRecovery) {
			s.Losses.WeakAcid, s.Target = acidLoss{}, "recovery_loss >= 98%"
		}, "target", "weak_acid is neither measured nor declared none", "name the tags"},
		{"no tanks", func(_ *acid, s *acidRecovery) { s.Tanks, s.Quantities = nil, []string{"recovery_direct"} }, "quantities[0]", "no tanks are listed", "do not ask for recovery_direct"},
		{"nothing named", func(_ *acid, s *acidRecovery) { *s = acidRecovery{} }, "", "no flow of the feed is named", "name the tags"},
		{"all declared none", func(_ *acid, s *acidRecovery) {
			s.Losses = acidLosses{SO2: gasLoss{None: "a"}, Mist: gasLoss{None: "b"}, WeakAcid: acidLoss{None: "c"}, Drain: acidLoss{None: "d"}, Solid: acidLoss{None: "e"}}
			s.Target = "recovery_loss >= 98%"
		}, "target", "every loss is declared none", ""},
		{"measured and none", func(_ *acid, s *acidRecovery) { s.Losses.Mist.None = "clean" }, "losses.mist.none", "measured and declared none", "delete none"},
		{"strength alone", func(_ *acid, s *acidRecovery) { s.Feed.Temperature, s.Quantities = "", []string{"feed"} }, "quantities[0]", "volume flow, which needs feed.temperature or feed.density", ""},
		{"no strength", func(_ *acid, s *acidRecovery) { s.Product.Strength, s.Quantities = "", []string{"closure"} }, "quantities[0]", "no strength of the product", ""},
		{"flow without unit", func(a *acid, _ *acidRecovery) { a.byName["ft201"].Unit = "" }, "feed.flow", "not a flow of acid", "kg/h, t/h, m3/h"},
		{"totaliser", func(a *acid, _ *acidRecovery) { a.byName["ft201"].Counter = &agent.Counter{} }, "feed.flow", "totaliser", "rate"},
		{"baumé", func(a *acid, _ *acidRecovery) { a.byName["at270"].Unit = "°Bé" }, "product.strength", "not a mass fraction", "%, wt%"},
		{"level in per cent", func(a *acid, _ *acidRecovery) { a.byName["lt261"].Unit = "%" }, "tanks[0].level", "not a level as a length", "m, cm, mm"},
		{"diameter in mm", func(_ *acid, s *acidRecovery) { s.Tanks[0].Diameter = 10000 }, "tanks[0].diameter", "no diameter", "in m"},
		{"tank without strength", func(_ *acid, s *acidRecovery) { s.Tanks[0].Strength, s.Target = "", "closure <= 0.01" }, "target", "tanks[0] needs level, strength and temperature", ""},
		{"actual gas flow", func(a *acid, _ *acidRecovery) { a.byName["ft240"].Unit = "m3/h" }, "losses.so2.flow", "not a dry normal volume flow", "Nm3/h"},
		{"as carbon", func(a *acid, _ *acidRecovery) { a.byName["at240"].Unit = "mgC/Nm3" }, "losses.so2.concentration", "not a mass per normal cubic metre", "mg/Nm3, g/Nm3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAcid()
			section := a.section()
			test.change(a, &section)
			kpi, err := newAcidRecovery(a.spec(section))
			path := "acid_recovery"
			if test.path != "" {
				path += "." + test.path
			}
			faultOf(t, err, path, test.says, test.fix)
			newEngine(t, utc(), kpi) // checking goes on after a fault
		})
	}
}

func TestAcidWithInstrumentsMissing(t *testing.T) {
	a := newAcid()
	section := a.section()
	section.Losses.WeakAcid = acidLoss{}
	kpi := a.kpi(t, section)
	if got := keysOf(kpi); got != "recovery_direct feed so2_per_tonne mist_per_tonne" {
		t.Errorf("got %s without the purge, want what does not need it", got)
	}
	section = a.section()
	section.Product, section.Tanks, section.Quantities = acidStream{}, nil, []string{"loss", "recovery_loss"}
	if got := keysOf(a.kpi(t, section)); got != "loss recovery_loss" {
		t.Errorf("got %s, want what was asked for, in that order", got)
	}
}
