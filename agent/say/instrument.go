package say

import (
	"strconv"
	"time"

	"recoup/agent"
)

const soonDue = 60 * 24 * time.Hour // before the due day that it is spoken of

// Calibration tells how the calibration of a tag's instrument stands, "" when
// none is registered; look is true when it is overdue or due within 60 days.
func Calibration(l Lang, tag *agent.Tag, now time.Time, loc *time.Location) (text string, look bool) {
	if len(tag.Instruments) == 0 {
		return "", false
	}
	if lapse, is := tag.Overdue(now, loc); is {
		return pair{"overdue since {d} ({s})", "自 {d} 起逾期（{s}）"}.fill(l, "d", lapse.Since.In(loc).Format(time.DateOnly), "s", lapse.Serial), true
	}
	one, is := tag.InService(now, loc)
	switch {
	case !is:
		return pair{"no instrument in service yet", "尚无在用仪表"}.in(l), false
	case one.Due.IsZero():
		return pair{"{s}, no due date", "{s}，未规定到期日"}.fill(l, "s", one.Serial), false
	}
	told, due := pair{"valid until {d} ({s})", "有效期至 {d}（{s}）"}, one.Due.Format(time.DateOnly)
	y, m, d := one.Due.Date()
	left := time.Date(y, m, d+1, 0, 0, 0, 0, loc).Sub(now)
	if look = left < soonDue; look {
		told = pair{"due on {d}, in {n} days ({s})", "{d} 到期，还有 {n} 天（{s}）"}
	}
	return told.fill(l, "d", due, "s", one.Serial, "n", strconv.Itoa(int(left/(24*time.Hour)))), look
}

// Calibrations lists the tags whose calibration is overdue or due within 60
// days, a sentence each.
func Calibrations(l Lang, tags []*agent.Tag, now time.Time, loc *time.Location) (lines []string) {
	for _, tag := range tags {
		if text, look := Calibration(l, tag, now, loc); look {
			lines = append(lines, sentence(l, pair{"calibration of {t}: {c}", "{t} 的校准：{c}"}.fill(l, "t", tag.Name, "c", text)))
		}
	}
	return lines
}

// doubtLines tells how much of the covered time was in doubt, and why, beyond
// what the reason of a result says already.
func doubtLines(l Lang, r agent.Result) (lines []string) {
	for _, d := range r.Doubts {
		if d.Cause == r.Reason.Code && (d.About == r.Reason.Detail || d.About == "") && d.Seconds >= r.Doubted || d.Seconds < 0.5 {
			continue
		}
		lines = append(lines, pair{"{t} in doubt: {why}.", "{t} 的读数存疑：{why}。"}.fill(l, "t", Seconds(l, d.Seconds), "why", LostTo(l, d.Cause, d.About)))
	}
	return lines
}
