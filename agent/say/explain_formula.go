package say

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// rational is a figure as a formula that can be worked out by hand: a sum of
// terms, or one sum over another. It is found by asking the figure's own function
// at several totals, so the formula that is printed cannot be another one than
// what was computed.
type rational struct {
	top, below []float64 // by term; the last of each is the constant
}

const (
	probes   = 6    // more totals asked than there are unknowns
	tinyPart = 1e-9 // of the largest coefficient; what is smaller is rounding
	asExact  = 1e-9 // relative, between formula and function
)

// formulaOf finds the formula of a function near some totals; ok is false when it
// is of another shape.
func formulaOf(figure func([]float64) (float64, bool), totals []float64) (f rational, ok bool) {
	value, known := figure(totals)
	if !known {
		return f, false
	}
	n := len(totals)
	scales := scalesOf(totals)
	height := max(math.Abs(value), math.SmallestNonzeroFloat32)
	var rows [][]float64
	for k := range 2*n + 2 + probes {
		at := probe(totals, scales, k)
		v, known := figure(at)
		if !known || !finite(v) {
			return f, false
		}
		row := make([]float64, 2*n+2)
		for i := range at {
			row[i], row[n+1+i] = at[i]/scales[i], -v/height*at[i]/scales[i]
		}
		row[n], row[2*n+1] = 1, -v/height
		rows = append(rows, row)
	}
	unknowns, ok := kernel(rows)
	if !ok {
		return f, false
	}
	f = rational{unknowns[:n+1], unknowns[n+1:]}
	for i, s := range scales {
		f.top[i], f.below[i] = f.top[i]*height/s, f.below[i]/s
	}
	f.top[n] *= height
	f.tidy(append(slices.Clone(scales), 1))
	return f, f.holds(figure, totals, scales)
}

// scalesOf gives the size of each total; of those that are 0 a small part of the
// largest.
func scalesOf(totals []float64) []float64 {
	largest := 0.0
	for _, t := range totals {
		largest = max(largest, math.Abs(t))
	}
	scales := make([]float64, len(totals))
	for i, t := range totals {
		switch {
		case t != 0:
			scales[i] = math.Abs(t)
		case largest > 0:
			scales[i] = largest / 1000
		default:
			scales[i] = 1
		}
	}
	return scales
}

// probe gives totals near those that count, always the same.
func probe(totals, scales []float64, k int) []float64 {
	at := make([]float64, len(totals))
	for i, t := range totals {
		_, part := math.Modf(float64(k+1) * math.Sqrt(float64(3*i+2)))
		at[i] = t + scales[i]*(part-0.5)/4
	}
	return at
}

// kernel gives the one direction, up to its length, that all rows turn into 0.
func kernel(rows [][]float64) (x []float64, ok bool) {
	n := len(rows[0])
	order := make([]int, n) // of the unknowns, as they were solved for
	for i := range order {
		order[i] = i
	}
	for k := range n - 1 {
		r, c := k, k
		for i := k; i < len(rows); i++ {
			for j := k; j < n; j++ {
				if math.Abs(rows[i][j]) > math.Abs(rows[r][c]) {
					r, c = i, j
				}
			}
		}
		if math.Abs(rows[r][c]) < 1e-9 {
			return nil, false // more than one direction: the function does not tell them apart
		}
		rows[k], rows[r] = rows[r], rows[k]
		order[k], order[c] = order[c], order[k]
		for _, row := range rows {
			row[k], row[c] = row[c], row[k]
		}
		for i := k + 1; i < len(rows); i++ {
			by := rows[i][k] / rows[k][k]
			for j := k; j < n; j++ {
				rows[i][j] -= by * rows[k][j]
			}
		}
	}
	x = make([]float64, n)
	x[order[n-1]] = 1
	for k := n - 2; k >= 0; k-- {
		sum := 0.0
		for j := k + 1; j < n; j++ {
			sum += rows[k][j] * x[order[j]]
		}
		x[order[k]] = -sum / rows[k][k]
	}
	return x, true
}

// tidy makes the coefficients the plainest of all that mean the same: no rounding
// left over, and the smallest below the line 1.
func (f *rational) tidy(scales []float64) {
	for _, side := range [][]float64{f.top, f.below} {
		largest := 0.0
		for i, c := range side {
			largest = max(largest, math.Abs(c)*scales[i])
		}
		for i, c := range side {
			if math.Abs(c)*scales[i] <= tinyPart*largest {
				side[i] = 0
			}
		}
	}
	unit := 0.0
	for _, c := range f.below {
		switch {
		case c == 0:
		case unit == 0:
			unit = c
		default:
			unit = math.Copysign(min(math.Abs(c), math.Abs(unit)), unit)
		}
	}
	for _, side := range [][]float64{f.top, f.below} {
		largest := 0.0
		for i := range side {
			side[i] /= unit
			largest = max(largest, math.Abs(side[i])*scales[i])
		}
		for i, c := range side {
			side[i] = unrounded(c, tinyPart*largest/scales[i])
		}
	}
}

// unrounded gives the shortest number as near to a coefficient as rounding lets
// it be known.
func unrounded(c, within float64) float64 {
	for digits := 1; digits < 15; digits++ {
		near, err := strconv.ParseFloat(strconv.FormatFloat(c, 'g', digits, 64), 64)
		if err == nil && math.Abs(near-c) <= within {
			return near
		}
	}
	return c
}

// holds proves the formula at the totals and elsewhere.
func (f *rational) holds(figure func([]float64) (float64, bool), totals, scales []float64) bool {
	for k := range 2*len(totals) + 2*probes {
		at := totals
		if k > 0 {
			at = probe(totals, scales, 100+k)
		}
		want, ok := figure(at)
		if got := f.at(at); !ok || !(math.Abs(got-want) <= asExact*max(1e-3, math.Abs(want))) {
			return false
		}
	}
	return true
}

func (f *rational) at(totals []float64) float64 { return along(f.top, totals) / along(f.below, totals) }

func along(coefficients, totals []float64) (sum float64) {
	for i, t := range totals {
		sum += coefficients[i] * t
	}
	return sum + coefficients[len(totals)]
}

// write puts words or numbers into the formula: "(in − out) / in".
func (f *rational) write(names []string) string {
	top, parts, _ := side(f.top, names)
	below, divisors, factor := side(f.below, names)
	if below == "1" {
		return top
	}
	if parts > 1 {
		top = "(" + top + ")"
	}
	if divisors > 1 || factor {
		below = "(" + below + ")"
	}
	return top + " / " + below
}

// side writes one sum of so many parts; factor says that one of them is a product.
func side(coefficients []float64, names []string) (text string, parts int, factor bool) {
	for i, c := range coefficients {
		if c == 0 {
			continue
		}
		sign := " + "
		if c < 0 {
			sign = " − "
		}
		if parts++; parts == 1 {
			sign = strings.TrimSpace(strings.TrimPrefix(sign, " + "))
		}
		size := strconv.FormatFloat(math.Abs(c), 'g', -1, 64)
		switch {
		case i == len(names):
			text += sign + size
		case size == "1":
			text += sign + names[i]
		default:
			text += sign + size + " × " + names[i]
			factor = true
		}
	}
	if parts == 0 {
		return "0", 0, false
	}
	return text, parts, factor
}
