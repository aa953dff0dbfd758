package say

import (
	"slices"
	"testing"

	"recoup/agent"
)

func TestSharedErrorsAreTold(t *testing.T) {
	r := agent.Result{Factors: []string{"price.oil 7.9 yuan/kg (since 2026-01-01, contract (12))", "correlation 0.8 of at201, at270 (same titrant (NaOH))"}}
	for l, want := range map[Lang][]string{
		EN: {"Counted in the ±: the errors of at201, at270 go together, r = 0.8, because: same titrant (NaOH)."},
		ZH: {"不确定度已计入：at201、at270 的误差相关，r = 0.8，原因：same titrant (NaOH)。"},
	} {
		if got := sharedLines(l, r); !slices.Equal(got, want) {
			t.Errorf("%v: got %q, want %q", l, got, want)
		}
	}
	if got := plainFactors(r); !slices.Equal(got, r.Factors[:1]) {
		t.Errorf("got factors %q, want the price alone", got)
	}
	if got := sharedLines(EN, agent.Result{Factors: []string{"correlation", "correlation 0.8", "correlation 0.8 of a, b"}}); got != nil {
		t.Errorf("got %q of what is none", got)
	}
}
