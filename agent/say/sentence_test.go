package say

import (
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

var (
	t0       = time.Date(2025, 11, 22, 6, 3, 22, 0, time.UTC)
	shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
)

// plain makes thin spaces readable in a test.
func plain(s string) string { return strings.ReplaceAll(s, thin, " ") }

func TestEvent(t *testing.T) {
	refused := agent.Reason{Code: agent.NoConnection, Detail: "connection refused"}
	gap := &agent.Gap{Rows: map[string]int{"mill": 12000, "lab": 20}}
	for _, c := range []struct {
		e      agent.Event
		en, zh string
	}{
		{agent.Event{Kind: agent.SourceDown, Key: "mill", Start: t0, Reason: refused},
			"Source mill does not answer: connection refused. Check power and network cable of the PLC.",
			"数据源 mill 无应答：connection refused。请检查 PLC 的电源和网线。"},
		{agent.Event{Kind: agent.SourceDown, Key: "mill", Start: t0, End: t0.Add(32 * time.Minute), Reason: refused},
			"Source mill did not answer for 32 min: connection refused. It answers again.",
			"数据源 mill 曾 32 分钟 无应答：connection refused。现已恢复。"},
		{agent.Event{Kind: agent.TagBad, Key: "mill.c_out", Start: t0, Reason: agent.Reason{Code: agent.OutOfRange}},
			"Tag mill.c_out has no usable value: outside its plausible range. Check the sensor, then scale and range in the configuration.",
			"测点 mill.c_out 没有可用值：超出合理范围。请检查传感器，再核对配置中的比例和量程。"},
		{agent.Event{Kind: agent.GapRecorded, Start: t0, Gap: gap, Reason: agent.Reason{Code: agent.Dropped}},
			"12 020 readings are missing (lab: 20, mill: 12 000): dropped by a bound of the buffer. Give the buffer more room, or mend its disk.",
			"12 020 条读数缺失（lab: 20，mill: 12 000）：本地缓存达到上限而丢弃。请增大本地缓存或修复磁盘。"},
		{agent.Event{Kind: agent.CounterChanged, Key: "mill.oil_total", Start: t0, End: t0, Reason: agent.Reason{Code: agent.CounterWrap}},
			"Totaliser mill.oil_total: totaliser passed its modulus.", "累计表 mill.oil_total：累计表翻转。"},
		{agent.Event{Kind: agent.UpstreamDown, Key: "hq", Start: t0, Reason: agent.Reason{Detail: "503 Service Unavailable."}},
			"Upstream hq takes no deliveries: 503 Service Unavailable. They are kept in the buffer. Check network, address and credentials.",
			"上传目标 hq 不接收数据：503 Service Unavailable。数据保留在本地缓存中。请检查网络、地址和凭据。"},
		{agent.Event{Kind: agent.DiskTrouble, Start: t0, End: t0.Add(time.Minute), Reason: agent.Reason{Code: agent.Refused, Detail: "no space left on device"}},
			"The buffer could not be written for 1 min: no space left on device. It is written again.",
			"本地缓存曾 1 分钟 无法写入：no space left on device。现已恢复。"},
		{agent.Event{Kind: agent.GapRecorded, Start: t0, Gap: gap, Reason: agent.Reason{Code: agent.Aged}},
			"12 020 readings are no longer kept on this PC (lab: 20, mill: 12 000): past the age bound, after delivery to all.",
			"12 020 条读数不再保留在本机（lab: 20，mill: 12 000）：全部送达后超过保存期限。"},
		{agent.Event{Kind: agent.DiskTrouble, Start: t0},
			"The buffer cannot be written: reason not known. Readings wait in memory; what no longer fits is dropped and counted. Check free space and health of the disk.",
			"本地缓存无法写入：原因不明。读数暂存内存；放不下的会被丢弃并计数。请检查磁盘剩余空间和健康状况。"},
		{agent.Event{Kind: agent.TagFrozen, Key: "mill.c_out", Start: t0, Reason: agent.Reason{Code: agent.Frozen}},
			"Tag mill.c_out repeats one value for too long; figures from it that are not closed yet are uncertain. Compare with the instrument's own display; restart its transmitter or analyser.",
			"测点 mill.c_out 的数值长时间不变，由其得出且尚未关闭的指标不确定。请与仪表就地显示对比，并重启变送器或分析仪。"},
		{agent.Event{Kind: agent.TagFrozen, Key: "mill.c_out", Start: t0, End: t0.Add(2 * time.Hour), Reason: agent.Reason{Code: agent.Frozen}},
			"Tag mill.c_out repeated one value for 2 h; figures from it that were not closed by then are uncertain. It is no longer seen to repeat.",
			"测点 mill.c_out 的数值曾 2 小时 不变，由其得出且当时尚未关闭的指标不确定。现已不再重复。"},
		{agent.Event{Kind: "volcano", Key: "etna"}, "volcano etna.", "volcano etna。"},
	} {
		if got := plain(Event(EN, c.e)); got != c.en {
			t.Errorf("Event(EN, %s)\n got %s\nwant %s", c.e.Kind, got, c.en)
		}
		if got := plain(Event(ZH, c.e)); got != c.zh {
			t.Errorf("Event(ZH, %s)\n got %s\nwant %s", c.e.Kind, got, c.zh)
		}
	}
}

func TestReason(t *testing.T) {
	for _, c := range []struct {
		r      agent.Reason
		en, zh string
	}{
		{agent.Reason{}, "", ""},
		{agent.Reason{Detail: "by hand"}, "by hand", "by hand"},
		{agent.Reason{Code: agent.Timeout}, "no answer in time", "应答超时"},
		{agent.Reason{Code: agent.LowCoverage, Detail: "no_connection"}, "too little of the window is covered: no connection", "覆盖率不足：无法连接"},
		{agent.Reason{Code: 250}, "code_250", "code_250"},
	} {
		if got := Reason(EN, c.r); got != c.en {
			t.Errorf("Reason(EN, %v) = %q, want %q", c.r, got, c.en)
		}
		if got := Reason(ZH, c.r); got != c.zh {
			t.Errorf("Reason(ZH, %v) = %q, want %q", c.r, got, c.zh)
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		r             agent.Result
		value, spread string
	}{
		{agent.Result{Value: 0.95876, U: 0.00971, Unit: "1", Quality: agent.Good}, "95.88 %", "± 0.97 %"},
		{agent.Result{Value: 0.95876, U: 0.0124, Unit: "1", Quality: agent.Good}, "95.9 %", "± 1.2 %"},
		{agent.Result{Value: 0.95876, U: 0.00996, Unit: "1", Quality: agent.Good}, "95.9 %", "± 1.0 %"},
		{agent.Result{Value: 0.95876, Unit: "1", Quality: agent.Uncertain}, "95.88 %", ""},
		{agent.Result{Value: 12345.67, U: 321, Unit: "kg", Quality: agent.Good}, "12 346 kg", "± 321 kg"},
		{agent.Result{Value: -0.00001, U: 0.4, Unit: "kg", Quality: agent.Good}, "0.00 kg", "± 0.40 kg"},
		{agent.Result{Value: -3.25, U: 0.4, Unit: "kg", Quality: agent.Good}, "−3.25 kg", "± 0.40 kg"},
		{agent.Result{Value: 0.9, U: 0.1, Unit: "1", Reason: agent.Reason{Code: agent.LowCoverage}}, "insufficient data", ""},
		{agent.Result{Value: 0.9, Unit: "1", Reason: agent.Reason{Code: agent.NoInput}}, "nothing fed in", ""},
		{agent.Result{Value: 1.4, Unit: "1", Reason: agent.Reason{Code: agent.BoundViolated}}, "withheld", ""},
		{agent.Result{Value: math.NaN(), Unit: "1", Quality: agent.Good}, "insufficient data", ""},
	} {
		value, spread := Figure(EN, c.r)
		if plain(value) != c.value || plain(spread) != c.spread {
			t.Errorf("Figure(%+v) = %q, %q, want %q, %q", c.r, plain(value), plain(spread), c.value, c.spread)
		}
	}
}

func result() agent.Result {
	start := time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC)
	lost := []agent.Lost{{Cause: agent.NoConnection, About: "mill", Seconds: 1900}, {Cause: agent.NoConnection, About: "mill", Seconds: 20},
		{Cause: agent.AgentStopped, Seconds: 60}, {Cause: agent.CaughtUp, About: "mill.oil_total", Seconds: -300}}
	return agent.Result{
		KPI: "mill.oil.removal", Unit: "1", Window: agent.Window{Kind: agent.Shift, Start: start, End: start.Add(8 * time.Hour)},
		Value: 0.9588, U: 0.0097, Coverage: 26820. / 28800, Quality: agent.Good, Verdict: agent.Pass, Revision: 2, Factors: []string{"a", "b"},
		Terms: []agent.Term{
			{Role: "inlet", Tag: "mill.q_in × mill.c_in", Unit: "kg", Total: 230.13, Seconds: 26820, USys: 3, URand: 4, Lost: lost},
			{Role: "outlet", Tag: "mill.q_out", Unit: "kg", Total: 9.48123, Seconds: 26820, USys: -1, Lost: lost},
		},
	}
}

// why tells a result without anything to compare it with.
func why(l Lang, r agent.Result) []string {
	a := Account{Result: r, Loc: shanghai}
	return a.Why(l)
}

func TestWhy(t *testing.T) {
	check(t, why(EN, result()), []string{
		"(95.88 ± 0.97) %: value ± expanded uncertainty U (k = 2).",
		"Coverage 93.1 %: 7 h 27 min of 8 h measured.",
		"32 min lost: mill could not be reached.",
		"1 min lost: the agent was not running.",
		"Inlet: (230 ± 10) kg over 7 h 27 min (mill.q_in × mill.c_in).",
		"Outlet: 9.481 kg over 7 h 27 min (mill.q_out).",
		"An estimate, not counted in the figure: at the mean rates measured, the 33 min lost stand for about Inlet 17 kg, Outlet 0.70 kg.",
		"Data quality good.",
		"Target met, even at the worse end of the uncertainty.",
		"No earlier good shift is known to compare with.",
		"Factors used: a, b.",
		"Revision 2: late data changed this result.",
		"Window: 22 Nov 2025 16:00:00 to 23 Nov 2025 00:00:00, Asia/Shanghai.",
	})
	check(t, why(ZH, result()), []string{
		"(95.88 ± 0.97) %：数值 ± 扩展不确定度 U（k = 2）。",
		"覆盖率 93.1 %：8 小时中有 7 小时 27 分钟有效测量。",
		"缺失 32 分钟：mill 无法连接。",
		"缺失 1 分钟：采集程序未运行。",
		"进口：7 小时 27 分钟内共 (230 ± 10) kg（mill.q_in × mill.c_in）。",
		"出口：7 小时 27 分钟内共 9.481 kg（mill.q_out）。",
		"估算值，不计入结果：按测得的平均速率，缺失的 33 分钟约合进口 17 kg、出口 0.70 kg。",
		"数据质量：好。",
		"达标：即使取不确定度的不利一端也达标。",
		"没有已知的、更早的合格班次可供比较。",
		"所用系数：a、b。",
		"第 2 次修订：迟到数据改变了本结果。",
		"统计时段：2025年11月22日 16:00:00 至 2025年11月23日 00:00:00，Asia/Shanghai。",
	})
}

func TestWhyOfAWithheldFigureGivesNoNumberToGuessFrom(t *testing.T) {
	r := result()
	r.Value, r.U, r.Quality, r.Coverage = 0.7771, 0.0777, agent.Bad, 0.41
	r.Reason = agent.Reason{Code: agent.LowCoverage, Detail: agent.NoConnection.String()}
	r.Factors, r.Revision, r.Partial = nil, 0, true
	impossible := r
	impossible.Reason = agent.Reason{Code: agent.BoundViolated, Detail: "1.77 is outside 0 to 1"}
	if got, want := why(EN, impossible)[0], "Withheld: physically impossible."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	check(t, why(EN, r), []string{
		"Insufficient data: too little of the window is covered: mill could not be reached.",
		"Coverage 41 %: 3 h 16 min of 8 h measured.",
		"32 min lost: mill could not be reached.",
		"1 min lost: the agent was not running.",
		"The window is not whole: it was begun or cut within its bounds.",
		"Window: 22 Nov 2025 16:00:00 to 23 Nov 2025 00:00:00, Asia/Shanghai.",
	})
	for _, l := range Langs() {
		if all := strings.Join(why(l, r), " "); strings.Contains(all, "77") || strings.Contains(all, "230") {
			t.Errorf("%v: a withheld figure shows: %s", l, all)
		}
	}
}

func TestWhyOfAnUndecidedVerdict(t *testing.T) {
	r := result()
	r.Verdict = agent.Inconclusive
	within := "Whether the target is met cannot be decided: it lies within the uncertainty."
	if got := why(EN, r)[8]; got != within {
		t.Errorf("got %q, want %q", got, within)
	}
	r.U = 0
	unstated := "Whether the target is met cannot be decided: an instrument's accuracy is not configured."
	if got := why(EN, r)[8]; got != unstated {
		t.Errorf("got %q, want %q", got, unstated)
	}
}

func check(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = plain(got[i])
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d\n got %s\nwant %s", i, g, w)
		}
	}
}

