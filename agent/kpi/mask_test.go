package kpi

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// under puts a mask on all quantities of a KPI.
func under(kpi KPI, m Mask) KPI {
	for i := range kpi.Quantities {
		kpi.Quantities[i].Masks = append(kpi.Quantities[i].Masks, m)
	}
	return kpi
}

// calibrated is a flow with the bit that says when it is calibrated.
type calibrated struct {
	flow, bit *agent.Tag
}

func newCalibrated(every time.Duration) calibrated {
	c := calibrated{tagOf("flow", "kg/s", "s", 0), tagOf("bit", "", "s", 1)}
	c.flow.Every, c.bit.Every, c.bit.Hold = every, every, true
	return c
}

func (c calibrated) mask() Mask { return Mask{Tag: c.bit, As: agent.Calibration} }

func (c calibrated) read(r *rig, s, v, bit float64) {
	r.read(sec(s), good(c.flow, sec(s), v), good(c.bit, sec(s), bit))
}

// between gives 1 in [from, to), else 0.
func (calibrated) between(s, from, to float64) float64 {
	if s >= from && s < to {
		return 1
	}
	return 0
}

func caseA21CalibrationIsMasked(t *testing.T) {
	w := caseOf(t, "A21")
	minutes := field[map[string]struct{ N, Value float64 }](t, w.Inputs, "minutes")
	measuring, zero, span := minutes["measuring"], minutes["zero_gas"], minutes["span_gas"]
	c := newCalibrated(time.Minute)
	r := newRig(t, utc(), under(amount("masked", 1, c.flow), c.mask()), amount("open", 1, c.flow))
	for m := 0.0; m <= measuring.N; m++ {
		c.read(r, m*60, measuring.Value, 0)
	}
	at := measuring.N
	for _, gas := range []struct{ N, Value float64 }{zero, span} {
		for range int(gas.N) {
			c.read(r, (at+0.5)*60, gas.Value, 1)
			at++
		}
	}
	c.read(r, at*60, measuring.Value, 0)
	got, open := r.only("masked.total", agent.Hour), r.only("open.total", agent.Hour)
	checkBooks(t, got)
	w.Expect(t, "hour_mean", got.Terms[0].Total/got.Terms[0].Seconds)
	w.Expect(t, "coverage", got.Coverage)
	w.Expect(t, "valid_minutes", got.Terms[0].Seconds/60)
	if lost := lostSeconds(got, agent.Calibration, "bit"); lost != (zero.N+span.N)*60 {
		t.Errorf("got %g s lost to the calibration, want 600: %+v", lost, got.Terms[0].Lost)
	}
	if got.Quality != agent.Uncertain || got.Reason.Code != agent.LowCoverage || !strings.Contains(got.Reason.Detail, "600 s calibration (bit)") {
		t.Errorf("got %v %v, want its coverage low for the calibration", got.Quality, got.Reason)
	}
	if mean := open.Terms[0].Total / open.Terms[0].Seconds; near(mean, measuring.Value, 5) || open.Coverage != 1 {
		t.Errorf("without the mask: got %g over %g, want all of it and far from %g", mean, open.Coverage, measuring.Value)
	}
}

