package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

func limit(v float64) *float64 { return &v }

// stated tells states apart in a KPI and counts some of them.
func stated(kpi KPI, states []State, runOnly ...string) KPI {
	for i := range kpi.Quantities {
		kpi.Quantities[i].States, kpi.Quantities[i].RunOnly = states, runOnly
	}
	return kpi
}

// inStates picks the results of a figure that counts certain states.
func (r *rig) inStates(states, kpi string, kind agent.WindowKind) (all []agent.Result) {
	for _, one := range r.of(kpi, kind) {
		if one.States == states {
			all = append(all, one)
		}
	}
	return all
}

func caseS01RunOnlyBesideAllIn(t *testing.T) {
	c := caseOf(t, "S01")
	type amounts struct {
		Feed    float64 `json:"feed_t"`
		Product float64 `json:"product_t"`
	}
	run, start := field[amounts](t, c.Inputs, "RUN"), field[amounts](t, c.Inputs, "START")
	feed, product, bit := tagOf("feed", "t/h", "s", 0), tagOf("product", "t/h", "s", 1), tagOf("mode", "", "s", 2)
	states := []State{{Is: "run", Tag: bit, When: limit(1)}, {Is: "start", Tag: bit, When: limit(2)}, {Is: "stop"}}
	r := newRig(t, utc(), stated(ratio("acid", 1.0/3600, product, feed), states, "run"))
	for s := 0.0; s <= 3*3600; s += 10 { // starts for an hour, runs for one, stands for one
		mode, now := 2.0, start
		if s >= 3600 {
			mode, now = 1, run
		}
		if s >= 7200 {
			mode, now = 0, amounts{}
		}
		if s == 3600 || s == 7200 { // the flows step with the state
			old := start
			if s == 7200 {
				old = run
			}
			r.read(sec(s-1e-6), good(feed, sec(s-1e-6), old.Feed), good(product, sec(s-1e-6), old.Product))
		}
		r.read(sec(s), good(feed, sec(s), now.Feed), good(product, sec(s), now.Product), good(bit, sec(s), mode))
	}
	r.read(sec(86400), bad(feed, sec(86400), agent.DeviceBad), bad(product, sec(86400), agent.DeviceBad), bad(bit, sec(86400), agent.DeviceBad))
	day := r.inStates("run", "acid.ratio", agent.Day)
	all := r.inStates("", "acid.ratio", agent.Day)
	if len(day) != 1 || len(all) != 1 {
		t.Fatalf("got %d run-only and %d all-in days, want one of each", len(day), len(all))
	}
	if got := day[0].Terms[0].Total / day[0].Terms[1].Total; !near(got, 0.982, 1e-6) || !near(lostSeconds(day[0], agent.OutsideStates, "start"), 3600, 1e-9) ||
		!near(lostSeconds(day[0], agent.OutsideStates, "stop"), 3600, 1e-9) {
		t.Errorf("got %g, %+v, want 0.982 and an hour of start and of stop outside", got, day[0].Terms[0])
	}
	var running agent.Result // the newest hours are whole
	for _, one := range r.inStates("run", "acid.ratio", agent.Hour) {
		checkBooks(t, one)
		if !one.Withheld() {
			running = one
		}
	}
	if running.Coverage != 1 || !running.Window.Start.Equal(sec(3600)) {
		t.Errorf("got %+v, want the second hour, covered wholly", running)
	}
	c.Expect(t, "run_only", running.Value)
	c.Expect(t, "all_in", all[0].Terms[0].Total/all[0].Terms[1].Total)
}

