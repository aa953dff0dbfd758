package say

import (
	"strings"

	"recoup/agent"
)

// ruleText is what is said of a built-in rule, or of one of its causes.
type ruleText struct{ means, next pair }

// diagnosed tells a diagnosis: what it means, the numbers that it was made from,
// and while it lasts what to do.
func diagnosed(l Lang, e agent.Event, d agent.Diagnosis) string {
	told := pair{"Diagnosis {key}: {means}", "诊断 {key}：{means}"}.fill(l, "key", e.Key, "means", Meaning(l, d))
	if figures := DiagnosisFigures(l, d); figures != "" {
		told += pair{" (" + figures + ")", "（" + figures + "）"}.in(l)
	}
	if !e.End.IsZero() && e.End.After(e.Start) {
		return join(l, sentence(l, told), pair{"It held for {for} and is over.", "持续 {for}，现已解除。"}.fill(l, "for", Duration(l, e.End.Sub(e.Start))))
	}
	return join(l, sentence(l, told), Next(l, d))
}

// Meaning says what a diagnosis means.
func Meaning(l Lang, d agent.Diagnosis) string {
	if d.Rule == "" {
		return strings.TrimRight(pair{d.SaysEN, d.SaysZH}.in(l), " .。")
	}
	t, known := ruleTextOf(d.Rule)
	if !known {
		return d.Rule
	}
	return t.means.in(l)
}

// Next says what to do about a diagnosis, "" when nobody has said so.
func Next(l Lang, d agent.Diagnosis) string {
	text := pair{d.DoEN, d.DoZH}.in(l)
	if d.Rule != "" {
		t, _ := ruleTextOf(d.Rule)
		text = t.next.in(l)
	}
	if text == "" {
		return ""
	}
	return sentence(l, text)
}

// ruleTextOf finds the text of a rule and cause, "C6.low", or of the rule alone.
func ruleTextOf(rule string) (t ruleText, known bool) {
	if t, known = ruleTexts()[rule]; known {
		return t, true
	}
	id, _, _ := strings.Cut(rule, ".")
	t, known = ruleTexts()[id]
	return t, known
}

// DiagnosisFigures writes the numbers that a diagnosis was made from.
func DiagnosisFigures(l Lang, d agent.Diagnosis) string {
	var all []string
	for _, f := range d.Figures {
		name := f.Name
		if p, ok := figureTexts()[f.Name]; ok && d.Rule != "" {
			name = p.in(l)
		}
		all = append(all, name+" "+Reckoned(l, f.Value, f.Unit))
	}
	return strings.Join(all, pair{", ", "，"}.in(l))
}

// Reckoned writes a number in its unit to four digits, a share in percent.
func Reckoned(l Lang, v float64, unit string) string {
	scale, suffix := display(l, unit)
	if unit == "points" {
		suffix = pair{thin + "points", thin + "个百分点"}.in(l)
	}
	text := fixed(v*scale, digitsAfter(v*scale, 4))
	if strings.Contains(text, ".") && !strings.Contains(text, "e") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + suffix
}

// Diagnosed says that there are active diagnoses.
func Diagnosed(l Lang, n int) string {
	if n == 1 {
		return pair{"One diagnosis is active, see Diagnoses.", "有 1 条诊断，见“诊断”栏。"}.in(l)
	}
	return pair{"{n} diagnoses are active, see Diagnoses.", "有 {n} 条诊断，见“诊断”栏。"}.fill(l, "n", Count(n))
}

// Severity names how grave a diagnosis is.
func Severity(l Lang, word string) string {
	switch word {
	case "info":
		return pair{"note", "提示"}.in(l)
	case "warning":
		return pair{"warning", "警告"}.in(l)
	case "alarm":
		return pair{"alarm", "报警"}.in(l)
	}
	return word
}

