package kpi

import (
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// every feeds one tag with a value each 10 s over [from, to).
func (r *rig) every(tag *agent.Tag, from, to, v float64) {
	for s := from; s < to; s += 10 {
		r.read(sec(s), good(tag, sec(s), v))
	}
}

func TestOutageReachesBackToTheLastSample(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 0, 300, 2)
	for s := 305.0; s < 1000; s += 10 {
		r.outage("plc", sec(s), agent.Timeout)
	}
	if got := len(r.of("a.total", agent.Cell)); got != 1 {
		t.Fatalf("got %d cells, want the first closed by the outage alone", got)
	}
	r.every(tag, 1000, 1900, 2)
	cells := r.of("a.total", agent.Cell)
	for i, want := range []struct{ seconds, lost float64 }{{290, 610}, {800, 100}} {
		if got := cells[i].Terms[0]; got.Seconds != want.seconds || lostSeconds(cells[i], agent.Timeout, "plc") != want.lost {
			t.Errorf("cell %d: got %g s and lost %v, want %g s and %g s timeout of plc", i, got.Seconds, got.Lost, want.seconds, want.lost)
		}
	}
}

func TestCausesOfLoss(t *testing.T) {
	tests := []struct {
		name   string
		middle func(r *rig, tag *agent.Tag) // between samples up to 290 s and from 600 s on
		cause  agent.Code
		about  string
		lost   float64
	}{
		{"silence", func(*rig, *agent.Tag) {}, agent.GapTooLong, "x", 310},
		{"bad readings", func(r *rig, tag *agent.Tag) {
			for s := 300.0; s < 600; s += 10 {
				r.read(sec(s), bad(tag, sec(s), agent.NotFinite))
			}
		}, agent.NotFinite, "x", 310},
		{"infinity called good", func(r *rig, tag *agent.Tag) {
			zero := 0.0
			r.read(sec(300), good(tag, sec(300), 1/zero))
		}, agent.NotFinite, "x", 310},
		{"restart", func(r *rig, tag *agent.Tag) { r.epoch, r.boot = 2, 2 }, agent.AgentStopped, agent.Own, 310},
		{"outage, then restart", func(r *rig, tag *agent.Tag) {
			r.outage("plc", sec(300), agent.Timeout)
			r.add(r.batch(agent.Own, sec(400)))
			r.epoch, r.boot = 2, 2
		}, agent.AgentStopped, agent.Own, 200},
		{"stand-in", func(r *rig, tag *agent.Tag) {
			b := r.batch(agent.Own, sec(590))
			b.Events = []agent.Event{{Kind: agent.GapRecorded, Gap: &agent.Gap{To: b.Mark, First: sec(300), Last: sec(590), Rows: map[string]int{"plc": 30, "other": 2}}}}
			r.add(b)
		}, agent.Dropped, "plc", 310},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tag := tagOf("x", "kg/s", "plc", 0)
			r := newRig(t, utc(), amount("a", 1, tag))
			r.every(tag, 0, 300, 2)
			test.middle(r, tag)
			r.every(tag, 600, 1000, 2)
			got := r.only("a.total", agent.Cell)
			if lost := lostSeconds(got, test.cause, test.about); lost != test.lost {
				t.Errorf("got %g s %v of %q, want %g: %v", lost, test.cause, test.about, test.lost, got.Terms[0].Lost)
			}
			checkBooks(t, got)
			if got.Reason.Code != agent.LowCoverage || got.Quality != agent.Uncertain || got.Terms[0].Total != 2*590 {
				t.Errorf("got %g, %v %v, want 1180, uncertain for low coverage", got.Terms[0].Total, got.Quality, got.Reason)
			}
		})
	}
}

func TestShortGapIsBridged(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 0, 300, 2)
	r.outage("plc", sec(305), agent.Timeout)
	r.every(tag, 320, 1000, 2)
	if got := r.only("a.total", agent.Cell); got.Quality != agent.Good || got.Value != 1800 {
		t.Errorf("got %g, %v %v %v, want 1800, good", got.Value, got.Quality, got.Reason, got.Terms[0].Lost)
	}
}

