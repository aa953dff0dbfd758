package kpi

import (
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

func caseOf(t *testing.T, id string) *agenttest.Case { return agenttest.CaseOf(t, id) }

func field[T any](t *testing.T, from agenttest.Fields, name string) T {
	t.Helper()
	return agenttest.Field[T](t, from, name)
}

func samples(t *testing.T, c *agenttest.Case, tag *agent.Tag) (all []agent.Reading) {
	for _, s := range field[[][3]any](t, c.Inputs, "samples_t_x_good") {
		r := good(tag, sec(s[0].(float64)), s[1].(float64))
		if !s[2].(bool) {
			r = bad(tag, r.Time, agent.DeviceBad)
		}
		all = append(all, r)
	}
	return all
}

func caseA04TrapezoidAndHold(t *testing.T) {
	c := caseOf(t, "A04")
	for mode, hold := range map[string]bool{"linear": false, "hold": true} {
		tag := tagOf("flow", "m3/h", "s", 0)
		tag.Hold, tag.MaxGap = hold, time.Duration(field[float64](t, c.Inputs, "max_gap_s"))*time.Second
		r := newRig(t, utc(), amount("a", 1.0/3600, tag))
		for _, reading := range samples(t, c, tag) {
			r.read(reading.Time, reading)
		}
		r.read(sec(60), bad(tag, sec(60.000001), agent.DeviceBad))
		r.read(sec(1000), bad(tag, sec(1000), agent.DeviceBad))
		got := r.only("a.total", agent.Cell)
		c.Expect(t, mode+"_m3", got.Terms[0].Total)
		c.Expect(t, "coverage_"+mode, got.Terms[0].Seconds/60)
		checkBooks(t, got)
	}
}

func caseA05GapWithBoundedHold(t *testing.T) {
	c := caseOf(t, "A05")
	for mode, hold := range map[string]bool{"linear": false, "hold": true} {
		tag := tagOf("flow", "m3/h", "s", 0)
		tag.Hold, tag.MaxGap = hold, time.Duration(field[float64](t, c.Inputs, "max_gap_s"))*time.Second
		r := newRig(t, utc(), amount("a", 1.0/3600, tag))
		for at := 0.0; at <= 1800; at += 10 {
			if at <= 300 || at >= 900 {
				r.read(sec(at), good(tag, sec(at), 36))
			}
		}
		var total, seconds float64
		for _, one := range r.of("a.total", agent.Cell) {
			checkBooks(t, one)
			total, seconds = total+one.Terms[0].Total, seconds+one.Terms[0].Seconds
		}
		c.Expect(t, mode+"_m3", total)
		c.Expect(t, "coverage_"+mode, seconds/1800)
	}
	tag := tagOf("flow", "m3/h", "s", 0)
	tag.MaxGap = time.Minute
	r := newRig(t, utc(), additively(amount("a", 1.0/3600, tag)))
	for at := 0.0; at <= 3600; at += 10 { // the case's half hour, and half an hour without a gap, as an estimate needs
		if at <= 300 || at >= 900 {
			r.read(sec(at), good(tag, sec(at), 36))
		}
	}
	hour := r.only("a.total", agent.Hour)
	if c.Expect(t, "estimated_full_window_m3", hour.Estimate-18); hour.Value != 30 {
		t.Errorf("got %g m3 measured beside the estimate, want 30", hour.Value)
	}
}

func caseA06PublishedAverage(t *testing.T) {
	c := caseOf(t, "A06")
	tag := tagOf("x", "", "s", 0)
	tag.Hold, tag.MaxGap = true, time.Duration(field[float64](t, c.Inputs, "max_hold_s"))*time.Second
	r := newRig(t, utc(), amount("a", 1, tag))
	for _, reading := range samples(t, c, tag) {
		r.read(reading.Time, reading)
	}
	r.read(sec(120), bad(tag, sec(120), agent.DeviceBad))
	r.read(sec(1000), bad(tag, sec(1000), agent.DeviceBad))
	got := r.only("a.total", agent.Cell)
	c.Expect(t, "average_over_covered", got.Terms[0].Total/got.Terms[0].Seconds)
	c.Expect(t, "coverage", got.Terms[0].Seconds/120)
}

func totaliser(t *testing.T, c *agenttest.Case, scale, rate string) *agent.Tag {
	tag := tagOf("total", "kWh", "s", 0)
	tag.Scale = field[float64](t, c.Inputs, scale)
	tag.Counter = &agent.Counter{Modulus: field[float64](t, c.Inputs, "modulus"), MaxRate: field[float64](t, c.Inputs, rate)}
	return tag
}

// count feeds a totaliser's readings and gives what the day's cells add up to.
func count(t *testing.T, tag *agent.Tag, readings [][2]float64) (*rig, float64) {
	r := newRig(t, utc(), amount("a", 1, tag))
	last := 0.0
	for _, reading := range readings {
		last = reading[0]
		r.read(sec(last), agent.Reading{Tag: tag, Time: sec(last), Value: agent.Uint64Value(uint64(reading[1])), Quality: agent.Good})
	}
	r.read(sec(last+2000), bad(tag, sec(last+2000), agent.DeviceBad))
	var sum float64
	for _, one := range r.of("a.total", agent.Cell) {
		checkBooks(t, one)
		sum += one.Terms[0].Total
	}
	return r, sum
}

func casesA08A10A11Totalisers(t *testing.T) {
	a08, a10, a11 := caseOf(t, "A08"), caseOf(t, "A10"), caseOf(t, "A11")
	for _, test := range []struct {
		c                                    *agenttest.Case
		scale, rate, input, expected, events string
	}{
		{a08, "scale_kWh", "max_rate_kWh_per_s", "readings_t_raw", "delta_kWh", "events"},
		{a10, "scale", "max_rate_per_s", "sequence_reset", "reset_delta", "reset_events"},
		{a10, "scale", "max_rate_per_s", "sequence_rollover", "rollover_delta", "rollover_events"},
		{a11, "scale", "max_rate_per_s", "readings_t_raw", "delta", "events"},
	} {
		var want []agent.Code
		for _, name := range field[[]string](t, test.c.Expected, test.events) {
			want = append(want, map[string]agent.Code{"rollover": agent.CounterWrap, "reset_lower_bound": agent.CounterReset, "spike_rejected": agent.CounterSpike}[name])
		}
		r, got := count(t, totaliser(t, test.c, test.scale, test.rate), field[[][2]float64](t, test.c.Inputs, test.input))
		test.c.Expect(t, test.expected, got)
		if codes := r.codes(agent.CounterChanged); !slices.Equal(codes, want) {
			t.Errorf("%s %s: got events %v, want %v", test.c.ID, test.input, codes, want)
		}
		cell := r.of("a.total", agent.Cell)[0]
		if lower := want[0] == agent.CounterReset; (cell.Reason.Code == agent.CounterReset) != lower {
			t.Errorf("%s %s: got reason %v, want lower bound %v", test.c.ID, test.input, cell.Reason, lower)
		}
	}
}

func caseA12ClockSetBack(t *testing.T) {
	c := caseOf(t, "A12")
	tag := tagOf("power", "kW", "s", 0)
	tag.MaxGap = 300 * time.Second
	r := newRig(t, utc(), amount("a", 1.0/3600, tag))
	mono, wall := field[[]float64](t, c.Inputs, "monotonic_s"), field[[]float64](t, c.Inputs, "wall_s")
	for i := range wall {
		r.ahead = time.Duration(wall[i]-mono[i]) * time.Second
		r.read(sec(wall[i]), good(tag, sec(wall[i]), field[float64](t, c.Inputs, "power_kW")))
	}
	for at := 1800.0; at < 2000; at += 100 {
		r.read(sec(at), bad(tag, sec(at), agent.DeviceBad))
	}
	got := r.only("a.total", agent.Cell)
	c.Expect(t, "energy_kWh", got.Terms[0].Total)
	if got.Quality != agent.Uncertain || got.Reason.Code != agent.ClockStep {
		t.Errorf("got %v %v, want uncertain clock_step", got.Quality, got.Reason)
	}
	if codes := r.codes(agent.ClockStepped); len(codes) != 1 {
		t.Errorf("got %d clock events, want 1", len(codes))
	}
}

// hold feeds a held value and closes every window up to the end.
func (r *rig) hold(tag *agent.Tag, from, to time.Time, v float64) {
	for at := from; at.Before(to.Add(time.Second)); at = at.Add(5 * time.Minute) {
		r.read(at, good(tag, at, v))
	}
}

func caseA13LocalDaysAndMonths(t *testing.T) {
	c := caseOf(t, "A13")
	tag := tagOf("power", "kW", "s", 0)
	tag.MaxGap = time.Hour
	for i, text := range field[[]string](t, c.Inputs, "days") {
		zone, date, _ := strings.Cut(text, " ")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.ParseInLocation("2006-01-02", date, loc)
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, agent.Plant{Timezone: zone}, amount("a", 1.0/3600, tag))
		r.hold(tag, start, start.AddDate(0, 0, 1), field[float64](t, c.Inputs, "constant_power_kW"))
		got := r.only("a.total", agent.Day)
		wantHours := field[[]float64](t, c.Expected, "day_hours")[i]
		if hours := got.Window.End.Sub(got.Window.Start).Hours(); hours != wantHours {
			t.Errorf("%s: got %g h, want %g", text, hours, wantHours)
		}
		if want := field[[]float64](t, c.Expected, "day_energy_kWh")[i]; !near(got.Value, want, 1e-6) || got.Coverage != 1 || got.Quality != agent.Good {
			t.Errorf("%s: got %g kWh, coverage %g, %v %v, want %g, all of it, good", text, got.Value, got.Coverage, got.Quality, got.Reason, want)
		}
		checkBooks(t, got)
	}
	r := newRig(t, agent.Plant{Timezone: "Asia/Shanghai"}, amount("a", 1.0/3600, tag))
	start, end := field[time.Time](t, c.Expected, "month_start_utc"), field[time.Time](t, c.Expected, "month_end_utc")
	r.hold(tag, start, end, 100)
	got := r.only("a.total", agent.Month)
	if !got.Window.Start.Equal(start) || !got.Window.End.Equal(end) || !near(got.Terms[0].Seconds/3600, field[float64](t, c.Expected, "month_hours"), 1e-6) {
		t.Errorf("month: got %+v with %g s, want %s to %s", got.Window, got.Terms[0].Seconds, start, end)
	}
}

