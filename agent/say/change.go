package say

import (
	"cmp"
	"math"
	"slices"

	"recoup/agent"
)

const (
	sameRate = 0.02 // rates that differ by less are called the same
	manyfold = 1.5  // from here on a rise is told as so many times, not as a percentage

	timeRole  = "time" // of a term that is the time measured: it passes like any other
	stockRole = "tank" // of a term whose total is what a stock changed by, so that it has no rate
)

// Compare finds among earlier results the window to compare with: the nearest
// one of the same quantity, kind and definition that is Good and, with a target,
// met it. It is false when there is none.
func (a *Account) Compare(series []agent.Result) bool {
	r := &a.Result
	a.before = nil
	for i := range series {
		s := &series[i]
		same := s.KPI == r.KPI && s.Window.Kind == r.Window.Kind && s.Config == r.Config && s.States == r.States
		good := s.Quality == agent.Good && !s.Partial && (a.Quantity.Target == "" || s.Verdict == agent.Pass)
		earlier := s.Window.Start.Before(r.Window.Start)
		if same && good && earlier && (a.before == nil || s.Window.Start.After(a.before.Window.Start)) {
			a.before = s
		}
	}
	return a.before != nil
}

// changeLines tell what changed since the last good window, which terms that is
// due to, and where to look first.
func (a *Account) changeLines(l Lang) []string {
	if a.before == nil {
		return []string{pair{"No earlier good {kind} is known to compare with.", "没有已知的、更早的合格{kind}可供比较。"}.fill(l,
			"kind", WindowKind(l, a.Result.Window.Kind))}
	}
	then, now := a.before, &a.Result
	change := now.Value - then.Value
	if !finite(change) || !alike(then.Terms, now.Terms) {
		return nil
	}
	shares, ok := split(a.Figure, then.Terms, now.Terms)
	if ok && !a.explains(change, shares) {
		shares, ok = nil, false
	}
	scale, _ := display(l, now.Unit)
	digits := min(places(now.Value*scale, now.U*scale), places(then.Value*scale, then.U*scale))
	head := pair{"Last good before: {window}, at {value}; the change since is {change}", "此前最近的合格时段：{window}，{value}；与之相比变化 {change}"}.fill(l,
		"window", Window(l, then.Window, a.Loc), "value", interval(l, then.Value, then.U, then.Unit), "change", difference(l, change*scale, digits, now.Unit))
	if then.U > 0 && now.U > 0 && math.Abs(change) <= math.Hypot(then.U, now.U) {
		head += pair{", no more than the two uncertainties together", "，未超出两者合成的不确定度"}.in(l)
	}
	lines := []string{sentence(l, head)}
	names := partNames(l, now.Terms)
	if !ok {
		for i := range now.Terms {
			if now.Terms[i].Role == timeRole {
				continue
			}
			lines = append(lines, sentence(l, rateChange(l, names[i], then.Terms[i], now.Terms[i])))
		}
		return lines
	}
	lines = append(lines, shareLines(l, names, then, now, shares, change, digits)...)
	if hint := a.hint(l, shares); hint != "" {
		lines = append(lines, hint)
	}
	return lines
}

// explains makes sure that the figure known here is the one that both results
// were computed with: the shares of another would explain nothing.
func (a *Account) explains(change float64, shares []float64) bool {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	near := rounding(a.before, &a.Result, shares)
	value, ok := a.Figure(mixed(a.before.Terms, a.Result.Terms, make([]bool, len(shares))))
	return ok && math.Abs(value-a.before.Value) <= near && math.Abs(sum-change) <= near
}

// rounding bounds what the arithmetic of a figure may be off by.
func rounding(then, now *agent.Result, shares []float64) float64 {
	size := math.Abs(then.Value) + math.Abs(now.Value)
	for _, s := range shares {
		size += math.Abs(s)
	}
	return 1e-9 * size
}

