package say

import (
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

// told is a figure of a family now and then, by hand.
type told struct {
	family, key string
	roles       string
	then, now   []float64
	figure      func([]float64) (float64, bool)
}

func (x told) account(edit func(then, now *agent.Result)) Account {
	q := agent.Quantity{KPI: "x." + x.key, Family: x.family, Key: x.key, Unit: "1"}
	shift := func(before int, totals []float64) agent.Result {
		r := shiftOf(before, 1, 0, 28800)
		r.KPI, r.Terms, r.U = q.KPI, nil, 0.001
		for i, role := range strings.Fields(x.roles) {
			r.Terms = append(r.Terms, agent.Term{Role: role, Unit: "kg", Tag: role, Total: totals[i], Seconds: 28800, USys: 1})
		}
		r.Value, _ = x.figure(totals)
		return r
	}
	then, now := shift(1, x.then), shift(0, x.now)
	if edit != nil {
		edit(&then, &now)
	}
	a := Account{Quantity: q, Result: now, Figure: x.figure, Loc: shanghai}
	a.Compare([]agent.Result{then})
	return a
}

// hint gives the advice among the sentences, without its opening.
func (x told) hint(l Lang, edit func(then, now *agent.Result)) string {
	a := x.account(edit)
	opening := pair{"Where to look first: ", "建议先查："}.in(l)
	found := ""
	for _, line := range a.changeLines(l) {
		if rest, is := strings.CutPrefix(line, opening); is {
			found += rest
		}
	}
	return found
}

func lossOf(x []float64) (float64, bool) {
	sum := 0.0
	for _, v := range x[1:] {
		sum += v
	}
	return 1 - sum/x[0], x[0] > 0
}

func netShare(x []float64) (float64, bool) {
	net := x[0] - x[1]
	return net / (x[2] - x[3] + net), true
}

// power and acid have the terms of the families in their order.
func power(then, now []float64) told {
	return told{"waste_heat_power", "share_net", "gross auxiliaries import export", then, now, netShare}
}

func acid(now ...float64) told {
	return told{"acid_recovery", "recovery_loss", "feed so2 mist weak_acid", []float64{20000, 60, 10, 200}, now, lossOf}
}

func TestHints(t *testing.T) {
	usual := []float64{2000, 200, 6000, 100}
	open := func(x []float64) (float64, bool) { return (x[0] - x[1]) / x[0], true }
	for name, c := range map[string]struct {
		told
		en, zh string // beginnings; "" for no advice
	}{
		"much more oil leaves": {told{"oil_mist", "removal", "inlet outlet", []float64{230, 11}, []float64{231, 80}, lossOf},
			"temperature and flow of the wash oil, then pressure", "洗油的温度和流量"},
		"less oil comes in":     {told{"oil_mist", "removal", "inlet outlet", []float64{230, 11}, []float64{60, 11}, lossOf}, "", ""},
		"the purge doubled":     {acid(20000, 60, 10, 420), "oxygen in the furnace and the flow of the purge, rather than the catalyst.", "炉内氧含量和稀酸排放流量，而不是催化剂。"},
		"SO2 rose":              {acid(20000, 260, 10, 205), "inlet temperatures of the converter's beds, then the catalyst.", "转化器各段进口温度"},
		"mist rose":             {acid(20000, 60, 300, 200), "pressure drop of the mist eliminator", "除雾器压差"},
		"less was fed in":       {acid(10000, 60, 10, 200), "", ""},
		"losses fell":           {acid(20000, 30, 5, 100), "", ""},
		"generation fell":       {power(usual, []float64{1400, 200, 6600, 100}), "flow and pressure of the steam", "蒸汽流量"},
		"only the site grew":    {power(usual, []float64{2000, 200, 8000, 100}), "what at the site draws more power", "厂内哪些设备用电增加"},
		"the grid stood in":     {power([]float64{5000, 200, 1500, 100}, []float64{4000, 200, 2500, 100}), "flow and pressure of the steam", "蒸汽流量"},
		"auxiliaries doubled":   {power(usual, []float64{2000, 600, 6050, 100}), "pumps and fans of the power plant", "余热电站的水泵和风机"},
		"auxiliaries as before": {power(usual, []float64{2000, 201, 6000, 100}), "", ""},
		"the boiler fouled": {told{"waste_heat_power", "heat_recovery", "stack_heat flue_heat", []float64{3000, 9000}, []float64{4200, 9000},
			func(x []float64) (float64, bool) { return 1 - x[0]/x[1], true }}, "soot on the boiler's surfaces", "锅炉受热面积灰"},
		"a loss that grew": {told{"acid_recovery", "loss", "so2 mist", []float64{60, 10}, []float64{200, 10},
			func(x []float64) (float64, bool) { return x[0] + x[1], true }}, "inlet temperatures of the converter", "转化器"},
		"more was fed in":              {told{"acid_recovery", "feed", "feed", []float64{100}, []float64{300}, func(x []float64) (float64, bool) { return x[0], true }}, "", ""},
		"the balance opened upwards":   {told{"acid_recovery", "closure", "feed product", []float64{100, 99}, []float64{100, 90}, open}, "flow meters of feed and product", "进料和产品的流量计"},
		"the balance opened downwards": {told{"acid_recovery", "closure", "feed product", []float64{100, 99}, []float64{100, 120}, open}, "flow meters of feed and product", "进料和产品的流量计"},
		"the balance closed":           {told{"acid_recovery", "closure", "feed product", []float64{100, 80}, []float64{100, 99}, open}, "", ""},
		"a family nobody knows":        {told{"tea", "aroma", "inlet outlet", []float64{230, 11}, []float64{231, 80}, lossOf}, "", ""},
	} {
		for l, want := range map[Lang]string{EN: c.en, ZH: c.zh} {
			if got := c.hint(l, nil); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
				t.Errorf("%s, %v: got %q, want %q", name, l, got, want)
			}
		}
	}
}

