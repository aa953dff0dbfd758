// Package file writes deliveries into files, for sites without a network. It
// stands at the end of the flow: a forwarder calls Send, which appends whole
// deliveries and returns when they are safe on the disk.
//
//	delivery ─► rows ─► pages, one per file ─► append, fsync ─► state
//	            rows.go, csv.go                disk.go          state.go
//
// Files are named by the plant's day on which a batch was received:
// readings-2026-11-23.csv, batches-2026-11-23.jsonl. JSON lines hold what package
// payload writes, a line for each batch and for each of its rows; only the tags'
// generation and the lane of a delivery are not in it. CSV holds what a spreadsheet needs.
//
// A file is read a year later, far from the others, and lines are cut out of it
// and put together with those of other plants. So every line names the plant by
// its id; batches and results, which are few, name the company too.
//
// What has been written is what .recoup-written says: the length of each file
// and the numbers of the batches. It is replaced as the last step of a Send, so
// after a crash whatever stands in a file beyond its length is cut, and a batch
// that comes again is recognised, whichever way deliveries are cut. Marks in
// the files alone could not do so: CSV has none, and a delivery goes into several
// files at once. A file that has become shorter, or is gone, was taken away by
// people; writing goes on in a new one, and so it does when .recoup-written is
// gone.
package file

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"recoup/agent"
	"recoup/agent/payload"
)

//go:embed example.yaml
var example string

// Kind is this upstream's entry in the list of upstreams.
func Kind() agent.Kind[agent.Upstream] { return agent.Kind[agent.Upstream]{New: New, Example: example} }

// Upstream appends deliveries to files in one folder. One goroutine calls Send
// and Close; any may call Report.
type Upstream struct {
	name   string
	folder string
	write  func(*pages, agent.Delivery) error // of the format
	most   int64                              // bytes of one file; 0: no bound
	keep   time.Duration                      // 0: for ever
	header payload.Header
	zone   *time.Location
	clock  agent.Clock
	log    *slog.Logger

	state  *state       // nil until it has been read, and after a failure
	swept  string       // the day on which old files were last looked for
	before func() error // the state is replaced; for tests, nil: nothing
	bytes  atomic.Uint64
}

// New checks the section file and builds the upstream. It does no I/O but loading
// the time zone. The error is agent.Faults: all that is wrong.
func New(spec agent.Spec) (agent.Upstream, error) {
	s := section{Format: "jsonl", Keep: 400 * 24 * time.Hour}
	var faults agent.Faults
	faults.Join("", spec.Decode(&s))
	for _, f := range s.check() {
		unread := func(other agent.Fault) bool { return other.Path == f.Path }
		if !slices.ContainsFunc(faults, unread) { // what could not be read was not checked either
			faults = append(faults, f)
		}
	}
	zone, err := time.LoadLocation(spec.Plant.Timezone)
	if err != nil {
		zone = time.UTC // the plant's own check has said so
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(s.Folder) {
		s.Folder = filepath.Join(spec.Dir, s.Folder)
	}
	return &Upstream{
		name: spec.Name, folder: s.Folder, write: formats()[s.Format], most: s.Rotate.bytes, keep: s.Keep,
		header: payload.Header{Agent: payload.Sender{Name: "recoup", Version: spec.Version}, Plant: spec.Plant},
		zone:   zone, clock: spec.Clock, log: spec.Log,
	}, nil
}

// formats lists the forms of files.
func formats() map[string]func(*pages, agent.Delivery) error {
	return map[string]func(*pages, agent.Delivery) error{"jsonl": (*pages).jsonLines, "csv": (*pages).csv}
}

// Send appends what of d is not yet written. Errors of the disk are temporary; a
// row that cannot be written as JSON is refused for good.
func (u *Upstream) Send(ctx context.Context, d agent.Delivery) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if d.To == 0 {
		return nil
	}
	if err := u.begin(); err != nil {
		return fmt.Errorf("%s: %w", u.folder, err)
	}
	next := u.state.clone()
	fresh := next.take(d)
	p := &pages{header: u.header, zone: u.zone, text: map[page][]byte{}}
	if len(fresh.Batches) > 0 {
		if err := u.write(p, fresh); err != nil {
			return agent.Permanent(fmt.Errorf("this cannot be written: %w", err))
		}
	}
	if err := u.commit(next, p); err != nil {
		u.state = nil // what is on the disk is not known: look again
		return fmt.Errorf("%s: %w", u.folder, err)
	}
	u.sweep()
	return nil
}

// Close has nothing to close: no file stays open between deliveries, so that
// people can take them away.
func (u *Upstream) Close() error { return nil }

// Report gives the bytes written.
func (u *Upstream) Report() []agent.Metric {
	return []agent.Metric{{
		Name: "recoup_file_written_bytes_total", Help: "Bytes appended to files.", Type: agent.CounterMetric,
		Labels: []agent.Label{{Name: "upstream", Value: u.name}}, Value: float64(u.bytes.Load()),
	}}
}
