package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

const high = `{"when": "c > 25", "clear": "c < 22", "hold": "1m"}`

func want22(t *testing.T, p *plant, want ...string) {
	t.Helper()
	if got := p.tell(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// concentration is a plant with one tag and a rule about it.
func concentrated(t testing.TB, text string) *plant {
	p := newPlant(t)
	p.tag("c", "mg/Nm3")
	p.watch(p.rule("high", text))
	return p
}

func at(c float64) map[string]float64 { return map[string]float64{"c": c} }

func TestHoldAndHysteresis(t *testing.T) {
	p := concentrated(t, high)
	p.run(time.Minute, at(20))
	p.run(50*time.Second, at(26)) // 5 readings: not for long enough
	p.run(10*time.Second, at(20))
	want22(t, p)
	p.run(2*time.Minute, at(26))
	want22(t, p, "high from 2m10s")
	p.run(10*time.Minute, at(23)) // between: it goes on
	p.run(time.Minute, at(21))
	want22(t, p, "high from 2m10s", "high from 2m10s to 14m10s")
	e := p.events[0]
	if d, ok := agent.DiagnosisIn(e.Reason.Detail); !ok || e.Reason.Code != agent.LimitPassed || d.Severity != "warning" || len(d.Figures) != 1 || d.Figures[0] != (agent.Shown{Name: "c", Value: 26, Unit: "mg/Nm3"}) {
		t.Errorf("got %+v of %+v", d, e.Reason)
	}
}

func TestWithoutClearItEndsWhenItHasNotHeldForAsLong(t *testing.T) {
	p := concentrated(t, `{"when": "c > 25", "hold": "1m"}`)
	p.run(2*time.Minute, at(26))
	p.run(50*time.Second, at(20))
	p.run(10*time.Second, at(26))
	p.run(2*time.Minute, at(20))
	want22(t, p, "high from 10s", "high from 10s to 3m10s")
}

func TestBadReadingsPauseTheCount(t *testing.T) {
	p := concentrated(t, high)
	p.run(40*time.Second, at(26))
	p.run(10*time.Minute, nil)
	want22(t, p)
	if p.calc.Report()[0].Value != 0 {
		t.Error("a rule whose input is bad says that it can tell")
	}
	p.run(10*time.Second, at(26))
	want22(t, p)
	p.run(20*time.Second, at(26))
	want22(t, p, "high from 10s")
	p.run(10*time.Minute, nil) // nor does it end
	want22(t, p, "high from 10s")
}

func TestGapsDoNotCount(t *testing.T) {
	p := concentrated(t, high)
	for range 6 {
		p.pass(5 * time.Minute)
		p.add(p.read(at(26)))
	}
	want22(t, p)
}

func TestOldReadingsAreNotThePresent(t *testing.T) {
	p := concentrated(t, high)
	for range 20 {
		p.pass(10 * time.Second)
		b := p.read(at(26))
		b.Readings[0].Time = p.now.Add(-time.Hour)
		p.add(b)
		b = p.read(at(26))
		b.Backfill = true
		p.add(b)
	}
	want22(t, p)
}

func TestHeldValuesAreVouchedFor(t *testing.T) {
	p := concentrated(t, high)
	p.run(10*time.Second, at(26))
	for range 12 {
		p.pass(10 * time.Second)
		b := p.batch()
		b.HeldUntil = p.now
		p.add(b)
	}
	want22(t, p, "high from 10s")
}

// TestSetsOfTheClock: an hour forward makes no hour of it, an hour back takes
// none away.
func TestSetsOfTheClock(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		p := concentrated(t, high)
		p.run(30*time.Second, at(26))
		p.now = p.now.Add(step)
		p.run(30*time.Second, at(26))
		want22(t, p)
		p.run(10*time.Second, at(26))
		want22(t, p, "high from 10s")
		p.run(10*time.Second, at(20))
		if e := p.events[len(p.events)-1]; e.End.IsZero() || e.End.Before(e.Start) {
			t.Errorf("after a step of %v it ends at %v, having begun at %v", step, e.End, e.Start)
		}
	}
}

func TestOnlyInItsState(t *testing.T) {
	p := newPlant(t)
	p.tag("c", "mg/Nm3")
	p.tag("rolling", "")
	p.watch(p.rule("high", `{"when": "c > 25", "hold": "1m", "in": {"tag": "rolling", "when": 1}}`))
	p.run(5*time.Minute, map[string]float64{"c": 26, "rolling": 0})
	want22(t, p)
	for range 2 {
		p.run(40*time.Second, map[string]float64{"c": 26, "rolling": 1})
		p.run(5*time.Minute, map[string]float64{"c": 26, "rolling": 0})
	}
	want22(t, p, "high from 5m10s")
	p.run(5*time.Minute, map[string]float64{"c": 20, "rolling": 0})
	want22(t, p, "high from 5m10s")
	p.run(5*time.Minute, map[string]float64{"c": 20, "rolling": 1})
	want22(t, p, "high from 5m10s", "high from 5m10s to 21m30s")
}

func TestNoData(t *testing.T) {
	p := concentrated(t, `{"no_data": "c", "hold": "5m", "severity": "alarm"}`)
	p.run(10*time.Minute, at(1))
	p.run(4*time.Minute, nil)
	p.run(10*time.Minute, at(1))
	want22(t, p)
	for range 60 { // the source itself is away
		p.pass(10 * time.Second)
		b := p.batch()
		b.Err = agent.Reason{Code: agent.NoConnection}
		p.add(b)
	}
	want22(t, p, "high from 24m40s") // after the gap that its tag may have
	p.run(10*time.Minute, at(1))
	want22(t, p, "high from 24m40s", "high from 24m40s to 34m10s")
}

func TestRates(t *testing.T) {
	p := newPlant(t)
	p.tag("level", "m")
	p.watch(p.rule("leak", `{"when": "rate(level, 10m) < -0.2"}`), p.rule("low", `{"when": "mean(level, 10m) < 3"}`))
	level := 4.0
	fall := func(lasts time.Duration, perHour float64) {
		for end := p.now.Add(lasts); p.now.Before(end); {
			level += perHour / 360
			p.run(10*time.Second, map[string]float64{"level": level})
		}
	}
	fall(30*time.Minute, -0.15)
	want22(t, p)
	fall(30*time.Minute, -0.3)
	if got := p.tell(); len(got) != 1 || !strings.HasPrefix(got[0], "leak from 3") {
		t.Errorf("got %q, want one leak, some minutes after 30m", got)
	}
	fall(30*time.Minute, 0)
	if got := p.tell(); len(got) != 2 || !strings.HasPrefix(got[1], "leak from 3") || !strings.Contains(got[1], " to 1h") {
		t.Errorf("got %q, want the leak ended", got)
	}
}

func TestFiguresAreJudgedWithTheirU(t *testing.T) {
	p := newPlant(t)
	p.figure("mill.oil.removal", "mill.oil", "oil_mist", "1")
	p.watch(p.rule("low", `{"when": "mill.oil.removal + U < 0.9", "hold": "2h"}`))
	hour := func(v, u float64, change ...func(*agent.Result)) {
		p.pass(time.Hour)
		r := p.window(agent.Hour, "mill.oil.removal", v, u)
		for _, c := range change {
			c(&r)
		}
		p.close(r)
	}
	hour(0.89, 0.02) // within U
	hour(0.85, 0)    // of unknown U
	hour(0.85, 0.02)
	want22(t, p)
	hour(0.2, 0.02, func(r *agent.Result) { r.Quality = agent.Bad })
	hour(0.2, 0.02, func(r *agent.Result) { r.States = "run" })
	hour(0.85, 0.02)
	want22(t, p, "low from 2h0m0s")
	hour(0.95, 0.02)
	hour(0.95, 0.02)
	want22(t, p, "low from 2h0m0s", "low from 2h0m0s to 6h0m0s")
}

func TestRestartTellsAgain(t *testing.T) {
	p := concentrated(t, high)
	p.run(2*time.Minute, at(26))
	opened := p.events[0]
	ended := opened
	ended.End = p.now
	p.epoch = 2
	b := p.batch()
	b.Source, b.Events = agent.Own, []agent.Event{ended, {Kind: agent.AgentRun, Start: p.now}}
	p.add(b)
	want22(t, p, "high from 10s")
	p.run(10*time.Second, at(26))
	want22(t, p, "high from 10s", "high from 10s")
	p.run(10*time.Second, at(20))
	want22(t, p, "high from 10s", "high from 10s", "high from 10s to 2m20s")
}

func TestBaselinesAreLearnedPerLoadAndFrozen(t *testing.T) {
	p := newPlant(t)
	p.tag("x", "")
	p.tag("load", "")
	p.tag("mended", "")
	p.watch(p.rule("high", `{"when": "x > 1.2 * baseline(x, load)", "hold": "1m", "learn": {"for": "4h", "after": {"tag": "mended"}}}`))
	course := func(lasts time.Duration, gain, mended float64) {
		for i := 0; i < int(lasts/p.every); i++ {
			load := 100 + float64(i%7)*10
			p.run(p.every, map[string]float64{"x": gain * load * load, "load": load, "mended": mended})
		}
	}
	armed := func() float64 { return p.calc.Report()[0].Value }
	course(3*time.Hour, 5, 0)
	if armed() != 0 {
		t.Error("it says that it can tell before it has learned")
	}
	course(2*time.Hour, 5, 0)
	course(time.Hour, 5.8, 0)
	if want22(t, p); armed() != 1 {
		t.Error("it does not say that it can tell")
	}
	course(time.Hour, 6.2, 0)
	want22(t, p, "high from 6h0m10s")
	course(time.Hour, 6.2, 1)
	course(5*time.Hour, 6.2, 0) // what is usual now
	if got := p.tell(); len(got) != 2 || armed() != 1 {
		t.Errorf("got %q, want it ended by the new baseline", got)
	}
}
