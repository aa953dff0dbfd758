package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func oilTotal() *agent.Tag {
	tag := tagOf("oil", "kg", "plc", 0)
	tag.Scale, tag.Counter = 0.1, &agent.Counter{Modulus: 1 << 32, MaxRate: 200.0 / 3600}
	return tag
}

func raw(tag *agent.Tag, s float64, n uint64) agent.Reading {
	return agent.Reading{Tag: tag, Time: sec(s), Value: agent.Uint64Value(n), Quality: agent.Good}
}

func TestOneCountIsNoSpike(t *testing.T) {
	tag := oilTotal()
	r := newRig(t, utc(), amount("a", 1, tag))
	for s := 0.0; s <= 900; s++ { // 0.0667 kg may pass in a second, but the register shows tenths
		r.read(sec(s), raw(tag, s, 1000+uint64(s/4)))
	}
	if got := r.only("a.total", agent.Cell); !near(got.Value, 22.5, 1e-9) || len(r.events) != 0 {
		t.Errorf("got %g and %v, want 22.5 and no event", got.Value, r.events)
	}
}

func TestMeterReplaced(t *testing.T) {
	tag := oilTotal()
	r := newRig(t, utc(), amount("a", 1, tag))
	for s, n := 0.0, uint64(1000); s <= 900; s, n = s+10, n+1 {
		if s == 400 {
			n += 5_000_000
		}
		r.read(sec(s), raw(tag, s, n))
	}
	got := r.only("a.total", agent.Cell)
	if codes := r.codes(agent.CounterChanged); !slices.Equal(codes, []agent.Code{agent.CounterSpike, agent.MeterReplaced}) {
		t.Errorf("got %v, want one spike and then the replacement", codes)
	}
	// 390 s on the old meter, 480 s on the new one from 420 s on.
	if !near(got.Terms[0].Total, 0.1*(39+48), 1e-9) || lostSeconds(got, agent.MeterReplaced, "oil") != 30 {
		t.Errorf("got %g and %v, want 8.7 kg and 30 s lost", got.Terms[0].Total, got.Terms[0].Lost)
	}
	checkBooks(t, got)
}

func TestTotaliserCatchesUp(t *testing.T) {
	tag := oilTotal()
	plant := utc()
	plant.Shifts = []string{"00:00", "01:00"}
	r := newRig(t, plant, amount("a", 1, tag))
	n := func(s float64) uint64 { return 1000 + uint64(s/10) }
	for s := 0.0; s <= 3*3600; s += 10 {
		if s > 600 && s < 2*3600+600 {
			r.outage("plc", sec(s), agent.NoConnection)
		} else {
			r.read(sec(s), raw(tag, s, n(s)))
		}
	}
	cells := r.of("a.total", agent.Cell)
	back := cells[8]
	if !near(back.Terms[0].Total, 66+9, 1e-9) || back.Reason.Code != agent.CaughtUp || back.Quality != agent.Uncertain {
		t.Errorf("got %+v, want what the outage hid, uncertain for catching up", back)
	}
	var total float64
	for _, c := range cells {
		checkBooks(t, c)
		total += c.Terms[0].Total
	}
	if want := 0.1 * 3 * 360; !near(total, want, 1e-9) {
		t.Errorf("got %g kg in all, want %g", total, want)
	}
	if got := lostSeconds(back, agent.NoConnection, "plc"); got != -6600 || back.Terms[0].Seconds != 7500 {
		t.Errorf("got %g s taken back and %g s covered, want -6600 and 7500", got, back.Terms[0].Seconds)
	}
	for _, one := range r.engine.Current() {
		if one.Window.Kind == agent.Day && (!near(one.Value, 108, 1e-9) || one.Quality != agent.Good || len(one.Terms[0].Lost) != 0) {
			t.Errorf("day: got %g %v %v lost %v, want it complete and good", one.Value, one.Quality, one.Reason, one.Terms[0].Lost)
		}
	}
	if first := r.of("a.total", agent.Shift)[0]; lostSeconds(first, agent.NoConnection, "plc") != 3000 {
		t.Errorf("first shift: got lost %v, want 3000 s", first.Terms[0].Lost)
	}
}

func TestTotaliserOverRestartIsInterpolated(t *testing.T) {
	tag, other := oilTotal(), tagOf("x", "kg/s", "first", 1)
	r := newRig(t, utc(), amount("a", 1, tag), amount("b", 1, other))
	for s := 0.0; s <= 600; s += 10 {
		r.read(sec(s), good(other, sec(s), 1))
		r.read(sec(s), raw(tag, s, uint64(s/10)))
	}
	r.epoch, r.boot = 2, 2
	for s := 4200.0; s <= 5500; s += 10 {
		r.read(sec(s), good(other, sec(s), 1))
		r.read(sec(s), raw(tag, s, 60+uint64(s-600)/10))
	}
	for i, c := range r.of("a.total", agent.Cell) {
		if i > 0 && i < 4 && (!near(c.Value, 9, 1e-9) || c.Quality != agent.Good) {
			t.Errorf("cell %d: got %g %v %v, want an even 9 kg", i, c.Value, c.Quality, c.Reason)
		}
	}
}

