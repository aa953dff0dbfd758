package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"recoup/agent"
)

func checkpointOf(t testing.TB, e *Engine) []byte {
	t.Helper()
	data, err := e.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPackedSeries(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	tags := map[string]*agent.Tag{"plain": {}, "scaled": {Scale: 0.1, Offset: -40}, "odd": {Scale: 1.0 / 3}}
	kinds := map[string]func(i int) agent.Value{
		"register": func(int) agent.Value { return agent.Int64Value(int64(rnd.IntN(4000)) - 2000) },
		"float32":  func(i int) agent.Value { return agent.Float32Value(float32(math.Sin(float64(i))) * 1000) },
		"float64":  func(i int) agent.Value { return agent.Float64Value(math.Cos(float64(i)) * 1e6) },
		"zeros":    func(i int) agent.Value { return agent.Float64Value(math.Copysign(0, float64(i%2)-0.5)) },
		"huge":     func(int) agent.Value { return agent.Float64Value(rnd.ExpFloat64() * 1e300) },
	}
	for name, tag := range tags {
		for kind, value := range kinds {
			var s series
			for i, at := 0, origin.UnixNano(); i < 500; i, at = i+1, at+second+rnd.Int64N(1e6) {
				el := sample(tag, &agent.Reading{Tag: tag, Value: value(i), Quality: agent.Good}, at)
				switch rnd.IntN(20) {
				case 0:
					el = element{t: at, code: agent.Timeout, trait: mark | bySource}
				case 1:
					el = element{t: at, code: agent.Sentinel}
				}
				s.put(el)
			}
			w := &writer{}
			p := &packer{w: w}
			p.pack(tag, s.elems)
			first := len(w.buf)
			p.pack(tag, s.elems)
			if kind == "register" && name == "plain" && (first > 6*500 || len(w.buf)-first > 3*500) {
				t.Errorf("500 samples took %d bytes, and %d with the same times, want at most 6 and 3 each", first, len(w.buf)-first)
			}
			u := &unpacker{r: &reader{buf: w.buf}}
			for range 2 {
				got := u.unpack()
				same := slices.EqualFunc(got, s.elems, func(a, b element) bool {
					return a.t == b.t && math.Float64bits(a.v) == math.Float64bits(b.v) && a.code == b.code && a.trait == b.trait
				})
				if !same || u.r.err != nil {
					t.Errorf("%s %s: %d elements came back otherwise (%v)", name, kind, len(got), u.r.err)
				}
			}
			if len(u.r.buf) != 0 {
				t.Errorf("%s %s: %d bytes left over", name, kind, len(u.r.buf))
			}
		}
	}
}

func TestDamagedCheckpoint(t *testing.T) {
	m := newMill(2, true)
	r := newRig(t, utc(), m.kpi(t))
	for _, b := range m.batches(r, 1.1) {
		r.add(b)
	}
	data := checkpointOf(t, r.engine)
	fresh := newEngine(t, utc(), m.kpi(t))
	want := checkpointOf(t, fresh)
	for i := range data {
		hurt := slices.Clone(data)
		hurt[i] ^= 0x10
		if err := fresh.Restore(hurt); err == nil {
			t.Fatalf("byte %d changed: got no error", i)
		}
		if err := fresh.Restore(data[:i]); err == nil {
			t.Fatalf("cut at %d: got no error", i)
		}
	}
	if got := checkpointOf(t, fresh); string(got) != string(want) {
		t.Error("a damaged checkpoint left something behind")
	}
}

func TestChangedDefinitionEndsItsWindows(t *testing.T) {
	m := newMill(2, false)
	plant := utc()
	plant.Shifts = []string{"00:00", "08:00"}
	r := newRig(t, plant, m.kpi(t))
	for _, b := range m.batches(r, 2.1) {
		r.add(b)
	}
	old := r.of("mill.oil.removal", agent.Cell)
	data := checkpointOf(t, r.engine)

	changed := m.kpi(t)
	changed.Quantities[0].MinCoverage = 0.01
	next := newRig(t, plant, changed)
	next.seq, next.epoch, next.boot = r.seq, 2, 2
	if err := next.engine.Restore(data); err != nil {
		t.Fatal(err)
	}
	if got := checkpointOf(t, next.engine); string(got) != string(data) {
		t.Error("a checkpoint before the results came out forgets them")
	}
	next.add(next.batch(agent.Own, sec(7600)))
	if len(next.results) != 0 {
		t.Fatalf("got %v from an own batch, want nothing", next.results)
	}
	next.read(sec(7600), good(m.qIn, sec(7600), 50000), good(m.cIn, sec(7600), 100), raw(m.oil, 7600, 42949770))
	var kinds []agent.WindowKind
	for _, one := range next.results {
		kinds = append(kinds, one.Window.Kind)
		checkBooks(t, one)
		if !one.Partial || one.KPI != "mill.oil.removal" || one.Config != old[0].Config {
			t.Errorf("got %+v, want a Partial of the old removal", one)
		}
	}
	if want := []agent.WindowKind{agent.Cell, agent.Shift, agent.Day, agent.Week, agent.Month, agent.Year}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	var total float64
	for _, one := range old {
		total += one.Terms[0].Total
	}
	if got := next.of("mill.oil.removal", agent.Day)[0].Terms[0].Total; got != total {
		t.Errorf("got %g kg in the day cut short, want %g", got, total)
	}
	if got := next.of("mill.oil.removal", agent.Year)[0].Terms[0].Total; got != total {
		t.Errorf("got %g kg in the year cut short, want %g", got, total)
	}
	if len(next.events) != 1 || next.events[0].Kind != agent.DefinitionNew || next.events[0].Key != "mill.oil.removal" || !next.events[0].Start.Equal(sec(7600)) {
		t.Errorf("got events %+v, want the new definition of removal", next.events)
	}
	for _, one := range next.engine.Current() {
		if one.KPI == "mill.oil.recovered" && one.Window.Kind == agent.Day && one.Terms[0].Seconds < 7000 {
			t.Errorf("got %g s of the quantity that was not changed, want it to go on", one.Terms[0].Seconds)
		}
	}
}

func TestRemovedFamilyIsWithheld(t *testing.T) {
	m := newMill(2, false)
	r := newRig(t, utc(), m.kpi(t))
	for _, b := range m.batches(r, 23.9) {
		r.add(b)
	}
	tag := tagOf("x", "kg/s", "plc", 0)
	next := newRig(t, utc(), amount("a", 1, tag))
	if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
		t.Fatal(err)
	}
	next.read(sec(24*3600-1), good(tag, sec(24*3600-1), 1))
	got := next.only("mill.oil.removal", agent.Day)
	if !got.Withheld() || got.Reason.Code != agent.PartialWindow || got.Terms[0].Total <= 0 || got.Terms[0].Role != "inlet" {
		t.Errorf("got %+v, want its terms without a figure", got)
	}
}

