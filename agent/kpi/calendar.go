package kpi

import (
	"fmt"
	"slices"
	"time"

	"recoup/agent"
)

const second = int64(time.Second)

// level numbers the window kinds, smallest first, as agent.WindowKinds does.
type level int

const (
	cell level = iota
	hour
	shift
	day
	week
	month
	year
	levels
)

// span is the half-open interval [start, end) in Unix nanoseconds.
type span struct{ start, end int64 }

func (s span) seconds() float64 { return float64(s.end-s.start) / float64(second) }

// calendar cuts time into the plant's windows. All boundaries follow the local
// clock, so a day may have 23 or 25 hours.
type calendar struct {
	loc    *time.Location
	zone   string
	day    int   // start of the production day, minutes after local midnight
	shifts []int // starts, minutes after local midnight, ascending
}

func newCalendar(plant agent.Plant) (calendar, error) {
	c := calendar{zone: plant.Timezone}
	var faults agent.Faults
	loc, err := time.LoadLocation(plant.Timezone)
	if err != nil || plant.Timezone == "Local" {
		faults.Add("plant.timezone", "write an IANA name such as Asia/Shanghai", "unknown time zone %q", plant.Timezone)
	}
	c.loc = loc
	if plant.DayStart != "" {
		if c.day, err = minutes(plant.DayStart); err != nil {
			faults.Add("plant.day_start", `write it as "08:00"`, "%v", err)
		}
	}
	for i, text := range plant.Shifts {
		path := fmt.Sprintf("plant.shifts[%d]", i)
		start, err := minutes(text)
		switch {
		case err != nil:
			faults.Add(path, `write it as "08:00"`, "%v", err)
		case len(c.shifts) > 0 && start <= c.shifts[len(c.shifts)-1]:
			faults.Add(path, "list the starts from the earliest to the latest of the day, each once", "shift %q does not come after the one before", text)
		default:
			c.shifts = append(c.shifts, start)
		}
	}
	return c, faults.Err()
}

// minutes reads "HH:MM".
func minutes(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time of day from 00:00 to 23:59", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// has reports whether this plant has windows of the level.
func (c *calendar) has(l level) bool { return l != shift || len(c.shifts) > 0 }

// window gives the window of the level that holds the instant t.
func (c *calendar) window(l level, t int64) span {
	switch l {
	case cell:
		w := c.grid(t, 15*60)
		starts := c.starts(t, append([]int{c.day}, c.shifts...))
		return w.cut(starts, t)
	case hour:
		return c.grid(t, 60*60)
	case shift:
		return span{start: -1 << 62, end: 1 << 62}.cut(c.starts(t, c.shifts), t)
	}
	y, m, d := c.date(t)
	switch l {
	case day:
		return span{c.at(y, m, d, c.day), c.at(y, m, d+1, c.day)}
	case week:
		d -= (int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()) + 6) % 7
		return span{c.at(y, m, d, c.day), c.at(y, m, d+7, c.day)}
	case month:
		return span{c.at(y, m, 1, c.day), c.at(y, m+1, 1, c.day)}
	case year:
		return span{c.at(y, 1, 1, c.day), c.at(y+1, 1, 1, c.day)}
	}
	panic(fmt.Sprintf("BUG: window of level %d", l))
}

// cut narrows s to the stretch between neighbouring boundaries that holds t.
func (s span) cut(boundaries []int64, t int64) span {
	for _, b := range boundaries {
		if b <= t {
			s.start = max(s.start, b)
		} else {
			s.end = min(s.end, b)
		}
	}
	return s
}

// grid gives the step of the local clock that holds t. A change of the zone's
// offset begins a new one.
func (c *calendar) grid(t, step int64) span {
	at := time.Unix(0, t).In(c.loc)
	_, offset := at.Zone()
	unix := floorDiv(t, second)
	start := floorDiv(unix+int64(offset), step)*step - int64(offset)
	w := span{start * second, (start + step) * second}
	from, to := at.ZoneBounds()
	if !from.IsZero() {
		w.start = max(w.start, from.UnixNano())
	}
	if !to.IsZero() {
		w.end = min(w.end, to.UnixNano())
	}
	return w
}

// starts gives the instants around t at which the local clock first shows one
// of the times of day, ascending.
func (c *calendar) starts(t int64, times []int) []int64 {
	y, m, d := time.Unix(0, t).In(c.loc).Date()
	var all []int64
	for shiftDays := -2; shiftDays <= 2; shiftDays++ {
		for _, minute := range times {
			all = append(all, c.at(y, m, d+shiftDays, minute))
		}
	}
	slices.Sort(all)
	return all
}

// date gives the production day that holds t.
func (c *calendar) date(t int64) (int, time.Month, int) {
	y, m, d := time.Unix(0, t).In(c.loc).Date()
	switch {
	case t < c.at(y, m, d, c.day):
		d--
	case t >= c.at(y, m, d+1, c.day):
		d++
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date()
}

// at gives the first instant at which the local clock of the date shows the
// minute or has passed it: a time that a change of clocks leaves out begins at
// the change, one that comes twice begins the first time.
func (c *calendar) at(y int, m time.Month, d, minute int) int64 {
	naive := time.Date(y, m, d, 0, minute, 0, 0, time.UTC).Unix()
	early := time.Unix(naive-36*3600, 0).In(c.loc)
	_, before := early.Zone()
	_, after := time.Unix(naive+36*3600, 0).In(c.loc).Zone()
	if before == after {
		return (naive - int64(before)) * second
	}
	_, change := early.ZoneBounds()
	switch {
	case naive-int64(before) < change.Unix():
		return (naive - int64(before)) * second
	case naive-int64(after) >= change.Unix():
		return (naive - int64(after)) * second
	}
	return change.Unix() * second
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
