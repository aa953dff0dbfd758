package say

import (
	"slices"
	"time"

	"recoup/agent"
)

// Summary gives a table of results for each quantity that has some, in the order
// in which they are given: window, figure, coverage, quality, verdict.
func Summary(l Lang, quantities []agent.Quantity, results []agent.Result, loc *time.Location) (lines []string) {
	for _, q := range quantities {
		var own []agent.Result
		for _, r := range results {
			if r.KPI == q.KPI {
				own = append(own, r)
			}
		}
		if own == nil {
			continue
		}
		lines = append(lines, "", summaryTitle(l, q))
		lines = append(lines, summaryTable(l, own, loc)...)
	}
	if lines == nil {
		return []string{pair{"No window of a shift or longer has ended in these readings.", "这些读数中没有结束的班次或更长的统计时段。"}.in(l)}
	}
	return lines
}

func summaryTitle(l Lang, q agent.Quantity) string {
	title := Quantity(l, q) + pair{" (", "（"}.in(l) + q.KPI + pair{")", "）"}.in(l)
	if q.Target != "" {
		title += pair{", target: ", "，目标："}.in(l) + Target(l, q)
	}
	return title
}

func summaryTable(l Lang, results []agent.Result, loc *time.Location) []string {
	t := table{left: 2, header: []string{
		pair{"Window", "统计时段"}.in(l), pair{"Value", "数值"}.in(l), "U (k = 2)", pair{"Coverage", "覆盖率"}.in(l),
		pair{"Quality", "数据质量"}.in(l), pair{"Verdict", "判定"}.in(l),
	}}
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b agent.Result) int {
		kinds := agent.WindowKinds()
		return slices.Index(kinds, a.Window.Kind) - slices.Index(kinds, b.Window.Kind)
	})
	for _, r := range results {
		value, spread := Figure(l, r)
		quality := Quality(l, r.Quality)
		if why := Doubt(l, r); why != "" {
			quality += pair{": ", "："}.in(l) + why
		}
		name := Window(l, r.Window, loc)
		if r.States != "" {
			name += pair{" [", "〔"}.in(l) + r.States + pair{"]", "〕"}.in(l)
		}
		t.row(name, value, spread, Percent(r.Coverage), quality, Verdict(l, r.Verdict))
	}
	return t.lines()
}
