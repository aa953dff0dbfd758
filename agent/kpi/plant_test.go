package kpi

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// mill is a plant for tests: two sources, the tags of an oil-mist KPI, tags that
// no KPI needs, and incidents.
type mill struct {
	qIn, cIn, qOut, cOut, oil, spare *agent.Tag
	seed                             uint64
	faults                           bool
}

func newMill(seed uint64, faults bool) *mill {
	m := &mill{
		qIn: tagOf("mill.q_in", "Nm3/h", "mill", 0), cIn: tagOf("mill.c_in", "mg/Nm3", "mill", 1),
		qOut: tagOf("mill.q_out", "Nm3/h", "stack", 2), cOut: tagOf("mill.c_out", "mg/Nm3", "stack", 3),
		oil: tagOf("mill.oil_total", "kg", "mill", 4), spare: tagOf("mill.spare", "Pa", "mill", 5),
		seed: seed, faults: faults,
	}
	m.oil.Scale, m.oil.Counter = 0.1, &agent.Counter{Modulus: 1 << 32, MaxRate: 200.0 / 3600}
	if faults {
		m.qIn.Frozen = 5 * time.Minute
	}
	for _, tag := range []*agent.Tag{m.qIn, m.cIn, m.qOut, m.cOut, m.oil} {
		tag.Accuracy = agent.Accuracy{Rel: 0.02}
	}
	return m
}

func (m *mill) tags() []*agent.Tag {
	return []*agent.Tag{m.qIn, m.cIn, m.qOut, m.cOut, m.oil, m.spare}
}

func (m *mill) section() oilMist {
	return oilMist{
		Inlet: duct{Flow: m.qIn.Name, Concentration: m.cIn.Name}, Outlet: duct{Flow: m.qOut.Name, Concentration: m.cOut.Name},
		Recovered: m.oil.Name, Target: "removal >= 0.90",
	}
}

