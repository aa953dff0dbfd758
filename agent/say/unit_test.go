package say

import (
	"testing"

	"recoup/agent"
)

func TestUnitsOfMoneyAndCarbon(t *testing.T) {
	for _, test := range []struct {
		l          Lang
		unit, want string
	}{
		{EN, "yuan", "1543" + thin + "yuan"}, {ZH, "yuan", "1543" + thin + "元"},
		{EN, "tCO2", "1543" + thin + "t" + thin + "CO₂"}, {ZH, "tce", "1543" + thin + "tce"}, {EN, "Nm3", "1543" + thin + "Nm³"},
	} {
		if got, _ := Figure(test.l, agent.Result{Value: 1543, Unit: test.unit, Quality: agent.Good}); got != test.want {
			t.Errorf("%v %s: got %q, want %q", test.l, test.unit, got, test.want)
		}
	}
	if got, want := rateUnit(ZH, "yuan"), thin+"元/h"; got != want {
		t.Errorf("got the rate %q, want %q", got, want)
	}
}