func ruleTexts() map[string]ruleText {
	return map[string]ruleText{
		"M1.high": {pair{"the demister is clogging: its pressure drop at equal flow is far above the clean value", "除雾器堵塞：同等风量下压差远高于清洁值"},
			pair{"Clean or change the demister's mesh at the next stop.", "请在下次停机时清洗或更换除雾器丝网。"}},
		"M1.rising": {pair{"the demister is clogging: its pressure drop at equal flow rises by more than 2 % a day", "除雾器正在堵塞：同等风量下压差每天上升超过 2 %"},
			pair{"Look for what the oil carries in, and plan the cleaning of the demister.", "请查找油雾带入的杂质，并安排除雾器清洗。"}},
		"M2": {pair{"the wash oil is warm, so that it absorbs less", "洗油温度偏高，吸收能力下降"},
			pair{"Check the wash-oil cooler: cooling water, fouling, pump.", "请检查洗油冷却器：冷却水、结垢、循环泵。"}},
		"M3.pressure": {pair{"the desorber strips the wash oil too little: its vacuum is poor", "脱附塔解吸不足：真空度差"},
			pair{"Check the vacuum pump and look for leaks at the desorber.", "请检查真空泵，并查找脱附塔漏点。"}},
		"M3.cold": {pair{"the desorber strips the wash oil too little: it is too cold", "脱附塔解吸不足：温度偏低"},
			pair{"Check the heater of the desorber and its control.", "请检查脱附塔加热器及其控制。"}},
		"M4": {pair{"too little wash oil circulates for the gas", "洗油循环量偏低，液气比不足"},
			pair{"Check the wash-oil pump, strainer and level.", "请检查洗油泵、过滤器和液位。"}},
		"M5": {pair{"the oil recovered falls short of the oil removed by more than the uncertainty of both", "实际回收量低于净化量，差值超过两者的不确定度"},
			pair{"Look for a leak, an outlet that is not measured, or a wrong meter.", "请查找泄漏、未计量的出口或失准的仪表。"}},
		"M6": {pair{"the fan needs more energy per volume than usual at equal flow", "同等风量下风机单位电耗高于正常值"},
			pair{"Check dampers, then the pressure drops of demister and tower.", "请检查风门，再检查除雾器和吸收塔的压差。"}},
		"M7": {pair{"the mill rolls and the hood draws too little: oil mist escapes into the hall", "轧机轧制中，集气罩风量不足：油雾外逸到车间"},
			pair{"Check fan and dampers at once; what escapes is in no figure.", "请立即检查风机和风门；外逸的油雾不计入任何指标。"}},

		"C1.so2": {pair{"the converter: SO2 in the stack is near or above the limit. It moves the recovery by 0.1 to 0.2 points at most; what goes with the weak acid weighs more", "转化器：尾气 SO2 接近或超过限值。其对回收率的影响至多 0.1 至 0.2 个百分点，稀酸带走的损失更大"},
			pair{"See whether rule C2 holds too: if not, check inlet temperature, then the bypass.", "请查看规则 C2 是否也成立；若不成立，先查进口温度，再查旁通阀。"}},
		"C1.conversion": {pair{"the converter: conversion of SO2 is below its own usual value. It moves the recovery by 0.1 to 0.2 points at most; what goes with the weak acid weighs more", "转化器：SO2 转化率低于自身正常值。其对回收率的影响至多 0.1 至 0.2 个百分点，稀酸带走的损失更大"},
			pair{"See whether rule C2 holds too: if not, check inlet temperature, then the bypass.", "请查看规则 C2 是否也成立；若不成立，先查进口温度，再查旁通阀。"}},
		"C2": {pair{"the catalyst of the first bed is less active: its rise of temperature per SO2 is below the clean value, at a right inlet temperature", "一段催化剂活性下降：进口温度正常，单位 SO2 的温升低于清洁值"},
			pair{"Plan screening or changing of the first bed's catalyst; till then raise the inlet temperature within its band.", "请安排一段催化剂过筛或更换；在此之前可在允许范围内提高进口温度。"}},
		"C3": {pair{"recovery is too low, and most of the loss goes with the weak acid: SO3 in the furnace or too much purge, not the catalyst", "回收率偏低，损失主要随稀酸带走：原因是炉内 SO3 或排放过量，而非催化剂"},
			pair{"Check furnace oxygen and the purge's flow.", "请检查裂解炉含氧量和稀酸排放流量。"}},
		"C4": {pair{"the two methods disagree for two weeks: a meter or a leak", "两种方法连续两周不一致：仪表失准或存在泄漏"},
			pair{"Compare feed and product meters with tank levels; look for a leak.", "请将进料和成品流量计与罐液位核对，并查找泄漏。"}},
		"C5.weak": {pair{"the absorbers' acid is too weak: mist may form", "吸收酸浓度偏低：可能形成酸雾"},
			pair{"Check the dilution water and the strength meter.", "请检查加水量和浓度计。"}},
		"C5.strong": {pair{"the absorbers' acid is too strong: SO3 may pass as mist", "吸收酸浓度偏高：SO3 可能以酸雾形式逸出"},
			pair{"Check the dilution water and the strength meter.", "请检查加水量和浓度计。"}},
		"C6.high": {pair{"the mist eliminator is plugging: its pressure drop at equal flow is far above the clean value", "除沫器堵塞：同等风量下压差远高于清洁值"},
			pair{"Plan washing of the candles.", "请安排清洗滤筒。"}},
		"C6.low": {pair{"an element of the mist eliminator is torn or bypassed: its pressure drop at equal flow is far below the clean value", "除沫器元件破损或旁漏：同等风量下压差远低于清洁值"},
			pair{"Test the stack for mist and inspect the elements at the next stop.", "请观察烟囱有无酸雾，并在下次停机时检查元件。"}},
		"C7.range": {pair{"the strength is beyond what a density can tell: above 90 % one density has two strengths", "浓度超出密度法适用范围：90 % 以上同一密度对应两个浓度"},
			pair{"Measure by sound velocity or titration there.", "该范围请用声速法或滴定法测量。"}},
		"C7.differ": {pair{"strength by density and by sound velocity differ", "密度法与声速法测得的浓度不一致"},
			pair{"Titrate a sample and adjust the meter that is off.", "请取样滴定，并校正失准的仪表。"}},

		"G1": {pair{"the boiler is fouled: the flue gas leaves too hot and less heat passes per degree", "余热锅炉积灰：排烟温度偏高，单位温差传热量下降"},
			pair{"Blow soot; if that does not help, check the blowers and plan a cleaning.", "请吹灰；若无改善，检查吹灰器并安排清灰。"}},
		"G2.condenser": {pair{"the condenser's pressure is above its usual value", "凝汽器压力高于正常值"},
			pair{"Check cooling water, air leaks and fouling of the condenser.", "请检查循环水、漏气和凝汽器结垢。"}},
		"G2.turbine": {pair{"the turbine makes less power of the same steam", "相同蒸汽量下汽轮机发电偏少"},
			pair{"Check valves and seals of the turbine, and the steam meter.", "请检查汽轮机阀门和汽封，以及蒸汽流量计。"}},
		"G3": {pair{"the auxiliaries take a larger share than usual", "厂用电率高于正常值"},
			pair{"See which pump or fan runs that need not.", "请查看是否有不必要运行的泵或风机。"}},
		"G4": {pair{"heat of the steam and heat of the gas differ by more than their uncertainty", "蒸汽侧与烟气侧热量之差超过其不确定度"},
			pair{"Check the two flow meters, then the bypass damper for leaks.", "请检查两个流量计，再检查旁通挡板是否泄漏。"}},
		"G5.generation": {pair{"the self-generation share fell, mostly because less is generated", "自发电占比下降，主要因为发电减少"},
			pair{"Look at boiler and turbine: rules G1 and G2.", "请检查锅炉和汽轮机：见规则 G1 和 G2。"}},
		"G5.load": {pair{"the self-generation share fell, mostly because the site uses more", "自发电占比下降，主要因为全厂用电增加"},
			pair{"See what uses more; the power plant is not the cause.", "请查明增加的用电；原因不在电站。"}},

		"X1": {pair{"counter and power meter of the same energy disagree", "同一电量的电能表与功率积分不一致"},
			pair{"Check the ratio of the transformers, the scale in the configuration, and whether the counter was reset.", "请核对互感器变比和配置中的比例，以及电能表是否曾清零。"}},
		"X2.missing": {pair{"too much of a figure's time is not measured", "指标的未测时间过多"},
			pair{"Ask \"recoup why\" for the causes in seconds.", "请用 “recoup why” 查看各原因的秒数。"}},
		"X2.doubted": {pair{"too much of a figure comes from readings in doubt", "指标中存疑读数过多"},
			pair{"Ask \"recoup why\" which instrument is in doubt, and check it.", "请用 “recoup why” 查看存疑的仪表，并进行检查。"}},
		"X3": {pair{"a figure is physically impossible and withheld", "指标在物理上不可能，不予显示"},
			pair{"Check the instruments and their units.", "请检查仪表及其单位。"}},
	}
}

