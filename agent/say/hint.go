package say

import (
	"math"
	"slices"

	"recoup/agent"
)

// hint advises where to look first when a figure got worse by more than the
// uncertainties: it names what usually moves the weightiest term that way.
// Nothing was measured there, so it is told as a hint and never as the cause. ""
// for no advice: also when the figure rests on readings that are in doubt.
func (a *Account) hint(l Lang, shares []float64) string {
	then, now := a.before, &a.Result
	worse := -better(a.Quantity, now.Value)
	sound := now.Quality == agent.Good || slices.Contains([]agent.Code{agent.LowCoverage, agent.PartialWindow}, now.Reason.Code)
	if !sound || then.U <= 0 || now.U <= 0 || worse*(now.Value-then.Value) <= math.Hypot(then.U, now.U) {
		return ""
	}
	most := 0
	for i := range shares {
		if math.Abs(shares[i]) > math.Abs(shares[most]) {
			most = i
		}
	}
	if most >= len(now.Terms) || worse*shares[most] <= 0 { // the last share is that of the time measured
		return ""
	}
	key := moved(then.Terms[most], now.Terms[most])
	switch {
	case a.Quantity.Family == "acid_recovery" && a.Quantity.Key == "closure":
		key = "closure"
	case a.Quantity.Family == "oil_mist" && now.Terms[most].Role == stockRole:
		return "" // the texts below are for acid
	case (key == "import up" || key == "export down") && generatedLess(then.Terms, now.Terms, math.Abs(perHour(now.Terms[most])-perHour(then.Terms[most]))):
		key = "gross down"
	}
	where, known := hintTexts()[key]
	if !known {
		return ""
	}
	return pair{"Where to look first: {where}.", "建议先查：{where}。"}.fill(l, "where", where.in(l))
}

// better gives the direction, 1 or −1, in which a figure improves, 0 where none
// is known. What a balance leaves open should be near zero.
func better(q agent.Quantity, value float64) float64 {
	if slices.Contains([]string{"acid_recovery.closure", "acid_concentration.closure", "acid_concentration.water_closure", "oil_mist.balance", "oil_mist.closure", "waste_heat_power.heat_balance"}, q.Family+"."+q.Key) {
		return -math.Copysign(1, value)
	}
	if relation, _, aimed := Goal(q); aimed {
		if relation == "≤" || relation == "<" {
			return -1
		}
		return 1
	}
	return map[string]float64{
		"oil_mist.removal": 1, "oil_mist.recovered": 1,
		"acid_recovery.recovery_loss": 1, "acid_recovery.recovery_direct": 1, "acid_recovery.loss": -1,
		"waste_heat_power.share_net": 1, "waste_heat_power.share_gross": 1, "waste_heat_power.self_consumption": 1,
		"waste_heat_power.aux_ratio": -1, "waste_heat_power.generated_net": 1, "waste_heat_power.specific": 1,
		"waste_heat_power.heat_recovery":  1,
		"intensity.intensity":             -1,
		"baseline.enpi":                   -1,
		"baseline.saving":                 1,
		"measures.total":                  1,
		"acid_recovery.recovery_combined": 1, "acid_recovery.recovery_sulphur": 1, "acid_recovery.conversion": 1,
		"acid_recovery.so2_per_tonne": -1, "acid_recovery.mist_per_tonne": -1,
		"acid_recovery.fuel_per_tonne": -1, "acid_recovery.electricity_per_tonne": -1, "acid_recovery.steam_per_tonne": -1,
		"acid_concentration.recovery_loss": 1, "acid_concentration.recovery_direct": 1, "acid_concentration.recovery_combined": 1,
		"acid_concentration.loss": -1, "acid_concentration.water_evaporated": 1,
		"acid_concentration.steam_per_water": -1, "acid_concentration.fuel_per_water": -1, "acid_concentration.electricity_per_water": -1,
		"oil_mist.recovery_direct": 1, "oil_mist.recovery_loss": 1, "oil_mist.regeneration": 1, "oil_mist.overall": 1,
		"oil_mist.nmhc_rate": -1, "oil_mist.oil_rate": -1, "oil_mist.legal_removal": 1, "oil_mist.droplet_removal": 1,
		"oil_mist.fan_per_volume": -1, "oil_mist.fan_per_oil": -1, "oil_mist.specific_consumption": -1,
		"waste_heat_power.specific_packed": 1, "waste_heat_power.self_consumed_share": 1, "waste_heat_power.share_pv": 1, "waste_heat_power.share_green": 1,
		"waste_heat_power.eta_gross": 1, "waste_heat_power.eta_net": 1, "waste_heat_power.steam_heat": 1,
		"waste_heat_power.heat_recovery_steam": 1, "waste_heat_power.eta_gross_steam": 1, "waste_heat_power.eta_net_steam": 1,
	}[q.Family+"."+q.Key]
}

