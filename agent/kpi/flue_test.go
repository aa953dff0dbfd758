package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// boiler is a plant for tests: the flue gas of a glass furnace.
type boiler struct{ flow, in, out *agent.Tag }

func newBoiler() *boiler {
	b := &boiler{flow: tagOf("ft301", "Nm3/h", "plc", 0), in: tagOf("tt301", "°C", "plc", 1), out: tagOf("tt302", "°C", "plc", 2)}
	for _, tag := range b.tags() {
		tag.MaxGap = 2 * time.Hour
	}
	return b
}

func (b *boiler) tags() []*agent.Tag { return []*agent.Tag{b.flow, b.in, b.out} }

func (b *boiler) section() wasteHeatPower {
	return wasteHeatPower{Flue: flue{Flow: b.flow.Name, Inlet: b.in.Name, Outlet: b.out.Name}}
}

func (b *boiler) build(section wasteHeatPower) (KPI, error) {
	return newWasteHeatPower(agent.Spec{Name: "glass", Tags: b.tags(), Decode: func(into any) error {
		*into.(*wasteHeatPower) = section
		return nil
	}})
}

func (b *boiler) rig(t *testing.T, section wasteHeatPower) *rig {
	t.Helper()
	kpi, err := b.build(section)
	if err != nil {
		t.Fatal(err)
	}
	return newRig(t, utc(), kpi)
}

func (b *boiler) read(r *rig, s, flow, in, out float64) {
	r.read(sec(s), good(b.flow, sec(s), flow), good(b.in, sec(s), in), good(b.out, sec(s), out))
}

// hour gives the figure of an hour in which nothing changes.
func (b *boiler) hour(t *testing.T, section wasteHeatPower, flow, in, out float64) agent.Result {
	t.Helper()
	r := b.rig(t, section)
	b.read(r, 0, flow, in, out)
	b.read(r, 3600, flow, in, out)
	return r.only("glass.heat_recovery", agent.Hour)
}

func caseD04HeatRecovery(t *testing.T) {
	c := caseOf(t, "D04")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	reference, capacity := get("T_ref_C"), get("cp_kJ_Nm3K")
	b := newBoiler()
	stated := b.section()
	stated.Flue.Reference, stated.Flue.HeatCapacity = &reference, &capacity
	for name, section := range map[string]wasteHeatPower{"by default": b.section(), "stated": stated} {
		got := b.hour(t, section, get("V_Nm3_h"), get("T_in_C"), get("T_out_C"))
		c.Expect(t, "heat_recovery", got.Value)
		available, stack := got.Terms[0], got.Terms[1]
		c.Expect(t, "Q_available_MW", available.Total/1000)
		c.Expect(t, "Q_recovered_MW", (available.Total-stack.Total)/1000)
		if available.Role != "flue_heat" || stack.Role != "stack_heat" || stack.Unit != "kWh" || stack.Tag != "ft301 × above_25C(tt302)" {
			t.Errorf("%s: got terms %+v", name, got.Terms)
		}
		if got.Unit != "1" || got.Quality != agent.Good || got.Coverage != 1 {
			t.Errorf("%s: got %s, %v %v, coverage %g, want a good share", name, got.Unit, got.Quality, got.Reason, got.Coverage)
		}
	}
}

// TestHeatRecoveryIsOneOfTotals: with the reversal of the fires the furnace's gas
// comes cooler, and less of it, for two minutes of twenty.
func TestHeatRecoveryIsOneOfTotals(t *testing.T) {
	b := newBoiler()
	for _, tag := range b.tags() {
		tag.Hold = true
	}
	r := b.rig(t, b.section())
	for s := 0.0; s <= 3600; s += 60 {
		if math.Mod(s, 1200) >= 1080 {
			b.read(r, s, 40000, 425, 205)
		} else {
			b.read(r, s, 80000, 485, 165)
		}
	}
	// (9 × 80,000 × 140 + 40,000 × 180)/(9 × 80,000 × 460 + 40,000 × 400)
	got, want := r.only("glass.heat_recovery", agent.Hour).Value, 1-108e6/347.2e6
	if !near(got, want, 1e-9) {
		t.Errorf("got %.6f, want %.6f", got, want)
	}
	if trap := 0.9*(1-140.0/460) + 0.1*(1-180.0/400); near(got, trap, 1e-4) {
		t.Errorf("got %.6f, the mean of the ratios", got)
	}
}