func TestWithheldBelowHalf(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	kpi := amount("a", 1, tag)
	kpi.Quantities[0].MinCoverage = 0.5
	_, kpi.Quantities[0].Target, _ = parseTarget("total >= 1")
	r := newRig(t, utc(), kpi)
	r.every(tag, 0, 400, 2)
	r.outage("plc", sec(400), agent.NoConnection)
	r.outage("plc", sec(900), agent.NoConnection)
	got := r.only("a.total", agent.Cell)
	if !got.Withheld() || got.Value != 0 || got.Verdict != agent.NoVerdict || got.Reason.Code != agent.LowCoverage || got.Reason.Detail != "510 s no_connection (plc)" {
		t.Errorf("got %+v, want it withheld for no_connection of plc", got)
	}
}

func TestHeldUntilVouches(t *testing.T) {
	tag := tagOf("x", "kg/s", "opc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.read(sec(0), good(tag, sec(0), 2))
	for s := 100.0; s <= 800; s += 100 {
		b := r.batch("opc", sec(s))
		b.HeldUntil = sec(s)
		if s == 500 {
			b.Readings = []agent.Reading{good(tag, sec(450), 4)}
			b.HeldUntil = sec(500)
		}
		r.add(b)
	}
	if n := len(r.engine.inputs[0].runs[0].elems); n != 4 {
		t.Errorf("got %d held elements for two values, want 4", n)
	}
	b := r.batch("opc", sec(905))
	b.HeldUntil = sec(905)
	r.add(b)
	got := r.only("a.total", agent.Cell)
	// 2 until 400; from there to the change at 450 the gap is longer than 30 s; then 4.
	if want := 2*400.0 + 4*450; got.Terms[0].Total != want || lostSeconds(got, agent.GapTooLong, "x") != 50 {
		t.Errorf("got %g and lost %v, want %g and 50 s", got.Terms[0].Total, got.Terms[0].Lost, want)
	}
}

func TestReadingBeforeWhatVouchesForIt(t *testing.T) {
	tag := tagOf("x", "", "opc", 0)
	s := series{}
	s.put(sample(tag, &agent.Reading{Tag: tag, Value: agent.Float64Value(1), Quality: agent.Good}, 0))
	s.vouch(100)
	s.put(element{t: 50, v: 9, trait: trait(agent.Good)})
	if got := s.elems[2]; got.v != 9 || got.t != 100 {
		t.Errorf("got %+v, want the later value vouched for", got)
	}
}

func TestLateReadingsAreToldOncePerCell(t *testing.T) {
	x := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, x))
	r.every(x, 0, 2000, 2)
	before := r.of("a.total", agent.Cell)
	for _, s := range []float64{100, 110, 950, 120} {
		b := r.batch("plc", sec(2000), good(x, sec(s), 50))
		b.Backfill = true
		r.add(b)
	}
	var told []time.Time
	for _, e := range r.events {
		if e.Kind == agent.LateArrived && e.Key == "x" {
			told = append(told, e.Start)
		}
	}
	if want := []time.Time{sec(0), sec(900)}; !slices.Equal(told, want) {
		t.Errorf("got late cells %v, want %v", told, want)
	}
	r.every(x, 2000, 3000, 2)
	after := r.of("a.total", agent.Cell)
	if len(before) != 2 || len(after) != 3 || after[2].Value != 1800 {
		t.Errorf("got %d then %d cells, the third %+v; want 2, 3 and 1800", len(before), len(after), after[len(after)-1])
	}
}

func TestLateWithinTheGraceCounts(t *testing.T) {
	x, y := tagOf("x", "t/h", "a", 0), tagOf("y", "t/h", "b", 1)
	r := newRig(t, utc(), ratio("k", 1, x, y))
	for s := 0.0; s <= 950; s += 10 {
		r.read(sec(s), good(x, sec(s), 1))
	}
	if len(r.results) != 0 {
		t.Fatalf("got %d results before the second source spoke, want none", len(r.results))
	}
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(955), good(y, sec(s), 2))
	}
	got := r.only("k.ratio", agent.Cell)
	if got.Value != 0.5 || got.Coverage != 1 {
		t.Errorf("got %g over %g, want 0.5 over all", got.Value, got.Coverage)
	}
}

