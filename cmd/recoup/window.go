package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// asked is the window that a person means: of a kind, and the instant that it
// holds, the zero time for the newest that has closed.
type asked struct {
	kind agent.WindowKind
	at   time.Time
}

const windowHelp = `write for example shift, day, night, yesterday, 2026-11-23, "2026-11-23 night", "2026-11-23 00:00", 2026-11, "hour 2026-11-23T14:00", year-to-date, lot:4711`

// readWindow reads how people name a window, in the plant's time: a kind, the
// name of a shift, a date, a date with the start or the name of a shift, or a
// kind and what it holds. Nothing at all is the last shift.
func readWindow(text string, plant agent.Plant, loc *time.Location, now time.Time) (asked, error) {
	now = now.In(loc)
	if yearToDate(text) {
		return asked{agent.Year, now}, nil
	}
	words := strings.Fields(dated(strings.Replace(text, "T", " ", 1), plant, now))
	kind := agent.WindowKind("")
	if len(words) > 0 && slices.Contains(agent.WindowKinds(), agent.WindowKind(words[0])) {
		kind, words = agent.WindowKind(words[0]), words[1:]
	}
	wrong := usageError(fmt.Sprintf("window %q is not understood: %s", text, windowHelp))
	short := agent.Shift // a date with a time of day means it
	if len(plant.Shifts) == 0 {
		short = agent.Hour
	}
	switch len(words) {
	case 0:
		if kind == "" {
			kind = short
			if short != agent.Shift {
				kind = agent.Day
			}
		}
		return asked{kind: kind}, nil
	case 1:
		if start, ok := shiftNamed(words[0], plant); ok && (kind == "" || kind == agent.Shift) {
			return asked{agent.Shift, newestClosed(start, plant, now)}, nil
		}
		date, holds, ok := readDate(words[0], plant, loc)
		if kind == "" {
			kind = holds
		}
		if !ok || !slices.Contains([]agent.WindowKind{agent.Day, agent.Week, agent.Month, agent.Year}, kind) {
			return asked{}, wrong
		}
		return asked{kind, date}, nil
	case 2:
		clock, ok := shiftNamed(words[1], plant)
		if !ok {
			clock = words[1]
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", words[0]+" "+clock, loc)
		if err != nil {
			return asked{}, wrong
		}
		if kind == "" {
			kind = short
		}
		return asked{kind, at}, nil
	}
	return asked{}, wrong
}

// readLot reads "lot:4711", or "lot" for the newest that is over.
func readLot(text string) (number string, is bool) {
	name, number, _ := strings.Cut(strings.TrimSpace(text), ":")
	if name != string(agent.Lot) && name != "批次" {
		return "", false
	}
	return strings.TrimSpace(number), true
}

// yearToDate reports that the running year is meant, up to now.
func yearToDate(text string) bool {
	switch strings.ToLower(strings.Join(strings.Fields(text), " ")) {
	case "year-to-date", "year to date", "ytd", "this year", "年初至今", "今年以来", "本年累计", "今年":
		return true
	}
	return false
}

// dated puts the date for today and yesterday, production days both, and leaves
// out "last": the newest is meant anyway.
func dated(text string, plant agent.Plant, now time.Time) string {
	today := now
	if now.Format("15:04") < plant.DayStart {
		today = now.AddDate(0, 0, -1)
	}
	on, before := " "+today.Format(time.DateOnly)+" ", " "+today.AddDate(0, 0, -1).Format(time.DateOnly)+" "
	return strings.NewReplacer("yesterday", before, "昨天", before, "昨日", before, "today", on, "今天", on, "今日", on,
		"last ", "", "昨夜", " 夜班 ", "夜班", " 夜班 ", "早班", " 早班 ", "中班", " 中班 ", "白班", " 白班 ").Replace(text)
}

// readDate reads 2026-11-23, 2026-11 or 2026 as the start of that production
// day, and says what each is the name of.
func readDate(text string, plant agent.Plant, loc *time.Location) (at time.Time, kind agent.WindowKind, ok bool) {
	begin := plant.DayStart
	if begin == "" {
		begin = "00:00"
	}
	for layout, kind := range map[string]agent.WindowKind{"2006-01-02": agent.Day, "2006-01": agent.Month, "2006": agent.Year} {
		if at, err := time.ParseInLocation(layout+" 15:04", text+" "+begin, loc); err == nil {
			return at, kind, true
		}
	}
	return at, "", false
}

// shiftNamed gives the start of the plant's shift that people call night, day
// or evening: the one that is at work at 3, 10 or 18 o'clock.
func shiftNamed(name string, plant agent.Plant) (start string, ok bool) {
	hour, known := map[string]string{"night": "03:00", "夜班": "03:00", "day": "10:00", "morning": "10:00", "白班": "10:00", "早班": "10:00",
		"evening": "18:00", "中班": "18:00"}[name]
	if !known || len(plant.Shifts) == 0 {
		return "", false
	}
	start = plant.Shifts[len(plant.Shifts)-1] // of the evening before, when the day's first begins later
	for _, s := range plant.Shifts {
		if s <= hour {
			start = s
		}
	}
	return start, true
}

// newestClosed gives the start of the newest shift that began at that time of
// day and is over.
func newestClosed(start string, plant agent.Plant, now time.Time) time.Time {
	next := plant.Shifts[(slices.Index(plant.Shifts, start)+1)%len(plant.Shifts)]
	for days := 0; ; days-- {
		begin, end := clockOn(now, days, start), clockOn(now, days, next)
		if next <= start {
			end = clockOn(now, days+1, next)
		}
		if !end.After(now) {
			return begin
		}
	}
}

// clockOn gives a time of day so many days from now.
func clockOn(now time.Time, days int, clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic("BUG: the configuration let a shift begin at " + clock)
	}
	return time.Date(now.Year(), now.Month(), now.Day()+days, t.Hour(), t.Minute(), 0, 0, now.Location())
}