// TestWhollyOutside: an hour in which nothing counts has no figure, and it says
// in which state the plant was; a part of one is judged by itself.
func TestWhollyOutside(t *testing.T) {
	flow, bit := tagOf("flow", "kg/s", "s", 0), tagOf("bit", "", "s", 1)
	kpi := stated(amount("a", 1, flow), []State{{Is: "run", Tag: bit, When: limit(1)}, {Is: "stop"}}, "run")
	kpi.Quantities[0].MinCoverage = 0.9
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 7200; s += 10 {
		on := 0.0
		if s >= 7200-600 {
			on = 1
		}
		r.read(sec(s), good(flow, sec(s), 2), good(bit, sec(s), on))
	}
	hours := r.inStates("run", "a.total", agent.Hour)
	if got := hours[0]; !got.Withheld() || got.Reason != (agent.Reason{Code: agent.OutsideStates, Detail: "stop"}) || got.Coverage != 0 {
		t.Errorf("got %+v, want no figure, outside in stop", got)
	}
	if got := hours[1]; got.Quality != agent.Good || got.Coverage != 1 || !near(got.Value, 1200, 1e-9) {
		t.Errorf("got %+v, want 1200 of 600 s, all covered", got)
	}
	for _, one := range r.results {
		checkBooks(t, one)
	}
}

func TestConditionsOnASignal(t *testing.T) {
	for name, test := range map[string]struct {
		state State
		want  float64 // seconds of a triangle from 0 to 100 and back in 200 s
	}{
		"above":   {State{Above: limit(25)}, 150},
		"below":   {State{Below: limit(25)}, 50},
		"between": {State{Above: limit(10), Below: limit(30)}, 40},
		"never":   {State{Above: limit(100)}, 0},
		"always":  {State{Above: limit(-1)}, 200},
	} {
		flow, power := tagOf("flow", "kg/s", "s", 0), tagOf("power", "kW", "s", 1)
		test.state.Is, test.state.Tag = "run", power
		r := newRig(t, utc(), stated(amount("a", 1, flow), []State{test.state, {Is: "stop"}}, "run"))
		for s := 0.0; s <= 900; s += 20 {
			r.read(sec(s), good(flow, sec(s), 1), good(power, sec(s), 100-math.Abs(100-min(s, 200))))
		}
		if test.state.Below != nil && test.state.Above == nil || test.state.Above != nil && *test.state.Above < 0 {
			test.want += 700 // at 0 ever since
		}
		got := r.inStates("run", "a.total", agent.Cell)[0]
		if !near(got.Terms[0].Seconds, test.want, 1e-8) || !near(got.Terms[0].Total, test.want, 1e-8) {
			t.Errorf("%s: got %v in %v s, want %g", name, got.Terms[0].Total, got.Terms[0].Seconds, test.want)
		}
		checkBooks(t, got)
	}
}

// TestUnknownState: the first entry that cannot be answered makes the state
// unknown; the all-in figure does not care.
func TestUnknownState(t *testing.T) {
	flow, bit, power := tagOf("flow", "kg/s", "s", 0), tagOf("bit", "", "s", 1), tagOf("power", "kW", "s", 2)
	r := newRig(t, utc(), stated(amount("a", 1, flow), []State{
		{Is: "maintenance", Tag: bit, When: limit(1)}, {Is: "run", Tag: power, Above: limit(5)}, {Is: "stop"},
	}, "run"))
	for s := 0.0; s <= 900; s += 10 {
		one, two := good(bit, sec(s), 0), good(power, sec(s), 9)
		switch {
		case s >= 200 && s < 300:
			one = bad(bit, sec(s), agent.Sentinel)
		case s >= 400 && s < 500: // the bit answers before the power is asked
			one, two = good(bit, sec(s), 1), bad(power, sec(s), agent.DeviceBad)
		case s >= 600 && s < 700:
			two.Quality, two.Reason = agent.Uncertain, agent.Reason{Code: agent.DeviceDoubt}
		}
		r.read(sec(s), good(flow, sec(s), 1), one, two)
	}
	all, run := r.inStates("", "a.total", agent.Cell)[0], r.inStates("run", "a.total", agent.Cell)[0]
	if all.Terms[0].Seconds != 900 || all.Quality != agent.Good {
		t.Errorf("all in: got %v s, %v, want 900, good", all.Terms[0].Seconds, all.Quality)
	}
	checkBooks(t, run)
	if got := lostSeconds(run, agent.Sentinel, "bit"); !near(got, 110, 1e-9) {
		t.Errorf("got %g s lost with the bit, want 110", got)
	}
	if got := lostSeconds(run, agent.OutsideStates, "maintenance"); !near(got, 100, 1e-9) {
		t.Errorf("got %g s of maintenance, want 100: %+v", got, run.Terms[0].Lost)
	}
	if want := (agent.Reason{Code: agent.DeviceDoubt, Detail: "power"}); run.Reason != want || run.Quality != agent.Uncertain {
		t.Errorf("got %v %v, want the doubt of the signal", run.Quality, run.Reason)
	}
	if want := (900 - 110 - 100 - lostSeconds(run, agent.DeviceBad, "power")) / 800; !near(run.Coverage, want, 1e-9) {
		t.Errorf("got coverage %g, want %g of the time that counts", run.Coverage, want)
	}
}

