package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// site is a folder, and an upstream that writes into it.
type site struct {
	t   testing.TB
	dir string
	now time.Time
}

func newSite(t testing.TB) *site {
	return &site{t: t, dir: filepath.Join(t.TempDir(), "out"), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
}

func (s *site) open(section string) *Upstream {
	s.t.Helper()
	u, err := New(s.spec(section))
	if err != nil {
		s.t.Fatalf("New: %v", err)
	}
	return u.(*Upstream)
}

func (s *site) spec(section string) agent.Spec {
	text := fmt.Sprintf("folder: %q\n%s", "out", section)
	return agent.Spec{
		Name: "archive", Dir: filepath.Dir(s.dir), Plant: agent.Plant{ID: "mill", Timezone: "Asia/Shanghai"}, Log: slog.New(slog.DiscardHandler),
		Decode: func(into any) error {
			return yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(into)
		},
		Clock: agent.Clock{Wall: func() time.Time { return s.now }},
	}
}

func (s *site) files() (names []string) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

func (s *site) text(name string) string {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// jsonRow is what the suite needs of a line.
type jsonRow struct {
	Row, Plant, Epoch, Tag, KPI string
	Seq                         uint64
	Time                        time.Time
	Value                       float64
	Window                      struct{ Start time.Time }
}

func (s *site) lines() (all []jsonRow) {
	s.t.Helper()
	for _, name := range s.files() {
		scan := bufio.NewScanner(strings.NewReader(s.text(name)))
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			var r jsonRow
			if err := json.Unmarshal(scan.Bytes(), &r); err != nil {
				s.t.Fatalf("%s: %v in %s", name, err, scan.Text())
			}
			all = append(all, r)
		}
	}
	return all
}

func (s *site) storedJSON() (rows []agenttest.Row) {
	for _, r := range s.lines() {
		switch r.Row {
		case "reading":
			rows = append(rows, agenttest.Row{Name: r.Tag, Time: r.Time, Value: r.Value})
		case "result":
			rows = append(rows, agenttest.Row{Name: r.KPI, Time: r.Window.Start, Value: r.Value})
		}
	}
	return rows
}

// storedCSV puts results, which lie in another file, among the readings, as the
// suite makes them.
func (s *site) storedCSV() []agenttest.Row {
	type row struct {
		agenttest.Row
		made time.Time
	}
	var rows []row
	for _, name := range s.files() {
		cells, err := csv.NewReader(strings.NewReader(s.text(name))).ReadAll()
		if err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		for _, c := range cells[1:] {
			if strings.HasPrefix(name, readingsKind) {
				rows = append(rows, row{agenttest.Row{Name: c[1], Time: parsed(s.t, c[0]), Value: value(s.t, c[2])}, parsed(s.t, c[0])})
			} else {
				rows = append(rows, row{agenttest.Row{Name: c[0], Time: parsed(s.t, c[2]), Value: value(s.t, c[4])}, parsed(s.t, c[3])})
			}
		}
	}
	if len(s.files()) > 1 {
		slices.SortStableFunc(rows, func(a, b row) int { return a.made.Compare(b.made) })
	}
	var out []agenttest.Row
	for _, r := range rows {
		out = append(out, r.Row)
	}
	return out
}

func parsed(t testing.TB, cell string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, cell)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func value(t testing.TB, cell string) float64 {
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// stalling ends the caller's ctx when it is sent something.
type stalling struct {
	*Upstream
	reached func()
}

func (s *stalling) Send(ctx context.Context, d agent.Delivery) error {
	if s.reached != nil {
		s.reached()
	}
	return s.Upstream.Send(ctx, d)
}

var errCut = errors.New("power cut")

func TestUpstreamSuite(t *testing.T) {
	for _, format := range []string{"jsonl", "csv"} {
		t.Run(format, func(t *testing.T) {
			agenttest.UpstreamSuite(t, func(t *testing.T) agenttest.UpstreamRig {
				s := newSite(t)
				u := &stalling{Upstream: s.open("format: " + format)}
				stored, away := s.storedJSON, s.dir+"-away"
				if format == "csv" {
					stored = s.storedCSV
				}
				must := func(err error) {
					if err != nil {
						t.Fatal(err)
					}
				}
				must(os.MkdirAll(s.dir, 0o755))
				broken := false
				return agenttest.UpstreamRig{
					Upstream: u, Tags: agenttest.Tags("mill", time.Second, 2),
					Stored: func() []agenttest.Row {
						if broken {
							return nil
						}
						return stored()
					},
					Break: func() {
						broken = true
						must(os.Rename(s.dir, away))
						must(os.WriteFile(s.dir, nil, 0o644))
					},
					Lose:  func() { u.before = func() error { return errCut } },
					Stall: func(reached func()) { u.reached = reached },
					Mend: func() {
						u.before, u.reached = nil, nil
						if broken {
							broken = false
							must(os.Remove(s.dir))
							must(os.Rename(away, s.dir))
						}
					},
				}
			})
		})
	}
}

// send gives batches of two readings, one a second from start on, numbered from…to.
func (s *site) delivery(start time.Time, from, to uint64) agent.Delivery {
	tags := agenttest.Tags("mill", time.Second, 2)
	d := agent.Delivery{Epoch: 7, From: from, To: to}
	for seq := from; seq <= to; seq++ {
		at := start.Add(time.Duration(seq) * time.Second)
		b := &agent.Batch{Mark: agent.Mark{Epoch: 7, Seq: seq}, Source: "mill", Received: at}
		for _, tag := range tags {
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value(float64(seq)), Quality: agent.Good})
		}
		d.Batches = append(d.Batches, b)
	}
	return d
}

