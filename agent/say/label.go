package say

// Labels gives the fixed texts of the page in one language, by name.
func Labels(l Lang) map[string]string {
	texts := map[string]string{}
	for name, p := range labelTexts() {
		texts[name] = p.in(l)
	}
	return texts
}

func labelTexts() map[string]pair {
	return map[string]pair{
		"read_only":    {"Read-only: this program sends only read requests to the PLCs.", "只读：本程序只向 PLC 发送读请求。"},
		"other_lang":   {"中文", "English"},
		"skip":         {"Skip to content", "跳到正文"},
		"sections":     {"Sections", "栏目"},
		"status":       {"Status", "状态"},
		"kpis":         {"Recovery", "回收指标"},
		"sources":      {"Sources", "数据源"},
		"tags":         {"Tags", "测点"},
		"buffer":       {"Buffer", "本地缓存"},
		"upstreams":    {"Upstreams", "上传"},
		"events":       {"Events", "事件"},
		"lost":         {"The agent does not answer. What is shown is old, as of ", "采集程序无应答。以下为旧数据，截至 "},
		"lost_advice":  {" Check that the PC and the service recoup are running.", " 请检查计算机和 recoup 服务是否在运行。"},
		"no_script":    {"Without JavaScript this page reloads every 5 s.", "未启用 JavaScript，本页每 5 秒重新加载。"},
		"all_well":     {"No trouble: all sources answer, all tags are good, the buffer is written.", "无异常：数据源均有应答，测点均为好，本地缓存写入正常。"},
		"attention":    {"Attention.", "请注意。"},
		"starting":     {"Starting: nothing has been read yet.", "正在启动：尚未读到数据。"},
		"source":       {"Source", "数据源"},
		"upstream":     {"Upstream", "上传目标"},
		"the_buffer":   {"The buffer", "本地缓存"},
		"delivered_to": {"Delivered up to", "已上传至"},
		"credit_code":  {"credit code", "统一社会信用代码"},
		"sector":       {"sector", "行业"},

		"manual":        {"Manual", "手册"},
		"manual_first":  {"Basics", "基础"},
		"manual_data":   {"Data in and out", "数据的输入与输出"},
		"manual_drills": {"Training drills", "培训演练"},
		"manual_kinds":  {"Kinds of figures", "指标类别"},
		"no_page":       {"The manual has no such page", "手册中没有这一页"},
		"no_page_why":   {"The address may be mistyped, or the page belongs to another version of the program.", "地址可能有误，或该页属于其他版本的程序。"},
		"all_pages":     {"All pages of the manual", "手册目录"},
		"live_page":     {"Back to the figures", "返回指标页面"},

		"last_shift":    {"Last shift", "上一班次"},
		"this_shift":    {"Running shift", "当前班次"},
		"last_day":      {"Last day", "前一日"},
		"this_month":    {"This month", "本月"},
		"recent_shifts": {"Earlier shifts", "此前各班"},
		"shift":         {"Shift", "班次"},
		"last_month":    {"Last month", "上一月"},
		"so_far":        {"so far", "截至目前"},
		"none_closed":   {"none closed yet", "尚无已结束的时段"},
		"none_running":  {"nothing yet", "尚无数据"},
		"coverage":      {"Coverage", "覆盖率"},
		"target":        {"Target", "目标"},
		"quality":       {"Quality", "数据质量"},
		"not_stated":    {"uncertainty not stated", "未给出不确定度"},
		"why":           {"How this figure came about", "数值由来"},
		"why_not":       {"What is missing", "缺少什么"},
		"last_24_hours": {"Last 24 hours", "最近 24 小时"},
		"last_31_days":  {"Last 31 days", "最近 31 天"},
		"legend":        {"Marks show value ± U; amber: uncertain; grey: no figure; dashed: no result known; dashed line: target.", "图形表示数值 ± U；橙色：不确定；灰色：没有数值；虚线框：没有结果；虚线：目标。"},
		"no_kpis":       {"No KPI is configured. Add one under kpis in the configuration.", "未配置指标。请在配置文件的 kpis 下添加。"},

		"name": {"Name", "名称"}, "state": {"State", "状态"}, "since": {"Since", "自"}, "last_good": {"Last good read", "最近成功读取"},
		"every": {"Every", "周期"}, "polls": {"Polls", "轮询"}, "failures": {"Failed", "失败"}, "overruns": {"Overruns", "超期"},
		"readings": {"Readings", "读数"}, "mean_poll": {"Mean read time", "平均读取时间"},
		"value": {"Value", "值"}, "unit": {"Unit", "单位"}, "reason": {"Reason", "原因"}, "age": {"Age", "距今"}, "when": {"When", "时间"},
		"kind": {"Kind", "类型"}, "told": {"What and what to do", "情况与处理"}, "lasted": {"Lasted", "持续"}, "going_on": {"going on", "持续中"},
		"not_read": {"not read yet", "尚未读取"}, "more_tags": {"more tags are not shown here; all are in", "个测点未在此显示，全部见"},
		"no_sources": {"No source is configured. Add one under sources in the configuration.", "未配置数据源。请在配置文件的 sources 下添加。"},
		"no_upstreams": {"No upstream is configured: batches stay in the buffer on this PC until its bounds.",
			"未配置上传目标：数据只保留在本机缓存中，直到达到上限。"},
		"no_events": {"No events yet.", "尚无事件。"},

		"committed":   {"Readings written since the start", "启动以来写入的读数"},
		"waiting":     {"Rows waiting in memory", "内存中等待的行"},
		"size":        {"Size on disk", "磁盘占用"},
		"batches":     {"Batches not delivered everywhere", "未全部送达的批次"},
		"oldest":      {"Oldest batch", "最早批次"},
		"gaps":        {"Readings missing", "缺失的读数"},
		"aged":        {"Readings no longer kept here", "不再保留的读数"},
		"no_gaps":     {"none", "无"},
		"dropped":     {"Dropped before the disk since the start", "启动以来写盘前丢弃"},
		"commit_time": {"Mean time of a write", "平均写入时间"},
		"behind":      {"Behind", "滞后"}, "delivered": {"Delivered readings", "已上传读数"}, "errors": {"Errors", "错误"}, "rejected": {"Refused rows", "被拒行"},
		"not_behind": {"up to date", "已同步"}, "no_errors": {"none", "无"},
		"version": {"Version", "版本"}, "running_since": {"running since", "启动于"}, "times_in": {"all times in", "时间均为"},
		"unknown": {"not known", "未知"}, "ago": {"ago", "前"},
	}
}
