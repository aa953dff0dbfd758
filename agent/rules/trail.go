package rules

import "time"

const pieces = 24 // that a trail cuts its span into

// trail is the course of a value over a span of time, in pieces, so that a week
// takes no more room than a minute. Time is that of the rule, in nanoseconds.
type trail struct {
	span   int64
	pieces []piece
}

// piece is what was seen in one part of the span.
type piece struct {
	k              int64 // time divided by the length of a piece
	weight, sum, t float64
}

func (t *trail) place(tau int64) int64 { return tau / max(t.span/pieces, 1) }

// add takes in a value that held for a time; what is older than the span goes.
func (t *trail) add(tau, counts int64, x float64) {
	k, w := t.place(tau), float64(max(counts, 1))
	t.forget(k)
	if n := len(t.pieces); n == 0 || t.pieces[n-1].k != k {
		t.pieces = append(t.pieces, piece{k: k})
	}
	p := &t.pieces[len(t.pieces)-1]
	p.weight, p.sum, p.t = p.weight+w, p.sum+w*x, p.t+w*float64(tau)
}

func (t *trail) forget(k int64) {
	for len(t.pieces) > 0 && t.pieces[0].k <= k-pieces {
		t.pieces = t.pieces[1:]
	}
}

// mean is the mean over the span, when a quarter of it was seen.
func (t *trail) mean(tau int64) (float64, bool) {
	t.forget(t.place(tau))
	weight, sum := 0.0, 0.0
	for _, p := range t.pieces {
		weight, sum = weight+p.weight, sum+p.sum
	}
	if weight < float64(t.span)/4 {
		return 0, false
	}
	return sum / weight, true
}

// rate is the change per hour by least squares over the pieces, when they reach
// over more than half of the span.
func (t *trail) rate(tau int64) (float64, bool) {
	t.forget(t.place(tau))
	n := float64(len(t.pieces))
	if n < 3 {
		return 0, false
	}
	first := t.pieces[0].t / t.pieces[0].weight
	var st, sx, stt, stx, reach float64
	for _, p := range t.pieces {
		reach = p.t/p.weight - first
		hours, x := reach/float64(time.Hour), p.sum/p.weight
		st, sx, stt, stx = st+hours, sx+x, stt+hours*hours, stx+hours*x
	}
	below := n*stt - st*st
	if reach < 0.6*float64(t.span) || below <= 0 {
		return 0, false
	}
	return (n*stx - st*sx) / below, true
}
