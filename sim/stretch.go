package sim

import "slices"

// stretches is a set of numbers, kept as sorted, closed, disjoint stretches
// that do not touch.
type stretches []stretch

type stretch struct{ from, to uint64 }

// add takes in from…to.
func (s *stretches) add(from, to uint64) {
	// Those that overlap or touch the new one become part of it.
	first, _ := slices.BinarySearchFunc(*s, from, func(x stretch, n uint64) int {
		if x.to+1 < n {
			return -1
		}
		return 1
	})
	last := first
	for last < len(*s) && (*s)[last].from <= to+1 {
		from, to = min(from, (*s)[last].from), max(to, (*s)[last].to)
		last++
	}
	*s = slices.Replace(*s, first, last, stretch{from, to})
}

// has reports whether n is in the set.
func (s stretches) has(n uint64) bool { return s.count(n, n) == 1 }

// count gives how many of from…to are in the set.
func (s stretches) count(from, to uint64) uint64 {
	n := uint64(0)
	first, _ := slices.BinarySearchFunc(s, from, func(x stretch, n uint64) int {
		if x.to < n {
			return -1
		}
		return 1
	})
	for _, x := range s[first:] {
		if x.from > to {
			break
		}
		n += min(x.to, to) - max(x.from, from) + 1
	}
	return n
}

// firstMissing gives the smallest number from n on that is not in the set.
func (s stretches) firstMissing(n uint64) uint64 {
	for _, x := range s {
		if x.from <= n && n <= x.to {
			return x.to + 1
		}
	}
	return n
}
