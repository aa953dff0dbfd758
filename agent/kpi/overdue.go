package kpi

import (
	"math"
	"time"

	"recoup/agent"
)

// A reading of an instrument whose calibration is overdue counts, and is in
// doubt: the covered seconds are booked so, from the first instant of the day
// after the due one.
//
// The register is not part of a definition's hash: a renewed calibration must not
// cut a month in two. What has closed keeps the doubt that it was closed with;
// a cell that is open is closed by the register of the day on which it closes.
//
// The event of it is open only within one run of the agent, as that of a frozen
// instrument is.

// lapse is time in which an input's calibration is overdue.
type lapse struct {
	span
	which string // serial number and due day
}

func lapsesOf(tag *agent.Tag, loc *time.Location) (all []lapse) {
	for _, l := range tag.Lapses(loc) {
		one := lapse{span{l.Since.UnixNano(), math.MaxInt64}, l.Serial + ", " + l.Due.Format(time.DateOnly)}
		if !l.To.IsZero() {
			one.end = l.To.UnixNano()
		}
		all = append(all, one)
	}
	return all
}

// lapsed gives the lapse that t is in, nil for none.
func (in *input) lapsed(t int64) *lapse {
	for i := range in.lapses {
		if l := &in.lapses[i]; l.start <= t && t < l.end {
			return l
		}
	}
	return nil
}

// turn gives the first instant after t, end at most, at which the input's
// calibration falls due or a newer one begins to count.
func (in *input) turn(t, end int64) int64 {
	for i := range in.lapses {
		for _, at := range []int64{in.lapses[i].start, in.lapses[i].end} {
			if at > t {
				end = min(end, at)
			}
		}
	}
	return end
}

// valid gives the end of the time from cur on in which no input's calibration
// turns valid or overdue.
func (q *quantity) valid(cur, end int64) int64 {
	for _, in := range q.inputs {
		if in.lapses != nil {
			end = in.turn(cur, end)
		}
	}
	return end
}

// overdue books [from, to) for each input whose calibration is overdue in it.
func (q *quantity) overdue(from, to int64, a *area) (any bool) {
	for _, in := range q.inputs {
		if in.lapses != nil && in.lapsed(from) != nil {
			a.doubts[loss{agent.Overdue, in.tag.Name}] += to - from
			any = true
		}
	}
	return any
}

// tellOverdue opens and ends the events of calibrations, as of wall.
func (e *Engine) tellOverdue(wall int64) {
	if wall >= e.told.start && wall < e.told.end {
		return
	}
	e.told = span{wall, math.MaxInt64}
	for _, in := range e.inputs {
		if in.lapses == nil {
			continue
		}
		e.told.end = in.turn(wall, e.told.end)
		since, which := int64(0), ""
		if l := in.lapsed(wall); l != nil {
			since, which = l.start, l.which
		}
		if since == in.overdue {
			continue
		}
		if in.overdue != 0 {
			e.events = append(e.events, in.paidUp(wall))
		}
		if since != 0 {
			e.events = append(e.events, agent.Event{Kind: agent.MeterOverdue, Key: in.tag.Name, Start: instant(since), Reason: agent.Reason{Code: agent.Overdue, Detail: which}})
		}
		in.overdue = since
	}
}

// paidUp ends the event that is open.
func (in *input) paidUp(wall int64) agent.Event {
	event := agent.Event{Kind: agent.MeterOverdue, Key: in.tag.Name, Start: instant(in.overdue), End: instant(max(wall, in.overdue)), Reason: agent.Reason{Code: agent.Overdue}}
	if l := in.lapsed(in.overdue); l != nil {
		event.End, event.Reason.Detail = instant(max(min(wall, l.end), l.start)), l.which
	}
	return event
}

// forgetOverdue forgets, at the first batch of an epoch, the events that were
// open: the start of the agent has ended them, but for those that this batch
// opens because the run before could not store them.
func (e *Engine) forgetOverdue(b *agent.Batch) {
	e.told = span{}
	for _, in := range e.inputs {
		in.overdue = 0
	}
	for i := range b.Events {
		event := &b.Events[i]
		if in := e.byName[event.Key]; event.Kind == agent.MeterOverdue && in != nil && event.End.IsZero() {
			in.overdue = event.Start.UnixNano()
		}
	}
}

func (in *input) writeOverdue(w *writer) { w.int(in.overdue) }

func (in *input) readOverdue(r *reader) { in.overdue = r.int() }