func (s *site) send(u *Upstream, d agent.Delivery) {
	s.t.Helper()
	if err := u.Send(s.t.Context(), d); err != nil {
		s.t.Fatalf("Send of %d to %d = %v, want nil", d.From, d.To, err)
	}
}

// onceEach demands each batch with its two readings once, in any order.
func (s *site) onceEach(to uint64) {
	s.t.Helper()
	count := map[string]int{}
	for _, r := range s.lines() {
		count[fmt.Sprint(r.Row, r.Seq, r.Tag)]++
		if r.Plant != "mill" || r.Epoch != "0000000000000007" {
			s.t.Errorf("a %s of plant %q and epoch %q, want mill and 0000000000000007", r.Row, r.Plant, r.Epoch)
		}
	}
	for seq := uint64(1); seq <= to; seq++ {
		for _, key := range []string{fmt.Sprint("batch", seq), fmt.Sprint("reading", seq, "mill.t0"), fmt.Sprint("reading", seq, "mill.t1")} {
			if count[key] != 1 {
				s.t.Errorf("%s is there %d times, want once", key, count[key])
			}
			delete(count, key)
		}
	}
	if len(count) > 0 {
		s.t.Errorf("rows nobody sent: %v", count)
	}
}

func TestRepeatAfterCrashInOtherPieces(t *testing.T) {
	s := newSite(t)
	u := s.open("")
	s.send(u, s.delivery(s.now, 1, 10))
	s.send(u, s.delivery(s.now, 11, 20))
	u.before = func() error { return errCut }
	if err := u.Send(t.Context(), s.delivery(s.now, 21, 30)); !errors.Is(err, errCut) {
		t.Fatalf("Send = %v, want %v", err, errCut)
	}
	u = s.open("") // and nobody knows of the acks
	s.send(u, s.delivery(s.now, 5, 25))
	s.send(u, s.delivery(s.now, 26, 40))
	s.onceEach(40)
}

