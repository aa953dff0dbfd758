package kpi

import (
	"testing"

	"recoup/agent"
)

func TestValueOfTotals(t *testing.T) {
	e, err := New(utc(), []KPI{newMill(1, false).kpi(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kpi    string
		totals []float64
		want   float64
		ok     bool
	}{
		{"mill.oil.removal", []float64{230, 9.2}, 0.96, true},
		{"mill.oil.recovered", []float64{110}, 110, true},
		{"mill.oil.removal", []float64{0, 9.2}, 0, false}, // nothing fed in
		{"mill.oil.removal", []float64{230}, 0, false},
		{"mill.oil", []float64{230, 9.2}, 0, false},
	} {
		if got, ok := e.Value(c.kpi, c.totals); ok != c.ok || ok && !near(got, c.want, 1e-12) {
			t.Errorf("Value(%s, %v) = %g, %v, want %g, %v", c.kpi, c.totals, got, ok, c.want, c.ok)
		}
	}
}

// TestValueOfAResultsTerms: whoever has a result can compute its figure again.
func TestValueOfAResultsTerms(t *testing.T) {
	m := newMill(3, true)
	r := newRig(t, utc(), m.kpi(t))
	for _, b := range m.batches(r, 9) {
		r.add(b)
	}
	figures := map[agent.WindowKind]int{}
	for _, one := range r.results {
		if one.Withheld() {
			continue
		}
		var totals []float64
		for _, term := range one.Terms {
			totals = append(totals, term.Total)
		}
		if got, ok := r.engine.Value(one.KPI, totals); !ok || got != one.Value {
			t.Errorf("%s over %s: Value gives %g, %v of the terms of %g", one.KPI, one.Window.Kind, got, ok, one.Value)
		}
		figures[one.Window.Kind]++
	}
	if figures[agent.Cell] == 0 || figures[agent.Hour] == 0 {
		t.Errorf("figures by window: %v, want some of cells and hours", figures)
	}
}
