package say

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"recoup/agent"
)

// removalOf is the figure of the results below: 1 − outlet/inlet.
func removalOf(totals []float64) (float64, bool) {
	return 1 - totals[1]/totals[0], totals[0] > 0
}

func removalQuantity() agent.Quantity {
	return agent.Quantity{KPI: "mill.oil.removal", Family: "oil_mist", Key: "removal", Unit: "1", Target: "removal >= 0.90"}
}

// shiftOf makes a closed shift, so many before the one of 16:00 on 22 November.
func shiftOf(before int, in, out, seconds float64) agent.Result {
	start := time.Date(2025, 11, 22, 8-8*before, 0, 0, 0, time.UTC)
	r := agent.Result{
		KPI: "mill.oil.removal", Unit: "1", Window: agent.Window{Kind: agent.Shift, Start: start, End: start.Add(8 * time.Hour)},
		Value: 1 - out/in, U: 0.0097, Coverage: seconds / 28800, Quality: agent.Good, Verdict: agent.Pass,
		Terms: []agent.Term{
			{Role: "inlet", Tag: "mill.q_in × mill.c_in", Unit: "kg", Total: in, Seconds: seconds, USys: 3},
			{Role: "outlet", Tag: "mill.q_out × mill.c_out", Unit: "kg", Total: out, Seconds: seconds, USys: 0.5},
		},
	}
	if r.Value < 0.9 {
		r.Verdict = agent.Fail
	}
	return r
}

func TestWhyOfABadNight(t *testing.T) {
	night := shiftOf(0, 231.4, 90.1, 27000)
	night.U = 0.041
	night.Terms[0].Lost = []agent.Lost{{Cause: agent.Timeout, About: "mill", Seconds: 1800}}
	a := Account{Quantity: removalQuantity(), Result: night, Figure: removalOf, Loc: shanghai}
	if !a.Compare([]agent.Result{shiftOf(3, 230, 11, 28800), shiftOf(2, 231, 19, 28800), shiftOf(1, 230, 80, 28800), night}) {
		t.Fatal("no good shift found")
	}
	check(t, a.Why(EN), []string{
		"(61.1 ± 4.1) %: value ± expanded uncertainty U (k = 2).",
		"Coverage 93.7 %: 7 h 30 min of 8 h measured.",
		"30 min lost: mill did not answer in time.",
		"Inlet: (231.4 ± 6.0) kg over 7 h 30 min (mill.q_in × mill.c_in).",
		"Outlet: (90.1 ± 1.0) kg over 7 h 30 min (mill.q_out × mill.c_out).",
		"Where the ± comes from, as shares of the variance: Inlet 85 %, Outlet 15 %; errors that terms share are left out of the shares.",
		"An estimate, not counted in the figure: at the mean rates measured, the 30 min lost stand for about Inlet 15 kg, Outlet 6.0 kg.",
		"Data quality good.",
		"Target missed, even at the better end of the uncertainty.",
		"Last good before: shift 00:00–08:00, 22 Nov, at (91.77 ± 0.97) %; the change since is −30.7 points.",
		"The shares below, each the mean over both orders of replacing old by new, add up to exactly that. Outlet weighs most.",
		"Outlet: 5.1 times as much per hour as then (12.0 kg/h instead of 2.38 kg/h): −32.3 points.",
		"Inlet: 7 % more per hour than then (30.9 kg/h instead of 28.9 kg/h): +1.6 points.",
		"Where to look first: temperature and flow of the wash oil, then pressure and temperature of the desorber.",
		"Window: 22 Nov 2025 16:00:00 to 23 Nov 2025 00:00:00, Asia/Shanghai.",
	})
	check(t, a.Why(ZH)[9:14], []string{
		"此前最近的合格时段：班次 00:00–08:00，11月22日，(91.77 ± 0.97) %；与之相比变化 −30.7 个百分点。",
		"以下各项份额按两种替换次序取平均，其和正好等于该变化。出口影响最大。",
		"出口：每小时量为当时的 5.1 倍（12.0 kg/h，当时为 2.38 kg/h）：−32.3 个百分点。",
		"进口：每小时量比当时多 7 %（30.9 kg/h，当时为 28.9 kg/h）：+1.6 个百分点。",
		"建议先查：洗油的温度和流量，再查脱附塔的压力和温度。",
	})
}

