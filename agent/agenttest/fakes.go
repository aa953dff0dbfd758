package agenttest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"recoup/agent"
)

// Quiet is a logger that says nothing.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Tags makes n float64 tags of a source, polled at every, generation 1.
func Tags(source string, every time.Duration, n int) []*agent.Tag {
	tags := make([]*agent.Tag, n)
	for i := range tags {
		tags[i] = &agent.Tag{Name: fmt.Sprintf("%s.t%d", source, i), Source: source, Index: i, Gen: 1, Every: every}
	}
	return tags
}

// Driver counts up: the nth read gives every due tag the value n. Do, when set,
// comes first and may fail, hang or panic.
type Driver struct {
	Do func(ctx context.Context, read int) error

	mu     sync.Mutex
	reads  int
	polled int
	closed int
}

func (d *Driver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	d.mu.Lock()
	d.reads++
	n := d.reads
	d.mu.Unlock()
	if d.Do != nil {
		if err := d.Do(ctx, n); err != nil {
			return false, err
		}
	}
	now := time.Now().UTC()
	for _, tag := range due {
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: now, Value: agent.Float64Value(float64(n)), Quality: agent.Good})
	}
	d.mu.Lock()
	d.polled += len(due)
	d.mu.Unlock()
	return false, nil
}

func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed++
	return nil
}

// Polled is the number of readings handed over; Reads the number of calls.
func (d *Driver) Polled() int { d.mu.Lock(); defer d.mu.Unlock(); return d.polled }
func (d *Driver) Reads() int  { d.mu.Lock(); defer d.mu.Unlock(); return d.reads }

// Calc is a calculator whose state is the number of batches and readings it has
// seen, own ones too. It gives a result every hundredth source batch.
type Calc struct {
	mu                         sync.Mutex // for Seen, which tests call from outside
	batches, readings, sources uint64
}

func (c *Calc) Add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches++
	c.readings += uint64(len(b.Readings))
	if b.Source == agent.Own {
		return nil, nil
	}
	if c.sources++; c.sources%100 != 0 {
		return nil, nil
	}
	start := b.Received.Truncate(time.Second)
	return []agent.Result{{KPI: "count", Unit: "1", Value: float64(c.readings), Quality: agent.Good,
		Window: agent.Window{Kind: agent.Cell, Start: start, End: start.Add(time.Second), Zone: "UTC"}}}, nil
}

func (c *Calc) Current() []agent.Result    { return nil }
func (c *Calc) Describe() []agent.Quantity { return []agent.Quantity{{KPI: "count", Name: "count"}} }

// Seen gives what the state counts.
func (c *Calc) Seen() (batches, readings uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batches, c.readings
}

func (c *Calc) Checkpoint() ([]byte, error) {
	var b []byte
	for _, n := range []uint64{c.batches, c.readings, c.sources} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b, nil
}

func (c *Calc) Restore(b []byte) error {
	if len(b) != 24 {
		return errors.New("not a checkpoint of this calculator")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches, c.readings, c.sources = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])
	return nil
}

// Upstream takes everything and checks order. Do, when set, comes first and may
// refuse, fail or hang.
type Upstream struct {
	Do func(ctx context.Context, d agent.Delivery) error

	mu       sync.Mutex
	last     uint64
	have     map[uint64]bool // numbers
	sends    int
	readings int
	gap      int
	repeats  int
	results  map[agent.ResultKey]int
	closed   int
}

func (u *Upstream) Send(ctx context.Context, d agent.Delivery) error {
	u.mu.Lock()
	u.sends++
	u.mu.Unlock()
	if u.Do != nil {
		if err := u.Do(ctx, d); err != nil {
			return err
		}
	}
	if d.To == 0 {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.have == nil {
		u.have = map[uint64]bool{}
	}
	if d.Rows.All() && u.have[d.From] && u.have[d.To] {
		u.repeats++
		return nil
	}
	for seq := d.From; seq <= d.To; seq++ {
		u.have[seq] = true
	}
	u.last = max(u.last, d.To)
	if u.results == nil {
		u.results = map[agent.ResultKey]int{}
	}
	for _, b := range d.Batches {
		u.readings += len(b.Readings)
		for _, r := range b.Results {
			u.results[r.Key()]++
		}
		for _, e := range b.Events {
			if e.Gap != nil {
				u.gap += e.Gap.Total()
			}
		}
	}
	return nil
}

func (u *Upstream) Close() error { u.mu.Lock(); defer u.mu.Unlock(); u.closed++; return nil }

// UpstreamCount is what an Upstream has seen. Holes are the numbers it lacks
// below its newest.
type UpstreamCount struct{ Sends, Readings, Gap, Holes, Repeats, Results, Closed int }

// Count gives it.
func (u *Upstream) Count() UpstreamCount {
	u.mu.Lock()
	defer u.mu.Unlock()
	return UpstreamCount{u.sends, u.readings, u.gap, int(u.last) - len(u.have), u.repeats, len(u.results), u.closed}
}
