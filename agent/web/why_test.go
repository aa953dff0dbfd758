package web

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// TestWhyIsTheSameEverywhere: the API and the page tell a figure in the same
// sentences.
func TestWhyIsTheSameEverywhere(t *testing.T) {
	b := board(t)
	s := server(t, b, nil)
	snap := snapshot(b)
	for _, l := range say.Langs() {
		body := get(t, s, "/api/v1/why?kpi=mill.oil.removal&window=day&lang="+l.String()).Body.String()
		golden(t, "why."+l.String()+".json", body)
		var told Answer
		if err := json.Unmarshal([]byte(body), &told); err != nil {
			t.Fatal(err)
		}
		for _, c := range s.viewOf(l, &snap, nil).Cards {
			for _, tile := range c.Tiles {
				if tile.ID == c.ID+"-last_day" && strings.Join(tile.Figures[0].Why, "\n") != strings.Join(told.Sentences, "\n") {
					t.Errorf("%v: the page says %q, the API %q", l, tile.Figures[0].Why, told.Sentences)
				}
			}
		}
	}
}

func TestWhyFindsTheWindow(t *testing.T) {
	b := board(t)
	a := &archive{results: []agent.Result{day(-30, 0.91, 0), day(-29, 0.92, 0)}}
	s := server(t, b, a)
	for _, c := range []struct {
		window agent.WindowKind
		at     time.Time
		start  string
		asked  int
	}{
		{agent.Shift, time.Time{}, "2025-11-21T16:00:00Z", 1}, // the first shift known: the history may have one to compare with
		{agent.Day, time.Time{}, "2025-11-20T16:00:00Z", 0},
		{agent.Month, time.Time{}, "2025-09-30T16:00:00Z", 0}, // withheld: nothing to compare
		{agent.Day, time.Date(2025, 11, 18, 16, 0, 0, 0, time.UTC), "2025-11-18T16:00:00Z", 0},
		{agent.Day, time.Date(2025, 11, 19, 15, 59, 59, 0, time.UTC), "2025-11-18T16:00:00Z", 0},
		{agent.Day, time.Date(2025, 10, 24, 3, 0, 0, 0, time.UTC), "2025-10-24T00:00:00Z", 1},
	} {
		a.asked = 0
		got, err := s.Why(Question{KPI: "mill.oil.removal", Window: c.window, At: c.at})
		if err != nil || got.Start.Format(time.RFC3339) != c.start || a.asked != c.asked || !got.Complete || got.Running {
			t.Errorf("%s at %v: got %+v, %v, the history asked %d times; want the one of %s and %d", c.window, c.at, got, err, a.asked, c.start, c.asked)
		}
	}
}

func TestWhyOfARunningWindow(t *testing.T) {
	b := board(t)
	s := server(t, b, nil)
	running := removal(agent.Day, time.Date(2025, 11, 21, 16, 0, 0, 0, time.UTC), 24*time.Hour, 0.9)
	snap := b.Snapshot()
	snap.Current = []agent.Result{running}
	got, err := s.tell(Question{KPI: running.KPI, Window: agent.Day, At: now}, &snap)
	if err != nil || !got.running || !got.Result.Window.End.Equal(now) || got.Result.Verdict != agent.NoVerdict {
		t.Errorf("got %+v, %v, want the running day up to now, without a verdict", got, err)
	}
}

func TestWhyRefusesWhatItDoesNotKnow(t *testing.T) {
	s := server(t, board(t), nil)
	for query, want := range map[string]string{
		"":                                   `404 kpi "" is not known; known: mill.oil.removal, mill.oil.recovered`,
		"kpi=mill.oil":                       `404 kpi "mill.oil" is not known`,
		"kpi=mill.oil.removal&window=decade": `400 window "decade" is not known; known: 15min`,
		"kpi=mill.oil.removal&start=today":   `400 start "today" is not a time such as`,
		"kpi=mill.oil.removal&lang=de":       `400 lang "de" is not known; known: en, zh`,
		"kpi=mill.oil.removal&day=1":         `400 parameter "day" is not known; known: kpi, window, start, lot, run_only, lang`,
		"kpi=mill.oil.removal&window=week":   `404 mill.oil.removal has no closed window of the kind "week" yet`,
		"kpi=mill.oil.removal&window=day&start=2024-01-01T00:00:00Z": `404 mill.oil.removal has no window of the kind "day" that holds 1 Jan 2024 08:00:00; ` +
			`known: 12, the first from 10 Nov 2025 00:00:00, the last to 22 Nov 2025 00:00:00`,
	} {
		w := get(t, s, "/api/v1/why?"+query)
		var body struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Errorf("%s: %v: %s", query, err, w.Body)
		}
		code, text, _ := strings.Cut(want, " ")
		if got := w.Code; !strings.Contains(body.Error, text) || code != map[int]string{400: "400", 404: "404"}[got] {
			t.Errorf("%s: %d %q, want %s", query, got, body.Error, want)
		}
	}
}

func TestWhyWithTroubleInTheHistory(t *testing.T) {
	a := &archive{err: errors.New("input/output error")}
	s := server(t, board(t), a)
	got, err := s.Why(Question{KPI: "mill.oil.removal", Window: agent.Shift})
	if err != nil || got.Complete || !strings.Contains(got.Error, "input/output error") || len(got.Sentences) == 0 {
		t.Errorf("got %+v, %v, want the figure, and that the history could not be read", got, err)
	}
	w := get(t, s, "/api/v1/why?kpi=mill.oil.removal&start="+url.QueryEscape("2025-01-01T00:00:00+08:00"))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "input/output error") {
		t.Errorf("%d %s, want 503 with the trouble", w.Code, w.Body)
	}
}
