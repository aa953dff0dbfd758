package sim

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair runs two mills of one seed side by side, one with the incident.
func pair(seed uint64, i Incident, for_ time.Duration, each func(at time.Time, usual, hit *Mill)) {
	usual, hit := NewMill(seed, start), NewMill(seed, start)
	hit.Schedule(i)
	run(usual, for_, 10*time.Second, func() {
		hit.Step(10 * time.Second)
		each(hit.Now(), usual, hit)
	})
}

func during(from, to time.Duration) (Incident, func(time.Time) bool) {
	i := Incident{From: start.Add(from), To: start.Add(to)}
	return i, func(at time.Time) bool { return !at.Before(i.From) && at.Before(i.To) }
}

func TestInstrumentIncidents(t *testing.T) {
	for _, tt := range []struct {
		kind  IncidentKind
		point string
		shows func(value, before float32) bool
	}{
		{FlameOut, "c_out", func(v, _ float32) bool { return math.Float32bits(v) == 0x7FC00000 }},
		{FlameOut, "c_in", func(v, _ float32) bool { return math.IsNaN(float64(v)) }},
		{Frozen, "q_in", func(v, before float32) bool { return v == before }},
		{Frozen, "c_out", func(v, before float32) bool { return v == before }},
	} {
		i, on := during(time.Hour, 2*time.Hour)
		i.Kind, i.Point = tt.kind, tt.point
		if tt.point == "c_out" {
			i.Point = "" // the usual one
		}
		hitAt := indexOf(tt.point)
		var before float32
		wrong := 0
		pair(9, i, 3*time.Hour, func(at time.Time, usual, hit *Mill) {
			a, b := usual.Values(), hit.Values()
			if on(at) && !tt.shows(b[hitAt].Float32(), before) {
				wrong++
			}
			before = b[hitAt].Float32()
			if on(at) {
				a[hitAt] = b[hitAt]
			}
			if !slices.Equal(a, b) {
				wrong++
			}
		})
		if wrong > 0 {
			t.Errorf("%v of %s: %d steps differ from what is wanted", tt.kind, tt.point, wrong)
		}
	}
}

func TestDriftGrowsByOnePercentPerDay(t *testing.T) {
	i, _ := during(0, 72*time.Hour)
	i.Kind, i.Point = Drift, "q_in"
	at := indexOf("q_in")
	var last float64
	pair(9, i, 48*time.Hour, func(_ time.Time, usual, hit *Mill) {
		last = float64(hit.Values()[at].Float32()) / float64(usual.Values()[at].Float32())
	})
	if math.Abs(last-1.02) > 0.001 {
		t.Errorf("after two days the reading is %.4f of the usual one, want 1.02", last)
	}
}

func TestWarmWashOilHalvesNothingButRemoval(t *testing.T) {
	i, _ := during(22*time.Hour, 30*time.Hour)
	i.Kind = WashOilWarm
	var from, to, usualFrom, usualTo Truth
	pair(4, i, 40*time.Hour, func(at time.Time, usual, hit *Mill) {
		switch {
		case at.Equal(start.Add(24 * time.Hour)):
			from, usualFrom = hit.Truth(), usual.Truth()
		case at.Equal(start.Add(30 * time.Hour)):
			to, usualTo = hit.Truth(), usual.Truth()
		}
		if usual.Truth().InKg != hit.Truth().InKg {
			t.Fatalf("at %v the incident changed what comes in", at)
		}
	})
	if got := to.Since(from).Removal(); math.Abs(got-0.61) > 0.03 {
		t.Errorf("removal in the bad night %.3f, want about 0.61", got)
	}
	if got := usualTo.Since(usualFrom).Removal(); math.Abs(got-0.96) > 0.01 {
		t.Errorf("removal in the usual night %.3f, want about 0.96", got)
	}
}