func TestHeatCapacityCancels(t *testing.T) {
	b := newBoiler()
	section := b.section()
	capacity, cold := 1.5, 0.0
	section.Flue.HeatCapacity = &capacity
	usual, richer := b.hour(t, b.section(), 80000, 480, 180), b.hour(t, section, 80000, 480, 180)
	if !near(richer.Value, usual.Value, 1e-12) || !near(richer.Terms[0].Total, usual.Terms[0].Total*1.5/1.42, 1e-6) || richer.Config == usual.Config {
		t.Errorf("got %g of %g kWh, want %g of more, as another definition", richer.Value, richer.Terms[0].Total, usual.Value)
	}
	section.Flue.Reference = &cold
	if got := b.hour(t, section, 80000, 480, 180); !near(got.Value, 300.0/480, 1e-9) || got.Config == richer.Config {
		t.Errorf("got %g above 0 °C, want %g, as another definition", got.Value, 300.0/480)
	}
	for unit, flow := range map[string]float64{"kNm3/h": 80, "Nm3/s": 80000.0 / 3600, "Nm³/min": 80000.0 / 60} {
		b.flow.Unit = unit
		if got := b.hour(t, b.section(), flow, 480, 180); !near(got.Terms[0].Total, usual.Terms[0].Total, 1e-6) {
			t.Errorf("%s: got %g kWh, want %g", unit, got.Terms[0].Total, usual.Terms[0].Total)
		}
	}
}

func TestHeatRecoverySensitivities(t *testing.T) {
	kpi, err := newBoiler().build(newBoiler().section())
	if err != nil {
		t.Fatal(err)
	}
	value := kpi.Quantities[0].Value
	totals := []float64{14357.8, 4891.1}
	_, sens, _ := value(totals)
	for i := range totals {
		step := 1e-4 * totals[i]
		more, less := slices.Clone(totals), slices.Clone(totals)
		more[i], less[i] = more[i]+step, less[i]-step
		up, _, _ := value(more)
		down, _, _ := value(less)
		if want := (up - down) / (2 * step); !near(sens[i], want, 1e-6*math.Abs(want)) {
			t.Errorf("term %d: got %g, want %g", i, sens[i], want)
		}
	}
	if _, _, reason := value([]float64{0, 0}); reason.Code != agent.NoInput {
		t.Errorf("got %v of no heat, want no input", reason)
	}
}

// TestHeatRecoveryUncertainty: the flow meter's relative error cancels; the
// errors of the two thermometers are taken as independent.
func TestHeatRecoveryUncertainty(t *testing.T) {
	b := newBoiler()
	b.flow.Accuracy = agent.Accuracy{Rel: 0.04}
	b.in.Accuracy, b.out.Accuracy = agent.Accuracy{Abs: 3, As: "standard"}, agent.Accuracy{Abs: 2, Rel: 0.004, As: "standard"}
	got := b.hour(t, b.section(), 80000, 480, 180)
	rnd := rand.New(rand.NewPCG(3, 1))
	const draws = 200000
	var sum, square float64
	for range draws {
		in := 480 + 3*rnd.NormFloat64()
		out := 180 + 2*rnd.NormFloat64() + 0.004*180*rnd.NormFloat64()
		v := 1 - (out-25)/(in-25)
		sum, square = sum+v, square+v*v
	}
	mean := sum / draws
	if want := 2 * math.Sqrt(square/draws-mean*mean); !near(got.U, want, 0.01*want) || !near(got.Value, mean, 1e-3) {
		t.Errorf("got %g ± %g, want %g ± %g within 1 %%", got.Value, got.U, mean, want)
	}
	b.out.Accuracy = agent.Accuracy{}
	if got := b.hour(t, b.section(), 80000, 480, 180); got.U != 0 {
		t.Errorf("got ± %g without an accuracy of the outlet, want none", got.U)
	}
}

