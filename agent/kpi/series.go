package kpi

import (
	"slices"
	"time"

	"recoup/agent"
)

// trait says what an element is. The low two bits hold its agent.Quality.
type trait uint8

const (
	qualityBits trait = 3
	mark        trait = 1 << 2 // no value: says why there is none from here on
	vouched     trait = 1 << 3 // repeats its predecessor, which the source vouches for
	bySource    trait = 1 << 4 // the cause of a mark lies with the source, not with the tag
	byAgent     trait = 1 << 5 // the cause of a mark lies with the agent
	fresh       trait = 1 << 6 // totaliser: a new base, no advance since the element before
)

// element is one held sample or mark. For a totaliser v is the advance since
// the element before.
type element struct {
	t     int64 // Unix nanoseconds on the stretch's axis
	v     float64
	code  agent.Code
	trait trait
}

func (e *element) usable() bool  { return e.trait&qualityBits != trait(agent.Bad) }
func (e *element) isMark() bool  { return e.trait&mark != 0 }
func (e *element) doubted() bool { return e.trait&qualityBits == trait(agent.Uncertain) }
func (e *element) vouches() bool { return e.trait&vouched != 0 }
func (e *element) sameCause(o *element) bool {
	return e.isMark() && o.isMark() && e.code == o.code && e.trait == o.trait
}

// series holds an input's elements of one stretch, in time order; equal times
// in order of arrival. The zero value is ready for use.
type series struct{ elems []element }

func (s *series) last() *element {
	if len(s.elems) == 0 {
		return nil
	}
	return &s.elems[len(s.elems)-1]
}

// newest gives the last sample in time, nil for none.
func (s *series) newest() *element {
	for i := len(s.elems) - 1; i >= 0; i-- {
		if !s.elems[i].isMark() {
			return &s.elems[i]
		}
	}
	return nil
}

// put takes an element in. Of two samples of one instant the later received
// counts.
func (s *series) put(e element) {
	n := len(s.elems)
	if n == 0 || e.t > s.elems[n-1].t {
		s.elems = append(s.elems, e)
		return
	}
	at := n
	for at > 0 && s.elems[at-1].t > e.t {
		at--
	}
	if at > 0 && s.elems[at-1].t == e.t && !e.isMark() && !s.elems[at-1].isMark() {
		at--
		s.elems[at] = e
	} else {
		s.elems = slices.Insert(s.elems, at, e)
	}
	s.revouch(at)
}

// revouch repeats a changed element in what vouches for it.
func (s *series) revouch(at int) {
	if s.elems[at].isMark() {
		return
	}
	for i := at + 1; i < len(s.elems); i++ {
		e := &s.elems[i]
		if e.isMark() {
			continue
		}
		if !e.vouches() {
			return
		}
		e.v, e.code, e.trait = s.elems[at].v, s.elems[at].code, s.elems[at].trait|vouched
	}
}

// vouch extends the newest sample to t.
func (s *series) vouch(t int64) {
	for i := len(s.elems) - 1; i >= 0; i-- {
		e := s.elems[i]
		switch {
		case e.isMark():
			continue
		case e.t >= t:
		case e.vouches() && i == len(s.elems)-1:
			s.elems[i].t = t
		default:
			e.t, e.trait = t, e.trait|vouched
			s.put(e)
		}
		return
	}
}

// note puts a mark unless the newest element says the same already.
func (s *series) note(m element) {
	if l := s.last(); l != nil && l.t <= m.t && l.sameCause(&m) {
		return
	}
	s.put(m)
}

// recode gives the newest marks of one cause another.
func (s *series) recode(from, to agent.Code) {
	for i := len(s.elems) - 1; i >= 0 && s.elems[i].isMark(); i-- {
		if s.elems[i].code == from {
			s.elems[i].code = to
		}
	}
}

// prune forgets what no instant from t on needs: it keeps the last sample at or
// before t, the last mark between the two, and what comes later.
func (s *series) prune(t int64) {
	kept := s.elems[:0]
	sample, next := s.before(t), s.after(t)
	if sample >= 0 {
		kept = append(kept, s.elems[sample])
	}
	if last := next - 1; last > sample {
		kept = append(kept, s.elems[last])
	}
	s.elems = append(kept, s.elems[next:]...)
}

// before gives the index of the last sample at or before t, -1 for none.
func (s *series) before(t int64) int {
	for i := s.after(t) - 1; i >= 0; i-- {
		if !s.elems[i].isMark() {
			return i
		}
	}
	return -1
}

// after gives the index of the first element later than t.
func (s *series) after(t int64) int {
	at, _ := slices.BinarySearchFunc(s.elems, t, func(e element, t int64) int {
		if e.t <= t {
			return -1
		}
		return 1
	})
	return at
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }
