package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/sim"
)

// filled puts hours of the demo's mill, with what goes wrong there, into a
// buffer, as the agent would have.
func filled(t *testing.T, hours int, incidents ...sim.Incident) (config string, start time.Time) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(config, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	a, cfg, err := load(config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	start = time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC) // midnight at the plant
	mill := sim.NewMill(3, start.Add(-historyStep))
	for _, i := range incidents {
		mill.Schedule(i)
	}
	all := endingAt(history(t.Context(), mill, cfg.Sources[0].Tags), start.Add(time.Duration(hours)*time.Hour))
	if _, err := agent.Fill(a.Store, a.Calc, a.Board, agenttest.Quiet(), all, 2000); err != nil {
		t.Fatal(err)
	}
	return config, start
}

// figure is what must be equal of two results.
type figure struct {
	Value, U *float64
	Coverage float64
	Quality  string
	Verdict  string
	Partial  bool
	Terms    []struct {
		Total, Seconds float64
		Lost           []agent.Lost
	}
}

func figures(t *testing.T, lines string) map[string]figure {
	t.Helper()
	all := map[string]figure{}
	for line := range strings.Lines(lines) {
		var key struct {
			Plant  struct{ ID, Timezone string }
			KPI    string
			Window struct{ Kind, Start, End string }
		}
		var f figure
		if err := json.Unmarshal([]byte(line), &key); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if key.Plant.ID != "demo-mill" || key.Plant.Timezone != "Asia/Shanghai" {
			t.Errorf("a result does not say whose it is: %s", line)
		}
		all[fmt.Sprint(key.KPI, " ", key.Window.Kind, " from ", key.Window.Start)] = f
	}
	return all
}

func shownFigure(f figure) string {
	text, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestExportAndReplayMeet: what the agent computed in two days with an outage, a
// flame-out and a totaliser's reset follows from what it recorded, bit for bit,
// and so do the causes of lost seconds. Not compared are the windows that the
// end of the recording cuts.
func TestExportAndReplayMeet(t *testing.T) {
	start := time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC)
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	config, _ := filled(t, 49,
		sim.Incident{Kind: sim.CounterReset, From: at(10), To: at(11)},
		sim.Incident{Kind: sim.PLCOff, From: at(20.4), To: at(23.1)},
		sim.Incident{Kind: sim.FlameOut, From: at(30), To: at(32.5)})
	before := snapshot(t, filepath.Join(filepath.Dir(config), "data"))
	code, readings, errOut := call(t, "export", "-c", config)
	if code != exitDone || errOut != "" {
		t.Fatalf("export: exit %d, said %s", code, errOut)
	}
	code, lines, errOut := call(t, "export", "--results", "-c", config)
	if code != exitDone || errOut != "" {
		t.Fatalf("export --results: exit %d, said %s", code, errOut)
	}
	if after := snapshot(t, filepath.Join(filepath.Dir(config), "data")); !maps.Equal(before, after) {
		t.Errorf("export changed the buffer: before %v, after %v", before, after)
	}
	file := filepath.Join(t.TempDir(), "readings.csv")
	if err := os.WriteFile(file, []byte(readings), 0o644); err != nil {
		t.Fatal(err)
	}
	code, again, errOut := call(t, "replay", file, "-c", config)
	if code != exitDone || !strings.Contains(errOut, "the month from 2026-09-30T16:00:00Z had not ended") {
		t.Fatalf("replay: exit %d, said %s", code, errOut)
	}
	want, got := figures(t, lines), figures(t, again)
	wrong := 0
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if g, w := shownFigure(got[key]), shownFigure(want[key]); g != w {
			if wrong++; wrong <= 10 {
				t.Errorf("%s:\n replayed %s\n computed %s", key, g, w)
			}
		}
	}
	t.Logf("%d results compared, %d differ; replay has %d", len(want), wrong, len(got))
	if len(want) < 2*(49*4+48+6+2)-20 {
		t.Errorf("only %d results to compare", len(want))
	}
	for key := range got {
		if _, known := want[key]; !known && !strings.Contains(key, "from 2026-10-02T16:4") && !strings.Contains(key, "hour from 2026-10-02T16:00") {
			t.Errorf("%s was computed by replay alone", key)
		}
	}
}

// snapshot gives the sizes and times of a folder's files.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		all[path] = fmt.Sprintf("%d bytes %v %x", len(text), info.ModTime(), checksumOf(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func checksumOf(text []byte) (sum uint64) {
	for _, b := range text {
		sum = sum*1099511628211 ^ uint64(b)
	}
	return sum
}