// TestTotaliserOverAChangeOfStates: between its readings it is read as at the
// bounds of a window, and what that costs is in U.
func TestTotaliserOverAChangeOfStates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 8))
	oil, bit := tagOf("oil", "kg", "s", 0), tagOf("bit", "", "s", 1)
	oil.Counter, oil.Scale, oil.Accuracy = &agent.Counter{Modulus: 1 << 32, MaxRate: 5}, 10, agent.Accuracy{Rel: 1e-9}
	states := []State{{Is: "run", Tag: bit, When: limit(1)}, {Is: "stop"}}
	var squares, stated2 float64
	const runs = 400
	for range runs {
		r := newRig(t, utc(), stated(amount("a", 1, oil), states, "run"))
		rate, from := 0.5+rnd.Float64(), rnd.Float64()*1000
		on, truth, changes := 1.0, 0.0, []float64{100 + rnd.Float64()*200, 400 + rnd.Float64()*100, 600 + rnd.Float64()*200}
		for s := -7.3; s < 940; s += 5 {
			if len(changes) > 0 && s >= changes[0] {
				on, changes = 1-on, changes[1:]
			}
			at := sec(s)
			r.read(at, agent.Reading{Tag: oil, Time: at, Value: agent.Uint64Value(uint64(from + (s+100)*rate/10)), Quality: agent.Good}, good(bit, at, on))
			if lo, hi := max(s, 0), min(s+5, 900); on == 1 && lo < hi {
				truth += (hi - lo) * rate
			}
		}
		got := r.inStates("run", "a.total", agent.Cell)
		one := got[len(got)-1]
		if one.U <= 0 {
			t.Fatalf("got %+v, want an uncertainty", one)
		}
		squares += (one.Value - truth) * (one.Value - truth)
		stated2 += one.U * one.U / 4
	}
	if got := math.Sqrt(squares / stated2); got > 1.15 || got < 0.5 {
		t.Errorf("got errors of %.3f u, want about 1 and not more", got)
	}
}

// TestStockOverStates: what a tank changes by in a state that does not count is
// not booked.
func TestStockOverStates(t *testing.T) {
	level, strength := tankTags()
	bit := tagOf("bit", "", level.Source, 9)
	states := []State{{Is: "run", Tag: bit, When: limit(1)}, {Is: "stop"}}
	kpi := stated(inventory(level, strength), states, "run")
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 900; s += 10 {
		on := 1.0
		if s >= 300 && s < 600 {
			on = 0
		}
		r.read(sec(s), good(level, sec(s), 1+s/900), good(strength, sec(s), 0.5), good(bit, sec(s), on))
	}
	name := kpi.Quantities[0].Name
	all, run := r.inStates("", name, agent.Cell)[0], r.inStates("run", name, agent.Cell)[0]
	if got, want := run.Terms[0].Total, all.Terms[0].Total*2/3; !near(got, want, 1e-9*math.Abs(want)) || want == 0 {
		t.Errorf("got %g, want two thirds of %g", got, all.Terms[0].Total)
	}
}

