package rules

import (
	"cmp"
	"math"
	"slices"
)

const (
	mostBins  = 32
	binWidth  = 1.1       // ratio of a bin's upper to its lower load
	seenLeast = 1.0 / 10  // of the time of learning that must have been seen in all
	binLeast  = 1.0 / 100 // likewise in a bin that is to be used
	nextBins  = 2         // bins whose means may be joined by a line
)

// baseline is what a value usually is, learned for a time and then frozen; per
// bin of load where the value depends on it.
type baseline struct {
	begun, frozen bool
	start         int64 // when learning began, in the rule's time
	bins          []bin // in the order of load
}

type bin struct {
	k                 int64
	weight, sum, load float64 // nanoseconds, and weighted sums
}

func (b *bin) mean() float64 { return b.sum / b.weight }
func (b *bin) mid() float64  { return b.load / b.weight }

// add learns from a value that held for a time.
func (b *baseline) add(tau, counts int64, x, load float64, loaded bool, lasts int64) {
	if b.frozen || loaded && !(load > 0) {
		return
	}
	if !b.begun {
		b.begun, b.start = true, tau
	}
	k := int64(0)
	if loaded {
		k = int64(math.Floor(math.Log(load) / math.Log(binWidth)))
	}
	at, found := slices.BinarySearchFunc(b.bins, k, func(one bin, k int64) int { return cmp.Compare(one.k, k) })
	if !found {
		if len(b.bins) == mostBins {
			return
		}
		b.bins = slices.Insert(b.bins, at, bin{k: k})
	}
	w := float64(counts)
	one := &b.bins[at]
	one.weight, one.sum, one.load = one.weight+w, one.sum+w*x, one.load+w*load
	if tau-b.start >= lasts {
		b.freeze(float64(lasts))
	}
}

// freeze ends the learning, when enough was seen, and forgets bins that were
// hardly visited.
func (b *baseline) freeze(lasts float64) {
	seen := 0.0
	for _, one := range b.bins {
		seen += one.weight
	}
	if seen < seenLeast*lasts {
		return
	}
	b.frozen = true
	b.bins = slices.DeleteFunc(b.bins, func(one bin) bool { return one.weight < binLeast*lasts })
}

// at gives the usual value at a load: on the line between the two nearest bins,
// or the mean of the load's own bin.
func (b *baseline) at(load float64, loaded bool) (float64, bool) {
	if !b.frozen || len(b.bins) == 0 {
		return 0, false
	}
	if !loaded {
		return b.bins[0].mean(), true
	}
	after, _ := slices.BinarySearchFunc(b.bins, load, func(one bin, load float64) int { return cmp.Compare(one.mid(), load) })
	if after > 0 && after < len(b.bins) {
		lo, hi := &b.bins[after-1], &b.bins[after]
		if hi.k-lo.k <= nextBins {
			return lo.mean() + (hi.mean()-lo.mean())*(load-lo.mid())/(hi.mid()-lo.mid()), true
		}
	}
	k := int64(math.Floor(math.Log(load) / math.Log(binWidth)))
	for i := range b.bins {
		if b.bins[i].k == k {
			return b.bins[i].mean(), true
		}
	}
	return 0, false
}
