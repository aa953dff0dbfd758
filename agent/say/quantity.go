package say

import (
	"cmp"
	"strconv"
	"strings"

	"recoup/agent"
)

// Quantity names what a KPI computes, as the configuration does where it does;
// by its key when this version does not know the family.
func Quantity(l Lang, q agent.Quantity) string {
	if own := (pair{cmp.Or(q.LabelEN, q.LabelZH), cmp.Or(q.LabelZH, q.LabelEN)}).in(l); own != "" {
		return own
	}
	if p, ok := quantityTexts()[q.Family+"."+q.Key]; ok {
		return p.in(l)
	}
	return q.Key
}

// Goal reads a target such as "removal >= 0.90" or ">= 0.90" when it is this
// quantity's.
func Goal(q agent.Quantity) (relation string, goal float64, ok bool) {
	words := strings.Fields(q.Target)
	if len(words) == 3 && words[0] == q.Key {
		words = words[1:]
	}
	if len(words) != 2 {
		return "", 0, false
	}
	relation, ok = map[string]string{">=": "≥", "<=": "≤", ">": ">", "<": "<"}[words[0]]
	goal, err := strconv.ParseFloat(words[1], 64)
	return relation, goal, ok && err == nil && finite(goal)
}

// Target tells a quantity's target as people write it, "≥ 90 %"; as it is
// configured when it is of another form.
func Target(l Lang, q agent.Quantity) string {
	relation, goal, ok := Goal(q)
	if !ok {
		return q.Target
	}
	scale, unit := display(l, q.Unit)
	return Quantity(l, q) + " " + relation + " " + Value(goal*scale, "") + unit
}

// Family names a kind of KPI, the name in the configuration when unknown.
func Family(l Lang, family string) string {
	if p, ok := familyTexts()[family]; ok {
		return p.in(l)
	}
	return family
}

// Role names the part that an input plays, the name in the configuration when
// unknown.
func Role(l Lang, role string) string {
	if p, ok := roleTexts()[role]; ok {
		return p.in(l)
	}
	return role
}

// Quality gives the word of OPC UA Part 8 for a quality.
func Quality(l Lang, q agent.Quality) string {
	switch q {
	case agent.Good:
		return pair{"good", "好"}.in(l)
	case agent.Uncertain:
		return pair{"uncertain", "不确定"}.in(l)
	}
	return pair{"bad", "坏"}.in(l)
}

// Verdict says how a result stands to its target, "" without one.
func Verdict(l Lang, v agent.Verdict) string {
	switch v {
	case agent.Pass:
		return pair{"target met", "达标"}.in(l)
	case agent.Fail:
		return pair{"target missed", "不达标"}.in(l)
	case agent.Inconclusive:
		return pair{"cannot be decided", "不能判定"}.in(l)
	}
	return ""
}