func TestWindow(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2025, 11, day, hour, 0, 0, 0, shanghai).UTC() }
	for _, c := range []struct {
		w      agent.Window
		en, zh string
	}{
		{agent.Window{Kind: agent.Shift, Start: at(22, 16), End: at(23, 0)}, "shift 16:00–24:00, 22 Nov", "班次 16:00–24:00，11月22日"},
		{agent.Window{Kind: agent.Shift, Start: at(22, 8), End: at(22, 16)}, "shift 08:00–16:00, 22 Nov", "班次 08:00–16:00，11月22日"},
		{agent.Window{Kind: agent.Shift, Start: at(22, 20), End: at(23, 8)}, "shift 20:00, 22 Nov – 08:00, 23 Nov", "班次 20:00，11月22日 – 08:00，11月23日"},
		{agent.Window{Kind: agent.Hour, Start: at(22, 23), End: at(23, 0)}, "23:00–24:00, 22 Nov", "23:00–24:00，11月22日"},
		{agent.Window{Kind: agent.Day, Start: at(22, 0), End: at(23, 0)}, "day 22 Nov 2025", "2025年11月22日"},
		{agent.Window{Kind: agent.Day, Start: at(22, 8), End: at(23, 8)}, "day 22 Nov 2025 from 08:00", "2025年11月22日（08:00 起）"},
		{agent.Window{Kind: agent.Week, Start: at(17, 0), End: at(24, 0)}, "week 47 of 2025", "2025年第47周"},
		{agent.Window{Kind: agent.Month, Start: at(1, 0), End: at(31, 0)}, "November 2025", "2025年11月"},
		{agent.Window{Kind: agent.Year, Start: at(1, 0), End: at(31, 0)}, "2025", "2025年"},
	} {
		if got := Window(EN, c.w, shanghai); got != c.en {
			t.Errorf("Window(EN, %s) = %q, want %q", c.w.Kind, got, c.en)
		}
		if got := Window(ZH, c.w, shanghai); got != c.zh {
			t.Errorf("Window(ZH, %s) = %q, want %q", c.w.Kind, got, c.zh)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		en, zh string
	}{
		{0, "0 ms", "0 毫秒"}, {400 * time.Millisecond, "400 ms", "400 毫秒"}, {32 * time.Second, "32 s", "32 秒"},
		{200 * time.Second, "3 min 20 s", "3 分钟 20 秒"}, {32*time.Minute + 9*time.Second, "32 min", "32 分钟"},
		{7*time.Hour + 28*time.Minute, "7 h 28 min", "7 小时 28 分钟"}, {48 * time.Hour, "2 d", "2 天"},
		{76 * time.Hour, "3 d 4 h", "3 天 4 小时"}, {-time.Minute, "−1 min", "−1 分钟"},
		{math.MinInt64, "−106751 d 23 h", "−106751 天 23 小时"},
	} {
		if got := plain(Duration(EN, c.d)); got != c.en {
			t.Errorf("Duration(EN, %v) = %q, want %q", c.d, got, c.en)
		}
		if got := plain(Duration(ZH, c.d)); got != c.zh {
			t.Errorf("Duration(ZH, %v) = %q, want %q", c.d, got, c.zh)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Value(95500.4, "Nm3/h"), "95 500 Nm³/h"},
		{Value(301.25, "mg/Nm3"), "301.25 mg/Nm³"},
		{Value(float64(float32(0.1)), ""), "0.1"},
		{Value(1234567, "kg"), "1 234 567 kg"},
		{Value(0.5, "1"), "0.5"},
		{Value(1e-9, ""), "1e-09"},
		{Value(0, "kg"), "0 kg"},
		{Percent(0.99999), "99.9 %"},
		{Percent(1), "100 %"},
		{Percent(0.9333), "93.3 %"},
		{Bytes(512), "512 B"},
		{Bytes(3.21e8), "306 MiB"},
		{Bytes(1536), "1.50 KiB"},
		{Count(uint64(561540)), "561 540"},
		{Count(1560), "1560"},
		{Rounded(EN, 0.9666, 0.0024, "1"), "96.7 %"},
		{Rounded(EN, 27.5, 0, "kg"), "27.50 kg"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}

func TestTargetAndQuantity(t *testing.T) {
	removal := agent.Quantity{Family: "oil_mist", Key: "removal", Unit: "1"}
	for _, c := range []struct{ target, en, zh string }{
		{"removal >= 0.90", "Removal efficiency ≥ 90 %", "油雾净化效率 ≥ 90 %"},
		{"<= 0.005", "Removal efficiency ≤ 0.5 %", "油雾净化效率 ≤ 0.5 %"},
		{"recovered >= 3", "recovered >= 3", "recovered >= 3"},
		{"removal >= much", "removal >= much", "removal >= much"},
		{"", "", ""},
	} {
		removal.Target = c.target
		if got := plain(Target(EN, removal)); got != c.en {
			t.Errorf("Target(EN, %q) = %q, want %q", c.target, got, c.en)
		}
		if got := plain(Target(ZH, removal)); got != c.zh {
			t.Errorf("Target(ZH, %q) = %q, want %q", c.target, got, c.zh)
		}
	}
	if got := Quantity(ZH, agent.Quantity{Family: "tea", Key: "aroma"}); got != "aroma" {
		t.Errorf("an unknown quantity is called %q, want its key", got)
	}
}

func TestStates(t *testing.T) {
	now := t0
	down := agent.SourceState{OK: 5, Failed: 1, Since: now.Add(-32 * time.Minute), LastGood: now.Add(-32 * time.Minute), Err: agent.Reason{Code: agent.Timeout}}
	full, fine := Buffer(EN, agent.CommitState{Err: "no space left", Since: now.Add(-time.Minute)}, now, shanghai)
	hung, alive := Buffer(EN, agent.CommitState{Since: now.Add(-time.Minute)}, now, shanghai)
	busy, well := Buffer(EN, agent.CommitState{Since: now.Add(-time.Second)}, now, shanghai)
	if fine || alive || !well {
		t.Errorf("Buffer judges full %v, hung %v, busy %v, want false, false, true", fine, alive, well)
	}
	for _, c := range []struct{ got, want string }{
		{Source(EN, agent.SourceState{Up: true}, now, shanghai), "answers"},
		{Source(EN, agent.SourceState{}, now, shanghai), "not asked yet"},
		{Source(EN, agent.SourceState{Failed: 2, Err: agent.Reason{Code: agent.Timeout}}, now, shanghai), "has not answered since the start: no answer in time"},
		{Source(EN, down, now, shanghai), "does not answer since 13:31:22: no answer in time"},
		{Source(ZH, down, now, shanghai), "自 13:31:22 起无应答：应答超时"},
		{Upstream(EN, agent.UpstreamState{}, now, shanghai), "nothing sent yet"},
		{Upstream(EN, agent.UpstreamState{Up: true}, now, shanghai), "takes deliveries"},
		{Upstream(EN, agent.UpstreamState{Up: true, Behind: 3 * time.Hour}, now, shanghai), "takes deliveries, 3 h behind"},
		{Upstream(EN, agent.UpstreamState{Err: "503", Since: now.AddDate(0, 0, -1), NextTry: now.Add(9e9)}, now, shanghai),
			"takes nothing since 21 Nov 14:03:22: 503; next try at 14:03:31"},
		{full, "cannot be written since 14:02:22: no space left"},
		{hung, "the disk has not answered since 14:02:22"},
		{busy, "is written"},
		{Tally(EN, 11, 0, 1), "12 tags: 11 good, 1 bad"},
		{Tally(ZH, 9, 2, 1), "12 个测点：好 9，不确定 2，坏 1"},
		{Chart(EN, 0, 3, 0, 0, "1"), "no figure"},
		{Chart(EN, 21, 2, 0.943, 0.967, "1"), "21 figures from 94.3 % to 96.7 %, 2 windows without a figure"},
		{Instant(EN, time.Time{}, now, shanghai), "–"},
		{Instant(ZH, now.AddDate(-1, 0, 0), now, shanghai), "2024年11月22日 14:03:22"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}
