package web

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

func TestPageInBothLanguages(t *testing.T) {
	for _, l := range say.Langs() {
		b := board(t)
		snap := snapshot(b)
		golden(t, "page."+l.String()+".html", string(server(t, b, nil).html("page.html", l, &snap, metricsOfParts())))
	}
}

func TestPageSaysWhatMatters(t *testing.T) {
	b := board(t)
	snap := snapshot(b)
	s := server(t, b, nil)
	for l, sentences := range map[say.Lang][]string{
		say.EN: {
			`<html lang="en">`, "<title>Example Cold Mill 2 · recoup</title>", "only read requests", "95.88\u202f%", "± 0.97\u202f%", "target met",
			"insufficient data", "covered: mill could not be reached", "totaliser began anew", "connection refused", "Check power and network cable of the PLC.",
			"takes nothing since 14:02:12: 503 Service Unavailable", "12\u202f020 readings are missing", "all times in Asia/Shanghai",
		},
		say.ZH: {
			`<html lang="zh-CN">`, "只向 PLC 发送读请求", "95.88\u202f%", "达标", "数据不足", "mill 无法连接", "累计表重新计数", "请检查 PLC 的电源和网线。",
			"条读数缺失", "时间均为 Asia/Shanghai", "油雾净化效率", "油回收量", "当前班次", "覆盖率", "进口烟气流量",
		},
	} {
		page := string(s.html("page.html", l, &snap, metricsOfParts()))
		for _, want := range sentences {
			if !strings.Contains(page, want) {
				t.Errorf("%v: the page does not say %q", l, want)
			}
		}
		if strings.Contains(page, "77.77") || strings.Contains(page, "777.7") {
			t.Errorf("%v: the page shows a withheld figure", l)
		}
		if strings.Contains(page, "41.7") || strings.Contains(page, "4096") {
			t.Errorf("%v: the page shows a value that is bad or no longer true", l)
		}
		if strings.Contains(page, " style=") || strings.Contains(page, "<script>") || strings.Contains(page, "onclick") {
			t.Errorf("%v: the page has inline code or style, which its policy forbids", l)
		}
	}
}

// TestGlance: with several KPIs the page begins with the newest shift of each.
func TestGlance(t *testing.T) {
	b := board(t)
	snap := snapshot(b)
	alone := string(server(t, b, nil).html("page.html", say.EN, &snap, nil))
	snap.Quantities = append(slices.Clone(snap.Quantities), agent.Quantity{KPI: "glass.power.share_net", Name: "glass.power", Family: "waste_heat_power", Key: "share_net", Unit: "1"})
	both := string(server(t, b, nil).html("page.html", say.EN, &snap, nil))
	if strings.Contains(alone, `class="tiles glance"`) {
		t.Error("a single KPI is shown twice")
	}
	_, top, _ := strings.Cut(both, `class="tiles glance"`)
	top, _, _ = strings.Cut(top, "<article")
	for _, want := range []string{`href="#kpi-mill.oil"`, "95.88\u202f%", "± 0.97\u202f%", "Coverage 93.3", "target met", `href="#kpi-glass.power"`, "none closed yet"} {
		if !strings.Contains(top, want) {
			t.Errorf("the top of the page does not say %q:\n%s", want, top)
		}
	}
	if strings.Contains(top, "Recovered oil") {
		t.Error("the top has more than one figure of a KPI")
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*agent.Snapshot)
		level  string
		says   string
	}{
		{"all well", func(*agent.Snapshot) {}, "well", "No trouble: all sources answer, all tags are good, the buffer is written."},
		{"nothing read", func(s *agent.Snapshot) { s.Newest = agent.Mark{}; s.Tags = nil }, "attention", "Starting: nothing has been read yet."},
		{"source down", func(s *agent.Snapshot) { s.Sources[0].Up = false }, "trouble", "Source mill does not answer since 05:03:22."},
		{"commit fails", func(s *agent.Snapshot) { s.Commit.Err, s.Commit.Since = "no space left on device", now }, "trouble",
			"The buffer cannot be written since 14:03:22: no space left on device. Check free space and health of the disk."},
		{"upstream down", func(s *agent.Snapshot) { s.Upstreams[0].Up, s.Upstreams[0].Err = false, "503" }, "attention",
			"Upstream hq takes nothing since 14:02:12: 503; next try at 14:03:42. Check network, address and credentials."},
		{"upstream far behind", func(s *agent.Snapshot) { s.Upstreams[0].Behind = time.Hour }, "attention", "Upstream hq takes deliveries, 1\u202fh behind."},
		{"tag uncertain", func(s *agent.Snapshot) { s.Tags[0].Quality = agent.Uncertain }, "attention", "2 tags: 1 good, 1 uncertain."},
		{"gap open", func(s *agent.Snapshot) {
			s.Active = append(s.Active, agent.Event{Kind: agent.ClockStepped, Start: now, Reason: agent.Reason{Detail: "by 3 s"}})
		}, "attention", "Clock of this PC: by 3 s. Let the PC keep its time by NTP."},
	} {
		b := board(t)
		snap := snapshot(b)
		snap.Sources, snap.Active, snap.Tags = snap.Sources[:1], nil, []agent.TagState{snap.Tags[0], snap.Tags[1]}
		snap.Upstreams[0].Up, snap.Upstreams[0].Err = true, ""
		c.change(&snap)
		got := server(t, b, nil).viewOf(say.EN, &snap, nil).Status
		if got.Level != c.level || len(got.Sentences) == 0 || got.Sentences[0] != c.says {
			t.Errorf("%s: got %s %q, want %s %q", c.name, got.Level, got.Sentences, c.level, c.says)
		}
	}
}