func perHour(t agent.Term) float64 { return t.Total / t.Seconds * 3600 }

// moved says what a term did per hour, "outlet up", "gross down"; only its role
// when it stayed about the same.
func moved(then, now agent.Term) string {
	was, is := perHour(then), perHour(now)
	switch {
	case math.Abs(is-was) <= sameRate*math.Abs(was):
		return now.Role
	case is > was:
		return now.Role + " up"
	}
	return now.Role + " down"
}

// generatedLess reports that generation fell by at least half of what the grid
// gave more: then it did not go up because the site used more.
func generatedLess(then, now []agent.Term, more float64) bool {
	gross := func(t agent.Term) bool { return t.Role == "gross" }
	i, j := slices.IndexFunc(then, gross), slices.IndexFunc(now, gross)
	return i >= 0 && j >= 0 && perHour(then[i])-perHour(now[j]) >= more/2
}

// hintTexts say where to look first, by the role of a term and what it did. A
// term that is missing here, such as what is fed in, tells nothing of the plant.
func hintTexts() map[string]pair {
	siteUsesMore := pair{"what at the site draws more power now, rather than the power plant", "厂内哪些设备用电增加，而不是余热电站"}
	return map[string]pair{
		"outlet up":      {"temperature and flow of the wash oil, then pressure and temperature of the desorber", "洗油的温度和流量，再查脱附塔的压力和温度"},
		"recovered down": {"how much was rolled, then wash oil and desorber, then the meter of the recovered oil", "轧制量，再查洗油和脱附塔，然后查回收油计量表"},

		"so2 up":       {"inlet temperatures of the converter's beds, then the catalyst", "转化器各段进口温度，再查催化剂"},
		"mist up":      {"pressure drop of the mist eliminator, then the strength of the acid in the absorbers", "除雾器压差，再查吸收酸浓度"},
		"weak_acid up": {"oxygen in the furnace and the flow of the purge, rather than the catalyst", "炉内氧含量和稀酸排放流量，而不是催化剂"},
		"product down": {"flow meter and strength of the product, then losses that are not measured", "产品的流量计和浓度，再查未计量的损失"},
		"tank down":    {"level and strength of that tank, then transfers past the meters", "该罐的液位和浓度，再查未经计量的倒罐"},
		"closure":      {"flow meters of feed and product and levels of the tanks, then a leak or a loss that is not measured", "进料和产品的流量计、各罐液位，再查泄漏或未计量的损失"},

		"so2_emitted up": {"inlet temperatures of the converter's beds, then the catalyst", "转化器各段进口温度，再查催化剂"},
		"so2_out up":     {"inlet temperatures of the converter's beds, then the catalyst", "转化器各段进口温度，再查催化剂"},
		"condensate up":  {"level and vacuum of the evaporator, then its droplet separator", "蒸发器液位和真空度，再查除沫器"},

		"gross down":     {"flow and pressure of the steam and vacuum of the condenser, then the waste-heat boiler", "蒸汽流量、压力和凝汽器真空，再查余热锅炉"},
		"auxiliaries up": {"pumps and fans of the power plant: which run now that did not run then", "余热电站的水泵和风机：现在比当时多开了哪些"},
		"import up":      siteUsesMore,
		"export down":    siteUsesMore,
		"export up":      {"what at the site draws less power now, so that more of its own goes into the grid", "厂内哪些设备用电减少，使更多自发电上网"},
		"pull up":        {"whether the two times can be compared: the more glass is drawn, the less waste heat comes with each tonne", "两个时段是否可比：出料量越大，吨玻璃的余热越少"},
		"stack_heat up":  {"soot on the boiler's surfaces and the soot blowers, then the bypass damper", "锅炉受热面积灰和吹灰器，再查旁路挡板"},
	}
}
