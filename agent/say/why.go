package say

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

const roughCoverage = 0.75 // with less measured, an estimate of the rest is rough

// Account is what there is to tell of a figure.
type Account struct {
	Quantity agent.Quantity
	Result   agent.Result
	Figure   func(totals []float64) (value float64, ok bool) // the quantity's pure function of its terms' totals; nil when not known
	Loc      *time.Location                                  // the plant's

	before *agent.Result // the last good window; nil for none
}

// Title names the figure and its window.
func (a *Account) Title(l Lang) string {
	return Named(l, a.Quantity, a.Result.States) + pair{", ", "，"}.in(l) + Window(l, a.Result.Window, a.Loc)
}

// Why tells how a figure came about, one sentence per line: value and
// uncertainty, coverage, time lost with cause and place and what it is worth,
// terms, where the uncertainty comes from, quality and verdict, what changed since the last good window, and where
// to look first. For a withheld one it begins with what is missing, and gives no
// number from which the figure could be guessed.
func (a *Account) Why(l Lang) []string {
	r := a.Result
	lines := []string{figureLine(l, r), statesLine(l, r), coverageLine(l, r)}
	for _, lost := range Losses(r) {
		lines = append(lines, lossLine(l, lost))
	}
	if !r.Withheld() {
		for _, t := range r.Terms {
			lines = append(lines, termLine(l, t))
		}
		lines = append(append(lines, a.budgetLine(l)), sharedLines(l, r)...)
		lines = append(lines, cmp.Or(wholeLine(l, r), estimateLine(l, r)), qualityLine(l, r), verdictLine(l, r))
		lines = append(lines, doubtLines(l, r)...)
		lines = append(lines, a.changeLines(l)...)
	}
	if r.Partial {
		lines = append(lines, pair{"The window is not whole: it was begun or cut within its bounds.", "统计时段不完整：在其界限之内开始或中断。"}.in(l))
	}
	if factors := plainFactors(r); len(factors) > 0 {
		lines = append(lines, pair{"Factors used: {f}.", "所用系数：{f}。"}.fill(l, "f", strings.Join(inWords(l, factors), pair{", ", "、"}.in(l))))
	}
	lines = append(lines, revisionLine(l, r), pair{"Window: {from} to {to}, {zone}.", "统计时段：{from} 至 {to}，{zone}。"}.fill(l,
		"from", Moment(l, r.Window.Start, a.Loc), "to", Moment(l, r.Window.End, a.Loc), "zone", a.Loc.String()))
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}

func figureLine(l Lang, r agent.Result) string {
	if r.Withheld() || !finite(r.Value) {
		text := Withheld(l, r.Reason.Code)
		if why := Doubt(l, r); why != "" && why != text {
			text += pair{": ", "："}.in(l) + why
		}
		return sentence(l, capital(text))
	}
	figure := interval(l, r.Value, r.U, r.Unit)
	if r.U > 0 {
		return pair{"{v}: value ± expanded uncertainty U (k = 2).", "{v}：数值 ± 扩展不确定度 U（k = 2）。"}.fill(l, "v", figure)
	}
	return pair{"{v}; the uncertainty is not stated, because an instrument's accuracy is not configured.",
		"{v}；未给出不确定度，因为有仪表的准确度未配置。"}.fill(l, "v", figure)
}

// Doubt gives the reason why a result is not good, "" when it is. The detail of
// a violated bound is left off, because it names the number that is withheld;
// that of low coverage is replaced by the longest loss. A tag in doubt is the
// subject of the clause.
func Doubt(l Lang, r agent.Result) string {
	kind := agent.WindowKind(r.Reason.Detail)
	switch {
	case r.Reason.Code == agent.TrendOnly && slices.Contains(agent.WindowKinds(), kind):
		return pair{"a trend only: this figure is for windows of one {kind} and longer", "仅供观察趋势：该指标适用的最短时段为{kind}"}.fill(l, "kind", WindowKind(l, kind))
	case r.Reason.Code == agent.Frozen, r.Reason.Code == agent.OutsideStates, !r.Withheld() && isInput(r, r.Reason.Detail):
		return LostTo(l, r.Reason.Code, r.Reason.Detail)
	}
	switch r.Reason.Code {
	case agent.BoundViolated:
		return Code(l, r.Reason.Code)
	case agent.LowCoverage:
		if lost := Losses(r); len(lost) > 0 {
			return withWhy(l, Code(l, r.Reason.Code), LostTo(l, lost[0].Cause, lost[0].About))
		}
	}
	return Reason(l, r.Reason)
}

// isInput reports whether a text is the name of a tag that the result's terms are
// made of; a term lists its tags as "a × b × density(c, d)".
func isInput(r agent.Result, text string) bool {
	return text != "" && slices.ContainsFunc(r.Terms, func(t agent.Term) bool {
		return slices.Contains(strings.FieldsFunc(t.Tag, func(c rune) bool { return strings.ContainsRune(" ×(),", c) }), text)
	})
}

func coverageLine(l Lang, r agent.Result) string {
	all := countable(r)
	if all < 0.5 {
		return ""
	}
	return pair{"Coverage {c}: {part} of {all} measured.", "覆盖率 {c}：{all}中有 {part}有效测量。"}.fill(l,
		"c", Percent(r.Coverage), "part", Seconds(l, r.Coverage*all), "all", Seconds(l, all))
}

func lossLine(l Lang, lost agent.Lost) string {
	return pair{"{t} lost: {why}.", "缺失 {t}：{why}。"}.fill(l,
		"t", Seconds(l, lost.Seconds), "why", LostTo(l, lost.Cause, lost.About))
}

