package say

import (
	"math"

	"recoup/agent"
)

// split tells what each term has to do with the change of a figure between two
// windows: figure is the pure function of the totals, then and now the terms of
// both windows in the same order. A total is a rate times the seconds measured,
// so there is one part per term, its rate, and one more at the end, the time.
//
// A part's share is what putting its new value in place of the old one changes,
// the mean over two orders: first to last and last to first (for two parts
// Shapley's value). Each order goes all the way from then to now, so the shares
// add up to the whole change; nothing is left over, whatever the figure is. For
// a ratio of totals the time's share is nothing but rounding.
//
// It is false where a figure on the way does not exist.
func split(figure func(totals []float64) (float64, bool), then, now []agent.Term) (shares []float64, ok bool) {
	if figure == nil || !alike(then, now) {
		return nil, false
	}
	parts := len(now) + 1
	shares = make([]float64, parts)
	for _, forward := range []bool{true, false} {
		replaced := make([]bool, parts)
		before, ok := figure(mixed(then, now, replaced))
		for i := 0; i < parts && ok; i++ {
			part := i
			if !forward {
				part = parts - 1 - i
			}
			replaced[part] = true
			var after float64
			if after, ok = figure(mixed(then, now, replaced)); ok && finite(after-before) {
				shares[part] += (after - before) / 2
				before = after
			}
		}
		if !ok || !finite(before) {
			return nil, false
		}
	}
	return shares, true
}

// alike reports whether two windows' terms can be put in each other's place.
func alike(then, now []agent.Term) bool {
	if len(then) != len(now) || len(now) == 0 {
		return false
	}
	for i := range now {
		same := then[i].Role == now[i].Role && then[i].Unit == now[i].Unit
		sound := then[i].Seconds > 0 && now[i].Seconds > 0 && finite(then[i].Total) && finite(now[i].Total)
		if !same || !sound {
			return false
		}
	}
	return true
}

// mixed gives totals of which some parts are replaced, the time being the last.
func mixed(then, now []agent.Term, replaced []bool) []float64 {
	totals := make([]float64, len(now))
	for i := range totals {
		rate, clock := then[i], then[i]
		if replaced[i] {
			rate = now[i]
		}
		if replaced[len(now)] {
			clock = now[i]
		}
		totals[i] = rate.Total
		if replaced[i] != replaced[len(now)] { // a stored total is exact, a rate times its own seconds is not
			totals[i] *= clock.Seconds / rate.Seconds
		}
	}
	return totals
}

// rounded gives numbers in units of the last of so many decimals, such that
// they add up to the rounded sum: what rounding leaves over goes to the largest,
// where it matters least.
func rounded(all []float64, sum float64, places int) []float64 {
	unit := math.Pow10(places)
	rest, largest := math.Round(sum*unit), 0
	out := make([]float64, len(all))
	for i, v := range all {
		out[i] = math.Round(v * unit)
		rest -= out[i]
		if math.Abs(v) > math.Abs(all[largest]) {
			largest = i
		}
	}
	if len(out) > 0 {
		out[largest] += rest
	}
	for i := range out {
		out[i] /= unit
	}
	return out
}
