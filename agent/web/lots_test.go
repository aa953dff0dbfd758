package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// coils is a board of a mill that tells states and coils apart.
func coils() *agent.Board {
	all := quantities()[:1]
	all[0].RunOnly, all[0].Lots = "run+idle", "mill.coil"
	b := agent.NewBoard(agent.Clock{Wall: func() time.Time { return now }}, shanghai, "v", nil, nil, nil, all)
	var results []agent.Result
	add := func(r agent.Result, states, id string) {
		r.States, r.Window.ID = states, id
		results = append(results, r)
	}
	for i, id := range []string{"4710", "4711", "4711", "4712"} {
		start := now.Add(time.Duration(i-8) * time.Hour)
		add(removal(agent.Lot, start, 30*time.Minute, 0.90+float64(i)/100), "", id)
		add(removal(agent.Lot, start, 30*time.Minute, 0.95+float64(i)/100), "run+idle", id)
	}
	shift := time.Date(2025, 11, 21, 16, 0, 0, 0, time.UTC)
	add(removal(agent.Shift, shift, 8*time.Hour, 0.91), "", "")
	run := removal(agent.Shift, shift, 8*time.Hour, 0.97)
	run.Terms[0].Lost = []agent.Lost{{Cause: agent.OutsideStates, About: "start", Seconds: 6600}}
	add(run, "run+idle", "")
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 1}, Source: agent.Own, Results: results})
	return b
}

func TestBothFiguresSideBySide(t *testing.T) {
	b := coils()
	s := server(t, b, nil)
	snap := b.Snapshot()
	for l, names := range map[say.Lang][2]string{
		say.EN: {"Removal efficiency · all in", "Removal efficiency · run only (run, idle)"},
		say.ZH: {"油雾净化效率 · 全部状态", "油雾净化效率 · 仅运行（运行、空载）"},
	} {
		tile := s.viewOf(l, &snap, nil).Cards[0].Tiles[0]
		if len(tile.Figures) != 2 || tile.Figures[0].Name != names[0] || tile.Figures[1].Name != names[1] {
			t.Errorf("%v: got %+v, want %v", l, tile.Figures, names)
		}
	}
	for query, want := range map[string]float64{"": 0.91, "&run_only=true": 0.97, "&run_only=false": 0.91} {
		var got resultsJSON
		body := get(t, s, "/api/v1/results?kpi=mill.oil.removal&window=shift"+query).Body.Bytes()
		if err := json.Unmarshal(body, &got); err != nil || len(got.Results) != 1 || *got.Results[0].Value != want {
			t.Errorf("%q: got %s, want one result of %g", query, body, want)
		}
	}
	var run resultsJSON
	if err := json.Unmarshal(get(t, s, "/api/v1/results?kpi=mill.oil.removal&window=shift&run_only=1").Body.Bytes(), &run); err != nil || run.Results[0].Lost[1].Cause != agent.OutsideStates || run.Results[0].States != "run+idle" {
		t.Errorf("got %+v (%v), want the time in other states among what was lost", run, err)
	}
	if text := get(t, s, "/metrics").Body.String(); strings.Contains(text, "0.97") || !strings.Contains(text, "0.91") {
		t.Error("/metrics must have the all-in figure alone")
	}
	why := get(t, s, "/api/v1/why?kpi=mill.oil.removal&window=shift&run_only=true").Body.String()
	if !strings.Contains(why, "left out: 1") {
		t.Errorf("got %s, want what is left out", why)
	}
}

func TestLotsOnThePage(t *testing.T) {
	b := coils()
	s := server(t, b, nil)
	snap := b.Snapshot()
	rows := s.viewOf(say.EN, &snap, nil).Cards[0].Lots
	if len(rows) != 4 || rows[0].Window != "lot 4712, 09:03–09:33, 22 Nov" || len(rows[0].Figures) != 2 {
		t.Fatalf("got %+v, want four lots, the newest first, with both figures", rows)
	}
	if page := get(t, s, "/?lang=zh").Body.String(); !strings.Contains(page, "最近批次") || !strings.Contains(page, "批次 4710") {
		t.Error("the page does not show the lots")
	}
	for query, want := range map[string]string{
		"window=lot":                         "批次 4712，09:03–09:33",
		"window=lot&lot=4710":                "批次 4710，06:03–06:33",
		"window=lot&lot=4711":                "批次 4711，08:03–08:33", // the newest of that number
		"window=lot&lot=4711&run_only=true":  "仅运行",
		"window=lot&lot=9":                   `has no lot \"9\"; known: 4, the newest \"4712\"`,
		"window=day&lot=4711":                "its window is lot, not day",
		"window=lot&lot=4711&run_only=maybe": "neither true nor false",
	} {
		if got := get(t, s, "/api/v1/why?lang=zh&kpi=mill.oil.removal&"+query).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	plain := server(t, board(t), nil)
	if got := get(t, plain, "/api/v1/why?kpi=mill.oil.removal&"+url.Values{"run_only": {"1"}}.Encode()).Body.String(); !strings.Contains(got, "has no run-only figure") {
		t.Errorf("got %s, want that there is none", got)
	}
}

func TestRunningLotHasNoVerdict(t *testing.T) {
	r := removal(agent.Lot, now.Add(-time.Hour), 59*time.Minute, 0.95)
	r.Window.ID, r.Partial = "7", true
	q := quantities()[0]
	q.Lots = "mill.coil"
	s := server(t, emptyBoard(), nil)
	w := words{lang: say.EN, loc: s.loc, now: now, t: s.texts[say.EN], account: s.accounts()}
	rows := s.lots(w, "kpi", []agent.Quantity{q}, []agent.Result{r})
	if len(rows) != 1 || rows[0].Figures[0].Verdict != "" || !strings.HasSuffix(rows[0].Window, " · so far") {
		t.Errorf("got %+v, want the running lot so far, without a verdict", rows)
	}
}
