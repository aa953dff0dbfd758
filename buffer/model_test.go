package buffer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// TestModel plays the store against a model: thousands of random steps with
// commits that fail before or after they happened, drops by size, reopening,
// and crashes of which a copy of the folder is what remains. At the end every
// upstream must have been given every number, every result exactly, and every
// reading either itself or in a gap.
func TestModel(t *testing.T) {
	const seeds, steps = 3, 1000
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &model{T: t, r: rand.New(rand.NewPCG(seed, 7)), dir: t.TempDir(), tags: agenttest.Tags("mill", time.Second, 5),
				clock: &handClock{now: began}, stored: map[uint64]*agent.Batch{}, got: map[string]*received{"hq": newReceived(), "city": newReceived()}}
			m.reopen()
			for m.step = range steps {
				m.play()
			}
			m.finish()
		})
	}
}

type model struct {
	*testing.T
	r     *rand.Rand
	dir   string
	tags  []*agent.Tag
	clock *handClock
	disk  disk
	step  int

	store  *loaded
	epoch  uint64
	last   agent.Mark
	stored map[uint64]*agent.Batch // all ever stored, by number
	doubt  []*agent.Batch          // offered, but the outcome is unknown
	got    map[string]*received
}

// received is what an upstream was given and acked.
type received struct {
	numbers  map[uint64]bool // acked, given itself or stood for
	readings map[uint64]bool // numbers whose readings came themselves
	results  map[agent.ResultKey]float64
}

func newReceived() *received {
	return &received{map[uint64]bool{}, map[uint64]bool{}, map[agent.ResultKey]float64{}}
}

func (m *model) play() {
	m.clock.move(time.Duration(m.r.IntN(3000)) * time.Millisecond)
	switch n := m.r.IntN(100); {
	case n < 45:
		m.append()
	case n < 80:
		m.deliver([]string{"hq", "city"}[m.r.IntN(2)], agent.Lane(m.r.IntN(2)), 1+m.r.IntN(40))
	case n < 90:
		m.tidy()
	case n < 94:
		m.disk.fail([]string{"seg", "meta", "kept", ""}[m.r.IntN(4)], m.r.IntN(2) == 0, 1+m.r.IntN(3))
	case n < 96:
		m.crash()
	case n < 98:
		m.reopen()
	default:
		m.history()
	}
}

// append offers new batches, or again those in doubt.
func (m *model) append() {
	batches := m.doubt
	if batches == nil {
		for range 1 + m.r.IntN(6) {
			batches = append(batches, m.batch())
		}
	}
	if err := m.store.Append(batches); err != nil {
		if !errors.Is(err, errDisk) {
			m.Fatalf("step %d: Append: %v", m.step, err)
		}
		m.doubt = batches
		return
	}
	m.doubt = nil
	for _, b := range batches {
		m.stored[b.Seq] = b
	}
}

func (m *model) batch() *agent.Batch {
	prev := m.last
	m.last = agent.Mark{Epoch: m.epoch, Seq: m.last.Seq + 1}
	at := m.clock.clock().Wall()
	b := &agent.Batch{Mark: m.last, Source: "mill", Received: at, Mono: m.last.Seq, Boot: 1}
	if prev.Epoch != m.epoch {
		b.Prev = prev
	}
	if m.r.IntN(4) > 0 {
		for _, tag := range m.tags[m.r.IntN(len(m.tags)):] {
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: agent.TextValue(noise(m.last.Seq, m.r.IntN(3000))), Quality: agent.Good})
		}
		b.Backfill = m.r.IntN(10) == 0
		return b
	}
	b.Source = agent.Own
	if m.r.IntN(2) == 0 {
		b.State = fmt.Append(nil, "after ", m.last.Seq)
	}
	b.Results = []agent.Result{{KPI: "k", Value: float64(m.last.Seq), Window: agent.Window{Kind: agent.Cell,
		Start: began.Add(time.Duration(m.last.Seq) * time.Hour), End: began.Add(time.Duration(m.last.Seq+1) * time.Hour)}}}
	return b
}

func (m *model) deliver(upstream string, lane agent.Lane, most int) (any bool) {
	ended, end := context.WithCancel(context.Background())
	end()
	d, err := m.store.Next(ended, upstream, lane, most)
	if err != nil {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, errDisk) {
			m.Fatalf("step %d: Next: %v", m.step, err)
		}
		return false
	}
	expected := d.From
	for i, b := range d.Batches {
		from, stands := b.Stands()
		switch {
		case b.Epoch != d.Epoch:
			m.Fatalf("step %d: batch %s in a delivery of epoch %x", m.step, b.Mark, d.Epoch)
		case i > 0 && from != expected:
			m.Fatalf("step %d: delivery %d…%d goes on with %d, want %d", m.step, d.From, d.To, from, expected)
		case !stands:
			if diff := agenttest.DiffBatches(b, m.stored[b.Seq]); diff != "" {
				m.Fatalf("step %d: batch %d: %s", m.step, b.Seq, diff)
			}
		}
		expected = b.Seq + 1
	}
	if expected != d.To+1 {
		m.Fatalf("step %d: delivery %d…%d ends with %d", m.step, d.From, d.To, expected-1)
	}
	if m.r.IntN(5) == 0 {
		return true // the far side did not take it
	}
	take := d.Batches
	if m.r.IntN(3) == 0 {
		take = take[:1+m.r.IntN(len(take))]
	}
	to := take[len(take)-1].Seq
	m.store.Ack(upstream, d.From, to)
	got := m.got[upstream]
	for n := d.From; n <= to; n++ {
		got.numbers[n] = true
	}
	for _, b := range take {
		if _, stands := b.Stands(); !stands {
			got.readings[b.Seq] = true
		}
		for _, r := range b.Results {
			got.results[r.Key()] = r.Value
		}
	}
	return true
}

