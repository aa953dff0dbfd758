package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func caseA03ScaledWithSentinel(t *testing.T) {
	c := caseOf(t, "A03")
	tag := tagOf("power", "kW", "s", 0)
	tag.Scale, tag.MaxGap = math.Pow10(field[int](t, c.Inputs, "scale_factor_exp10")), time.Hour
	tag.Sentinels = []float64{field[float64](t, c.Inputs, "sentinel_i16")}
	for i, register := range field[[]int64](t, c.Inputs, "register") {
		r := newRig(t, utc(), amount("a", 1.0/3600, tag))
		for s := 0.0; s <= 900; s += 60 {
			one := agent.Reading{Tag: tag, Time: sec(s), Value: agent.Int64Value(register)}
			one.Quality, one.Reason = tag.Judge(one.Value)
			r.read(sec(s), one)
		}
		got := r.only("a.total", agent.Cell)
		checkBooks(t, got)
		if want := field[[]string](t, c.Expected, "quality")[i]; want != map[bool]string{false: "GOOD", true: "BAD_NOT_IMPLEMENTED"}[got.Withheld()] {
			t.Errorf("A03 %d: got %v, want %s", register, got.Quality, want)
		}
		switch want := field[[]*float64](t, c.Expected, "value")[i]; {
		case want == nil:
			if lost := lostSeconds(got, agent.Sentinel, "power"); !got.Withheld() || got.Value != 0 || lost != 900 {
				t.Errorf("A03 %d: got %g, %v, %g s lost to the sentinel, want it withheld, all of 900 s", register, got.Value, got.Quality, lost)
			}
		case !near(got.Value, *want/4, 1e-9) || got.Quality != agent.Good:
			t.Errorf("A03 %d: got %g kWh in a quarter of an hour, %v %v, want %g, good", register, got.Value, got.Quality, got.Reason, *want/4)
		}
	}
}

// caseA15Substitute: hours of a mean of 180 that scatter by 12 about it, of which
// some are lost: each of these counts as 204 in the estimate, never in the figure.
func caseA15Substitute(t *testing.T) {
	c := caseOf(t, "A15")
	given := field[map[string]any](t, c.Inputs, "substitution")
	mean, sd := given["mean"].(float64), given["stdev"].(float64)
	tag := tagOf("emission", "kg/h", "s", 0)
	tag.Hold, tag.MaxGap = true, time.Hour
	kpi := additively(amount("a", 1.0/3600, tag))
	kpi.Quantities[0].Substitute = 2
	r := newRig(t, utc(), kpi)
	const cells, lost = 80, 16                 // of 15 min, of a day
	swing := sd * math.Sqrt((cells-1.0)/cells) // a sample's standard deviation counts one less
	for i := range 97 {
		one := good(tag, sec(900*float64(i)), mean+swing*float64(1-2*(i%2)))
		if i >= cells && i < cells+lost {
			one = bad(tag, one.Time, agent.DeviceBad)
		}
		r.read(one.Time, one)
	}
	got := r.only("a.total", agent.Day)
	c.Expect(t, "eu_mrr_art45_substitute", (got.Estimate-got.Value)/(lost*0.25))
	if !near(got.Value, mean*cells*0.25, 1e-6) || !slices.Contains(got.Factors, "estimate: lost time at mean + 2 sd") {
		t.Errorf("got %g measured, %g ± %g estimated, factors %q", got.Value, got.Estimate, got.EstimateU, got.Factors)
	}
}

// caseA15HourValidity: what is not covered enough is withheld, and nothing
// is put in its place.
func caseA15HourValidity(t *testing.T) {
	c := caseOf(t, "A15")
	rules := field[map[string]float64](t, c.Inputs, "rules")
	mean := field[map[string]any](t, c.Inputs, "substitution")["mean"].(float64)
	for rule, expected := range map[string]string{"75pct_45min": "valid_75", "eu_mrr_art44": "valid_80"} {
		for i, minutes := range field[[]float64](t, c.Inputs, "valid_minutes") {
			tag := tagOf("c", "mg/Nm3", "s", 0)
			kpi := amount("a", 1.0/3600, tag)
			kpi.Quantities[0].MinCoverage = rules[rule]
			r := newRig(t, utc(), kpi)
			for s := 0.0; s <= 3600; s += 10 {
				one := good(tag, sec(s), mean)
				if s > 60*minutes {
					one = bad(tag, sec(s), agent.DeviceBad)
				}
				r.read(sec(s), one)
			}
			got := r.only("a.total", agent.Hour)
			checkBooks(t, got)
			if want := field[[]bool](t, c.Expected, expected)[i]; got.Withheld() == want || !near(got.Coverage, minutes/60, 1e-9) {
				t.Errorf("A15 %s, %g min: got coverage %g, withheld %v, want valid %v", rule, minutes, got.Coverage, got.Withheld(), want)
			}
			if got.Withheld() {
				if got.Value != 0 || got.Reason.Code != agent.LowCoverage {
					t.Errorf("A15 %s, %g min: got %g, %v, want no figure for low coverage", rule, minutes, got.Value, got.Reason)
				}
				continue
			}
			average := got.Value * 3600 / got.Terms[0].Seconds
			if c.NoTrap(t, "mean", average); !near(average, mean, 1e-9) {
				t.Errorf("A15: got a mean of %g, want %g", average, mean)
			}
		}
	}
}

