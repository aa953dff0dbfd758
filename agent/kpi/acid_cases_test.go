package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// add gives the plant another tag.
func (a *acid) add(name, unit string) *agent.Tag {
	tag := tagOf(name, unit, "plc", len(a.all))
	tag.MaxGap, tag.Accuracy = a.all[0].MaxGap, agent.Accuracy{Rel: 1e-9}
	a.all, a.byName[name] = append(a.all, tag), tag
	return tag
}

// run feeds hours of a steady plant, each instrument showing one value.
func (a *acid) run(t *testing.T, kpi KPI, hours float64, shows map[string]float64) *rig {
	t.Helper()
	r := newRig(t, utc(), kpi)
	for h := 0.0; h <= hours; h++ {
		a.read(r, h*3600, shows)
	}
	return r
}

func caseC07Conversion(t *testing.T) {
	c := caseOf(t, "C07")
	in, out := field[float64](t, c.Inputs, "y_in"), field[float64](t, c.Inputs, "y_out")
	for name, test := range map[string]struct {
		inUnit, outUnit, flow string
		in, out               float64
	}{
		"per cent and ppm":        {"%", "ppm", "ft230", 100 * in, 1e6 * out},
		"mole fractions, no flow": {"mol/mol", "mol/mol", "", in, out},
		"mass at the stack":       {"%", "mg/Nm3", "ft230", 100 * in, out * 1e6 * 64.066 / 22.414},
	} {
		a := newAcid()
		a.add("ft230", "Nm3/h")
		a.add("at230", test.inUnit)
		a.add("at235", test.outUnit)
		section := a.section()
		section.Conversion, section.Target = converter{In: "at230", Out: "at235", Flow: test.flow}, "conversion >= 99.5%"
		got := a.run(t, a.kpi(t, section), 1, map[string]float64{"ft230": 9000, "at230": test.in, "at235": test.out}).only("acid.conversion", agent.Hour)
		c.Expect(t, "conversion", got.Value)
		if got.Quality != agent.Good || got.Verdict != agent.Pass {
			t.Errorf("%s: got %v %v, %v, want it good and passed", name, got.Quality, got.Reason, got.Verdict)
		}
	}
}

// TestConversionOfAChangingGas: the figure of totals against the mean of the
// instants, weighted with the SO2 that is fed in.
func TestConversionOfAChangingGas(t *testing.T) {
	a := newAcid()
	for name, unit := range map[string]string{"ft230": "Nm3/h", "at230": "%", "at235": "ppm"} {
		a.add(name, unit).Hold = true
	}
	section := a.section()
	section.Conversion = converter{In: "at230", Out: "at235", Flow: "ft230"}
	r := newRig(t, utc(), a.kpi(t, section))
	var converted, fed float64
	for m := 0.0; m <= 60; m++ {
		flow, in, out := 9000+500*math.Sin(m), 8+0.8*math.Sin(m/9), 200+120*math.Sin(m/9)
		a.read(r, m*60, map[string]float64{"ft230": flow, "at230": in, "at235": out})
		if m < 60 {
			y, z := in/100, out*1e-6
			converted, fed = converted+flow*y*(1-z/y)/(1-1.5*z), fed+flow*y
		}
	}
	if got, want := r.only("acid.conversion", agent.Hour).Value, converted/fed; !near(got, want, 0.01*(1-want)) {
		t.Errorf("got %.7f, want %.7f within 1 %% of what is left", got, want)
	}
}

func caseC13MassAndPpm(t *testing.T) {
	c := caseOf(t, "C13")
	mass, ppm := field[float64](t, c.Inputs, "mg_Nm3"), field[float64](t, c.Expected, "ppm")
	lost := map[string]float64{}
	for unit, shown := range map[string]float64{"mg/Nm3": mass, "ppm": ppm} {
		a := newAcid()
		a.byName["at240"].Unit = unit
		r := a.run(t, a.kpi(t, a.section()), 1, map[string]float64{"at240": shown})
		lost[unit] = r.only("acid.loss", agent.Hour).Terms[0].Total
	}
	if got, want := lost["ppm"], lost["mg/Nm3"]; !near(got, want, c.Tolerance.Abs/ppm*want) || want <= 0 {
		t.Errorf("got %g kg of %g ppm, want %g as of %g mg/Nm3", got, ppm, want, mass)
	}
}