func TestGasBelowTheReferenceIsLost(t *testing.T) {
	b := newBoiler()
	r := b.rig(t, b.section())
	for s := 0.0; s <= 3600; s += 60 {
		out := 180.0
		if s >= 600 && s < 1200 {
			out = 20
		}
		b.read(r, s, 80000, 480, out)
	}
	got := r.only("glass.heat_recovery", agent.Hour)
	checkBooks(t, got)
	if lost := lostSeconds(got, agent.OutOfRange, "tt302"); lost != 660 || !near(got.Value, 300.0/455, 1e-9) {
		t.Errorf("got %g, %v, want %g with 660 s lost to the outlet's temperature", got.Value, got.Terms[0].Lost, 300.0/455)
	}
	if got := b.hour(t, b.section(), 80000, 180, 480); !got.Withheld() || got.Reason.Code != agent.BoundViolated {
		t.Errorf("got %+v of exchanged thermometers, want it withheld as impossible", got)
	}
	if got := b.hour(t, b.section(), 0, 480, 180); !got.Withheld() || got.Reason.Code != agent.NoInput {
		t.Errorf("got %+v without gas, want it withheld", got)
	}
}

func TestFaultsOfTheFlue(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		name            string
		change          func(*boiler, *wasteHeatPower)
		path, says, fix string
	}{
		{"not named", func(_ *boiler, s *wasteHeatPower) { s.Flue, s.Target = flue{}, "heat_recovery >= 0.6" }, "target", "heat_recovery cannot be computed: flue is not named", "name the tags"},
		{"no outlet", func(_ *boiler, s *wasteHeatPower) {
			s.Flue.Outlet, s.Quantities = "", []string{"heat_recovery"}
		}, "quantities[0]", "flue.outlet is not named: it takes its temperature behind the boiler", "do not ask"},
		{"misspelt", func(_ *boiler, s *wasteHeatPower) { s.Flue.Inlet = "tt30" }, "flue.inlet", `no tag "tt30"`, "tt301"},
		{"actual flow", func(b *boiler, _ *wasteHeatPower) { b.flow.Unit = "m3/h" }, "flue.flow", "not a normal volume flow", "Nm3/h"},
		{"kelvin", func(b *boiler, _ *wasteHeatPower) { b.in.Unit = "K" }, "flue.inlet", "not a temperature", "°C"},
		{"totaliser", func(b *boiler, _ *wasteHeatPower) { b.flow.Counter = &agent.Counter{} }, "flue.flow", "totaliser", "rate"},
		{"reference in kelvin", func(_ *boiler, s *wasteHeatPower) { s.Flue.Reference = number(298.15) }, "flue.reference", "298.15 °C is not plausible", "-50 to 250"},
		{"heat capacity of a mass", func(_ *boiler, s *wasteHeatPower) { s.Flue.HeatCapacity = number(1050) }, "flue.heat_capacity", "1050 kJ/(Nm3·K)", "0.5 to 3, or delete the key: it is 1.42 then"},
		{"no number", func(_ *boiler, s *wasteHeatPower) { s.Flue.HeatCapacity = number(math.NaN()) }, "flue.heat_capacity", "not plausible", "0.5 to 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBoiler()
			section := b.section()
			test.change(b, &section)
			kpi, err := b.build(section)
			faultOf(t, err, "waste_heat_power."+test.path, test.says, test.fix)
			newEngine(t, utc(), kpi)
		})
	}
}

const flueUnnamed = "flue is not named: it takes the flow of the flue gas and its temperatures before and behind the boiler"

// whyAbsent gives why a quantity is not computed, "" when it is.
func whyAbsent(kpi KPI, key string) string {
	for _, a := range kpi.Absent {
		if a.Key == key {
			return a.Why
		}
	}
	return ""
}

// TestFlueComesLast: what was computed without it keeps its place.
func TestFlueComesLast(t *testing.T) {
	g, b := newGlass(true), newBoiler()
	for i, tag := range b.tags() {
		tag.Index = 5 + i
	}
	section := g.section()
	without := g.kpi(t, section)
	for _, key := range []string{"heat_recovery", "eta_gross", "eta_net", "eta_bound"} {
		if why := whyAbsent(without, key); why != flueUnnamed {
			t.Errorf("%s: got absent for %q, want for want of the flue", key, why)
		}
	}
	section.Flue = b.section().Flue
	kpi, err := newWasteHeatPower(agent.Spec{Name: "glass", Tags: append(g.tags(), b.tags()...), Decode: func(into any) error {
		*into.(*wasteHeatPower) = section
		return nil
	}})
	if err != nil || keysOf(kpi) != keysOf(without)+" heat_recovery eta_gross eta_net eta_bound" {
		t.Errorf("got %s, %v, want what needs the flue behind %s", keysOf(kpi), err, keysOf(without))
	}
}