func caseB09NoOxygenCorrection(t *testing.T) {
	c := caseOf(t, "B09")
	m := newMill(1, false)
	for _, tag := range m.tags() {
		tag.Source, tag.MaxGap = "mill", time.Hour
	}
	section := m.section()
	section.Recovered = ""
	kpi, err := newOilMist(m.spec(section))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	const flow = 51500.0
	for s := 0.0; s <= 3600; s += 900 {
		r.read(sec(s), good(m.qIn, sec(s), flow), good(m.qOut, sec(s), flow), good(m.cIn, sec(s), 300), good(m.cOut, sec(s), field[float64](t, c.Inputs, "C_mg_Nm3")))
	}
	outlet := r.only("mill.oil.removal", agent.Hour).Terms[1]
	c.Expect(t, "reported_mg_Nm3", outlet.Total/flow*1e6)
}

// caseD07Reversal: an hour holds three whole cycles of the furnace; a cell of
// 15 min does not hold one, and tells so little of the mean.
func caseD07Reversal(t *testing.T) {
	c := caseOf(t, "D07")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	b := newBoiler()
	for _, tag := range b.tags() {
		tag.Hold = true
	}
	r := b.rig(t, b.section())
	const flow, reference = 80000.0, 25.0
	for minute := 0.0; minute <= 60; minute++ {
		in := get("hot_C")
		if math.Mod(minute, get("cycle_min")) >= get("hot_min") {
			in = get("dip_C")
		}
		b.read(r, minute*60, flow, in, 180)
	}
	mean := func(one agent.Result) float64 {
		hours := one.Terms[0].Seconds / 3600
		return reference + one.Terms[0].Total/hours*3600/(flow*1.42)
	}
	c.Expect(t, "cycle_mean_C", mean(r.only("glass.heat_recovery", agent.Hour)))
	least, most := math.Inf(1), math.Inf(-1)
	for _, cell := range r.of("glass.heat_recovery", agent.Cell) {
		least, most = min(least, mean(cell)), max(most, mean(cell))
	}
	if worst, best := field[float64](t, c.Expected, "worst_10_min_window_C"), field[float64](t, c.Expected, "best_10_min_window_C"); least < worst || !near(most, best, 1e-9) || most-least < 5 {
		t.Errorf("D07: the cells' means are %g to %g, want the highest %g, none below %g, and not all the same", least, most, best, worst)
	}
}

// u gives the standard uncertainty of the day's figure of two steady flows with
// these accuracies, the second's being the feed's.
func u(t *testing.T, value Figure, first, second agent.Accuracy, share float64) agent.Result {
	t.Helper()
	out, feed := tagOf("out", "t/h", "s", 0), tagOf("feed", "t/h", "s", 1)
	out.Accuracy, feed.Accuracy = first, second
	kpi := KPI{Name: "a", Family: "test", Quantities: []Quantity{{
		Name: "a.figure", Key: "figure", Unit: "1", Value: value, Bounds: agent.Range{Lo: 0, Hi: 1},
		Terms: []Term{{Role: "feed", Unit: "t", Factor: 1.0 / 3600, Tags: []*agent.Tag{feed}}, {Role: "out", Unit: "t", Factor: 1.0 / 3600, Tags: []*agent.Tag{out}}},
	}}}
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 24*3600; s += 30 {
		r.read(sec(s), good(feed, sec(s), 3.5), good(out, sec(s), 3.5*share))
	}
	return r.only("a.figure", agent.Day)
}

func caseU01DirectAgainstLoss(t *testing.T) {
	c := caseOf(t, "U01")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	standard := func(rel float64) agent.Accuracy { return agent.Accuracy{Rel: rel, As: "standard"} }
	share := get("R")
	direct := u(t, ofFirst, standard(get("u_rel_product_flow")), standard(get("u_rel_feed_flow")), share)
	c.Expect(t, "direct_u_abs", direct.U/2)
	c.Expect(t, "direct_u_rel", direct.U/2/direct.Value)
	for i, rel := range field[[]float64](t, c.Inputs, "u_rel_loss") {
		loss := u(t, leftOfFirst, standard(rel), standard(get("u_rel_feed_flow")), 1-share)
		want, ratio := field[[]float64](t, c.Expected, "loss_u_abs")[i], field[[]float64](t, c.Expected, "ratio")[i]
		if !near(loss.Value, share, 1e-9) || !near(loss.U/2, want, 1e-3*want) || !near(direct.U/loss.U, ratio, 0.02*ratio) {
			t.Errorf("U01 with %g: got %g ± %g, %.3g times surer, want %g ± %g, %g times", rel, loss.Value, loss.U, direct.U/loss.U, share, 2*want, ratio)
		}
	}
}

func caseU02AccuracyReadThreeWays(t *testing.T) {
	c := caseOf(t, "U02")
	for as, name := range map[string]string{"limit": "as_rectangular_limit", "": "as_rectangular_limit", "k2": "as_expanded_k2", "standard": "as_standard"} {
		each := agent.Accuracy{Rel: field[float64](t, c.Inputs, "limit_rel_each"), As: as}
		got := u(t, ofFirst, each, each, field[float64](t, c.Inputs, "R"))
		want := field[map[string]float64](t, c.Expected, name)["U_k2_rel"]
		if rel := got.U / got.Value; !near(rel, want, c.Tolerance.Rel*want) {
			t.Errorf("U02 read as %q: got %g of the value, want %g", as, rel, want)
		}
	}
}
