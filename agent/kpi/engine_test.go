package kpi

import (
	"math"
	"testing"
	"time"

	"recoup/agent"
)

// rig feeds an engine with batches and keeps what it returns.
type rig struct {
	t       testing.TB
	engine  *Engine
	epoch   uint64
	seq     uint64
	boot    uint64
	ahead   time.Duration // wall − mono beyond the arbitrary origin
	results []agent.Result
	events  []agent.Event
}

func newRig(t testing.TB, plant agent.Plant, kpis ...KPI) *rig {
	t.Helper()
	return &rig{t: t, engine: newEngine(t, plant, kpis...), epoch: 1, boot: 1}
}

func newEngine(t testing.TB, plant agent.Plant, kpis ...KPI) *Engine {
	t.Helper()
	e, err := New(plant, kpis)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// batch stamps a batch of a source as received at a wall time.
func (r *rig) batch(source string, at time.Time, readings ...agent.Reading) *agent.Batch {
	r.seq++
	b := &agent.Batch{Mark: agent.Mark{Epoch: r.epoch, Seq: r.seq}, Source: source, Received: at, Boot: r.boot, Readings: readings}
	b.Mono = uint64(at.Add(-r.ahead).UnixNano()) - uint64(origin.AddDate(-1, 0, 0).UnixNano())
	return b
}

func (r *rig) add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	results, events := r.engine.Add(b)
	r.results, r.events = append(r.results, results...), append(r.events, events...)
	return results, events
}

func (r *rig) read(at time.Time, readings ...agent.Reading) {
	r.add(r.batch(readings[0].Tag.Source, at, readings...))
}

func (r *rig) outage(source string, at time.Time, code agent.Code) {
	b := r.batch(source, at)
	b.Err = agent.Reason{Code: code}
	r.add(b)
}

// of picks the results of a KPI and kind.
func (r *rig) of(kpi string, kind agent.WindowKind) (all []agent.Result) {
	for _, one := range r.results {
		if one.KPI == kpi && one.Window.Kind == kind {
			all = append(all, one)
		}
	}
	return all
}

func (r *rig) only(kpi string, kind agent.WindowKind) agent.Result {
	r.t.Helper()
	all := r.of(kpi, kind)
	if len(all) != 1 {
		r.t.Fatalf("got %d results of %s over %s, want 1: %+v", len(all), kpi, kind, all)
	}
	return all[0]
}

func (r *rig) codes(kind agent.EventKind) (codes []agent.Code) {
	for _, e := range r.events {
		if e.Kind == kind {
			codes = append(codes, e.Reason.Code)
		}
	}
	return codes
}

var origin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

func sec(s float64) time.Time { return origin.Add(time.Duration(s * float64(time.Second))) }

func utc() agent.Plant { return agent.Plant{ID: "p", Timezone: "UTC"} }

func tagOf(name, unit, source string, index int) *agent.Tag {
	return &agent.Tag{Name: name, Unit: unit, Source: source, Index: index, Gen: 7, Every: 10 * time.Second}
}

func good(tag *agent.Tag, at time.Time, v float64) agent.Reading {
	return agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value(v), Quality: agent.Good}
}

func bad(tag *agent.Tag, at time.Time, code agent.Code) agent.Reading {
	return agent.Reading{Tag: tag, Time: at, Reason: agent.Reason{Code: code}}
}

// amount is a KPI whose one quantity is the total of one product of tags.
func amount(name string, factor float64, tags ...*agent.Tag) KPI {
	return KPI{Name: name, Family: "test", Quantities: []Quantity{{
		Name: name + ".total", Key: "total", Unit: "x", Value: total,
		Terms:  []Term{{Role: "only", Unit: "x", Factor: factor, Tags: tags}},
		Bounds: agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)},
	}}}
}

// ratio is a KPI whose one quantity is the total of a over that of b.
func ratio(name string, factor float64, a, b *agent.Tag) KPI {
	return KPI{Name: name, Family: "test", Quantities: []Quantity{{
		Name: name + ".ratio", Key: "ratio", Unit: "1",
		Value: func(t []float64) (float64, []float64, agent.Reason) {
			if t[1] <= 0 {
				return 0, nil, agent.Reason{Code: agent.NoInput}
			}
			return t[0] / t[1], []float64{1 / t[1], -t[0] / (t[1] * t[1])}, agent.Reason{}
		},
		Terms: []Term{
			{Role: "out", Unit: "t", Factor: factor, Tags: []*agent.Tag{a}},
			{Role: "in", Unit: "t", Factor: factor, Tags: []*agent.Tag{b}},
		},
		Bounds: agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}, MinCoverage: 0.5,
	}}}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func lostSeconds(r agent.Result, cause agent.Code, about string) float64 {
	for _, l := range r.Terms[0].Lost {
		if l.Cause == cause && l.About == about {
			return l.Seconds
		}
	}
	return 0
}

// checkBooks fails when a result's covered and lost seconds are not its window.
func checkBooks(t testing.TB, r agent.Result) {
	t.Helper()
	for _, term := range r.Terms {
		sum := term.Seconds
		for _, l := range term.Lost {
			sum += l.Seconds
		}
		if want := r.Window.End.Sub(r.Window.Start).Seconds(); !near(sum, want, 1e-6) {
			t.Errorf("%s over %s from %s: got %g s covered and lost, want %g: %+v", r.KPI, r.Window.Kind, r.Window.Start, sum, want, term)
		}
	}
}
