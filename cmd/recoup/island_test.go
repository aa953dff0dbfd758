package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/buffer"
)

// The whole agent on its real buffer, in fake time, while its upstreams are away.

const weekConfig = `
plant: {id: week-mill, name: Week Mill, timezone: Asia/Shanghai, shifts: ["00:00", "08:00", "16:00"]}
sources:
  - name: mill
    every: 60s
    modbus: {address: "tcp://127.0.0.1:502", unit: 1}
    tags:
      - {name: mill.q_in, at: holding 100 float32, unit: Nm3/h, range: [0, 120000], accuracy: 2% limit}
      - {name: mill.c_in, at: holding 102 float32, unit: mg/Nm3, range: [0, 1000], accuracy: 5% limit}
      - {name: mill.q_out, at: holding 104 float32, unit: Nm3/h, range: [0, 120000], accuracy: 2% limit}
      - {name: mill.c_out, at: holding 106 float32, unit: mg/Nm3, range: [0, 100], accuracy: 5% limit}
      - {name: mill.oil_total, at: input 10 uint32, unit: kg, scale: 0.1, counter: {modulus: 4294967296, max_rate: 500/h}}
kpis:
  - name: mill.oil
    oil_mist:
      inlet: {flow: mill.q_in, concentration: mill.c_in}
      outlet: {flow: mill.q_out, concentration: mill.c_out}
      recovered: mill.oil_total
      target: "removal >= 0.90"
upstreams:
  - {name: hq, http: {url: "https://hq.example.com/v1/batches"}}
`

// island is a plant that cannot reach its upstreams: the agent as it is wired
// from a configuration, but with gauges and far sides in memory.
type island struct {
	*agent.Agent
	config  string
	driver  gauges
	drivers []agent.Driver // in their place: those of the sources; nil: driver is the only one
	far     map[string]*farSide
	flush   time.Duration
	bound   int64 // of the buffer, with the smallest segments; 0: as configured

	stop   context.CancelFunc
	result chan error
}

