package kpi

import (
	"fmt"
	"math"
	"slices"

	"recoup/agent"
)

const goodCoverage = 0.9 // of a window; below it a figure is Uncertain. With a smaller share of trusted readings nothing is judged

// result makes the result of a sum over w. Coverage is relative to elapsed
// seconds, which for a closed window are all of it. Over a window shorter than
// the quantity's least the figure is a trend: what the KPI leaves out, such as
// what is on its way through the plant, weighs too much for a proof or a bound.
func (q *quantity) result(s *sum, l level, w span, zone string, elapsed float64) agent.Result {
	r := agent.Result{
		KPI: q.Name, Unit: q.Unit, Window: windowOf(l, w, zone),
		Coverage: 1, Partial: s.partial, Terms: q.terms(s, w), Config: q.config, States: q.counted,
	}
	r.Doubts, r.Doubted = append([]agent.Lost(nil), s.doubts...), s.doubted
	r.Factors = q.used(span{w.start, w.start + int64(elapsed*float64(second))})
	r.Factors = append(r.Factors, q.assumed()...)
	r.Factors = append(r.Factors, q.Stated...)
	if away := s.outside(); away > 0 {
		if elapsed -= away; elapsed < momentary {
			r.Coverage, r.Reason = 0, agent.Reason{Code: agent.OutsideStates, Detail: s.worstState()}
			return r
		}
	}
	if elapsed > 0 {
		r.Coverage = max(0, min(1, s.seconds/elapsed))
	}
	if r.Coverage < q.MinCoverage || s.seconds <= 0 {
		r.Reason = agent.Reason{Code: agent.LowCoverage, Detail: describeLoss(s)}
		return r
	}
	trend := q.MinWindow != "" && int(l) < rank(q.MinWindow)
	value, sens, reason := q.figure(s, s.totals(), w, trend)
	if reason.Code != agent.NoReason {
		r.Reason = reason
		return r
	}
	u, stated := q.expanded(s, sens, w)
	if inner := q.impossible(s, s.totals(), w); inner != nil {
		r.Reason = agent.Reason{Code: agent.BoundViolated, Detail: inner.Quantity.Name + " is outside its bounds; check the instruments"}
		return r
	}
	if math.IsNaN(value) || !trend && (value < q.Bounds.Lo-u || value > q.Bounds.Hi+u) {
		r.Reason = agent.Reason{Code: agent.BoundViolated, Detail: fmt.Sprintf("%.6g is outside %g to %g by more than U = %.2g; check the instruments", value, q.Bounds.Lo, q.Bounds.Hi, u)}
		return r
	}
	if q.Claim && !trend && (!stated || u > 0 && math.Abs(value) <= u) {
		r.Reason = agent.Reason{Code: agent.WithinUncertainty, Detail: fmt.Sprintf("%.6g ± %.2g %s", value, u, q.Unit)}
		return r
	}
	r.Value, r.U, r.Verdict = value, u, q.Target.verdict(value, u, stated)
	r.Verdict = q.inForce(r.Verdict, s.totals(), s, w)
	r.Quality, r.Reason = judge(s, w, r.Coverage)
	q.unbalanced(&r, trend, stated)
	q.cautious(&r, s.totals(), trend)
	if r.Verdict != agent.NoVerdict && s.doubted > (1-goodCoverage)*s.seconds {
		r.Verdict = agent.Inconclusive // U knows nothing of an instrument that is not to be trusted
	}
	if trend {
		r.Verdict = agent.NoVerdict
		if r.Quality == agent.Good {
			r.Quality, r.Reason = agent.Uncertain, agent.Reason{Code: agent.TrendOnly, Detail: string(q.MinWindow)}
		}
		return r
	}
	q.estimate(&r, s, elapsed, stated)
	return r
}

// windowOf names a span.
func windowOf(l level, w span, zone string) agent.Window {
	return agent.Window{Kind: agent.WindowKinds()[l], Start: instant(w.start), End: instant(w.end), Zone: zone}
}

// judge gives the quality of a figure that is not withheld.
func judge(s *sum, w span, coverage float64) (agent.Quality, agent.Reason) {
	worst := longest(s.doubts)
	switch {
	case worst.Seconds > 0:
		return agent.Uncertain, agent.Reason{Code: worst.Cause, Detail: worst.About}
	case s.caught != 0 && s.caught < w.start:
		return agent.Uncertain, agent.Reason{Code: agent.CaughtUp}
	case s.partial:
		return agent.Uncertain, agent.Reason{Code: agent.PartialWindow}
	case coverage < goodCoverage:
		return agent.Uncertain, agent.Reason{Code: agent.LowCoverage, Detail: describeLoss(s)}
	}
	return agent.Good, agent.Reason{}
}

func describeLoss(s *sum) string {
	l := s.worst()
	if l.Seconds <= 0 {
		return ""
	}
	if l.About == "" {
		return fmt.Sprintf("%.0f s %s", l.Seconds, l.Cause)
	}
	return fmt.Sprintf("%.0f s %s (%s)", l.Seconds, l.Cause, l.About)
}

func (q *quantity) terms(s *sum, w span) []agent.Term {
	terms, totals := make([]agent.Term, len(s.parts)), s.totals()
	for i, p := range s.parts {
		terms[i] = agent.Term{
			Role: q.Terms[i].Role, Tag: q.labels[i], Unit: q.Terms[i].Unit,
			Total: p.total, Seconds: s.seconds, USys: p.usys, URand: math.Sqrt(p.urand + q.atOnce(i, w, totals)), Head: p.head, Tail: p.tail,
			Lost: append([]agent.Lost(nil), s.lost...),
		}
	}
	return terms
}

// expanded gives U = 2u of the value. The relative error of one tag is the same
// error in every term that the tag is in, so its contributions add before they
// are squared, and so it is with a dated factor; what the terms have beyond that
// counts as independent, unless correlations are configured.
func (q *quantity) expanded(s *sum, sens []float64, w span) (u float64, stated bool) {
	square, known := q.datedSquare(s, sens, w)
	square += q.correlatedSquare(s, sens, known)
	totals := s.totals()
	for i, p := range s.parts {
		if p.usys < 0 {
			return 0, false
		}
		rel := q.gain[i] * p.total
		rest := max(0, p.usys*p.usys-rel*rel-known[i])
		square += sens[i] * sens[i] * (rest + p.urand + q.atOnce(i, w, totals))
	}
	for _, in := range q.inputs {
		gain := q.gainOf(in.tag.Name, s, sens)
		square += gain * gain
	}
	return 2 * math.Sqrt(max(0, square)), true
}

// datedSquare gives what the uncertainty of the dated factors does to the value,
// squared, and how much of each term's own squared uncertainty that is.
func (q *quantity) datedSquare(s *sum, sens []float64, w span) (square float64, known []float64) {
	known = make([]float64, len(s.parts))
	for n := range q.dated {
		var gain float64
		rel := q.dated[n].relative(w)
		for i, by := range q.by {
			if slices.Contains(by, n) {
				share := rel * s.parts[i].total
				gain += sens[i] * share
				known[i] += share * share
			}
		}
		square += gain * gain
	}
	return square, known
}
