package main

import (
	"fmt"
	"strings"
	"time"

	"recoup/sim"
)

// scenario is a training drill: what goes wrong in the demo, and which figure to
// ask about. Its page in the manual is drill-NAME.
type scenario struct {
	name   string
	about  string
	days   int // of history, at least
	figure string
	window string // as "recoup why" reads it; DAY stands for the day of the newest closed night shift, BEFORE for the day before

	plan  func(night time.Time) []planned                     // nil: no plant has an incident
	wall  func(night time.Time) func(now time.Time) time.Time // nil: the computer's clock is right
	away  time.Duration                                       // the upstream has taken nothing for so long
	comes time.Duration                                       // and takes deliveries so long after the start
	full  func(sinceStart time.Duration) (full bool)          // nil: the disk takes everything
}

// planned is an incident at one of the plants.
type planned struct {
	plant string
	sim.Incident
}

// lasting is until after every drill.
func lasting(from time.Time) time.Time { return from.AddDate(1, 0, 0) }

func one(plant string, kind sim.IncidentKind, from, to time.Time) []planned {
	return []planned{{plant, sim.Incident{Kind: kind, From: from, To: to}}}
}

func scenarios() []scenario {
	h := func(t time.Time, hours float64) time.Time { return t.Add(time.Duration(hours * float64(time.Hour))) }
	return []scenario{
		{
			name: "plc-off", about: "the mill's PLC was off for the whole night shift",
			days: 2, figure: "mill.oil.removal", window: "DAY night",
			plan: func(night time.Time) []planned { return one("mill", sim.PLCOff, night, h(night, 8)) },
		}, {
			name: "word-order", about: "the glass works' boiler PLC was changed and serves the words of its floats exchanged",
			days: 2, figure: "glass.power.heat_recovery", window: "DAY night",
			plan: func(night time.Time) []planned { return one("glass", sim.WrongWordOrder, h(night, -1), lasting(night)) },
		}, {
			name: "counter-reset", about: "the mill's oil totaliser began anew at 03:00",
			days: 2, figure: "mill.oil.recovered", window: "DAY night",
			plan: func(night time.Time) []planned { return one("mill", sim.CounterReset, h(night, 3), h(night, 3.1)) },
		}, {
			name: "frozen-analyser", about: "the mill's stack analyser repeats one value since last evening",
			days: 2, figure: "mill.oil.removal", window: "DAY night",
			plan: func(night time.Time) []planned { return one("mill", sim.Frozen, h(night, -2), lasting(night)) },
		}, {
			name: "purge-doubled", about: "the acid works lets out twice as much weak acid since midnight",
			days: 2, figure: "acid.h2so4.recovery_loss", window: "DAY night",
			plan: func(night time.Time) []planned { return one("acid", sim.PurgeDoubled, night, lasting(night)) },
		}, {
			name: "hrsg-fouling", about: "ash settles in the glass works' boiler, and the soot blower has been out of order for two days",
			days: 4, figure: "glass.power.heat_recovery", window: "BEFORE",
			plan: func(night time.Time) []planned { return one("glass", sim.HRSGFouling, h(night, -48), lasting(night)) },
		}, {
			name: "upstream-week", about: "the upstream has taken nothing for a week, and comes back 30 s after the start",
			days: 8, figure: "mill.oil.removal", window: "DAY",
			away: 7 * 24 * time.Hour, comes: 30 * time.Second,
		}, {
			name: "disk-full", about: "the buffer's disk is full from 15 to 60 s after the start",
			days: 1, figure: "mill.oil.removal", window: "shift",
			full: func(since time.Duration) bool { return since >= 15*time.Second && since < time.Minute },
		}, {
			name: "clock-step", about: "the agent's computer was set back by an hour at 02:00, and right again at 05:00",
			days: 2, figure: "mill.oil.removal", window: "DAY night",
			wall: func(night time.Time) func(time.Time) time.Time {
				return func(now time.Time) time.Time {
					if now.Before(h(night, 2)) || !now.Before(h(night, 5)) {
						return now
					}
					return now.Add(-time.Hour)
				}
			},
		}, {
			name: "meter-swapped", about: "the glass works' incomer meter was exchanged between 03:00 and 03:30",
			days: 2, figure: "glass.power.share_net", window: "DAY night",
			plan: func(night time.Time) []planned { return one("glass", sim.MeterSwapped, h(night, 3), h(night, 3.5)) },
		},
	}
}

// usual is the demo without a drill: what went wrong at its plants before now.
func usual() scenario {
	return scenario{plan: func(night time.Time) []planned {
		ago := func(days int, hours float64) time.Time {
			return night.AddDate(0, 0, -days).Add(time.Duration(hours * float64(time.Hour)))
		}
		at := func(plant string, kind sim.IncidentKind, point string, from, to time.Time) planned {
			return planned{plant, sim.Incident{Kind: kind, Point: point, From: from, To: to}}
		}
		var all []planned
		for days := range 6 { // the analysers are calibrated every morning
			all = append(all, at("mill", sim.Calibration, "", ago(days, 9.5), ago(days, 9.5).Add(10*time.Minute)))
		}
		return append(all, []planned{
			at("mill", sim.CounterReset, "", ago(21, 10), ago(21, 11)),
			at("mill", sim.PLCOff, "", ago(9, 22), ago(8, 3)),
			at("mill", sim.FlameOut, "", ago(4, 13), ago(4, 15.5)),
			at("mill", sim.WashOilWarm, "", night, night.Add(8*time.Hour)),
			at("acid", sim.PurgeDoubled, "", ago(12, 6), ago(11, 18)),
			at("acid", sim.Frozen, "so2", ago(3, 9), ago(3, 14)),
			at("glass", sim.MeterSwapped, "", ago(17, 9), ago(17, 9.5)),
			at("glass", sim.HRSGFouling, "", ago(7, 0), ago(5, 0)),
		}...)
	}}
}

// scenarioNamed finds a drill; "" is the usual demo.
func scenarioNamed(name string) (scenario, error) {
	if name == "" {
		return usual(), nil
	}
	var known []string
	for _, s := range scenarios() {
		if s.name == name {
			return s, nil
		}
		known = append(known, s.name)
	}
	return scenario{}, usageError(fmt.Sprintf("--scenario %s: there are %s", name, strings.Join(known, ", ")))
}

// lastNight gives when the newest closed night shift began.
func lastNight(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	night := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	if local.Hour() < 8 {
		night = night.AddDate(0, 0, -1)
	}
	return night
}

// question gives the drill's window as "recoup why" takes it.
func (s *scenario) question(night time.Time) string {
	return strings.NewReplacer("DAY", night.Format(time.DateOnly), "BEFORE", night.AddDate(0, 0, -1).Format(time.DateOnly)).Replace(s.window)
}

// incidents gives those of one plant.
func (s *scenario) incidents(night time.Time, plant string) (all []sim.Incident) {
	if s.plan == nil {
		return nil
	}
	for _, p := range s.plan(night) {
		if p.plant == plant {
			all = append(all, p.Incident)
		}
	}
	return all
}
