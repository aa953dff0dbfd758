package buffer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

var began = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// testConfig has the smallest segments.
func testConfig(dir string, upstreams ...string) Config {
	return Config{Path: dir, MaxBytes: 1 << 30, MaxAge: 40 * 24 * time.Hour, SegmentBytes: minSegmentBytes, Upstreams: upstreams}
}

// handClock moves by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) clock() agent.Clock {
	return agent.Clock{Boot: 1,
		Wall: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now },
		Mono: func() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return uint64(c.now.Sub(began)) }}
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// steady is a clock that stands still, an hour after the first batch.
func steady() agent.Clock { return (&handClock{now: began.Add(time.Hour)}).clock() }

var errDisk = errors.New("the disk says no")

// disk makes commits fail: those of files whose name begins with file.
type disk struct {
	mu    sync.Mutex
	file  string
	after bool // fail after the commit, which then has happened
	times int
}

func (d *disk) fail(file string, after bool, times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.file, d.after, d.times = file, after, times
}

func (d *disk) hook(file string, commit func() error) error {
	d.mu.Lock()
	fails, after := d.times > 0 && strings.HasPrefix(file, d.file), d.after
	if fails {
		d.times--
	}
	d.mu.Unlock()
	if fails && !after {
		return errDisk
	}
	err := commit()
	if fails && err == nil {
		return errDisk
	}
	return err
}

// loaded is an opened store and what Load said.
type loaded struct {
	*Store
	last  agent.Mark
	state []byte
	after []*agent.Batch
}

// open opens a store that is closed with the test.
func open(t testing.TB, cfg Config, clock agent.Clock, hook commitHook) *loaded {
	t.Helper()
	s, err := New(cfg, clock, agenttest.Quiet())
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	s.hook = hook
	l := &loaded{Store: s}
	last, state, after, err := s.Load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l.last, l.state = last, state
	for b, err := range after {
		if err != nil {
			t.Fatalf("after the checkpoint: %v", err)
		}
		l.after = append(l.after, b)
	}
	return l
}

func (l *loaded) close(t testing.TB) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// next asks without waiting.
func (l *loaded) next(t testing.TB, upstream string, lane agent.Lane, most int) agent.Delivery {
	t.Helper()
	ended, end := context.WithCancel(context.Background())
	end()
	d, err := l.Next(ended, upstream, lane, most)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("Next: %v", err)
	}
	return d
}

// drain acks all there is and gives it.
func (l *loaded) drain(t testing.TB, upstream string) (all []*agent.Batch) {
	t.Helper()
	for {
		d := l.next(t, upstream, agent.Oldest, 1000)
		if len(d.Batches) == 0 {
			return all
		}
		all = append(all, d.Batches...)
		l.Ack(upstream, d.From, d.To)
	}
}

// bulky makes source batches of about size bytes on disk, and an own batch with
// a checkpoint and a result every tenth.
func bulky(epoch, from, to uint64, size int) (batches []*agent.Batch) {
	tag := &agent.Tag{Name: "mill.text", Source: "mill", Gen: 1}
	for seq := from; seq <= to; seq++ {
		at := began.Add(time.Duration(seq) * time.Minute)
		b := &agent.Batch{Mark: agent.Mark{Epoch: epoch, Seq: seq}, Source: "mill", Received: at, Boot: 1, Mono: seq}
		if seq%10 == 0 {
			b.Source, b.State = agent.Own, fmt.Append(nil, "state ", seq)
			b.Results = []agent.Result{{KPI: "k", Window: agent.Window{Kind: agent.Cell, Start: at, End: at.Add(time.Minute)}, Value: float64(seq)}}
			b.Events = []agent.Event{{Kind: agent.TagBad, Key: fmt.Sprint(seq), Start: at, End: at}}
		} else {
			b.Readings = []agent.Reading{{Tag: tag, Time: at, Value: agent.TextValue(noise(seq, size)), Quality: agent.Good}}
		}
		batches = append(batches, b)
	}
	return batches
}