// TestWhatAMaskHides: a bit with its reversal, a number among others, the time to
// settle; the seconds are those from the last reading without the mask to the first.
func TestWhatAMaskHides(t *testing.T) {
	zero, three := 0.0, 3.0
	for name, test := range map[string]struct {
		when   *float64
		settle time.Duration
		state  func(on float64) float64
		want   float64
	}{
		"bit":               {nil, 0, func(on float64) float64 { return on }, 110},
		"any number":        {nil, 0, func(on float64) float64 { return -7 * on }, 110},
		"reversed bit":      {&zero, 0, func(on float64) float64 { return 1 - on }, 110},
		"one number":        {&three, 0, func(on float64) float64 { return 1 + 2*on }, 110},
		"another number":    {&three, 0, func(on float64) float64 { return 2 * on }, 0},
		"settles":           {nil, 25 * time.Second, func(on float64) float64 { return on }, 140},
		"settles over cell": {nil, 10 * time.Minute, func(on float64) float64 { return on }, 710},
	} {
		c := newCalibrated(10 * time.Second)
		m := c.mask()
		m.When, m.Settle = test.when, test.settle
		r := newRig(t, utc(), under(amount("a", 1, c.flow), m))
		for s := 0.0; s <= 3600; s += 10 {
			on := c.between(s, 600, 700)
			c.read(r, s, 5+500*on, test.state(on))
		}
		got := r.only("a.total", agent.Hour)
		checkBooks(t, got)
		if lost := lostSeconds(got, agent.Calibration, "bit"); lost != test.want {
			t.Errorf("%s: got %g s masked, want %g: %+v", name, lost, test.want, got.Terms[0].Lost)
		}
		if test.want > 0 && got.Terms[0].Total != 5*(3600-test.want) {
			t.Errorf("%s: got %g in %g s, want 5 a second", name, got.Terms[0].Total, got.Terms[0].Seconds)
		}
		if test.want == 0 && got.Terms[0].Total <= 5*3600 {
			t.Errorf("%s: got %g, want all that was shown", name, got.Terms[0].Total)
		}
	}
}

// TestNoLineIntoAMask: a slow instrument's line that begins or ends while the
// mask is on is not drawn, nor is one that a cell's end cuts.
func TestNoLineIntoAMask(t *testing.T) {
	for _, from := range []float64{305, 875, 890} {
		flow, bit := tagOf("flow", "kg/s", "a", 0), tagOf("bit", "", "b", 1)
		flow.Every, bit.Every, bit.Hold = 40*time.Second, time.Second, true
		r := newRig(t, utc(), under(amount("a", 1, flow), Mask{Tag: bit, As: agent.Purge}))
		for s := 0.0; s <= 1840; s++ {
			on := calibrated{}.between(s, from, from+50)
			r.read(sec(s), good(bit, sec(s), on))
			if math.Mod(s, 40) == 0 {
				r.read(sec(s), good(flow, sec(s), 5+100*on))
			}
		}
		var total, seconds, lost float64
		for _, one := range r.of("a.total", agent.Cell) {
			checkBooks(t, one)
			total, seconds, lost = total+one.Terms[0].Total, seconds+one.Terms[0].Seconds, lost+lostSeconds(one, agent.Purge, "bit")
		}
		first := math.Ceil(from/40)*40 - 40
		last := math.Floor((from+49)/40)*40 + 40
		if want := last - first; lost != want || seconds != 1800-want || total != 5*seconds {
			t.Errorf("mask from %g s: got %g s lost and %g in %g s, want the lines from %g to %g s lost", from, lost, total, seconds, first, last)
		}
	}
}

// TestMaskThatIsNotKnown: its time is lost with its own cause, never counted.
func TestMaskThatIsNotKnown(t *testing.T) {
	for name, test := range map[string]struct {
		say   func(r *rig, bit *agent.Tag, at time.Time) // what comes of the bit in (600, 700]
		code  agent.Code
		about string
		want  float64
	}{
		"bad":         {func(r *rig, bit *agent.Tag, at time.Time) { r.read(at, bad(bit, at, agent.Sentinel)) }, agent.Sentinel, "bit", 110},
		"source down": {func(r *rig, bit *agent.Tag, at time.Time) { r.outage("b", at, agent.Timeout) }, agent.Timeout, "b", 110},
		"silent":      {func(*rig, *agent.Tag, time.Time) {}, agent.HeldTooLong, "bit", 110},
		"uncertain, but off": {func(r *rig, bit *agent.Tag, at time.Time) {
			doubted := good(bit, at, 0)
			doubted.Quality = agent.Uncertain
			r.read(at, doubted)
		}, agent.DeviceDoubt, "bit", 0},
	} {
		flow, bit := tagOf("flow", "kg/s", "a", 0), tagOf("bit", "", "b", 1)
		bit.Hold = true
		r := newRig(t, utc(), under(amount("a", 1, flow), Mask{Tag: bit, As: agent.Calibration}))
		for s := 0.0; s <= 900; s += 10 {
			r.read(sec(s), good(flow, sec(s), 5))
			if s > 600 && s <= 700 {
				test.say(r, bit, sec(s))
			} else {
				r.read(sec(s), good(bit, sec(s), 0))
			}
		}
		got := r.only("a.total", agent.Cell)
		checkBooks(t, got)
		if lost := lostSeconds(got, test.code, test.about); lost != test.want || got.Terms[0].Seconds != 900-test.want {
			t.Errorf("%s: got %g s lost to it of %+v, want %g", name, lost, got.Terms[0].Lost, test.want)
		}
		if doubted := test.want == 0; doubted != (got.Reason.Code == test.code) {
			t.Errorf("%s: got %v %v", name, got.Quality, got.Reason)
		}
	}
	flow, bit := tagOf("flow", "kg/s", "a", 0), tagOf("bit", "", "b", 1)
	r := newRig(t, utc(), under(amount("a", 1, flow), Mask{Tag: bit, As: agent.Calibration}))
	for s := 0.0; s <= 1000; s += 10 {
		r.read(sec(s), good(flow, sec(s), 5))
	}
	if got := r.only("a.total", agent.Cell); got.Terms[0].Seconds != 0 || lostSeconds(got, agent.NoData, "bit") != 900 {
		t.Errorf("got %+v, want nothing counted under a mask that never spoke", got.Terms[0])
	}
}

