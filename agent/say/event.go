package say

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"recoup/agent"
)

// kindText is what is said of one kind of event.
type kindText struct {
	name   pair // in a table cell
	begun  pair // {key}, {why}, {n}, {rows}
	over   pair // also {for}; empty: as begun
	advice pair // empty: that of the reason's code, while it lasts
}

// Kind gives the short text of a kind of event, the kind itself when unknown.
func Kind(l Lang, k agent.EventKind) string {
	if t, ok := kindTexts()[k]; ok {
		return t.name.in(l)
	}
	return string(k)
}

// Event tells an event in sentences: what, why, and while it lasts what to do.
func Event(l Lang, e agent.Event) string {
	if d, is := agent.DiagnosisIn(e.Reason.Detail); is && e.Kind == agent.Diagnosed {
		return diagnosed(l, e, d)
	}
	t, ok := kindTexts()[e.Kind]
	if !ok {
		return sentence(l, string(e.Kind)+" "+e.Key+" "+Reason(l, e.Reason))
	}
	over := !e.End.IsZero() && e.End.After(e.Start) && t.over != pair{}
	text := t.begun
	if over {
		text = t.over
	}
	if e.Kind == agent.GapRecorded && e.Reason.Code == agent.Aged {
		text = pair{"{n} readings are no longer kept on this PC ({rows}): {why}", "{n} 条读数不再保留在本机（{rows}）：{why}"}
	}
	if e.Kind == agent.LateArrived && e.Reason.Code == agent.TooLate {
		over, text = false, pair{"Late readings of {key} are stored and delivered, but not all are counted: {why}", "{key} 的迟到读数已保存并会上传，但未全部计入：{why}"}
	}
	if e.Kind == agent.AgentRun && e.Reason.Code == agent.AgentStopped && over {
		text = pair{"A run of the agent ended without being stopped: a crash, a power cut or a kill", "采集程序的一次运行未经停止即告结束：崩溃、断电或被强制终止"}
	}
	n, rows := gapRows(l, e.Gap)
	told := text.fill(l, "key", e.Key, "why", eventWhy(l, e), "for", Duration(l, e.End.Sub(e.Start)), "n", n, "rows", rows)
	told = configEvent(l, e, told)
	if over {
		return sentence(l, told)
	}
	return join(l, sentence(l, told), ToDo(l, e.Kind, e.Reason.Code))
}

// ToDo says what to do about a kind of event, or else about its reason; "" when
// there is nothing to do.
func ToDo(l Lang, k agent.EventKind, c agent.Code) string {
	if advice := kindTexts()[k].advice.in(l); advice != "" {
		return advice
	}
	return Advice(l, c)
}

// eventWhy gives the cause. The code's words are about devices: they are left
// off where the event is about something else, or its own words say it better.
func eventWhy(l Lang, e agent.Event) string {
	why := Reason(l, e.Reason)
	own := e.Reason.Code == agent.NoConnection || e.Reason.Code == agent.NoData
	switch e.Kind {
	case agent.DiskTrouble, agent.UpstreamDown, agent.RowRejected, agent.PageDown, agent.SegmentDamaged, agent.MeterOverdue:
		own = true
	}
	if e.Reason.Code == agent.TooLate {
		own, why = false, tooLate(l, e.Reason.Detail)
	}
	if own && e.Reason.Detail != "" {
		why = e.Reason.Detail
	}
	if why == "" {
		why = pair{"reason not known", "原因不明"}.in(l)
	}
	return strings.TrimRight(why, " .。\n")
}

func gapRows(l Lang, g *agent.Gap) (n, rows string) {
	if g == nil {
		return pair{"Some", "部分"}.in(l), pair{"number not known", "数量不明"}.in(l)
	}
	var parts []string
	for _, source := range slices.Sorted(maps.Keys(g.Rows)) {
		parts = append(parts, source+": "+Count(g.Rows[source]))
	}
	if len(parts) == 0 {
		parts = []string{pair{"no source named", "未注明数据源"}.in(l)}
	}
	return Count(g.Total()), strings.Join(parts, pair{", ", "，"}.in(l))
}

// Count writes a whole number with its digits in groups of three.
func Count[N int | uint64](n N) string { return group(strconv.FormatInt(int64(n), 10)) }