func caseA16RatioOfTotals(t *testing.T) {
	c := caseOf(t, "A16")
	feed, product := tagOf("feed", "t/h", "s", 0), tagOf("product", "t/h", "s", 1)
	feed.Hold, product.Hold, feed.MaxGap, product.MaxGap = true, true, 2*time.Hour, 2*time.Hour
	plant := utc()
	plant.Shifts = []string{"00:00", "04:00"}
	r := newRig(t, plant, ratio("a", 1.0/3600, product, feed))
	fed, made := field[[]float64](t, c.Inputs, "hourly_feed_t"), field[[]float64](t, c.Inputs, "hourly_product_t")
	for h := range fed {
		at := sec(float64(h) * 3600)
		r.read(at, good(feed, at, fed[h]), good(product, at, made[h]))
	}
	r.read(sec(4*3600), good(feed, sec(4*3600), 0), good(product, sec(4*3600), 0))
	c.Expect(t, "ratio_of_totals", r.only("a.ratio", agent.Shift).Value)
	if got := len(r.of("a.ratio", agent.Hour)); got != 4 {
		t.Errorf("got %d hours, want 4", got)
	}
}

// TestJointCoverage: with one meter out for a quarter of the day, the ratio is
// that of the time in which both measured (worked case A17 of the domain's notes).
func TestJointCoverage(t *testing.T) {
	feed, product := tagOf("feed", "t/h", "s", 0), tagOf("product", "t/h", "s", 1)
	r := newRig(t, utc(), ratio("a", 1.0/3600, product, feed))
	for at := 0.0; at <= 24*3600; at += 10 {
		f := good(feed, sec(at), 4)
		if at > 6*3600 && at < 12*3600 {
			f = bad(feed, sec(at), agent.Sentinel)
		}
		r.read(sec(at), f, good(product, sec(at), 3.92))
	}
	got := r.only("a.ratio", agent.Day)
	if !near(got.Value, 0.98, 1e-9) || !near(got.Coverage, 0.75, 1e-9) {
		t.Errorf("got %g, coverage %g, want 0.98 of three quarters of the day", got.Value, got.Coverage)
	}
	if lost := lostSeconds(got, agent.Sentinel, "feed"); lost != 6*3600 {
		t.Errorf("got %g s lost to the feed meter, want %d: %+v", lost, 6*3600, got.Terms[0].Lost)
	}
}

