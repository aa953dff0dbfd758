package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

const day = 24 * time.Hour

// TestWeekWithoutAnUpstream: a calendar week long one upstream fails in every
// way and the other's folder is gone, and twice the agent starts anew. Then both
// get all of it, in order, and again only what lost its receipt on purpose.
func TestWeekWithoutAnUpstream(t *testing.T) {
	t.Parallel()
	p := newIsland(t, weekConfig+"  - {name: archive, file: {folder: out}}\n")
	hq := newFarSide(nil)
	p.far["hq"] = hq
	p.flush = 5 * time.Minute // or a week has too many writes for a test
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(39 * time.Hour) // to Sunday 23:00 at the plant
		away := time.Now().Add(time.Hour)
		ten := 10 * time.Minute
		hq.answer = phases(away, phase{0, refusals()}, phase{2*day - time.Hour, refusesForGood}, phase{2*day - ten, hangs},
			phase{2 * day, refusals()}, phase{5*day - ten, losesReceipts},
			phase{5 * day, refusals()}, phase{7*day - 6*time.Minute, losesReceipts}, phase{7 * day, takesAll})
		until := func(after time.Duration) { time.Sleep(time.Until(away.Add(after))) }

		p.start(t)
		until(-5 * time.Second)
		p.level(t, "before the week")
		takeFolder(t, p.path("out"))
		until(2 * day)
		p.end(t)
		until(2*day + ten)
		p.start(t)
		until(5*day - time.Second)
		p.end(t)
		until(5*day + ten)
		p.start(t)
		until(7*day - 5*time.Second)
		p.behind(t, 7*day)
		giveFolder(t, p.path("out"))
		until(7*day + time.Hour + 5*time.Second)
		p.level(t, "an hour after the week")
		p.end(t)

		hq.check(t, "hq")
		p.stored(t, hq.batches)
		(&world{config: p.config}).checkResults(t, hq.batches)
		p.written(t, hq.batches)
		time.Sleep(50 * day)
		p.dropped(t)
	})
	p.thorough(t, hq)
}

// thorough demands that the test did what it says.
func (p *island) thorough(t *testing.T, hq *farSide) {
	t.Helper()
	weeks := 0
	for _, b := range hq.batches {
		for _, r := range b.Results {
			if r.Window.Kind == agent.Week && !r.Partial && r.Coverage > 0.99 {
				weeks++
			}
		}
	}
	if weeks != 2 || len(hq.prev) != 3 || hq.explained == 0 {
		t.Errorf("%d results over a week, %d epochs, %d batches that came again; want removal and recovered, 3, and some", weeks, len(hq.prev), hq.explained)
	}
	want := []string{"400: unknown plant", "503: busy", "504: the answer was lost on the way", "connection refused", "context canceled", "no answer: context deadline exceeded"}
	if got := slices.Sorted(maps.Keys(hq.told)); !slices.Equal(got, want) {
		t.Errorf("hq answered %q, want %q", got, want)
	}
	t.Logf("%d batches, %d readings; %d came again; hq answered %v", len(hq.batches), p.driver.polled.Load(), hq.explained, hq.told)
}

