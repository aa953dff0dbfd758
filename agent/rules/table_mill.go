package rules

import (
	"time"

	"recoup/agent"
)

// millRules are those of oil-mist recovery at a rolling mill. A pressure drop is
// compared at equal flow, dp/q², so that no reference flow is needed.
func millRules() []builtin {
	const family = "oil_mist"
	risen := "c_out > set.factor*baseline(c_out, load)"
	factor := given("factor", 1.5, "times the usual stack concentration")
	return []builtin{
		{
			id: "M1", family: family,
			roles: []role{want("dp", pressure), want("q", gasFlow)},
			set: []setting{given("factor", 1.5, "times the clean pressure drop at equal flow"),
				given("slope", 0.02, "of the clean value by which it may rise per day")},
			anyOf: []cause{{"high", "dp/q^2 > set.factor*baseline(dp/q^2)"}, {"rising", "24*rate(dp/q^2, 7d) > set.slope*baseline(dp/q^2)"}},
			shows: []show{{"ratio", "", "dp/q^2/baseline(dp/q^2)"}, {"per_day", "%", "2400*rate(dp/q^2, 7d)/baseline(dp/q^2)"}},
			hold:  30 * time.Minute,
		}, {
			id: "M2", family: family,
			roles: []role{want("c_out", concentration), want("wash_t", temperature), may("load", concentration), may("dp", pressure), may("q", gasFlow)},
			set:   []setting{factor, must("wash_t", "usual wash-oil temperature, °C"), given("warm", 5, "K above it")},
			all:   []string{risen, "wash_t > set.wash_t + set.warm", "dp/q^2 < 1.5*baseline(dp/q^2)"},
			shows: []show{{"usual", "mg/Nm3", "baseline(c_out, load)"}, {"usual_wash_t", "°C", "set.wash_t"}},
			hold:  20 * time.Minute,
		}, {
			id: "M3", family: family,
			roles: []role{want("c_out", concentration), want("wash_t", temperature), may("desorber_p", vacuum), may("desorber_t", temperature), may("load", concentration)},
			set: []setting{factor, must("wash_t", "usual wash-oil temperature, °C"), given("warm", 5, "K above it that are still normal"),
				with("desorber_p", "usual desorber pressure, kPa"), with("desorber_t", "usual desorber temperature, °C"),
				given("cold", 8, "K below it")},
			all:   []string{risen, "wash_t <= set.wash_t + set.warm"},
			anyOf: []cause{{"pressure", "desorber_p > 1.2*set.desorber_p"}, {"cold", "desorber_t < set.desorber_t - set.cold"}},
			shows: []show{{"usual", "mg/Nm3", "baseline(c_out, load)"}},
			hold:  30 * time.Minute,
		}, {
			id: "M4", family: family,
			roles: []role{want("wash_flow", liquidFlow), want("q", gasFlow)},
			set:   []setting{must("design", "wash oil to gas by design, L per Nm3"), given("share", 0.8, "of it")},
			all:   []string{"1000*wash_flow/q < set.share*set.design"},
			shows: []show{{"liquid_to_gas", "L/Nm3", "1000*wash_flow/q"}, {"design", "L/Nm3", "set.design"}},
			hold:  10 * time.Minute,
		}, {
			id: "M5", family: family,
			roles: []role{want("direct", aFigure), want("loss", aFigure)},
			all:   []string{"direct + sqrt(U(direct)^2 + U(loss)^2) < loss"},
			shows: []show{{"u_difference", "1", "sqrt(U(direct)^2 + U(loss)^2)"}},
			hold:  48 * time.Hour, over: agent.Day,
		}, {
			id: "M6", family: family,
			roles: []role{want("power", power), want("q", gasFlow)},
			set:   []setting{given("factor", 1.1, "times the usual energy per volume at equal flow")},
			all:   []string{"mean(1000*power/q, 1h) > set.factor*mean(baseline(1000*power/q, q), 1h)"},
			shows: []show{{"specific", "kWh/1000Nm3", "mean(1000*power/q, 1h)"}, {"usual", "kWh/1000Nm3", "mean(baseline(1000*power/q, q), 1h)"}},
			hold:  24 * time.Hour,
		}, {
			id: "M7", family: family,
			roles: []role{want("rolling", bit), want("q", gasFlow)},
			set:   []setting{must("q", "exhaust flow that the hood needs, Nm3/h"), given("share", 0.9, "of it")},
			all:   []string{"rolling != 0", "q < set.share*set.q"},
			shows: []show{{"set", "Nm3/h", "set.q"}},
			hold:  5 * time.Minute,
		},
	}
}
