package rules

import (
	"time"

	"recoup/agent"
)

// acidRules are those of waste sulfuric acid. One point of recovery through the
// stack needs about 2650 mg/Nm3 of SO2, so the rules about recovery compare
// masses lost, and tell both ways by which acid goes.
func acidRules() []builtin {
	const family = "acid_recovery"
	const conversion = "(1 - y_out/y_in)/(1 - 1.5*y_out/100)" // of SO2, with the gas that it takes away; y in %
	converter := []cause{{"so2", "so2 > set.warn*set.limit"}, {"conversion", conversion + " < baseline(" + conversion + ") - set.drop"}}
	limits := []setting{must("limit", "SO2 in the stack that the permit allows, mg/Nm3"), given("warn", 0.8, "of the limit"),
		given("drop", 0.001, "by which the conversion may fall")}
	gases := []role{want("so2", concentration), may("y_in", percent), may("y_out", percent), may("recovery", aFigure)}
	lost := []show{{"lost_so2", "%", "100*term(recovery, so2)/term(recovery, feed)"}, {"lost_weak_acid", "%", "100*term(recovery, weak_acid)/term(recovery, feed)"}}
	return []builtin{
		{
			id: "C1", family: family, roles: gases, set: limits, anyOf: converter,
			shows: append([]show{{"limit", "mg/Nm3", "set.limit"}, {"conversion", "%", "100*" + conversion}}, lost...),
			hold:  time.Hour, over: agent.Hour,
		}, {
			id: "C2", family: family,
			roles: []role{want("so2", concentration), want("bed_in", temperature), want("bed_out", temperature), want("y_in", percent), may("y_out", percent)},
			set: append(limits[:len(limits):len(limits)], given("share", 0.9, "of the clean rise of temperature per % of SO2"),
				must("bed_least", "lowest inlet temperature of the first bed, °C"), must("bed_most", "highest inlet temperature of the first bed, °C")),
			all:   []string{"(bed_out - bed_in)/y_in < set.share*baseline((bed_out - bed_in)/y_in)", "bed_in >= set.bed_least", "bed_in <= set.bed_most"},
			anyOf: converter,
			shows: []show{{"rise", "K/%", "(bed_out - bed_in)/y_in"}, {"usual", "K/%", "baseline((bed_out - bed_in)/y_in)"}},
			hold:  2 * time.Hour,
		}, {
			id: "C3", family: family,
			roles: []role{want("recovery", aFigure)},
			set:   []setting{given("least", 0.98, "recovery"), given("share", 0.7, "of the loss that goes with the weak acid")},
			all:   []string{"recovery + U(recovery) < set.least", "term(recovery, weak_acid) > set.share*(1 - recovery)*term(recovery, feed)"},
			shows: append([]show{{"lost", "%", "100*(1 - recovery)"}}, lost...),
			hold:  4 * time.Hour, over: agent.Hour,
		}, {
			id: "C4", family: family,
			roles: []role{want("direct", aFigure), want("loss", aFigure)},
			all:   []string{"abs(direct - loss) > sqrt(U(direct)^2 + U(loss)^2)"},
			shows: []show{{"u_difference", "1", "sqrt(U(direct)^2 + U(loss)^2)"}},
			hold:  14 * 24 * time.Hour, over: agent.Week,
		}, {
			id: "C5", family: family,
			roles: []role{want("strength", percent)},
			set:   []setting{given("low", 98.0, "%"), given("high", 98.8, "%")},
			anyOf: []cause{{"weak", "strength < set.low"}, {"strong", "strength > set.high"}},
			hold:  30 * time.Minute,
		}, {
			id: "C6", family: family,
			roles: []role{want("dp", pressure), want("q", gasFlow)},
			set:   []setting{given("high", 1.4, "times the clean pressure drop at equal flow"), given("low", 0.6, "times it")},
			anyOf: []cause{{"high", "dp/q^2 > set.high*baseline(dp/q^2)"}, {"low", "dp/q^2 < set.low*baseline(dp/q^2)"}},
			shows: []show{{"ratio", "", "dp/q^2/baseline(dp/q^2)"}},
			hold:  time.Hour,
		}, {
			id: "C7", family: family,
			roles: []role{want("strength", percent), may("sound", percent)},
			set:   []setting{given("high", 90, "% up to which a density has one strength"), given("differ", 0.5, "% by which the two may differ")},
			anyOf: []cause{{"range", "strength < 0 or strength > set.high"}, {"differ", "abs(strength - sound) > set.differ"}},
			hold:  10 * time.Minute,
		},
	}
}