func TestCalibrationShowsZeroThenSpan(t *testing.T) {
	i, on := during(time.Hour, time.Hour+10*time.Minute)
	i.Kind = Calibration
	var zeroIn, spanOutShown float32
	pair(4, i, 2*time.Hour, func(at time.Time, usual, hit *Mill) {
		if got := hit.value(t, "calibration").Bool(); got != on(at) {
			t.Errorf("at %v the calibration bit is %v", at, got)
		}
		switch at.Sub(i.From) {
		case 4*time.Minute + 50*time.Second:
			zeroIn = hit.value(t, "c_in").Float32()
		case 9*time.Minute + 50*time.Second:
			spanOutShown = hit.value(t, "c_out").Float32()
		}
		if usual.Truth() != hit.Truth() {
			t.Fatalf("at %v calibration changed the truth", at)
		}
	})
	if zeroIn > 10 || spanOutShown < 0.85*spanOut || spanOutShown > 1.15*spanOut {
		t.Errorf("zero gas reads %v at the inlet, span gas %v at the outlet", zeroIn, spanOutShown)
	}
}

func TestPLCOffSilencesAllAndCountersGoOn(t *testing.T) {
	i, on := during(time.Hour, 2*time.Hour)
	i.Kind = PLCOff
	total := indexOf("oil_total")
	pair(4, i, 3*time.Hour, func(at time.Time, usual, hit *Mill) {
		for n, s := range hit.Values() {
			if s.OK == on(at) {
				t.Fatalf("at %v point %d is answered: %v", at, n, s.OK)
			}
		}
		if hit.Off() != on(at) {
			t.Fatalf("at %v off is %v", at, hit.Off())
		}
		if a, b := usual.Values()[total].Bits, hit.Values()[total].Bits; a != b {
			t.Fatalf("at %v the totaliser shows %d, want %d", at, b, a)
		}
	})
}

func TestCounterResetAndWrap(t *testing.T) {
	m := NewMill(4, start)
	m.Schedule(Incident{Kind: CounterReset, From: start.Add(20 * 24 * time.Hour)})
	at := indexOf("oil_total")
	last := uint32(m.Values()[at].Bits)
	var falls []time.Duration
	var missing uint64 // 0.1 kg
	run(m, 35*24*time.Hour, time.Minute, func() {
		now := uint32(m.Values()[at].Bits)
		if now < last {
			falls = append(falls, m.Now().Sub(start))
			if m.Now().Sub(start) == 20*24*time.Hour {
				missing += uint64(last)
				last = 0
			}
		}
		missing += uint64(now - last) // wraps as the register does
		last = now
	})
	if len(falls) != 2 || falls[0] < 24*time.Hour || falls[0] > 5*24*time.Hour || falls[1] != 20*24*time.Hour {
		t.Errorf("the totaliser fell at %v, want a wrap within days and the reset on day 20", falls)
	}
	if last == 0 || missing == 0 {
		t.Error("the totaliser stands still")
	}
}

func TestTotaliserMeasuresTheTruth(t *testing.T) {
	for seed := range uint64(20) {
		m := NewMill(seed, start)
		at := indexOf("oil_total")
		first, before := m.Values()[at].Bits, m.Truth()
		run(m, 24*time.Hour, 10*time.Second, nil)
		got := float64(uint32(m.Values()[at].Bits)-uint32(first)) * 0.1
		want := m.Truth().Since(before).RecoveredKg
		if limit := 0.002*want + 0.02*24 + 0.1; math.Abs(got-want) > limit {
			t.Errorf("seed %d: the totaliser counted %.1f kg, want %.1f ± %.1f", seed, got, want, limit)
		}
	}
}

func TestAnIncidentAtAnUnknownPointIsABug(t *testing.T) {
	defer func() {
		if got, _ := recover().(string); !strings.HasPrefix(got, `BUG: frozen cannot be at "nowhere"`) {
			t.Errorf("panic %q", got)
		}
	}()
	NewMill(1, start).Schedule(Incident{Kind: Frozen, Point: "nowhere"})
	t.Error("no panic")
}

func TestIncidentNames(t *testing.T) {
	seen := map[string]bool{"": true}
	for k := PLCOff; k <= WrongWordOrder; k++ {
		if seen[k.String()] {
			t.Errorf("kind %d is called %q, as another", k, k)
		}
		seen[k.String()] = true
	}
	if got := (WrongWordOrder + 1).String(); got != "incident 12" {
		t.Errorf("the next kind is called %q", got)
	}
}