// noise is text that does not compress.
func noise(seed uint64, size int) string {
	b := make([]byte, size)
	for i := range b {
		seed = seed*6364136223846793005 + 1442695040888963407
		b[i] = byte(seed >> 56)
	}
	return string(b)
}

func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "seg-*.db"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestStoreSuite(t *testing.T) {
	dirs := map[*testing.T]string{}
	agenttest.StoreSuite(t, func(t *testing.T, upstreams ...string) agent.Store {
		if dirs[t] == "" {
			dirs[t] = t.TempDir()
		}
		s, err := New(testConfig(dirs[t], upstreams...), agent.SystemClock(), agenttest.Quiet())
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		return s
	})
}

func TestConfigFaults(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"nothing set": {Config{}, "path max_bytes max_age"},
		"too small":   {Config{Path: "x", MaxBytes: 64 << 20, MaxAge: time.Hour}, "max_bytes"},
		"too short":   {Config{Path: "x", MaxBytes: 1 << 30, MaxAge: time.Minute}, "max_age"},
		"right":       {Config{Path: "x", MaxBytes: 1 << 30, MaxAge: time.Hour}, ""},
	} {
		_, err := New(c.cfg, agent.SystemClock(), agenttest.Quiet())
		var faults agent.Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("%s: error of type %T, want agent.Faults", name, err)
		}
		var paths []string
		for _, f := range faults {
			paths = append(paths, f.Path)
			if f.Fix == "" {
				t.Errorf("%s: fault of %s does not say what to write", name, f.Path)
			}
		}
		if got := strings.Join(paths, " "); got != c.want {
			t.Errorf("%s: faults of %q, want %q", name, got, c.want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("New made the folder")
	}
}