func (m *model) tidy() {
	if err := m.store.Tidy(context.Background()); err != nil && !errors.Is(err, errDisk) {
		m.Fatalf("step %d: Tidy: %v", m.step, err)
	}
	if bytes, most := m.store.bytes(), m.store.cfg.MaxBytes+2*m.store.cfg.SegmentBytes; bytes > most {
		m.Fatalf("step %d: %d bytes after Tidy, want at most %d", m.step, bytes, most)
	}
}

// crash goes on with a copy of the folder as it is.
func (m *model) crash() {
	m.dir = copyDir(m.T, m.dir)
	m.disk.fail("", false, 1000) // nothing that Close still writes shall matter
	_ = m.store.Close()
	m.disk.fail("", false, 0)
	m.open()
}

func (m *model) reopen() {
	m.disk.fail("", false, 0)
	if m.store != nil {
		m.store.close(m.T)
	}
	m.open()
}

func (m *model) open() {
	cfg := testConfig(m.dir, "hq", "city")
	cfg.MaxBytes, cfg.Tags = 4*minSegmentBytes, m.tags
	m.store = open(m.T, cfg, m.clock.clock(), m.disk.hook)
	confirmed := m.last
	for _, b := range m.doubt { // whether they are in, the store alone knows
		if b.Seq <= m.store.last.Seq {
			m.stored[b.Seq] = b
			confirmed = b.Mark
		}
	}
	if len(m.doubt) > 0 && m.store.last.Seq < m.doubt[0].Seq {
		confirmed = m.newest(m.doubt[0].Seq - 1)
	}
	if m.store.last != confirmed {
		m.Fatalf("step %d: Load: last %v, want %v", m.step, m.store.last, confirmed)
	}
	m.doubt = nil
	m.last = confirmed
	m.epoch = m.r.Uint64()
	m.checkState()
}

func (m *model) newest(upTo uint64) agent.Mark {
	if b := m.stored[upTo]; b != nil {
		return b.Mark
	}
	return agent.Mark{}
}

// checkState compares the checkpoint and what comes after it.
func (m *model) checkState() {
	var want []byte
	from := uint64(1)
	for n := m.last.Seq; n > 0; n-- {
		if m.stored[n].State != nil {
			want, from = m.stored[n].State, n+1
			break
		}
	}
	if string(m.store.state) != string(want) {
		m.Fatalf("step %d: checkpoint %q, want %q", m.step, m.store.state, want)
	}
	for _, b := range m.store.after {
		if first, _ := b.Stands(); first != from {
			m.Fatalf("step %d: batch %d after the checkpoint, want %d", m.step, first, from)
		}
		from = b.Seq + 1
	}
	if from != m.last.Seq+1 {
		m.Fatalf("step %d: batches after the checkpoint end before %d, want all to %d", m.step, from, m.last.Seq)
	}
}

// history checks that every result ever stored is listed, in order.
func (m *model) history() {
	want := 0
	for _, b := range m.stored {
		want += len(b.Results)
	}
	got, before := 0, time.Time{}
	for r, err := range m.store.Results("k", agent.Cell, began, began.Add(1<<62)) {
		if err != nil {
			m.Fatalf("step %d: Results: %v", m.step, err)
		}
		if !r.Window.Start.After(before) {
			m.Fatalf("step %d: result of %v after that of %v", m.step, r.Window.Start, before)
		}
		got, before = got+1, r.Window.Start
	}
	if got != want {
		m.Fatalf("step %d: %d results listed, want %d", m.step, got, want)
	}
}

func (m *model) finish() {
	m.disk.fail("", false, 0)
	if m.doubt != nil {
		m.append()
	}
	m.history()
	lost := map[uint64]bool{}
	for b, err := range m.store.Range(began.Add(-time.Hour), began.Add(1<<62)) {
		if err != nil {
			m.Fatalf("Range: %v", err)
		}
		if from, stands := b.Stands(); stands {
			for n := from; n <= b.Seq; n++ {
				lost[n] = true
			}
		}
	}
	missing := 0
	for n := range lost {
		missing += len(m.stored[n].Readings)
	}
	if got := metric(m.T, m.store.Store, "recoup_gap_readings_total"); got != float64(missing) {
		m.Errorf("gaps of %v readings reported, want %d", got, missing)
	}
	for name, got := range m.got {
		for m.deliver(name, agent.Oldest, 1000) {
		}
		for n := uint64(1); n <= m.last.Seq; n++ {
			b := m.stored[n]
			switch {
			case !got.numbers[n]:
				m.Errorf("%s: number %d never given", name, n)
			case len(b.Readings) > 0 && !got.readings[n] && !lost[n]:
				m.Errorf("%s: readings of %d neither given nor in a gap", name, n)
			}
			for _, r := range b.Results {
				if value, ok := got.results[r.Key()]; !ok || value != r.Value {
					m.Errorf("%s: result of %d is %v (given: %v), want %v", name, n, value, ok, r.Value)
				}
			}
		}
	}
	m.Logf("%d batches, %d of them dropped", m.last.Seq, len(lost))
}