func newIsland(t *testing.T, config string) *island {
	t.Helper()
	p := &island{config: filepath.Join(t.TempDir(), "mill.yaml"), far: map[string]*farSide{}}
	if err := os.WriteFile(p.config, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *island) path(name string) string { return filepath.Join(filepath.Dir(p.config), name) }

// wire builds the agent anew, as every start of the program does.
func (p *island) wire(t *testing.T) {
	t.Helper()
	a, cfg, err := load(p.config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	a.Serve = nil // sockets know no fake time
	a.Flush = p.flush
	a.Sources[0].Driver = &p.driver
	for i, d := range p.drivers {
		a.Sources[i].Driver = d
	}
	var names []string
	for i := range a.Upstreams {
		up := &a.Upstreams[i]
		names = append(names, up.Name)
		if far := p.far[up.Name]; far != nil {
			up.Upstream = far
		}
	}
	if p.bound > 0 {
		a.Store, err = buffer.New(buffer.Config{Path: cfg.Buffer.Path, MaxBytes: p.bound, MaxAge: cfg.Buffer.MaxAge,
			SegmentBytes: p.bound / 4, Tags: cfg.Tags, Upstreams: names}, a.Clock, a.Log)
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Agent = a
}

func (p *island) start(t *testing.T) {
	t.Helper()
	p.wire(t)
	ctx, stop := context.WithCancel(t.Context())
	p.stop, p.result = stop, make(chan error, 1)
	go func() { p.result <- p.Run(ctx) }()
}

func (p *island) end(t *testing.T) {
	t.Helper()
	p.stop()
	if err := <-p.result; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// gauges is the driver of a mill at work. It outlives the agent, as a PLC does.
type gauges struct{ polled atomic.Int64 }

func (g *gauges) Read(_ context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	g.read(due, b, time.Now().UTC())
	return false, nil
}

// read gives what the gauges showed at an instant.
func (g *gauges) read(due []*agent.Tag, b *agent.Batch, now time.Time) {
	seconds := float64(now.Unix() % 1_000_000)
	for _, tag := range due {
		r := agent.Reading{Tag: tag, Time: now, Quality: agent.Good}
		switch tag.Name {
		case "mill.q_in", "mill.q_out":
			r.Value = agent.Float32Value(float32(50000 + seconds/1000))
		case "mill.c_in":
			r.Value = agent.Float32Value(float32(300 + seconds/10000))
		case "mill.c_out":
			r.Value = agent.Float32Value(float32(10 + seconds/100000))
		case "mill.oil_total":
			r.Value = agent.Uint64Value(uint64(now.Unix() / 40))
		default: // so long a note that few readings fill a disk
			note := make([]byte, 1000)
			rand.Read(note)
			r.Value = agent.TextValue(hex.EncodeToString(note))
		}
		b.Readings = append(b.Readings, r)
	}
	g.polled.Add(int64(len(due)))
}

func (g *gauges) Close() error { return nil }

// farSide keeps what it is sent, in the order in which it came first, and notes
// whatever a receiver may not see.
type farSide struct {
	answer func(ctx context.Context) (takes bool, err error)

	mu        sync.Mutex
	batches   []*agent.Batch
	have      map[agent.Mark]*agent.Batch
	lost      map[agent.Mark]bool   // taken without a receipt, so they may come again
	prev      map[uint64]agent.Mark // by epoch
	explained int                   // batches that came again because of that
	wrong     []string
	told      map[string]int // answers other than a receipt
}

func newFarSide(answer func(ctx context.Context) (bool, error)) *farSide {
	return &farSide{answer: answer, have: map[agent.Mark]*agent.Batch{}, lost: map[agent.Mark]bool{}, prev: map[uint64]agent.Mark{}, told: map[string]int{}}
}

func (f *farSide) Send(ctx context.Context, d agent.Delivery) error {
	takes, err := f.answer(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if takes && d.To != 0 {
		f.take(d, err != nil)
	}
	if err != nil {
		f.told[err.Error()]++
	}
	return err
}

func (f *farSide) Close() error { return nil }

func (f *farSide) newest() agent.Mark {
	if len(f.batches) == 0 {
		return agent.Mark{}
	}
	return f.batches[len(f.batches)-1].Mark
}

func (f *farSide) take(d agent.Delivery, receiptLost bool) {
	if _, known := f.prev[d.Epoch]; !known {
		f.prev[d.Epoch] = f.newest()
	}
	if d.Prev != f.prev[d.Epoch] || d.Historical || !d.Rows.All() {
		f.note("delivery %d to %d: prev %v, historical %v, rows %v; want prev %v and all rows of the present", d.From, d.To, d.Prev, d.Historical, d.Rows, f.prev[d.Epoch])
	}
	next := d.From
	for _, b := range d.Batches {
		from, _ := b.Stands()
		from = max(from, d.From)
		if b.Epoch != d.Epoch || from != next {
			f.note("delivery %d to %d of %x: batch %v begins at %d, want %d", d.From, d.To, d.Epoch, b.Mark, from, next)
		}
		next = b.Seq + 1
		f.batch(b, from)
		f.lost[b.Mark] = receiptLost
	}
	if next != d.To+1 {
		f.note("delivery %d to %d ends before %d", d.From, d.To, next)
	}
}

func (f *farSide) batch(b *agent.Batch, from uint64) {
	old, again := f.have[b.Mark]
	switch {
	case again && !f.lost[b.Mark]:
		f.note("batch %v came again after a receipt", b.Mark)
	case again:
		f.explained++
		if diff := agenttest.DiffBatches(b, old); diff != "" {
			f.note("batch %v came again and differs: %s", b.Mark, diff)
		}
	case from != f.newest().Seq+1:
		f.note("batch %v, from %d on, follows %v", b.Mark, from, f.newest())
	}
	if !again {
		f.have[b.Mark] = b
		f.batches = append(f.batches, b)
	}
}

func (f *farSide) note(format string, args ...any) {
	if len(f.wrong) < 10 {
		f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
	}
}

func (f *farSide) check(t *testing.T, name string) {
	t.Helper()
	for _, what := range f.wrong {
		t.Errorf("%s: %s", name, what)
	}
}

func takesAll(context.Context) (bool, error) { return true, nil }

// refusals are what an upstream answers that is away, by turns.
func refusals() func(ctx context.Context) (bool, error) {
	turn := 0
	return func(ctx context.Context) (bool, error) {
		turn++
		switch turn % 3 {
		case 0:
			return false, agent.RetryAfter(errors.New("503: busy"), 2*time.Minute)
		case 1: // it hangs, until the upstream's own patience ends
			patience, cancel := context.WithTimeout(ctx, 3*time.Minute)
			defer cancel()
			<-patience.Done()
			return false, fmt.Errorf("no answer: %w", patience.Err())
		}
		return false, errors.New("connection refused")
	}
}

func refusesForGood(context.Context) (bool, error) {
	return false, agent.Permanent(errors.New("400: unknown plant"))
}

func hangs(ctx context.Context) (bool, error) { <-ctx.Done(); return false, ctx.Err() }

func losesReceipts(context.Context) (bool, error) {
	return true, agent.RetryAfter(errors.New("504: the answer was lost on the way"), 4*time.Minute)
}

// phase is how an upstream answers from a time after the start on.
type phase struct {
	from   time.Duration
	answer func(ctx context.Context) (bool, error)
}

// phases gives the answer of the phase that runs; before the first, all is taken.
func phases(began time.Time, all ...phase) func(ctx context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		for _, p := range slices.Backward(all) {
			if time.Since(began) >= p.from {
				return p.answer(ctx)
			}
		}
		return takesAll(ctx)
	}
}
