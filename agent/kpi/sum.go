package kpi

import (
	"math"
	"slices"
	"strings"

	"recoup/agent"
)

// part is one term's share of a sum.
type part struct {
	total, usys, urand float64 // usys < 0: an accuracy was not stated; urand in squares

	stock      bool
	head, tail float64 // of a stock's urand, what its readings at the two ends of the window have; 0 where time was lost

	sways []float64 // what the error of each of its formula's arguments does to it, where errors are correlated
}

// join takes the share of the time that follows in. A stock's changes cancel
// where it goes up and down, and so do their errors: the reading between two
// coherent times is the end of one and the beginning of the other.
func (p *part) join(next *part) {
	usys := p.usys + next.usys
	if next.stock {
		usys = math.Abs(math.Copysign(p.usys, p.total) + math.Copysign(next.usys, next.total))
	}
	if p.usys < 0 || next.usys < 0 {
		usys = -1
	}
	p.total, p.usys, p.urand = p.total+next.total, usys, p.urand+next.urand
	if p.tail > 0 && next.head > 0 {
		p.urand = max(0, p.urand-p.tail-next.head)
	}
	p.stock, p.tail = next.stock, next.tail
	p.sways = summed(p.sways, next.sways)
}

// sum is what a quantity has gathered over a window, or over as much of it as
// has closed. The terms share the covered time, because they are evaluated
// jointly.
type sum struct {
	begun   bool
	parts   []part
	seconds float64
	lost    []agent.Lost // by cause and about, sorted
	doubts  []agent.Lost // covered time whose readings were not wholly to be trusted, like lost
	doubted float64      // seconds with any doubt
	partial bool         // begun or cut within its bounds
	caught  int64        // earliest instant that a totaliser's catching up reaches back to; 0: none
	scatter              // of its cells
}

func newSum(terms int) sum { return sum{begun: true, parts: make([]part, terms)} }

// lose books time that was not covered; negative seconds take some back.
func (s *sum) lose(cause agent.Code, about string, seconds float64) {
	s.lost = book(s.lost, cause, about, seconds)
}

// doubtful books covered time whose readings were not wholly to be trusted.
func (s *sum) doubtful(cause agent.Code, about string, seconds float64) {
	s.doubts = book(s.doubts, cause, about, seconds)
}

// book adds seconds to a sorted list.
func book(all []agent.Lost, cause agent.Code, about string, seconds float64) []agent.Lost {
	at, found := slices.BinarySearchFunc(all, agent.Lost{Cause: cause, About: about}, func(a, b agent.Lost) int {
		if a.Cause != b.Cause {
			return int(a.Cause) - int(b.Cause)
		}
		return strings.Compare(a.About, b.About)
	})
	if !found {
		return slices.Insert(all, at, agent.Lost{Cause: cause, About: about, Seconds: seconds})
	}
	l := &all[at]
	opposite := l.Seconds*seconds < 0
	l.Seconds += seconds
	if opposite && l.Seconds < 1e-6 && l.Seconds > -1e-6 { // the rest of a loss that was made good is rounding
		return slices.Delete(all, at, at+1)
	}
	return all
}

// reach notes that a totaliser caught up from an instant before the window.
func (s *sum) reach(from int64) {
	if from != 0 && (s.caught == 0 || from < s.caught) {
		s.caught = from
	}
}

// add takes the sum of a part of the window in.
func (s *sum) add(child *sum) {
	for i := range child.parts {
		s.parts[i].join(&child.parts[i])
	}
	s.seconds += child.seconds
	for _, l := range child.lost {
		s.lose(l.Cause, l.About, l.Seconds)
	}
	s.doubted += child.doubted
	for _, d := range child.doubts {
		s.doubtful(d.Cause, d.About, d.Seconds)
	}
	s.partial = s.partial || child.partial
	s.reach(child.caught)
	s.scatter.add(&child.scatter)
}

func (s *sum) clone() sum {
	c := *s
	c.parts, c.lost, c.doubts = slices.Clone(s.parts), slices.Clone(s.lost), slices.Clone(s.doubts)
	return c
}

// worst gives the cause that took the most time.
func (s *sum) worst() agent.Lost { return longest(s.lost) }

func longest(all []agent.Lost) (longest agent.Lost) {
	for _, l := range all {
		if l.Seconds > longest.Seconds {
			longest = l
		}
	}
	return longest
}