func TestForeignTextCannotBecomeCode(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	list := []*agent.Tag{{Name: evil, Unit: evil, Source: evil, LabelEN: evil}}
	q := []agent.Quantity{{KPI: evil, Name: evil, Family: evil, Key: evil, Unit: evil, Target: evil}}
	plant := agent.Plant{ID: evil, Name: evil, Company: agent.Company{Name: evil, Park: evil}}
	b := agent.NewBoard(agent.Clock{Wall: func() time.Time { return now }}, plant, evil, list, []string{evil}, []string{evil}, q)
	result := removal(agent.Hour, now.Truncate(time.Hour).Add(-time.Hour), time.Hour, 0.9)
	result.KPI, result.Unit, result.Factors, result.States, result.Terms[0].Tag = evil, evil, []string{evil}, evil, evil
	shift := result
	shift.Window.Kind = agent.Shift
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 1}, Source: agent.Own, Received: now, Results: []agent.Result{result, shift},
		Readings: []agent.Reading{{Tag: list[0], Time: now, Value: agent.TextValue(evil), Quality: agent.Uncertain, Reason: agent.Reason{Detail: evil}}},
		Events:   []agent.Event{{Kind: evil, Key: evil, Start: now, Reason: agent.Reason{Detail: evil}}, {Kind: agent.SourceDown, Key: evil, Start: now, End: now}}})
	snap := b.Snapshot()
	snap.Sources[0].Up, snap.Upstreams[0].Err = true, evil
	page := string(server(t, b, nil).html("page.html", say.EN, &snap, []agent.Metric{
		{Name: "recoup_gap_readings_total", Labels: []agent.Label{{Name: "cause", Value: evil}}, Value: 1}}))
	if n := strings.Count(page, "alert(1)"); n < 20 {
		t.Errorf("only %d of the foreign texts are shown: the test does not see them all", n)
	}
	for _, forbidden := range []string{"<script>", "<img", `"'>`} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page contains %s as it came from outside", forbidden)
		}
	}
}

func TestPageOfAnEmptyPlant(t *testing.T) {
	b := agent.NewBoard(agent.Clock{Wall: func() time.Time { return now }}, agent.Plant{Name: "P"}, "v", nil, nil, nil, nil)
	for path, want := range map[string]string{
		"/?lang=en": "No KPI is configured", "/?lang=zh": "未配置指标", "/live?lang=en": "Starting: nothing has been read yet.",
	} {
		w := httptest.NewRecorder()
		server(t, b, nil).routes.ServeHTTP(w, request("GET", path))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s = %d without %q", path, w.Code, want)
		}
	}
}

