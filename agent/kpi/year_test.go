package kpi

import (
	"testing"
	"time"

	"recoup/agent"
)

// TestYearToDate: what the running year says right before its end is what the
// year says when it is over, and both are the sum of its months; in a zone whose
// clock is set twice a year, and with an outage on one of those days.
func TestYearToDate(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "Asia/Shanghai"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		tag := tagOf("power", "kW", "plc", 0)
		tag.Every, tag.Hold, tag.MaxGap, tag.Accuracy = time.Hour, true, 2*time.Hour, agent.Accuracy{Rel: 0.005}
		kpi := additively(amount("a", 1.0/3600, tag))
		r := newRig(t, agent.Plant{Timezone: zone, DayStart: "06:00"}, kpi)
		start, end := time.Date(2026, 1, 1, 6, 0, 0, 0, loc), time.Date(2027, 1, 1, 6, 0, 0, 0, loc)
		var energy float64
		last := agent.Result{}
		for at := start; !at.After(end.Add(5 * time.Hour)); at = at.Add(30 * time.Minute) {
			kW := 100 + float64(at.In(loc).Hour())
			one := good(tag, at, kW)
			out := at.YearDay() == 88 // 29 March
			if out {
				one = bad(tag, at, agent.DeviceBad)
			}
			if at.Equal(end) {
				before := end.Add(-time.Millisecond)
				r.read(before, good(tag, before, kW))
				last = yearOf(r.engine)
			}
			r.read(at, one)
			if at.Before(end) && !out {
				energy += kW / 2
			}
		}
		year := r.only("a.total", agent.Year)
		if !near(year.Value, energy, 1e-6*energy) || !year.Window.Start.Equal(start) || !year.Window.End.Equal(end) {
			t.Errorf("%s: got %g kWh from %s to %s, want %g", zone, year.Value, year.Window.Start, year.Window.End, energy)
		}
		for name, pair := range map[string][2]float64{
			"value": {last.Value, year.Value}, "U": {last.U, year.U}, "coverage": {last.Coverage, year.Coverage}, "estimate": {last.Estimate, year.Estimate},
		} {
			if got, want := pair[0], pair[1]; want == 0 || !near(got, want, 1e-9*want) {
				t.Errorf("%s: a millisecond before its end the year's %s is %g, want %g as when it is over", zone, name, got, want)
			}
		}
		var months, seconds float64
		all := r.of("a.total", agent.Month)
		for _, m := range all {
			months, seconds = months+m.Terms[0].Total, seconds+m.Terms[0].Seconds
		}
		if months != year.Terms[0].Total || seconds != year.Terms[0].Seconds || len(all) != 12 {
			t.Errorf("%s: %d months have %g kWh in %g s, the year %g in %g", zone, len(all), months, seconds, year.Terms[0].Total, year.Terms[0].Seconds)
		}
		checkBooks(t, year)
	}
}

func yearOf(e *Engine) agent.Result {
	for _, one := range e.Current() {
		if one.Window.Kind == agent.Year {
			return one
		}
	}
	return agent.Result{}
}
