package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const monthsConfig = `
plant: {id: demo-mill, name: Mill of months, timezone: Asia/Shanghai, shifts: ["00:00", "08:00", "16:00"]}
buffer: {flush: 100ms}
web: {listen: "127.0.0.1:9466"}
sources:
  - name: history
    every: 100ms
    file: {folder: in, settle: 100ms}
    tags:
      - {name: q_in, unit: Nm3/h, max_gap: 25m, range: [0, 120000], accuracy: 2% limit}
      - {name: c_in, unit: mg/Nm3, max_gap: 25m, range: [0, 2000], accuracy: 5% limit + 0.5 mg/Nm3 limit}
      - {name: q_out, unit: Nm3/h, max_gap: 25m, range: [0, 120000], accuracy: 2% limit}
      - {name: c_out, unit: mg/Nm3, max_gap: 25m, range: [0, 1000], accuracy: 10% limit}
      - {name: oil, unit: kg, scale: 0.1, accuracy: 0.2% limit, counter: {modulus: 65536, max_rate: 500/h}}
      - {name: rolling, unit: "1", hold: true, max_gap: 25m}
      - {name: coil, unit: "1", hold: true, max_gap: 25m}
kpis:
  - name: mill.oil
    oil_mist:
      inlet: {flow: q_in, concentration: c_in}
      outlet: {flow: q_out, concentration: c_out}
      recovered: oil
      quantities: [removal, recovered]
      states: [{is: run, tag: rolling, when: 1}, {is: stop}]
      lots: {tag: coil}
  - name: mill.money
    value:
      amount: oil
      unit: yuan/kg
      source: contract 12
      steps: [{from: 2025-01-01, value: 9}, {from: 2026-02-10, value: 9.5}]
upstreams:
  - {name: hq, http: {url: "http://127.0.0.1:9467/v1/batches"}}
`

const (
	monthsDays    = 32
	monthsPerFile = 2 // days
	leastResults  = 15_000
)

// newMonths makes a mill that has nothing but files of months.
func newMonths(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	text := strings.NewReplacer("http://127.0.0.1:9467/v1/batches", w.up.URL(), "127.0.0.1:9466", w.page).Replace(monthsConfig)
	if err := os.WriteFile(w.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.in(), 0o755); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) in(name ...string) string {
	return filepath.Join(append([]string{filepath.Dir(w.config), "in"}, name...)...)
}

// put hands a file over as a program does that writes it aside first.
func (w *world) put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(w.in(name+".part"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.in(name+".part"), w.in(name)); err != nil {
		t.Fatal(err)
	}
}

// all reports whether the files were taken and computed, and the upstream has
// everything.
func (w *world) all(last string) bool {
	text := w.get("/metrics")
	journal, err := os.ReadFile(w.in(".recoup-taken"))
	return err == nil && strings.Contains(string(journal), last) && w.up.Tally().Results >= leastResults && metric(text, `recoup_upstream_up{upstream="hq"}`) == "1" &&
		metric(text, `recoup_upstream_behind_seconds{upstream="hq"}`) == "0"
}

// monthsBegin is a midnight of the plant, so long ago that the files end with a
// day that is over.
func monthsBegin() time.Time {
	return time.Now().UTC().Add(8*time.Hour).Truncate(24*time.Hour).AddDate(0, 0, -monthsDays-1).Add(-8 * time.Hour)
}

// monthsFile writes some days from day number from on, a row every twenty minutes,
// with outages in them.
func monthsFile(from int) []byte {
	var b strings.Builder
	b.WriteString("time,q_in,c_in,q_out,c_out,oil,rolling,coil\n")
	for row := from * 72; row < (from+monthsPerFile)*72; row++ {
		if row%350 > 345 {
			continue
		}
		x := float64(row)
		q, coil := 52000+3000*math.Sin(x/31), 1+row/17
		rolling := 1
		if row%17 > 14 {
			rolling = 0
		}
		fmt.Fprintf(&b, "%s,%.3f,%.3f,%.3f,%.3f,%d,%d,%d\n", monthsBegin().Add(time.Duration(row)*20*time.Minute).Format(time.RFC3339),
			q, 250+40*math.Cos(x/17), q*1.02, 12+3*math.Sin(x/5), (row*23+row%7)%65536, rolling, coil)
	}
	return []byte(b.String())
}

// TestMonthsThroughTheFileSourceKilled: an agent that is killed again and again
// while it takes months in gives the totals of one that nobody disturbs, bit for
// bit.
func TestMonthsThroughTheFileSourceKilled(t *testing.T) {
	t.Parallel()
	calm, hit := newMonths(t), newMonths(t)
	r := calm.start(t)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 2))
	t.Logf("seed %d", seed)
	const files = monthsDays / monthsPerFile
	var name string
	for n := range files {
		name = fmt.Sprintf("%03d.csv", n)
		for _, w := range []*world{calm, hit} {
			w.put(t, name, monthsFile(n*monthsPerFile))
		}
		hit.killed(t, 300*time.Millisecond+time.Duration(random.IntN(1200))*time.Millisecond)
	}
	hit.killed(t, 61*time.Second+time.Duration(random.IntN(10_000))*time.Millisecond) // while the windows of the months are made
	last := hit.start(t)
	for _, one := range []struct {
		*world
		*running
	}{{calm, r}, {hit, last}} {
		until(t, "all months computed", func() bool { return one.all(name) })
		for before := uint64(0); before != one.up.Tally().Results; { // a revision of months comes in several batches
			before = one.up.Tally().Results
			time.Sleep(5 * time.Second)
		}
		one.stop(t)
		if err := one.up.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ends := monthsBegin().AddDate(0, 0, monthsDays)
	want, got := calm.newest(t, ends), hit.newest(t, ends)
	t.Logf("%d results after %d kills; %d epochs", len(got), files+1, hit.up.Tally().Plants["demo-mill"].Epochs)
	if len(want) < leastResults {
		t.Fatalf("only %d results", len(want))
	}
	wrong := 0
	for key, text := range want {
		if got[key] != text {
			if wrong++; wrong < 5 {
				t.Errorf("%s:\n got %s\nwant %s", key, got[key], text)
			}
		}
	}
	if wrong > 0 || len(got) != len(want) {
		t.Errorf("%d results differ; %d and not %d are there", wrong, len(got), len(want))
	}
}

// killed runs the agent for some time.
func (w *world) killed(t *testing.T, after time.Duration) {
	t.Helper()
	r := w.start(t)
	time.Sleep(after)
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.Wait()
	if strings.Contains(r.log.String(), "DATA RACE") {
		t.Fatalf("data race:\n%s", r.log)
	}
}

// newest gives the newest revision of every result that ends by an instant.
func (w *world) newest(t *testing.T, by time.Time) map[string]string {
	t.Helper()
	all, revisions := map[string]string{}, map[string]uint16{}
	for _, b := range w.delivered(t) {
		for _, r := range b.Results {
			if r.Window.End.After(by) {
				continue
			}
			key := fmt.Sprintf("%s %s %s %s %s", r.KPI, r.States, r.Window.Kind, r.Window.ID, r.Window.Start.Format(time.RFC3339))
			if all[key] != "" && uint16(r.Revision) <= revisions[key] {
				t.Errorf("%s: revision %d came after %d", key, r.Revision, revisions[key])
			}
			revisions[key] = uint16(r.Revision)
			r.Revision, r.Was = 0, nil
			all[key] = asJSON(t, r)
		}
	}
	return all
}
