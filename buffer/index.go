package buffer

import "slices"

// span is a stretch of numbers and where their batches are: in a segment, or
// stood for by one batch in kept.db.
type span struct {
	from, to uint64
	seg      *segment
	kept     *keptNote
}

// index says for every stored number which copy counts. It is sorted and its
// spans do not overlap; numbers in none of them are holes.
type index []span

// at gives the first span that has pos or lies behind it.
func (x index) at(pos uint64) (span, bool) {
	i, _ := slices.BinarySearchFunc(x, pos, func(s span, pos uint64) int {
		if s.to < pos {
			return -1
		}
		return 1
	})
	if i == len(x) {
		return span{}, false
	}
	return x[i], true
}

// put adds a span, which counts instead of what was there.
func (x index) put(n span) index {
	if end := len(x) - 1; end >= 0 && n.seg != nil && x[end].seg == n.seg && x[end].to+1 == n.from {
		x[end].to = n.to
		return x
	}
	out := make(index, 0, len(x)+2)
	for _, old := range x {
		if old.to < n.from || old.from > n.to {
			out = append(out, old)
			continue
		}
		if old.from < n.from {
			left := old
			left.to = n.from - 1
			out = append(out, left)
		}
		if old.to > n.to {
			right := old
			right.from = n.to + 1
			out = append(out, right)
		}
	}
	at, _ := slices.BinarySearchFunc(out, n.from, func(s span, from uint64) int {
		if s.from < from {
			return -1
		}
		return 1
	})
	return slices.Insert(out, at, n)
}

// of gives the first and last number that count in the segment; ok is false
// when none does.
func (x index) of(g *segment) (from, to uint64, ok bool) {
	for _, s := range x {
		if s.seg != g {
			continue
		}
		if !ok {
			from, ok = s.from, true
		}
		to = s.to
	}
	return from, to, ok
}

// covers reports whether every number from…to is in some span.
func (x index) covers(from, to uint64) bool {
	for from <= to {
		s, ok := x.at(from)
		if !ok || s.from > from {
			return false
		}
		if s.to >= to {
			return true
		}
		from = s.to + 1
	}
	return true
}

// count counts the numbers in [from, to] that some span has.
func (x index) count(from, to uint64) (n uint64) {
	for _, s := range x {
		if lo, hi := max(s.from, from), min(s.to, to); lo <= hi {
			n += hi - lo + 1
		}
	}
	return n
}
