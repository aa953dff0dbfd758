package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
)

const lateConfig = `
plant: {id: late-mill, name: Late Mill, timezone: Asia/Shanghai, shifts: ["00:00", "08:00", "16:00"]}
sources:
  - name: mill
    every: 60s
    modbus: {address: "tcp://127.0.0.1:502", unit: 1}
    tags:
      - {name: mill.q_in, at: holding 100 float32, unit: Nm3/h, max_gap: 3m, range: [0, 120000], accuracy: 2% limit}
      - {name: mill.q_out, at: holding 104 float32, unit: Nm3/h, max_gap: 3m, range: [0, 120000], accuracy: 2% limit}
      - {name: mill.c_out, at: holding 106 float32, unit: mg/Nm3, max_gap: 3m, range: [0, 100], accuracy: 5% limit}
      - {name: mill.oil_total, at: input 10 uint32, unit: kg, scale: 0.1, accuracy: 0.2% limit, counter: {modulus: 4294967296, max_rate: 500/h}}
  - name: lab
    every: 60s
    file: {folder: lab, columns: {time: time, mill.c_in: c_in}}
    tags:
      - {name: mill.c_in, unit: mg/Nm3, hold: true, max_gap: 12h, range: [0, 1000], accuracy: 5% limit}
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

// errand is a laboratory that hands its values over some time after the sample
// was taken, each file being a batch.
type errand struct {
	delay func(sample int) time.Duration
	begin time.Time
	next  [200]bool
}

func (e *errand) Read(_ context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	now := time.Now().UTC()
	for n := range e.next {
		at := e.begin.Add(time.Duration(n) * 4 * time.Hour)
		if e.next[n] || now.Before(at.Add(e.delay(n))) {
			continue
		}
		e.next[n] = true
		b.Readings = append(b.Readings, agent.Reading{Tag: due[0], Time: at, Value: agent.Float64Value(300 + 10*float64(n%7)), Quality: agent.Good})
	}
	return false, nil
}

func (e *errand) Close() error { return nil }

// logger is a mill behind a gateway that keeps what it read while the line was
// cut, and hands it over afterwards.
type logger struct {
	gauges
	cut, mended atomic.Int64 // Unix seconds
	kept        bool
}

func (l *logger) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	now, cut, mended := time.Now().Unix(), l.cut.Load(), l.mended.Load()
	if cut != 0 && now >= cut && now < mended {
		l.kept = true
		return false, agent.Because(agent.NoConnection, fmt.Errorf("cut"))
	}
	if l.kept {
		l.kept = false
		b.Backfill = true
		for at := cut; at < mended; at += 60 {
			part := agent.Batch{}
			l.read(due, &part, time.Unix(at, 0).UTC())
			b.Readings = append(b.Readings, part.Readings...)
		}
		return true, nil
	}
	return l.gauges.Read(ctx, due, b)
}

// lateRun runs the late mill for some days and gives the newest revision of
// every result, and all batches.
func lateRun(t *testing.T, days int, delay func(int) time.Duration, cutAt, cutFor time.Duration, stops bool) (map[string]agent.Result, *farSide) {
	t.Helper()
	p := newIsland(t, lateConfig)
	hq := newFarSide(takesAll)
	p.far["hq"] = hq
	p.flush = time.Minute
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		lab := &errand{begin: began.UTC().Truncate(time.Hour), delay: delay}
		mill := &logger{}
		if cutFor > 0 {
			mill.cut.Store(began.Add(cutAt).Unix())
			mill.mended.Store(began.Add(cutAt + cutFor).Unix())
		}
		p.drivers = []agent.Driver{mill, lab}
		for d := range days {
			if d == 0 || stops {
				p.start(t)
			}
			time.Sleep(24 * time.Hour)
			if stops || d == days-1 {
				p.end(t)
				time.Sleep(7 * time.Minute)
			}
		}
	})
	hq.check(t, "hq")
	newest := map[string]agent.Result{}
	for _, b := range hq.batches {
		for _, r := range b.Results {
			key := fmt.Sprintf("%s %s %s", r.KPI, r.Window.Kind, r.Window.Start.Format(time.RFC3339))
			if old, is := newest[key]; is && old.Revision >= r.Revision {
				t.Errorf("%s: revision %d came after %d", key, r.Revision, old.Revision)
			}
			newest[key] = r
		}
	}
	return newest, hq
}

// TestLateDataMakesRevisions: what came hours or a day late, or after an outage
// from a gateway's memory, is counted, and in the end every figure is what it
// would have been had all come in time.
func TestLateDataMakesRevisions(t *testing.T) {
	t.Parallel()
	want, _ := lateRun(t, 3, inTime, 0, 0, false)
	late := func(n int) time.Duration {
		switch {
		case n >= 12:
			return 0
		case n == 5:
			return 31 * time.Hour
		}
		return 3*time.Hour + 20*time.Minute
	}
	got, hq := lateRun(t, 3, late, 30*time.Hour, 2*time.Hour, false)
	revisions := sameFigures(t, got, want)
	if revisions < 50 {
		t.Errorf("%d results were revised, want many", revisions)
	}
	told := map[agent.EventKind]int{}
	for _, b := range hq.batches {
		for _, e := range b.Events {
			told[e.Kind]++
		}
	}
	if told[agent.Revised] == 0 || told[agent.LateArrived] == 0 {
		t.Errorf("events are %v, want some of lateness and revision", told)
	}
	t.Logf("%d results, %d revised, events %v", len(got), revisions, told)
}

// TestLateDataOverRestarts: likewise when the agent is started anew every day.
func TestLateDataOverRestarts(t *testing.T) {
	t.Parallel()
	want, _ := lateRun(t, 3, inTime, 0, 0, true)
	got, _ := lateRun(t, 3, func(n int) time.Duration {
		if n >= 12 {
			return 0
		}
		return 5*time.Hour + 10*time.Minute
	}, 0, 0, true)
	if revisions := sameFigures(t, got, want); revisions < 50 {
		t.Errorf("%d results were revised, want many", revisions)
	}
}

func inTime(int) time.Duration { return 0 }

// sameFigures compares the newest revisions of two runs and counts those that
// are revisions.
func sameFigures(t *testing.T, got, want map[string]agent.Result) (revisions int) {
	t.Helper()
	var wrong []string
	for key, w := range want {
		g, is := got[key]
		if !is {
			wrong = append(wrong, key+" is missing")
			continue
		}
		if g.Revision > 0 {
			revisions++
			if g.Was == nil || g.Was.Revision != g.Revision-1 {
				wrong = append(wrong, key+" does not say what it was before")
			}
		}
		for i := range w.Terms {
			if g.Terms[i].Total != w.Terms[i].Total || g.Terms[i].Seconds != w.Terms[i].Seconds {
				wrong = append(wrong, fmt.Sprintf("%s revision %d: %s is %v over %v s, want %v over %v s", key, g.Revision, w.Terms[i].Role,
					g.Terms[i].Total, g.Terms[i].Seconds, w.Terms[i].Total, w.Terms[i].Seconds))
			}
		}
		if g.Quality != w.Quality || g.Reason.Code != w.Reason.Code || math.Abs(g.U-w.U) > 1e-9*math.Abs(w.U) || g.Verdict != w.Verdict {
			wrong = append(wrong, fmt.Sprintf("%s revision %d: %v %v U %v %v, want %v %v U %v %v", key, g.Revision, g.Quality, g.Reason, g.U, g.Verdict, w.Quality, w.Reason, w.U, w.Verdict))
		}
	}
	for key := range got {
		if _, is := want[key]; !is {
			wrong = append(wrong, key+" should not be")
		}
	}
	slices.Sort(wrong)
	if len(wrong) > 0 {
		t.Errorf("%d of %d results differ from those of an undisturbed run:\n%s", len(wrong), len(want), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	}
	return revisions
}