func TestStandInGivesStoredCells(t *testing.T) {
	m := newMill(7, true)
	kpi := m.kpi(t)
	r := newRig(t, utc(), kpi)
	batches := m.batches(r, 6)
	whole, patched := newRig(t, utc(), kpi), newRig(t, utc(), kpi)
	from, to := len(batches)/6, len(batches)/3 // dropped by a bound of the buffer
	var results []agent.Result
	for i, b := range batches {
		got, _ := whole.add(b)
		switch {
		case i < from:
			patched.add(b)
		case i < to:
			results = append(results, got...)
		case i == to:
			results = append(results, got...)
			gap := &agent.Gap{From: batches[from].Mark, To: b.Mark, First: batches[from].Received, Last: b.Received, Rows: map[string]int{"mill": 9, "stack": 9}}
			stand := &agent.Batch{Mark: b.Mark, Source: agent.Own, Received: b.Received, Boot: b.Boot, Mono: b.Mono,
				Results: results, Events: []agent.Event{{Kind: agent.GapRecorded, Gap: gap}}}
			if got, events := patched.add(stand); got != nil || events != nil {
				t.Fatalf("got %v, %v from a stand-in, want nothing", got, events)
			}
		default:
			patched.add(b)
		}
	}
	seen := map[agent.ResultKey]agent.Result{}
	for _, one := range whole.results {
		seen[one.Key()] = one
	}
	full := 0
	for _, one := range patched.results {
		checkBooks(t, one)
		want, known := seen[one.Key()]
		if !known {
			t.Errorf("got %v, which the whole run does not have", one.Window)
		}
		lost := lostSeconds(one, agent.Dropped, "mill") + lostSeconds(one, agent.Dropped, "stack")
		if one.Window.Kind == agent.Hour && lost == 0 && near(one.Terms[0].Total, want.Terms[0].Total, 1e-9) {
			full++
		}
		if one.Window.Kind == agent.Cell && slices.ContainsFunc(results, func(r agent.Result) bool { return r.Key() == one.Key() }) {
			t.Errorf("got the stored cell %s again", one.Window.Start)
		}
	}
	if full < 5 {
		t.Errorf("%d hours equal those of the whole run, want nearly all", full)
	}
}

// TestStoredTrendIsNoDoubt: a cell is too short for the figure; the hour made of
// such cells is not.
func TestStoredTrendIsNoDoubt(t *testing.T) {
	x, y := tagOf("x", "t/h", "plc", 0), tagOf("y", "t/h", "plc", 1)
	kpi := ratio("k", 1, x, y)
	kpi.Quantities[0].MinWindow = agent.Hour
	whole, patched := newRig(t, utc(), kpi), newRig(t, utc(), kpi)
	for s := 0.0; s <= 3610; s += 10 {
		b := whole.batch("plc", sec(s), good(x, sec(s), 1), good(y, sec(s), 2))
		whole.add(b)
		if s < 3600 {
			continue
		}
		if s == 3600 {
			stand := patched.batch(agent.Own, sec(s))
			stand.Results = whole.of("k.ratio", agent.Cell)
			patched.add(stand)
		}
		patched.add(b)
	}
	for _, cell := range whole.of("k.ratio", agent.Cell) {
		if want := (agent.Reason{Code: agent.TrendOnly, Detail: "hour"}); cell.Reason != want || cell.Quality != agent.Uncertain || cell.Withheld() {
			t.Errorf("cell %s: got %v %v, want a trend only", cell.Window.Start, cell.Quality, cell.Reason)
		}
	}
	for name, r := range map[string]*rig{"from readings": whole, "from stored cells": patched} {
		if got := r.only("k.ratio", agent.Hour); got.Quality != agent.Good || got.Value != 0.5 || got.Coverage != 1 {
			t.Errorf("%s: got %g over %g, %v %v, want 0.5, good", name, got.Value, got.Coverage, got.Quality, got.Reason)
		}
	}
}

func FuzzRestore(f *testing.F) {
	m := newMill(2, true)
	kpi := m.kpi(f)
	r := newRig(f, utc(), kpi)
	batches := m.batches(r, 1.1)
	for i, b := range batches {
		r.add(b)
		if i%100 == 0 {
			data := checkpointOf(f, r.engine)
			f.Add(data[len(magic) : len(data)-4])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		st, err := decodeBody(body)
		if err != nil {
			return
		}
		e := newEngine(t, utc(), kpi)
		e.resume(st)
		checkpointOf(t, e)
	})
}