// estimateLine tells what the lost time is worth at the rates that were
// measured. It is never part of the figure. Time before the recording began is
// left out: nobody knows whether the plant was running.
func estimateLine(l Lang, r agent.Result) string {
	lost := 0.0
	for _, part := range Losses(r) {
		if part.Cause != agent.PartialWindow {
			lost += part.Seconds
		}
	}
	var worth []string
	for _, t := range r.Terms {
		if t.Role != stockRole && isAmount(t) && t.Seconds > 0 && t.Total > 0 && finite(t.Total) {
			worth = append(worth, Role(l, t.Role)+" "+about(l, t.Total/t.Seconds*lost, termUnit(t.Unit)))
		}
	}
	if lost == 0 || len(worth) == 0 {
		return ""
	}
	text := pair{"An estimate, not counted in the figure", "估算值，不计入结果"}
	if r.Coverage < roughCoverage {
		text = pair{"A rough estimate, not counted in the figure", "粗略估算值，不计入结果"}
	}
	return text.in(l) + pair{": at the mean rates measured, the {t} lost stand for about {worth}.", "：按测得的平均速率，缺失的 {t}约合{worth}。"}.fill(l,
		"t", Seconds(l, lost), "worth", strings.Join(worth, pair{", ", "、"}.in(l)))
}

// isAmount reports whether a term is something that adds up, not covered time or
// the integral behind a mean.
func isAmount(t agent.Term) bool { return t.Tag != "" && !strings.Contains(t.Unit, "·h") }

func termLine(l Lang, t agent.Term) string {
	if t.Tag == "" {
		return pair{"{role}: {t}.", "{role}：{t}。"}.fill(l, "role", Role(l, t.Role), "t", Seconds(l, t.Seconds))
	}
	u := 0.0
	if t.USys >= 0 {
		u = 2 * math.Hypot(t.USys, t.URand)
	}
	return pair{"{role}: {total} over {t} ({tag}).", "{role}：{t}内共 {total}（{tag}）。"}.fill(l,
		"role", Role(l, t.Role), "total", interval(l, t.Total, u, termUnit(t.Unit)), "t", Seconds(l, t.Seconds), "tag", t.Tag)
}

// termUnit keeps a plain number from being shown as a percentage.
func termUnit(unit string) string {
	if unit == "1" {
		return ""
	}
	return unit
}

func qualityLine(l Lang, r agent.Result) string {
	text := pair{"Data quality {q}", "数据质量：{q}"}.fill(l, "q", Quality(l, r.Quality))
	if why := Doubt(l, r); why != "" {
		text += pair{": ", "，"}.in(l) + why
	}
	return sentence(l, text)
}

func verdictLine(l Lang, r agent.Result) string {
	switch {
	case r.Verdict == agent.Pass:
		return pair{"Target met, even at the worse end of the uncertainty.", "达标：即使取不确定度的不利一端也达标。"}.in(l)
	case r.Verdict == agent.Fail:
		return pair{"Target missed, even at the better end of the uncertainty.", "不达标：即使取不确定度的有利一端也不达标。"}.in(l)
	case r.Verdict == agent.Inconclusive && r.U <= 0:
		return pair{"Whether the target is met cannot be decided: an instrument's accuracy is not configured.", "不能判定是否达标：有仪表的准确度未配置。"}.in(l)
	case r.Verdict == agent.Inconclusive && r.Quality != agent.Good && !ofTime(r.Reason.Code):
		return pair{"Whether the target is met cannot be decided: readings are in doubt, or it lies within the uncertainty.", "不能判定是否达标：读数存疑，或目标值落在不确定度范围内。"}.in(l)
	case r.Verdict == agent.Inconclusive:
		return pair{"Whether the target is met cannot be decided: it lies within the uncertainty.", "不能判定是否达标：目标值落在不确定度范围内。"}.in(l)
	}
	return ""
}

// ofTime reports whether a reason is about how much of the window was measured,
// not about whether the readings are to be trusted.
func ofTime(c agent.Code) bool {
	return c == agent.LowCoverage || c == agent.PartialWindow || c == agent.CaughtUp || c == agent.TrendOnly
}

// Losses gives the time that a result was to cover and could not, by cause and
// place, longest first.
func Losses(r agent.Result) []agent.Lost {
	return slices.DeleteFunc(away(r), func(l agent.Lost) bool { return l.Cause == agent.OutsideStates })
}

// away gives the time that a result does not cover. The terms of one result lose
// the same time together, so the longest of each cause counts, not the sum.
func away(r agent.Result) []agent.Lost {
	type place struct {
		cause agent.Code
		about string
	}
	longest := map[place]float64{}
	for _, t := range r.Terms {
		sum := map[place]float64{}
		for _, lost := range t.Lost {
			sum[place{lost.Cause, lost.About}] += lost.Seconds
		}
		for p, s := range sum {
			longest[p] = max(longest[p], s)
		}
	}
	var all []agent.Lost
	for p, s := range longest {
		if s >= 0.5 && finite(s) {
			all = append(all, agent.Lost{Cause: p.cause, About: p.about, Seconds: s})
		}
	}
	slices.SortFunc(all, func(a, b agent.Lost) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.About, b.About))
	})
	return all
}

func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// FromAgent says that the running agent at an address was asked.
func FromAgent(l Lang, address string) string {
	return pair{"Asked the running agent at {a}.", "以上由运行中的采集程序（{a}）给出。"}.fill(l, "a", address)
}

// FromBuffer says that no agent was there to ask, and the folder was read.
func FromBuffer(l Lang, folder string) string {
	return pair{"No agent runs here: read from the buffer in {a}. Running windows are not known.", "本机没有运行中的采集程序：以上读自本地缓存 {a}，未结束的时段未知。"}.fill(l, "a", folder)
}
