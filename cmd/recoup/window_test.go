package main

import (
	"errors"
	"strings"
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
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, zone)
	for _, c := range []struct {
		plant agent.Plant
		text  string
		kind  agent.WindowKind
		at    string // in the plant's time; "" for the newest
	}{
		{three, "night", agent.Shift, "2026-11-23 00:00"},
		{three, "last night", agent.Shift, "2026-11-23 00:00"},
		{three, "昨夜", agent.Shift, "2026-11-23 00:00"},
		{three, "morning", agent.Shift, "2026-11-22 08:00"}, // the one of today is at work
		{three, "白班", agent.Shift, "2026-11-22 08:00"},
		{three, "早班", agent.Shift, "2026-11-22 08:00"},
		{three, "evening", agent.Shift, "2026-11-22 16:00"},
		{three, "中班", agent.Shift, "2026-11-22 16:00"},
		{three, "shift day", agent.Shift, "2026-11-22 08:00"},
		{two, "night", agent.Shift, "2026-11-22 20:00"},
		{two, "day", agent.Day, ""},
		{three, "last shift", agent.Shift, ""},
		{three, "last month", agent.Month, ""},
		{three, "yesterday", agent.Day, "2026-11-22 00:00"},
		{two, "yesterday", agent.Day, "2026-11-22 08:00"},
		{three, "今天", agent.Day, "2026-11-23 00:00"},
		{three, "week today", agent.Week, "2026-11-23 00:00"},
		{three, "yesterday evening", agent.Shift, "2026-11-22 16:00"},
		{three, "昨天夜班", agent.Shift, "2026-11-22 00:00"},
		{three, "2026-11-22 夜班", agent.Shift, "2026-11-22 00:00"},
		{three, "2026-11-22夜班", agent.Shift, "2026-11-22 00:00"},
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
		{three, "year-to-date", agent.Year, "2026-11-23 12:00"},
		{two, " This Year ", agent.Year, "2026-11-23 12:00"},
		{three, "年初至今", agent.Year, "2026-11-23 12:00"},
		{three, "year", agent.Year, ""},
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
		got, err := readWindow(c.text, c.plant, zone, noon)
		at := ""
		if !got.at.IsZero() {
			at = got.at.Format("2006-01-02 15:04")
		}
		if err != nil || got.kind != c.kind || at != c.at {
			t.Errorf("%q: got %s at %q, %v, want %s at %q", c.text, got.kind, at, err, c.kind, c.at)
		}
	}
	for _, text := range []string{"decade", "day night", "last", "night night", "shift yesterday", "2026-13", "2026-11-23 noon", "2026-11-23 24:30", "shift 2026-11-23", "hour 2026-11-23", "hour 2026", "2026-11-23 08:00 x"} {
		var usage usageError
		if got, err := readWindow(text, three, zone, noon); !errors.As(err, &usage) {
			t.Errorf("%q: got %v, %v, want it refused", text, got, err)
		}
	}
	for _, text := range []string{"night", "2026-11-23 night"} {
		if got, err := readWindow(text, agent.Plant{}, zone, noon); err == nil {
			t.Errorf("%q of a plant without shifts: got %v, want it refused", text, got)
		}
	}
}

// TestNewestClosedShift: a shift counts from the moment of its end, also when
// that lies in another day, and the production day may have begun yesterday.
func TestNewestClosedShift(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shifts    string
		text, now string
		at        string
	}{
		{"08:00 20:00", "night", "2026-11-23 07:59", "2026-11-21 20:00"},
		{"08:00 20:00", "night", "2026-11-23 08:00", "2026-11-22 20:00"},
		{"08:00 20:00", "morning", "2026-11-23 19:59", "2026-11-22 08:00"},
		{"08:00 20:00", "morning", "2026-11-23 20:00", "2026-11-23 08:00"},
		{"00:00 08:00 16:00", "evening", "2026-11-23 00:00", "2026-11-22 16:00"},
		{"00:00 08:00 16:00", "evening", "2026-11-22 23:59", "2026-11-21 16:00"},
		{"07:00", "night", "2026-03-01 06:59", "2026-02-27 07:00"},
		{"08:00 20:00", "today", "2026-11-23 07:59", "2026-11-22 08:00"},
		{"08:00 20:00", "yesterday", "2026-11-23 07:59", "2026-11-21 08:00"},
		{"08:00 20:00", "yesterday", "2026-11-23 08:00", "2026-11-22 08:00"},
	} {
		plant := agent.Plant{Shifts: strings.Fields(c.shifts), DayStart: c.shifts[:5]}
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readWindow(c.text, plant, zone, now.UTC())
		if at := got.at.In(zone).Format("2006-01-02 15:04"); err != nil || at != c.at {
			t.Errorf("%q at %s with shifts from %s: got the one from %s, %v, want %s", c.text, c.now, c.shifts, at, err, c.at)
		}
	}
}

func TestReadLot(t *testing.T) {
	for text, want := range map[string]struct {
		number string
		is     bool
	}{
		"lot:4711": {"4711", true}, "lot: 4711-A": {"4711-A", true}, "lot:A:7": {"A:7", true}, "lot": {"", true}, "批次:4711": {"4711", true},
		"shift": {"", false}, "lots": {"", false}, "2026-11-23": {"", false},
	} {
		if number, is := readLot(text); number != want.number || is != want.is {
			t.Errorf("%q: got %q, %v, want %q, %v", text, number, is, want.number, want.is)
		}
	}
}