func quantityTexts() map[string]pair {
	return map[string]pair{
		"oil_mist.removal":   {"Removal efficiency", "油雾净化效率"},
		"oil_mist.recovered": {"Recovered oil", "油回收量"},

		"oil_mist.recovery_direct":      {"Oil recovery by the oil given back", "油回收率（直接法）"},
		"oil_mist.recovery_loss":        {"Oil recovery by losses", "油回收率（损失法）"},
		"oil_mist.regeneration":         {"Oil given back of the oil absorbed", "解吸再生回收率"},
		"oil_mist.overall":              {"Oil given back of the oil evaporated", "综合回收率"},
		"oil_mist.balance":              {"Oil balance left open", "油平衡差值"},
		"oil_mist.closure":              {"Oil balance left open, of the inlet", "油平衡差率"},
		"oil_mist.nmhc_rate":            {"Hydrocarbons emitted per hour, as carbon", "非甲烷总烃排放速率（以碳计）"},
		"oil_mist.oil_rate":             {"Oil emitted per hour", "油排放速率"},
		"oil_mist.inlet_rate":           {"Hydrocarbons before the treatment per hour, as carbon", "非甲烷总烃初始排放速率（以碳计）"},
		"oil_mist.legal_removal":        {"Removal beside the 80 % of GB 37822", "处理效率（对照 GB 37822 的 80 %）"},
		"oil_mist.droplet_removal":      {"Removal of droplets, without vapour", "油滴去除率（不含油蒸气）"},
		"oil_mist.fan_per_volume":       {"Fan energy per 1000 m³ of exhaust", "千标方废气风机电耗"},
		"oil_mist.fan_per_oil":          {"Fan energy per kilogram of oil", "单位回收油风机电耗"},
		"oil_mist.specific_consumption": {"Rolling oil used per tonne rolled", "吨材轧制油单耗"},

		"acid_recovery.recovery_loss":   {"Acid recovery by losses", "硫酸回收率（损失法）"},
		"acid_recovery.recovery_direct": {"Acid recovery by product", "硫酸回收率（直接法）"},
		"acid_recovery.closure":         {"Acid balance left open", "硫酸平衡差"},
		"acid_recovery.feed":            {"Acid fed in, as 100 %", "投入硫酸量（折百）"},
		"acid_recovery.loss":            {"Acid lost, as 100 %", "损失硫酸量（折百）"},

		"acid_recovery.recovery_combined":     {"Acid recovery, both methods", "硫酸回收率（两法合成）"},
		"acid_recovery.recovery_sulphur":      {"Sulfur recovery", "硫回收率"},
		"acid_recovery.conversion":            {"SO2 conversion", "SO2 转化率"},
		"acid_recovery.so2_per_tonne":         {"SO2 emitted per tonne of acid, as 100 %", "吨酸 SO2 排放量（折百）"},
		"acid_recovery.mist_per_tonne":        {"Acid mist emitted per tonne of acid, as 100 %", "吨酸硫酸雾排放量（折百）"},
		"acid_recovery.fuel_per_tonne":        {"Fuel per tonne of acid, as 100 %", "吨酸燃料热耗（折百）"},
		"acid_recovery.electricity_per_tonne": {"Electricity per tonne of acid, as 100 %", "吨酸电耗（折百）"},
		"acid_recovery.steam_per_tonne":       {"Steam per tonne of acid, as 100 %", "吨酸汽耗（折百）"},

		"acid_concentration.recovery_loss":         {"Acid recovery by losses", "硫酸回收率（损失法）"},
		"acid_concentration.recovery_direct":       {"Acid recovery by product", "硫酸回收率（直接法）"},
		"acid_concentration.recovery_combined":     {"Acid recovery, both methods", "硫酸回收率（两法合成）"},
		"acid_concentration.closure":               {"Acid balance left open", "硫酸平衡差"},
		"acid_concentration.water_closure":         {"Water balance left open", "水平衡差"},
		"acid_concentration.water_evaporated":      {"Water evaporated", "蒸发水量"},
		"acid_concentration.feed":                  {"Acid fed in, as 100 %", "投入硫酸量（折百）"},
		"acid_concentration.loss":                  {"Acid lost, as 100 %", "损失硫酸量（折百）"},
		"acid_concentration.steam_per_water":       {"Steam per tonne of water evaporated", "吨蒸发水汽耗"},
		"acid_concentration.fuel_per_water":        {"Fuel per tonne of water evaporated", "吨蒸发水燃料热耗"},
		"acid_concentration.electricity_per_water": {"Electricity per tonne of water evaporated", "吨蒸发水电耗"},

		"value.value": {"Value in money", "经济价值"},

		"energy_carbon.tce_equal":      {"Coal equivalent by equal value", "折标准煤量（等价值）"},
		"energy_carbon.tce_equivalent": {"Coal equivalent by equivalent value", "折标准煤量（当量值）"},
		"energy_carbon.co2":            {"CO2 of the energy", "二氧化碳量"},

		"waste_heat_power.share_net":        {"Self-generation share, net", "余热自发电占比（净）"},
		"waste_heat_power.share_gross":      {"Self-generation share, gross", "余热自发电占比（毛）"},
		"waste_heat_power.self_consumption": {"Own use of own power", "自发自用率"},
		"waste_heat_power.aux_ratio":        {"Auxiliaries' share of generation", "厂用电率"},
		"waste_heat_power.generated_net":    {"Net generation", "净发电量"},
		"waste_heat_power.specific":         {"Net generation per tonne of glass", "吨玻璃净发电量"},
		"waste_heat_power.heat_recovery":    {"Flue-gas heat recovered", "烟气余热回收率"},

		"baseline.actual":                      {"Energy used", "实际用能量"},
		"baseline.expected":                    {"Energy expected by the baseline", "基准模型预期用能量"},
		"baseline.enpi":                        {"Energy performance against the baseline (below 1 is better)", "能源绩效参数（相对基准，低于 1 为优）"},
		"baseline.saving":                      {"Saving against the baseline", "相对基准的节能量"},
		"measures.total":                       {"Savings of all measures", "各项措施节约合计"},
		"intensity.intensity":                  {"Intensity per unit of product", "单位产品强度"},
		"waste_heat_power.specific_packed":     {"Net generation per tonne of packed glass", "吨成品玻璃净发电量"},
		"waste_heat_power.self_consumed_share": {"Share of the use met by own power kept", "自发自用电量占用电量比例"},
		"waste_heat_power.share_pv":            {"Share of photovoltaics", "光伏发电占比"},
		"waste_heat_power.share_green":         {"Share of bought green power", "外购绿电占比"},
		"waste_heat_power.eta_gross":           {"Power from recovered heat, gross", "余热发电效率（毛）"},
		"waste_heat_power.eta_net":             {"Power from recovered heat, net", "余热发电效率（净）"},
		"waste_heat_power.eta_bound":           {"Most power that the heat allows (Carnot)", "余热发电理论上限（卡诺）"},
		"waste_heat_power.steam_heat":          {"Heat taken up by the steam", "蒸汽吸热量"},
		"waste_heat_power.heat_recovery_steam": {"Flue-gas heat found in the steam", "余热回收率（蒸汽侧）"},
		"waste_heat_power.heat_balance":        {"Heat of the gas not found in the steam", "锅炉热平衡差率"},
		"waste_heat_power.eta_gross_steam":     {"Power from the steam's heat, gross", "汽水侧发电效率（毛）"},
		"waste_heat_power.eta_net_steam":       {"Power from the steam's heat, net", "汽水侧发电效率（净）"},
	}
}

