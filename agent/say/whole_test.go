package say

import (
	"strings"
	"testing"

	"recoup/agent"
)

func TestWholeWindowIsToldBesideTheFigure(t *testing.T) {
	r := agent.Result{Unit: "t", Value: 31.4, U: 0.6, Quality: agent.Uncertain, Estimate: 33, EstimateU: 0.9}
	for l, want := range map[Lang][]string{
		EN: {"Measured (31.40 ± 0.60)", "whole window (33.00 ± 0.90)", "flagged"},
		ZH: {"实测 (31.40 ± 0.60)", "估算值 (33.00 ± 0.90)", "已标注"},
	} {
		for _, text := range want {
			if got := wholeLine(l, r); !strings.Contains(got, text) {
				t.Errorf("got %q, want it to say %q", got, text)
			}
		}
		unstated, none, withheld := r, r, r
		unstated.EstimateU, none.Estimate, withheld.Quality = 0, 0, agent.Bad
		if got := wholeLine(l, unstated); strings.Contains(got, "(33") || !strings.Contains(got, "33") {
			t.Errorf("without an accuracy: got %q", got)
		}
		for _, silent := range []agent.Result{none, withheld} {
			if got := Whole(l, silent) + wholeLine(l, silent); got != "" {
				t.Errorf("got %q, want nothing", got)
			}
		}
	}
}
