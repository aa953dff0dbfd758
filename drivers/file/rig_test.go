package file

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// lab is a drop folder, an agent that records what is handed over, and a clock
// that stands still.
type lab struct {
	t    *testing.T
	dir  string
	tags []*agent.Tag
	more string // lines of the section

	now      time.Time
	mono     uint64
	recorded time.Time // by the agent, as its board shows it
}

func newLab(t *testing.T, section string, tags ...string) *lab {
	l := &lab{t: t, dir: t.TempDir(), more: section, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	for i, name := range tags {
		l.tags = append(l.tags, &agent.Tag{Name: name, Source: "lab", Index: i, Gen: 1, Every: time.Minute})
	}
	return l
}

// open builds a driver, as a start of the agent does.
func (l *lab) open() *Driver {
	l.t.Helper()
	d, err := New(l.spec())
	if err != nil {
		l.t.Fatalf("New: %v", err)
	}
	return d.(*Driver)
}

func (l *lab) spec() agent.Spec {
	return agent.Spec{
		Name: "lab", Dir: filepath.Dir(l.dir), Plant: agent.Plant{Timezone: "Asia/Shanghai"}, Tags: l.tags, Log: slog.New(slog.DiscardHandler),
		Decode: decodeInto(fmt.Sprintf("folder: %q\n%s", filepath.Base(l.dir), l.more)),
		Latest: func() *agent.Batch { return &agent.Batch{Source: agent.Own, Received: l.recorded} },
		Clock:  agent.Clock{Wall: func() time.Time { return l.now }, Mono: func() uint64 { return l.mono }, Boot: 1},
	}
}

func decodeInto(text string) func(any) error {
	return func(into any) error {
		return yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(into)
	}
}

func (l *lab) pass(d time.Duration) {
	l.now = l.now.Add(d)
	l.mono += uint64(d)
}

func (l *lab) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) text(name string) string {
	text, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// poll reads until there is no more, as a poller does; the agent records it.
func (l *lab) poll(d *Driver) (batches []*agent.Batch) {
	l.t.Helper()
	for more := true; more; {
		b := &agent.Batch{Source: "lab"}
		var err error
		if more, err = d.Read(l.t.Context(), l.tags, b); err != nil {
			l.t.Fatalf("Read = %v, want nil", err)
		}
		l.recorded = l.now
		if b.More = more; len(b.Readings) > 0 {
			batches = append(batches, b)
		}
	}
	return batches
}

// settled looks at the folder, lets what is there settle, and polls. A Read
// would wait for a new file; here only the test moves the clock.
func (l *lab) settled(d *Driver) (batches []*agent.Batch) {
	l.t.Helper()
	l.look(d)
	l.pass(15 * time.Second)
	batches = l.poll(d)
	l.pass(15 * time.Second)
	return batches
}

func (l *lab) look(d *Driver) {
	l.t.Helper()
	if err := d.remember(); err != nil {
		l.t.Fatal(err)
	}
	if _, err := d.look(); err != nil {
		l.t.Fatal(err)
	}
}

// shown writes readings as people would.
func shown(batches []*agent.Batch) string {
	var lines []string
	for _, b := range batches {
		for _, r := range b.Readings {
			line := fmt.Sprintf("%s %s %s", r.Time.Format(time.RFC3339), r.Tag.Name, r.Value)
			if r.Quality != agent.Good {
				line += " " + r.Quality.String() + " " + r.Reason.Code.String()
			}
			if b.Backfill {
				line += " backfill"
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// feeding puts a fresh file with the due tags into the folder before each Read.
type feeding struct {
	*Driver
	row   int
	gone  bool
	stall func()
}

func (f *feeding) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	if !f.gone && len(due) > 0 && ctx.Err() == nil {
		f.row++
		head, row := "time", time.Date(2026, 1, 2, 0, 0, f.row, 0, time.UTC).Format(time.RFC3339)
		for _, tag := range due {
			head += "," + tag.Name
			if tag.Name == "bad" {
				row += ",n/a"
			} else {
				row += ",-2.5"
			}
		}
		if err := os.WriteFile(filepath.Join(f.folder, fmt.Sprintf("%d.csv", f.row)), []byte(head+"\n"+row+"\n"), 0o644); err != nil {
			return false, err
		}
	}
	if f.stall != nil {
		f.settle = time.Hour
		time.AfterFunc(10*time.Millisecond, f.stall)
	}
	return f.Driver.Read(ctx, due, b)
}

func TestDriverSuite(t *testing.T) {
	agenttest.DriverSuite(t, func(t *testing.T) agenttest.DriverRig {
		l := newLab(t, "settle: 0s", "tag0", "tag1", "tag2", "bad")
		f := &feeding{Driver: l.open()}
		away := l.dir + "-away"
		t.Cleanup(func() { os.RemoveAll(away) })
		return agenttest.DriverRig{
			Driver: f, Tags: l.tags[:3], Bad: l.tags[3],
			Break: func() {
				f.gone = true
				if err := os.Rename(l.dir, away); err != nil {
					t.Fatal(err)
				}
			},
			Restore: func() {
				f.gone = false
				if err := os.Rename(away, l.dir); err != nil {
					t.Fatal(err)
				}
			},
			Stall: func(reached func()) { f.stall = reached },
		}
	})
}
