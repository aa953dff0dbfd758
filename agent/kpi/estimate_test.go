package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// additively marks the only quantity of a test's KPI as a total.
func additively(kpi KPI) KPI {
	kpi.Quantities[0].Additive = true
	return kpi
}

// lossy feeds a day of a flow that changes from quarter to quarter, and leaves
// hours of it out.
func lossy(t *testing.T, kpi KPI, tag *agent.Tag, rate func(s float64) float64, from, to float64) (r *rig, truth float64) {
	r = newRig(t, utc(), kpi)
	for s := 0.0; s <= 24*3600; s += 60 {
		one := good(tag, sec(s), rate(s))
		if h := s / 3600; h >= from && h < to {
			one = bad(tag, sec(s), agent.DeviceBad)
		}
		r.read(sec(s), one)
		if s > 0 {
			truth += (rate(s-60) + rate(s)) / 2 * 60
		}
	}
	return r, truth
}

func TestEstimateOfADay(t *testing.T) {
	tag := tagOf("flow", "kg/s", "s", 0)
	tag.MaxGap, tag.Accuracy = 120e9, agent.Accuracy{Rel: 0.01, As: "standard"}
	steps := func(s float64) float64 { return 10 + 2*math.Mod(math.Floor(s/900), 2) } // 10 and 12 by turns
	for name, test := range map[string]struct {
		kpi      KPI
		from, to float64
		is       bool
	}{
		"whole":             {additively(amount("a", 1, tag)), 0, 0, false},
		"a fifth is lost":   {additively(amount("a", 1, tag)), 6, 11, true},
		"more than a third": {additively(amount("a", 1, tag)), 6, 15, false},
		"no total":          {amount("a", 1, tag), 6, 11, false},
	} {
		r, _ := lossy(t, test.kpi, tag, steps, test.from, test.to)
		got := r.only("a.total", agent.Day)
		if is := got.Estimate != 0; is != test.is {
			t.Errorf("%s: got an estimate of %g, want one: %v", name, got.Estimate, test.is)
			continue
		}
		if got.Value != got.Terms[0].Total {
			t.Errorf("%s: the value is %g, want what was measured, %g", name, got.Value, got.Terms[0].Total)
		}
		if !test.is {
			continue
		}
		seconds := got.Terms[0].Seconds
		missing, rate := 86400-seconds, got.Value/seconds
		want := got.Value / got.Coverage
		u := math.Hypot(got.U/2/got.Coverage, missing*(1-1.0/15)*math.Sqrt(76.0/75)) // cells of 10 and 12 kg/s, each with a minute on the way to the other
		if !near(got.Estimate, want, 1e-6*want) || !near(got.EstimateU, 2*u, 0.01*u) {
			t.Errorf("%s: got %g ± %g at %g kg/s, want %g ± %g", name, got.Estimate, got.EstimateU, rate, want, 2*u)
		}
		for _, c := range r.of("a.total", agent.Cell) {
			if c.Estimate != 0 {
				t.Fatalf("%s: got an estimate of a single cell, %g", name, c.Estimate)
			}
		}
	}
}

func TestNoEstimateWithoutRecording(t *testing.T) {
	tag := tagOf("flow", "kg/s", "s", 0)
	tag.MaxGap = 120e9
	r := newRig(t, utc(), additively(amount("a", 1, tag)))
	for s := 2 * 3600.0; s <= 24*3600; s += 60 { // nobody knows what was before
		r.read(sec(s), good(tag, sec(s), 1))
	}
	if got := r.only("a.total", agent.Day); got.Estimate != 0 || got.Coverage < 0.9 {
		t.Errorf("got an estimate of %g with coverage %g, want none", got.Estimate, got.Coverage)
	}
}

