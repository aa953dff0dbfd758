package say

import (
	"math"
	"math/bits"
	"testing"

	"recoup/agent"
)

// TestDoubtNamesTheTag: of a doubted figure, the cause and where it lies.
func TestDoubtNamesTheTag(t *testing.T) {
	for _, c := range []struct {
		reason agent.Reason
		en, zh string
	}{
		{agent.Reason{Code: agent.Frozen, Detail: "mill.c_in"}, "mill.c_in repeated one value for too long", "mill.c_in 的数值长时间不变"},
		{agent.Reason{Code: agent.Frozen}, "an input repeated one value for too long", "某个输入 的数值长时间不变"},
		{agent.Reason{Code: agent.DeviceDoubt, Detail: "mill.q_out"}, "mill.q_out was called uncertain by the device", "mill.q_out 被设备标记为不确定"},
		{agent.Reason{Code: agent.DeviceDoubt}, "called uncertain by the device", "设备标记为不确定"},
		{agent.Reason{Code: agent.CounterReset, Detail: "mill.q_in"}, "totaliser mill.q_in began anew, so that the total is a lower bound", "累计表 mill.q_in 重新计数，合计为下限"},
		{agent.Reason{Code: agent.DeviceDoubt, Detail: "lamp 3 on"}, "called uncertain by the device: lamp 3 on", "设备标记为不确定：lamp 3 on"},
		{agent.Reason{Code: agent.DeviceDoubt, Detail: "mill"}, "called uncertain by the device: mill", "设备标记为不确定：mill"},
		{agent.Reason{Code: agent.TrendOnly, Detail: "week"}, "a trend only: this figure is for windows of one week and longer", "仅供观察趋势：该指标适用的最短时段为周"},
		{agent.Reason{Code: agent.TrendOnly}, "a trend only: this figure is for longer windows", "仅供观察趋势：该指标适用于更长的时段"},
	} {
		r := result()
		r.Quality, r.Reason = agent.Uncertain, c.reason
		for l, want := range map[Lang]string{EN: c.en, ZH: c.zh} {
			if got := Doubt(l, r); got != want {
				t.Errorf("%v in %v: got %q, want %q", c.reason, l, got, want)
			}
			line := map[Lang]string{EN: "Data quality uncertain: " + want + ".", ZH: "数据质量：不确定，" + want + "。"}[l]
			if got := why(l, r)[7]; got != line {
				t.Errorf("%v in %v: got %q, want %q", c.reason, l, got, line)
			}
		}
	}
}

func TestInputsOfAFormula(t *testing.T) {
	r := agent.Result{Terms: []agent.Term{{Tag: "ft201 × acid in volume(at201, tt201)"}, {Tag: "ft240 × at240"}}}
	for text, want := range map[string]bool{"ft201": true, "at201": true, "tt201": true, "at240": true, "ft2": false, "": false, "×": false} {
		if got := isInput(r, text); got != want {
			t.Errorf("%q is an input: %v, want %v", text, got, want)
		}
	}
}

// TestWordOrderReadsWell has what the reading's own judge says of a float whose
// words, or bytes, came in another order.
func TestWordOrderReadsWell(t *testing.T) {
	tag := &agent.Tag{Name: "boiler.t", Range: &agent.Range{Lo: 100, Hi: 1000}}
	raw := math.Float32bits(600.1)
	for _, c := range []struct {
		raw    uint32
		en, zh string
	}{
		{bits.RotateLeft32(raw, 16), "its words exchanged", "两个字对调"},
		{bits.ReverseBytes32(raw), "its bytes reversed", "四个字节倒序"},
		{bits.RotateLeft32(bits.ReverseBytes32(raw), 16), "the bytes of its words exchanged", "字内两字节对调"},
	} {
		_, why := tag.Judge(agent.Float32Value(math.Float32frombits(c.raw)))
		if got, want := Reason(EN, why), "wrong byte or word order: plausible with "+c.en; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := Reason(ZH, why), "字节序或字序错误：若按以下顺序解读则合理："+c.zh; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	lost := agent.Lost{Cause: agent.WordOrder, About: tag.Name, Seconds: 1800}
	check(t, []string{lossLine(EN, lost), lossLine(ZH, lost)},
		[]string{"30 min lost: boiler.t came in a wrong byte or word order.", "缺失 30 分钟：boiler.t 的字节序或字序错误。"})
}
