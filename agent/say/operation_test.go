package say

import (
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func TestStateWords(t *testing.T) {
	for word, text := range stateTexts() {
		checkPair(t, word, text)
	}
	if got := StateWord(ZH, "rolling"); got != "rolling" {
		t.Errorf("got %q for a state of another version, want the word", got)
	}
}

func TestRunOnlyIsToldBesideAllIn(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	lost := []agent.Lost{
		{Cause: agent.OutsideStates, About: "start", Seconds: 6600}, {Cause: agent.Timeout, About: "mill", Seconds: 2220},
	}
	a := Account{
		Quantity: agent.Quantity{KPI: "mill.oil.removal", Family: "oil_mist", Key: "removal", Unit: "1", RunOnly: "run+idle"}, Loc: time.UTC,
		Result: agent.Result{KPI: "mill.oil.removal", Unit: "1", States: "run+idle", Value: 0.96, U: 0.01, Coverage: 0.9, Quality: agent.Good,
			Window: agent.Window{Kind: agent.Shift, Start: start, End: start.Add(8 * time.Hour)},
			Terms:  []agent.Term{{Role: "inlet", Tag: "x", Unit: "kg", Total: 10, Seconds: 19980, Lost: lost}}},
	}
	for l, want := range map[Lang][]string{
		EN: {"Run only (run, idle): 6 h 10 min of 8 h count; left out: 1 h 50 min start.", "Coverage 90 %: 5 h 33 min of 6 h 10 min measured."},
		ZH: {"仅运行（运行、空载）：8 小时中计入 6 小时 10 分钟；未计入：启动 1 小时 50 分钟。", "覆盖率 90 %：6 小时 10 分钟中有 5 小时 33 分钟有效测量。"},
	} {
		lines := a.Why(l)
		for _, line := range want {
			if !slices.ContainsFunc(lines, func(s string) bool { return plain(s) == plain(line) }) {
				t.Errorf("got\n%s\nwant among them\n%s", strings.Join(lines, "\n"), line)
			}
		}
		if text := strings.Join(lines, "\n"); strings.Contains(text, "leaves out") || strings.Contains(text, "不统计") {
			t.Errorf("got\n%s\nwant the start told as left out, not as lost", text)
		}
	}
	if got, want := a.Title(EN), "Removal efficiency · run only (run, idle), shift 00:00–08:00, 2 Mar"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	a.Result.States = ""
	if got, want := a.Title(ZH), "油雾净化效率 · 全部状态，班次 00:00–08:00，3月2日"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhollyOutsideIsTold(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	r := agent.Result{States: "run", Reason: agent.Reason{Code: agent.OutsideStates, Detail: "stop"}, Window: agent.Window{Kind: agent.Hour, Start: start, End: start.Add(time.Hour)},
		Terms: []agent.Term{{Lost: []agent.Lost{{Cause: agent.OutsideStates, About: "stop", Seconds: 3600}}}}}
	a := Account{Quantity: agent.Quantity{Family: "oil_mist", Key: "removal", RunOnly: "run"}, Result: r, Loc: time.UTC}
	for l, want := range map[Lang]string{
		EN: "Not in operation: the plant was in state stop, which this figure leaves out.",
		ZH: "未在统计工况：装置处于“停机”状态，该指标不统计。",
	} {
		if got := a.Why(l)[0]; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if slices.ContainsFunc(a.Why(l), func(s string) bool { return strings.Contains(s, "Coverage") || strings.Contains(s, "覆盖率") }) {
			t.Errorf("got %v, want no coverage of nothing", a.Why(l))
		}
	}
}

func TestLotIsNamed(t *testing.T) {
	start := time.Date(2026, 3, 2, 14, 3, 0, 0, time.UTC)
	w := agent.Window{Kind: agent.Lot, ID: "4711-A", Start: start, End: start.Add(22 * time.Minute)}
	for l, want := range map[Lang]string{EN: "lot 4711-A, 14:03–14:25, 2 Mar", ZH: "批次 4711-A，14:03–14:25，3月2日"} {
		if got := Window(l, w, time.UTC); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