func (m *mill) kpi(t testing.TB) KPI {
	t.Helper()
	kpi, err := newOilMist(m.spec(m.section()))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

func (m *mill) spec(section oilMist) agent.Spec {
	return agent.Spec{Name: "mill.oil", Tags: m.tags(), Decode: func(into any) error {
		*into.(*oilMist) = section
		return nil
	}}
}

func single(tag *agent.Tag, at time.Time, v float64) agent.Reading {
	return agent.Reading{Tag: tag, Time: at, Value: agent.Float32Value(float32(v)), Quality: agent.Good}
}

// batches gives hours of plant, polled every 10 s with jitter. With faults
// there are an outage, a NaN stretch, doubted readings, a flow that freezes, a
// restart of the agent, a set of the clock and a totaliser that begins anew.
func (m *mill) batches(r *rig, hours float64) (all []*agent.Batch) {
	rnd := rand.New(rand.NewPCG(m.seed, 1))
	oil := 42949600.0
	end := hours * 3600
	own := func(at time.Time) *agent.Batch { return r.batch(agent.Own, at) }
	for s := 5.0; s < end; s += 10 {
		in := func(from, to float64) bool { return m.faults && s >= from*end && s < to*end }
		if in(0.50, 0.53) { // the agent is down
			if r.epoch == 1 {
				r.epoch, r.boot = 2, 2
			}
			continue
		}
		if in(0.70, 1) {
			r.ahead = 7 * time.Minute
		}
		at := sec(s + rnd.Float64()*0.01 + r.ahead.Seconds())
		c := 200 + 100*math.Sin(s/700) + rnd.Float64()
		oil += 0.02 + 0.4*rnd.Float64()
		if in(0.8, 0.8+10/end) {
			oil = 3
		}
		flow := 50000 + rnd.Float64()*100
		if in(0.48, 0.50) || in(0.66, 0.72) { // before the restart and over the set of the clock
			flow = 50050
		}
		mill := r.batch("mill", at, single(m.spare, at, 3), single(m.qIn, at, flow), single(m.cIn, at, c),
			agent.Reading{Tag: m.oil, Time: at, Value: agent.Uint64Value(uint64(oil)), Quality: agent.Good})
		if in(0.2, 0.28) {
			mill.Readings, mill.Err = nil, agent.Reason{Code: agent.NoConnection}
		}
		late := at.Add(300 * time.Millisecond)
		stack := r.batch("stack", late, single(m.qOut, late, 51000), single(m.cOut, late, c*0.04))
		if in(0.35, 0.37) {
			stack.Readings[1] = bad(m.cOut, late, agent.NotFinite)
		}
		if in(0.40, 0.41) {
			stack.Readings[0].Quality, stack.Readings[0].Reason = agent.Uncertain, agent.Reason{Code: agent.DeviceDoubt}
		}
		all = append(all, mill, stack)
		if rnd.IntN(20) == 0 {
			all = append(all, own(late.Add(time.Millisecond)))
		}
	}
	return all
}

// outcome is everything an engine returned, comparable bit by bit.
func outcome(t testing.TB, results []agent.Result, events []agent.Event) string {
	t.Helper()
	text, err := json.Marshal(struct {
		Results []agent.Result
		Events  []agent.Event
	}{results, events})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSameWhateverTheBatches(t *testing.T) {
	m := newMill(3, false)
	kpi := m.kpi(t)
	whole := newRig(t, utc(), kpi)
	batches := m.batches(whole, 3)
	for _, b := range batches {
		whole.add(b)
	}
	split, shuffled := newRig(t, utc(), kpi), newRig(t, utc(), kpi)
	for _, b := range batches {
		for i := range b.Readings {
			one := *b
			one.Readings = b.Readings[i : i+1]
			split.add(&one)
		}
	}
	rnd := rand.New(rand.NewPCG(9, 9))
	order := slices.Clone(batches)
	for i := range order { // a batch may overtake those of other sources that came up to 40 s before
		j := min(len(order)-1, i+rnd.IntN(8))
		if order[i].Source != order[j].Source && i > 0 && !slices.ContainsFunc(order[i:j], func(b *agent.Batch) bool { return b.Source == order[j].Source }) {
			moved := order[j]
			copy(order[i+1:j+1], order[i:j])
			order[i] = moved
		}
	}
	if slices.Equal(order, batches) {
		t.Fatal("the order was not changed")
	}
	for _, b := range order {
		shuffled.add(b)
	}
	want := outcome(t, whole.results, whole.events)
	for name, r := range map[string]*rig{"one reading a batch": split, "another order": shuffled} {
		if got := outcome(t, r.results, r.events); got != want {
			t.Errorf("%s: got other results:\n%s\nwant\n%s", name, got, want)
		}
	}
	if n := len(whole.of("mill.oil.removal", agent.Cell)); n < 11 {
		t.Errorf("got %d cells, want 11 at least", n)
	}
}

func TestLargerWindowsAreExactSums(t *testing.T) {
	m := newMill(4, true)
	plant := agent.Plant{Timezone: "Europe/Berlin", DayStart: "07:20", Shifts: []string{"07:20", "15:20", "23:20"}}
	r := newRig(t, plant, m.kpi(t))
	for _, b := range m.batches(r, 24*33) {
		r.add(b)
	}
	feeds := map[agent.WindowKind][]agent.WindowKind{
		agent.Cell: {agent.Hour, agent.Shift, agent.Day}, agent.Day: {agent.Week, agent.Month},
	}
	compared := 0
	for child, parents := range feeds {
		for _, parent := range parents {
			for _, name := range []string{"mill.oil.removal", "mill.oil.recovered"} {
				children := r.of(name, child)
				for _, p := range r.of(name, parent) {
					compared += checkSum(t, p, children)
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("compared %d sums, want many", compared)
	}
	for _, one := range r.results {
		if one.Reason.Code != agent.ClockStep {
			checkBooks(t, one)
		}
	}
}

// checkSum compares a window with the ordered sum of its parts.
func checkSum(t *testing.T, p agent.Result, children []agent.Result) int {
	t.Helper()
	seconds, totals, usys := 0.0, make([]float64, len(p.Terms)), make([]float64, len(p.Terms))
	lost := map[agent.Lost]float64{}
	n := 0
	for _, c := range children {
		if c.Window.Start.Before(p.Window.Start) || !c.Window.Start.Before(p.Window.End) {
			continue
		}
		n++
		seconds += c.Terms[0].Seconds
		for i := range c.Terms {
			totals[i] += c.Terms[i].Total
			usys[i] += c.Terms[i].USys
		}
		for _, l := range c.Terms[0].Lost {
			lost[agent.Lost{Cause: l.Cause, About: l.About}] += l.Seconds
		}
	}
	for i, term := range p.Terms {
		if term.Total != totals[i] || term.Seconds != seconds || term.USys != usys[i] {
			t.Errorf("%s %s %s from %s: got %v in %v s ± %v, want %v in %v s ± %v of %d parts", p.KPI, term.Role, p.Window.Kind, p.Window.Start,
				term.Total, term.Seconds, term.USys, totals[i], seconds, usys[i], n)
		}
		for _, l := range term.Lost {
			if want := lost[agent.Lost{Cause: l.Cause, About: l.About}]; l.Cause != agent.PartialWindow && !near(l.Seconds, want, 1e-6) {
				t.Errorf("%s from %s: got %v, want %g s", p.Window.Kind, p.Window.Start, l, want)
			}
		}
	}
	return n
}

func TestCheckpointAtEveryStep(t *testing.T) {
	for _, seed := range []uint64{5, 6} {
		m := newMill(seed, true)
		kpi := m.kpi(t)
		r := newRig(t, utc(), kpi)
		batches := m.batches(r, 5)
		undisturbed := newEngine(t, utc(), kpi)
		froze := 0
		restored := newEngine(t, utc(), kpi)
		for i, b := range batches {
			wantResults, wantEvents := undisturbed.Add(b)
			if slices.ContainsFunc(wantEvents, func(e agent.Event) bool { return e.Kind == agent.TagFrozen }) {
				froze++
			}
			gotResults, gotEvents := restored.Add(b)
			if got, want := outcome(t, gotResults, gotEvents), outcome(t, wantResults, wantEvents); got != want {
				t.Fatalf("batch %d: got\n%s\nwant\n%s", i, got, want)
			}
			want, err := undisturbed.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			if i%7 == 0 {
				restored = newEngine(t, utc(), kpi)
				if err := restored.Restore(want); err != nil {
					t.Fatalf("batch %d: %v", i, err)
				}
				if got, want := outcome(t, restored.Current(), nil), outcome(t, undisturbed.Current(), nil); got != want {
					t.Fatalf("batch %d: got running windows\n%s\nwant\n%s", i, got, want)
				}
			}
			got, err := restored.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Fatalf("batch %d: the checkpoint of the restored engine differs", i)
			}
		}
		if froze != 3 {
			t.Errorf("seed %d: got %d events of a frozen flow, want one that the restart ended and both of the other", seed, froze)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	m := newMill(1, false)
	kpi := m.kpi(b)
	idle := make([]*agent.Tag, 7)
	for i := range idle {
		idle[i] = tagOf("idle", "", "mill", 6+i)
	}
	tags := append(m.tags()[:5], idle...)
	const n = 302400
	batches := make([]*agent.Batch, n)
	r := newRig(b, utc(), kpi)
	for i := range batches {
		at := sec(float64(i) * 10)
		readings := make([]agent.Reading, len(tags))
		for k, tag := range tags {
			readings[k] = single(tag, at, 100+float64((i*7+k)%13))
		}
		readings[4] = agent.Reading{Tag: m.oil, Time: at, Value: agent.Uint64Value(uint64(i)), Quality: agent.Good}
		for k := range readings {
			readings[k].Tag = tags[k]
		}
		batches[i] = r.batch("mill", at, readings...)
	}
	m.qOut.Source, m.cOut.Source = "mill", "mill"
	b.ReportAllocs()
	for b.Loop() {
		e := newEngine(b, utc(), kpi)
		for _, one := range batches {
			e.Add(one)
		}
	}
	b.ReportMetric(float64(n*len(tags))*float64(b.N)/b.Elapsed().Seconds(), "readings/s")
}

func BenchmarkCheckpoint(b *testing.B) {
	m := newMill(1, false)
	r := newRig(b, utc(), m.kpi(b))
	for _, one := range m.batches(r, 24.249) {
		r.add(one)
	}
	samples := 0
	for _, in := range r.engine.inputs {
		samples += len(in.runs[0].elems)
	}
	b.ReportAllocs()
	var size int
	for b.Loop() {
		state, err := r.engine.Checkpoint()
		if err != nil {
			b.Fatal(err)
		}
		size = len(state)
	}
	b.ReportMetric(float64(size), "bytes")
	b.ReportMetric(float64(size)/float64(samples), "bytes/sample")
}

func BenchmarkCurrent(b *testing.B) {
	m := newMill(1, false)
	r := newRig(b, utc(), m.kpi(b))
	for _, one := range m.batches(r, 24.249) {
		r.add(one)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.engine.Current()
	}
}
