package buffer

import (
	"math"
	"slices"
	"time"

	"recoup/agent"
)

// summary says what a segment holds, so that it need not be read to be passed
// over, and so that a gap in its place can say how much is missing. It is
// written with every commit. Times are nanoseconds since 1970.
type summary struct {
	Epoch    uint64         `json:"epoch"`
	First    uint64         `json:"first"`
	Last     uint64         `json:"last"` // 0: nothing stored
	Rows     map[string]int `json:"rows"` // readings by source
	Span     extent         `json:"span"` // of receipt, readings, results and gaps
	Results  extent         `json:"results"`
	Events   extent         `json:"events"`
	Begun    int64          `json:"begun"` // first receipt
	Ended    int64          `json:"ended"` // last receipt
	Boot     uint64         `json:"boot"`  // of the last batch
	Mono     uint64         `json:"mono"`
	Backfill bool           `json:"backfill,omitempty"`
	State    uint64         `json:"state,omitempty"` // number of the newest checkpoint
	Sealed   bool           `json:"sealed,omitempty"`
	Without  []numbers      `json:"without,omitempty"` // between First and Last, without a batch of their own
}

// numbers is the closed interval of numbers From…To.
type numbers struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// extent is a closed interval of instants; the zero value is empty.
type extent struct {
	Some     bool  `json:"some"`
	From, To int64 `json:",omitempty"`
}

func (x *extent) take(from, to time.Time) {
	f, t := nanos(from), nanos(to)
	if !x.Some {
		*x = extent{true, f, t}
		return
	}
	x.From, x.To = min(x.From, f), max(x.To, t)
}

// meets reports whether the extent has an instant in [from, to).
func (x extent) meets(from, to time.Time) bool {
	return x.Some && x.From < nanos(to) && x.To >= nanos(from)
}

// take counts a batch in.
func (s *summary) take(b *agent.Batch) {
	next := s.Last + 1
	if s.Last == 0 {
		s.Begun, next = nanos(b.Received), s.First
	}
	if b.Seq > next {
		s.Without = append(s.Without, numbers{next, b.Seq - 1})
	}
	s.Last, s.Ended, s.Boot, s.Mono = b.Seq, nanos(b.Received), b.Boot, b.Mono
	if len(b.Readings) > 0 {
		s.Rows[b.Source] += len(b.Readings)
	}
	s.Backfill = s.Backfill || b.Backfill
	if b.State != nil {
		s.State = b.Seq
	}
	spanOf(b, &s.Span)
	for i := range b.Results {
		s.Results.take(b.Results[i].Window.Start, b.Results[i].Window.Start)
	}
	for i := range b.Events {
		s.Events.take(b.Events[i].Start, b.Events[i].Start)
	}
}

// spanOf widens x to the times that Range looks for in b.
func spanOf(b *agent.Batch, x *extent) {
	x.take(b.Received, b.Received)
	for i := range b.Readings {
		t := b.Readings[i].Time
		x.take(t, t)
	}
	for i := range b.Results {
		x.take(b.Results[i].Window.Start, b.Results[i].Window.End)
	}
	for i := range b.Events {
		if g := b.Events[i].Gap; g != nil {
			x.take(g.First, g.Last)
		}
	}
}

// clone makes a copy that shares nothing.
func (s *summary) clone() summary {
	c := *s
	c.Rows = make(map[string]int, len(s.Rows))
	for source, n := range s.Rows {
		c.Rows[source] = n
	}
	c.Without = slices.Clone(s.Without)
	return c
}

// touches reports whether Range should give b for [from, to): received then, or
// holding readings, results or a gap of it.
func touches(b *agent.Batch, from, to time.Time) bool {
	in := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	overlaps := func(start, end time.Time) bool { return start.Before(to) && end.After(from) || in(start) }
	if in(b.Received) {
		return true
	}
	for i := range b.Readings {
		if in(b.Readings[i].Time) {
			return true
		}
	}
	for i := range b.Results {
		if overlaps(b.Results[i].Window.Start, b.Results[i].Window.End) {
			return true
		}
	}
	for i := range b.Events {
		if g := b.Events[i].Gap; g != nil && (overlaps(g.First, g.Last) || in(g.Last)) {
			return true
		}
	}
	return false
}

// instant is the inverse of nanos, for times that it could say.
func instant(n int64) time.Time {
	if n == math.MinInt64 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
