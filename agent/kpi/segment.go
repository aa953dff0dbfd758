package kpi

import (
	"math"

	"recoup/agent"
)

// segment is a stretch of time in which an input either had a value, straight
// from v0 to v1, or was lost for one cause.
type segment struct {
	from, to int64
	v0, v1   float64
	ok       bool
	code     agent.Code // doubt of a value, or cause of the loss
	trait    trait      // whose cause it is
	silent   bool       // lost, of a totaliser that has a base and no reading since
}

// at gives the value at an instant of the segment.
func (g *segment) at(t int64) float64 {
	switch {
	case g.v0 == g.v1 || t == g.from:
		return g.v0
	case t == g.to:
		return g.v1
	}
	return g.v0 + (g.v1-g.v0)*(float64(t-g.from)/float64(g.to-g.from))
}

// shape is how the samples of an input are read.
type shape struct {
	gap     int64 // longest bridged gap or longest hold, nanoseconds
	hold    bool
	counter bool
	mask    bool // on or off, see mask.go
}

// segments tiles [lo, hi) with segments, in order; the first and the last may
// reach beyond. It appends to dst.
func (s *series) segments(sh shape, lo, hi int64, dst []segment) []segment {
	left := s.before(lo)
	for {
		right := left + 1
		for right < len(s.elems) && s.elems[right].isMark() {
			right++
		}
		b := between{shape: sh, marks: s.elems[left+1 : right], from: lo, to: hi}
		if left >= 0 {
			b.left, b.from = &s.elems[left], s.elems[left].t
		}
		if right < len(s.elems) {
			b.right, b.to = &s.elems[right], s.elems[right].t
		}
		if b.from < b.to {
			dst = b.append(dst)
		}
		if b.right == nil || b.to >= hi {
			return dst
		}
		left = right
	}
}

// between is the time from one sample to the next; either may be missing.
type between struct {
	shape
	left, right *element
	marks       []element
	from, to    int64
}

func (b *between) append(dst []segment) []segment {
	ok := segment{from: b.from, to: b.from, ok: true}
	if b.left != nil && (b.left.usable() || b.counter) {
		switch {
		case b.counter:
			b.advance(&ok)
		case b.mask:
			b.known(&ok)
		case b.hold:
			b.held(&ok)
		default:
			b.straight(&ok)
		}
	}
	if ok.to > ok.from {
		dst = append(dst, ok)
	}
	if ok.to < b.to {
		dst = b.lost(ok.to, dst)
	}
	return dst
}

func (b *between) straight(g *segment) {
	r := b.right
	if r == nil || !r.usable() || (r.t-b.left.t > b.gap && !r.vouches()) {
		return
	}
	g.to, g.v0, g.v1 = r.t, b.left.v, r.v
	if r.doubted() {
		g.code = r.code
	}
	if b.left.doubted() {
		g.code = b.left.code
	}
}

func (b *between) held(g *segment) {
	g.v0, g.v1 = b.left.v, b.left.v
	if b.left.doubted() {
		g.code = b.left.code
	}
	if b.right != nil && b.right.vouches() {
		g.to = b.to
		return
	}
	end := b.left.t + b.gap
	if end < b.left.t {
		end = math.MaxInt64
	}
	g.to = min(b.to, end)
}

func (b *between) advance(g *segment) {
	r := b.right
	if r == nil || r.trait&fresh != 0 {
		return
	}
	rate := r.v / (float64(r.t-b.left.t) / float64(second))
	g.to, g.v0, g.v1 = r.t, rate, rate
	if r.doubted() {
		g.code = r.code
	}
}

// lost splits [from, b.to) by cause: a Bad sample governs until the first mark
// or sample after it; otherwise the first mark reaches back to the beginning.
func (b *between) lost(from int64, dst []segment) []segment {
	g := segment{from: from, to: b.to, silent: b.counter && b.left != nil && b.right == nil}
	switch {
	case b.left != nil && !b.left.usable() && !b.counter:
		g.code = b.left.code
	case len(b.marks) > 0:
		g.code, g.trait = b.marks[0].code, b.marks[0].trait
	case b.right != nil && (!b.right.usable() || b.right.trait&fresh != 0 && b.right.code != agent.NoReason):
		g.code = b.right.code
	case b.left == nil:
		g.code = agent.NoData
	case b.hold:
		g.code = agent.HeldTooLong
	case b.right != nil:
		g.code = agent.GapTooLong
	default:
		g.code = agent.NoData
	}
	for i := range b.marks {
		m := &b.marks[i]
		if m.t >= b.to {
			break
		}
		if m.t > g.from && (m.code != g.code || m.trait != g.trait) {
			head := g
			head.to = m.t
			dst = append(dst, head)
			g.from = m.t
		}
		g.code, g.trait = m.code, m.trait
	}
	return append(dst, g)
}
