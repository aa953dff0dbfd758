package say

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// Proof is all that a figure follows from, for people who check it.
type Proof struct {
	Account
	Terms       []Ingredient // as the result's terms
	Inputs      []Input
	Slopes      []float64 // how the value changes with each term's total; nil: not known
	Bounds      agent.Range
	MinCoverage float64
	MinWindow   agent.WindowKind
	Masks       []string // tags that hide readings
	Methods     []Method // that the value is the weighted mean of; Figure is nil then

	// Parts gives the results that a result's totals are the ordered sums of, nil
	// for a cell and for those that are not known.
	Parts func(agent.Result) []agent.Result
	Short bool // leave out the middle of long tables, and the tables below the first
}

// Ingredient is how a term's total comes from readings.
type Ingredient struct {
	Factor   float64
	Tags     []*agent.Tag
	Function string // of Args; "" for none
	Args     []*agent.Tag
	Stock    bool
	Dated    []string // names of prices and factors that it is multiplied by
}

// Method is one of several ways to the same figure.
type Method struct {
	Figure func(totals []float64) (value float64, ok bool)
	Weight float64
}

// Input is what was read of one tag within the window.
type Input struct {
	Tag         *agent.Tag
	Quality     [3]int // readings by quality
	First, Last time.Time
}

func (in *Input) readings() int { return in.Quality[0] + in.Quality[1] + in.Quality[2] }

// Steps tells how the figure was computed, line by line, from the readings to the
// verdict. Of a withheld figure it gives no totals, from which it could be made.
func (p *Proof) Steps(l Lang) (lines []string) {
	lines = append(lines, p.Title(l), "  "+figureLine(l, p.Result))
	part := func(title pair, more []string) {
		if len(more) > 0 {
			lines = append(append(lines, "", strconv.Itoa(p.numbered(lines))+". "+title.in(l)), more...)
		}
	}
	part(pair{"What is computed", "计算内容"}, p.definition(l))
	part(pair{"What was read in the window", "统计时段内的读数"}, p.inputLines(l))
	part(pair{"Time covered", "覆盖时间"}, p.covered(l))
	part(pair{"Totals", "累计量"}, p.totals(l))
	part(pair{"Value", "数值"}, p.value(l))
	part(pair{"Uncertainty", "不确定度"}, p.budget(l))
	part(pair{"Judgement", "判定"}, p.judgement(l))
	part(pair{"Made with", "计算依据"}, p.madeWith(l))
	return lines
}

// numbered gives the number of the next part.
func (p *Proof) numbered(lines []string) (n int) {
	for _, line := range lines {
		if line == "" {
			n++
		}
	}
	return n + 1
}

// ten writes a number to ten digits, as a pocket calculator shows it.
func ten(v float64) string { return minus(strconv.FormatFloat(v, 'g', 10, 64)) }

// minus gives a number its sign as it is printed.
func minus(text string) string {
	if rest, is := strings.CutPrefix(text, "-"); is {
		return "−" + rest
	}
	return text
}

func (p *Proof) definition(l Lang) (lines []string) {
	names := partNames(l, p.Result.Terms)[:len(p.Result.Terms)]
	lines = p.formulaLines(l, names)
	for i, t := range p.Terms {
		lines = append(lines, "  "+names[i]+unitIn(l, p.Result.Terms[i].Unit)+" = "+t.recipe(l))
	}
	lines = append(lines, "  "+pair{"All terms count the same seconds: those in which every input was valid. Between two readings a value goes in a straight line; held ones stay.",
		"各项只统计所有输入同时有效的时间。两次读数之间按直线变化；保持型测点的值保持不变。"}.in(l))
	if p.MinCoverage > 0 {
		lines = append(lines, "  "+pair{"Below a coverage of {c} the figure is withheld.", "覆盖率低于 {c}时不给出数值。"}.fill(l, "c", Percent(p.MinCoverage)))
	}
	if p.MinWindow != "" {
		lines = append(lines, "  "+pair{"Over windows shorter than one of the kind “{kind}” it is a trend only, without a verdict.", "比“{kind}”短的时段仅供观察趋势，不作判定。"}.fill(l, "kind", WindowKind(l, p.MinWindow)))
	}
	if len(p.Masks) > 0 {
		lines = append(lines, "  "+pair{"Nothing is evaluated while masked by {tags}.", "{tags} 屏蔽期间不计算。"}.fill(l, "tags", strings.Join(p.Masks, pair{", ", "、"}.in(l))))
	}
	return lines
}