// TestBatchWithoutRowsIsWrittenOnce: an outage, or a checkpoint's batch.
func TestBatchWithoutRowsIsWrittenOnce(t *testing.T) {
	s := newSite(t)
	u := s.open("")
	d := s.delivery(s.now, 1, 1)
	d.Batches[0].Readings, d.Batches[0].Err = nil, agent.Reason{Code: agent.Timeout, Detail: "no answer"}
	s.send(u, d)
	s.send(u, d)
	if got := s.text("batches-2026-03-01.jsonl"); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"error":{"code":"timeout","detail":"no answer"}`) {
		t.Errorf("got\n%s\nwant one line with the outage", got)
	}
}

func TestLanesInAnyOrder(t *testing.T) {
	s := newSite(t)
	u := s.open("")
	for _, at := range [][2]uint64{{90, 100}, {101, 110}, {1, 40}, {111, 112}, {41, 89}, {1, 112}} {
		s.send(u, s.delivery(s.now, at[0], at[1]))
		u = s.open("")
	}
	s.onceEach(112)
	if err := u.begin(); err != nil || len(u.state.Done) != 1 {
		t.Errorf("%d stretches (%v), want them joined to one", len(u.state.Done), err)
	}
}

func TestTornTailIsCutAtTheNextStart(t *testing.T) {
	s := newSite(t)
	yesterday := s.now.AddDate(0, 0, -1)
	u := s.open("")
	s.send(u, s.delivery(yesterday, 1, 3))
	path := filepath.Join(s.dir, "batches-2026-02-28.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"row":"reading","pla`)
	f.Close()
	u = s.open("")
	s.send(u, s.delivery(s.now.Add(-4*time.Second), 4, 4))
	s.onceEach(4)
}

func TestTornFirstFile(t *testing.T) {
	s := newSite(t)
	u := s.open("format: csv")
	u.before = func() error { return errCut }
	if err := u.Send(t.Context(), s.delivery(s.now, 1, 3)); !errors.Is(err, errCut) {
		t.Fatalf("Send = %v, want %v", err, errCut)
	}
	u = s.open("format: csv")
	s.send(u, s.delivery(s.now, 1, 2))
	if got, want := s.text("readings-2026-03-01.csv"), "time,tag,value,quality,reason,unit,plant\n"+
		"2026-03-01T09:00:01Z,mill.t0,1,good,,,mill\n2026-03-01T09:00:01Z,mill.t1,1,good,,,mill\n"+
		"2026-03-01T09:00:02Z,mill.t0,2,good,,,mill\n2026-03-01T09:00:02Z,mill.t1,2,good,,,mill\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := s.files(); len(got) != 1 {
		t.Errorf("files %v, want one", got)
	}
}

func TestRotationAndKeeping(t *testing.T) {
	s := newSite(t)
	u := s.open("keep: 240h")
	midnight := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC) // in Shanghai
	s.send(u, s.delivery(midnight.Add(-3*time.Second), 1, 5))
	if got, want := s.files(), []string{"batches-2026-02-28.jsonl", "batches-2026-03-01.jsonl"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	for name, kept := range map[string]bool{"batches-2026-02-18.jsonl": false, "readings-2026-01-01.2.csv": false, "batches-2026-02-19.jsonl": true, "mine-2020-01-01.csv": true} {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(time.Minute)
		u.swept = ""
		s.send(u, agent.Delivery{Epoch: 7, From: 6, To: 6})
		if _, err := os.Stat(filepath.Join(s.dir, name)); (err == nil) != kept {
			t.Errorf("%s: %v, kept is %v", name, err, kept)
		}
	}
}

func TestSizeBeginsNewFile(t *testing.T) {
	s := newSite(t)
	u := s.open("rotate: 1KiB")
	for seq := uint64(1); seq <= 6; seq++ {
		s.send(u, s.delivery(s.now, seq, seq))
	}
	for _, name := range s.files() {
		if n := len(s.text(name)); n > 1024 {
			t.Errorf("%s has %d bytes, more than 1 KiB", name, n)
		}
	}
	if got := s.files(); len(got) < 2 || got[0] != "batches-2026-03-01.2.jsonl" {
		t.Errorf("files %v, want several parts of one day", got)
	}
	s.onceEach(6)
}

