package say

import (
	"math"
	"strconv"
	"strings"

	"recoup/agent"
)

const (
	scarce     = 0.5  // of the room beyond a target; with more uncertainty than that nobody will show it
	sameReach  = 1.05 // uncertainties nearer to each other need no telling apart
	namedTags  = 5    // of a list
	atTheGoal  = 1e-6 // how near to the target the plant was assumed to run
	worthShare = 0.05 // of the variance, to name an instrument
)

// Outlook tells what the stated accuracies let a figure with a target show; of
// one without a target only which instruments keep its uncertainty from being
// stated, "" when none does.
func Outlook(l Lang, o agent.Outlook) string {
	switch {
	case len(o.Unstated) > 0:
		return sentence(l, pair{"{k}: its uncertainty cannot be stated, because no accuracy is configured of {t}", "{k}：无法给出不确定度，因为以下测点未配置准确度：{t}"}.fill(l,
			"k", o.KPI, "t", listed(l, o.Unstated)))
	case o.Target == "":
		return ""
	case len(o.Unknown) > 0:
		return sentence(l, pair{"{k}: what can be shown of its target is not known; give usual: or range: to {t}", "{k}：无法预估能否证明达标；请为以下测点配置 usual 或 range：{t}"}.fill(l,
			"k", o.KPI, "t", listed(l, o.Unknown)))
	case len(o.Reaches) == 0:
		return sentence(l, withWhy(l, pair{"{k}: what can be shown of its target is not known", "{k}：无法预估能否证明达标"}.fill(l, "k", o.KPI), Code(l, o.Why.Code)))
	}
	best := o.Reaches[len(o.Reaches)-1] // the longest window
	text := pair{"{k}: the best reachable U is ±{u}", "{k}：可达到的最小 U 为 ±{u}"}.fill(l, "k", o.KPI, "u", spreadOf(l, best.U, o.Unit)) +
		pair{" over a {w}", "（{w}）"}.fill(l, "w", WindowKind(l, best.Window)) + windowsOf(l, o)
	return join(l, sentence(l, text+pair{": ", "："}.in(l)+shown(l, o, best.U)+sharesOf(l, o)), assumedLine(l, o))
}

// shown says what a figure must be for the target to be shown by more than u.
func shown(l Lang, o agent.Outlook, u float64) string {
	scale, unit := display(l, o.Unit)
	goal := Value(o.Goal*scale, "") + unit
	if math.Abs(o.Value-o.Goal) > atTheGoal*math.Max(1, math.Abs(o.Goal)) {
		return pair{"at the usual {v}", "按常用值 {v}"}.fill(l, "v", fixed(o.Value*scale, places(o.Value*scale, u*scale))+unit)
	}
	needed := o.Goal + u
	if o.AtMost {
		needed = o.Goal - u
	}
	names := []string{"g", goal, "n", fixed(needed*scale, places(needed*scale, u*scale)) + unit}
	switch {
	case u > o.Room:
		return pair{"{g} cannot be shown, because more than is possible would have to be measured", "无法证明 {g}：须测得物理上不可能的数值"}.fill(l, names...)
	case u > scarce*o.Room && o.AtMost:
		return pair{"{g} cannot be shown in practice, it would take a figure of {n} or less", "实际上无法证明 {g}：测得值须不高于 {n}"}.fill(l, names...)
	case u > scarce*o.Room:
		return pair{"{g} cannot be shown in practice, it would take a figure of {n} or more", "实际上无法证明 {g}：测得值须不低于 {n}"}.fill(l, names...)
	case o.AtMost:
		return pair{"{g} is shown by figures of {n} and less", "测得值不高于 {n} 即可证明 {g}"}.fill(l, names...)
	}
	return pair{"{g} is shown by figures of {n} and more", "测得值不低于 {n} 即可证明 {g}"}.fill(l, names...)
}

// spreadOf writes an uncertainty; of a percentage it counts in points.
func spreadOf(l Lang, u float64, unit string) string {
	scale, suffix := display(l, unit)
	if unit == "1" {
		suffix = pair{thin + "points", thin + "个百分点"}.in(l)
	}
	return fixed(u*scale, digitsAfter(u*scale, 3)) + suffix
}

// windowsOf lists the shorter windows with more uncertainty, which is what
// readings that do not average out add. Of an amount each window has its own.
func windowsOf(l Lang, o agent.Outlook) string {
	var more []string
	last := len(o.Reaches) - 1
	for _, r := range o.Reaches[:last] {
		if o.Unit == "1" && r.U > sameReach*o.Reaches[last].U {
			more = append(more, WindowKind(l, r.Window)+" ±"+spreadOf(l, r.U, o.Unit))
		}
	}
	if more == nil {
		return ""
	}
	return pair{" (", "（"}.in(l) + strings.Join(more, pair{", ", "、"}.in(l)) + pair{")", "）"}.in(l)
}

// sharesOf names the instruments that the uncertainty comes from.
func sharesOf(l Lang, o agent.Outlook) string {
	var parts []string
	for _, s := range o.Shares {
		if s.Part >= worthShare && len(parts) < 3 {
			parts = append(parts, pair{"{t} {p}", "{t} 占 {p}"}.fill(l, "t", s.Tag, "p", fixed(100*s.Part, 0)+thin+"%"))
		}
	}
	if parts == nil {
		return ""
	}
	return pair{"; of its variance come from ", "；方差来源："}.in(l) + strings.Join(parts, pair{", ", "、"}.in(l))
}

func assumedLine(l Lang, o agent.Outlook) string {
	if len(o.Assumed) == 0 {
		return ""
	}
	return sentence(l, pair{"This assumes the middle of the range of {t}; usual: says better", "以上对 {t} 取量程中值；用 usual 给出常用值更准确"}.fill(l, "t", listed(l, o.Assumed)))
}

// listed joins names, the first few of many.
func listed(l Lang, names []string) string {
	text := strings.Join(names[:min(len(names), namedTags)], pair{", ", "、"}.in(l))
	if more := len(names) - namedTags; more > 0 {
		text += pair{" and {n} more", " 及另外 {n} 个"}.fill(l, "n", strconv.Itoa(more))
	}
	return text
}