// TestIncidentWords: configurations and scripts of years ago use these words.
func TestIncidentWords(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	from := time.Date(2026, 11, 23, 14, 0, 0, 0, zone)
	to := from.Add(90*time.Minute + 500*time.Millisecond)
	for n, word := range []string{"plc_off", "flame_out", "wash_oil_warm", "calibration", "counter_reset", "frozen", "drift",
		"purge_doubled", "hrsg_fouling", "meter_swapped", "wrong_word_order"} {
		for _, point := range []string{"", "c_out"} {
			want := Incident{Kind: PLCOff + IncidentKind(n), From: from, To: to, Point: point}
			text := strings.TrimSpace(word + " 2026-11-23T14:00:00+08:00 2026-11-23T15:30:00.5+08:00 " + point)
			if got, err := want.MarshalText(); err != nil || string(got) != text {
				t.Errorf("%v is written %q, %v; want %q", want.Kind, got, err, text)
			}
			var got Incident
			if err := got.UnmarshalText([]byte(text)); err != nil || !got.From.Equal(from) || !got.To.Equal(to) {
				t.Errorf("%q is read as %+v, %v", text, got, err)
			}
			if got.From, got.To = from, to; got != want {
				t.Errorf("%q is read as %+v, want %+v", text, got, want)
			}
		}
	}
}

// TestWrongIncidentTexts: each says what to write, and leaves the incident alone.
func TestWrongIncidentTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `write "KIND FROM TO"`,
		"frozen tomorrow":   `for example "flame_out 2026-11-23T14:00:00+08:00`,
		"a b c d e":         `write "KIND FROM TO"`,
		"PLC_off x y":       `no incident is called "PLC_off"; write one of plc_off, flame_out,`,
		"frozen today 2026": "\"today\" is not a time; write it like 2026-11-23T14:00:00+08:00\n\"2026\" is not a time",
		"frozen 2026-11-23T14:00:00Z 2026-11-23T14:00:00Z": "ends before it begins",
		"frozen 2026-11-23T14:00:00Z 2026-11-22T14:00:00Z": "write the earlier time first",
	} {
		i := Incident{Kind: Drift}
		if err := i.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || i != (Incident{Kind: Drift}) {
			t.Errorf("%q: %v and %+v; want %q", text, err, i, want)
		}
	}
	for _, i := range []Incident{
		{From: start, To: start.Add(time.Hour)}, {Kind: WrongWordOrder + 1, From: start, To: start.Add(time.Hour)},
		{Kind: Frozen, From: start}, {Kind: Frozen, From: start, To: start.Add(time.Hour), Point: "the outlet"},
	} {
		if text, err := i.MarshalText(); err == nil {
			t.Errorf("%+v is written %q", i, text)
		}
	}
}

// TestPlantsKnowTheirIncidents: what a plant knows can be scheduled, and the
// error of what it does not know says what can.
func TestPlantsKnowTheirIncidents(t *testing.T) {
	known := 0
	for _, p := range []Plant{NewMill(1, start), NewAcid(1, start), NewGlass(1, start)} {
		for k := range WrongWordOrder + 2 {
			for _, point := range append(p.Points(), Point{}, Point{Name: "nowhere"}) {
				if i := (Incident{Kind: k, Point: point.Name}); p.Knows(i) == nil {
					p.Schedule(i)
					known++
				}
			}
		}
	}
	// Three kinds at each instrument, the totalisers, and every kind without a point.
	if want := 3*(11+23+11) + 1 + 4 + 7 + 5 + 8; known != want {
		t.Errorf("the plants know %d incidents, want %d", known, want)
	}
	for _, tt := range []struct {
		p    Plant
		i    Incident
		want string
	}{
		{NewMill(1, start), Incident{Kind: HRSGFouling}, `hrsg_fouling does not happen at the simulated plant "mill"; write one of plc_off, flame_out, wash_oil_warm,`},
		{NewAcid(1, start), Incident{}, `write one of plc_off, flame_out, frozen, drift, purge_doubled`},
		{NewAcid(1, start), Incident{Kind: Frozen, Point: "feed_strength_lab"}, "write one of so2, feed_flow, "},
		{NewGlass(1, start), Incident{Kind: CounterReset, Point: "heartbeat"}, `write one of gen_energy, aux_energy, import_energy, export_energy`},
		{NewGlass(1, start), Incident{Kind: PLCOff, Point: "t_in"}, `plc_off is not about a single point; leave "t_in" out`},
	} {
		if err := tt.p.Knows(tt.i); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v at the %s: %v, want %q", tt.i, tt.p.Name(), err, tt.want)
		}
	}
}
