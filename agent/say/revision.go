package say

import (
	"strconv"

	"recoup/agent"
)

// revisionLine says that late data changed a result, and what it was before; ""
// for a first revision.
func revisionLine(l Lang, r agent.Result) string {
	if r.Revision <= 0 {
		return ""
	}
	told := pair{"Revision {n}: late data changed this result.", "第 {n} 次修订：迟到数据改变了本结果。"}.fill(l, "n", strconv.Itoa(r.Revision))
	if r.Was == nil {
		return told
	}
	before := Withheld(l, r.Was.Reason.Code)
	if !r.Was.Withheld() {
		before = interval(l, r.Was.Value, r.Was.U, r.Was.Unit)
	}
	return join(l, told, pair{"Before: {v}, at a coverage of {c}.", "修订前：{v}，覆盖率 {c}。"}.fill(l, "v", before, "c", Percent(r.Was.Coverage)))
}

// tooLate says why late readings cannot be counted.
func tooLate(l Lang, detail string) string {
	switch detail {
	case agent.Dropped.String():
		return pair{"not all raw readings of that time are kept", "该时段的原始读数已不完整"}.in(l)
	case "the checkpoint of that time cannot be used":
		return pair{detail, "该时段的计算检查点无法使用"}.in(l)
	case "the definition has changed since":
		return pair{detail, "此后指标定义已变更"}.in(l)
	}
	return detail
}
