package say

import "regexp"

// What the engine writes beside numbers and names, in results and events that are
// stored once for readers of every language, is English in a few fixed forms.
var phrases = []struct {
	en *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^an accuracy is not stated$`), "有仪表未给出准确度"},
	{regexp.MustCompile(`^its definition is no longer known$`), "其定义已无从得知"},
	{regexp.MustCompile(`^they show that no such lot began then$`), "据此，该批次并非在此开始"},
	{regexp.MustCompile(`^the checkpoint of that time cannot be used$`), "当时的检查点无法使用"},
	{regexp.MustCompile(`^the definition has changed since$`), "此后定义已变更"},
	{regexp.MustCompile(`^the register went from (\S+) to ([^\s;]+)`), "寄存器由 $1 变为 $2"},
	{regexp.MustCompile(`; how often it passed (\S+) in between is not known$`), "；期间越过 $1 的次数不明"},
	{regexp.MustCompile(`; it passed (\S+) (\d+) times in between, by (\S+)$`), "；按 $3 推算，期间越过 $1 共 $2 次"},
	{regexp.MustCompile(`^set back by (\S+)$`), "回拨 $1"},
	{regexp.MustCompile(`^set forward by (\S+)$`), "前拨 $1"},
	{regexp.MustCompile(`^boundary: `), "核算边界："},
	{regexp.MustCompile(`^allocation: none$`), "分配：不分配"},
	{regexp.MustCompile(`^allocation: `), "分配："},
	{regexp.MustCompile(`^baseline: `), "基准："},
	{regexp.MustCompile(`^baseline source: `), "基准来源："},
	{regexp.MustCompile(`^baseline model: declared, standard uncertainty (\S+) %$`), "基准模型：由配置给出，标准不确定度 $1 %"},
	{regexp.MustCompile(`^baseline fit: (\d+) periods from (\S+) to (\S+), `), "基准拟合：$2 至 $3 共 $1 期，"},
	{regexp.MustCompile(`^static factor: `), "静态因素："},
	{regexp.MustCompile(`^measure (\S+) is compared with: `), "措施 $1 的比较对象："},
	{regexp.MustCompile(`^measure (\S+): share (\S+) \((.*)\)$`), "措施 $1：占 $2（$3）"},
	{regexp.MustCompile(`^measure (\S+): (.*), since (\S+) until (\S+)$`), "措施 $1：$2，$3 至 $4"},
	{regexp.MustCompile(`^measure (\S+): (.*), since (\S+)$`), "措施 $1：$2，自 $3 起"},
	{regexp.MustCompile(`^estimate: lost time at mean \+ (\S+) sd$`), "估算：缺失时间按均值加 $1 倍标准差计"},
	{regexp.MustCompile(`\(since (\d{4}-\d\d-\d\d), (.*)\)$`), "（自 $1 起，$2）"},
}

// inWord tells in a language what the engine wrote; what it did not write stays.
func inWord(l Lang, text string) string {
	if l != ZH {
		return text
	}
	for _, p := range phrases {
		text = p.en.ReplaceAllString(text, p.zh)
	}
	return text
}

func inWords(l Lang, all []string) []string {
	told := make([]string, len(all))
	for i, text := range all {
		told[i] = inWord(l, text)
	}
	return told
}
