package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// meter is a kWh totaliser that counts on the secondary side of transformers
// that are exchanged at 7:30 min.
func meter(every time.Duration) *agent.Tag {
	tag := tagOf("meter", "kWh", "plc", 0)
	tag.Every, tag.Scale, tag.Counter = every, 0.01, &agent.Counter{Modulus: 1 << 32, MaxRate: 2}
	tag.Ratios = []agent.Ratio{{From: origin.AddDate(0, 0, -9), Value: 200}, {From: sec(450), Value: 400, Because: "CT 200/5 → 400/5"}}
	return tag
}

// TestCaseA19RatioChanged: the registers go on counting the same, but each count
// is worth twice as much from the change on.
func TestCaseA19RatioChanged(t *testing.T) {
	for name, test := range map[string]struct {
		every   float64
		skip    [2]float64
		quality agent.Quality
	}{
		"readings on both sides of it":  {10, [2]float64{}, agent.Good},
		"a reading within one poll":     {60, [2]float64{391, 509}, agent.Good},
		"none within a poll, two hours": {10, [2]float64{391, 511}, agent.Uncertain},
	} {
		tag := meter(time.Duration(test.every) * time.Second)
		r := newRig(t, utc(), amount("a", 1, tag))
		for s := 0.0; s <= 900; s += 10 {
			if s <= test.skip[0] || s >= test.skip[1] {
				r.read(sec(s), raw(tag, s, 5000+uint64(s/10)))
			}
		}
		got := r.only("a.total", agent.Cell)
		if want := 0.01 * (200*45 + 400*45); !near(got.Value, want, 1e-9) || got.Quality != test.quality || got.Coverage != 1 {
			t.Errorf("%s: got %g kWh, %v %v, want %g, %v", name, got.Value, got.Quality, got.Reason, want, test.quality)
		}
		if test.quality == agent.Uncertain && (got.Reason.Code != agent.RatioChanged || got.Doubted != 120 && got.Terms[0].Seconds != 900) {
			t.Errorf("%s: got %v, %g s doubted, want the change of ratio", name, got.Reason, got.Doubted)
		}
		if codes := r.codes(agent.CounterChanged); !slices.Equal(codes, []agent.Code{agent.RatioChanged}) {
			t.Errorf("%s: got events %v, want one change of ratio", name, codes)
		}
		checkBooks(t, got)
	}
}

// TestRatioChangedInALongSilence: the cells with the change have closed when the
// totaliser comes back; the day's total is right, and doubted.
func TestRatioChangedInALongSilence(t *testing.T) {
	tag := meter(10 * time.Second)
	tag.Counter.MaxRate = 10
	r := newRig(t, utc(), amount("a", 1, tag))
	for s := 0.0; s <= 7200; s += 10 {
		if s <= 300 || s >= 4000 {
			r.read(sec(s), raw(tag, s, uint64(s/10)))
		} else {
			r.outage("plc", sec(s), agent.NoConnection)
		}
	}
	var total float64
	for _, c := range r.of("a.total", agent.Cell) {
		total += c.Terms[0].Total
	}
	if want := 0.01 * (200*45 + 400*(720-45)); !near(total, want, 1e-6) {
		t.Errorf("got %g kWh in two hours, want %g", total, want)
	}
	if back := r.of("a.total", agent.Cell)[4]; back.Quality != agent.Uncertain {
		t.Errorf("the cell in which it came back is %v, want it doubted", back.Quality)
	}
}

func TestRatioOfARate(t *testing.T) {
	tag := tagOf("power", "kW", "plc", 0)
	tag.Ratios = meter(time.Second).Ratios
	r := newRig(t, utc(), amount("a", 1.0/3600, tag))
	r.every(tag, 0, 911, 2)
	got := r.only("a.total", agent.Cell)
	if want := 2.0 * (200*440 + 300*10 + 400*450) / 3600; !near(got.Value, want, 1e-9) || got.Quality != agent.Good {
		t.Errorf("got %g kWh, %v, want %g, good: each reading by the ratio of its time", got.Value, got.Quality, want)
	}
	if codes := r.codes(agent.ConfigChanged); !slices.Equal(codes, []agent.Code{agent.RatioChanged}) {
		t.Errorf("got events %v, want one change of ratio", codes)
	}
}

func TestBeforeTheFirstRatioNothingCounts(t *testing.T) {
	power, total := tagOf("power", "kW", "plc", 0), meter(10*time.Second)
	total.Index = 1
	for _, tag := range []*agent.Tag{power, total} {
		tag.Ratios = []agent.Ratio{{From: sec(450), Value: 400}}
	}
	r := newRig(t, utc(), amount("a", 1.0/3600, power), amount("b", 1, total))
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(s), good(power, sec(s), 2), raw(total, s, uint64(s/10)))
	}
	for _, test := range []struct {
		kpi, about string
		want       float64
	}{{"a.total", "power", 2 * 400 * 450.0 / 3600}, {"b.total", "meter", 0.01 * 400 * 45}} {
		got := r.only(test.kpi, agent.Cell)
		if lost := lostSeconds(got, agent.NoFactor, test.about); !near(got.Terms[0].Total, test.want, 1e-9) || lost != 450 {
			t.Errorf("%s: got %g, %g s lost for want of a ratio, want %g and 450: %+v", test.kpi, got.Terms[0].Total, lost, test.want, got.Terms[0].Lost)
		}
	}
}

// caseA20StepOfAFloatRegister: a float32 shows steps of 2 and 4 kWh above
// 16.8 GWh, and what lies between two steps is not known.
func caseA20StepOfAFloatRegister(t *testing.T) {
	c := caseOf(t, "A20")
	want := field[[]float64](t, c.Expected, "step_kWh")
	for i, at := range field[[]float64](t, c.Inputs, "values_kWh") {
		tag := tagOf("total", "kWh", "plc", 0)
		tag.Counter, tag.Accuracy = &agent.Counter{Modulus: 1e9, MaxRate: 10}, agent.Accuracy{Rel: 1e-9}
		r := newRig(t, utc(), amount("a", 1, tag))
		for s := 0.0; s <= 900; s += 10 {
			r.read(sec(s), single(tag, sec(s), at+s))
		}
		got := r.only("a.total", agent.Cell)
		if step := got.Terms[0].URand / math.Sqrt(2.0/12); !near(step, want[i], c.Tolerance.Abs) || !near(got.Value, 900, want[i]) {
			t.Errorf("A20 at %g: got %g kWh with steps of %g, want 900 and %g", at, got.Value, step, want[i])
		}
	}
}
