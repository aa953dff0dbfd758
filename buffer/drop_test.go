package buffer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"recoup/agent"
)

// fillSegments appends n bulky batches, ten a commit.
func fillSegments(t testing.TB, l *loaded, epoch, from, n uint64) {
	t.Helper()
	for seq := from; seq < from+n; seq += 10 {
		batches := bulky(epoch, seq, seq+9, 4<<10)
		if seq == from {
			batches[0].Prev = agent.Mark{Epoch: epoch - 1, Seq: from - 1}
		}
		if err := l.Append(batches); err != nil {
			t.Fatal(err)
		}
	}
}

// causes sums the readings of the gaps among the batches, by cause.
func causes(batches []*agent.Batch) map[agent.Code]int {
	sums := map[agent.Code]int{}
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Gap != nil {
				sums[e.Reason.Code] += e.Gap.Total()
			}
		}
	}
	return sums
}

func readingsOf(batches []*agent.Batch) (n int) {
	for _, b := range batches {
		n += len(b.Readings)
	}
	return n
}

func TestDropKeepsResultsAndCounts(t *testing.T) {
	const n = 800 // 720 readings and 80 results, in about seven segments
	clock := &handClock{now: began.Add(time.Hour)}
	cfg := testConfig(t.TempDir(), "hq")
	cfg.MaxBytes = 4 * minSegmentBytes
	l := open(t, cfg, clock.clock(), nil)
	fillSegments(t, l, 5, 1, n)
	before := len(l.segments)
	firstEnds := l.segments[0].sum.Last
	l.Ack("hq", 1, firstEnds+3)
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	dropped := before - len(l.segments)
	if dropped < 3 || l.bytes() > cfg.MaxBytes {
		t.Fatalf("%d of %d segments dropped, %d bytes left, want at most %d", dropped, before, l.bytes(), cfg.MaxBytes)
	}
	for _, when := range []string{"at once", "after reopening"} {
		var all []*agent.Batch
		for b, err := range l.Range(began, began.Add(n*time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		gaps := causes(all)
		if aged := int(firstEnds) * 9 / 10; gaps[agent.Aged] < aged-1 || gaps[agent.Aged] > aged+1 {
			t.Errorf("%s: %d readings aged, want those of the first segment, about %d", when, gaps[agent.Aged], aged)
		}
		if got := readingsOf(all) + gaps[agent.Aged] + gaps[agent.Dropped]; got != n*9/10 || gaps[agent.Dropped] == 0 {
			t.Errorf("%s: %d readings stored and in gaps (%v), want %d", when, got, gaps, n*9/10)
		}
		if got := metric(t, l.Store, "recoup_gap_readings_total"); got != float64(gaps[agent.Aged]+gaps[agent.Dropped]) {
			t.Errorf("%s: %v readings in gaps reported, want %d", when, got, gaps)
		}
		results, events := 0, 0
		for _, err := range l.Results("k", "", began, began.Add(n*time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			results++
		}
		for e, err := range l.Events(began, began.Add(n*time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == agent.TagBad {
				events++
			}
		}
		if results != n/10 || events != n/10 {
			t.Errorf("%s: %d results and %d events listed, want %d each", when, results, events, n/10)
		}
		d := l.next(t, "hq", agent.Oldest, 1<<20)
		if want := (agent.Mark{Epoch: 4, Seq: 0}); d.From != firstEnds+4 || d.To != n || d.Prev != want {
			t.Errorf("%s: delivery %d…%d after %v, want %d…%d after %v", when, d.From, d.To, d.Prev, firstEnds+4, n, want)
		}
		l.close(t)
		l = open(t, cfg, clock.clock(), nil)
	}
}

func TestAgeDropsAllButTheNewest(t *testing.T) {
	clock := &handClock{now: began}
	cfg := testConfig(t.TempDir())
	l := open(t, cfg, clock.clock(), nil)
	fillSegments(t, l, 5, 1, 500)
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := len(l.segments)
	clock.move(2 * cfg.MaxAge)
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(l.segments) != 2 || before < 4 {
		t.Fatalf("%d of %d segments left, want the newest complete one and the one being written", len(l.segments), before)
	}
	l.close(t)
	l = open(t, cfg, clock.clock(), nil)
	if string(l.state) != "state 500" {
		t.Errorf("checkpoint %q after the drop, want %q", l.state, "state 500")
	}
}

// TestStandInCoversBothLanes: what was dropped below a later stretch comes as
// one stand-in and joins it.
func TestStandInCoversBothLanes(t *testing.T) {
	cfg := testConfig(t.TempDir(), "hq")
	cfg.MaxBytes = 4 * minSegmentBytes
	l := open(t, cfg, steady(), nil)
	fillSegments(t, l, 5, 1, 100)
	d := l.next(t, "hq", agent.Newest, 10) // 99 and the own batch that it caused
	l.Ack("hq", d.From, d.To)
	fillSegments(t, l, 5, 101, 700)
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	d = l.next(t, "hq", agent.Oldest, 1)
	if _, stands := d.Batches[0].Stands(); !stands || d.From != 1 || !d.Historical {
		t.Fatalf("delivery %d…%d, stand-in: %v, historical: %v; want one from 1", d.From, d.To, stands, d.Historical)
	}
	for d.Historical {
		l.Ack("hq", d.From, d.To)
		d = l.next(t, "hq", agent.Oldest, 100)
	}
	if d.From <= 100 {
		t.Errorf("first delivery that is not historical begins with %d, want more than 100", d.From)
	}
	l.drain(t, "hq")
	if got := metric(t, l.Store, "recoup_buffer_batches"); got != 0 {
		t.Errorf("%v batches not delivered after draining, want 0", got)
	}
}

// TestDropFailsWhole: when the stand-in cannot be written the segment stays.
func TestDropFailsWhole(t *testing.T) {
	for _, c := range []struct {
		file  string
		after bool
	}{{"kept", false}, {"kept", true}, {"meta", false}, {"meta", true}} {
		t.Run(fmt.Sprint(c.file, c.after), func(t *testing.T) {
			var d disk
			cfg := testConfig(t.TempDir(), "hq")
			cfg.MaxBytes = 4 * minSegmentBytes
			l := open(t, cfg, steady(), d.hook)
			fillSegments(t, l, 5, 1, 600)
			l.Ack("hq", 1, 5)
			d.fail(c.file, c.after, 1)
			if err := l.Tidy(context.Background()); !errors.Is(err, errDisk) {
				t.Fatalf("Tidy: %v, want %v", err, errDisk)
			}
			if err := l.Tidy(context.Background()); err != nil {
				t.Fatalf("Tidy once the disk works again: %v", err)
			}
			all := l.drain(t, "hq")
			gaps := causes(all)
			if got := readingsOf(all) + gaps[agent.Dropped] + gaps[agent.Aged]; got != 540-5 && got != 540 {
				t.Errorf("%d readings stored and in gaps (%v), want all 540", got, gaps)
			}
			results := map[agent.ResultKey]bool{}
			for _, b := range all {
				for _, r := range b.Results {
					results[r.Key()] = true
				}
			}
			if len(results) != 60 {
				t.Errorf("%d results delivered, want 60", len(results))
			}
		})
	}
}

// TestAllAtOnce lets everything run beside everything, for the race detector.
func TestAllAtOnce(t *testing.T) {
	const n = 700
	cfg := testConfig(t.TempDir(), "hq", "city")
	cfg.MaxBytes = 4 * minSegmentBytes
	l := open(t, cfg, steady(), nil)
	var work sync.WaitGroup
	done, end := context.WithCancel(context.Background())
	for _, upstream := range cfg.Upstreams {
		work.Go(func() {
			given := uint64(0)
			for given < n {
				d, err := l.Next(context.Background(), upstream, agent.Oldest, 50)
				if err != nil {
					t.Errorf("Next: %v", err)
					return
				}
				if d.From != given+1 {
					t.Errorf("%s: delivery from %d, want %d", upstream, d.From, given+1)
				}
				given = d.To
				l.Ack(upstream, d.From, d.To)
			}
		})
	}
	for _, again := range []func() error{
		func() error { return l.Tidy(context.Background()) },
		func() error { l.Report(); return nil },
		func() error {
			last := uint64(0)
			for b, err := range l.Range(began, began.Add(n*time.Hour)) {
				if err != nil {
					return err
				}
				if b.Seq <= last {
					return fmt.Errorf("batch %d after %d", b.Seq, last)
				}
				last = b.Seq
			}
			return nil
		},
		func() error {
			for _, err := range l.Results("", "", began, began.Add(n*time.Hour)) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		work.Go(func() {
			for done.Err() == nil {
				if err := again(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	fillSegments(t, l, 5, 1, n)
	end()
	work.Wait()
}

func TestResultsGiveTheNewestRevision(t *testing.T) {
	l := open(t, testConfig(t.TempDir()), steady(), nil)
	result := func(kpi string, kind agent.WindowKind, quarter, revision int) agent.Result {
		start := began.Add(time.Duration(quarter) * 15 * time.Minute)
		return agent.Result{KPI: kpi, Window: agent.Window{Kind: kind, Start: start, End: start.Add(time.Hour)}, Value: float64(10*quarter + revision), Revision: revision}
	}
	for i, results := range [][]agent.Result{
		{result("a", agent.Cell, 2, 0), result("b", agent.Cell, 2, 0), result("a", agent.Hour, 2, 0)},
		{result("a", agent.Cell, 1, 1), result("a", agent.Cell, 3, 0)},
		{result("a", agent.Cell, 2, 1), result("a", agent.Cell, 1, 0)},
	} {
		b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: uint64(i + 1)}, Source: agent.Own, Received: began, Results: results}
		if err := l.Append([]*agent.Batch{b}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		kpi      string
		kind     agent.WindowKind
		from, to int
		want     []float64
	}{
		{"a", agent.Cell, 0, 9, []float64{11, 21, 30}},
		{"a", agent.Cell, 2, 3, []float64{21}},
		{"", agent.Cell, 0, 9, []float64{11, 21, 20, 30}},
		{"a", "", 2, 3, []float64{21, 20}},
		{"c", "", 0, 9, nil},
	} {
		var got []float64
		at := func(quarter int) time.Time { return began.Add(time.Duration(quarter) * 15 * time.Minute) }
		for r, err := range l.Results(c.kpi, c.kind, at(c.from), at(c.to)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("results of %q %q in [%d, %d): %v, want %v", c.kpi, c.kind, c.from, c.to, got, c.want)
		}
	}
}

func TestReportNamesEachOnce(t *testing.T) {
	l := open(t, testConfig(t.TempDir(), "hq", "city"), steady(), nil)
	fillSegments(t, l, 5, 1, 20)
	l.Ack("hq", 1, 15)
	seen := map[string]int{}
	for _, m := range l.Report() {
		seen[fmt.Sprint(m.Name, m.Labels)]++
	}
	for series, n := range maps.All(seen) {
		if n != 1 {
			t.Errorf("%s reported %d times", series, n)
		}
	}
	if got := metric(t, l.Store, "recoup_buffer_batches"); got != 20 {
		t.Errorf("%v batches not delivered to all, want the 20 that city lacks", got)
	}
	if got := metric(t, l.Store, "recoup_buffer_segments"); got != 1 {
		t.Errorf("%v segments, want 1", got)
	}
}
