package kpi

import (
	"math"
	"slices"
	"strings"

	"recoup/agent"
)

// A plant that starts, idles or stands loses as it goes. The all-in figure has
// all of it; the run-only figure beside it leaves out the time in states that it
// does not count. Who publishes only the second hides what starting costs.
//
// Each moment has exactly one state: that of the first entry that holds. A bit
// or a number is a step, and holds until the next reading; the line of a signal
// is cut where it crosses the limit, to the nanosecond. Where a reading that
// must be asked is missing the state is not known, and the run-only figure loses
// the time to that.
//
// Time in other states is booked as lost to OutsideStates, so that results
// describe themselves and add up, but coverage does not count it: it is the
// share that was measured of the time in the states that count. A totaliser is
// read between its readings at a change of states as at the bounds of a window;
// what a tank changes by meanwhile is not booked.

const momentary = 1e-3 // seconds; what is left of a window that was outside but for rounding

// State is one entry of the list by which a plant's states are told apart.
type State struct {
	Is           string     // a word of stateWords
	Tag          *agent.Tag `json:"-"` // nil: what holds where nothing before it does
	When         *float64   `json:",omitempty"`
	Above, Below *float64   `json:",omitempty"` // in the tag's unit; both: between them
}

// stateWords are the states that a plant can be in, in the order in which a
// result names those it counts.
func stateWords() []string {
	return []string{"run", "idle", "start", "stop", "bypass", "maintenance", "calibration", "standby"}
}

// variants gives the figures that quantities are published as: all-in, and
// behind it run-only where states are told apart.
func variants(quantities []Quantity) (all []Quantity) {
	for _, one := range quantities {
		run := one
		one.States, one.RunOnly = nil, nil
		if all = append(all, one); len(run.States) > 0 {
			all = append(all, run)
		}
	}
	return all
}

// stating is an entry at work in a run-only quantity.
type stating struct {
	State
	in     *input // nil: it always holds
	counts bool
	pos    int
}

// state takes up the states that the quantity tells apart.
func (e *Engine) state(q *quantity) {
	for _, s := range q.States {
		entry := stating{State: s, counts: slices.Contains(q.RunOnly, s.Is)}
		if s.Tag != nil {
			entry.in = e.input(s.Tag)
		}
		q.states = append(q.states, entry)
	}
	q.counted = strings.Join(q.RunOnly, "+")
}

// rewind begins a sweep at the first segments.
func (q *quantity) rewind() {
	clear(q.pos)
	for i := range q.states {
		q.states[i].pos = 0
	}
}

// phase is how an area last stood to the states that count.
type phase uint8

const (
	unsettled phase = iota // at its beginning, or not known
	inside
	outside
)

// apart says whether the moment cur is kept from being evaluated, by a state or
// by a mask, and until when what it says holds, end at most. A state comes
// first: what the plant does not run for wants no other excuse.
func (q *quantity) apart(cur, end int64, a *area) (is veil, l loss, until int64) {
	for i := range q.states {
		s := &q.states[i]
		if s.in != nil {
			for s.in.segs[s.pos].to <= cur {
				s.pos++
			}
			g := &s.in.segs[s.pos]
			if !g.ok {
				a.phase = unsettled
				return masked, loss{g.code, s.in.about(g.trait)}, min(end, g.to)
			}
			holds, change := s.at(g, cur)
			if end = min(end, change); !holds {
				continue
			}
		}
		if !s.counts {
			a.turn(outside)
			return masked, loss{agent.OutsideStates, s.Is}, end
		}
		q.standing = i
		break
	}
	a.turn(inside)
	return q.veiled(cur, end)
}

// turn counts the changes between states that count and others.
func (a *area) turn(to phase) {
	if a.phase != unsettled && a.phase != to {
		a.turns++
	}
	a.phase = to
}

// at says whether the entry holds at cur of a segment, and until when at most.
func (s *stating) at(g *segment, cur int64) (holds bool, until int64) {
	if s.When != nil {
		return g.v0 == *s.When, g.to
	}
	holds, until = true, g.to
	for _, side := range []struct {
		limit *float64
		sign  float64
	}{{s.Above, 1}, {s.Below, -1}} {
		if side.limit == nil {
			continue
		}
		before, after, crossing := g.beyond(*side.limit, side.sign)
		if cur < crossing {
			holds, until = holds && before, min(until, crossing)
		} else {
			holds = holds && after
		}
	}
	return holds, until
}

// beyond says whether a segment is above a limit (sign 1) or below it (sign −1)
// before and after the instant at which it crosses it.
func (g *segment) beyond(limit, sign float64) (before, after bool, crossing int64) {
	before, after = (g.v0-limit)*sign > 0, (g.v1-limit)*sign > 0
	if before == after {
		return before, after, g.to
	}
	part := (limit - g.v0) / (g.v1 - g.v0)
	return before, after, g.from + int64(math.Round(part*float64(g.to-g.from)))
}

// unsure books the doubts of the tags that told the state over covered time.
func (q *quantity) unsure(ns int64, a *area) (any bool) {
	for i := range q.states {
		if s := &q.states[i]; i <= q.standing && s.in != nil && s.in.segs[s.pos].code != agent.NoReason {
			a.doubts[loss{s.in.segs[s.pos].code, s.in.tag.Name}] += ns
			any = true
		}
	}
	return any
}

// turned adds what reading a totaliser at the changes of states costs: as at the
// ends of a window it shows whole steps of its register there.
func (q *quantity) turned(s *sum, a *area) {
	for i := range q.Terms {
		if t := &q.Terms[i]; a.turns > 0 && t.counts() {
			step := q.scale(i, a.start) * scaleOf(t.Tags[0])
			s.parts[i].urand += float64(a.turns) * step * step / 12
		}
	}
}

// outside gives the seconds in states that the sum does not count.
func (s *sum) outside() (seconds float64) {
	for _, l := range s.lost {
		if l.Cause == agent.OutsideStates {
			seconds += l.Seconds
		}
	}
	return seconds
}

// worstState names the state that took the most of what is outside.
func (s *sum) worstState() (is string) {
	most := 0.0
	for _, l := range s.lost {
		if l.Cause == agent.OutsideStates && l.Seconds > most {
			is, most = l.About, l.Seconds
		}
	}
	return is
}

// others are the inputs that say when and of what the quantity is, not how much.
func (q *quantity) others() (all []*input) {
	for i := range q.states {
		if in := q.states[i].in; in != nil {
			all = append(all, in)
		}
	}
	if q.lotted != nil {
		all = append(all, q.lotted)
	}
	return all
}