func TestGraceClosesWithoutTheOther(t *testing.T) {
	x, y := tagOf("x", "t/h", "a", 0), tagOf("y", "t/h", "b", 1)
	r := newRig(t, utc(), ratio("k", 1, x, y))
	for s := 0.0; s <= 960; s += 10 {
		r.read(sec(s), good(x, sec(s), 1))
	}
	for _, hint := range []func(*agent.Batch){func(b *agent.Batch) { b.More = true }, func(b *agent.Batch) { b.Backfill = true }} {
		b := r.batch("a", sec(961))
		hint(b)
		r.add(b)
	}
	if len(r.results) != 0 {
		t.Fatalf("closed at the grace or by a batch that closes nothing, want only after it")
	}
	r.read(sec(961), good(x, sec(961), 1))
	got := r.only("k.ratio", agent.Cell)
	if !got.Withheld() || lostSeconds(got, agent.NoData, "y") != 900 {
		t.Errorf("got %+v, want it withheld for no data of y", got)
	}
}

func TestSmallestWindowsComeFirst(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	plant := utc()
	plant.Shifts = []string{"00:00", "12:00"}
	r := newRig(t, plant, amount("a", 1, tag))
	at := time.Date(2027, 12, 31, 23, 0, 0, 0, time.UTC)
	for ; at.Before(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)); at = at.Add(10 * time.Second) {
		r.read(at, good(tag, at, 1))
	}
	results, _ := r.engine.Add(r.batch("plc", at, good(tag, at, 1)))
	var kinds []agent.WindowKind
	for _, one := range results {
		kinds = append(kinds, one.Window.Kind)
	}
	if want := []agent.WindowKind{agent.Cell, agent.Hour, agent.Shift, agent.Day, agent.Month, agent.Year}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	for _, one := range results {
		if one.Partial != (one.Window.Kind != agent.Cell && one.Window.Kind != agent.Hour) {
			t.Errorf("%s: got partial %v", one.Window.Kind, one.Partial)
		}
	}
}

func TestClockFarAheadIsPassedOver(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, agent.Plant{Timezone: "UTC", DayStart: "07:20", Shifts: []string{"08:00"}}, amount("a", 1, tag))
	r.every(tag, 0, 100, 2)
	r.ahead = 60 * 365 * 24 * time.Hour
	for s := 100.0; s < 1000; s += 10 {
		at := sec(s).Add(r.ahead)
		r.read(at, good(tag, at, 2))
	}
	if n := len(r.results); n < 60*(1+12+52) || n > 15000 {
		t.Errorf("got %d results of 60 years passed over, want those of weeks, months and years and of 40 days", n)
	}
	for _, one := range r.results {
		checkBooks(t, one)
	}
}

func TestLongSilence(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 0, 100, 2)
	back := 100 * 86400.0
	r.epoch, r.boot = 2, 2
	r.every(tag, back, back+1000, 2)
	if n, most := len(r.of("a.total", agent.Cell)), 42*96+1; n > most || n < 40*96 {
		t.Errorf("got %d cells over 100 days of silence, want about 40 days of them", n)
	}
	months := r.of("a.total", agent.Month)
	if len(months) != 3 {
		t.Fatalf("got %d months, want March to May", len(months))
	}
	for _, m := range months {
		checkBooks(t, m)
	}
	if got := lostSeconds(months[1], agent.AgentStopped, agent.Own); got != 30*86400 {
		t.Errorf("April: got %g s agent_stopped, want all of it: %v", got, months[1].Terms[0].Lost)
	}
}

func TestOtherGenerationAndForeignTags(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	older, other := *tag, *tag
	older.Gen, older.Index, older.Scale = 3, 9, 2
	other.Gen, other.Unit = 4, "t/s"
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(s), good(&older, sec(s), 1), good(&other, sec(s), 77), good(tagOf("z", "kg/s", "plc", 0), sec(s), 5))
	}
	if got := r.only("a.total", agent.Cell); got.Value != 1800 {
		t.Errorf("got %g, want 1800: by name, each reading by its own scale, another unit not at all", got.Value)
	}
}

