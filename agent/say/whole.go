package say

import "recoup/agent"

// Whole tells what a total would be over its whole window, had the time that was
// lost been like the rest; "" where nothing is estimated. It is never the figure.
func Whole(l Lang, r agent.Result) string {
	if r.Estimate == 0 || r.Withheld() || !finite(r.Estimate) {
		return ""
	}
	return pair{"Estimated for the whole window: {e} (flagged; not the figure)", "全时段估算值：{e}（已标注，不作为结果）"}.fill(l,
		"e", interval(l, r.Estimate, r.EstimateU, r.Unit))
}

// wholeLine is the sentence of an account that sets the estimate against what was
// measured.
func wholeLine(l Lang, r agent.Result) string {
	if Whole(l, r) == "" {
		return ""
	}
	if r.EstimateU <= 0 {
		return pair{"Measured {m}; estimated for the whole window {e}, flagged; how sure the estimate is cannot be told, because an instrument's accuracy is not configured.",
			"实测 {m}；全时段估算值 {e}，已标注；因有仪表的准确度未配置，无法给出估算值的不确定度。"}.fill(l,
			"m", interval(l, r.Value, r.U, r.Unit), "e", interval(l, r.Estimate, 0, r.Unit))
	}
	return pair{"Measured {m}; estimated for the whole window {e}, flagged: ± also holds how much the rate varied.",
		"实测 {m}；全时段估算值 {e}，已标注：± 已计入速率的波动。"}.fill(l,
		"m", interval(l, r.Value, r.U, r.Unit), "e", interval(l, r.Estimate, r.EstimateU, r.Unit))
}
