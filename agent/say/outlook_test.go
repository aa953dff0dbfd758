package say

import (
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

func TestOutlook(t *testing.T) {
	outlook := func(u, room float64, edit func(*agent.Outlook)) agent.Outlook {
		o := agent.Outlook{Quantity: agent.Quantity{KPI: "acid.recovery", Unit: "1", Target: "recovery >= 0.98"}, Goal: 0.98, Value: 0.98, Room: room,
			Reaches: []agent.Reach{{Window: agent.Week, U: u}, {Window: agent.Month, U: u}}, Shares: []agent.Share{{Tag: "feed", Part: 0.71}, {Tag: "lab", Part: 0.28}, {Tag: "x", Part: 0.01}}}
		if edit != nil {
			edit(&o)
		}
		return o
	}
	for name, c := range map[string]struct {
		o      agent.Outlook
		en, zh string
	}{
		"scarce": {outlook(0.0119, 0.02, nil),
			"acid.recovery: the best reachable U is ±1.19 points over a month: 98 % cannot be shown in practice, it would take a figure of 99.2 % or more; of its variance come from feed 71 %, lab 28 %.",
			"acid.recovery：可达到的最小 U 为 ±1.19 个百分点（月）：实际上无法证明 98 %：测得值须不低于 99.2 %；方差来源：feed 占 71 %、lab 占 28 %。"},
		"shown": {outlook(0.0028, 0.02, func(o *agent.Outlook) { o.Reaches[0].U = 0.005; o.Shares = nil }),
			"acid.recovery: the best reachable U is ±0.280 points over a month (week ±0.500 points): 98 % is shown by figures of 98.28 % and more.",
			"acid.recovery：可达到的最小 U 为 ±0.280 个百分点（月）（周 ±0.500 个百分点）：测得值不低于 98.28 % 即可证明 98 %。"},
		"never": {outlook(0.03, 0.02, func(o *agent.Outlook) { o.Shares, o.Assumed = nil, []string{"feed"} }),
			"acid.recovery: the best reachable U is ±3.00 points over a month: 98 % cannot be shown, because more than is possible would have to be measured. This assumes the middle of the range of feed; usual: says better.",
			"acid.recovery：可达到的最小 U 为 ±3.00 个百分点（月）：无法证明 98 %：须测得物理上不可能的数值。以上对 feed 取量程中值；用 usual 给出常用值更准确。"},
		"at most": {outlook(0.003, math.Inf(1), func(o *agent.Outlook) { o.Shares, o.AtMost = nil, true }),
			"acid.recovery: the best reachable U is ±0.300 points over a month: 98 % is shown by figures of 97.70 % and less.",
			"acid.recovery：可达到的最小 U 为 ±0.300 个百分点（月）：测得值不高于 97.70 % 即可证明 98 %。"},
		"at most, scarce": {outlook(0.003, 0.004, func(o *agent.Outlook) { o.Shares, o.AtMost = nil, true }),
			"acid.recovery: the best reachable U is ±0.300 points over a month: 98 % cannot be shown in practice, it would take a figure of 97.70 % or less.",
			"acid.recovery：可达到的最小 U 为 ±0.300 个百分点（月）：实际上无法证明 98 %：测得值须不高于 97.70 %。"},
		"elsewhere": {outlook(2, math.Inf(1), func(o *agent.Outlook) { o.Unit, o.Goal, o.Value, o.Shares = "kg", 100, 5000, nil }),
			"acid.recovery: the best reachable U is ±2.00 kg over a month: at the usual 5000.0 kg.",
			"acid.recovery：可达到的最小 U 为 ±2.00 kg（月）：按常用值 5000.0 kg。"},
		"unstated": {outlook(0, 0, func(o *agent.Outlook) { o.Unstated = strings.Split("abcdefg", "") }),
			"acid.recovery: its uncertainty cannot be stated, because no accuracy is configured of a, b, c, d, e and 2 more.",
			"acid.recovery：无法给出不确定度，因为以下测点未配置准确度：a、b、c、d、e 及另外 2 个。"},
		"unknown": {outlook(0, 0, func(o *agent.Outlook) { o.Unknown = []string{"feed"} }),
			"acid.recovery: what can be shown of its target is not known; give usual: or range: to feed.",
			"acid.recovery：无法预估能否证明达标；请为以下测点配置 usual 或 range：feed。"},
		"no figure": {outlook(0, 0, func(o *agent.Outlook) { o.Reaches, o.Why = nil, agent.Reason{Code: agent.BoundViolated, Detail: "1.2"} }),
			"acid.recovery: what can be shown of its target is not known: physically impossible.",
			"acid.recovery：无法预估能否证明达标：物理上不可能。"},
		"no target": {agent.Outlook{}, "", ""},
	} {
		if got := plain(Outlook(EN, c.o)); got != c.en {
			t.Errorf("%s\n got %s\nwant %s", name, got, c.en)
		}
		if got := plain(Outlook(ZH, c.o)); got != c.zh {
			t.Errorf("%s\n got %s\nwant %s", name, got, c.zh)
		}
	}
}