// takeFolder puts a file where the folder was, as a network drive that is not
// there does; giveFolder brings it back.
func takeFolder(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.Rename(path, path+".away"), os.WriteFile(path, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func giveFolder(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
		t.Fatal(err)
	}
}

// level demands that the board shows every upstream as up and nothing behind.
func (p *island) level(t *testing.T, when string) {
	t.Helper()
	for _, up := range p.Board.Snapshot().Upstreams {
		if !up.Up || up.Behind != 0 || up.Rejected != 0 || up.Err != "" || !up.NextTry.IsZero() {
			t.Errorf("%s: %+v, want it up, nothing behind, nothing set aside", when, up)
		}
	}
	for _, e := range p.Board.Snapshot().Active {
		if e.Kind != agent.AgentRun {
			t.Errorf("%s: %+v still goes on", when, e)
		}
	}
}

// behind demands that the board shows every upstream as down for so long.
func (p *island) behind(t *testing.T, want time.Duration) {
	t.Helper()
	board := p.Board.Snapshot()
	for _, up := range board.Upstreams {
		if up.Up || up.Behind > want+6*time.Minute || up.Behind < want-6*time.Minute || up.Err == "" || up.Rejected != 0 {
			t.Errorf("%+v, want it down, %v behind, nothing set aside", up, want)
		}
	}
	down := 0
	for _, e := range board.Active {
		if e.Kind == agent.UpstreamDown {
			down++
		}
	}
	if down != len(board.Upstreams) {
		t.Errorf("%d alarms, want one for each of %d upstreams", down, len(board.Upstreams))
	}
}

// stored demands that the buffer holds just what was delivered, and all that was
// polled.
func (p *island) stored(t *testing.T, delivered []*agent.Batch) {
	t.Helper()
	p.wire(t)
	if _, _, _, err := p.Store.Load(); err != nil {
		t.Fatal(err)
	}
	defer p.Store.Close()
	n, readings := 0, 0
	for b, err := range p.Store.Range(time.Time{}, time.Now().Add(day)) {
		if err != nil {
			t.Fatal(err)
		}
		if n >= len(delivered) {
			t.Fatalf("batch %v is stored and was not delivered", b.Mark)
		}
		if diff := agenttest.DiffBatches(delivered[n], b); diff != "" {
			t.Fatalf("batch %v was delivered otherwise than stored: %s", b.Mark, diff)
		}
		n++
		readings += len(b.Readings)
	}
	if polled := int(p.driver.polled.Load()); n != len(delivered) || readings != polled || polled == 0 {
		t.Errorf("stored %d batches with %d readings, want the %d delivered, with the %d polled", n, readings, len(delivered), polled)
	}
	p.nothingLeft(t)
}

// nothingLeft demands that the open store has nothing for any upstream.
func (p *island) nothingLeft(t *testing.T) {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, up := range p.Upstreams {
		if d, err := p.Store.Next(ended, up.Name, agent.Oldest, 1); len(d.Batches) > 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%s gets %d to %d and %v, want nothing more", up.Name, d.From, d.To, err)
		}
	}
}

// dropped demands that what is too old now goes, as delivered and not as lost.
func (p *island) dropped(t *testing.T) {
	t.Helper()
	p.wire(t)
	if _, _, _, err := p.Store.Load(); err != nil {
		t.Fatal(err)
	}
	defer p.Store.Close()
	if err := p.Store.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	readings := 0
	for b, err := range p.Store.Range(time.Time{}, time.Now().Add(day)) {
		if err != nil {
			t.Fatal(err)
		}
		readings += len(b.Readings)
	}
	gaps := map[string]int{}
	for _, m := range p.Store.(agent.Reporter).Report() {
		if m.Name == "recoup_gap_readings_total" {
			gaps[m.Labels[0].Value] = int(m.Value)
		}
	}
	aged := gaps[agent.Aged.String()]
	if polled := int(p.driver.polled.Load()); readings+aged != polled || aged < polled/2 || gaps[agent.Dropped.String()] != 0 {
		t.Errorf("%d readings stored and gaps of %v, want most of the %d polled aged, none dropped", readings, gaps, polled)
	}
	p.nothingLeft(t)
}

// row is what a line of the archive says.
type row struct {
	Row, Epoch, Name, Kind string
	Seq                    uint64
	Prev                   agent.Mark
	At                     int64
	Value                  float64
}

// rowsOf lists the lines that batches should make.
func rowsOf(batches []*agent.Batch) (all []row) {
	for _, b := range batches {
		add := func(r row) {
			r.Epoch, r.Seq = fmt.Sprintf("%016x", b.Epoch), b.Seq
			all = append(all, r)
		}
		add(row{Row: "batch", Name: b.Source, Prev: b.Prev, At: b.Received.UnixNano()})
		for _, r := range b.Readings {
			eng, _ := r.Tag.Eng(r.Value)
			add(row{Row: "reading", Name: r.Tag.Name, At: r.Time.UnixNano(), Value: eng})
		}
		for _, r := range b.Results {
			value := r.Value
			if r.Withheld() {
				value = 0
			}
			add(row{Row: "result", Name: r.KPI, Kind: string(r.Window.Kind), At: r.Window.Start.UnixNano(), Value: value})
		}
		for _, e := range b.Events {
			add(row{Row: "event", Name: e.Key, Kind: string(e.Kind), At: e.Start.UnixNano()})
		}
	}
	return all
}

// written demands that the archive's files hold the batches, each once and in
// order.
func (p *island) written(t *testing.T, batches []*agent.Batch) {
	t.Helper()
	want := rowsOf(batches)
	files, err := filepath.Glob(filepath.Join(p.path("out"), "batches-*.jsonl"))
	if err != nil || len(files) != 9 {
		t.Errorf("%v, %v; want a file for each of 9 days", files, err)
	}
	n := 0
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for scan := bufio.NewScanner(file); scan.Scan(); n++ {
			if got := parsed(t, scan.Bytes()); n >= len(want) || got != want[n] {
				t.Fatalf("%s: line %d of all is %+v, want %+v of %d", name, n, got, want[min(n, len(want)-1)], len(want))
			}
		}
	}
	if n != len(want) {
		t.Errorf("%d lines, want %d", n, len(want))
	}
}

