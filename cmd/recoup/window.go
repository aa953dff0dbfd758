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

const windowHelp = `write for example shift, day, 2026-11-23, "2026-11-23 night", "2026-11-23 00:00", 2026-11, "hour 2026-11-23T14:00"`

// readWindow reads how people name a window, in the plant's time: a kind, a
// date, a date with the start or the name of a shift, or a kind and what it
// holds. Nothing at all is the last shift.
func readWindow(text string, plant agent.Plant, loc *time.Location) (asked, error) {
	words := strings.Fields(strings.Replace(text, "T", " ", 1))
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