func TestWhatIsComparedWith(t *testing.T) {
	good := shiftOf(9, 230, 10, 28800)
	change := func(before int, edit func(*agent.Result)) agent.Result {
		r := shiftOf(before, 230, 9, 28800)
		edit(&r)
		return r
	}
	night := shiftOf(0, 230, 90, 28800)
	for name, near := range map[string]agent.Result{
		"target missed":       change(1, func(r *agent.Result) { r.Verdict = agent.Fail }),
		"target undecided":    change(1, func(r *agent.Result) { r.Verdict = agent.Inconclusive }),
		"uncertain":           change(1, func(r *agent.Result) { r.Quality = agent.Uncertain }),
		"withheld":            change(1, func(r *agent.Result) { r.Quality = agent.Bad }),
		"not whole":           change(1, func(r *agent.Result) { r.Partial = true }),
		"another definition":  change(1, func(r *agent.Result) { r.Config[0] = 1 }),
		"another kind":        change(1, func(r *agent.Result) { r.Window.Kind = agent.Hour }),
		"another quantity":    change(1, func(r *agent.Result) { r.KPI = "mill.oil.recovered" }),
		"other plant states":  change(1, func(r *agent.Result) { r.States = "run" }),
		"a later shift":       change(-1, func(*agent.Result) {}),
		"the same shift":      change(0, func(*agent.Result) {}),
		"further in the past": change(12, func(*agent.Result) {}),
	} {
		a := Account{Quantity: removalQuantity(), Result: night}
		if !a.Compare([]agent.Result{near, good}) || !a.before.Window.Start.Equal(good.Window.Start) {
			t.Errorf("%s: compared with %v, want the good shift of %v", name, a.before, good.Window.Start)
		}
		if a.Compare([]agent.Result{near}) != (name == "further in the past") {
			t.Errorf("%s: it alone counts as %v", name, a.before)
		}
	}
	a := Account{Result: night} // without a target every good shift will do
	if !a.Compare([]agent.Result{shiftOf(1, 230, 80, 28800), good}) || a.before.Value > 0.7 {
		t.Errorf("without a target: compared with %v, want the nearest", a.before)
	}
}

func TestSmallChangesAreSaidToBe(t *testing.T) {
	a := Account{Quantity: removalQuantity(), Result: shiftOf(0, 230, 9.4, 28800), Figure: removalOf, Loc: shanghai}
	a.Compare([]agent.Result{shiftOf(1, 231, 9.9, 28800)})
	check(t, a.changeLines(EN), []string{
		"Last good before: shift 08:00–16:00, 22 Nov, at (95.71 ± 0.97) %; the change since is +0.20 points, no more than the two uncertainties together.",
		"The shares below, each the mean over both orders of replacing old by new, add up to exactly that. Outlet weighs most.",
		"Outlet: 5 % less per hour than then (1.18 kg/h instead of 1.24 kg/h): +0.22 points.",
		"Inlet: about as much per hour as then (28.7 kg/h instead of 28.9 kg/h): −0.02 points.",
	})
}

func TestATotalHasTheTimeAsAPart(t *testing.T) {
	total := func(totals []float64) (float64, bool) { return totals[0], true }
	energy := func(before int, kwh, seconds float64) agent.Result {
		r := shiftOf(before, 1, 0, seconds)
		r.Unit, r.Value, r.U = "kWh", kwh, 0
		r.Terms = []agent.Term{{Role: "recovered", Unit: "kWh", Total: kwh, Seconds: seconds, USys: -1}}
		return r
	}
	a := Account{Result: energy(0, 600, 14400), Figure: total, Loc: shanghai}
	a.Compare([]agent.Result{energy(1, 1000, 28800)})
	check(t, a.changeLines(EN), []string{
		"Last good before: shift 08:00–16:00, 22 Nov, at 1000 kWh; the change since is −400 kWh.",
		"The shares below, each the mean over both orders of replacing old by new, add up to exactly that. Time measured weighs most.",
		"Time measured: 4 h instead of 8 h: −550 kWh.",
		"Recovered: 20 % more per hour than then (150 kW instead of 125 kW): +150 kWh.",
	})
}

// TestStocksAndEqualRoles has terms that play the same role, and stocks, which
// change in both directions.
func TestStocksAndEqualRoles(t *testing.T) {
	direct := func(x []float64) (float64, bool) { return (x[1] + x[2] + x[3]) / x[0], true }
	week := func(before int, totals ...float64) agent.Result {
		r := shiftOf(before, 1, 0, 600000)
		r.KPI, r.Window.Kind, r.Coverage, r.Terms = "acid.recovery_direct", agent.Week, 0.7, nil
		for i, role := range []string{"feed", "product", "tank", "tank"} {
			r.Terms = append(r.Terms, agent.Term{Role: role, Unit: "kg", Tag: []string{"ft", "fp", "t1", "t2"}[i], Total: totals[i], Seconds: 600000, USys: 1,
				Lost: []agent.Lost{{Cause: agent.PartialWindow, Seconds: 400}, {Cause: agent.NoData, About: "ft", Seconds: 6000}}})
		}
		r.Value, _ = direct(totals)
		return r
	}
	a := Account{Result: week(0, 600000, 570000, 3000, -1000), Figure: direct, Loc: shanghai}
	a.Compare([]agent.Result{week(1, 600000, 590000, -2000, 600)})
	check(t, a.changeLines(EN)[1:], []string{
		"The shares below, each the mean over both orders of replacing old by new, add up to exactly that. Product weighs most.",
		"Product: 3 % less per hour than then (3420 kg/h instead of 3540 kg/h): −3.33 points.",
		"Change in a tank (t1): 18.0 kg/h instead of −12.0 kg/h: +0.83 points.",
		"Change in a tank (t2): −6.00 kg/h instead of 3.60 kg/h: −0.27 points.",
		"Feed: about as much per hour as then (3600 kg/h instead of 3600 kg/h): 0.00 points.",
	})
	check(t, []string{estimateLine(EN, a.Result)}, []string{
		"A rough estimate, not counted in the figure: at the mean rates measured, the 1 h 40 min lost stand for about Feed 6000 kg, Product 5700 kg.",
	})
}

