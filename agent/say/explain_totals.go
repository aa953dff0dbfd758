package say

import (
	"fmt"
	"math"
	"strconv"

	"recoup/agent"
)

const keptRows = 4 // at each end of a table that is shortened

// totals tells the totals of all parts, level by level, each table adding up to
// the row that it belongs to.
func (p *Proof) totals(l Lang) (lines []string) {
	lines = p.totalsOf(l, p.Result)
	if p.Short && len(lines) > 0 {
		return append(lines, "  "+pair{"Shortened; without --short every row is printed, down to 15 minutes.", "已缩略；不加 --short 时逐行列出，直至 15 分钟。"}.in(l))
	}
	return lines
}

func (p *Proof) totalsOf(l Lang, whole agent.Result) (lines []string) {
	parts := p.Parts(whole)
	t := p.totalsTable(l, whole, parts)
	if p.Short {
		t.short(keptRows, func(n int) string {
			return pair{fmt.Sprintf("… %d more …", n), fmt.Sprintf("…… 另有 %d 行 ……", n)}.in(l)
		})
	}
	p.totalRow(l, &t, whole)
	lines = append(lines, t.lines()...)
	if len(parts) > 0 && !p.sound(whole, parts) {
		lines = append(lines, "  "+pair{"The rows known here do not make up the whole: some are no longer kept, or were passed over.", "已知各行不足以构成总计：部分已不再保留，或被跳过。"}.in(l))
	}
	if p.Short {
		return lines
	}
	for _, part := range parts {
		if len(p.Parts(part)) > 0 {
			lines = append(append(lines, "", "  "+Window(l, part.Window, p.Loc)), p.totalsOf(l, part)...)
		}
	}
	return lines
}

// totalsTable has a row for each part. The columns have so many decimals that the
// whole has ten digits.
func (p *Proof) totalsTable(l Lang, whole agent.Result, parts []agent.Result) table {
	t := table{header: []string{pair{"From – to", "起 – 止"}.in(l), pair{"covered s", "有效 s"}.in(l), pair{"lost s", "缺失 s"}.in(l)}}
	if !p.Result.Withheld() {
		names := partNames(l, whole.Terms)
		for i, term := range whole.Terms {
			t.header = append(t.header, names[i]+unitIn(l, term.Unit))
		}
	}
	for _, part := range parts {
		p.partRow(&t, p.stretch(part.Window), whole, part)
	}
	return t
}

func (p *Proof) totalRow(l Lang, t *table, whole agent.Result) {
	p.partRow(t, pair{"Sum: ", "合计："}.in(l)+Window(l, whole.Window, p.Loc), whole, whole)
}

func (p *Proof) partRow(t *table, name string, whole, part agent.Result) {
	row := []string{name, "0", "0"}
	if len(part.Terms) > 0 {
		lost := 0.0
		for _, l := range part.Terms[0].Lost {
			lost += l.Seconds
		}
		row[1], row[2] = decimals(part.Terms[0].Seconds, 3), decimals(lost, 3)
	}
	if !p.Result.Withheld() {
		for i, term := range part.Terms {
			row = append(row, decimals(term.Total, tenDigits(whole.Terms[i].Total)))
		}
	}
	t.rows = append(t.rows, row)
}

// stretch writes a window of a table's row.
func (p *Proof) stretch(w agent.Window) string {
	from, to := w.Start.In(p.Loc), w.End.In(p.Loc)
	if w.Kind != agent.Cell {
		return from.Format("2006-01-02 15:04") + " – " + to.Format("01-02 15:04")
	}
	return from.Format("2006-01-02 15:04") + " – " + to.Format("15:04")
}

func decimals(v float64, places int) string {
	return minus(strconv.FormatFloat(v, 'f', places, 64))
}

// tenDigits gives the decimals with which v has ten digits, 0…12.
func tenDigits(v float64) int {
	if v == 0 || !finite(v) {
		return 3
	}
	return min(max(9-int(math.Floor(math.Log10(math.Abs(v)))), 0), 12)
}

// sound reports that the parts' totals make the whole's.
func (p *Proof) sound(whole agent.Result, parts []agent.Result) bool {
	for i, t := range whole.Terms {
		sum, size := 0.0, 0.0
		for _, part := range parts {
			if i < len(part.Terms) {
				sum += part.Terms[i].Total
				size += math.Abs(part.Terms[i].Total)
			}
		}
		if math.Abs(sum-t.Total) > 1e-9*max(size, math.Abs(t.Total)) {
			return false
		}
	}
	return true
}

// budget tells the uncertainty term by term (JCGM 100, 5.1.2). What terms have in
// common, the error of one meter in two of them, is what is left over.
func (p *Proof) budget(l Lang) []string {
	r := p.Result
	switch {
	case r.Withheld():
		return nil
	case r.U <= 0:
		return []string{"  " + pair{"Not stated: an instrument's accuracy is not configured.", "未给出：有仪表的准确度未配置。"}.in(l)}
	case len(p.Slopes) != len(r.Terms):
		return []string{"  U = " + six(r.U) + unitIn(l, r.Unit)}
	}
	square := r.U * r.U / 4
	t := table{header: []string{pair{"Term", "分项"}.in(l), pair{"u systematic", "系统 u"}.in(l), pair{"u random", "随机 u"}.in(l),
		pair{"sensitivity c", "灵敏系数 c"}.in(l), "c²·u²", pair{"share", "占比"}.in(l)}}
	names, rest := partNames(l, r.Terms), square
	for i, term := range r.Terms {
		c := p.Slopes[i]
		part := c * c * (term.USys*term.USys + term.URand*term.URand)
		rest -= part
		t.row(names[i]+unitIn(l, term.Unit), six(term.USys), six(term.URand), six(c), six(part), fixed(100*part/square, 1)+" %")
	}
	if math.Abs(rest) > 1e-9*square {
		t.row(pair{"Errors that terms share", "各项共有的误差"}.in(l), "", "", "", six(rest), fixed(100*rest/square, 1)+" %")
	}
	t.row(pair{"Sum: u²", "合计：u²"}.in(l), "", "", "", six(square), "100 %")
	return append(t.lines(), "  "+pair{"U = 2 × √(u²) = 2 × √{s} = {u}{unit}", "U = 2 × √(u²) = 2 × √{s} = {u}{unit}"}.fill(l,
		"s", six(square), "u", six(r.U), "unit", unitIn(l, r.Unit)))
}

// six writes a number of the budget to six digits.
func six(v float64) string { return minus(strconv.FormatFloat(v, 'g', 6, 64)) }
