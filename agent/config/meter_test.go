package config

import (
	"testing"
	"time"

	"recoup/agent"
)

func TestMeterKeys(t *testing.T) {
	const text = `
plant: {id: p, timezone: Europe/Berlin, day_start: "06:00"}
sources:
  - name: s
    modbus: {address: "tcp://10.0.0.1:502"}
    tags:
      - name: energy
        at: holding 0 uint32
        unit: kWh
        counter: {modulus: 4294967296, max_rate: 7200/h, power: power}
        ratio: [{from: 2026-01-01, value: 200}, {from: "2026-07-14 09:30", value: 400, because: CT 400/5}]
      - {name: power, at: holding 2, unit: kW, accuracy: 1% limit}
      - {name: flow, at: input 4, unit: m3/h, scale: 0.001, signal: 4-20 mA, range: [10, 50]}
`
	cfg, err := Parse("recoup.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	energy, flow := cfg.Tags[0], cfg.Tags[2]
	want := []agent.Ratio{
		{From: time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC), Value: 200},
		{From: time.Date(2026, 7, 14, 7, 30, 0, 0, time.UTC), Value: 400, Because: "CT 400/5"},
	}
	if len(energy.Ratios) != 2 || energy.Ratios[0] != want[0] || energy.Ratios[1] != want[1] {
		t.Errorf("got ratios %v, want %v: in the plant's time, a day from the start of the production day", energy.Ratios, want)
	}
	if energy.Counter.Power != "power" || energy.Counter.MaxRate != 2 {
		t.Errorf("got counter %+v, want the power beside it", energy.Counter)
	}
	for raw, eng := range map[uint64]float64{4000: 10, 12000: 30, 20000: 50} {
		if got, _ := flow.Eng(agent.Uint64Value(raw)); got != eng {
			t.Errorf("%d µA: got %g m3/h, want %g", raw, got, eng)
		}
	}
	if flow.Signal == nil || *flow.Signal != (agent.Range{Lo: 10, Hi: 50}) || flow.Range != nil {
		t.Errorf("got signal %v and range %v, want NE43 to judge it alone", flow.Signal, flow.Range)
	}
}

func TestPlantInstant(t *testing.T) {
	plant := agent.Plant{Timezone: "Europe/Berlin"}
	for text, want := range map[string]string{
		"2026-07-14": "2026-07-13T22:00:00Z", "2026-07-14T09:30": "2026-07-14T07:30:00Z",
		"2026-03-29 02:30": "", "2026-3-1": "", "1969-01-01": "", "": "", // the clock of 29 March went from 02:00 to 03:00
	} {
		at, ok := plantInstant(text, plant)
		got := ""
		if ok {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
