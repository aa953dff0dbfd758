package say

import (
	"strings"

	"recoup/agent"
)

// StateWord names a state of the plant, the word in the configuration when
// unknown.
func StateWord(l Lang, word string) string {
	if p, ok := stateTexts()[word]; ok {
		return p.in(l)
	}
	return word
}

func stateTexts() map[string]pair {
	return map[string]pair{
		"run":         {"run", "运行"},
		"idle":        {"idle", "空载"},
		"start":       {"start", "启动"},
		"stop":        {"stop", "停机"},
		"bypass":      {"bypass", "旁路"},
		"maintenance": {"maintenance", "检修"},
		"calibration": {"calibration", "校准"},
		"standby":     {"standby", "待机"},
	}
}

// Variant tells which of the two figures of a quantity a result is: "all in" or
// "run only (run, idle)"; "" where there is only one.
func Variant(l Lang, q agent.Quantity, states string) string {
	switch {
	case states != "":
		return pair{"run only ({s})", "仅运行（{s}）"}.fill(l, "s", statesOf(l, states))
	case q.RunOnly != "":
		return pair{"all in", "全部状态"}.in(l)
	}
	return ""
}

// Named names what a quantity computes and which of its figures is meant.
func Named(l Lang, q agent.Quantity, states string) string {
	name := Quantity(l, q)
	if variant := Variant(l, q, states); variant != "" {
		name += " · " + variant
	}
	return name
}

func statesOf(l Lang, states string) string {
	var all []string
	for _, word := range strings.Split(states, "+") {
		all = append(all, StateWord(l, word))
	}
	return strings.Join(all, pair{", ", "、"}.in(l))
}

// Outside gives the time in states that a result does not count, by state,
// longest first.
func Outside(r agent.Result) (all []agent.Lost) {
	for _, lost := range away(r) {
		if lost.Cause == agent.OutsideStates {
			all = append(all, lost)
		}
	}
	return all
}

// countable gives the seconds of a window that are to be measured.
func countable(r agent.Result) float64 {
	all := r.Window.End.Sub(r.Window.Start).Seconds()
	for _, lost := range Outside(r) {
		all -= lost.Seconds
	}
	return max(all, 0)
}

// statesLine tells how much of the window a run-only figure is about, and what
// it leaves out; "" for an all-in one.
func statesLine(l Lang, r agent.Result) string {
	if r.States == "" {
		return ""
	}
	var left []string
	for _, lost := range Outside(r) {
		left = append(left, pair{"{t} {state}", "{state} {t}"}.fill(l, "t", Seconds(l, lost.Seconds), "state", StateWord(l, lost.About)))
	}
	if left == nil {
		return pair{"Run only ({s}): the whole window counts, no time was in another state.", "仅运行（{s}）：整个时段均计入，没有其他工况。"}.fill(l, "s", statesOf(l, r.States))
	}
	return pair{"Run only ({s}): {t} of {all} count; left out: {left}.", "仅运行（{s}）：{all}中计入 {t}；未计入：{left}。"}.fill(l,
		"s", statesOf(l, r.States), "t", Seconds(l, countable(r)), "all", Seconds(l, r.Window.End.Sub(r.Window.Start).Seconds()),
		"left", strings.Join(left, pair{", ", "、"}.in(l)))
}
