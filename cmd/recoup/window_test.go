package main

import (
	"errors"
	"testing"
	"time"

	"recoup/agent"
)

func TestReadWindow(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	three := agent.Plant{Shifts: []string{"00:00", "08:00", "16:00"}}
	two := agent.Plant{Shifts: []string{"08:00", "20:00"}, DayStart: "08:00"}
	for _, c := range []struct {
		plant agent.Plant
		text  string
		kind  agent.WindowKind
		at    string // in the plant's time; "" for the newest
	}{
		{three, "", agent.Shift, ""},
		{agent.Plant{}, "", agent.Day, ""},
		{three, "shift", agent.Shift, ""},
		{three, "month", agent.Month, ""},
		{three, "15min", agent.Cell, ""},
		{three, "2026-11-23", agent.Day, "2026-11-23 00:00"},
		{two, "2026-11-23", agent.Day, "2026-11-23 08:00"},
		{two, "week 2026-11-23", agent.Week, "2026-11-23 08:00"},
		{two, "2026-11", agent.Month, "2026-11-01 08:00"},
		{three, "2026", agent.Year, "2026-01-01 00:00"},
		{three, "2026-11-23 night", agent.Shift, "2026-11-23 00:00"},
		{three, "2026-11-23 夜班", agent.Shift, "2026-11-23 00:00"},
		{three, "2026-11-23 day", agent.Shift, "2026-11-23 08:00"},
		{three, "2026-11-23 evening", agent.Shift, "2026-11-23 16:00"},
		{two, "2026-11-23 night", agent.Shift, "2026-11-23 20:00"},
		{two, "2026-11-23 morning", agent.Shift, "2026-11-23 08:00"},
		{three, "2026-11-23 00:00", agent.Shift, "2026-11-23 00:00"},
		{three, " 2026-11-23T08:30 ", agent.Shift, "2026-11-23 08:30"},
		{agent.Plant{}, "2026-11-23 08:30", agent.Hour, "2026-11-23 08:30"},
		{three, "hour 2026-11-23T14:00", agent.Hour, "2026-11-23 14:00"},
		{three, "day 2026-11-23 14:00", agent.Day, "2026-11-23 14:00"},
	} {
		got, err := readWindow(c.text, c.plant, zone)
		at := ""
		if !got.at.IsZero() {
			at = got.at.Format("2006-01-02 15:04")
		}
		if err != nil || got.kind != c.kind || at != c.at {
			t.Errorf("%q: got %s at %q, %v, want %s at %q", c.text, got.kind, at, err, c.kind, c.at)
		}
	}
	for _, text := range []string{"night", "yesterday", "decade", "2026-13", "2026-11-23 noon", "2026-11-23 24:30", "shift 2026-11-23", "hour 2026-11-23", "hour 2026", "2026-11-23 08:00 x"} {
		var usage usageError
		if got, err := readWindow(text, three, zone); !errors.As(err, &usage) {
			t.Errorf("%q: got %v, %v, want it refused", text, got, err)
		}
	}
	if _, err := readWindow("2026-11-23 night", agent.Plant{}, zone); err == nil {
		t.Error("a plant without shifts has a night")
	}
}