func caseA18CutOff(t *testing.T) {
	c := caseOf(t, "A18")
	tag := tagOf("flow", "t/h", "s", 0)
	tag.Hold, tag.MaxGap = true, time.Hour
	tag.Cutoff = field[float64](t, c.Inputs, "cutoff_fraction_fs") * field[float64](t, c.Inputs, "full_scale_t_h")
	r := newRig(t, utc(), amount("a", 1.0/3600, tag))
	for h := 0; h <= 24; h++ {
		v := field[float64](t, c.Inputs, "flow_running_t_h")
		if h >= field[int](t, c.Inputs, "run_h") {
			v = field[float64](t, c.Inputs, "flow_stopped_reading_t_h")
		}
		r.read(sec(float64(h)*3600), good(tag, sec(float64(h)*3600), v))
	}
	c.Expect(t, "with_cutoff_t", r.only("a.total", agent.Day).Value)
}

func caseU07GuardBand(t *testing.T) {
	c := caseOf(t, "U07")
	_, target, err := parseTarget("r >= 0.98")
	if err != nil {
		t.Fatal(err)
	}
	want := field[[]string](t, c.Expected, "verdict")
	for i, r := range field[[]struct {
		R float64
		U float64 `json:"U_k2"`
	}](t, c.Inputs, "results") {
		if got := target.verdict(r.R, r.U, true).String(); got != want[i] {
			t.Errorf("%g with U %g: got %s, want %s", r.R, r.U, got, want[i])
		}
	}
}
