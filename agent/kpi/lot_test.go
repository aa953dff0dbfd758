package kpi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// inLots has a KPI told per lot.
func inLots(kpi KPI, tag *agent.Tag, none ...string) KPI {
	for i := range kpi.Quantities {
		kpi.Quantities[i].Lots = &Lots{Tag: tag, None: none}
	}
	return kpi
}

// spool is a flow, the number of the coil that runs, and a bit.
type spool struct{ flow, coil, bit *agent.Tag }

func newSpool() spool {
	return spool{tagOf("flow", "kg/s", "s", 0), tagOf("coil", "", "s", 1), tagOf("bit", "", "s", 2)}
}

func (s spool) read(r *rig, at, flow float64, coil agent.Value) {
	r.read(sec(at), good(s.flow, sec(at), flow), agent.Reading{Tag: s.coil, Time: sec(at), Value: coil, Quality: agent.Good})
}

func ids(lots []agent.Result) (all []string) {
	for _, l := range lots {
		all = append(all, l.Window.ID)
	}
	return all
}

func TestLotsAreCutExactly(t *testing.T) {
	s := newSpool()
	r := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.coil, "", "0"))
	for at := 0.0; at <= 3600; at += 7 {
		coil := agent.TextValue("") // between coils
		switch {
		case at >= 350 && at < 1400: // over the bound of a cell
			coil = agent.TextValue("4711-A \x00\x00")
		case at >= 1400 && at < 1505:
			coil = agent.Uint64Value(18446744073709551615)
		case at >= 1750:
			coil = agent.TextValue("4712")
		}
		s.read(r, at, at/100, coil)
		for _, one := range r.engine.Current() {
			if one.Window.Kind == agent.Lot && (one.Window.ID == "" || !near(one.Coverage, 1, 1e-9)) {
				t.Fatalf("at %g: got a running lot %+v", at, one)
			}
		}
	}
	lots := r.of("a.total", agent.Lot)
	if got, want := ids(lots), []string{"4711-A", "18446744073709551615"}; !slices.Equal(got, want) {
		t.Fatalf("got lots %v, want %v: the third is not over", got, want)
	}
	for i, want := range []struct{ from, to float64 }{{350, 1400}, {1400, 1505}} {
		got := lots[i]
		total := (want.to*want.to - want.from*want.from) / 200
		if !got.Window.Start.Equal(sec(want.from)) || !got.Window.End.Equal(sec(want.to)) || !near(got.Value, total, 1e-9*total) ||
			got.Quality != agent.Good || got.Coverage != 1 || got.Partial {
			t.Errorf("got %+v, want %g from %g to %g, good", got, total, want.from, want.to)
		}
		checkBooks(t, got)
	}
	running := r.engine.Current()
	if last := running[len(running)-1]; last.Window.ID != "4712" || !last.Window.Start.Equal(sec(1750)) || last.Partial {
		t.Errorf("got %+v, want lot 4712 running since 1750 s", last)
	}
}

// TestLotsAndTheTimeBetween: together they are the day, in every total and every
// second, with and without states.
func TestLotsAndTheTimeBetween(t *testing.T) {
	for seed := range uint64(5) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		s := newSpool()
		other := tagOf("other", "kg/s", "s", 3)
		states := []State{{Is: "run", Tag: s.bit, When: limit(1)}, {Is: "stop"}}
		of := func(name string, none ...string) KPI {
			return inLots(stated(ratio(name, 1, s.flow, other), states, "run"), s.coil, none...)
		}
		r := newRig(t, utc(), of("coils", "0", "9"), of("between", "1", "2", "3", "9"))
		coil, on := 1.0, 1.0
		for at := 0.0; at <= 2*86400+1000; at += 5 + 5*rnd.Float64() {
			if rnd.IntN(80) == 0 && coil != 9 {
				coil = float64(rnd.IntN(4))
			}
			if at+10 > 2*86400 && coil != 9 { // the days end with the last lots
				at, coil = 2*86400, 9
			}
			if rnd.IntN(200) == 0 {
				on = 1 - on
			}
			flow := good(s.flow, sec(at), 5+rnd.Float64())
			if rnd.IntN(30) == 0 {
				flow = bad(s.flow, sec(at), agent.Sentinel)
			}
			r.read(sec(at), flow, good(other, sec(at), 9+rnd.Float64()), good(s.coil, sec(at), coil), good(s.bit, sec(at), on))
		}
		for _, counted := range []string{"", "run"} {
			lots, n := booksOf(t, append(r.inStates(counted, "coils.ratio", agent.Lot), r.inStates(counted, "between.ratio", agent.Lot)...))
			days, _ := booksOf(t, r.inStates(counted, "coils.ratio", agent.Day))
			if n < 100 {
				t.Errorf("seed %d: got %d lots, want many", seed, n)
			}
			if !near(lots.out, days.out, 1e-9*days.out) || !near(lots.in, days.in, 1e-9*days.in) || !near(lots.seconds, days.seconds, 1e-6) ||
				!near(lots.lost, days.lost, 1e-6) || !near(lots.outside, days.outside, 1e-6) || days.lost == 0 || (counted == "run") != (days.outside > 0) {
				t.Errorf("seed %d %q: got %+v in lots and between, want %+v", seed, counted, lots, days)
			}
		}
	}
}