// shareLines tell each term's share, the weightiest first.
func shareLines(l Lang, names []string, then, now *agent.Result, shares []float64, change float64, digits int) []string {
	scale, _ := display(l, now.Unit)
	clock := len(now.Terms) // the time's place among the shares
	if math.Abs(shares[clock]) <= rounding(then, now, shares) {
		shares = shares[:clock]
	}
	scaled := make([]float64, len(shares))
	order := make([]int, len(shares))
	for i, s := range shares {
		scaled[i], order[i] = s*scale, i
	}
	shown := rounded(scaled, change*scale, digits)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(shares[b]), math.Abs(shares[a])) })

	var lines []string
	if len(shares) > 1 {
		method := pair{"The shares below, each the mean over both orders of replacing old by new, add up to exactly that.",
			"以下各项份额按两种替换次序取平均，其和正好等于该变化。"}.in(l)
		if shown[order[0]] != 0 {
			method = join(l, method, pair{"{part} weighs most.", "{part}影响最大。"}.fill(l, "part", names[order[0]]))
		}
		lines = append(lines, method)
	}
	for _, i := range order {
		if i != clock && isBackground(now.Terms[i].Role) && (now.Terms[i].Role == timeRole || shown[i] == 0) {
			continue
		}
		text := pair{"{part}: {now} instead of {then}", "{part}：{now}，当时为 {then}"}.fill(l, "part", names[i],
			"now", Seconds(l, now.Terms[0].Seconds), "then", Seconds(l, then.Terms[0].Seconds))
		if i != clock {
			text = rateChange(l, names[i], then.Terms[i], now.Terms[i])
		}
		lines = append(lines, sentence(l, text+pair{": ", "："}.in(l)+difference(l, shown[i], digits, now.Unit)))
	}
	return lines
}

// isBackground reports whether a role is no flow of the plant: time that was
// measured, or the error of a model.
func isBackground(role string) bool { return role == timeRole || role == "hours" || role == "model" }

// rateChange tells how much of a term passes per hour, now and then. What a
// stock changed by is told without a comparison: twice as much of it means
// nothing.
func rateChange(l Lang, part string, then, now agent.Term) string {
	was, is := perHour(then), perHour(now)
	var how pair
	switch ratio := is / was; {
	case now.Role == stockRole || !(was > 0 && is >= 0):
	case math.Abs(ratio-1) < sameRate:
		how = pair{"about as much per hour as then", "每小时量与当时相近"}
	case ratio >= manyfold:
		times := fixed(ratio, digitsAfter(ratio, 2))
		how = pair{times + " times as much per hour as then", "每小时量为当时的 " + times + " 倍"}
	case ratio > 1:
		more := fixed((ratio-1)*100, 0) + thin + "%"
		how = pair{more + " more per hour than then", "每小时量比当时多 " + more}
	default:
		less := fixed((1-ratio)*100, 0) + thin + "%"
		how = pair{less + " less per hour than then", "每小时量比当时少 " + less}
	}
	unit := rateUnit(l, now.Unit)
	text := pair{"{part}: {how} ({now} instead of {then})", "{part}：{how}（{now}，当时为 {then}）"}
	if how == (pair{}) {
		text = pair{"{part}: {now} instead of {then}", "{part}：{now}，当时为 {then}"}
	}
	return text.fill(l, "part", part, "how", how.in(l), "now", fixed(is, digitsAfter(is, 3))+unit, "then", fixed(was, digitsAfter(was, 3))+unit)
}

// partNames name the terms, by their tags too where two play the same role, and
// the time at the end.
func partNames(l Lang, terms []agent.Term) []string {
	var names []string
	for i, t := range terms {
		name := Role(l, t.Role)
		if slices.ContainsFunc(append(terms[:i:i], terms[i+1:]...), func(other agent.Term) bool { return other.Role == t.Role }) {
			name += pair{" (" + t.Tag + ")", "（" + t.Tag + "）"}.in(l)
		}
		names = append(names, name)
	}
	return append(names, pair{"Time measured", "有效测量时间"}.in(l))
}

// rateUnit gives the suffix of a term's rate per hour.
func rateUnit(l Lang, unit string) string {
	switch unit {
	case "kWh", "MWh":
		return thin + unit[:2]
	case "", "1":
		return "/h"
	}
	_, suffix := display(l, unit)
	return suffix + "/h"
}

// difference writes a change of a figure with its sign; percentages differ by
// points.
func difference(l Lang, v float64, digits int, unit string) string {
	text := fixed(v, digits)
	if v > 0 {
		text = "+" + text
	}
	if unit == "1" {
		return text + pair{thin + "points", thin + "个百分点"}.in(l)
	}
	_, suffix := display(l, unit)
	return text + suffix
}