func parsed(t *testing.T, line []byte) row {
	t.Helper()
	var l struct {
		Row, Epoch, Source, Tag, KPI, Kind, Key string
		Seq                                     uint64
		Prev                                    struct {
			Epoch string
			Seq   uint64
		}
		Received, Time, Start time.Time
		Value                 float64
		Window                struct {
			Kind  string
			Start time.Time
		}
	}
	if err := json.Unmarshal(line, &l); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	r := row{Row: l.Row, Epoch: l.Epoch, Seq: l.Seq, Value: l.Value}
	switch l.Row {
	case "batch":
		r.Name, r.At = l.Source, l.Received.UnixNano()
		fmt.Sscanf(l.Prev.Epoch, "%x", &r.Prev.Epoch)
		r.Prev.Seq = l.Prev.Seq
	case "reading":
		r.Name, r.At = l.Tag, l.Time.UnixNano()
	case "result":
		r.Name, r.Kind, r.At = l.KPI, l.Window.Kind, l.Window.Start.UnixNano()
	case "event":
		r.Name, r.Kind, r.At = l.Key, l.Kind, l.Start.UnixNano()
	}
	return r
}

// TestBufferTooSmallForTheOutage: the bound drops batches while the upstream is
// away. It gets stand-ins for them, so that no number is missing, all results,
// and the count of what is lost.
func TestBufferTooSmallForTheOutage(t *testing.T) {
	config := strings.NewReplacer("every: 60s", "every: 10s", "kpis:", "      - {name: mill.note, at: input 20 uint16}\nkpis:").Replace(weekConfig)
	p := newIsland(t, config+"  - {name: near, http: {url: \"https://near.example.com/v1/batches\"}}\n")
	p.flush, p.bound = time.Minute, 2<<20
	hq, near := newFarSide(nil), newFarSide(takesAll)
	p.far["hq"], p.far["near"] = hq, near
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		hq.answer = phases(began, phase{30 * time.Minute, refusals()}, phase{8 * time.Hour, takesAll})
		p.start(t)
		time.Sleep(4 * time.Hour)
		p.end(t)
		p.start(t)
		time.Sleep(4*time.Hour + 10*time.Minute + 5*time.Second)
		p.level(t, "after the outage")
		p.end(t)
		hq.check(t, "hq")
		near.check(t, "near")
		(&world{config: p.config}).checkResults(t, near.batches)
	})
	readings, gaps, both := books(hq.batches)
	polled := int(p.driver.polled.Load())
	t.Logf("%d readings polled, %d delivered, %d in gaps, %d in both", polled, readings, gaps, both)
	if readings+gaps-both != polled || gaps < polled/2 || readings < polled/10 {
		t.Errorf("%d readings delivered, %d in gaps, %d in both; want together the %d polled, some of each", readings, gaps, both, polled)
	}
	if readings, gaps, _ := books(near.batches); readings != polled || gaps != 0 {
		t.Errorf("near: %d readings delivered, %d in gaps; want all %d polled", readings, gaps, polled)
	}
	if got, want := newestResults(t, hq.batches), newestResults(t, near.batches); !maps.Equal(got, want) {
		t.Errorf("%d results came through the stand-ins, want the %d that came without them", len(got), len(want))
	}
}

// books counts readings delivered, readings that gaps held, and those in both: a
// gap tells what whole batches held, also those that had arrived before.
func books(batches []*agent.Batch) (readings, gaps, both int) {
	for i, b := range batches {
		readings += len(b.Readings)
		from, stands := b.Stands()
		for _, e := range b.Events {
			if e.Gap != nil && e.Gap.To == b.Mark {
				gaps += e.Gap.Total()
			}
		}
		for _, old := range batches[:i] {
			if stands && old.Seq >= from {
				both += len(old.Readings)
			}
		}
	}
	return readings, gaps, both
}

func newestResults(t *testing.T, batches []*agent.Batch) map[agent.ResultKey]string {
	t.Helper()
	all := map[agent.ResultKey]string{}
	for _, b := range batches {
		for _, r := range b.Results {
			all[r.Key()] = asJSON(t, r)
		}
	}
	return all
}