// figureTexts names the inputs and numbers of the built-in rules.
func figureTexts() map[string]pair {
	return map[string]pair{
		"dp": {"pressure drop", "压差"}, "q": {"gas flow", "风量"}, "c_out": {"stack concentration", "出口浓度"}, "load": {"inlet concentration", "进口浓度"},
		"wash_t": {"wash oil", "洗油温度"}, "usual_wash_t": {"usually", "正常洗油温度"}, "wash_flow": {"wash-oil flow", "洗油流量"},
		"desorber_p": {"desorber pressure", "脱附塔压力"}, "desorber_t": {"desorber", "脱附塔温度"}, "ratio": {"ratio", "比值"}, "per_day": {"per day", "每天"},
		"usual": {"usual", "正常值"}, "set": {"set", "设定值"}, "design": {"by design", "设计值"}, "liquid_to_gas": {"liquid to gas", "液气比"},
		"direct": {"by product", "直接法"}, "loss": {"by losses", "损失法"}, "u_difference": {"uncertainty of the difference", "差值的不确定度"},
		"power": {"power", "功率"}, "specific": {"specific", "单位值"}, "rolling": {"rolling", "轧制"},
		"so2": {"SO2", "SO2 浓度"}, "limit": {"limit", "限值"}, "y_in": {"SO2 before the converter", "转化器进口 SO2 浓度"}, "y_out": {"SO2 behind it", "转化器出口 SO2 浓度"},
		"conversion": {"conversion", "转化率"}, "recovery": {"recovery", "回收率"}, "lost": {"lost in all", "总损失"},
		"lost_so2": {"lost as SO2", "以 SO2 损失"}, "lost_weak_acid": {"lost with the weak acid", "随稀酸损失"},
		"bed_in": {"first bed, inlet", "一段进口温度"}, "bed_out": {"first bed, outlet", "一段出口温度"}, "rise": {"rise per SO2", "单位 SO2 温升"},
		"strength": {"strength", "浓度"}, "sound": {"by sound velocity", "声速法浓度"},
		"flow": {"flue gas", "烟气流量"}, "t_in": {"before the boiler", "锅炉进口烟温"}, "t_out": {"behind the boiler", "锅炉出口烟温"}, "steam_t": {"steam temperature", "蒸汽温度"},
		"warmer": {"hotter than clean by", "高于清洁状态"}, "ua_ratio": {"heat transfer, clean is 1", "传热系数比（清洁为 1）"},
		"steam": {"steam", "蒸汽流量"}, "steam_p": {"steam pressure", "蒸汽压力"}, "condenser": {"condenser", "凝汽器压力"}, "cooling_t": {"cooling water", "循环水温度"},
		"aux": {"auxiliaries", "厂用电功率"}, "steam_heat": {"heat of the steam", "蒸汽侧热量"}, "gas_heat": {"heat of the gas", "烟气侧热量"},
		"share": {"share", "占比"}, "by_generation": {"by generation", "发电影响"}, "by_load": {"by the site's use", "用电影响"},
		"counter": {"by counter", "电能表"}, "difference": {"difference", "相差"}, "figure": {"figure", "指标值"},
		"missing": {"not measured", "未测"}, "doubted": {"in doubt", "存疑"},
	}
}