func familyTexts() map[string]pair {
	return map[string]pair{
		"acid_recovery": {"Acid recovery", "硫酸回收"},

		"acid_concentration": {"Acid concentration", "硫酸浓缩"},

		"baseline":         {"Baseline", "节能基准"},
		"measures":         {"Measures", "改进措施"},
		"energy_carbon":    {"Energy and carbon", "能源与碳"},
		"formula":          {"Formula", "自定义公式"},
		"intensity":        {"Intensity", "单位产品强度"},
		"oil_mist":         {"Oil mist", "油雾回收"},
		"value":            {"Value", "经济价值"},
		"waste_heat_power": {"Waste-heat power", "余热发电"},
	}
}

func roleTexts() map[string]pair {
	return map[string]pair{
		"inlet":     {"Inlet", "进口"},
		"outlet":    {"Outlet", "出口"},
		"recovered": {"Recovered", "回收量"},

		"evaporated": {"Given off at the mill", "轧机挥发量"},
		"gas_volume": {"Exhaust, dry and normal", "标准状态干排气量"},
		"fan":        {"Exhaust fans", "排风机用电"},
		"make_up":    {"Oil filled up", "补油量"},
		"rolled":     {"Rolled", "轧制量"},

		"feed":      {"Feed", "进料"},
		"product":   {"Product", "产品"},
		"tank":      {"Change in a tank", "罐存变化"},
		"so2":       {"SO2 to the stack, as H2SO4", "烟气 SO2（折硫酸）"},
		"mist":      {"Acid mist to the stack", "硫酸雾排放"},
		"weak_acid": {"Weak-acid purge", "稀酸排放"},

		"drain":            {"Drains", "排净损失"},
		"solid":            {"Acid in solids", "固体夹带酸"},
		"condensate":       {"Acid in the condensate", "冷凝液夹带酸"},
		"so2_emitted":      {"SO2 to the stack", "烟气 SO2 排放"},
		"so2_in":           {"SO2 before the converter", "转化器进口 SO2"},
		"so2_out":          {"SO2 behind the last absorber", "末级吸收塔出口 SO2"},
		"process_gas":      {"Gas to the converter", "转化器进气量"},
		"time":             {"Time", "时间"},
		"feed_water":       {"Water fed in", "进料含水"},
		"product_water":    {"Water in the product", "产品含水"},
		"condensate_water": {"Water in the condensate", "冷凝液含水"},

		"gross":       {"Gross generation", "总发电量"},
		"auxiliaries": {"Auxiliaries", "厂用电"},
		"import":      {"Import from the grid", "购入电量"},
		"export":      {"Export to the grid", "上网电量"},
		"pull":        {"Glass drawn", "玻璃出料量"},
		"flue_heat":   {"Flue-gas heat before the boiler", "锅炉前烟气热量"},
		"stack_heat":  {"Flue-gas heat behind the boiler", "锅炉后烟气热量"},

		"pv":           {"Photovoltaics", "光伏发电量"},
		"green":        {"Bought green power", "外购绿电量"},
		"packed":       {"Packed glass", "成品玻璃量"},
		"gas_capacity": {"Heat capacity of the flue gas", "烟气热容量"},
		"steam_heat":   {"Heat taken up by the steam", "蒸汽吸热量"},

		"worth":       {"Worth", "价值"},
		"cost":        {"Cost", "成本"},
		"oil":         {"Oil", "油"},
		"electricity": {"Electricity", "电力"},
		"gas":         {"Natural gas", "天然气"},
		"coal":        {"Coal", "煤"},
		"steam":       {"Steam", "蒸汽"},
		"heat":        {"Heat", "热力"},

		"hours": {"Covered time", "有效时间"},
		"model": {"Error of the baseline's model", "基准模型误差"},
	}
}
