package say

import (
	"strings"
	"testing"

	"recoup/agent"
)

// TestBudget: of 1 − out/in with 1 % and 10 %, the outlet has nearly all of the
// variance: (0.1·0.04)² against (0.01·0.04)².
func TestBudget(t *testing.T) {
	a := Account{
		Result: agent.Result{KPI: "mill.oil.removal", Unit: "1", Value: 0.96, U: 0.00804, Quality: agent.Good, Terms: []agent.Term{
			{Role: "inlet", Tag: "a", Unit: "kg", Total: 100, USys: 1, Seconds: 3600},
			{Role: "outlet", Tag: "b", Unit: "kg", Total: 4, USys: 0.4, Seconds: 3600},
		}},
		Figure: func(x []float64) (float64, bool) { return 1 - x[1]/x[0], x[0] != 0 },
	}
	for l, want := range map[Lang]string{
		EN: "Where the ± comes from, as shares of the variance: Outlet 99" + thin + "%.",
		ZH: "不确定度的来源（按方差占比）：出口 99" + thin + "%。",
	} {
		if got := a.budgetLine(l); got != want && got != strings.Replace(want, "%.", "%, Inlet 1"+thin+"%.", 1) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	a.Result.U = 0.02 // more than the terms alone give
	if got := a.budgetLine(EN); !strings.Contains(got, "errors that terms share") {
		t.Errorf("got %q, which does not say that the parts are not the whole", got)
	}
	for name, change := range map[string]func(){
		"an accuracy not stated": func() { a.Result.Terms[0].USys = -1 },
		"no figure known":        func() { a.Figure = nil },
		"no uncertainty":         func() { a.Result.U = 0 },
	} {
		change()
		if got := a.budgetLine(EN); got != "" {
			t.Errorf("%s: got %q, want nothing", name, got)
		}
	}
}
