package say

import (
	"regexp"
	"testing"

	"recoup/agent"
)

// TestWhatTheEngineWritesIsTold: its fixed forms read as Chinese, with the plant's
// own names and numbers as they are.
func TestWhatTheEngineWritesIsTold(t *testing.T) {
	for en, zh := range map[string]string{
		"an accuracy is not stated":                          "有仪表未给出准确度",
		"its definition is no longer known":                  "其定义已无从得知",
		"the register went from 4321 to 12":                  "寄存器由 4321 变为 12",
		"set back by 1h0m0s":                                 "回拨 1h0m0s",
		"set forward by 30s":                                 "前拨 30s",
		"boundary: 一号线":                                      "核算边界：一号线",
		"baseline source: 月报":                                "基准来源：月报",
		"baseline model: declared, standard uncertainty 2 %": "基准模型：由配置给出，标准不确定度 2 %",
		"static factor: 一座熔窑":                                "静态因素：一座熔窑",
		"baseline fit: 12 periods from 2025-01-01 to 2026-01-01, R² 0.987, CV(RMSE) 0.8 %": "基准拟合：2025-01-01 至 2026-01-01 共 12 期，R² 0.987, CV(RMSE) 0.8 %",
		"allocation: none": "分配：不分配",
		"measure orc: 余热发电, since 2026-03-01":                                           "措施 orc：余热发电，自 2026-03-01 起",
		"measure orc: 余热发电, since 2026-03-01 until 2026-09-01":                          "措施 orc：余热发电，2026-03-01 至 2026-09-01",
		"measure orc is compared with: 以前":                                              "措施 orc 的比较对象：以前",
		"measure orc: share 0.8 (其余归他人)":                                                "措施 orc：占 0.8（其余归他人）",
		"estimate: lost time at mean + 2 sd":                                            "估算：缺失时间按均值加 2 倍标准差计",
		"grid.cn 0.5306 kgCO2/kWh (since 2023-01-01, MEE)":                              "grid.cn 0.5306 kgCO2/kWh （自 2023-01-01 起，MEE）",
		"the register went from 9 to 1; it passed 10 2 times in between, by p":          "寄存器由 9 变为 1；按 p 推算，期间越过 10 共 2 次",
		"the register went from 9 to 1; how often it passed 10 in between is not known": "寄存器由 9 变为 1；期间越过 10 的次数不明",
		"they show that no such lot began then":                                         "据此，该批次并非在此开始",
		"the checkpoint of that time cannot be used":                                    "当时的检查点无法使用",
		"the definition has changed since":                                              "此后定义已变更",
		"mill.c_in":                                                                     "mill.c_in",
	} {
		if got := inWord(ZH, en); got != zh {
			t.Errorf("%q: got %q, want %q", en, got, zh)
		}
		if got := inWord(EN, en); got != en {
			t.Errorf("%q: got %q in English", en, got)
		}
	}
	told := Reason(ZH, agent.Reason{Code: agent.ClosureFailed, Detail: "an accuracy is not stated"})
	if regexp.MustCompile("[a-z]{3}").MatchString(told) {
		t.Errorf("got %q", told)
	}
}