// books are what results add up to.
type books struct{ out, in, seconds, lost, outside float64 }

func booksOf(t *testing.T, all []agent.Result) (b books, n int) {
	t.Helper()
	for _, one := range all {
		checkBooks(t, one)
		b.out, b.in, b.seconds = b.out+one.Terms[0].Total, b.in+one.Terms[1].Total, b.seconds+one.Terms[0].Seconds
		b.lost, b.outside = b.lost+lostSeconds(one, agent.Sentinel, "flow"), b.outside+lostSeconds(one, agent.OutsideStates, "stop")
	}
	return b, len(all)
}

func TestLotWithoutItsNumber(t *testing.T) {
	for name, test := range map[string]struct {
		after   float64
		lots    []string
		partial []bool
		lost    float64
	}{
		"the same comes back":    {7, []string{"7", "9"}, []bool{false, false}, 120},
		"another one comes back": {8, []string{"7", "8", "9"}, []bool{true, true, false}, 0},
		"none comes back":        {0, []string{"7", "9"}, []bool{true, false}, 0},
	} {
		s := newSpool()
		r := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.coil, "0"))
		for at := 0.0; at <= 3600; at += 10 {
			coil := good(s.coil, sec(at), 7)
			switch {
			case at < 100 || at >= 1800:
				coil = good(s.coil, sec(at), 0)
			case at >= 1700:
				coil = good(s.coil, sec(at), 9)
			case at >= 850 && at < 960: // over the bound of a cell
				coil = bad(s.coil, sec(at), agent.Sentinel)
			case at >= 960:
				coil = good(s.coil, sec(at), test.after)
			}
			r.read(sec(at), good(s.flow, sec(at), 1), coil)
		}
		lots := r.of("a.total", agent.Lot)
		if !slices.Equal(ids(lots), test.lots) {
			t.Errorf("%s: got %v, want %v", name, ids(lots), test.lots)
			continue
		}
		for i, one := range lots {
			checkBooks(t, one)
			if one.Partial != test.partial[i] || one.Quality == agent.Good && one.Partial {
				t.Errorf("%s: lot %s: got partial %v, %v, want %v", name, one.Window.ID, one.Partial, one.Quality, test.partial[i])
			}
		}
		if got := lostSeconds(lots[0], agent.Sentinel, "coil"); !near(got, test.lost, 1e-9) {
			t.Errorf("%s: got %g s lost with the number, want %g", name, got, test.lost)
		}
	}
}

// TestLotThatWasOnIsPartial: and so are both parts of one that a set of the clock
// cuts; no part ends before it begins.
func TestLotThatWasOnIsPartial(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, -20 * time.Minute} {
		s := newSpool()
		r := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.coil, "0"))
		for at := 0.0; at <= 6000; at += 10 {
			coil := 7.0
			if at >= 4000 {
				coil = 8
			}
			if at == 2000 {
				r.ahead = ahead
			}
			s.read(r, at+r.ahead.Seconds(), 1, agent.Float64Value(coil))
		}
		lots := r.of("a.total", agent.Lot)
		if got, want := ids(lots), []string{"7", "7"}; !slices.Equal(got, want) {
			t.Fatalf("set by %v: got lots %v, want %v", ahead, got, want)
		}
		for _, one := range lots {
			if !one.Partial || !one.Window.Start.Before(one.Window.End) {
				t.Errorf("set by %v: got %+v, want a part", ahead, one.Window)
			}
			checkBooks(t, one)
		}
	}
}