func TestLanguageOfARequest(t *testing.T) {
	for _, c := range []struct {
		path, accept string
		want         string
	}{
		{"/", "", "en"}, {"/", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"}, {"/", "en-GB,zh;q=0.9", "en"}, {"/", "de, zh;q=0.3, en;q=0.2", "zh-CN"},
		{"/", "zh;q=0, en;q=0.1", "en"}, {"/", "zh;q=nonsense", "en"}, {"/?lang=zh", "en", "zh-CN"}, {"/?lang=en", "zh", "en"}, {"/?lang=xx", "zh", "zh-CN"},
	} {
		r := request("GET", c.path)
		r.Header.Set("Accept-Language", c.accept)
		w := httptest.NewRecorder()
		server(t, board(t), nil).routes.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); got != c.want {
			t.Errorf("GET %s, %q: language %s, want %s", c.path, c.accept, got, c.want)
		}
		if lang := c.want[:2]; !strings.Contains(w.Body.String(), `data-live="/live?lang=`+lang+`"`) {
			t.Errorf("GET %s, %q: the refresh does not keep the language %s", c.path, c.accept, lang)
		}
	}
}

func TestManyTagsAreCutAndSaidSo(t *testing.T) {
	b, snap := crowd(shownTags + 7)
	snap.Tags[shownTags+3].Quality = agent.Bad
	v := server(t, b, nil).viewOf(say.EN, &snap, nil)
	if len(v.Tags) != shownTags || v.More != 7 {
		t.Errorf("%d tags shown, %d more, want %d and 7", len(v.Tags), v.More, shownTags)
	}
	if v.Tags[0].Class != "bad" {
		t.Errorf("the first tag shown is %s, want the bad one first", v.Tags[0].Class)
	}
}

func crowd(n int) (*agent.Board, agent.Snapshot) {
	var list []*agent.Tag
	batch := &agent.Batch{Mark: agent.Mark{Seq: 1}, Source: "mill", Received: now}
	for i := range n {
		tag := &agent.Tag{Name: fmt.Sprintf("mill.tag_%04d", i), Unit: "mg/Nm3", Source: "mill", Index: i, Every: time.Second}
		list = append(list, tag)
		batch.Readings = append(batch.Readings, agent.Reading{Tag: tag, Time: now, Value: agent.Float32Value(float32(i) * 1.37), Quality: agent.Good})
	}
	b := agent.NewBoard(agent.Clock{Wall: func() time.Time { return now }}, shanghai, "v", list, []string{"mill"}, nil, quantities())
	b.Show(batch)
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 2}, Source: agent.Own, Received: now, Results: results()})
	snap := b.Snapshot()
	snap.Sources[0].Up = true
	return b, snap
}

func BenchmarkPage(b *testing.B) {
	for _, n := range []int{10, 1000} {
		board, snap := crowd(n)
		s := server(b, board, nil)
		b.Run(fmt.Sprint(n, "tags"), func(b *testing.B) {
			size := 0
			for b.Loop() {
				size = len(s.html("page.html", say.ZH, &snap, nil))
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// TestDiagnosesComeFirstAndSayWhatToDo: the gravest on top, with words beside
// every colour.
func TestDiagnosesComeFirstAndSayWhatToDo(t *testing.T) {
	b := board(t)
	snap := snapshot(b)
	s := server(t, b, nil)
	for l, want := range map[say.Lang][]string{
		say.EN: {"2 diagnoses are active", "alarm</td>", "Stack &lt;high&gt;", "Call the shift leader.", "warning</td>", "the wash oil is warm", "usual 12.4", "Check the wash-oil cooler", "demister", "Over",
			"not the official code", "benchmark 90\u202f%, leading value 97\u202f%", "Local rating: green, score 0.84 of 1"},
		say.ZH: {"有 2 条诊断", "报警</td>", "出口浓度偏高", "联系值长。", "警告</td>", "洗油温度偏高", "请检查洗油冷却器", "并非官方评级", "基准值 90\u202f%", "本地评级: 绿，得分 0.84"},
	} {
		page := string(s.html("page.html", l, &snap, metricsOfParts()))
		at := 0
		for _, text := range want {
			next := strings.Index(page, text)
			if next < 0 {
				t.Errorf("%v: the page does not say %q", l, text)
			}
			if strings.HasSuffix(text, "</td>") && next < at {
				t.Errorf("%v: %q stands before what is graver", l, text)
			}
			at = next
		}
	}
}
