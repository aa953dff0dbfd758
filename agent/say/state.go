package say

import (
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// CommitPatience is how long a running commit is nothing to speak of.
const CommitPatience = 10 * time.Second

// Source tells how a source fares, as a clause: "answers", "does not answer
// since 13:31:04: timeout".
func Source(l Lang, s agent.SourceState, now time.Time, loc *time.Location) string {
	why := Reason(l, s.Err)
	switch {
	case s.Up:
		return pair{"answers", "应答正常"}.in(l)
	case s.OK+s.Failed == 0:
		return pair{"not asked yet", "尚未轮询"}.in(l)
	case s.LastGood.IsZero():
		return withWhy(l, pair{"has not answered since the start", "启动以来一直无应答"}.in(l), why)
	}
	return withWhy(l, pair{"does not answer since {t}", "自 {t} 起无应答"}.fill(l, "t", Instant(l, s.Since, now, loc)), why)
}

// Upstream tells how an upstream fares, as a clause.
func Upstream(l Lang, u agent.UpstreamState, now time.Time, loc *time.Location) string {
	switch {
	case u.Up && Backlog(u):
		return pair{"takes deliveries, {d} behind", "接收正常，滞后 {d}"}.fill(l, "d", Duration(l, u.Behind))
	case u.Up:
		return pair{"takes deliveries", "接收正常"}.in(l)
	case u.Err == "" && u.Batches == 0:
		return pair{"nothing sent yet", "尚未上传"}.in(l)
	}
	text := withWhy(l, pair{"takes nothing since {t}", "自 {t} 起不接收数据"}.fill(l, "t", Instant(l, u.Since, now, loc)), u.Err)
	if u.NextTry.After(now) {
		text += pair{"; next try at ", "；下次重试 "}.in(l) + Instant(l, u.NextTry, now, loc)
	}
	return text
}

// Backlog reports whether an upstream is so far behind that it should be said.
func Backlog(u agent.UpstreamState) bool { return u.Behind >= 2*time.Minute }

// Buffer tells how the writing of the buffer fares, as a clause; ok is false
// when someone should look at the disk.
func Buffer(l Lang, c agent.CommitState, now time.Time, loc *time.Location) (text string, ok bool) {
	since := Instant(l, c.Since, now, loc)
	switch {
	case c.Err != "":
		return withWhy(l, pair{"cannot be written since {t}", "自 {t} 起无法写入"}.fill(l, "t", since), c.Err), false
	case !c.Since.IsZero() && now.Sub(c.Since) > CommitPatience:
		return pair{"the disk has not answered since {t}", "磁盘自 {t} 起无响应"}.fill(l, "t", since), false
	}
	return pair{"is written", "写入正常"}.in(l), true
}

// Tally sums up the tags: "12 tags: 11 good, 1 bad".
func Tally(l Lang, good, uncertain, bad int) string {
	text := pair{"{n} tags: {g} good", "{n} 个测点：好 {g}"}.fill(l, "n", Count(good+uncertain+bad), "g", Count(good))
	if uncertain > 0 {
		text += pair{", {u} uncertain", "，不确定 {u}"}.fill(l, "u", Count(uncertain))
	}
	if bad > 0 {
		text += pair{", {b} bad", "，坏 {b}"}.fill(l, "b", Count(bad))
	}
	return text
}

// Chart tells a row of figures to who cannot see it: how many, between which
// values, and how many windows have none.
func Chart(l Lang, figures, without int, lowest, highest float64, unit string) string {
	if figures == 0 {
		return pair{"no figure", "没有数值"}.in(l)
	}
	span := max((highest-lowest)/10, 0)
	text := pair{"{n} figures from {lo} to {hi}", "{n} 个数值，{lo} 至 {hi}"}.fill(l,
		"n", strconv.Itoa(figures), "lo", Rounded(l, lowest, span, unit), "hi", Rounded(l, highest, span, unit))
	if without > 0 {
		text += pair{", {n} windows without a figure", "，{n} 个时段没有数值"}.fill(l, "n", strconv.Itoa(without))
	}
	return text
}

// Rounded writes a value to the digit of a step, to four digits without one.
func Rounded(l Lang, v, step float64, unit string) string {
	scale, suffix := display(l, unit)
	if step > 0 && finite(step) {
		return fixed(v*scale, digitsAfter(step*scale, 1)) + suffix
	}
	return fixed(v*scale, digitsAfter(v*scale, 4)) + suffix
}

// Sentence makes a sentence of words that follow one another, "Source", "mill",
// "answers", and puts the advice behind it; "" for none.
func Sentence(l Lang, advice string, words ...string) string {
	return join(l, sentence(l, strings.Join(words, " ")), advice)
}

func withWhy(l Lang, text, why string) string {
	if why == "" {
		return text
	}
	return text + pair{": ", "："}.in(l) + why
}