func TestCurrent(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	plant := utc()
	plant.Shifts = []string{"00:00", "08:00"}
	r := newRig(t, plant, amount("a", 1, tag))
	if got := r.engine.Current(); got != nil {
		t.Errorf("got %v before the first batch, want none", got)
	}
	r.every(tag, 0, 8*3600+1000, 2)
	before, err := r.engine.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	want := map[agent.WindowKind]float64{agent.Cell: 2 * 90, agent.Hour: 2 * 990, agent.Shift: 2 * 990, agent.Day: 2 * 29790, agent.Week: 2 * 29790}
	for _, got := range r.engine.Current() {
		if v, asked := want[got.Window.Kind]; asked && (got.Value != v || got.Coverage != 1 || got.Quality != agent.Good) {
			t.Errorf("%s: got %g over %g, %v %v, want %g, all, good", got.Window.Kind, got.Value, got.Coverage, got.Quality, got.Reason, v)
		}
		delete(want, got.Window.Kind)
	}
	if len(want) != 0 {
		t.Errorf("no running windows of %v", want)
	}
	if after, _ := r.engine.Checkpoint(); string(after) != string(before) {
		t.Error("Current changed the state")
	}
}

func TestDoubtWithoutReasonStillShows(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	for s := 0.0; s <= 900; s += 10 {
		one := good(tag, sec(s), 1)
		if s == 500 {
			one.Quality = agent.Uncertain
		}
		r.read(sec(s), one)
	}
	if got := r.only("a.total", agent.Cell); got.Quality != agent.Uncertain || got.Reason.Code != agent.DeviceDoubt || got.Value != 900 {
		t.Errorf("got %g %v %v, want 900, uncertain", got.Value, got.Quality, got.Reason)
	}
}

func TestBegunLateIsPartial(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 5, 7300, 2)
	for _, kind := range []agent.WindowKind{agent.Cell, agent.Hour} {
		for i, one := range r.of("a.total", kind) {
			if one.Partial != (i == 0) || (one.Quality == agent.Uncertain) != (i == 0) {
				t.Errorf("%s %d: got partial %v, %v %v", kind, i, one.Partial, one.Quality, one.Reason)
			}
		}
	}
	if first := r.of("a.total", agent.Hour)[0]; lostSeconds(first, agent.PartialWindow, "") != 5 {
		t.Errorf("got lost %v, want the 5 s before the beginning", first.Terms[0].Lost)
	}
}

func TestClockSetBackWaitsForEverySourceAgain(t *testing.T) {
	x, y := tagOf("x", "t/h", "a", 0), tagOf("y", "t/h", "b", 1)
	r := newRig(t, utc(), ratio("k", 1, x, y))
	both := func(from, to float64) {
		for s := from; s < to; s += 10 {
			r.read(sec(s+1), good(y, sec(s), 2))
			r.read(sec(s+2), good(x, sec(s+2), 1))
		}
	}
	both(0, 1805-10)
	r.read(sec(1805), good(x, sec(1805), 1))
	r.ahead = -305 * time.Second
	both(1500, 2000)
	for _, one := range r.of("k.ratio", agent.Cell) {
		if lost := lostSeconds(one, agent.NoData, "x") + lostSeconds(one, agent.NoData, "y"); lost > 2 {
			t.Errorf("cell %s: got %g s without data: %v", one.Window.Start, lost, one.Terms[0].Lost)
		}
	}
}

func TestMarksOfALongOutageAreNotKept(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 0, 100, 2)
	for s := 100.0; s < 86400; s += 10 {
		r.outage("plc", sec(s), []agent.Code{agent.Timeout, agent.NoConnection}[int(s/10)%2])
	}
	if n := len(r.engine.inputs[0].runs[0].elems); n > 100 {
		t.Errorf("got %d elements held after a day without a value, want those of one cell", n)
	}
	for i, one := range r.of("a.total", agent.Cell)[1:] {
		if a, b := lostSeconds(one, agent.Timeout, "plc"), lostSeconds(one, agent.NoConnection, "plc"); a != 450 || b != 450 {
			t.Errorf("cell %d: got %g and %g s, want 450 of each", i, a, b)
		}
	}
}
