package kpi

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"recoup/agent"
)

// inventory is a KPI of one tank alone.
func inventory(level, strength *agent.Tag) KPI {
	double := &Formula{Name: "double", Args: []Arg{{Tag: strength, Unit: 1}}, Of: func(x []float64) (float64, agent.Quality, int) {
		if x[0] < 0 {
			return 0, agent.Bad, 0
		}
		return 2 * x[0], agent.Good, 0
	}}
	kpi := amount("tank", 3, level)
	kpi.Quantities[0].Terms[0].Formula, kpi.Quantities[0].Terms[0].Stock = double, true
	return kpi
}

func tankTags() (level, strength *agent.Tag) {
	level, strength = tagOf("level", "m", "plc", 0), tagOf("strength", "1", "plc", 1)
	level.Accuracy, strength.Accuracy = agent.Accuracy{Abs: 0.01, As: "standard"}, agent.Accuracy{Rel: 0.01, As: "standard"}
	level.MaxGap, strength.Hold, strength.MaxGap = 5*time.Minute, true, 12*time.Hour
	return level, strength
}

func TestStockAddsUp(t *testing.T) {
	level, strength := tankTags()
	r := newRig(t, utc(), inventory(level, strength))
	rnd := rand.New(rand.NewPCG(1, 9))
	h, w, before := 2.0, 1.0, 1.0
	first, last := math.NaN(), 0.0
	for s := 0.0; s <= 7*24*3600; s += 60 {
		h += 0.1 * rnd.NormFloat64()
		readings := []agent.Reading{good(level, sec(s), h)}
		if math.Mod(s, 8*3600) == 0 { // on a boundary
			before, w = w, 1+0.1*rnd.Float64()
			readings = append(readings, good(strength, sec(s), w))
		}
		if math.IsNaN(first) {
			first = 3 * h * 2 * w
		}
		last = 3 * h * 2 * before
		before = w
		r.read(sec(s), readings...)
	}
	week := r.only("tank.total", agent.Week)
	// The strength that comes at the last instant belongs to the next week.
	var cells float64
	for _, one := range r.of("tank.total", agent.Cell) {
		checkBooks(t, one)
		cells += one.Value
	}
	if !near(week.Value, cells, 1e-9) || week.Coverage != 1 {
		t.Errorf("got %g over the week, %g over its cells, coverage %g", week.Value, cells, week.Coverage)
	}
	if want := last - first; !near(week.Value, want, 1e-9) {
		t.Errorf("got a change of %g, want %g: its end less its beginning", week.Value, want)
	}
	if got := week.Terms[0].URand; got > 6*0.01*1.1*math.Sqrt2 || got < 6*0.01*math.Sqrt2 {
		t.Errorf("got %g of the two readings, want them once, not once per cell", got)
	}
	if got, want := week.Terms[0].USys, 0.01*math.Abs(week.Value); !near(got, want, 1e-6) {
		t.Errorf("got %g of the strength's error, want that of the change, %g", got, want)
	}
}

// TestStrengthToldLate: a strength of 08:00 that comes at 09:30 is booked when
// it comes, not lost.
func TestStrengthToldLate(t *testing.T) {
	level, strength := tankTags()
	strength.Source, strength.MaxGap = "lab", 24*time.Hour
	r := newRig(t, utc(), inventory(level, strength))
	r.read(sec(0), good(strength, sec(0), 1))
	for s := 0.0; s <= 24*3600; s += 60 {
		if s == 9.5*3600 {
			b := r.batch("lab", sec(s), good(strength, sec(8*3600), 1.1))
			b.Backfill = true
			r.add(b)
		}
		r.add(r.batch("lab", sec(s)))
		r.read(sec(s), good(level, sec(s), 2+s/86400))
	}
	got := r.only("tank.total", agent.Day)
	if want := 6 * (3*1.1 - 2.0); !near(got.Value, want, 1e-9) {
		t.Errorf("got %g, want %g", got.Value, want)
	}
}

func TestStockOverLostTime(t *testing.T) {
	level, strength := tankTags()
	r := newRig(t, utc(), inventory(level, strength))
	for s := 0.0; s <= 3600; s += 60 {
		w := 1.0
		if s > 1200 && s <= 1800 {
			w = -1 // the formula knows no value
		}
		r.read(sec(s), good(level, sec(s), s/3600), good(strength, sec(s), w))
	}
	got := r.only("tank.total", agent.Hour)
	checkBooks(t, got)
	if lost := lostSeconds(got, agent.OutOfRange, "strength"); lost != 600 {
		t.Errorf("got %g s lost, want 600", lost)
	}
	if want := 6.0 * 3000 / 3600; !near(got.Value, want, 1e-9) {
		t.Errorf("got %g, want the change over covered time, %g", got.Value, want)
	}
	if want := 6 * 0.01 * math.Sqrt(4); !near(got.Terms[0].URand, want, 1e-9) {
		t.Errorf("got %g, want that of four readings, %g", got.Terms[0].URand, want)
	}
}

// TestAcidCheckpointAtEveryStep: the state of stocks comes back bit for bit.
func TestAcidCheckpointAtEveryStep(t *testing.T) {
	a := newAcid()
	for _, tag := range a.all {
		tag.MaxGap, tag.Accuracy = 10*time.Minute, agent.Accuracy{Rel: 0.01, Abs: 0.01}
	}
	kpi := a.kpi(t, a.section())
	undisturbed, restored := newRig(t, utc(), kpi), newRig(t, utc(), kpi)
	rnd := rand.New(rand.NewPCG(2, 8))
	level := 3.0
	for i := range 600 {
		s := float64(i)*97 + float64(i/200)*1500 // now and then a gap
		level += 0.01 * rnd.NormFloat64()
		shows := usual()
		shows["lt261"], shows["tt261"], shows["at201"] = level, 40+rnd.Float64(), 80+rnd.Float64()*15
		var readings []agent.Reading
		for _, tag := range a.all {
			readings = append(readings, good(tag, sec(s), shows[tag.Name]))
		}
		b := undisturbed.batch("plc", sec(s), readings...)
		want, _ := undisturbed.add(b)
		got, _ := restored.add(b)
		if outcome(t, got, nil) != outcome(t, want, nil) {
			t.Fatalf("batch %d: got\n%s\nwant\n%s", i, outcome(t, got, nil), outcome(t, want, nil))
		}
		before := outcome(t, undisturbed.engine.Current(), nil)
		if again := outcome(t, undisturbed.engine.Current(), nil); again != before {
			t.Fatalf("batch %d: Current changes something", i)
		}
		if i%3 == 0 {
			state := checkpointOf(t, undisturbed.engine)
			restored = newRig(t, utc(), kpi)
			if err := restored.engine.Restore(state); err != nil {
				t.Fatal(err)
			}
			if got := outcome(t, restored.engine.Current(), nil); got != before {
				t.Fatalf("batch %d: got running windows\n%s\nwant\n%s", i, got, before)
			}
		}
	}
	if got := len(undisturbed.of("acid.recovery_direct", agent.Hour)); got < 10 {
		t.Errorf("got %d hours, want many", got)
	}
}