// caseB13OxygenTakenBack: an analyser that corrects to a content of oxygen
// shows what the case expects; the stack carries what the case begins with.
func caseB13OxygenTakenBack(t *testing.T) {
	c := caseOf(t, "B13")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	for i, air := range field[[]float64](t, c.Inputs, "air_O2_pct") {
		a := newAcid()
		a.add("at241", "%")
		section := a.section()
		section.Losses.SO2.Corrected = &oxygen{Reference: get("O2_reference_pct"), Measured: "at241", Air: air}
		shown := field[[]float64](t, c.Expected, "corrected_mg_Nm3")[i]
		r := a.run(t, a.kpi(t, section), 1, map[string]float64{"at240": shown, "at241": get("O2_measured_pct")})
		got := r.only("acid.loss", agent.Hour).Terms[0].Total / acidPerSO2 / usual()["ft240"] * 1e6
		if !near(got, get("C_mg_Nm3"), c.Tolerance.Abs) {
			t.Errorf("air of %g %%: got %.3f mg/Nm3 in the stack, want %g", air, got, get("C_mg_Nm3"))
		}
		r = a.run(t, a.kpi(t, section), 1, map[string]float64{"at240": shown, "at241": 20.5})
		if got := r.only("acid.loss", agent.Hour); !got.Withheld() || lostSeconds(got, agent.OutOfRange, "at241") != 3600 {
			t.Errorf("air alone: got %v %v, want the hour lost to the oxygen", got.Quality, got.Reason)
		}
	}
}

func caseU03SameTitrant(t *testing.T) {
	c := caseOf(t, "U03")
	r := field[[]float64](t, c.Inputs, "r_conc")[1]
	a := newAcid()
	for name, accuracy := range map[string]agent.Accuracy{
		"ft201": {Rel: field[float64](t, c.Inputs, "flow_limit")}, "ft270": {Rel: field[float64](t, c.Inputs, "flow_limit")},
		"at201": {Rel: field[float64](t, c.Inputs, "u_conc"), As: "standard"}, "at270": {Rel: field[float64](t, c.Inputs, "u_conc"), As: "standard"},
		"dt201": {Rel: field[float64](t, c.Inputs, "u_density"), As: "standard"}, "dt250": {Rel: field[float64](t, c.Inputs, "u_density"), As: "standard"},
	} {
		a.byName[name].Accuracy = accuracy
	}
	fed := 2.54 * 1722.1 * 0.8
	shows := map[string]float64{"dt250": 1826.1, "ft270": fed * field[float64](t, c.Inputs, "R") / 1826.1 / 0.98}
	for _, meter := range []strength{{}, {Principle: "titration"}} { // as a factor, and as the argument of a formula
		section := a.section()
		section.Feed = acidStream{Flow: "ft201", Strength: "at201", Density: "dt201", Meter: meter}
		section.Product = acidStream{Flow: "ft270", Strength: "at270", Density: "dt250", Meter: meter}
		section.Correlated = []correlationSection{{[]string{"at201", "at270"}, r, "same titrant"}}
		got := a.run(t, a.kpi(t, section), 168, shows).only("acid.recovery_direct", agent.Week)
		if want := field[float64](t, c.Expected, "U_abs_k2_r08"); !near(got.U, want, 1e-3*want) || !near(got.Value, 0.98, 1e-9) {
			t.Errorf("%+v: got %.6f ± %.6f, want 0.98 ± %g", meter, got.Value, got.U, want)
		}
		c.Expect(t, "u_rel_r08", got.U/2/got.Value)
		if len(got.Factors) != 1 || got.Factors[0] != "correlation 0.8 of at201, at270 (same titrant)" {
			t.Errorf("got factors %q, want the correlation named", got.Factors)
		}
	}
}

// massFlows is the plant of case U08: flows by mass, only the purge is lost.
func massFlows() (*acid, acidRecovery) {
	a := newAcid()
	a.byName["ft201"].Unit, a.byName["ft270"].Unit, a.byName["ft250"].Unit = "kg/h", "kg/h", "kg/h"
	section := a.section()
	section.Feed.Temperature, section.Product.Temperature, section.Losses.WeakAcid.Acid.Temperature = "", "", ""
	section.Losses.SO2, section.Losses.Mist = gasLoss{None: "none"}, gasLoss{None: "none"}
	return a, section
}

func flowsOf(direct, loss float64) map[string]float64 {
	return map[string]float64{"ft201": 100 / 0.8, "ft270": 100 * direct / 0.98, "ft250": 100 * (1 - loss) / 0.04}
}

