package say

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func TestEveryRuleHasTexts(t *testing.T) {
	for _, rule := range slices.Sorted(maps.Keys(ruleTexts())) {
		checkPair(t, rule+" means", ruleTexts()[rule].means)
		checkPair(t, rule+" next", ruleTexts()[rule].next)
	}
	for name, p := range figureTexts() {
		if name == "so2" {
			p.zh += "浓度"
		}
		checkPair(t, "figure "+name, p)
	}
	for _, l := range Langs() {
		for _, word := range agent.Severities() {
			if got := Severity(l, word); got == "" || han(got) != (l == ZH) {
				t.Errorf("Severity(%v, %s) = %q", l, word, got)
			}
		}
		for c := agent.Grey; c <= agent.Green; c++ {
			if got := Colour(l, c); got == "" || han(got) != (l == ZH) {
				t.Errorf("Colour(%v, %v) = %q", l, c, got)
			}
		}
	}
}

func TestDiagnosesAreTold(t *testing.T) {
	builtin := agent.Diagnosis{Severity: "warning", Rule: "C3", Figures: []agent.Shown{{Name: "recovery", Value: 0.9712, Unit: "1"}, {Name: "lost_so2", Value: 0.15, Unit: "%"}, {Name: "lost_weak_acid", Value: 2.8, Unit: "%"}}}
	own := agent.Diagnosis{Severity: "alarm", Figures: []agent.Shown{{Name: "mill.c_out", Value: 27.1, Unit: "mg/Nm3"}}, SaysEN: "Stack high.", SaysZH: "出口高。", DoEN: "Call", DoZH: "联系值长"}
	for _, c := range []struct {
		l    Lang
		d    agent.Diagnosis
		over bool
		want string
	}{
		{EN, builtin, false, "Diagnosis purge: recovery is too low, and most of the loss goes with the weak acid: SO3 in the furnace or too much purge, not the catalyst " +
			"(recovery 97.12\u202f%, lost as SO2 0.15\u202f%, lost with the weak acid 2.8\u202f%). Check furnace oxygen and the purge's flow."},
		{ZH, own, false, "诊断 purge：出口高（mill.c_out 27.1\u202fmg/Nm³）。联系值长。"},
		{EN, own, true, "Diagnosis purge: Stack high (mill.c_out 27.1\u202fmg/Nm³). It held for 1\u202fh and is over."},
	} {
		e := agent.Event{Kind: agent.Diagnosed, Key: "purge", Start: t0, Reason: agent.Reason{Code: agent.RuleHolds, Detail: c.d.Detail()}}
		if c.over {
			e.End = t0.Add(time.Hour)
		}
		if got := Event(c.l, e); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	unknown := agent.Event{Kind: agent.Diagnosed, Key: "x", Reason: agent.Reason{Code: agent.RuleHolds, Detail: agent.Diagnosis{Severity: "info", Rule: "Z9.much"}.Detail()}}
	if got := Event(EN, unknown); !strings.Contains(got, "Z9.much") {
		t.Errorf("a rule of a later version: %s", got)
	}
}

func TestRatingsAreTold(t *testing.T) {
	limit := 0.8
	q := agent.Quantity{Unit: "1", Rating: &agent.Rating{Benchmark: .9, Leading: .97, Limit: &limit}}
	if got, want := Rating(EN, q), "benchmark 90\u202f%, leading value 97\u202f%, limit 80\u202f%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Rating(ZH, q), "基准值 90\u202f%，领先值 97\u202f%，限值 80\u202f%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if Rating(EN, agent.Quantity{}) != "" || Score(EN, .625) != "score 0.63 of 1" && Score(EN, .625) != "score 0.62 of 1" {
		t.Errorf("got %q and %q", Rating(EN, agent.Quantity{}), Score(EN, .625))
	}
}