// formulaLines tells the formula, or the one of each method.
func (p *Proof) formulaLines(l Lang, names []string) (lines []string) {
	title := Quantity(l, p.Quantity) + unitIn(l, p.Quantity.Unit)
	for i, m := range p.Methods {
		if f, ok := p.formulaOf(m.Figure); ok {
			lines = append(lines, "  "+method(l, i)+" = "+f.write(names))
		}
	}
	if f, ok := p.formulaOf(p.Figure); ok {
		return []string{"  " + title + " = " + f.write(names)}
	}
	if len(p.Methods) > 0 && len(lines) == len(p.Methods) {
		return append(lines, "  "+pair{"{figure} = mean of the methods, each weighted with 1/U² of its own (VDI 2048); withheld when they differ by more than U of the difference.",
			"{figure} = 各方法按 1/U² 加权的平均值（VDI 2048）；两者之差超过其 U 时不给出数值。"}.fill(l, "figure", title))
	}
	return []string{"  " + pair{"{figure} is the function that the family {family} documents (recoup example {family}), of these terms:",
		"{figure} 按 {family} 类的公式计算（见 recoup example {family}），由下列各项得出："}.fill(l, "figure", title, "family", p.Quantity.Family)}
}

func method(l Lang, i int) string { return pair{"Method ", "方法 "}.in(l) + strconv.Itoa(i+1) }

func unitIn(l Lang, unit string) string {
	if unit == "" {
		return ""
	}
	return pair{" [", "［"}.in(l) + Unit(unit) + pair{"]", "］"}.in(l)
}

// recipe writes what a term's total is: "2.78e-10 × ∫ (mill.q_in [Nm³/h] × …) dt".
func (t *Ingredient) recipe(l Lang) string {
	var factors []string
	counter := false
	for _, tag := range t.Tags {
		factors = append(factors, tag.Name+unitIn(l, tag.Unit))
		counter = counter || tag.Counter != nil
	}
	if t.Function != "" {
		var args []string
		for _, tag := range t.Args {
			args = append(args, tag.Name+unitIn(l, tag.Unit))
		}
		factors = append(factors, t.Function+"("+strings.Join(args, ", ")+")")
	}
	product := strings.Join(factors, " × ")
	switch {
	case len(factors) == 0 && t.Factor == 0:
		return pair{"0, with the model's own uncertainty", "0（带有模型自身的不确定度）"}.in(l)
	case len(factors) == 0:
		product = pair{"covered seconds", "有效秒数"}.in(l)
	case counter:
		product = pair{"advance of {x}", "{x} 的增量"}.fill(l, "x", product)
	case t.Stock:
		product = pair{"change of ({x})", "（{x}）的变化量"}.fill(l, "x", product)
	default:
		product = pair{"∫ ({x}) dt, t in s", "∫（{x}）dt，t 以秒计"}.fill(l, "x", product)
	}
	if t.Factor != 1 {
		product = ten(t.Factor) + " × " + product
	}
	for _, name := range t.Dated {
		product += " × " + name
	}
	return product
}

func (p *Proof) inputLines(l Lang) []string {
	if len(p.Inputs) == 0 {
		return nil
	}
	t := table{left: 1, header: []string{
		pair{"Tag", "测点"}.in(l), pair{"readings", "读数"}.in(l), Quality(l, agent.Good), Quality(l, agent.Uncertain), Quality(l, agent.Bad),
		pair{"first", "最早"}.in(l), pair{"last", "最晚"}.in(l), pair{"accuracy", "准确度"}.in(l),
	}}
	for i := range p.Inputs {
		in := &p.Inputs[i]
		first, last := "–", "–"
		if in.readings() > 0 {
			first, last = p.moment(in.First), p.moment(in.Last)
		}
		t.row(in.Tag.Name+unitIn(l, in.Tag.Unit), strconv.Itoa(in.readings()), strconv.Itoa(in.Quality[agent.Good]), strconv.Itoa(in.Quality[agent.Uncertain]),
			strconv.Itoa(in.Quality[agent.Bad]), first, last, accuracy(l, in.Tag))
	}
	return t.lines()
}

