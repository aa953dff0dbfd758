package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/sim"
)

// badNight is a configuration whose buffer holds a day of the mill that ends
// with a bad night: the wash oil was warm, and the PLC was off for half an hour.
func badNight(t *testing.T) (config, page string) {
	t.Helper()
	page = freePort(t)
	config = filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(millConfig, "127.0.0.1:9466", page)), 0o644); err != nil {
		t.Fatal(err)
	}
	a, cfg, err := load(config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(cfg.Plant.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2025, 10, 3, 0, 0, 0, 0, zone).UTC()
	mill := sim.NewMill(1, night.Add(-16*time.Hour-historyStep))
	mill.Schedule(sim.Incident{Kind: sim.WashOilWarm, From: night, To: night.Add(8 * time.Hour)})
	mill.Schedule(sim.Incident{Kind: sim.PLCOff, From: night.Add(3 * time.Hour), To: night.Add(210 * time.Minute)})
	if _, err := agent.Fill(a.Store, a.Calc, a.Board, agenttest.Quiet(), endingAt(history(t.Context(), mill, cfg.Sources[0].Tags), night.Add(9*time.Hour)), 2000); err != nil {
		t.Fatal(err)
	}
	return config, page
}

// recoup runs a command of the program in this process.
func recoup(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, strings.ReplaceAll(o.String(), "\u202f", " "), strings.ReplaceAll(e.String(), "\u202f", " ")
}

func TestWhyNamesTheOutletForTheBadNight(t *testing.T) {
	config, _ := badNight(t)
	for lang, want := range map[string][]string{
		"en": {"Demo Cold Rolling Mill (demo-mill), Demo Aluminium Co., C3252, Demo Park\nRemoval efficiency, shift 00:00–08:00, 3 Oct\n", "30 min lost: mill could not be reached.\n", "An estimate, not counted in the figure",
			"Target missed, even at the better end of the uncertainty.\n", "Last good before: shift 16:00–24:00, 2 Oct, at ",
			"add up to exactly that. Outlet weighs most.\n  Outlet: ", " times as much per hour as then (",
			"\n  Where to look first: temperature and flow of the wash oil, then pressure and temperature of the desorber.\n", "No agent runs here: read from the buffer in "},
		"zh": {"油雾净化效率，班次 00:00–08:00，10月3日\n", "mill 无法连接。\n", "估算值，不计入结果", "此前最近的合格时段：班次 16:00–24:00，10月2日，", "出口影响最大。\n  出口：每小时量为当时的 ", "\n  建议先查：洗油的温度和流量，再查脱附塔的压力和温度。\n", "读自本地缓存 "},
	} {
		code, out, errOut := recoup(t, "why", "-c", config, "mill.oil.removal", "--lang", lang)
		if code != exitDone {
			t.Errorf("%s: exit %d: %s", lang, code, errOut)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%s: it does not say %q:\n%s", lang, text, out)
			}
		}
	}
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	t.Setenv("LANG", "zh_CN.UTF-8")
	_, out, _ := recoup(t, "why", "-c", config, "mill.oil.recovered", "2025-10-03", "night")
	if !strings.Contains(out, "油回收量，班次 00:00–08:00，10月3日") {
		t.Errorf("in a Chinese environment it says:\n%s", out)
	}
}

func TestWhyRefuses(t *testing.T) {
	config, _ := badNight(t)
	for args, want := range map[string]string{
		"mill.oil":                          `kpi "mill.oil" is not known; known: mill.oil.removal, mill.oil.recovered`,
		"mill.oil.removal decade":           `window "decade" is not understood: write for example shift`,
		"mill.oil.removal yesterday":        `no window of the kind "day" that holds `, // the buffer ends in 2025
		"mill.oil.removal 2024-01-01":       `no window of the kind "day" that holds 1 Jan 2024 00:00:00; known: 1, the first from 2 Oct 2025 00:00:00`,
		"mill.oil.removal month":            `no closed window of the kind "month" yet`,
		"mill.oil.removal shift --lang de":  `--lang de: give zh or en`,
		"mill.oil.removal 2025-10-03 23:00": `no window of the kind "shift" that holds 3 Oct 2025 23:00:00; known: 3`,
	} {
		code, out, errOut := recoup(t, append([]string{"why", "-c", config}, strings.Fields(args)...)...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("why %s: exit %d, %q, %q; want exit 2 with %q", args, code, out, errOut, want)
		}
	}
}

func TestWhyAsksTheRunningAgentFirst(t *testing.T) {
	config, page := badNight(t)
	a, _, err := load(config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := a.Store.Load(); err != nil { // which also keeps the buffer from everyone else
		t.Fatal(err)
	}
	start := time.Now().UTC().Truncate(time.Hour)
	a.Board.Show(&agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: 1}, Source: agent.Own, Received: start, Results: []agent.Result{{
		KPI: "mill.oil.removal", Unit: "1", Window: agent.Window{Kind: agent.Shift, Start: start.Add(-8 * time.Hour), End: start},
		Coverage: 0.2, Reason: agent.Reason{Code: agent.LowCoverage},
		Terms: []agent.Term{{Role: "inlet", Lost: []agent.Lost{{Cause: agent.OutOfRange, About: "mill.c_in", Seconds: 23040}}}},
	}}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx) }()
	until(t, "a page", func() bool {
		conn, err := net.Dial("tcp", page)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	code, out, errOut := recoup(t, "why", "-c", config, "mill.oil.removal", "--lang", "en")
	for _, text := range []string{"6 h 24 min lost: mill.c_in was outside its plausible range.", "Asked the running agent at " + page} {
		if !strings.Contains(out, text) {
			t.Errorf("exit %d, it does not say %q:\n%s%s", code, text, out, errOut)
		}
	}
	if code, out, _ := recoup(t, "why", "-c", config, "mill.oil.removal", "2025-10-03", "night", "--lang", "en"); code != exitDone || !strings.Contains(out, "Outlet weighs most.") {
		t.Errorf("a shift of long ago: exit %d, %q", code, out)
	}
	if code, _, errOut := recoup(t, "why", "-c", config, "mill.oil.removal", "2024-01-01"); code != exitUsage || !strings.Contains(errOut, "known: 1, the first from 2 Oct 2025") {
		t.Errorf("a day that nobody knows: exit %d, %q", code, errOut)
	}
	other := filepath.Join(t.TempDir(), "other.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, bytes.ReplaceAll(text, []byte("demo-mill"), []byte("other-mill")), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := recoup(t, "why", "-c", other, "mill.oil.removal"); code != exitFailed || out != "" || !strings.Contains(errOut, "is that of plant demo-mill, not other-mill") {
		t.Errorf("another plant's agent: exit %d, %q, %q", code, out, errOut)
	}
	stop()
	if err := errors.Join(<-done, a.Store.Close()); err != nil {
		t.Error(err)
	}
}

func TestWhyWithoutABuffer(t *testing.T) {
	config := filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(millConfig, "127.0.0.1:9466", freePort(t))), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := recoup(t, "why", "-c", config, "mill.oil.removal")
	if code != exitFailed || !strings.Contains(errOut, "there is no buffer yet") {
		t.Errorf("exit %d, %q, want exit 1: no buffer", code, errOut)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(config), "data")); !os.IsNotExist(err) {
		t.Errorf("asking made a buffer: %v", err)
	}
}
