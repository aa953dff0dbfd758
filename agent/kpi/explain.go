package kpi

import (
	"math"

	"recoup/agent"
)

var _ agent.Explainer = (*Engine)(nil)

// Value gives a quantity's figure for totals of its terms; false for an unknown
// quantity and for totals that give none. It reads only what New has fixed, so
// any goroutine may call it.
func (e *Engine) Value(kpi string, totals []float64) (value float64, ok bool) {
	for _, q := range e.quantities {
		if q.Name == kpi && len(q.Terms) == len(totals) && q.Methods == nil {
			value, _, reason := q.Quantity.Value(totals)
			return value, reason.Code == agent.NoReason && !math.IsNaN(value) && !math.IsInf(value, 0)
		}
	}
	return 0, false
}

// Definition gives a quantity as it is configured. It reads only what New has
// fixed, so any goroutine may call it.
func (e *Engine) Definition(kpi string) (q Quantity, ok bool) {
	for _, known := range e.quantities {
		if known.Name == kpi {
			return known.Quantity, true
		}
	}
	return q, false
}