func TestSecondStoreIsToldOfTheFirst(t *testing.T) {
	dir := t.TempDir()
	open(t, testConfig(dir), agent.SystemClock(), nil)
	second, err := New(testConfig(dir), agent.SystemClock(), agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = second.Load()
	if err == nil || !strings.Contains(err.Error(), "another recoup uses the buffer folder") {
		t.Fatalf("Load of a folder in use: %v", err)
	}
}

// TestSegmentsBeginWithCheckpoint: what replay needs is then never in a segment
// that may be dropped.
func TestSegmentsBeginWithCheckpoint(t *testing.T) {
	dir := t.TempDir()
	l := open(t, testConfig(dir, "hq"), agent.SystemClock(), nil)
	for seq := uint64(1); seq < 400; seq += 5 {
		if err := l.Append(bulky(1, seq, seq+4, 4<<10)); err != nil {
			t.Fatal(err)
		}
	}
	files := segmentFiles(t, dir)
	if len(files) < 3 {
		t.Fatalf("%d segments, want several", len(files))
	}
	for _, g := range l.segments[1:] {
		b, _, err := l.read(l.newReader(), g.sum.First, g.sum.First, 1)
		if err != nil || len(b) != 1 || b[0].Source != agent.Own || b[0].Seq%10 != 0 {
			t.Errorf("segment from %d begins with %v (%v), want a batch that carried a checkpoint", g.sum.First, b, err)
		}
	}
	if got := len(l.drain(t, "hq")); got != 400 {
		t.Errorf("%d batches delivered, want 400", got)
	}
}

func TestEveryStartBeginsASegment(t *testing.T) {
	dir := t.TempDir()
	for i := range uint64(3) {
		l := open(t, testConfig(dir), agent.SystemClock(), nil)
		if err := l.Append(bulky(i+1, i*10+1, i*10+10, 10)); err != nil {
			t.Fatal(err)
		}
		l.close(t)
	}
	open(t, testConfig(dir), agent.SystemClock(), nil).close(t) // nothing came: no file
	if got := len(segmentFiles(t, dir)); got != 3 {
		t.Errorf("%d segments, want 3", got)
	}
}

func TestLargeBatchGetsALargeSegment(t *testing.T) {
	l := open(t, testConfig(t.TempDir(), "hq"), agent.SystemClock(), nil)
	if err := l.Append(bulky(1, 1, 3, 3*minSegmentBytes)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(bulky(1, 4, 4, 10)); err != nil {
		t.Fatal(err)
	}
	if got := l.drain(t, "hq"); len(got) != 4 || len(got[2].Readings[0].Value.Text()) != 3*minSegmentBytes {
		t.Errorf("%d batches delivered, want 4 whole ones", len(got))
	}
}

// TestTagsOfStoredGeneration: readings point to the running configuration's
// tags where it has them, and to the stored ones where it does not.
func TestTagsOfStoredGeneration(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(dir, "hq")
	cfg.Tags = agenttest.Tags("mill", time.Second, 3)
	l := open(t, cfg, agent.SystemClock(), nil)
	poll := func(seq uint64) *agent.Batch {
		b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: "mill"}
		for _, tag := range cfg.Tags {
			b.Readings = append(b.Readings, agent.Reading{Tag: tag})
		}
		return b
	}
	if err := l.Append([]*agent.Batch{poll(1)}); err != nil {
		t.Fatal(err)
	}
	l.close(t)

	same := cfg
	same.Tags = agenttest.Tags("mill", time.Second, 3)
	l = open(t, same, agent.SystemClock(), nil)
	for i, r := range l.after[0].Readings {
		if r.Tag != same.Tags[i] {
			t.Errorf("reading %d points to tag %p, want the current one %p", i, r.Tag, same.Tags[i])
		}
	}
	l.close(t)

	changed := cfg
	changed.Tags = agenttest.Tags("mill", time.Minute, 2)
	for _, tag := range changed.Tags {
		tag.Gen = 2
	}
	l = open(t, changed, agent.SystemClock(), nil)
	for i, r := range l.after[0].Readings {
		if r.Tag.Gen != 1 || r.Tag.Name != cfg.Tags[i].Name || r.Tag.Every != time.Second {
			t.Errorf("reading %d has tag %+v, want the stored %+v", i, *r.Tag, *cfg.Tags[i])
		}
	}
}

func TestRejectedRowsAreKept(t *testing.T) {
	dir := t.TempDir()
	l := open(t, testConfig(dir, "hq"), agent.SystemClock(), nil)
	batches := bulky(1, 1, 2, 10)
	if err := l.Append(batches); err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := l.Reject("hq", b, agent.Rows{From: 0, To: 1}, errors.New("422 no such tag")); err != nil {
			t.Fatal(err)
		}
	}
	l.close(t)
	l = open(t, testConfig(dir, "hq"), agent.SystemClock(), nil)
	if got := metric(t, l.Store, "recoup_rejected_rows_total"); got != 2 {
		t.Errorf("%v rows set aside after reopening, want 2", got)
	}
	rows, err := l.rejectedRows()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d records of rows set aside (%v), want 2", len(rows), err)
	}
	for i, r := range rows {
		if diff := agenttest.DiffBatches(r.batch, batches[i]); diff != "" || r.why != "422 no such tag" || r.upstream != "hq" {
			t.Errorf("record %d of %s because of %q: %s", i, r.upstream, r.why, diff)
		}
	}
}

// rejectedBatch is a record of rows set aside, opened.
type rejectedBatch struct {
	rejectedRows
	batch *agent.Batch
}

func metric(t testing.TB, s *Store, name string) float64 {
	t.Helper()
	sum, found := 0.0, false
	for _, m := range s.Report() {
		if m.Help == "" {
			t.Errorf("metric %s has no help", m.Name)
		}
		if m.Name == name {
			sum, found = sum+m.Value, true
		}
	}
	if !found {
		t.Fatalf("no metric %s", name)
	}
	return sum
}