// TestNoHintFromDoubt: what is within the uncertainties, or rests on readings
// in doubt, is followed by nobody.
func TestNoHintFromDoubt(t *testing.T) {
	worse := told{"oil_mist", "removal", "inlet outlet", []float64{230, 11}, []float64{231, 80}, lossOf}
	for name, c := range map[string]struct {
		edit func(then, now *agent.Result)
		want bool
	}{
		"as it is":             {func(_, _ *agent.Result) {}, true},
		"within U":             {func(then, now *agent.Result) { then.U, now.U = 0.25, 0.25 }, false},
		"U not stated":         {func(then, now *agent.Result) { then.U, now.U = 0, 0 }, false},
		"a frozen analyser":    {func(_, now *agent.Result) { doubtful(now, agent.Frozen) }, false},
		"the device doubts it": {func(_, now *agent.Result) { doubtful(now, agent.DeviceDoubt) }, false},
		"part of the shift":    {func(_, now *agent.Result) { doubtful(now, agent.LowCoverage) }, true},
	} {
		if got := worse.hint(EN, c.edit) != ""; got != c.want {
			t.Errorf("%s: a hint is given: %v, want %v", name, got, c.want)
		}
	}
	a := worse.account(nil)
	a.Quantity.Target = "removal <= 0.5"
	if lines := strings.Join(a.changeLines(EN), " "); strings.Contains(lines, "Where to look first") {
		t.Errorf("what the target wants gets a hint: %s", lines)
	}
	a = told{"oil_mist", "recovered", "recovered", []float64{100}, []float64{99}, func(x []float64) (float64, bool) { return x[0], true }}.account(
		func(_, now *agent.Result) { now.Value, now.Terms[0].Total, now.Terms[0].Seconds = 40, 40, 11520 })
	if lines := strings.Join(a.changeLines(EN), " "); strings.Contains(lines, "Where to look first") || !strings.Contains(lines, "Time measured weighs most") {
		t.Errorf("less time measured gets a hint: %s", lines)
	}
}

func doubtful(r *agent.Result, c agent.Code) {
	r.Quality, r.Reason = agent.Uncertain, agent.Reason{Code: c}
}

// TestEveryHintCanBeGiven: by a role that there is, moving as it says.
func TestEveryHintCanBeGiven(t *testing.T) {
	roles := roleTexts()
	for key := range hintTexts() {
		role, way, _ := strings.Cut(key, " ")
		if _, known := roles[role]; key != "closure" && (!known || way != "up" && way != "down") {
			t.Errorf("no term can be %q", key)
		}
	}
	for full := range quantityTexts() {
		family, key, _ := strings.Cut(full, ".")
		neutral := full == "acid_recovery.feed" || full == "acid_concentration.feed" || full == "oil_mist.inlet_rate" || full == "waste_heat_power.eta_bound" || full == "baseline.actual" || full == "baseline.expected" || family == "energy_carbon" || family == "value" // used or saved: not said here
		if !neutral && math.Abs(better(agent.Quantity{Family: family, Key: key}, 1)) != 1 {
			t.Errorf("nobody knows when %s is better", full)
		}
	}
}