// TestFilesThatPeopleTake: what is carried away, edited or unknown is left
// alone, and nothing is written twice.
func TestFilesThatPeopleTake(t *testing.T) {
	s := newSite(t)
	u := s.open("")
	s.send(u, s.delivery(s.now, 1, 2))
	name := filepath.Join(s.dir, "batches-2026-03-01.jsonl")
	taken := s.text(filepath.Base(name))
	os.Remove(name)
	s.send(u, s.delivery(s.now, 1, 3))
	if got := s.files(); !slices.Equal(got, []string{"batches-2026-03-01.2.jsonl"}) {
		t.Errorf("files %v, want a second one", got)
	}
	if err := os.WriteFile(name, []byte(taken), 0o644); err != nil { // and put back
		t.Fatal(err)
	}
	s.onceEach(3)
	os.Remove(filepath.Join(s.dir, stateName))
	u = s.open("")
	s.send(u, s.delivery(s.now, 4, 4))
	if got := s.files(); !slices.Contains(got, "batches-2026-03-01.3.jsonl") {
		t.Errorf("files %v, want a third one, as the list of what is written is gone", got)
	}
	s.onceEach(4)
}

// TestFileSavedBySpreadsheet: a person's copy is longer than ours; it is not cut.
func TestFileSavedBySpreadsheet(t *testing.T) {
	s := newSite(t)
	s.send(s.open("format: csv"), s.delivery(s.now, 1, 1))
	edited := strings.ReplaceAll(s.text("readings-2026-03-01.csv"), "\n", "\r\n")
	if err := os.WriteFile(filepath.Join(s.dir, "readings-2026-03-01.csv"), []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	s.send(s.open("format: csv"), s.delivery(s.now, 1, 2))
	if got := s.text("readings-2026-03-01.csv"); got != edited {
		t.Errorf("the edited file became\n%q\nwant it as it was:\n%q", got, edited)
	}
	if got := s.text("readings-2026-03-01.2.csv"); strings.Count(got, "\n") != 3 {
		t.Errorf("the second file holds\n%s\nwant a header and the two new rows", got)
	}
}

func TestUnwritableRowIsRefused(t *testing.T) {
	s := newSite(t)
	u := s.open("")
	d := s.delivery(s.now, 1, 1)
	d.Batches[0].Source = agent.Own
	d.Batches[0].Results = []agent.Result{{KPI: "x", Quality: agent.Good, Coverage: 1, Value: math.NaN()}}
	if err := u.Send(t.Context(), d); !agent.IsPermanent(err) {
		t.Errorf("Send of a NaN = %v, want a permanent error", err)
	}
	d.Batches[0].Results = nil
	s.send(u, d)
	s.onceEach(1)
}

func TestWrongSections(t *testing.T) {
	s := newSite(t)
	for section, want := range map[string][]string{
		"format: xml":               {"file.format"},
		"rotate: 5":                 {"rotate"},
		"rotate: 0MiB":              {"rotate"},
		"keep: 1h":                  {"file.keep"},
		"rotate: 100MiB\nkeep: 0s":  nil,
		"rotate: 1d\nformat: csv":   nil,
		"format: CSV\nkeep: 24h30m": {"file.format", "file.keep"},
	} {
		_, err := New(s.spec(section))
		if (err == nil) != (want == nil) {
			t.Errorf("%s: New = %v, want faults at %v", section, err, want)
			continue
		}
		for _, path := range want {
			if !strings.Contains(err.Error(), path) && !strings.Contains(err.Error(), "neither 1d nor a size") {
				t.Errorf("%s: %v does not name %s", section, err, path)
			}
		}
	}
	if _, err := New(agent.Spec{Plant: agent.Plant{Timezone: "UTC"}, Decode: func(any) error { return nil }}); err == nil || !strings.Contains(err.Error(), "file.folder") {
		t.Errorf("without a folder New = %v, want a fault at file.folder", err)
	}
}
