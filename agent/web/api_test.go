package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"recoup/agent"
)

func TestAPIShapes(t *testing.T) {
	b := board(t)
	s := server(t, b, nil)
	snap := snapshot(b)
	text, err := json.MarshalIndent(s.boardOf(&snap), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "board.json", string(text)+"\n")
	for name, path := range map[string]string{
		"results.json": "/api/v1/results?kpi=mill.oil.removal&window=hour&limit=15",
		"events.json":  "/api/v1/events?lang=en",
	} {
		w := get(t, s, path)
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("GET %s = %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		golden(t, name, w.Body.String())
	}
	for _, path := range []string{"/api/v1/board", "/api/v1/results?kpi=mill.oil.removal&window=month"} {
		if body := get(t, s, path).Body.String(); strings.Contains(body, "777") {
			t.Errorf("GET %s gives a withheld number: %s", path, body)
		}
	}
}

func TestAPIRefusesWhatItDoesNotKnow(t *testing.T) {
	s := server(t, board(t), nil)
	for path, want := range map[string]string{
		"/api/v1/board?x=1":                                       `parameter "x" is not known; known: none`,
		"/api/v1/results":                                         `kpi "" is not known; known: mill.oil.removal, mill.oil.recovered`,
		"/api/v1/results?kpi=<script>":                            `kpi "<script>" is not known`,
		"/api/v1/results?kpi=mill.oil.removal":                    `window "" is not known; known: 15min, hour, shift, day, week, month, year`,
		"/api/v1/results?kpi=mill.oil.removal&window=decade":      `window "decade" is not known`,
		"/api/v1/results?kpi=mill.oil.removal&window=day&limit=0": `limit "0" is not a whole number from 1 to 10000`,
		"/api/v1/results?kpi=a&kpi=b":                             `parameter "kpi" is given 2 times; give it once`,
		"/api/v1/results?from=2025":                               `parameter "from" is not known; known: kpi, window, limit`,
		"/api/v1/events?limit=501":                                `limit "501" is not a whole number from 1 to 500`,
		"/api/v1/events?limit=-1":                                 `limit "-1" is not`,
		"/api/v1/events?lang=de":                                  `lang "de" is not known; known: en, zh`,
	} {
		w := get(t, s, path)
		var body struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 400 || !strings.Contains(body.Error, want) {
			t.Errorf("GET %s = %d %q, want 400 with %q", path, w.Code, body.Error, want)
		}
	}
}

func TestLimitsHold(t *testing.T) {
	s := server(t, board(t), nil)
	var results struct{ Results []struct{ Start string } }
	if err := json.Unmarshal(get(t, s, "/api/v1/results?kpi=mill.oil.removal&window=day&limit=2").Body.Bytes(), &results); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(results.Results); got != "[{2025-11-19T16:00:00Z} {2025-11-20T16:00:00Z}]" {
		t.Errorf("the newest two days begin at %s", got)
	}
	var events struct{ Active, Recent []struct{ Kind string } }
	if err := json.Unmarshal(get(t, s, "/api/v1/events?limit=1").Body.Bytes(), &events); err != nil {
		t.Fatal(err)
	}
	if len(events.Active) != 4 || len(events.Recent) != 1 {
		t.Errorf("%d active and %d recent events, want 4 and 1", len(events.Active), len(events.Recent))
	}
}

func TestStrangeNumbersStayJSON(t *testing.T) {
	b := board(t)
	strange := removal(agent.Hour, now, 3600e9, 0)
	inf := 1 / strange.Value
	strange.Value, strange.U, strange.Coverage = inf, inf, inf
	strange.Terms[0].Total, strange.Terms[0].Seconds, strange.Terms[0].USys = inf, -inf, inf
	strange.Terms[0].Lost = []agent.Lost{{Cause: agent.NoData, Seconds: inf}}
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 50}, Source: agent.Own, Results: []agent.Result{strange}})
	snap := b.Snapshot()
	snap.Tags[0].Time = now.AddDate(9000, 0, 0)
	if _, err := json.Marshal(server(t, b, nil).boardOf(&snap)); err != nil {
		t.Errorf("the board cannot be written: %v", err)
	}
}
