package say

import (
	"testing"

	"recoup/agent"
)

// TestOwnNames: a quantity has the name that the configuration gives it; in one
// language alone it is better than none.
func TestOwnNames(t *testing.T) {
	for _, test := range []struct {
		q      agent.Quantity
		en, zh string
	}{
		{agent.Quantity{Family: "formula", Key: "per_kg", LabelEN: "Fan energy", LabelZH: "风机电耗"}, "Fan energy", "风机电耗"},
		{agent.Quantity{Family: "formula", Key: "per_kg", LabelZH: "风机电耗"}, "风机电耗", "风机电耗"},
		{agent.Quantity{Family: "formula", Key: "per_kg", LabelEN: "Fan energy"}, "Fan energy", "Fan energy"},
		{agent.Quantity{Family: "formula", Key: "per_kg"}, "per_kg", "per_kg"},
		{agent.Quantity{Family: "intensity", Key: "intensity", LabelEN: "CO2 of glass"}, "CO2 of glass", "CO2 of glass"},
		{agent.Quantity{Family: "intensity", Key: "intensity"}, "Intensity per unit of product", "单位产品强度"},
	} {
		if en, zh := Quantity(EN, test.q), Quantity(ZH, test.q); en != test.en || zh != test.zh {
			t.Errorf("%+v: got %s and %s, want %s and %s", test.q, en, zh, test.en, test.zh)
		}
	}
}

// TestTimeIsNoAmount: covered time is told as time, and neither it nor the
// integral behind a mean is what lost time was worth.
func TestTimeIsNoAmount(t *testing.T) {
	time := agent.Term{Role: "hours", Unit: "h", Total: 0.75, Seconds: 2700}
	if en, zh := termLine(EN, time), termLine(ZH, time); en != "Covered time: 45\u202fmin." || zh != "有效时间：45\u202f分钟。" {
		t.Errorf("got %q and %q", en, zh)
	}
	lost := []agent.Lost{{Cause: agent.Timeout, About: "plc", Seconds: 900}}
	r := agent.Result{Coverage: 0.75, Terms: []agent.Term{time, {Role: "warm", Tag: "warm", Unit: "°C·h", Total: 60, Seconds: 2700, Lost: lost}}}
	r.Terms[0].Lost = lost
	if got := estimateLine(EN, r); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