// TestMaskAndInputFail: while a mask is on it is the cause, whatever the analyser
// says; while neither is known the input is.
func TestMaskAndInputFail(t *testing.T) {
	c := newCalibrated(10 * time.Second)
	r := newRig(t, utc(), under(amount("a", 1, c.flow), c.mask()))
	for s := 0.0; s <= 900; s += 10 {
		flow, bit := good(c.flow, sec(s), 5), good(c.bit, sec(s), c.between(s, 300, 400))
		if s >= 300 && s < 400 || s >= 600 && s < 700 {
			flow = bad(c.flow, sec(s), agent.NotFinite)
		}
		if s >= 600 && s < 700 {
			bit = bad(c.bit, sec(s), agent.Sentinel)
		}
		r.read(sec(s), flow, bit)
	}
	got := r.only("a.total", agent.Cell)
	if lostSeconds(got, agent.Calibration, "bit") != 110 || lostSeconds(got, agent.NotFinite, "flow") != 110 {
		t.Errorf("got %+v, want 110 s lost to each", got.Terms[0].Lost)
	}
}

// TestCellWaitsForItsMask: the mask's source is behind the others'.
func TestCellWaitsForItsMask(t *testing.T) {
	flow, bit := tagOf("flow", "kg/s", "a", 0), tagOf("bit", "", "b", 1)
	r := newRig(t, utc(), under(amount("a", 1, flow), Mask{Tag: bit, As: agent.Calibration}))
	for s := 0.0; s <= 920; s += 10 {
		r.read(sec(s), good(flow, sec(s), 5))
		if s < 900 {
			r.read(sec(s), good(bit, sec(s), 0))
		}
		for _, one := range r.engine.Current() {
			if one.Window.Kind == agent.Cell && s > 0 && s < 900 && one.Coverage != 1 {
				t.Fatalf("at %g s: the running cell covers %g: %+v", s, one.Coverage, one.Terms[0].Lost)
			}
		}
	}
	if n := len(r.results); n != 0 {
		t.Fatalf("got %d results before the mask's source has spoken", n)
	}
	r.read(sec(900), good(bit, sec(900), 1))
	if got := r.only("a.total", agent.Cell); got.Terms[0].Seconds != 890 {
		t.Errorf("got %g s, want all but what the mask that came on at the end took", got.Terms[0].Seconds)
	}
}

// TestMaskOverASetOfTheClock: that it has to settle is not forgotten.
func TestMaskOverASetOfTheClock(t *testing.T) {
	for _, step := range []time.Duration{30 * time.Minute, -2 * time.Minute} {
		c := newCalibrated(10 * time.Second)
		m := c.mask()
		m.Settle = 2 * time.Minute
		r := newRig(t, utc(), under(amount("a", 1, c.flow), m))
		for s := 0.0; s <= 2*3600; s += 10 {
			if s == 1350 {
				r.ahead = step
			}
			on, at := c.between(s, 1200, 1300), sec(s).Add(r.ahead)
			r.read(at, good(c.flow, at, 5+500*on), good(c.bit, at, on))
		}
		var total, seconds, lost float64
		for _, one := range r.of("a.total", agent.Cell) {
			total, seconds, lost = total+one.Terms[0].Total, seconds+one.Terms[0].Seconds, lost+lostSeconds(one, agent.Calibration, "bit")
		}
		if total != 5*seconds || lost != 230 {
			t.Errorf("set by %v: got %g in %g s and %g s masked, want 5 a second and 230", step, total, seconds, lost)
		}
	}
}