// TestTotaliserCatchesUpWithinALot: what it did not tell while its source was
// silent is the lot's when it was one lot all the time.
func TestTotaliserCatchesUpWithinALot(t *testing.T) {
	oil, coil := tagOf("oil", "kg", "meter", 0), tagOf("coil", "", "plc", 1)
	oil.Counter = &agent.Counter{Modulus: 1 << 32, MaxRate: 5}
	r := newRig(t, utc(), inLots(amount("a", 1, oil), coil, "0"))
	for at := 0.0; at <= 4000; at += 10 {
		id := 0.0
		if at >= 100 && at < 3000 {
			id = 7
		}
		r.read(sec(at), good(coil, sec(at), id))
		if at < 500 || at > 2500 {
			r.read(sec(at), agent.Reading{Tag: oil, Time: sec(at), Value: agent.Uint64Value(uint64(at)), Quality: agent.Good})
		} else if at == 500 || at == 1500 {
			r.outage("meter", sec(at), agent.NoConnection)
		}
	}
	got := r.only("a.total", agent.Lot)
	checkBooks(t, got)
	if !near(got.Terms[0].Total, 2900, 1e-6) || !near(got.Coverage, 1, 1e-9) {
		t.Errorf("got %g kg, coverage %g, want 2900, all of it: %+v", got.Terms[0].Total, got.Coverage, got.Terms[0].Lost)
	}
}

// TestChangedLotsAreCut: and nothing else of the KPI is.
func TestChangedLotsAreCut(t *testing.T) {
	s := newSpool()
	r := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.coil, "0"))
	for at := 0.0; at <= 1500; at += 10 {
		s.read(r, at, 1, agent.TextValue("X1"))
	}
	data := checkpointOf(t, r.engine)
	next := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.bit, "0"))
	next.seq = r.seq
	if err := next.engine.Restore(data); err != nil {
		t.Fatal(err)
	}
	if got := checkpointOf(t, next.engine); string(got) != string(data) {
		t.Error("a checkpoint before the result came out forgets it")
	}
	next.read(sec(1510), good(s.flow, sec(1510), 1), good(s.bit, sec(1510), 3))
	got := next.only("a.total", agent.Lot)
	if !got.Partial || got.Window.ID != "X1" || got.Terms[0].Total != 900 || len(next.results) != 1 {
		t.Errorf("got %+v, want lot X1 cut with its 900", next.results)
	}
}

// TestShortLotIsATrend: a figure for hours and longer proves nothing over minutes.
func TestShortLotIsATrend(t *testing.T) {
	s := newSpool()
	kpi := inLots(amount("a", 1, s.flow), s.coil, "0")
	kpi.Quantities[0].MinWindow = agent.Hour
	r := newRig(t, utc(), kpi)
	for at := 0.0; at <= 9000; at += 10 {
		coil := 0.0
		switch {
		case at >= 100 && at < 1000:
			coil = 7
		case at >= 2000 && at < 6000:
			coil = 8
		}
		s.read(r, at, 1, agent.Float64Value(coil))
	}
	lots := r.of("a.total", agent.Lot)
	if len(lots) != 2 || lots[0].Reason.Code != agent.TrendOnly || lots[1].Quality != agent.Good {
		t.Errorf("got %+v, want a trend and a figure", lots)
	}
}

// TestNamesAreForgotten: what the engine keeps does not grow with the coils that
// were made.
func TestNamesAreForgotten(t *testing.T) {
	s := newSpool()
	r := newRig(t, utc(), inLots(amount("a", 1, s.flow), s.coil, "0"))
	for at := 0.0; at <= 86400; at += 10 {
		s.read(r, at, 1, agent.TextValue(fmt.Sprintf("coil %d", int(at)/60)))
	}
	if n := len(r.engine.byName["coil"].names.known); n > 40 {
		t.Errorf("got %d names held, want those of the open cells", n)
	}
	if n := len(r.of("a.total", agent.Lot)); n < 1400 {
		t.Errorf("got %d lots, want 1 a minute", n)
	}
}

// TestLotTagThatIsANumberToo: as a number elsewhere it stays one, and texts of it
// are no numbers.
func TestLotTagThatIsANumberToo(t *testing.T) {
	s := newSpool()
	kpi := stated(amount("a", 1, s.flow), []State{{Is: "stop", Tag: s.coil, When: limit(0)}, {Is: "run"}}, "run")
	r := newRig(t, utc(), inLots(kpi, s.coil, "0"))
	for at := 0.0; at <= 1800; at += 10 {
		coil := agent.Float64Value(0)
		if at >= 300 && at < 800 {
			coil = agent.Float64Value(4711)
		}
		s.read(r, at, 1, coil)
	}
	for _, counted := range []string{"", "run"} {
		lots := r.inStates(counted, "a.total", agent.Lot)
		if len(lots) != 1 || lots[0].Window.ID != "4711" || lots[0].Value != 500 {
			t.Errorf("%q: got %+v, want lot 4711 with its 500", counted, lots)
		}
	}
}
