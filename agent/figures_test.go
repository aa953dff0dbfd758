package agent

import (
	"testing"
	"time"
)

// TestBoardKeepsBothFigures: a run-only result neither replaces nor hides the
// all-in one of the same window.
func TestBoardKeepsBothFigures(t *testing.T) {
	b := NewBoard(SystemClock(), Plant{}, "v", nil, nil, nil, []Quantity{{KPI: "k", RunOnly: "run"}})
	day := Window{Kind: Day, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	all, run := Result{KPI: "k", Window: day, Value: 1}, Result{KPI: "k", Window: day, Value: 2, States: "run"}
	b.Show(&Batch{Source: Own, Results: []Result{all, run}})
	if !b.knows(&all) || !b.knows(&run) {
		t.Error("the board forgot one of the two")
	}
	if got := b.Results("k", Day, 9); len(got) != 1 || got[0].Value != 1 {
		t.Errorf("got %+v, want the all-in result", got)
	}
	if got := b.ResultsIn("k", Day, "run", 9); len(got) != 1 || got[0].Value != 2 {
		t.Errorf("got %+v, want the run-only result", got)
	}
	if got := b.Snapshot().Results; len(got) != 2 || got[0].Value != 1 || got[1].Value != 2 {
		t.Errorf("got %+v, want both, all-in first", got)
	}
}