// TestRunOnlyAndOutsideAndLost: over every window the three are the window, and
// the all-in figure is what it would be without states.
func TestRunOnlyAndOutsideAndLost(t *testing.T) {
	for seed := range uint64(4) {
		m := newMill(seed, true)
		plain, kpi := newRig(t, utc(), m.kpi(t)), stated(m.kpi(t), []State{
			{Is: "idle", Tag: m.cIn, Below: limit(150)}, {Is: "run", Tag: m.cOut, Above: limit(5)}, {Is: "stop"},
		}, "run", "idle")
		r := newRig(t, utc(), kpi)
		for _, b := range m.batches(r, 26) {
			r.add(b)
			plain.add(b)
		}
		var allIn []agent.Result
		for _, one := range r.results {
			if one.States == "" {
				allIn = append(allIn, one)
			}
			if one.Reason.Code != agent.ClockStep {
				checkBooks(t, one)
			}
		}
		if got, want := outcome(t, allIn, nil), outcome(t, plain.results, nil); got != want {
			t.Errorf("seed %d: states changed the all-in figures", seed)
		}
		if n := len(r.inStates("run+idle", "mill.oil.removal", agent.Cell)); n < 90 {
			t.Errorf("seed %d: got %d run-only cells, want one for each all-in", seed, n)
		}
	}
}

func TestRunOnlySums(t *testing.T) {
	m := newMill(4, true)
	kpi := stated(m.kpi(t), []State{{Is: "run", Tag: m.cIn, Above: limit(180)}, {Is: "stop"}}, "run")
	r := newRig(t, utc(), kpi)
	for _, b := range m.batches(r, 50) {
		r.add(b)
	}
	compared := 0
	for _, name := range []string{"mill.oil.removal", "mill.oil.recovered"} {
		cells := r.inStates("run", name, agent.Cell)
		for _, day := range r.inStates("run", name, agent.Day) {
			compared += checkSum(t, day, cells)
			if !day.Partial && lostSeconds(day, agent.OutsideStates, "stop") < 3600 {
				t.Errorf("got %+v, want hours outside", day.Terms[0].Lost)
			}
		}
	}
	if compared < 350 {
		t.Errorf("compared %d sums, want many", compared)
	}
}

func TestRunOnlyIsDescribedBesideAllIn(t *testing.T) {
	m := newMill(1, false)
	e := newEngine(t, utc(), stated(m.kpi(t), []State{{Is: "run", Tag: m.spare, When: limit(1)}, {Is: "stop"}}, "run"))
	all := e.Describe()
	if len(all) != 2 || all[0].RunOnly != "run" || all[1].RunOnly != "run" || all[0].KPI == all[1].KPI {
		t.Errorf("got %+v, want two quantities with a run-only figure each", all)
	}
	old := newEngine(t, utc(), m.kpi(t))
	if e.quantities[0].config != old.quantities[0].config || e.quantities[1].config == old.quantities[0].config {
		t.Error("the all-in definition must not change with states, and the run-only one must be another")
	}
}

// TestChangedStatesEndTheRunOnlyWindows: and the all-in ones go on.
func TestChangedStatesEndTheRunOnlyWindows(t *testing.T) {
	m := newMill(2, false)
	with := func(above float64) KPI {
		return stated(m.kpi(t), []State{{Is: "run", Tag: m.cIn, Above: limit(above)}, {Is: "stop"}}, "run")
	}
	r := newRig(t, utc(), with(100))
	for _, b := range m.batches(r, 2.1) {
		r.add(b)
	}
	next := newRig(t, utc(), with(200))
	next.seq, next.epoch, next.boot = r.seq, 2, 2
	if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
		t.Fatal(err)
	}
	next.read(sec(7600), single(m.qIn, sec(7600), 50000))
	for _, one := range next.results {
		if one.States != "run" || !one.Partial {
			t.Errorf("got %s %s %q, want the run-only windows alone, as Partial", one.KPI, one.Window.Kind, one.States)
		}
	}
	if len(next.results) == 0 || len(next.events) != 2 {
		t.Errorf("got %d results and events %+v, want results and one new definition of each quantity", len(next.results), next.events)
	}
}
