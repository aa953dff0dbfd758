package kpi

import (
	"fmt"
	"math"

	"recoup/agent"
)

// Of a total over a window of which some time was lost, an estimate says what it
// would be if that time had been like the rest: the total times all seconds by
// those covered. It stands beside the figure and never in its place, and only
// where little is missing.
//
// Its uncertainty is that of the measured rate, which goes with the whole, and
// what the missing time may have differed by: its seconds times the standard
// deviation of the mean rates of the cells. So long a gap counts as one cell,
// which is the safe side.
//
// Where the rules of emission trading ask for it, lost time counts at the mean and
// two standard deviations instead (Regulation (EU) 2018/2066, Article 45(3)).

const (
	estimable  = 0.75 // of a window must be covered
	leastCells = 4    // with covered time, to know how much they differ
)

// additive reports that a figure is a total: over two times together it is the
// sum of what it is over each. What a stock changed by is not like the rest of a
// window.
func additive(value Figure, terms []Term) bool {
	if value == nil { // two methods, or an expression that is not linked yet
		return false
	}
	first, second, both := make([]float64, len(terms)), make([]float64, len(terms)), make([]float64, len(terms))
	for i, t := range terms {
		if t.Stock {
			return false
		}
		first[i], second[i] = 3+math.Sqrt(float64(i+2)), 5+math.Cbrt(float64(2*i+3))
		both[i] = first[i] + second[i]
	}
	a, _, whyA := value(first)
	b, _, whyB := value(second)
	c, _, whyC := value(both)
	computed := whyA.Code == agent.NoReason && whyB.Code == agent.NoReason && whyC.Code == agent.NoReason
	return computed && math.Abs(a+b-c) <= 1e-9*(math.Abs(a)+math.Abs(b))
}

// scatter gathers how much the mean rates of cells differ.
// Cells that a revision has added up from larger parts are not among them.
type scatter struct {
	cells           int
	lasted, yielded float64 // seconds and totals of these cells
	square          float64 // sum of the squares of the cells' totals, each by its seconds
}

func (s *scatter) add(other *scatter) {
	s.cells, s.lasted, s.yielded, s.square = s.cells+other.cells, s.lasted+other.lasted, s.yielded+other.yielded, s.square+other.square
}

// variance of the mean rates of cells.
func (s *scatter) variance() float64 {
	n, mean := float64(s.cells), s.yielded/s.lasted
	return max(0, s.square/s.lasted-mean*mean) * n / (n - 1)
}

// scattered notes the mean rate of a cell that is complete.
func (q *quantity) scattered(s *sum) {
	if !q.Additive || !s.begun || s.seconds <= 0 {
		return
	}
	if value, _, reason := q.Value(s.totals()); reason.Code == agent.NoReason {
		s.scatter = scatter{1, s.seconds, value, value * value / s.seconds}
	}
}

func (s *sum) totals() []float64 {
	all := make([]float64, len(s.parts))
	for i, p := range s.parts {
		all[i] = p.total
	}
	return all
}

// estimate adds an estimate of the whole window to a result. Time before the
// recording began, time that a figure leaves out by its definition, and time
// without a price or factor is not estimated.
func (q *quantity) estimate(r *agent.Result, s *sum, elapsed float64, stated bool) {
	if !q.Additive || s.partial || s.cells < leastCells || s.seconds <= 0 {
		return
	}
	whole := elapsed
	for _, l := range s.lost {
		switch l.Cause {
		case agent.NoFactor:
			return
		case agent.OutsideStates:
			whole -= l.Seconds
		}
	}
	missing := whole - s.seconds
	if missing < 0.5 || s.seconds < estimable*whole {
		return
	}
	rate := r.Value / s.seconds
	variance := s.variance()
	r.Estimate = r.Value + (rate+q.Substitute*math.Sqrt(variance))*missing
	if q.Substitute > 0 {
		r.Factors = append(r.Factors, fmt.Sprintf("estimate: lost time at mean + %g sd", q.Substitute))
	}
	if stated {
		gap := 2 * missing * math.Sqrt(variance)
		r.EstimateU = math.Hypot(r.U*whole/s.seconds, gap)
	}
}

func (w *writer) scatter(s *scatter) {
	w.uint(uint64(s.cells))
	w.float(s.lasted)
	w.float(s.yielded)
	w.float(s.square)
}

func (r *reader) scatter() scatter {
	return scatter{int(r.uint() & 0xffffff), r.float(), r.float(), r.float()}
}
