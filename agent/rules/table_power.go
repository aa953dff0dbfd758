package rules

import (
	"time"

	"recoup/agent"
)

// powerRules are those of waste-heat power. Means over two reversals of the
// furnace's firing keep its saw-tooth out.
func powerRules() []builtin {
	const family = "waste_heat_power"
	const (
		// Q/LMTD of a counter-current boiler, up to the heat capacity, which cancels.
		ua = "flow*(t_in - t_out)*log((t_in - steam_t)/(t_out - set.feedwater))/((t_in - steam_t) - (t_out - set.feedwater))"
		// kW, of steam and of gas
		steamHeat = "mean(1000*steam*set.rise/3600, 1h)"
		gasHeat   = "mean(flow*set.cp*(t_in - t_out)/3600, 1h)"
		generated = "(term(share, gross) - term(share, auxiliaries))/hours(share)"
		imported  = "term(share, import)/hours(share)"
		byPlant   = "(1 - share)*(" + generated + " - baseline(" + generated + "))"
		bySite    = "share*(" + imported + " - baseline(" + imported + "))"
		fell      = "baseline(share) - share > set.points"
	)
	return []builtin{
		{
			id: "G1", family: family,
			roles: []role{want("flow", gasFlow), want("t_in", temperature), want("t_out", temperature), want("steam_t", temperature)},
			set: []setting{given("warmer", 15, "K above the clean boiler at equal flow"), given("share", 0.85, "of the clean boiler's Q/LMTD"),
				given("feedwater", 105, "temperature of the feedwater, °C")},
			all: []string{"mean(t_out, 40m) - mean(baseline(t_out, flow), 40m) > set.warmer",
				"mean(" + ua + ", 40m) < set.share*mean(baseline(" + ua + ", flow), 40m)"},
			shows: []show{{"warmer", "K", "mean(t_out, 40m) - mean(baseline(t_out, flow), 40m)"}, {"ua_ratio", "", "mean(" + ua + ", 40m)/mean(baseline(" + ua + ", flow), 40m)"}},
			hold:  6 * time.Hour,
		}, {
			id: "G2", family: family,
			roles: []role{want("power", power), want("steam", steamFlow), may("steam_p", steamPressure), may("steam_t", temperature), may("condenser", vacuum), may("cooling_t", temperature)},
			set:   []setting{given("share", 0.9, "of the usual power per steam"), given("worse", 2, "kPa above the usual condenser pressure")},
			anyOf: []cause{
				{"condenser", "mean(condenser, 40m) - mean(baseline(condenser, cooling_t), 40m) > set.worse"},
				{"turbine", "mean(power/steam, 40m) < set.share*mean(baseline(power/steam, steam), 40m)" +
					" and abs(steam_p/baseline(steam_p) - 1) < 0.05 and abs(steam_t - baseline(steam_t)) < 15"},
			},
			shows: []show{{"specific", "kWh/t", "mean(power/steam, 40m)"}, {"usual", "kWh/t", "mean(baseline(power/steam, steam), 40m)"}},
			hold:  2 * time.Hour,
		}, {
			id: "G3", family: family,
			roles: []role{want("aux", power), want("power", power)},
			set:   []setting{given("factor", 1.25, "times the usual share of auxiliaries")},
			all:   []string{"mean(aux, 1h)/mean(power, 1h) > set.factor*baseline(aux/power)"},
			shows: []show{{"ratio", "%", "100*mean(aux, 1h)/mean(power, 1h)"}, {"usual", "%", "100*baseline(aux/power)"}},
			hold:  24 * time.Hour,
		}, {
			id: "G4", family: family,
			roles: []role{want("flow", gasFlow), want("t_in", temperature), want("t_out", temperature), want("steam", steamFlow)},
			set: []setting{must("rise", "enthalpy from feedwater to steam, kJ/kg"), given("cp", 1.42, "heat capacity of the gas, kJ/(Nm3·K)"),
				given("share", 0.1, "that the two may differ by beyond U")},
			all: []string{"abs(" + steamHeat + " - " + gasHeat + ") > " + gasHeat +
				"*(set.share + sqrt((U(flow)/flow)^2 + (U(steam)/steam)^2 + (U(t_in)^2 + U(t_out)^2)/(t_in - t_out)^2))"},
			shows: []show{{"steam_heat", "kW", steamHeat}, {"gas_heat", "kW", gasHeat}},
			hold:  24 * time.Hour,
		}, {
			id: "G5", family: family,
			roles: []role{want("share", aFigure)},
			set:   []setting{given("points", 0.02, "by which the share may fall")},
			anyOf: []cause{{"generation", fell + " and " + byPlant + " <= -(" + bySite + ")"}, {"load", fell + " and " + byPlant + " > -(" + bySite + ")"}},
			shows: []show{{"usual", "1", "baseline(share)"},
				{"by_generation", "points", "100*" + byPlant + "/(" + generated + " + " + imported + ")"}, {"by_load", "points", "-100*" + bySite + "/(" + generated + " + " + imported + ")"}},
			hold: 24 * time.Hour, over: agent.Day,
		},
	}
}
