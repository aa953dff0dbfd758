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

// fan is a mill with the meters of its fan and the mass that was rolled.
type fan struct {
	*mill
	energy, power, rolled, warm, cold *agent.Tag
}

func newFan() fan {
	f := fan{
		mill:   newMill(1, false),
		energy: tagOf("fan.energy", "kWh", "mill", 6), power: tagOf("fan-1.power", "kW", "mill", 7), rolled: tagOf("rolled", "t/h", "mill", 8),
		warm: tagOf("warm", "°C", "mill", 9), cold: tagOf("cold", "°C", "mill", 10),
	}
	f.energy.Counter = &agent.Counter{Modulus: 1 << 32, MaxRate: 1}
	for _, tag := range f.all() {
		tag.MaxGap = time.Hour
		if tag.Counter == nil {
			tag.Source = "mill"
		}
		if tag != f.spare && !tag.Accuracy.Stated() {
			tag.Accuracy = agent.Accuracy{Rel: 0.01}
		}
	}
	return f
}

func (f fan) all() []*agent.Tag {
	return append(f.tags(), f.energy, f.power, f.rolled, f.warm, f.cold)
}

// formula makes a KPI mill.fan of expressions by key and unit: "per_kg kWh/kg".
func (f fan) formula(t testing.TB, name string, expressions ...string) KPI {
	t.Helper()
	kpi, err := newFormula(decoded(name, sectionOf(expressions...), f.all()...))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

// sectionOf reads "key unit = value".
func sectionOf(expressions ...string) (s formulaSection) {
	for _, e := range expressions {
		head, value, _ := strings.Cut(e, " = ")
		key, unit, _ := strings.Cut(head, " ")
		s.Quantities = append(s.Quantities, computedSection{Key: key, Unit: unit, Value: value})
	}
	return s
}

// hour feeds an hour: 25 kg of oil, 60 kWh by the meter and 66 kW by the power.
func (f fan) hour(r *rig) {
	for s := 0.0; s <= 3600; s += 600 {
		r.read(sec(s), good(f.qIn, sec(s), 50000), good(f.cIn, sec(s), 200), good(f.qOut, sec(s), 50000), good(f.cOut, sec(s), 8),
			raw(f.oil, s, 1000+uint64(s*250/3600)), raw(f.energy, s, 50+uint64(s/60)), good(f.power, sec(s), 66), good(f.rolled, sec(s), 40),
			good(f.warm, sec(s), 80), good(f.cold, sec(s), 20))
	}
}

func TestFormulas(t *testing.T) {
	f := newFan()
	r := newRig(t, utc(), f.formula(t, "mill.fan",
		"per_kg kWh/kg = fan.energy / mill.oil.recovered",
		"in_mj MJ/t = mill.fan.per_kg",
		"power kW = mean(\"fan-1.power\")",
		"by_power kWh = \"fan-1.power\"",
		"twice kWh = total(\"fan-1.power\") + \"fan-1.power\"",
		"cooled K = mean(warm) - mean(cold)",
		"warm °C = mean(warm)",
		"warmest K = max(mean(warm), mean(cold))",
		"fed kg/h = mean(mill.q_in * mill.c_in)",
		"share 1 = total(mill.q_out * mill.c_out) / total(mill.q_in * mill.c_in)",
		"left % = 1 - mill.oil.removal",
		"chosen kg = rolled > 1000 * mill.oil.recovered ? rolled : 2 * mill.oil.recovered",
		"running h = hours()+0*rolled/(rolled+mill.oil.recovered)*hours()",
		"root Nm3/h = sqrt(mean(mill.q_in) * mean(mill.q_out))",
	), f.kpi(t))
	f.hour(r)
	for key, want := range map[string]float64{
		"per_kg": 60.0 / 25, "in_mj": 60.0 / 25 * 3600, "power": 66, "by_power": 66, "twice": 132, "cooled": 60, "warm": 80, "warmest": 353.15,
		"fed": 10, "share": 0.04, "left": 4, "chosen": 40000, "running": 1, "root": 50000,
	} {
		got := r.only("mill.fan."+key, agent.Hour)
		if checkBooks(t, got); !near(got.Value, want, 1e-9*want) || got.Quality != agent.Good || got.Coverage != 1 {
			t.Errorf("%s: got %.12g %s, %v %v, want %.12g", key, got.Value, got.Unit, got.Quality, got.Reason, want)
		}
	}
	left, removal := r.only("mill.fan.left", agent.Hour), r.only("mill.oil.removal", agent.Hour)
	if !near(left.U, 100*removal.U, 1e-9) || len(left.Terms) != 2 || left.Terms[0].Role != "inlet" || left.Terms[0].Total != removal.Terms[0].Total {
		t.Errorf("got U %g and terms %+v, want those of the removal, U %g", left.U, left.Terms, removal.U)
	}
	if twice, once := r.only("mill.fan.twice", agent.Hour), r.only("mill.fan.by_power", agent.Hour); len(twice.Terms) != 1 || !near(twice.U, 2*once.U, 1e-9) {
		t.Errorf("got U %g and %d terms of what is named twice, want %g and one", twice.U, len(twice.Terms), 2*once.U)
	}
}

// TestFormulaCoversJointly: the time in which the oil's meter says nothing does
// not count for the fan either.
func TestFormulaCoversJointly(t *testing.T) {
	f := newFan()
	f.power.MaxGap = time.Minute
	r := newRig(t, utc(), f.formula(t, "mill.fan", `mean kg/kWh = rolled / "fan-1.power"`))
	for s := 0.0; s <= 3600; s += 10 {
		p := good(f.power, sec(s), 50)
		if s >= 600 && s < 1500 {
			p = bad(f.power, sec(s), agent.Timeout)
		}
		r.read(sec(s), good(f.rolled, sec(s), 20), p)
	}
	got := r.only("mill.fan.mean", agent.Hour)
	if checkBooks(t, got); !near(got.Value, 400, 1e-9) || !near(got.Coverage, 1-910.0/3600, 1e-9) || lostSeconds(got, agent.Timeout, "fan-1.power") == 0 {
		t.Errorf("got %g over %g, %+v, want 400 over what both cover", got.Value, got.Coverage, got.Terms[0].Lost)
	}
}

func TestFormulaWithoutFigure(t *testing.T) {
	f := newFan()
	r := newRig(t, utc(), f.formula(t, "mill.fan", "zero kWh/t = fan.energy / (rolled - rolled)", `root 1 = sqrt(mean(cold)/mean(warm) - 1)`, "none 1 = mill.oil.removal + 0"), f.kpi(t))
	for s := 0.0; s <= 3600; s += 600 {
		r.read(sec(s), good(f.qIn, sec(s), 0), good(f.cIn, sec(s), 200), good(f.qOut, sec(s), 50000), good(f.cOut, sec(s), 8), raw(f.oil, s, 7),
			raw(f.energy, s, 50), good(f.rolled, sec(s), 40), good(f.warm, sec(s), 80), good(f.cold, sec(s), 20))
	}
	for _, key := range []string{"zero", "root", "none"} {
		if got := r.only("mill.fan."+key, agent.Hour); !got.Withheld() || got.Reason.Code != agent.NoInput || got.Value != 0 {
			t.Errorf("%s: got %g, %v %v, want it withheld", key, got.Value, got.Quality, got.Reason)
		}
	}
}

// TestFormulaOfTheImpossible: what follows from a figure beyond its bounds is
// withheld with it.
func TestFormulaOfTheImpossible(t *testing.T) {
	f := newFan()
	r := newRig(t, utc(), f.formula(t, "a", "left 1 = 1 - mill.oil.removal", "nested 1 = 2 * a.left", "bound 1 = 1 + 0*mill.oil.removal"), f.kpi(t))
	for s := 0.0; s <= 3600; s += 600 {
		r.read(sec(s), good(f.qIn, sec(s), 50000), good(f.cIn, sec(s), 200), good(f.qOut, sec(s), 50000), good(f.cOut, sec(s), 400), raw(f.oil, s, 7))
	}
	for _, key := range []string{"left", "nested", "bound"} {
		if got := r.only("a."+key, agent.Hour); !got.Withheld() || got.Reason.Code != agent.BoundViolated || !strings.Contains(got.Reason.Detail, "mill.oil.removal") {
			t.Errorf("%s: got %g, %v %v, want it withheld for the removal", key, got.Value, got.Quality, got.Reason)
		}
	}
}

// TestFormulaInherits: a mask of a figure, and its least window, hold for what
// is made of it.
func TestFormulaInherits(t *testing.T) {
	f := newFan()
	inner := f.kpi(t)
	inner.Quantities[0].Masks = []Mask{{Tag: f.spare, As: agent.Calibration}}
	inner.Quantities[0].MinWindow = agent.Day
	e := newEngine(t, utc(), f.formula(t, "a", "x % = mill.oil.removal", "y 1 = a.x * 2"), inner)
	for _, q := range e.quantities[:2] {
		if len(q.Masks) != 1 || q.Masks[0].Tag != f.spare || q.MinWindow != agent.Day {
			t.Errorf("%s: got masks %v and least window %q, want those of the removal", q.Name, q.Masks, q.MinWindow)
		}
	}
}

func TestFormulaUncertaintyAgainstMonteCarlo(t *testing.T) {
	f := newFan()
	f.power.Accuracy, f.rolled.Accuracy, f.warm.Accuracy = agent.Accuracy{Rel: 0.02, As: "standard"}, agent.Accuracy{Rel: 0.03, Abs: 0.5, As: "standard"}, agent.Accuracy{Abs: 2, As: "standard"}
	f.cOut.Accuracy, f.cIn.Accuracy = agent.Accuracy{Rel: 0.05, As: "standard"}, agent.Accuracy{Rel: 0.04, As: "standard"}
	f.qIn.Accuracy, f.qOut.Accuracy = agent.Accuracy{Rel: 0.03, As: "standard"}, agent.Accuracy{Rel: 0.03, As: "standard"}
	kpi := f.formula(t, "b", `x kWh·K/t = "fan-1.power" * (mean(warm) - mean(cold)) / (rolled * (1 - mill.oil.removal ^ 2))`)
	f.cold.Accuracy = agent.Accuracy{Rel: 1e-9}
	r := newRig(t, utc(), f.kpi(t), kpi)
	f.hour(r)
	got := r.only("b.x", agent.Hour)
	rnd := rand.New(rand.NewPCG(5, 6))
	normal := func(v, rel, abs float64) float64 { return v*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64() }
	const draws = 200000
	var sum, square float64
	for range draws {
		removal := 1 - normal(1, 0.03, 0)*normal(8, 0.05, 0)/(normal(1, 0.03, 0)*normal(200, 0.04, 0))
		x := normal(66, 0.02, 0) * (normal(80, 0, 2) - 20) / (normal(40, 0.03, 0.5) * (1 - removal*removal))
		sum, square = sum+x, square+x*x
	}
	mean := sum / draws
	if want := 2 * math.Sqrt(square/draws-mean*mean); math.Abs(got.U-want) > 0.03*want {
		t.Errorf("got %g ± %g, want U %g within 3 %%", got.Value, got.U, want)
	}
}

func TestFormulaFaults(t *testing.T) {
	f := newFan()
	f.spare.Unit = "furlong"
	gone := f.kpi(t)
	gone.Absent = []Absent{{"capture", "no tracer is named"}}
	for _, test := range []struct{ expression, path, says, fix string }{
		{"x kg = fan.energy + mill.oil.recovered", "value", "an energy and a mass (kWh and kg) cannot be added", "one kind"},
		{"x kg = fan.energy", "value", "is an energy (kWh), which cannot be given in kg", "kWh"},
		{"x °C = mean(warm) - mean(cold)", "value", "difference of temperatures", "K"},
		{"x kWh = fan.enrgy", "value", `no tag or quantity "fan.enrgy"`, "did you mean fan.energy?"},
		{"x kWh = fan", "value", `no tag or quantity "fan"`, `did you mean "fan-1.power"? It takes quotes`},
		{"x kg = mill.oil.recoverd", "value", `"mill.oil.recoverd"`, "did you mean mill.oil.recovered?"},
		{"x kg = zzzzzzzz", "value", `"zzzzzzzz"`, "name a tag below sources"},
		{"x 1 = mill.oil.capture", "value", "cannot be computed: no tracer is named", "name the tags"},
		{"x K = warm", "value", `warm is in "°C", a temperature, and no rate`, "mean(warm)"},
		{"x kWh = mean(fan.energy)", "value", "fan.energy is a totaliser", "total(fan.energy)/hours()"},
		{"x kWh = total(fan.energy * rolled)", "value", "fan.energy is a totaliser", "rate"},
		{"x 1 = mean(mill.oil.removal)", "value", "a figure of its window already", "alone"},
		{"x 1 = mean(warm * rolled)", "value", "whose zero is none", "K"},
		{"x h = hours()", "value", "names nothing that is measured", "name a tag"},
		{"x 1 = 3", "value", "names nothing that is measured", "name a tag"},
		{"x 1 = rolled > mill.oil.recovered", "value", "a condition and no number", "? 1 : 0"},
		{"x 1 = mean(mill.spare)", "value", "not known", "give the tag a unit"},
		{"x kg = a.x", "value", "a circle: a.x needs itself", "take one"},
	} {
		kpis := []KPI{gone, f.formula(t, "a", test.expression)}
		errs := Link(kpis)
		if wantFault(t, errs[1], "formula.quantities[0]."+test.path, test.says, test.fix); errs[0] != nil || kpis[1].Quantities != nil {
			t.Errorf("%s: got %v and %v", test.expression, errs[0], kpis[1].Quantities)
		}
	}
	for _, test := range []struct {
		section         formulaSection
		path, says, fix string
	}{
		{sectionOf(), "quantities", "no quantity", "per_kg"},
		{sectionOf("x furlong = rolled"), "quantities[0].unit", "furlong", "kWh/kg"},
		{sectionOf("X-1 kg = rolled"), "quantities[0].key", "X-1", "per_kg"},
		{sectionOf("x kg = rolled +"), "quantities[0].value", "at character", "fan.energy"},
		{sectionOf("x kg = rolled", "x kg = rolled"), "quantities[1].key", "twice", "of its own"},
		{formulaSection{Quantities: []computedSection{{Key: "x", Unit: "kg", Value: "rolled", Bounds: []float64{3, 1}}}}, "quantities[0].bounds", "no bounds", "[0, 100]"},
		{formulaSection{Quantities: []computedSection{{Key: "x", Unit: "kg", Value: "rolled", Bounds: []float64{1, 3}}}, Target: "x >= 5"}, "target", "x cannot be 5", "1 to 3"},
		{formulaSection{Quantities: sectionOf("x kg = rolled").Quantities, Target: "y >= 5"}, "target", `"y"`, "x"},
		{formulaSection{Quantities: sectionOf("x kg = rolled").Quantities, Inputs: map[string]concentrationSection{"rolled": {Tag: "mill.c_in"}}}, "inputs.rolled", "a tag rolled already", "another name"},
	} {
		_, err := newFormula(decoded("a", test.section, f.all()...))
		wantFault(t, err, "formula."+test.path, test.says, test.fix)
	}
}

// TestFormulaCircle: a circle over several KPIs is told once, and what hangs on
// it is not.
func TestFormulaCircle(t *testing.T) {
	f := newFan()
	kpis := []KPI{f.formula(t, "a", "x t = b.x", "free t = rolled"), f.formula(t, "b", "x t = c.x"), f.formula(t, "c", "x t = rolled + a.x"), f.formula(t, "d", "x t = a.x")}
	errs := Link(kpis)
	wantFault(t, errs[2], "formula.quantities[0].value", "a circle: a.x needs itself, by way of a.x, b.x, c.x", "take one")
	for _, i := range []int{0, 1, 3} {
		if errs[i] != nil || kpis[i].Quantities != nil {
			t.Errorf("%s: got %v, %v, want no fault of its own and no quantities", kpis[i].Name, errs[i], kpis[i].Quantities)
		}
	}
	if _, err := New(utc(), []KPI{f.formula(t, "a", "x kg = nothing_like_it_here")}); err == nil || !strings.Contains(err.Error(), "a.formula.quantities[0].value") {
		t.Errorf("got %v, want an engine to refuse it", err)
	}
}

// TestDefinitionOfFormulas: a result names another definition when the
// expression, its bounds or what it is made of has changed.
func TestDefinitionOfFormulas(t *testing.T) {
	f := newFan()
	hash := func(inner KPI, change func(*computedSection)) [32]byte {
		section := sectionOf("x 1 = 1 - mill.oil.removal", "y 1 = 2 * a.x")
		change(&section.Quantities[0])
		kpi, err := newFormula(decoded("a", section, f.all()...))
		if err != nil {
			t.Fatal(err)
		}
		return newEngine(t, utc(), kpi, inner).quantities[1].config
	}
	same := func(*computedSection) {}
	seen := map[[32]byte]string{hash(f.kpi(t), same): "the same"}
	if again := hash(f.kpi(t), same); seen[again] == "" {
		t.Error("the same definition has two hashes")
	}
	changed := f.kpi(t)
	changed.Quantities[0].MinCoverage = 0.9
	other := newFan()
	other.cOut.Accuracy.Rel = 0.5
	for name, got := range map[string][32]byte{
		"another inner definition": hash(changed, same), "another inner tag": hash(other.kpi(t), same),
		"another expression": hash(f.kpi(t), func(c *computedSection) { c.Value = "2 - mill.oil.removal" }),
		"other bounds":       hash(f.kpi(t), func(c *computedSection) { c.Bounds = []float64{0, 1} }),
	} {
		if was, known := seen[got]; known {
			t.Errorf("%s: got the hash of %s", name, was)
		}
		seen[got] = name
	}
}

// TestChangedFormulaIsNotLent: the last results of an expression that was
// changed are not computed with the new one.
func TestChangedFormulaIsNotLent(t *testing.T) {
	f := newFan()
	for _, test := range []struct {
		expression string
		withheld   bool
	}{{"x t = 3 * rolled", true}, {"x t = 2 * rolled", false}} {
		r := newRig(t, utc(), f.formula(t, "a", "x t = 2 * rolled"))
		f.hour(r)
		changed := f.formula(t, "a", test.expression)
		changed.Quantities[0].MinCoverage = 0.01
		next := newRig(t, utc(), changed)
		next.epoch = 2
		if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
			t.Fatal(err)
		}
		next.read(sec(3700), good(f.rolled, sec(3700), 40))
		got := next.only("a.x", agent.Day)
		if got.Terms[0].Total != 40000 || (got.Reason.Code == agent.PartialWindow && got.Withheld()) != test.withheld {
			t.Errorf("%s: got %g, %v %v from %+v, want it withheld: %v", test.expression, got.Value, got.Quality, got.Reason, got.Terms, test.withheld)
		}
	}
}

func TestFormulaDescribed(t *testing.T) {
	f := newFan()
	section := sectionOf("x kWh/kg = fan.energy / mill.oil.recovered")
	section.Quantities[0].Label = labelSection{EN: "Fan energy per kilogram", ZH: "单位回收油风机电耗"}
	section.Target = "x <= 3"
	kpi, err := newFormula(decoded("a", section, f.all()...))
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, utc(), kpi, f.kpi(t))
	got := e.Describe()[0]
	if got.KPI != "a.x" || got.Family != "formula" || got.Unit != "kWh/kg" || got.Target != "x <= 3" || got.LabelZH != "单位回收油风机电耗" || !slices.Equal(got.Inputs, []string{"fan.energy", "mill.oil_total"}) {
		t.Errorf("got %+v", got)
	}
	if v, ok := e.Value("a.x", []float64{60, 25}); !ok || v != 2.4 {
		t.Errorf("got %g, %v from totals, want 2.4", v, ok)
	}
	figure := e.quantities[0].Value
	if n := testing.AllocsPerRun(100, func() { figure([]float64{60, 25}) }); n > 10 {
		t.Errorf("got %g allocations for a figure, want few", n)
	}
}
