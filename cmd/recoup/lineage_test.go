package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
)

const lineageConfig = `plant: {id: lineage}
web: {listen: "127.0.0.1:0"}
sources:
  - name: lab
    file: {folder: lab, columns: {time: time, oil: oil}}
    tags:
      - {name: oil, unit: kg/h, scale: 1, accuracy: 0.5% limit}
instruments:
  - {serial: A-1, tag: oil, due: 2099-01-10}
kpis:
  - name: worth
    value:
      items: [{amount: oil, price: price.oil}]
      factors: [{name: price.oil, unit: yuan/kg, source: contract 12, steps: [{from: 2025-01-01, value: 7.5}]}]
      target: "value >= 100"
rules:
  - {name: rich, when: "worth.value > 5000", over: day}
ratings:
  - {kpi: worth.value, benchmark: 100, leading: 200}
upstreams:
  - name: hq
    http: {url: "http://127.0.0.1:9/v1?key=hidden"}
`

// changesAtStart runs the agent until it has recorded something and gives what
// it says of its configuration.
func changesAtStart(t *testing.T, file string) (changes []string, revision string) {
	t.Helper()
	a, _, err := load(file, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	until(t, "a batch", func() bool { return a.Board.Snapshot().Newest.Seq > 0 })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	snap := a.Board.Snapshot()
	for _, e := range snap.Recent {
		if e.Kind == agent.ConfigChanged && !e.Start.Before(snap.Started) {
			changes = append(changes, e.Key+" | "+e.Reason.Detail)
		}
	}
	slices.Sort(changes)
	return changes, snap.Revision
}

func TestChangesOfTheConfigurationAreEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recoup.yaml")
	write := func(edits ...string) {
		text := strings.NewReplacer(edits...).Replace(lineageConfig)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if got, _ := changesAtStart(t, file); got != nil {
		t.Errorf("first start: got %q, want nothing", got)
	}
	if err := os.WriteFile(file, []byte("# a note\n"+strings.Replace(lineageConfig, "{name: oil, unit: kg/h, scale: 1,", "{unit: 'kg/h', name: \"oil\",   scale: 1.0,", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, _ := changesAtStart(t, file); got != nil {
		t.Errorf("another layout: got %q, want nothing", got)
	}
	edits := []string{"scale: 1,", "scale: 10,", "value: 7.5", "value: 7.9", "A-1", "B-2", ">= 100", ">= 200", "127.0.0.1:9/", "127.0.0.1:19/", "key=hidden", "key=other", "leading: 200", "leading: 250", "> 5000", "> 6000"}
	write(edits...)
	want := []string{
		"KPI worth | value.target: value >= 100 → value >= 200",
		"factor price.oil | from 2025-01-01: 7.5 yuan/kg (contract 12) → 7.9 yuan/kg (contract 12)",
		"instrument A-1 | {due: 2099-01-10, serial: A-1, tag: oil} → –",
		"instrument B-2 | – → {due: 2099-01-10, serial: B-2, tag: oil}",
		"rating worth.value | leading: 200 → 250",
		"rule rich | when: worth.value > 5000 → worth.value > 6000",
		"tag oil | scale: 1 → 10",
		"upstream hq | http.url: http://127.0.0.1:9/v1 → http://127.0.0.1:19/v1",
	}
	a, _, err := load(file, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	a.Lineage.Since("", true) // a start that was killed before it stored anything
	got, revision := changesAtStart(t, file)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, _ := changesAtStart(t, file); got != nil {
		t.Errorf("nothing changed: got %q", got)
	}
	code, out, _ := call(t, "version", "-c", file)
	if code != exitDone || !strings.Contains(out, "is revision "+revision+"\n") {
		t.Errorf("version: exit %d, %q, want revision %s", code, out, revision)
	}
	folder := filepath.Join(filepath.Dir(file), "data", "config")
	kept, err := os.ReadFile(filepath.Join(folder, revision+".json"))
	if err != nil || strings.Contains(string(kept), "hidden") || strings.Contains(string(kept), "other") {
		t.Errorf("kept %q (%v), want it without what is secret", kept, err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	write()
	if got, now := changesAtStart(t, file); !slices.Equal(got, []string{" | " + revision + " → " + now}) {
		t.Errorf("with its files removed: got %q, want the revisions alone", got)
	}
}

func TestUpgradeIsAChange(t *testing.T) {
	now := form{"tag a": {"scale": "1"}}
	got := since(t.TempDir(), now.revision()+" v0.9", now, agenttest.Quiet())
	if len(got) != 1 || got[0].Key != "program" || got[0].Reason.Detail != "v0.9 → "+version {
		t.Errorf("got %+v, want the change of version", got)
	}
}

// TestManyChanges: a file for another plant does not flood the upstream.
func TestManyChanges(t *testing.T) {
	now := form{}
	for i := range 1000 {
		now.put("tag "+string(rune('a'+i%26))+string(rune('0'+i/26)), "unit", strings.Repeat("x", 2000))
	}
	got := form{}.until(now)
	if len(got) != mostChanges+1 || got[mostChanges].Reason.Detail != "… + 800" || len([]rune(got[0].Reason.Detail)) != longDetail+1 {
		t.Errorf("got %d events, the last %q", len(got), got[len(got)-1].Reason.Detail)
	}
}

func TestFormsAreBounded(t *testing.T) {
	folder := t.TempDir()
	for i := range keptForms + 5 {
		f := form{"tag a": {"scale": strings.Repeat("1", i+1)}}
		if err := f.keep(folder); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != keptForms {
		t.Errorf("got %d files (%v), want %d", len(files), err, keptForms)
	}
}

func TestTablesAreNoChange(t *testing.T) {
	dir := t.TempDir()
	revision := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		return formOf(cfg, nil).revision()
	}
	for name, text := range map[string]string{"tags.csv": "name,unit,scale,accuracy\noil,kg/h,1,0.5% limit\n", "register.csv": "serial;tag;due\nA-1;oil;2099-01-10\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	moved := strings.NewReplacer("    tags:\n      - {name: oil, unit: kg/h, scale: 1, accuracy: 0.5% limit}\n", "    tags_file: tags.csv\n",
		"instruments:\n  - {serial: A-1, tag: oil, due: 2099-01-10}\n", "instruments_file: register.csv\n").Replace(lineageConfig)
	if got, want := revision("b.yaml", moved), revision("a.yaml", lineageConfig); got != want {
		t.Errorf("the same in tables: got revision %s, want %s", got, want)
	}
}
