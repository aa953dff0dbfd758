package say

import (
	"slices"
	"strings"

	"recoup/agent"
)

// A result names the correlations that its uncertainty was computed with among
// its factors: "correlation 0.8 of at201, at270 (same titrant)".
const correlation = "correlation "

// sharedLines tells which instruments' errors are taken to go together.
func sharedLines(l Lang, r agent.Result) (lines []string) {
	for _, f := range r.Factors {
		rest, is := strings.CutPrefix(f, correlation)
		number, rest, found := strings.Cut(rest, " of ")
		tags, why, because := strings.Cut(strings.TrimSuffix(rest, ")"), " (")
		if !is || !found || !because {
			continue
		}
		lines = append(lines, pair{"Counted in the ±: the errors of {tags} go together, r = {r}, because: {why}.", "不确定度已计入：{tags} 的误差相关，r = {r}，原因：{why}。"}.fill(l,
			"tags", strings.ReplaceAll(tags, ", ", pair{", ", "、"}.in(l)), "r", number, "why", why))
	}
	return lines
}

// plainFactors are a result's factors but for the correlations.
func plainFactors(r agent.Result) []string {
	return slices.DeleteFunc(slices.Clone(r.Factors), func(f string) bool { return strings.HasPrefix(f, correlation) })
}