func caseU08Combined(t *testing.T) {
	c := caseOf(t, "U08")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	a, section := massFlows()
	a.byName["ft270"].Accuracy = agent.Accuracy{Rel: get("U_direct") / get("R_direct"), As: "k2"}
	a.byName["ft250"].Accuracy = agent.Accuracy{Rel: get("U_loss") / (1 - get("R_loss")), As: "k2"}
	section.Target = "recovery_combined >= 98%"
	kpi := a.kpi(t, section)
	r := a.run(t, kpi, 168, flowsOf(get("R_direct"), get("R_loss")))
	got := r.only("acid.recovery_combined", agent.Week)
	want, u := field[float64](t, c.Expected, "combined"), field[float64](t, c.Expected, "U_combined")
	if !near(got.Value, want, 1e-5) || !near(got.U, u, c.Tolerance.Rel*u) || got.Quality != agent.Good || got.Verdict != agent.Pass {
		t.Errorf("got %.6f ± %.6f, %v %v, %v, want %g ± %g, passed", got.Value, got.U, got.Quality, got.Reason, got.Verdict, want, u)
	}
	if closure := r.only("acid.closure", agent.Week); closure.Quality != agent.Good {
		t.Errorf("closure: got %v %v, want it good", closure.Quality, closure.Reason)
	}
	if _, ok := r.engine.Value("acid.recovery_combined", []float64{100, 98, 0, 2}); ok {
		t.Error("totals alone gave a combined figure, whose weights they do not hold")
	}
	r = a.run(t, kpi, 168, flowsOf(0.96, get("R_loss")))
	if got := r.only("acid.recovery_combined", agent.Week); !got.Withheld() || got.Reason.Code != agent.ClosureFailed || got.Value != 0 || got.Verdict != agent.NoVerdict {
		t.Errorf("methods 2.4 points apart: got %g, %v %v, want it withheld", got.Value, got.Quality, got.Reason)
	}
	if closure := r.only("acid.closure", agent.Week); closure.Quality != agent.Uncertain || closure.Reason.Code != agent.ClosureFailed || closure.Withheld() {
		t.Errorf("closure: got %v %v, want it shown and doubted", closure.Quality, closure.Reason)
	}
	for _, day := range r.of("acid.recovery_combined", agent.Day) {
		if day.Reason.Code != agent.TrendOnly || day.Withheld() {
			t.Errorf("day: got %v %v, want a trend that is not tested", day.Quality, day.Reason)
		}
	}
}

// TestCombinedAgainstMonteCarlo: with a poor feed meter, which both methods
// share, and losses so large that it matters.
func TestCombinedAgainstMonteCarlo(t *testing.T) {
	a, section := massFlows()
	accuracies := map[string]agent.Accuracy{
		"ft201": {Rel: 0.02, As: "standard"}, "ft270": {Rel: 0.004, As: "standard"}, "ft250": {Rel: 0.03, As: "standard"}, "lt261": {Abs: 0.0005, As: "standard"},
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	const direct, loss = 0.60, 0.595
	shows := flowsOf(direct, loss)
	r := a.run(t, a.kpi(t, section), 168, shows)
	one, other := r.only("acid.recovery_direct", agent.Week), r.only("acid.recovery_loss", agent.Week)
	first := other.U * other.U / (one.U*one.U + other.U*other.U)
	rnd := rand.New(rand.NewPCG(8, 8))
	area := math.Pi / 4 * 100
	filled, _, _ := acidDensity(0.98, 40)
	const draws = 200000
	var sum, square float64
	for range draws {
		feed := 168 * 100 * (1 + 0.02*rnd.NormFloat64())
		product := 168 * 100 * direct * (1 + 0.004*rnd.NormFloat64())
		change := area * filled * 0.98 * 0.0005 * (rnd.NormFloat64() - rnd.NormFloat64())
		lost := 168 * 100 * (1 - loss) * (1 + 0.03*rnd.NormFloat64())
		v := first*(product+change)/feed + (1-first)*(1-lost/feed)
		sum, square = sum+v, square+v*v
	}
	mean := sum / draws
	want := 2 * math.Sqrt(square/draws-mean*mean)
	got := r.only("acid.recovery_combined", agent.Week)
	if !near(got.U, want, 0.02*want) || !near(got.Value, mean, 1e-3) {
		t.Errorf("got %.5f ± %.5f, want %.5f ± %.5f within 2 %%", got.Value, got.U, mean, want)
	}
	if independent := 1 / math.Sqrt(1/(one.U*one.U)+1/(other.U*other.U)); near(got.U, independent, 0.05*independent) {
		t.Errorf("got U %.5f as if nothing was shared: the feed meter is", got.U)
	}
}