// moment writes a time so that it sorts and can be looked up in a file.
func (p *Proof) moment(t time.Time) string { return t.In(p.Loc).Format("2006-01-02 15:04:05") }

// accuracy tells what the data sheet states and the standard uncertainty that
// follows from its reading.
func accuracy(l Lang, tag *agent.Tag) string {
	a := tag.Accuracy
	if !a.Stated() {
		return pair{"not stated", "未给出"}.in(l)
	}
	rel, abs := a.Standard()
	var stated, standard []string
	if a.Rel != 0 {
		stated, standard = append(stated, ten(100*a.Rel)+" %"), append(standard, fixed(100*rel, 4)+" %")
	}
	if a.Abs != 0 {
		unit := " " + Unit(tag.Unit)
		stated, standard = append(stated, ten(a.Abs)+unit), append(standard, fixed(abs, digitsAfter(abs, 4))+unit)
	}
	reading := map[string]pair{"k2": {"k = 2", "k = 2"}, "standard": {"standard uncertainty", "标准不确定度"}}[a.As]
	if reading == (pair{}) {
		reading = pair{"limit, ÷ √3", "极限误差，÷ √3"}
	}
	return pair{"{a} ({how}): u = {u}", "{a}（{how}）：u = {u}"}.fill(l, "a", strings.Join(stated, " + "), "how", reading.in(l), "u", strings.Join(standard, " + "))
}

func (p *Proof) covered(l Lang) (lines []string) {
	r := p.Result
	all := r.Window.End.Sub(r.Window.Start).Seconds()
	seconds := 0.0
	if len(r.Terms) > 0 {
		seconds = r.Terms[0].Seconds
	}
	lines = append(lines, "  "+pair{"{s} s of {all} s were covered: coverage {c}.", "{all} s 中有 {s} s 有效：覆盖率 {c}。"}.fill(l,
		"s", ten(seconds), "all", ten(all), "c", Percent(r.Coverage)))
	for _, lost := range Losses(r) {
		lines = append(lines, "  "+pair{"{s} s lost: {why}.", "缺失 {s} s：{why}。"}.fill(l, "s", ten(lost.Seconds), "why", LostTo(l, lost.Cause, lost.About)))
	}
	for _, d := range r.Doubts {
		lines = append(lines, "  "+pair{"{s} s covered in doubt: {why}.", "其中 {s} s 存疑：{why}。"}.fill(l, "s", ten(d.Seconds), "why", LostTo(l, d.Cause, d.About)))
	}
	return lines
}

func (p *Proof) value(l Lang) []string {
	r := p.Result
	if r.Withheld() {
		return nil
	}
	var numbers []string
	for _, t := range r.Terms {
		text := ten(t.Total)
		if strings.HasPrefix(text, "−") {
			text = "(" + text + ")"
		}
		numbers = append(numbers, text)
	}
	lines := p.workedOut(l, numbers)
	if r.Unit == "1" {
		lines = append(lines, "  "+pair{"as a percentage: {v} %", "以百分数表示：{v} %"}.fill(l, "v", ten(100*r.Value)))
	}
	return lines
}