// TestTotalisersCountThroughACalibration: the oil that was recovered meanwhile is
// in the total; only a mask that names it keeps it out.
func TestTotalisersCountThroughACalibration(t *testing.T) {
	for name, test := range map[string]struct {
		only           []string
		removal, total float64 // seconds covered of an hour
	}{
		"usual":     {nil, 2990, 3600},
		"recovered": {[]string{"recovered"}, 3600, 2990},
		"both":      {[]string{"recovered", "removal"}, 2990, 2990},
	} {
		m := newMill(1, false)
		section := m.section()
		section.Masks = []maskSection{{Tag: "mill.spare", As: "maintenance", Only: test.only}}
		kpi, err := newOilMist(m.spec(section))
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, utc(), kpi)
		for s := 0.0; s <= 3600; s += 10 {
			on := calibrated{}.between(s, 1200, 1800)
			r.read(sec(s), good(m.qOut, sec(s), 50000), good(m.cOut, sec(s), 10))
			r.read(sec(s), good(m.spare, sec(s), on), good(m.qIn, sec(s), 50000), good(m.cIn, sec(s), 200-200*on), raw(m.oil, s, uint64(s/10)))
		}
		removal, total := r.only("mill.oil.removal", agent.Hour), r.only("mill.oil.recovered", agent.Hour)
		if removal.Terms[0].Seconds != test.removal || total.Terms[0].Seconds != test.total {
			t.Errorf("%s: got %g and %g s, want %g and %g", name, removal.Terms[0].Seconds, total.Terms[0].Seconds, test.removal, test.total)
		}
		if want := test.total / 100; !near(total.Value, want, 1e-9) {
			t.Errorf("%s: got %g kg, want %g", name, total.Value, want)
		}
		if lost := lostSeconds(removal, agent.Maintenance, "mill.spare"); lost != 3600-test.removal {
			t.Errorf("%s: got %g s lost to maintenance, want %g", name, lost, 3600-test.removal)
		}
	}
}

// TestSilenceUnderAMaskIsNotOwed: a totaliser that was silent tells afterwards,
// but not what it counted while the mask was on or not known.
func TestSilenceUnderAMaskIsNotOwed(t *testing.T) {
	oil, bit := oilTotal(), tagOf("bit", "", "b", 1)
	r := newRig(t, utc(), under(amount("a", 1, oil), Mask{Tag: bit, As: agent.Maintenance}))
	for s := 0.0; s <= 7200; s += 10 {
		r.read(sec(s), good(bit, sec(s), calibrated{}.between(s, 1800, 2400)))
		if s <= 900 || s > 5000 {
			r.read(sec(s), raw(oil, s, uint64(s/10)))
		}
	}
	var seconds, lost float64
	for _, one := range r.of("a.total", agent.Cell) {
		seconds += one.Terms[0].Seconds
		lost += lostSeconds(one, agent.Maintenance, "bit")
	}
	if lost != 610 || !near(seconds, 7200-610, 1e-6) {
		t.Errorf("got %g s lost to the mask and %g s told, want 610 and the rest", lost, seconds)
	}
}

// TestHashWithoutMasks: stored states of definitions without masks are those of
// versions that knew none.
func TestHashWithoutMasks(t *testing.T) {
	c := newCalibrated(10 * time.Second)
	plain := newEngine(t, utc(), amount("a", 1, c.flow)).quantities[0].config
	if got, want := hex.EncodeToString(plain[:8]), "d0dbe52fd4c06eda"; got != want {
		t.Errorf("got the hash %s, want %s", got, want)
	}
	one := 1.0
	seen := map[[32]byte]Mask{plain: {}}
	for _, m := range []Mask{
		{Tag: c.bit, As: agent.Calibration}, {Tag: c.bit, As: agent.Purge}, {Tag: c.flow, As: agent.Purge},
		{Tag: c.bit, As: agent.Purge, When: &one}, {Tag: c.bit, As: agent.Purge, Settle: time.Second},
	} {
		hash := newEngine(t, utc(), under(amount("a", 1, c.flow), m)).quantities[0].config
		if other, known := seen[hash]; known {
			t.Errorf("%+v has the hash of %+v", m, other)
		}
		seen[hash] = m
	}
}