func TestNoShareWithoutTheRightFigure(t *testing.T) {
	for name, figure := range map[string]func([]float64) (float64, bool){
		"none":      nil,
		"another":   func(totals []float64) (float64, bool) { return totals[1] / totals[0], true },
		"undefined": func([]float64) (float64, bool) { return 0, false },
	} {
		a := Account{Quantity: removalQuantity(), Result: shiftOf(0, 230, 90, 28800), Figure: figure, Loc: shanghai}
		a.Compare([]agent.Result{shiftOf(1, 230, 11, 28800)})
		t.Run(name, func(t *testing.T) {
			check(t, a.changeLines(EN), []string{
				"Last good before: shift 08:00–16:00, 22 Nov, at (95.22 ± 0.97) %; the change since is −34.35 points.",
				"Inlet: about as much per hour as then (28.7 kg/h instead of 28.7 kg/h).",
				"Outlet: 8.2 times as much per hour as then (11.2 kg/h instead of 1.38 kg/h).",
			})
		})
	}
}

// TestSharesAddUp: to the whole change, for figures of any form, and as shown.
func TestSharesAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	figures := map[string]func([]float64) (float64, bool){
		"ratio":   func(x []float64) (float64, bool) { return 1 - (x[1]+x[2])/x[0], true },
		"total":   func(x []float64) (float64, bool) { return x[0], true },
		"product": func(x []float64) (float64, bool) { return x[0] * x[1] / (x[2] + 10), true },
	}
	for name, figure := range figures {
		for range 500 {
			var then, now []agent.Term
			for _, role := range []string{"a", "b", "c"} {
				then = append(then, agent.Term{Role: role, Total: 1 + 100*rng.Float64(), Seconds: 28800})
				now = append(now, agent.Term{Role: role, Total: 1 + 100*rng.Float64(), Seconds: 1000 + 20000*rng.Float64()})
			}
			for i := range now { // the terms of one result share the time
				now[i].Seconds = now[0].Seconds
			}
			shares, ok := split(figure, then, now)
			if !ok {
				t.Fatalf("%s: no shares", name)
			}
			sum, shown := 0.0, 0.0
			for _, s := range shares {
				sum += s
			}
			old, _ := figure([]float64{then[0].Total, then[1].Total, then[2].Total})
			got, _ := figure([]float64{now[0].Total, now[1].Total, now[2].Total})
			if math.Abs(sum-(got-old)) > 1e-9*(math.Abs(got)+math.Abs(old)+1) {
				t.Errorf("%s: the shares add up to %g, the change is %g", name, sum, got-old)
			}
			if name == "ratio" && math.Abs(shares[3]) > 1e-9*(math.Abs(got)+math.Abs(old)+1) {
				t.Errorf("ratio: the time has a share of %g, want none", shares[3])
			}
			for _, s := range rounded(shares, got-old, 1) {
				shown += s
			}
			if math.Abs(shown-math.Round((got-old)*10)/10) > 1e-6 {
				t.Errorf("%s: as shown the shares add up to %g, the change is %g", name, shown, got-old)
			}
		}
	}
}

func TestTheOrderOfTermsDoesNotMatter(t *testing.T) {
	a, b := shiftOf(1, 230, 11, 28800), shiftOf(0, 190, 80, 20000)
	shares, _ := split(removalOf, a.Terms, b.Terms)
	turned, _ := split(func(x []float64) (float64, bool) { return removalOf([]float64{x[1], x[0]}) },
		[]agent.Term{a.Terms[1], a.Terms[0]}, []agent.Term{b.Terms[1], b.Terms[0]})
	if math.Abs(shares[0]-turned[1]) > 1e-12 || math.Abs(shares[1]-turned[0]) > 1e-12 {
		t.Errorf("shares %v, with the terms in the other order %v", shares, turned)
	}
}