// TestEstimateHoldsTheTruth: of many days of a plant whose rate wanders, seen by
// a meter with an error of its own, the truth lies within the estimate's U in at
// least nine of ten, and U is not so wide that this says nothing.
func TestEstimateHoldsTheTruth(t *testing.T) {
	const days = 300
	within, ratios := 0, 0.0
	for seed := range uint64(days) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		quarter := make([]float64, 97)
		level := 0.0
		for i := range quarter {
			level = 0.8*level + 0.6*rnd.NormFloat64()
			quarter[i] = 100 + 10*level
		}
		gain := 1 + 0.01*rnd.NormFloat64()
		tag := tagOf("flow", "kg/s", "s", 0)
		tag.Hold, tag.MaxGap, tag.Accuracy = true, 960e9, agent.Accuracy{Rel: 0.01, As: "standard"}
		r := newRig(t, utc(), additively(amount("a", 1, tag)))
		from := 8 * rnd.Float64()
		truth := 0.0
		for i, x := range quarter {
			one := good(tag, sec(float64(i)*900), x*gain)
			if h := float64(i) / 4; h >= from && h < from+4 {
				one = bad(tag, one.Time, agent.DeviceBad)
			}
			r.read(one.Time, one)
			if i < 96 {
				truth += x * 900
			}
		}
		got := r.only("a.total", agent.Day)
		if got.Estimate == 0 {
			t.Fatalf("seed %d: got no estimate: %+v", seed, got)
		}
		miss := math.Abs(got.Estimate-truth) / got.EstimateU
		ratios += miss / days
		if miss <= 1 {
			within++
		}
	}
	if share := float64(within) / days; share < 0.9 || ratios < 0.15 {
		t.Errorf("the truth is within U on %g of the days, a mean of %.2g U away; want 0.9 at least, and not below 0.15 U", share, ratios)
	}
}

func TestWhatIsATotal(t *testing.T) {
	spec := agent.Spec{Name: "x"}
	b := builder{spec: spec}
	terms := []Term{{}, {}, {}, {}}
	for name, test := range map[string]struct {
		figure Figure
		terms  int
		want   bool
	}{
		"total": {total, 1, true}, "altogether": {altogether, 3, true}, "signed": {signed([]bool{false, true}), 2, true}, "lessSecond": {lessSecond, 2, true},
		"removal": {removal, 2, false}, "ofFirst": {ofFirst, 3, false}, "leftOfFirst": {leftOfFirst, 3, false},
		"shareNet": {shareNet, 4, false}, "netPerTonne": {netPerTonne, 3, false}, "selfConsumption": {selfConsumption, 3, false},
	} {
		if got := b.quantity(name, "kg", test.figure, agent.Range{}, terms[:test.terms]...).Additive; got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	if additive(total, []Term{{Stock: true}}) {
		t.Error("the change of a stock is taken for a total")
	}
}

func TestEstimateSurvivesRestore(t *testing.T) {
	tag := tagOf("flow", "kg/s", "s", 0)
	tag.MaxGap = 120e9
	whole, cut := newRig(t, utc(), additively(amount("a", 1, tag))), newRig(t, utc(), additively(amount("a", 1, tag)))
	for s := 0.0; s <= 24*3600; s += 60 {
		one := good(tag, sec(s), 10+math.Sin(s/3000))
		if s > 30000 && s < 40000 {
			one = bad(tag, sec(s), agent.DeviceBad)
		}
		whole.read(sec(s), one)
		cut.read(sec(s), one)
		if math.Mod(s, 5000) < 60 {
			next := newEngine(t, utc(), additively(amount("a", 1, tag)))
			if err := next.Restore(checkpointOf(t, cut.engine)); err != nil {
				t.Fatal(err)
			}
			cut.engine = next
		}
	}
	got, want := cut.only("a.total", agent.Day), whole.only("a.total", agent.Day)
	if got.Estimate != want.Estimate || got.EstimateU != want.EstimateU || want.Estimate == 0 {
		t.Errorf("got %g ± %g, want %g ± %g to the bit", got.Estimate, got.EstimateU, want.Estimate, want.EstimateU)
	}
	if stated := whole.engine.quantities[0].Terms[0].Tags[0].Accuracy.Stated(); stated || want.EstimateU != 0 {
		t.Errorf("got ± %g of an instrument without an accuracy, want none", want.EstimateU)
	}
}
