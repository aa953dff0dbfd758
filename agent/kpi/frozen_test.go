package kpi

import (
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// frozenTag is an analyser that must not repeat a value for so long.
func frozenTag(limit time.Duration) *agent.Tag {
	tag := tagOf("x", "kg/s", "plc", 0)
	tag.Frozen = limit
	return tag
}

// moving feeds a value each 10 s over [from, to), another one each time.
func (r *rig) moving(tag *agent.Tag, from, to float64) {
	for s := from; s < to; s += 10 {
		r.read(sec(s), good(tag, sec(s), 2+s/1e6))
	}
}

func (r *rig) frozen() (all []agent.Event) {
	for _, e := range r.events {
		if e.Kind == agent.TagFrozen {
			all = append(all, e)
		}
	}
	return all
}

// froze is an event of the tag x, over at the last second given.
func froze(start float64, end ...float64) agent.Event {
	e := agent.Event{Kind: agent.TagFrozen, Key: "x", Start: sec(start), Reason: agent.Reason{Code: agent.Frozen}}
	for _, s := range end {
		e.End = sec(s)
	}
	return e
}

func (r *rig) wantFrozen(want ...agent.Event) {
	r.t.Helper()
	if got := r.frozen(); !slices.Equal(got, want) {
		r.t.Errorf("got events\n%v\nwant\n%v", got, want)
	}
}

// doubted gives the seconds of the held samples that are Uncertain for being frozen.
func (r *rig) doubted() (seconds []float64) {
	for _, el := range r.engine.inputs[0].runs[0].elems {
		if !el.isMark() && el.doubted() && el.code == agent.Frozen {
			seconds = append(seconds, float64(el.t-origin.UnixNano())/float64(second))
		}
	}
	return seconds
}

// series reads a case's list, as "[1,2] + [3]*4".
func listOf(t *testing.T, text string) (all []float64) {
	t.Helper()
	for part := range strings.SplitSeq(text, " + ") {
		list, times, repeated := strings.Cut(part, "*")
		n := 1
		if repeated {
			n, _ = strconv.Atoi(times)
		}
		var values []float64
		if err := json.Unmarshal([]byte(list), &values); err != nil || n < 1 {
			t.Fatalf("%s: %v", part, err)
		}
		all = append(all, slices.Repeat(values, n)...)
	}
	return all
}

func caseA22Frozen(t *testing.T) {
	c := caseOf(t, "A22")
	period := field[float64](t, c.Inputs, "period_s")
	from, raised, cleared := field[int](t, c.Expected, "frozen_from_index"), field[int](t, c.Expected, "flag_raised_at_index"), field[int](t, c.Expected, "flag_cleared_at_index")
	tag := frozenTag(time.Duration(field[float64](t, c.Inputs, "frozen_after_s")) * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	start, over := float64(from)*period, float64(cleared)*period
	for i, v := range listOf(t, field[string](t, c.Inputs, "values")) {
		at := sec(float64(i) * period)
		_, events := r.add(r.batch("plc", at, good(tag, at, v)))
		switch {
		case i == raised && (len(events) != 1 || events[0] != froze(start)):
			t.Errorf("index %d: got %v, want it frozen since index %d", i, events, from)
		case i == cleared && (len(events) != 1 || events[0] != froze(start, over)):
			t.Errorf("index %d: got %v, want the end", i, events)
		case i != raised && i != cleared && events != nil:
			t.Errorf("index %d: got %v, want nothing", i, events)
		}
		want := 0
		if i >= raised {
			want = raised - from + 1
		}
		if got := r.doubted(); len(got) != want || want > 0 && (got[0] != start || got[want-1] != over-period) {
			t.Errorf("index %d: got the samples at %v doubted, want %d of them, indexes %d to %d", i, got, want, from, raised)
		}
	}
	r.moving(tag, over+period, 1900)
	for i, want := range []agent.Reason{{Code: agent.Frozen, Detail: tag.Name}, {}} {
		if got := r.of("a.total", agent.Cell)[i]; got.Reason != want || got.Withheld() {
			t.Errorf("cell %d: got %v %v, want %v and a figure", i, got.Quality, got.Reason, want)
		}
	}
}

// TestWhatIsFrozen: a value repeated from 100 s on, and what comes at 400 s, in a
// tag that may repeat for 600 s.
func TestWhatIsFrozen(t *testing.T) {
	zero := 0.0
	tests := []struct {
		name   string
		value  float64
		middle func(r *rig, tag *agent.Tag)
		want   []agent.Event
	}{
		{"nothing else", 7, func(*rig, *agent.Tag) {}, []agent.Event{froze(100), froze(100, 1200)}},
		{"another value", 7, func(r *rig, tag *agent.Tag) { r.every(tag, 400, 410, 7.0000001) }, []agent.Event{froze(410), froze(410, 1200)}},
		{"a bad sample", 7, func(r *rig, tag *agent.Tag) { r.read(sec(400), bad(tag, sec(400), agent.Sentinel)) }, []agent.Event{froze(100), froze(100, 1200)}},
		{"the same, doubted by the device", 7, func(r *rig, tag *agent.Tag) {
			one := good(tag, sec(400), 7)
			one.Quality = agent.Uncertain
			r.read(sec(400), one)
		}, []agent.Event{froze(100), froze(100, 1200)}},
		{"an outage that is bridged", 7, func(r *rig, _ *agent.Tag) { r.outage("plc", sec(405), agent.Timeout) }, []agent.Event{froze(100), froze(100, 1200)}},
		{"cut off", 0.01, func(*rig, *agent.Tag) {}, nil},
		{"nothing flows", -zero, func(*rig, *agent.Tag) {}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tag := frozenTag(600 * time.Second)
			tag.Cutoff = 0.05
			r := newRig(t, utc(), amount("a", 1, tag))
			r.moving(tag, 0, 100)
			r.every(tag, 100, 400, test.value)
			test.middle(r, tag)
			r.every(tag, 410, 1200, test.value)
			r.moving(tag, 1200, 1300)
			r.wantFrozen(test.want...)
		})
	}
}

// TestFrozenOverAGap: the same value after a gap is the same repetition, or one
// failed read an hour would hide a frozen instrument; where another value comes
// after it, it is known until before the gap only.
func TestFrozenOverAGap(t *testing.T) {
	tag := frozenTag(300 * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 0, 500, 7)
	r.every(tag, 531, 700, 7) // the newest reading is of 490 s, and 30 s are bridged
	r.wantFrozen(froze(0))
	r.moving(tag, 800, 810)
	r.wantFrozen(froze(0), froze(0, 691))
}

// TestVouchedIsRepeated: a frozen node of an OPC UA server sends nothing.
func TestVouchedIsRepeated(t *testing.T) {
	tag := frozenTag(600 * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	told := func(s float64, readings ...agent.Reading) {
		b := r.batch("plc", sec(s), readings...)
		b.HeldUntil = sec(s)
		r.add(b)
	}
	told(0, good(tag, sec(0), 5))
	told(99)
	told(100, good(tag, sec(100), 7))
	for s := 110.0; s < 690; s += 100 {
		told(s)
	}
	told(699)
	r.wantFrozen()
	told(700)
	told(700) // the same once more
	told(710)
	r.wantFrozen(froze(100))
	if got := r.doubted(); !slices.Equal(got, []float64{100, 710}) {
		t.Errorf("got the samples at %v doubted, want the one of 100 s and what repeats it until 710 s", got)
	}
	told(720, good(tag, sec(715), 8))
	r.wantFrozen(froze(100), froze(100, 715))
	told(1000)
	if got := r.only("a.total", agent.Cell); got.Reason.Code != agent.Frozen || got.Coverage != 1 {
		t.Errorf("got %v %v over %g, want it frozen and covered", got.Quality, got.Reason, got.Coverage)
	}
}

func TestFrozenLeavesClosedCells(t *testing.T) {
	tag := frozenTag(600 * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.moving(tag, 0, 500)
	r.every(tag, 500, 1850, 7)
	r.moving(tag, 1850, 3700)
	for i, want := range []agent.Code{agent.NoReason, agent.Frozen, agent.Frozen, agent.NoReason} {
		if got := r.of("a.total", agent.Cell)[i]; got.Reason.Code != want {
			t.Errorf("cell %d: got %v %v, want %v", i, got.Quality, got.Reason, want)
		}
	}
	if got := r.only("a.total", agent.Hour); got.Reason.Code != agent.Frozen || got.Value < 3600*2 {
		t.Errorf("hour: got %g, %v, want its total, frozen", got.Value, got.Reason)
	}
	r.wantFrozen(froze(500), froze(500, 1850))
}

// TestLateSamplesOfARepetition: what comes out of order counts where it belongs.
func TestLateSamplesOfARepetition(t *testing.T) {
	begin := func() (*rig, *agent.Tag) {
		tag := frozenTag(300 * time.Second)
		return newRig(t, utc(), amount("a", 1, tag)), tag
	}
	late := func(r *rig, readings ...agent.Reading) {
		b := r.batch("plc", sec(440), readings...)
		b.Backfill = true
		r.add(b)
	}
	t.Run("another value in it", func(t *testing.T) {
		r, tag := begin()
		r.every(tag, 0, 410, 7)
		late(r, good(tag, sec(205), 8))
		r.wantFrozen(froze(0), froze(0, 205))
		r.every(tag, 410, 520, 7)
		r.wantFrozen(froze(0), froze(0, 205), froze(210))
	})
	t.Run("another value at its end", func(t *testing.T) {
		r, tag := begin()
		r.every(tag, 0, 310, 7)
		r.read(sec(301), good(tag, sec(300), 8))
		r.wantFrozen(froze(0), froze(0, 300))
	})
	t.Run("the same before a gap", func(t *testing.T) {
		r, tag := begin()
		r.every(tag, 0, 110, 7)
		r.every(tag, 160, 440, 7)
		r.wantFrozen(froze(0))
		late(r, good(tag, sec(130), 7))
		r.wantFrozen(froze(0))
		if got := r.doubted(); len(got) != 11+1+28 {
			t.Errorf("got %d samples doubted, want all 40: %v", len(got), got)
		}
	})
	t.Run("the same while it lasts", func(t *testing.T) {
		r, tag := begin()
		r.every(tag, 0, 1820, 7) // begun in a cell that is no longer held
		r.read(sec(1821), good(tag, sec(1805), 7))
		r.every(tag, 1830, 1900, 7)
		r.wantFrozen(froze(0))
		if got := r.doubted(); got[len(got)-1] != 1890 || len(got) != 10 || got[0] != 1800 || got[1] != 1805 {
			t.Errorf("got the samples at %v doubted, want all of the open cell", got)
		}
	})
}

func TestFrozenOverASetOfTheClock(t *testing.T) {
	tag := frozenTag(500 * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.moving(tag, 0, 1000)
	r.every(tag, 1000, 1300, 7)
	r.ahead = 200 * time.Second
	r.every(tag, 1500, 1710, 7)
	r.wantFrozen(froze(1200)) // 300 s before the set and 200 s after it
	seen := [2]int{}
	for k, run := range r.engine.inputs[0].runs {
		for _, el := range run.elems {
			if el.v == 7 {
				seen[k]++
			}
			if (el.v == 7) != (el.code == agent.Frozen) {
				t.Errorf("stretch %d: got the sample of %s with %v", k, instant(el.t), el.code)
			}
		}
	}
	if seen != [2]int{30 + 1, 1 + 21} { // each stretch also holds the other's sample at the set
		t.Errorf("got %v equal samples held in the two stretches, want 31 and 22", seen)
	}
	r.moving(tag, 1710, 2800)
	r.wantFrozen(froze(1200), froze(1200, 1710))
}

// TestFrozenEndsWhenTheClockIsUnknown: after a start with the clock behind, how
// long an instrument repeated its value is not known.
func TestFrozenEndsWhenTheClockIsUnknown(t *testing.T) {
	tag := frozenTag(300 * time.Second)
	r := newRig(t, utc(), amount("a", 1, tag))
	r.every(tag, 1000, 1500, 7)
	r.boot, r.ahead = 2, -400*time.Second
	r.every(tag, 1100, 1390, 7)
	r.wantFrozen(froze(1000), froze(1000, 1100))
	r.every(tag, 1390, 1410, 7)
	r.wantFrozen(froze(1000), froze(1000, 1100), froze(1100))
}

// TestFrozenOverARestart does what the agent does: its start ends all events that
// are open, and tells with its first batch what the run before could not store.
func TestFrozenOverARestart(t *testing.T) {
	tag := frozenTag(300 * time.Second)
	kpi := amount("a", 1, tag)
	restart := func(r *rig, kpi KPI, at float64, told ...agent.Event) *rig {
		next := newRig(t, utc(), kpi)
		next.epoch, next.boot, next.seq = r.epoch+1, r.boot, r.seq
		if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
			t.Fatal(err)
		}
		own := next.batch(agent.Own, sec(at))
		own.Events = told
		next.add(own)
		return next
	}
	r := newRig(t, utc(), kpi)
	r.every(tag, 0, 400, 7)
	r.wantFrozen(froze(0))

	r = restart(r, kpi, 405, froze(0, 405))
	r.every(tag, 410, 450, 7)
	r.wantFrozen(froze(0)) // once, and since when it was
	r.moving(tag, 450, 460)
	r.wantFrozen(froze(0), froze(0, 450))

	r.every(tag, 460, 800, 7)
	r = restart(r, kpi, 805, froze(460, 805), froze(460))
	r.every(tag, 810, 820, 7)
	r.wantFrozen() // it is open already
	r.moving(tag, 820, 830)
	r.wantFrozen(froze(460, 820))

	r.every(tag, 830, 1200, 7)
	r = restart(r, kpi, 1300, froze(830, 1300))
	r.every(tag, 1300, 1590, 7)
	r.wantFrozen(froze(830)) // the same value as before the agent was stopped

	other := *tag
	other.Frozen = 0
	gone := tagOf("y", "kg/s", "plc", 1)
	for name, to := range map[string]KPI{"it may repeat now": amount("a", 1, &other), "it is gone": amount("a", 1, gone)} {
		next := restart(r, to, 1615, froze(1300, 1615))
		for s := 1620.0; s < 2700; s += 10 {
			next.read(sec(s), good(&other, sec(s), 7), good(gone, sec(s), 7))
		}
		if got := next.frozen(); got != nil {
			t.Errorf("%s: got %v, want nothing more of it", name, got)
		}
		if cells := next.of("a.total", agent.Cell); len(cells) == 0 || cells[len(cells)-1].Reason.Code == agent.Frozen {
			t.Errorf("%s: got %v, want cells that are not frozen", name, cells)
		}
	}
}

// TestDefinitionsWithoutFrozenKeepTheirHash: results of earlier versions stay
// results of the same definition.
func TestDefinitionsWithoutFrozenKeepTheirHash(t *testing.T) {
	m, a, g := newMill(1, false), newAcid(), newGlass(true)
	e := newEngine(t, utc(), m.kpi(t), a.kpi(t, a.section()), g.kpi(t, g.section()))
	want := map[string]string{
		"mill.oil.removal": "9751307cc8d711e2", "acid.recovery_direct": "12e445f088b11a86", "acid.loss": "7e91ee27dc38f1e7", "glass.share_net": "bec86bc4f283570b",
	}
	found := 0
	for _, q := range e.quantities {
		if hash, known := want[q.Name]; known {
			found++
			if got := hex.EncodeToString(q.config[:8]); got != hash {
				t.Errorf("%s: got the hash %s…, want %s…", q.Name, got, hash)
			}
		}
	}
	if found != len(want) {
		t.Errorf("compared %d hashes, want %d", found, len(want))
	}
	before := e.definition()
	m.qIn.Frozen = 10 * time.Minute
	if newEngine(t, utc(), m.kpi(t), a.kpi(t, a.section()), g.kpi(t, g.section())).definition() == before || hashTag(m.qIn) == hashTag(newMill(1, false).qIn) {
		t.Error("got the same hash for a tag that may freeze")
	}
}

func TestOlderCheckpointIsRefused(t *testing.T) {
	r := newRig(t, utc(), amount("a", 1, frozenTag(time.Hour)))
	r.moving(r.engine.inputs[0].tag, 0, 100)
	older := checkpointOf(t, r.engine)
	older[len(magic)-1]--
	body := older[:len(older)-4]
	older = append(slices.Clone(body), 0, 0, 0, 0)
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	for i := range 4 {
		older[len(body)+i] = byte(sum >> (8 * i))
	}
	if err := r.engine.Restore(older); err == nil || !strings.Contains(err.Error(), "not a checkpoint of this version") {
		t.Errorf("got %v, want another version refused", err)
	}
}

// TestRepetitionCosts: a reading costs the same however long the value lasts.
func TestRepetitionCosts(t *testing.T) {
	tag := frozenTag(time.Minute)
	tag.MaxGap = math.MaxInt64
	other := tagOf("y", "kg/s", "other", 1)
	r := newRig(t, utc(), ratio("a", 1, tag, other)) // no cell closes before the other speaks
	in := r.engine.inputs[0]
	for s := range 100 {
		r.read(sec(float64(s)), good(tag, sec(float64(s)), 7))
	}
	for i := range in.runs[0].elems[:90] { // a second look at them would doubt them again
		in.runs[0].elems[i].trait = trait(agent.Good)
	}
	r.read(sec(100), good(tag, sec(100), 7))
	if in.runs[0].elems[0].doubted() || !in.runs[0].newest().doubted() {
		t.Error("a further equal sample was looked for among all before it")
	}
}