// workedOut puts the numbers into the formula.
func (p *Proof) workedOut(l Lang, numbers []string) (lines []string) {
	result := " = " + ten(p.Result.Value) + unitIn(l, p.Result.Unit)
	value := "  " + pair{"Value", "数值"}.in(l)
	var mean []string
	for i, m := range p.Methods {
		if f, ok := p.formulaOf(m.Figure); ok && m.Weight != 0 {
			one := ten(f.at(p.resultTotals()))
			lines = append(lines, "  "+method(l, i)+" = "+f.write(numbers)+" = "+one)
			mean = append(mean, ten(m.Weight)+" × "+one)
		}
	}
	if f, ok := p.formulaOf(p.Figure); ok {
		return []string{value + " = " + f.write(numbers) + result}
	}
	if len(mean) > 0 && len(mean) == len(p.Methods) {
		return append(lines, value+" = "+strings.Join(mean, " + ")+result)
	}
	return []string{value + result}
}

func (p *Proof) resultTotals() []float64 {
	totals := make([]float64, len(p.Result.Terms))
	for i, t := range p.Result.Terms {
		totals[i] = t.Total
	}
	return totals
}

func (p *Proof) formulaOf(figure func(totals []float64) (float64, bool)) (rational, bool) {
	totals := p.resultTotals()
	if figure == nil || len(totals) == 0 {
		return rational{}, false
	}
	f, ok := formulaOf(figure, totals)
	if !ok { // a window with nothing in it, or at a bound: the formula is the same elsewhere
		for i := range totals {
			totals[i] = 1 / float64(i+1)
		}
		f, ok = formulaOf(figure, totals)
	}
	return f, ok
}

func (p *Proof) judgement(l Lang) (lines []string) {
	r := p.Result
	if lo, hi := !math.IsInf(p.Bounds.Lo, 0), !math.IsInf(p.Bounds.Hi, 0); (lo || hi) && p.Bounds != (agent.Range{}) {
		from, to := "−∞", "∞"
		if lo {
			from = ten(p.Bounds.Lo)
		}
		if hi {
			to = ten(p.Bounds.Hi)
		}
		lines = append(lines, "  "+pair{"Physically possible is {from} to {to}{unit}; outside, by more than U, the figure is withheld.",
			"物理上可能的范围为 {from} 至 {to}{unit}；超出且超过 U 时不给出数值。"}.fill(l, "from", from, "to", to, "unit", unitIn(l, r.Unit)))
	}
	if p.Quantity.Target != "" {
		lines = append(lines, "  "+pair{"Target: {t}. Met only when value and U together are on its right side (JCGM 106).", "目标：{t}。计入 U 后仍满足才判为达标（JCGM 106）。"}.fill(l, "t", Target(l, p.Quantity)))
	}
	for _, line := range []string{verdictLine(l, r), qualityLine(l, r)} {
		if line != "" && !r.Withheld() {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func (p *Proof) madeWith(l Lang) (lines []string) {
	r := p.Result
	for _, f := range r.Factors {
		lines = append(lines, "  "+pair{"Factor: {f}.", "系数：{f}。"}.fill(l, "f", inWord(l, f)))
	}
	if r.States != "" {
		lines = append(lines, "  "+pair{"Counted in these plant states only: {s}.", "仅统计以下工况：{s}。"}.fill(l, "s", r.States))
	}
	if r.Revision > 0 {
		lines = append(lines, "  "+pair{"Revision {n}: late data changed this result.", "第 {n} 次修订：迟到数据改变了本结果。"}.fill(l, "n", strconv.Itoa(r.Revision)))
	}
	return append(lines, "  "+pair{"Definition (hash of everything but the readings): {h}", "定义（读数以外全部内容的哈希值）：{h}"}.fill(l, "h", hex.EncodeToString(r.Config[:])),
		"  "+pair{"Window: {from} to {to}, {zone}.", "统计时段：{from} 至 {to}，{zone}。"}.fill(l,
			"from", Moment(l, r.Window.Start, p.Loc), "to", Moment(l, r.Window.End, p.Loc), "zone", p.Loc.String()))
}

// TagsOf lists the tags of all terms, each once.
func (p *Proof) TagsOf() (all []*agent.Tag) {
	for _, t := range p.Terms {
		for _, tag := range append(slices.Clone(t.Tags), t.Args...) {
			if !slices.Contains(all, tag) {
				all = append(all, tag)
			}
		}
	}
	return all
}
