package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

const (
	hourSlots = 24
	daySlots  = 31

	chartWidth  = 480.0 // of the drawing, in its own units
	chartHeight = 96.0
	chartTop    = 6.0
	chartBottom = 90.0
	chartLeft   = 4.0
)

// chart is a row of windows of equal length, drawn with gaps where there is no
// figure.
type chart struct {
	Title, Told   string
	High, Low     string // the ends of the scale
	Width, Height float64
	Marks         []mark
	Goal          string // y of the target; "" for none
	Empty         bool
}

// mark is one window: a bar or a dot with its uncertainty, or a hatched gap.
type mark struct {
	Class              string // good, uncertain, gap, none
	Told               string
	X, Y, Width, Depth string
	Mid, Up, Down      string // the uncertainty's line; Up is "" without one
}

// slot is a place in the row; result is nil where none is known.
type slot struct {
	start, end time.Time
	result     *agent.Result
}

func (w words) hours(q agent.Quantity, results []agent.Result) chart {
	end := w.now.Truncate(time.Hour)
	slots := make([]slot, hourSlots)
	for i := range slots {
		start := end.Add(time.Duration(i-hourSlots) * time.Hour)
		slots[i] = slot{start: start, end: start.Add(time.Hour)}
	}
	return w.chart("last_24_hours", q, agent.Hour, place(slots, results))
}

// days ends with the newest closed day, or yesterday when there is none.
func (w words) days(q agent.Quantity, results []agent.Result) chart {
	last := time.Date(w.now.In(w.loc).Year(), w.now.In(w.loc).Month(), w.now.In(w.loc).Day()-1, 0, 0, 0, 0, w.loc)
	if n := len(results); n > 0 {
		last = results[n-1].Window.Start.In(w.loc)
	}
	slots := make([]slot, daySlots)
	for i := range slots {
		slots[i] = slot{start: last.AddDate(0, 0, i-daySlots+1), end: last.AddDate(0, 0, i-daySlots+2)}
	}
	return w.chart("last_31_days", q, agent.Day, place(slots, results))
}

func place(slots []slot, results []agent.Result) []slot {
	for i := range results {
		for k := range slots {
			if s := results[i].Window.Start; !s.Before(slots[k].start) && s.Before(slots[k].end) {
				slots[k].result = &results[i]
			}
		}
	}
	return slots
}

func (w words) chart(title string, q agent.Quantity, kind agent.WindowKind, slots []slot) chart {
	c := chart{Title: w.t[title] + " · " + say.Quantity(w.lang, q), Width: chartWidth, Height: chartHeight}
	_, goal, hasGoal := say.Goal(q)
	lo, hi, figures, without := bounds(slots)
	c.Empty = figures == 0 && without == 0
	c.Told = say.Chart(w.lang, figures, without, lo, hi, q.Unit)
	if figures > 0 {
		lo, hi = scaleOf(q.Unit, lo, hi, goal, hasGoal)
		c.High, c.Low = say.Rounded(w.lang, hi, (hi-lo)/10, q.Unit), say.Rounded(w.lang, lo, (hi-lo)/10, q.Unit)
		if hasGoal {
			c.Goal = coordinate(height(goal, lo, hi))
		}
	}
	step := (chartWidth - chartLeft) / float64(len(slots))
	for i, s := range slots {
		c.Marks = append(c.Marks, w.mark(q, kind, s, chartLeft+float64(i)*step, step, lo, hi))
	}
	return c
}

func (w words) mark(q agent.Quantity, kind agent.WindowKind, s slot, x, step, lo, hi float64) mark {
	window := say.Window(w.lang, agent.Window{Kind: kind, Start: s.start, End: s.end}, w.loc)
	m := mark{Class: "none", X: coordinate(x + 1), Y: coordinate(chartTop), Width: coordinate(step - 2), Depth: coordinate(chartBottom - chartTop)}
	if s.result == nil {
		m.Told = window + ": –"
		return m
	}
	r := *s.result
	value, spread := say.Figure(w.lang, r)
	m.Told = window + ": " + strings.TrimSpace(value+" "+spread)
	if r.Withheld() {
		m.Class = "gap"
		m.Told += ", " + say.Doubt(w.lang, r)
		return m
	}
	y := height(r.Value, lo, hi)
	m.Class, m.Y, m.Depth = r.Quality.String(), coordinate(y-1.5), "3"
	if q.Unit != "1" {
		m.Y, m.Depth = coordinate(y), coordinate(max(chartBottom-y, 1))
	}
	if r.U > 0 {
		m.Mid, m.Up, m.Down = coordinate(x+step/2), coordinate(height(r.Value+r.U, lo, hi)), coordinate(height(r.Value-r.U, lo, hi))
	}
	return m
}

// bounds gives the lowest and highest end of all uncertainties, and how many
// windows have a figure and how many were withheld.
func bounds(slots []slot) (lo, hi float64, figures, without int) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range slots {
		switch {
		case s.result == nil:
		case s.result.Withheld():
			without++
		default:
			figures++
			lo, hi = min(lo, s.result.Value), max(hi, s.result.Value)
		}
	}
	return lo, hi, figures, without
}

// scaleOf gives the ends of the scale. Amounts are bars and stand on zero;
// ratios are dots and may be looked at closely.
func scaleOf(unit string, lo, hi, goal float64, hasGoal bool) (from, to float64) {
	if hasGoal {
		lo, hi = min(lo, goal), max(hi, goal)
	}
	if unit != "1" {
		return min(lo, 0), max(hi, 0) + max((max(hi, 0)-min(lo, 0))*0.1, 1e-9)
	}
	pad := max((hi-lo)*0.15, 0.005)
	from, to = math.Floor((lo-pad)*100)/100, math.Ceil((hi+pad)*100)/100
	if lo >= 0 && hi <= 1 { // a share needs no room beyond all and nothing
		from, to = max(from, 0), min(to, 1)
	}
	return from, to
}

func height(v, lo, hi float64) float64 {
	y := chartBottom - (v-lo)/(hi-lo)*(chartBottom-chartTop)
	return min(max(y, chartTop), chartBottom)
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
