package opcua

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
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

// tagsOf makes a tag for each node of the test server.
func tagsOf(names ...string) []*agent.Tag {
	tags := make([]*agent.Tag, len(names))
	for i, name := range names {
		tags[i] = &agent.Tag{Name: "tag." + name, Source: "acid", Index: i, Gen: 1, At: "ns=1;s=" + name, Every: 100 * time.Millisecond}
	}
	return tags
}

func specOf(section string, tags []*agent.Tag) agent.Spec {
	return agent.Spec{
		Name: "acid", Tags: tags, Decode: decodeInto(section), Log: slog.New(slog.DiscardHandler), Clock: agent.SystemClock(),
	}
}

// openDriver builds a driver of what is behind an address, with the lines of its
// section.
func openDriver(t *testing.T, addr string, tags []*agent.Tag, lines ...string) *Driver {
	t.Helper()
	spec := specOf("endpoint: opc.tcp://"+addr+"\n"+strings.Join(lines, "\n"), tags)
	spec.Dir = t.TempDir()
	d, err := New(spec)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(*Driver)
}

var insecure = []string{"security: none", "insecure: true"}

func openInsecure(t *testing.T, addr string, tags []*agent.Tag, lines ...string) *Driver {
	t.Helper()
	return openDriver(t, addr, tags, append(lines, insecure...)...)
}

// read reads all tags until there is no more.
func read(t *testing.T, d *Driver) (*agent.Batch, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b := &agent.Batch{}
	for {
		more, err := d.Read(ctx, d.tags, b)
		if !more || err != nil {
			return b, err
		}
	}
}

func mustRead(t *testing.T, d *Driver) *agent.Batch {
	t.Helper()
	b, err := read(t, d)
	if err != nil {
		t.Fatalf("Read = %v, want nil", err)
	}
	return b
}

// until calls done again and again until it gives true; the test's own time
// limit is the only one.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !done() {
		if agent.Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// eventually reads, through failures, until a reading of the tag fits.
func eventually(t *testing.T, d *Driver, what string, fits func(r agent.Reading) bool) (failures []error) {
	t.Helper()
	until(t, what, func() bool {
		b, err := read(t, d)
		if err != nil {
			failures = append(failures, err)
		}
		for _, r := range b.Readings {
			if fits(r) {
				return true
			}
		}
		return false
	})
	return failures
}

func metric(d *Driver, name string) float64 {
	for _, m := range d.Report() {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}

func show(r agent.Reading) string {
	return fmt.Sprintf("%q %s %s %q at %s", r.Value, r.Quality, r.Reason.Code, r.Reason.Detail, r.Time.Format(time.RFC3339Nano))
}
