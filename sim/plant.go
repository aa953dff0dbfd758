package sim

import (
	"iter"
	"math/rand/v2"
	"time"
)

// Plant is a simulated plant: a hidden truth, and points that show it as far as
// instruments can. Mill, Acid and Glass are plants. One goroutine uses one.
type Plant interface {
	Name() string    // as in tags: the point q_in of "mill" is the tag mill.q_in
	Title() string   // for people
	Points() []Point // nobody changes them
	Now() time.Time
	Step(dt time.Duration)              // up to a minute
	AppendValues(dst []Sample) []Sample // what Points show now, in their order
	Totals() iter.Seq2[string, float64] // the truth, by name
	Knows(Incident) error               // whether it can happen there; the error says what can
	Schedule(Incident)                  // of an incident that the plant knows
	Off() bool                          // no point answers
}

// works is what the acid plant and the glass works have in common.
type works struct {
	panel
	now, start time.Time
	process    *rand.Rand // draws of the hidden state, never disturbed by incidents
	incidents  schedule
}

func newWorks(seed uint64, start time.Time, points []Point) works {
	return works{panel: newPanel(seed, points), now: start.Add(-time.Second), start: start, process: rand.New(rand.NewPCG(seed, 1))}
}

// Now is the time up to which the plant has been stepped.
func (w *works) Now() time.Time { return w.now }

// Points gives what the plant shows. Nobody changes it.
func (w *works) Points() []Point { return w.points }

// Off reports whether no point answers now.
func (w *works) Off() bool { return w.incidents.on(PLCOff) }

// Values gives what the points show now, in their order.
func (w *works) Values() []Sample { return w.AppendValues(nil) }

// AppendValues appends Values to dst, so that a long history costs no memory.
func (w *works) AppendValues(dst []Sample) []Sample { return append(dst, w.samples...) }

// pass moves the clock and the incidents on, and gives the seconds passed.
func (w *works) pass(dt time.Duration) float64 {
	if dt <= 0 {
		panic("BUG: plant stepped by " + dt.String())
	}
	w.now = w.now.Add(dt)
	w.incidents.turn(w.now)
	return dt.Seconds()
}

// zone is how far the plants' clocks are ahead of UTC.
const zone = 8 * time.Hour

// local gives the plant's day, counted from 1970, and the hour in it.
func local(now time.Time) (day int64, hour float64) {
	s := now.Add(zone).Unix()
	return s / 86400, float64(s%86400) / 3600
}
