package kpi

import (
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func TestFaultsOfThePlant(t *testing.T) {
	for _, test := range []struct {
		plant agent.Plant
		paths []string
	}{
		{agent.Plant{Timezone: "Asia/Shanghai", DayStart: "08:00", Shifts: []string{"00:00", "08:00", "16:00"}}, nil},
		{agent.Plant{Timezone: "Asia/Chongqin"}, []string{"plant.timezone"}},
		{agent.Plant{Timezone: "Local"}, []string{"plant.timezone"}},
		{agent.Plant{Timezone: "UTC", DayStart: "8:00", Shifts: []string{"16:00", "08:00", "24:00", "x"}},
			[]string{"plant.day_start", "plant.shifts[1]", "plant.shifts[2]", "plant.shifts[3]"}},
	} {
		var paths []string
		_, err := New(test.plant, nil)
		faults, _ := err.(agent.Faults)
		for _, f := range faults {
			if f.Fix == "" {
				t.Errorf("%s has no fix", f.Path)
			}
			paths = append(paths, f.Path)
		}
		if !slices.Equal(paths, test.paths) {
			t.Errorf("%+v: got faults at %v, want %v", test.plant, paths, test.paths)
		}
	}
}

func TestWindows(t *testing.T) {
	for _, test := range []struct {
		zone, day, shifts string
		level             level
		at, start, end    string
	}{
		{"Asia/Shanghai", "", "", cell, "2026-02-01T03:07:08+08:00", "2026-02-01T03:00:00+08:00", "2026-02-01T03:15:00+08:00"},
		{"Asia/Kathmandu", "", "", hour, "2026-02-01T03:07:08+05:45", "2026-02-01T03:00:00+05:45", "2026-02-01T04:00:00+05:45"},
		{"UTC", "07:20", "", cell, "2026-02-01T07:18:00Z", "2026-02-01T07:15:00Z", "2026-02-01T07:20:00Z"},
		{"UTC", "07:20", "", cell, "2026-02-01T07:20:00Z", "2026-02-01T07:20:00Z", "2026-02-01T07:30:00Z"},
		{"UTC", "07:20", "", day, "2026-02-01T07:19:59Z", "2026-01-31T07:20:00Z", "2026-02-01T07:20:00Z"},
		{"UTC", "07:20", "", month, "2026-02-01T07:19:59Z", "2026-01-01T07:20:00Z", "2026-02-01T07:20:00Z"},
		{"UTC", "07:20", "", year, "2026-01-01T07:19:59Z", "2025-01-01T07:20:00Z", "2026-01-01T07:20:00Z"},
		{"UTC", "", "08:00", shift, "2026-02-01T07:00:00Z", "2026-01-31T08:00:00Z", "2026-02-01T08:00:00Z"},
		{"UTC", "", "", week, "2026-03-01T12:00:00Z", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"},
		{"Europe/Berlin", "", "", week, "2026-03-29T12:00:00Z", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		// The clocks go from 02:00 to 03:00: what should begin at 02:30 begins at the change.
		{"Europe/Berlin", "02:30", "", day, "2026-03-29T12:00:00Z", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"Europe/Berlin", "", "", cell, "2026-03-29T00:59:00Z", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z"},
		// They go back from 03:00 to 02:00: 02:30 comes twice and counts the first time.
		{"Europe/Berlin", "02:30", "", day, "2026-10-25T12:00:00Z", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"Europe/Berlin", "", "02:30", shift, "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"Europe/Berlin", "", "", hour, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		// Half an hour of summer time.
		{"Australia/Lord_Howe", "", "", cell, "2026-04-04T15:05:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z"},
	} {
		plant := agent.Plant{Timezone: test.zone, DayStart: test.day}
		if test.shifts != "" {
			plant.Shifts = []string{test.shifts}
		}
		c, err := newCalendar(plant)
		if err != nil {
			t.Fatal(err)
		}
		got, want := c.window(test.level, moment(t, test.at)), span{moment(t, test.start), moment(t, test.end)}
		if got != want {
			t.Errorf("%s level %d at %s: got %s to %s, want %s to %s", test.zone, test.level, test.at, instant(got.start), instant(got.end), instant(want.start), instant(want.end))
		}
	}
}

func moment(t *testing.T, text string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixNano()
}

// TestWindowsTile goes cell by cell through two years of several zones: every
// window must be made of whole cells and touch the next.
func TestWindowsTile(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"} {
		c, err := newCalendar(agent.Plant{Timezone: zone, DayStart: "02:30", Shifts: []string{"02:10", "10:00", "18:00"}})
		if err != nil {
			t.Fatal(err)
		}
		var open [levels]span
		end := moment(t, "2027-01-10T00:00:00Z")
		for at := moment(t, "2026-01-01T00:00:00Z"); at < end; {
			w := c.window(cell, at)
			if w.start > at || w.end <= at || w.end-w.start > 900*second {
				t.Fatalf("%s: cell %s to %s does not hold %s", zone, instant(w.start), instant(w.end), instant(at))
			}
			for l := hour; l < levels; l++ {
				got := c.window(l, w.start)
				if last := c.window(l, w.end-1); got != last {
					t.Fatalf("%s: cell from %s lies in two windows of level %d", zone, instant(w.start), l)
				}
				if old := open[l]; old != (span{}) && got != old && got.start != old.end {
					t.Fatalf("%s level %d: %s to %s does not follow %s to %s", zone, l, instant(got.start), instant(got.end), instant(old.start), instant(old.end))
				}
				open[l] = got
			}
			at = w.end
		}
	}
}
