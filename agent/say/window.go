package say

import (
	"fmt"
	"strconv"
	"time"

	"recoup/agent"
)

// WindowKind names a length of window.
func WindowKind(l Lang, k agent.WindowKind) string {
	switch k {
	case agent.Cell:
		return pair{"15 minutes", "15 分钟"}.in(l)
	case agent.Hour:
		return pair{"hour", "小时"}.in(l)
	case agent.Shift:
		return pair{"shift", "班次"}.in(l)
	case agent.Day:
		return pair{"day", "日"}.in(l)
	case agent.Week:
		return pair{"week", "周"}.in(l)
	case agent.Month:
		return pair{"month", "月"}.in(l)
	case agent.Year:
		return pair{"year", "年"}.in(l)
	case agent.Lot:
		return pair{"lot", "批次"}.in(l)
	}
	return string(k)
}

// Window names a window in the plant's time: "shift 16:00–24:00, 22 Nov",
// "day 22 Nov 2025", "November 2025".
func Window(l Lang, w agent.Window, loc *time.Location) string {
	start, end := w.Start.In(loc), w.End.In(loc)
	switch w.Kind {
	case agent.Year:
		return strconv.Itoa(start.Year()) + pair{"", "年"}.in(l)
	case agent.Month:
		return pair{start.Format("January 2006"), start.Format("2006年1月")}.in(l)
	case agent.Week:
		year, week := start.ISOWeek()
		return fmt.Sprintf(pair{"week %[2]d of %[1]d", "%[1]d年第%[2]d周"}.in(l), year, week)
	case agent.Day:
		return pair{"day ", ""}.in(l) + date(l, start, true) + since(l, start)
	}
	kind := ""
	if w.Kind == agent.Shift {
		kind = WindowKind(l, w.Kind) + " "
	}
	if w.Kind == agent.Lot {
		kind = WindowKind(l, w.Kind) + " " + w.ID + pair{", ", "，"}.in(l)
	}
	last := end.Add(-time.Nanosecond)
	if start.YearDay() != last.YearDay() || start.Year() != last.Year() {
		return kind + clock(start) + pair{", ", "，"}.in(l) + date(l, start, false) + " – " + clock(end) + pair{", ", "，"}.in(l) + date(l, end, false)
	}
	until := clock(end)
	if end.YearDay() != start.YearDay() {
		until = "24:00"
	}
	return kind + clock(start) + "–" + until + pair{", ", "，"}.in(l) + date(l, start, false)
}

// since tells a production day that does not begin at midnight.
func since(l Lang, start time.Time) string {
	if start.Hour() == 0 && start.Minute() == 0 {
		return ""
	}
	return pair{" from " + clock(start), "（" + clock(start) + " 起）"}.in(l)
}

func clock(t time.Time) string { return t.Format("15:04") }

func date(l Lang, t time.Time, year bool) string {
	if year {
		return pair{t.Format("2 Jan 2006"), t.Format("2006年1月2日")}.in(l)
	}
	return pair{t.Format("2 Jan"), t.Format("1月2日")}.in(l)
}

// Instant writes a time in the plant's zone: the clock alone when it is today,
// with the date otherwise, a dash for the zero time.
func Instant(l Lang, t, now time.Time, loc *time.Location) string {
	if t.IsZero() {
		return "–"
	}
	t, now = t.In(loc), now.In(loc)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05")
	}
	return date(l, t, t.Year() != now.Year()) + t.Format(" 15:04:05")
}

// Moment writes a time in the plant's zone in full, with the date.
func Moment(l Lang, t time.Time, loc *time.Location) string {
	return date(l, t.In(loc), true) + t.In(loc).Format(" 15:04:05")
}