func TestExportOfAStretch(t *testing.T) {
	config, start := filled(t, 2)
	code, out, errOut := call(t, "export", "-c", config, "--from", "2026-10-01 00:10", "--to", "2026-09-30T16:11:00Z")
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitDone || len(rows) != 1+17*6 || rows[0] != "time,tag,value,quality,source,reason,plant" {
		t.Fatalf("exit %d, %d rows, first %q, said %s; want 17 tags at 6 times", code, len(rows), rows[0], errOut)
	}
	if want := start.Add(10*time.Minute).Format(time.RFC3339) + ",mill.q_in,"; !strings.HasPrefix(rows[1], want) {
		t.Errorf("the first row is %s, want %s…", rows[1], want)
	}
	for _, row := range rows[1:] {
		if !strings.HasSuffix(row, ",demo-mill") {
			t.Errorf("a row does not end with the plant's id: %s", row)
		}
	}
	if code, _, errOut := call(t, "export", "-c", config, "--from", "noon"); code != exitUsage || !strings.Contains(errOut, "noon") {
		t.Errorf("--from noon: exit %d, said %s", code, errOut)
	}
}

func TestExportBesideARunningAgent(t *testing.T) {
	config, _ := filled(t, 1)
	a, _, err := load(config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := a.Store.Load(); err != nil {
		t.Fatal(err)
	}
	defer a.Store.Close()
	code, _, errOut := call(t, "export", "-c", config)
	if code != exitFailed || !strings.Contains(errOut, "the agent is running") || !strings.Contains(errOut, "stop it") {
		t.Errorf("exit %d, said %s; want that the agent is running and what to do", code, errOut)
	}
	empty := filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(empty, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := call(t, "export", "-c", empty); code != exitFailed || !strings.Contains(errOut, "no buffer") {
		t.Errorf("exit %d, said %s; want that there is no buffer", code, errOut)
	}
}

func TestReplayOfHandMadeRecordings(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "mill.yaml")
	if err := os.WriteFile(config, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "hand.csv")
	hour := func() string {
		text := "\ufefftime,tag,value\n"
		start := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
		for s := 0; s <= 1800; s += 10 {
			at := start.Add(time.Duration(s) * time.Second).In(time.FixedZone("", 8*3600)).Format(time.DateTime)
			for tag, value := range map[string]string{"mill.q_in": "50000", "mill.c_in": "400", "mill.q_out": "50000", "mill.c_out": "20", "mill.calibration": "0", "other": "1"} {
				text += at + "," + tag + "," + value + "\n"
			}
		}
		return text
	}
	for _, c := range []struct {
		name, text, out, says string
		code                  int
	}{
		{"local times, no quality", hour(), `{"plant":{"id":"demo-mill","name":"Demo Cold Rolling Mill","company":{"name":"Demo Aluminium Co.","sector":"C3252","park":"Demo Park"},"timezone":"Asia/Shanghai","shifts":["00:00","08:00","16:00"],"day_start":"00:00"},"kpi":"mill.oil.removal","unit":"1","window":{"kind":"15min","start":"2026-10-01T08:00:00Z","end":"2026-10-01T08:15:00Z","zone":"Asia/Shanghai"},"value":0.95,`, `181 readings of "other" left out`, exitDone},
		{"no such column", "when,tag,value\n", "", `no column "time"`, exitFailed},
		{"another plant's", "time,tag,value,plant\n2026-10-01 08:00,mill.q_in,1,demo-mill\n2026-10-01 08:01,mill.q_in,1,other-mill\n", "", `hand.csv:3: a reading of plant "other-mill", and the configuration is that of "demo-mill"`, exitFailed},
		{"a time that is none", "time,tag,value\nnoon,mill.q_in,1\n", "", "hand.csv:2: ", exitFailed},
		{"a quality that is none", "time,tag,value,quality\n2026-10-01 08:00,mill.q_in,1,fine\n", "", "hand.csv:2: ", exitFailed},
		{"nothing", "time,tag,value\n", "", "no reading", exitDone},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := call(t, "replay", file, "-c", config)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: exit %d, printed\n%.1500s\nsaid %s\nwant %d, %s and %s", c.name, code, out, errOut, c.code, c.out, c.says)
		}
	}
}