func kindTexts() map[agent.EventKind]kindText {
	return map[agent.EventKind]kindText{
		agent.AgentRun: {
			name:  pair{"agent", "采集程序"},
			begun: pair{"The agent is running", "采集程序正在运行"},
			over:  pair{"A run of the agent is over", "采集程序的一次运行已结束"}},
		agent.SourceDown: {
			name:  pair{"source down", "数据源中断"},
			begun: pair{"Source {key} does not answer: {why}", "数据源 {key} 无应答：{why}"},
			over:  pair{"Source {key} did not answer for {for}: {why}. It answers again", "数据源 {key} 曾 {for} 无应答：{why}。现已恢复"}},
		agent.TagBad: {
			name:  pair{"tag bad", "测点坏值"},
			begun: pair{"Tag {key} has no usable value: {why}", "测点 {key} 没有可用值：{why}"},
			over:  pair{"Tag {key} had no usable value for {for}: {why}. It has one again", "测点 {key} 曾 {for} 没有可用值：{why}。现已恢复"}},
		agent.TagFrozen: {
			name:  pair{"tag frozen", "测点不变"},
			begun: pair{"Tag {key} repeats one value for too long; figures from it that are not closed yet are uncertain", "测点 {key} 的数值长时间不变，由其得出且尚未关闭的指标不确定"},
			over:  pair{"Tag {key} repeated one value for {for}; figures from it that were not closed by then are uncertain. It is no longer seen to repeat", "测点 {key} 的数值曾 {for} 不变，由其得出且当时尚未关闭的指标不确定。现已不再重复"}},
		agent.ClockStepped: {
			name:   pair{"clock set", "时钟调整"},
			begun:  pair{"Clock of this PC: {why}", "本机时钟：{why}"},
			advice: pair{"Let the PC keep its time by NTP.", "请用 NTP 为计算机校时。"}},
		agent.GapRecorded: {
			name:  pair{"readings missing", "读数缺失"},
			begun: pair{"{n} readings are missing ({rows}): {why}", "{n} 条读数缺失（{rows}）：{why}"}},
		agent.CounterChanged: {
			name:  pair{"totaliser", "累计表"},
			begun: pair{"Totaliser {key}: {why}", "累计表 {key}：{why}"}},
		agent.LateArrived: {
			name:  pair{"late readings", "迟到读数"},
			begun: pair{"Readings of {key} came after their windows had closed. They are counted within minutes, as a revision", "{key} 的读数在统计时段关闭后才到达，将在几分钟内以修订方式计入"}},
		agent.DefinitionNew: {
			name:   pair{"definition changed", "定义变更"},
			begun:  pair{"The definition of {key} changed", "指标 {key} 的定义已变更"},
			advice: pair{"Its open windows were closed as partial and begun anew.", "未结束的统计时段已按不完整关闭，并重新开始。"}},
		agent.DiskTrouble: {
			name:   pair{"disk trouble", "磁盘故障"},
			begun:  pair{"The buffer cannot be written: {why}. Readings wait in memory; what no longer fits is dropped and counted", "本地缓存无法写入：{why}。读数暂存内存；放不下的会被丢弃并计数"},
			over:   pair{"The buffer could not be written for {for}: {why}. It is written again", "本地缓存曾 {for} 无法写入：{why}。现已恢复"},
			advice: pair{"Check free space and health of the disk.", "请检查磁盘剩余空间和健康状况。"}},
		agent.UpstreamDown: {
			name:   pair{"upstream down", "上传中断"},
			begun:  pair{"Upstream {key} takes no deliveries: {why}. They are kept in the buffer", "上传目标 {key} 不接收数据：{why}。数据保留在本地缓存中"},
			over:   pair{"Upstream {key} took no deliveries for {for}: {why}. It takes them again", "上传目标 {key} 曾 {for} 不接收数据：{why}。现已恢复"},
			advice: pair{"Check network, address and credentials.", "请检查网络、地址和凭据。"}},
		agent.RowRejected: {
			name:   pair{"row refused", "数据行被拒"},
			begun:  pair{"Upstream {key} refused a row, which was set aside: {why}", "上传目标 {key} 拒收一行数据，该行已另存：{why}"},
			advice: pair{"Ask its operator what it refuses.", "请向对方运维人员查询拒收原因。"}},
		agent.PageDown: {
			name:   pair{"page down", "页面中断"},
			begun:  pair{"The local page cannot be served: {why}", "本地页面无法提供：{why}"},
			over:   pair{"The local page could not be served for {for}: {why}. It is served again", "本地页面曾 {for} 无法提供：{why}。现已恢复"},
			advice: pair{"Free the port, or set another under web.listen.", "请释放端口，或在 web.listen 中改用其他端口。"}},
		agent.SegmentDamaged: {
			name:   pair{"buffer file damaged", "缓存文件损坏"},
			begun:  pair{"Buffer file {key} is damaged: {why}", "缓存文件 {key} 已损坏：{why}"},
			advice: pair{"It was set aside, what could be read is kept. Check the disk.", "文件已隔离，可读部分已保留。请检查磁盘。"}},
		agent.Revised: {
			name:   pair{"revision", "修订"},
			begun:  pair{"Late readings of {key} were counted; figures that they change have a new revision", "{key} 的迟到读数已计入；受影响的指标已发布新修订"},
			over:   pair{"Late readings of {key} were counted for a time of {for}; figures that they change have a new revision", "{key} 的迟到读数（时长 {for}）已计入；受影响的指标已发布新修订"},
			advice: pair{"The earlier revisions stay in the record.", "原有修订保留在记录中。"}},
		agent.Diagnosed: {
			name:  pair{"diagnosis", "诊断"},
			begun: pair{"Diagnosis {key}: {why}", "诊断 {key}：{why}"},
			over:  pair{"Diagnosis {key}: {why}. It held for {for} and is over", "诊断 {key}：{why}。持续 {for}，现已解除"}},
		agent.ConfigChanged: {
			name:  pair{"configuration", "配置"},
			begun: pair{"Configuration changed, {key}: {why}", "配置已变更，{key}：{why}"}},
		agent.MeterOverdue: {
			name:   pair{"calibration overdue", "校准逾期"},
			begun:  pair{"The calibration of {key} is overdue (serial number, due: {why}); figures from it are uncertain", "{key} 的校准已逾期（出厂编号、到期日：{why}），由其得出的指标不确定"},
			over:   pair{"The calibration of {key} was overdue for {for} (serial number, due: {why}). It is valid again", "{key} 的校准曾逾期 {for}（出厂编号、到期日：{why}）。现已有效"},
			advice: pair{"Have it calibrated and write the new due date into the register.", "请安排校准，并在台账中更新到期日。"}},
	}
}
