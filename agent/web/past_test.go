package web

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// archive is a history that notes how it is asked.
type archive struct {
	results []agent.Result
	err     error
	asked   int
	from    time.Time
	during  func() // called while it is read; may be nil
}

func (a *archive) Results(kpi string, kind agent.WindowKind, from, to time.Time) iter.Seq2[agent.Result, error] {
	a.asked, a.from = a.asked+1, from
	return func(yield func(agent.Result, error) bool) {
		if a.during != nil {
			a.during()
		}
		for _, r := range a.results {
			if r.KPI == kpi && r.Window.Kind == kind && !r.Window.Start.Before(from) && r.Window.Start.Before(to) && !yield(r, nil) {
				return
			}
		}
		if a.err != nil {
			yield(agent.Result{}, a.err)
		}
	}
}

func (a *archive) Events(time.Time, time.Time) iter.Seq2[agent.Event, error] {
	return func(func(agent.Event, error) bool) {}
}

func day(n int, value float64, revision int) agent.Result {
	start := time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	r := removal(agent.Day, start, 24*time.Hour, value)
	r.Revision = revision
	return r
}

func emptyBoard(results ...agent.Result) *agent.Board {
	b := agent.NewBoard(agent.Clock{Wall: func() time.Time { return now }}, shanghai, "v", nil, nil, nil, quantities())
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 1}, Source: agent.Own, Results: results})
	return b
}

func values(results []agent.Result) (all []float64) {
	for _, r := range results {
		all = append(all, r.Value)
	}
	return all
}

func TestHistoryFillsWhatTheBoardDoesNotHave(t *testing.T) {
	a := &archive{results: []agent.Result{day(-4, 0.91, 0), day(-3, 0.92, 1), day(-2, 0.93, 0)}}
	s := server(t, emptyBoard(day(-3, 0.80, 0), day(-1, 0.94, 0)), a)
	got, err := s.past("mill.oil.removal", agent.Day, "", 3, now)
	if len(got) != 3 || got[0].Value != 0.92 || got[1].Value != 0.93 || got[2].Value != 0.94 || err != nil {
		t.Errorf("got %v, %v, want the days 0.92 (its revision 1), 0.93, 0.94", values(got), err)
	}
	if want := now.Add(-5 * 25 * time.Hour); !a.from.Equal(want) {
		t.Errorf("asked from %v, want %v", a.from, want)
	}
}

func TestPageNeverReadsTheHistory(t *testing.T) {
	a := &archive{}
	s := server(t, board(t), a)
	for _, path := range []string{"/", "/live", "/metrics", "/readyz", "/api/v1/board", "/api/v1/results?kpi=mill.oil.removal&window=day&limit=12"} {
		if w := get(t, s, path); w.Code != 200 || a.asked != 0 {
			t.Errorf("GET %s = %d and asked the history %d times, want 200 and never", path, w.Code, a.asked)
		}
	}
}

func TestOneRequestAtATimeReadsTheHistory(t *testing.T) {
	a := &archive{results: []agent.Result{day(-2, 0.93, 0)}}
	s := server(t, emptyBoard(), a)
	inside := 0
	a.during = func() { // what another request sees meanwhile
		inside++
		if got, err := s.past("mill.oil.removal", agent.Day, "", 1, now); len(got) != 0 || err == nil {
			t.Errorf("got %v, %v while the history is read, want nothing and an error", values(got), err)
		}
	}
	for range 2 {
		if got, err := s.past("mill.oil.removal", agent.Day, "", 1, now); len(got) != 1 || err != nil {
			t.Errorf("got %v, %v, want one day", values(got), err)
		}
	}
	if inside != 2 || a.asked != 2 {
		t.Errorf("the history was asked %d times and read %d times, want 2 and 2", a.asked, inside)
	}
}

func TestHistoryThatFailsIsSaid(t *testing.T) {
	a := &archive{results: []agent.Result{day(-2, 0.93, 0)}, err: errors.New("input/output error")}
	body := get(t, server(t, emptyBoard(), a), "/api/v1/results?kpi=mill.oil.removal&window=day").Body.String()
	for _, want := range []string{`"complete":false`, `"error":"the buffer's history cannot be read: input/output error"`, `"value":0.93`} {
		if !strings.Contains(body, want) {
			t.Errorf("the answer does not have %s: %s", want, body)
		}
	}
}