func TestClockSetBackKeepsEverySecond(t *testing.T) {
	power, total := tagOf("p", "kW", "plc", 0), oilTotal()
	total.Index = 1
	r := newRig(t, utc(), amount("a", 1, power), amount("b", 1, total))
	day := 20 * 900.0
	for s := 0.0; s <= day; s += 10 { // s counts elapsed seconds; the clock is set back by 400 s at 1500
		wall := s
		if s >= 1500 {
			r.ahead, wall = -400*time.Second, s-400
		}
		r.read(sec(wall), good(power, sec(wall), 1), raw(total, wall, uint64(s/10)))
	}
	var a, b float64
	for _, one := range r.engine.Current() {
		if one.Window.Kind == agent.Day && one.KPI == "a.total" {
			a = one.Terms[0].Total
			if one.Coverage != 1 {
				t.Errorf("got coverage %g, want it capped at 1", one.Coverage)
			}
		} else if one.Window.Kind == agent.Day {
			b = one.Terms[0].Total
		}
	}
	if !near(a, day, 1e-6) || !near(b, day/100, 1e-6) {
		t.Errorf("got %g and %g, want every elapsed second: %g and %g", a, b, day, day/100)
	}
	if codes := r.codes(agent.ClockStepped); len(codes) != 1 {
		t.Errorf("got %d steps, want 1", len(codes))
	}
}

func TestClockOfAnotherAge(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.ahead = 40 * 365 * 24 * time.Hour
	for s := 0.0; s < 100; s += 10 {
		at := sec(s).Add(r.ahead)
		r.read(at, good(tag, at, 2))
	}
	r.ahead = 0
	r.every(tag, 900, 2000, 2)
	cells := r.of("a.total", agent.Cell)
	if len(cells) != 2 || !cells[0].Withheld() || !cells[0].Partial || cells[1].Value != 1800 {
		t.Errorf("got %+v, want the wrong age cut short and figures from the right one", cells)
	}
}

func TestSmallCorrectionsAreAbsorbed(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	for s := 0.0; s <= 900; s += 10 {
		r.ahead += 1500 * time.Microsecond
		r.read(sec(s), good(tag, sec(s), 2))
	}
	if got := r.only("a.total", agent.Cell); got.Value != 1800 || got.Quality != agent.Good || len(r.events) != 0 {
		t.Errorf("got %g %v and %v, want 1800, good, no event", got.Value, got.Quality, r.events)
	}
}

func TestResetOfAHalfEmptyRegister(t *testing.T) {
	tag := oilTotal()
	tag.Scale, tag.Counter = 1, &agent.Counter{Modulus: 1000, MaxRate: 1}
	for _, test := range []struct {
		from, to uint64
		want     float64
		code     agent.Code
	}{
		{400, 10, 10, agent.CounterReset}, // 610 could have passed in 600 s, but the register was not near its end
		{700, 10, 310, agent.CounterWrap},
	} {
		r := newRig(t, utc(), amount("a", 1, tag))
		r.read(sec(0), raw(tag, 0, test.from))
		r.read(sec(600), raw(tag, 600, test.to))
		r.read(sec(900), raw(tag, 900, test.to))
		if got := r.only("a.total", agent.Cell); !near(got.Value, test.want, 1e-9) || !slices.Equal(r.codes(agent.CounterChanged), []agent.Code{test.code}) {
			t.Errorf("%d to %d: got %g and %v, want %g and %v", test.from, test.to, got.Value, r.codes(agent.CounterChanged), test.want, test.code)
		}
	}
}

func TestAccuracyOfATotaliser(t *testing.T) {
	tag := oilTotal()
	tag.Accuracy = agent.Accuracy{Rel: 0.01, Abs: 0.2, As: "standard"}
	r := newRig(t, utc(), amount("a", 1, tag))
	for s := 0.0; s <= 3600; s += 10 {
		r.read(sec(s), raw(tag, s, uint64(s/10)))
	}
	cell, hour := r.of("a.total", agent.Cell)[1], r.only("a.total", agent.Hour)
	if c := cell.Terms[0]; !near(c.USys, 0.09, 1e-9) || !near(c.URand, math.Sqrt(2*0.04+0.01/6), 1e-6) {
		t.Errorf("cell: got %+v, want 1 %% of 9 kg, and in squares twice 0.2 kg and the register's step of 0.1 kg at both ends", c)
	}
	if h := hour.Terms[0]; !near(h.USys, 0.36, 1e-9) || !near(h.URand, math.Sqrt(8*0.04+0.01/6), 1e-6) {
		t.Errorf("hour: got %+v, want the systematic part added, the random one in squares, the step once", h)
	}
	if !near(hour.U, 1.34353, 1e-4) {
		t.Errorf("got U %g, want 1.34353", hour.U)
	}
}
