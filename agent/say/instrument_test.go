package say

import (
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func TestCalibration(t *testing.T) {
	day := time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC)
	due := func(days int) []agent.Instrument {
		return []agent.Instrument{{Serial: "A-1", Due: day.AddDate(0, 0, days)}}
	}
	for _, c := range []struct {
		register []agent.Instrument
		en, zh   string
		look     bool
	}{
		{nil, "", "", false},
		{[]agent.Instrument{{Serial: "A-1"}}, "A-1, no due date", "A-1，未规定到期日", false},
		{[]agent.Instrument{{Serial: "A-1", From: day.AddDate(0, 0, 3)}}, "no instrument in service yet", "尚无在用仪表", false},
		{due(100), "valid until 2026-03-02 (A-1)", "有效期至 2026-03-02（A-1）", false},
		{due(10), "due on 2025-12-02, in 10 days (A-1)", "2025-12-02 到期，还有 10 天（A-1）", true},
		{due(0), "due on 2025-11-22, in 0 days (A-1)", "2025-11-22 到期，还有 0 天（A-1）", true},
		{due(-1), "overdue since 2025-11-22 (A-1)", "自 2025-11-22 起逾期（A-1）", true},
	} {
		tag := &agent.Tag{Name: "q", Instruments: c.register}
		en, look := Calibration(EN, tag, t0, shanghai)
		zh, _ := Calibration(ZH, tag, t0, shanghai)
		if en != c.en || zh != c.zh || look != c.look {
			t.Errorf("got %q, %q, %v, want %q, %q, %v", en, zh, look, c.en, c.zh, c.look)
		}
	}
	late, fine := &agent.Tag{Name: "q", Instruments: due(-1)}, &agent.Tag{Name: "c", Instruments: due(100)}
	if got, want := Calibrations(EN, []*agent.Tag{late, fine}, t0, shanghai), []string{"calibration of q: overdue since 2025-11-22 (A-1)."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChangesAndDoubtsAreTold(t *testing.T) {
	for word, p := range configWords() {
		if word != "web" && word != "KPI" {
			checkPair(t, word, p)
		}
	}
	run := agent.Event{Kind: agent.AgentRun, Start: t0, Reason: agent.Reason{Detail: "1a2b3c v1"}}
	change := agent.Event{Kind: agent.ConfigChanged, Key: "tag mill.q_in", Start: t0, End: t0, Reason: agent.Reason{Detail: "scale: 1 → 10"}}
	lapse := agent.Event{Kind: agent.MeterOverdue, Key: "mill.q_in", Start: t0, Reason: agent.Reason{Code: agent.Overdue, Detail: "A-1, 2025-11-21"}}
	for _, c := range []struct {
		e      agent.Event
		en, zh string
	}{
		{run, "The agent is running (configuration 1a2b3c).", "采集程序正在运行（配置修订 1a2b3c）。"},
		{change, "Configuration changed, tag mill.q_in: scale: 1 → 10.", "配置已变更，测点 mill.q_in：scale: 1 → 10。"},
		{lapse, "The calibration of mill.q_in is overdue (serial number, due: A-1, 2025-11-21); figures from it are uncertain. Have it calibrated and write the new due date into the register.",
			"mill.q_in 的校准已逾期（出厂编号、到期日：A-1, 2025-11-21），由其得出的指标不确定。请安排校准，并在台账中更新到期日。"},
	} {
		if got := Event(EN, c.e); got != c.en {
			t.Errorf("got %q, want %q", got, c.en)
		}
		if got := Event(ZH, c.e); got != c.zh {
			t.Errorf("got %q, want %q", got, c.zh)
		}
	}
	r := agent.Result{Reason: agent.Reason{Code: agent.Frozen, Detail: "c"}, Doubted: 900,
		Doubts: []agent.Lost{{Cause: agent.Frozen, About: "c", Seconds: 900}, {Cause: agent.Overdue, About: "q", Seconds: 600}}}
	if got, want := doubtLines(EN, r), []string{"10" + thin + "min in doubt: the calibration of q was overdue."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := doubtLines(ZH, r), []string{"10" + thin + "分钟 的读数存疑：q 的校准已逾期。"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
