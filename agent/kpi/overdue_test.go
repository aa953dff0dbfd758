package kpi

import (
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func dayOf(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

func (r *rig) overdue() (all []agent.Event) {
	for _, e := range r.events {
		if e.Kind == agent.MeterOverdue {
			all = append(all, e)
		}
	}
	return all
}

// registered is a flow in plant time UTC+8 whose instrument is valid up to and
// with the second of March.
func registered() *agent.Tag {
	tag := tagOf("flow", "t/h", "s", 0)
	tag.Hold, tag.MaxGap, tag.Accuracy = true, 24*time.Hour, agent.Accuracy{Rel: 0.01}
	tag.Instruments = []agent.Instrument{{Serial: "A-1", Due: dayOf("2026-03-02")}}
	return tag
}

func shanghai() agent.Plant { return agent.Plant{ID: "p", Timezone: "Asia/Shanghai"} }

// TestOverdueFromTheDayAfter: in doubt from the midnight after the due day, to
// the second, and not judged.
func TestOverdueFromTheDayAfter(t *testing.T) {
	kpi := amount("a", 1.0/3600, registered())
	kpi.Quantities[0].Target = Target{Text: "total >= 1", Limit: 1, present: true}
	r := newRig(t, shanghai(), kpi)
	for h := 0.0; h <= 48; h++ {
		r.read(sec(h*3600), good(kpi.Quantities[0].Terms[0].Tags[0], sec(h*3600), 10))
	}
	turns := sec(16 * 3600) // midnight in Shanghai
	for _, one := range r.of("a.total", agent.Hour) {
		checkBooks(t, one)
		late := !one.Window.Start.Before(turns)
		switch {
		case !near(one.Value, 10, 1e-9):
			t.Errorf("%s: got %g t, want the reading to count", one.Window.Start, one.Value)
		case late && (one.Quality != agent.Uncertain || one.Reason != agent.Reason{Code: agent.Overdue, Detail: "flow"} || one.Verdict != agent.Inconclusive):
			t.Errorf("%s: got %v %v %v, want uncertain, overdue, not judged", one.Window.Start, one.Quality, one.Reason, one.Verdict)
		case late && (one.Doubted != 3600 || !slices.Equal(one.Doubts, []agent.Lost{{Cause: agent.Overdue, About: "flow", Seconds: 3600}})):
			t.Errorf("%s: got %v, want the whole hour in doubt", one.Window.Start, one.Doubts)
		case !late && (one.Quality != agent.Good || one.Verdict != agent.Pass || one.Doubted != 0):
			t.Errorf("%s: got %v %v %v, want good and passed", one.Window.Start, one.Quality, one.Doubts, one.Verdict)
		}
	}
	if got := r.overdue(); len(got) != 1 || got[0].Key != "flow" || !got[0].Start.Equal(turns) || !got[0].End.IsZero() || got[0].Reason.Detail != "A-1, 2026-03-02" {
		t.Errorf("got %+v, want one open event from %s", got, turns)
	}
}

// TestOverdueCutsWhatIsSwept: the due instant divides a line between two readings.
func TestOverdueCutsWhatIsSwept(t *testing.T) {
	tag := registered()
	tag.Hold = false
	r := newRig(t, shanghai(), amount("a", 1.0/3600, tag))
	turns := sec(16 * 3600)
	for _, at := range []time.Duration{-7 * time.Minute, 5 * time.Minute} {
		r.read(turns.Add(at), good(tag, turns.Add(at), 22+2*at.Minutes()))
	}
	w := span{turns.Add(-6 * time.Minute).UnixNano(), turns.Add(4 * time.Minute).UnixNano()}
	sums, _ := r.engine.integrate(w, wholly, r.engine.stocks(false))
	if got := sums[0]; got.doubted != 240 || got.seconds != 600 || !near(got.parts[0].total, 20.0*600/3600, 1e-9) {
		t.Errorf("got %g s of %g in doubt and %g t, want 240 of 600 and %g", got.doubted, got.seconds, got.parts[0].total, 20.0*600/3600)
	}
}

// TestReplacedInstrumentEndsTheEvent: the next instrument counts from its first
// day, and a restart raises anew what still holds.
func TestReplacedInstrumentEndsTheEvent(t *testing.T) {
	tag := registered()
	tag.Instruments = append(tag.Instruments, agent.Instrument{Serial: "B-7", From: dayOf("2026-03-04"), Due: dayOf("2027-03-04")})
	r := newRig(t, shanghai(), amount("a", 1, tag))
	for h := 0.0; h <= 72; h++ {
		if h == 24 {
			r.epoch, r.boot = 2, 2
			r.add(r.batch(agent.Own, sec(h*3600-1)))
		}
		r.read(sec(h*3600), good(tag, sec(h*3600), 10))
	}
	from, to := sec(16*3600), sec(40*3600)
	got := r.overdue()
	if len(got) != 3 || !got[0].Start.Equal(from) || !got[1].Start.Equal(from) || !got[1].End.IsZero() || !got[2].Start.Equal(from) || !got[2].End.Equal(to) {
		t.Errorf("got %+v, want it open, open again after the restart, and ended at %s", got, to)
	}
	days := r.of("a.total", agent.Day)
	if got := []float64{days[0].Doubted, days[1].Doubted, days[2].Doubted}; !slices.Equal(got, []float64{0, 86400, 0}) {
		t.Errorf("got %v s in doubt per day, want the second alone", got)
	}
	renewed := newEngine(t, shanghai(), amount("a", 1, tagWithout(tag)))
	if got, want := renewed.definition(), r.engine.definition(); got != want {
		t.Error("the register is part of the definition: a calibration would cut a month")
	}
}

func tagWithout(tag *agent.Tag) *agent.Tag {
	other := *tag
	other.Instruments = nil
	return &other
}

// TestStoredDoubtStays: a cell that was stored keeps its seconds in doubt.
func TestStoredDoubtStays(t *testing.T) {
	tag := registered()
	q := newEngine(t, shanghai(), amount("a", 1, tag)).quantities[0]
	r := agent.Result{Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.Frozen}, Terms: []agent.Term{{Seconds: 900}},
		Doubts: []agent.Lost{{Cause: agent.Frozen, About: "flow", Seconds: 600}, {Cause: agent.Overdue, About: "flow", Seconds: 300}}, Doubted: 700}
	if s := q.sumOf(&r); s.doubted != 700 || !slices.Equal(s.doubts, r.Doubts) {
		t.Errorf("got %g s, %v", s.doubted, s.doubts)
	}
}
