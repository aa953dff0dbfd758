package say

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	leastShare = 0.01 // of the variance that is worth naming
	sameSum    = 0.10 // by which the terms' variances may differ from the whole's and still be its parts
)

// budgetLine tells which terms the uncertainty comes from, as shares of the
// variance: (∂f/∂x·u(x))² of each term, GUM 5.1.2, the derivative by the
// difference over ± u(x). Errors that terms share make the sum of the parts differ
// from the whole; then it says so.
func (a *Account) budgetLine(l Lang) string {
	r := &a.Result
	if a.Figure == nil || !(r.U > 0) || len(r.Terms) < 2 {
		return ""
	}
	totals := make([]float64, len(r.Terms))
	for i, t := range r.Terms {
		totals[i] = t.Total
	}
	parts, sum := make([]float64, len(totals)), 0.0
	for i, t := range r.Terms {
		u := math.Hypot(t.USys, t.URand)
		up, ok := a.moved(totals, i, u)
		down, also := a.moved(totals, i, -u)
		if t.USys < 0 || !ok || !also {
			return ""
		}
		parts[i] = (up - down) * (up - down) / 4
		sum += parts[i]
	}
	if !(sum > 0) || !finite(sum) {
		return ""
	}
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(parts[j], parts[i]) })
	names := partNames(l, r.Terms)
	var told []string
	for _, i := range order {
		if share := parts[i] / sum; share >= leastShare {
			told = append(told, names[i]+" "+fixed(100*share, 0)+thin+"%")
		}
	}
	line := pair{"Where the ± comes from, as shares of the variance: {parts}", "不确定度的来源（按方差占比）：{parts}"}.fill(l,
		"parts", strings.Join(told, pair{", ", "、"}.in(l)))
	if math.Abs(4*sum/(r.U*r.U)-1) > sameSum {
		line += pair{"; errors that terms share are left out of the shares", "；各项共有的误差未计入占比"}.in(l)
	}
	return sentence(l, line)
}

// moved gives the figure with one total changed.
func (a *Account) moved(totals []float64, i int, by float64) (float64, bool) {
	other := slices.Clone(totals)
	other[i] += by
	return a.Figure(other)
}
