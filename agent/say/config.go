package say

import (
	"strings"

	"recoup/agent"
)

// configWords are the first words of what a change of the configuration is about.
func configWords() map[string]pair {
	return map[string]pair{
		"plant": {"plant", "工厂"}, "buffer": {"buffer", "本地缓存"}, "web": {"web", "页面"}, "source": {"source", "数据源"}, "tag": {"tag", "测点"},
		"KPI": {"KPI", "指标"}, "upstream": {"upstream", "上传目标"}, "instrument": {"instrument", "仪表"}, "factor": {"factor", "系数"},
		"program": {"program", "程序"}, "": {"all", "整体"},
	}
}

// configEvent tells a change of the configuration, or which one a run has.
func configEvent(l Lang, e agent.Event, told string) string {
	switch {
	case e.Kind == agent.ConfigChanged:
		first, rest, _ := strings.Cut(e.Key, " ")
		if word, ok := configWords()[first]; ok {
			first = word.in(l)
		}
		told = kindTexts()[e.Kind].begun.fill(l, "key", strings.TrimSpace(first+" "+rest), "why", eventWhy(l, e))
	case e.Kind == agent.AgentRun && e.Reason.Detail != "":
		revision, _, _ := strings.Cut(e.Reason.Detail, " ")
		told += pair{" (configuration {r})", "（配置修订 {r}）"}.fill(l, "r", revision)
	}
	return told
}