func TestFaultsOfMasks(t *testing.T) {
	for _, test := range []struct {
		mask            maskSection
		path, says, fix string
	}{
		{maskSection{Tag: "mill.spar", As: "purge"}, "masks[0].tag", `no tag "mill.spar"`, "mill.spare"},
		{maskSection{As: "purge"}, "masks[0].tag", "missing", "name a tag"},
		{maskSection{Tag: "mill.oil_total", As: "purge"}, "masks[0].tag", "totaliser", "bit"},
		{maskSection{Tag: "mill.spare", As: "cleaning"}, "masks[0].as", `"cleaning"`, "calibration, purge or maintenance"},
		{maskSection{Tag: "mill.spare"}, "masks[0].as", `""`, "calibration, purge or maintenance"},
		{maskSection{Tag: "mill.spare", As: "purge", Settle: 13 * time.Hour}, "masks[0].settle", "13h", "2m"},
		{maskSection{Tag: "mill.spare", As: "purge", Settle: -time.Second}, "masks[0].settle", "-1s", "2m"},
		{maskSection{Tag: "mill.spare", As: "purge", Only: []string{"removal", "yield"}}, "masks[0].only[1]", `"yield"`, "removal, recovered"},
	} {
		m := newMill(1, false)
		section := m.section()
		section.Masks = []maskSection{test.mask}
		_, err := newOilMist(m.spec(section))
		wantFault(t, err, "oil_mist."+test.path, test.says, test.fix)
	}
	m, price := newMill(1, false), 6.0
	_, err := newValue(agent.Spec{Name: "v", Tags: m.tags(), Decode: func(into any) error {
		s := into.(*valueSection)
		s.Amount, s.Unit, s.Source, s.Steps = m.oil.Name, "yuan/kg", "contract", []stepSection{{From: "2026-01-01", Value: &price}}
		s.Masks = []maskSection{{Tag: "mill.spare", As: "calibration"}}
		return nil
	}})
	wantFault(t, err, "value.masks[0]", "masks nothing", "only")
}

func wantFault(t *testing.T, err error, path, says, fix string) {
	t.Helper()
	var faults agent.Faults
	errors.As(err, &faults)
	for _, f := range faults {
		if len(faults) == 1 && f.Path == path && strings.Contains(f.Msg, says) && strings.Contains(f.Fix, fix) {
			return
		}
	}
	t.Errorf("got %v, want one fault, %s: …%s… (…%s…)", err, path, says, fix)
}

// TestEveryFamilyTakesMasks: a family is not finished without them, nor without
// the states of the plant and lots.
func TestEveryFamilyTakesMasks(t *testing.T) {
	sections := map[string]any{
		"acid_concentration": acidConcentration{}, "acid_recovery": acidRecovery{}, "energy_carbon": energyCarbon{}, "oil_mist": oilMist{}, "value": valueSection{}, "waste_heat_power": wasteHeatPower{},
		"baseline": baselineSection{}, "formula": formulaSection{}, "intensity": intensitySection{}, "measures": measuresSection{},
	}
	for name := range Families() {
		section, known := sections[name]
		if !known {
			t.Errorf("%s: its section is not among those that this test looks at", name)
			continue
		}
		f, has := reflect.TypeOf(section).FieldByName("Masks")
		if !has || f.Tag.Get("yaml") != "masks" || f.Type != reflect.TypeFor[[]maskSection]() {
			t.Errorf("%s has no masks in its section", name)
		}
		if f, has := reflect.TypeOf(section).FieldByName("Operation"); !has || f.Tag.Get("yaml") != ",inline" || f.Type != reflect.TypeFor[operation]() {
			t.Errorf("%s has no states and lots in its section", name)
		}
	}
}
