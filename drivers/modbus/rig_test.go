package modbus

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
)

// decodeInto makes a Spec's Decode of a section's text.
func decodeInto(text string) func(any) error {
	return func(into any) error {
		if text == "" {
			return nil
		}
		return yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(into)
	}
}

func tagsAt(ats ...string) []*agent.Tag {
	tags := make([]*agent.Tag, len(ats))
	for i, at := range ats {
		tags[i] = &agent.Tag{Name: fmt.Sprintf("tag%d", i), Source: "mill", Index: i, Gen: 1, At: at, Every: time.Second}
	}
	return tags
}

func specOf(section string, tags []*agent.Tag) agent.Spec {
	return agent.Spec{
		Name: "mill", Tags: tags, Decode: decodeInto(section), Log: slog.New(slog.DiscardHandler), Clock: agent.SystemClock(),
	}
}

// openDriver builds a driver of the peer with more lines of its section.
func openDriver(t testing.TB, p *peer, more string, tags []*agent.Tag) *Driver {
	t.Helper()
	return openSpec(t, specOf(fmt.Sprintf("address: tcp://%s\n%s", p.addr, more), tags))
}

func openSpec(t testing.TB, spec agent.Spec) *Driver {
	t.Helper()
	d, err := New(spec)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(*Driver)
}

// metric gives the sum of a counter's series that have the given label values.
func metric(d *Driver, name string, labels ...agent.Label) float64 {
	sum := 0.0
series:
	for _, m := range d.Report() {
		if m.Name != name {
			continue
		}
		for _, want := range labels {
			for _, l := range m.Labels {
				if l.Name == want.Name && l.Value != want.Value {
					continue series
				}
			}
		}
		sum += m.Value
	}
	return sum
}

// testClock is a clock that tests move.
type testClock struct{ now time.Time }

func (c *testClock) clock() agent.Clock {
	start := c.now
	return agent.Clock{
		Wall: func() time.Time { return c.now },
		Mono: func() uint64 { return uint64(c.now.Sub(start)) },
		Boot: 1,
	}
}
