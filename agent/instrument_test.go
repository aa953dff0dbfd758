package agent_test

import (
	"testing"
	"time"

	"recoup/agent"
)

func on(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

func TestLapses(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at := func(text string) time.Time { return on(text).Add(-8 * time.Hour) } // midnight there
	for name, c := range map[string]struct {
		register []agent.Instrument
		want     [][2]time.Time
	}{
		"none":           {nil, nil},
		"never due":      {[]agent.Instrument{{Serial: "a"}}, nil},
		"due":            {[]agent.Instrument{{Due: on("2026-01-10")}}, [][2]time.Time{{at("2026-01-11"), {}}}},
		"renewed before": {[]agent.Instrument{{Due: on("2026-01-10")}, {From: on("2026-01-11"), Due: on("2027-01-10")}}, [][2]time.Time{{at("2027-01-11"), {}}}},
		"renewed late":   {[]agent.Instrument{{Due: on("2026-01-10")}, {From: on("2026-02-01")}}, [][2]time.Time{{at("2026-01-11"), at("2026-02-01")}}},
		"late from the first day": {[]agent.Instrument{{}, {From: on("2026-02-01"), Due: on("2026-01-10")}},
			[][2]time.Time{{at("2026-02-01"), {}}}},
	} {
		tag := &agent.Tag{Instruments: c.register}
		got := tag.Lapses(zone)
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
			continue
		}
		for i, l := range got {
			if !l.Since.Equal(c.want[i][0]) || !l.To.Equal(c.want[i][1]) {
				t.Errorf("%s: got %s to %s, want %v", name, l.Since, l.To, c.want[i])
			}
			_, before := tag.Overdue(l.Since.Add(-1), zone)
			_, first := tag.Overdue(l.Since, zone)
			_, after := tag.Overdue(l.To, zone)
			if before || !first || after && !l.To.IsZero() {
				t.Errorf("%s: the bounds of %v do not hold", name, l)
			}
		}
	}
}

func TestInService(t *testing.T) {
	tag := &agent.Tag{Instruments: []agent.Instrument{{Serial: "a", From: on("2026-01-01")}, {Serial: "b", From: on("2026-02-01")}}}
	for text, want := range map[string]string{"2025-12-31": "", "2026-01-01": "a", "2026-01-31": "a", "2026-02-01": "b"} {
		if got, ok := tag.InService(on(text), time.UTC); got.Serial != want || ok != (want != "") {
			t.Errorf("%s: got %q, want %q", text, got.Serial, want)
		}
	}
}
