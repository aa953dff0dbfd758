package say

import (
	"strings"

	"recoup/agent"
)

// codeText is what is said of one reason code.
type codeText struct {
	name   pair // in a table cell
	clause pair // why time was lost; {} is the tag or source
	advice pair // what to do next; may be empty
}

// Code gives the short text of a reason code; "" for NoReason, the code's
// stable name for one that this version does not know.
func Code(l Lang, c agent.Code) string {
	t, ok := textOf(c)
	if !ok {
		return c.String()
	}
	return t.name.in(l)
}

// Reason gives a reason as a clause: the code's text and the detail, "" for no
// reason at all. A detail that is itself the name of a code is translated.
func Reason(l Lang, r agent.Reason) string {
	name, detail := Code(l, r.Code), r.Detail
	if c, ok := agent.CodeNamed(detail); ok {
		detail = Code(l, c)
	}
	if r.Code == agent.WordOrder && l == ZH {
		detail = orders().Replace(detail)
	}
	switch detail = inWord(l, detail); {
	case detail == "":
		return name
	case name == "":
		return detail
	}
	return name + pair{": ", "："}.in(l) + detail
}

// orders translates how agent.Tag.Judge names other orders of bytes.
func orders() *strings.Replacer {
	return strings.NewReplacer("plausible with ", "若按以下顺序解读则合理：", " or ", "、", "the bytes of its words exchanged", "字内两字节对调",
		"its words exchanged", "两个字对调", "its bytes reversed", "四个字节倒序")
}

// Advice says what to do about a reason code, "" when there is nothing to do.
func Advice(l Lang, c agent.Code) string {
	t, _ := textOf(c)
	return t.advice.in(l)
}

// LostTo says why time was lost, about naming the tag or source.
func LostTo(l Lang, c agent.Code, about string) string {
	t, ok := textOf(c)
	if !ok {
		return Reason(l, agent.Reason{Code: c, Detail: about})
	}
	if c == agent.OutsideStates {
		about = StateWord(l, about)
	}
	if about == "" {
		about = pair{"an input", "某个输入"}.in(l)
	}
	return t.clause.fill(l, "", about)
}

func textOf(c agent.Code) (t codeText, ok bool) {
	if int(c) >= len(codeTexts) {
		return codeText{}, false
	}
	return codeTexts[c], true
}

