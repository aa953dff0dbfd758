package kpi

import (
	"math"

	"recoup/agent"
)

// Two methods that measure one thing are combined by the inverse squares of
// their uncertainties, as in VDI 2048, when they agree: when they differ by no
// more than U of the difference. Otherwise one of them is wrong, nobody knows
// which, and the figure is withheld.
//
// What the methods share, such as the meter of what is fed in, correlates them.
// The weights come from the two uncertainties alone, so the mean is unbiased
// whatever is shared; U of the mean and of the difference are those of figures
// of the totals, in which a shared error is one and the same.

// combined gives the weighted mean of the quantity's two methods. Over a window
// that is too short for the figure they are not tested against each other: what
// is on its way through the plant parts them.
func (q *quantity) combined(s *sum, totals []float64, w span, trend bool) (value float64, sens []float64, reason agent.Reason) {
	var values, squares [2]float64
	var slopes [2][]float64
	for i, method := range q.Methods {
		v, sens, reason := method(totals)
		if reason.Code != agent.NoReason {
			return 0, nil, reason
		}
		u, stated := q.expanded(s, sens, w)
		if !stated {
			return 0, nil, agent.Reason{Code: agent.ClosureFailed, Detail: "an accuracy is not stated"}
		}
		values[i], squares[i], slopes[i] = v, u*u, sens
	}
	first := 0.5
	if both := squares[0] + squares[1]; both > 0 {
		first = squares[1] / both
	}
	apart := blended(slopes, 1, -1)
	if u, _ := q.expanded(s, apart, w); !trend && math.Abs(values[0]-values[1]) > u {
		return 0, nil, agent.Reason{Code: agent.ClosureFailed}
	}
	return first*values[0] + (1-first)*values[1], blended(slopes, first, 1-first), agent.Reason{}
}

// blended adds the slopes of two methods by weights.
func blended(slopes [2][]float64, a, b float64) []float64 {
	all := make([]float64, len(slopes[0]))
	for i := range all {
		all[i] = a*slopes[0][i] + b*slopes[1][i]
	}
	return all
}

// figure works the quantity out from its totals.
func (q *quantity) figure(s *sum, totals []float64, w span, trend bool) (value float64, sens []float64, reason agent.Reason) {
	if q.Methods != nil {
		return q.combined(s, totals, w, trend)
	}
	return q.Value(totals)
}

// unbalanced doubts a balance that is open by more than its uncertainty.
func (q *quantity) unbalanced(r *agent.Result, trend, stated bool) {
	if q.Balanced && !trend && stated && r.Quality == agent.Good && math.Abs(r.Value) > r.U {
		r.Quality, r.Reason = agent.Uncertain, agent.Reason{Code: agent.ClosureFailed}
	}
}

// noFigure is the Figure of a quantity that has Methods: totals alone do not
// give it.
func noFigure([]float64) (float64, []float64, agent.Reason) {
	return 0, nil, agent.Reason{Code: agent.ClosureFailed}
}