var codeTexts = [...]codeText{
	agent.NoReason: {clause: pair{"{} for no stated reason", "{} 原因未说明"}},
	agent.NoConnection: {
		pair{"no connection", "无法连接"}, pair{"{} could not be reached", "{} 无法连接"},
		pair{"Check power and network cable of the PLC.", "请检查 PLC 的电源和网线。"}},
	agent.Timeout: {
		pair{"no answer in time", "应答超时"}, pair{"{} did not answer in time", "{} 应答超时"},
		pair{"Check that the PLC runs and that no other program keeps it busy.", "请检查 PLC 是否在运行、是否被其他程序占用。"}},
	agent.Protocol: {
		pair{"answer not understood", "应答无法识别"}, pair{"{} gave answers that cannot be understood", "{} 的应答无法识别"},
		pair{"Check that address, port and unit id belong to this device.", "请核对地址、端口和单元号是否属于该设备。"}},
	agent.Refused: {
		pair{"refused by the device", "设备拒绝请求"}, pair{"{}: the device refused the request", "{}：设备拒绝请求"},
		pair{"Check the address against the device's manual.", "请对照设备手册核对地址。"}},
	agent.Sentinel: {
		pair{"the device reports \"no value\"", "设备报告“无值”"}, pair{"{}: the device reported \"no value\"", "{}：设备报告“无值”"},
		pair{"Check the sensor and its wiring.", "请检查传感器及其接线。"}},
	agent.NotFinite: {
		pair{"not a finite number", "不是有限数值"}, pair{"{} gave no finite number", "{} 给出的不是有限数值"},
		pair{"Check data type and word order in the configuration, then the sensor.", "请检查配置中的数据类型和字序，再检查传感器。"}},
	agent.OutOfRange: {
		pair{"outside its plausible range", "超出合理范围"}, pair{"{} was outside its plausible range", "{} 超出合理范围"},
		pair{"Check the sensor, then scale and range in the configuration.", "请检查传感器，再核对配置中的比例和量程。"}},
	agent.DeviceBad: {
		pair{"called bad by the device", "设备标记为坏"}, pair{"{} was called bad by the device", "{} 被设备标记为坏"},
		pair{"Check the sensor at the device.", "请在设备侧检查传感器。"}},
	agent.DeviceDoubt: {
		pair{"called uncertain by the device", "设备标记为不确定"}, pair{"{} was called uncertain by the device", "{} 被设备标记为不确定"},
		pair{"Check the sensor at the device.", "请在设备侧检查传感器。"}},
	agent.NoData: {
		pair{"no reading", "没有读数"}, pair{"no reading of {}", "{} 没有读数"}, pair{}},
	agent.GapTooLong: {
		pair{"readings too far apart", "读数间隔过长"}, pair{"readings of {} were too far apart", "{} 的读数间隔过长"},
		pair{"Check that the source is polled as often as configured.", "请检查数据源是否按配置的周期轮询。"}},
	agent.HeldTooLong: {
		pair{"held value too old", "保持值已过期"}, pair{"the held value of {} was too old", "{} 的保持值已过期"},
		pair{"Enter or fetch a new value.", "请录入或获取新值。"}},
	agent.AgentStopped: {
		pair{"the agent was not running", "采集程序未运行"}, pair{"the agent was not running", "采集程序未运行"},
		pair{"Check why the PC or the service was off.", "请查明计算机或服务停止的原因。"}},
	agent.DriverPanic: {
		pair{"fault in the program's driver", "驱动程序内部故障"}, pair{"{}: a fault in the program's driver", "{}：驱动程序内部故障"},
		pair{"Run \"recoup support\" and send us the file.", "请运行 “recoup support” 并把文件发给我们。"}},
	agent.ClockStep: {
		pair{"the PC's clock was set", "计算机时钟被调整"}, pair{"the PC's clock was set", "计算机时钟被调整"},
		pair{"Let the PC keep its time by NTP.", "请用 NTP 为计算机校时。"}},
	agent.Dropped: {
		pair{"dropped by a bound of the buffer", "本地缓存达到上限而丢弃"}, pair{"readings of {} were dropped by a bound of the buffer", "{} 的读数因本地缓存达到上限而丢弃"},
		pair{"Give the buffer more room, or mend its disk.", "请增大本地缓存或修复磁盘。"}},
	agent.CounterReset: {
		pair{"totaliser began anew, total is a lower bound", "累计表重新计数，合计为下限"}, pair{"totaliser {} began anew, so that the total is a lower bound", "累计表 {} 重新计数，合计为下限"},
		pair{"Check the meter.", "请检查该仪表。"}},
	agent.CounterWrap: {
		pair{"totaliser passed its modulus", "累计表翻转"}, pair{"totaliser {} passed its modulus", "累计表 {} 翻转"}, pair{}},
	agent.CounterSpike: {
		pair{"impossible totaliser value left out", "剔除了不可能的累计值"}, pair{"an impossible value of totaliser {} was left out", "剔除了累计表 {} 的一个不可能的值"}, pair{}},
	agent.MeterReplaced: {
		pair{"totaliser goes on from a new base", "累计表以新底数继续"}, pair{"totaliser {} goes on from a new base", "累计表 {} 以新底数继续"},
		pair{"Confirm that the meter was replaced.", "请确认是否更换了仪表。"}},
	agent.CaughtUp: {
		pair{"totaliser caught up after a gap", "累计表在缺口后补计"}, pair{"totaliser {} caught up after a gap", "累计表 {} 在缺口后补计"}, pair{}},
	agent.LowCoverage: {
		pair{"too little of the window is covered", "覆盖率不足"}, pair{"{} covers too little of the window", "{} 的覆盖率不足"}, pair{}},
	agent.PartialWindow: {
		pair{"the window is not whole", "统计时段不完整"}, pair{"recording had not begun, or was cut", "尚未开始记录，或记录中断"}, pair{}},
	agent.NoInput: {
		pair{"nothing was fed in", "没有投入量"}, pair{"nothing was fed in at {}", "{} 没有投入量"}, pair{}},
	agent.BoundViolated: {
		pair{"physically impossible", "物理上不可能"}, pair{"{} is physically impossible", "{} 物理上不可能"},
		pair{"Check the instruments and their units.", "请检查仪表及其单位。"}},
	agent.LateData: {
		pair{"readings arrived after their window had closed", "读数在统计时段关闭后才到达"}, pair{"readings of {} arrived after their window had closed", "{} 的读数在统计时段关闭后才到达"}, pair{}},
	agent.Oversize: {
		pair{"more than the far side takes", "超出对端允许的大小"}, pair{"{}: more than the far side takes", "{}：超出对端允许的大小"}, pair{}},
	agent.Aged: {
		pair{"past the age bound, after delivery to all", "全部送达后超过保存期限"}, pair{"readings of {} are past the age bound", "{} 的读数超过保存期限"}, pair{}},
	agent.Damaged: {
		pair{"stored data damaged", "存储的数据已损坏"}, pair{"stored data of {} are damaged", "{} 存储的数据已损坏"},
		pair{"Check the disk of this PC; the damaged file is kept in quarantine.", "请检查本机磁盘；损坏的文件已移至隔离目录 quarantine。"}},
	agent.Frozen: {
		pair{"repeats one value for too long", "数值长时间不变"}, pair{"{} repeated one value for too long", "{} 的数值长时间不变"},
		pair{"Compare with the instrument's own display; restart its transmitter or analyser.", "请与仪表就地显示对比，并重启变送器或分析仪。"}},
	agent.WordOrder: {
		pair{"wrong byte or word order", "字节序或字序错误"}, pair{"{} came in a wrong byte or word order", "{} 的字节序或字序错误"},
		pair{"Compare the order at the end of the tag's \"at\" with the device's settings; ask what was changed at the PLC.", "请核对该测点 at 末尾的字序与设备设置，并查明 PLC 改动了什么。"}},
	agent.NoFactor: {
		pair{"no price or factor for that time", "该时间没有价格或系数"}, pair{"{} had no value for that time yet", "{} 在该时间尚无取值"},
		pair{"Give the factor a step that begins early enough, with its source.", "请为该系数补充起始日期足够早的取值，并注明来源。"}},
	agent.Extrapolated: {
		pair{"computed by extrapolation", "按外推计算"}, pair{"{} is beyond what the table of densities covers, which was extrapolated", "{} 超出密度表的适用范围，密度按外推计算"}, pair{}},
	agent.Calibration: {
		pair{"analyser calibration", "分析仪校准"}, pair{"{}: an analyser was being calibrated", "{}：分析仪校准中"}, pair{}},
	agent.Purge: {
		pair{"purging of a sample line", "取样管路吹扫"}, pair{"{}: a sample line or probe was being purged", "{}：取样管路或探头吹扫中"}, pair{}},
	agent.Maintenance: {
		pair{"maintenance", "检修"}, pair{"{}: maintenance was going on", "{}：检修中"}, pair{}},
	agent.OutsideStates: {
		pair{"in a state that the figure leaves out", "处于该指标不统计的状态"}, pair{"the plant was in state {}, which this figure leaves out", "装置处于“{}”状态，该指标不统计"}, pair{}},
	agent.Overdue: {
		pair{"calibration overdue", "校准逾期"}, pair{"the calibration of {} was overdue", "{} 的校准已逾期"},
		pair{"Have it calibrated and write the new due date into the register.", "请安排校准，并在台账中更新到期日。"}},
	agent.RatioChanged: {
		pair{"ratio of the meter's transformers changed", "互感器变比变更"}, pair{"the ratio of the transformers of {} changed", "{} 的互感器变比变更"}, pair{}},
	agent.TooLate: {
		pair{"too late to be counted", "到达过迟，无法计入"}, pair{"readings of {} came too late to be counted", "{} 的读数到达过迟，无法计入"}, pair{}},
	agent.WithinUncertainty: {
		pair{"no larger than its uncertainty allows to show", "未超出不确定度，无法证明"}, pair{"{} is no larger than its uncertainty allows to show", "{} 未超出其不确定度，无法证明"},
		pair{"Look at a longer time, or measure more accurately.", "请统计更长的时段，或提高测量准确度。"}},
	agent.OutsideModel: {
		pair{"beyond the data that the model was made from", "超出模型数据范围"}, pair{"{} was beyond the data that the model was made from", "{} 超出模型数据范围"},
		pair{"Make a baseline that covers this operation.", "请建立覆盖该工况的基准。"}},
	agent.ClosureFailed: {
		pair{"the two methods disagree", "两种方法不一致"}, pair{"{}: the two methods differ by more than their uncertainties", "{}：两种方法之差超过其不确定度"},
		pair{"Look for a leak, an outlet that is not measured, or a wrong meter.", "请查找泄漏、未计量的出口或失准的仪表。"}},
	agent.RuleHolds: {
		pair{"diagnosed", "诊断结论"}, pair{"{}: a diagnosis held", "{}：存在诊断结论"}, pair{}},
	agent.LimitPassed: {
		pair{"a limit was passed", "超出限值"}, pair{"{} passed a limit", "{} 超出限值"}, pair{}},
	agent.Restarted: {
		pair{"the device was starting", "设备正在启动"}, pair{"{} showed zeros only, as a device does that starts", "{} 全部显示为 0，为设备启动时的表现"},
		pair{"Check why the PLC started anew.", "请查明 PLC 重启的原因。"}},
	agent.TrendOnly: {
		pair{"a trend only: this figure is for longer windows", "仅供观察趋势：该指标适用于更长的时段"}, pair{"{} is a trend only", "{} 仅供观察趋势"}, pair{}},
}
