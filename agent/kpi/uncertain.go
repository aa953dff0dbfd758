package kpi

import "math"

// weigh gathers, while [from, to) is covered, how much term i changes with each
// of its inputs.
func (q *quantity) weigh(i int, dt float64, a *area) {
	f, factors := &q.formulas[i], q.factors[i]
	y0, y1 := 1.0, 1.0
	if f.Formula != nil {
		y0, y1 = f.y0, f.y1
	}
	for j := range factors {
		o0, o1 := product(factors, q.v0, j)*y0, product(factors, q.v1, j)*y1
		a.others[i][j] += (math.Abs(o0) + math.Abs(o1)) / 2 * dt
	}
	if f.Formula == nil {
		return
	}
	p0, p1 := product(factors, q.v0, -1), product(factors, q.v1, -1)
	slopes := f.slopesAt(q.v0)
	for k, n := range f.pos {
		o0, o1 := p0*slopes[k], p1*slopes[k]
		a.others[i][len(factors)+k] += (math.Abs(o0) + math.Abs(o1)) / 2 * dt
		a.logs[i][k] += (o0*q.v0[n] + o1*q.v1[n]) / 2 * dt
	}
}

// square gives the squared standard uncertainty of one reading of a stock: its
// absolute parts. y is the formula's value.
func (q *quantity) square(i int, values []float64, y float64) (square float64) {
	t, f, factors := &q.Terms[i], &q.formulas[i], q.factors[i]
	if f.Formula == nil {
		y = 1
	}
	for j, tag := range t.Tags {
		_, abs := tag.Accuracy.Standard()
		u := t.Factor * abs * product(factors, values, j) * y
		square += u * u
	}
	for k := range f.pos {
		if _, abs := f.Args[k].standard(); abs != 0 {
			u := t.Factor * abs * product(factors, values, -1) * f.slopesAt(values)[k]
			square += u * u
		}
	}
	return square
}

// uncertain gives a term's share with its standard uncertainty: relative parts
// in quadrature times the total, absolute parts times what they multiply. A
// totaliser's absolute part is that of its two readings, which is random.
func (q *quantity) uncertain(i int, total float64, a *area) part {
	t := &q.Terms[i]
	p := part{total: total, stock: t.Stock}
	for _, tag := range t.inputs() {
		if !tag.Accuracy.Stated() {
			p.usys = -1
			return p
		}
	}
	square := q.vague(i, a.start) * total * total
	for j, tag := range t.Tags {
		rel, abs := tag.Accuracy.Standard()
		square += rel * rel * total * total
		scale := q.scale(i, a.start) * abs
		switch {
		case tag.Counter != nil && a.covered > 0:
			p.urand += 2 * scale * scale
		case tag.Counter == nil && !t.Stock:
			square += scale * scale * a.others[i][j] * a.others[i][j]
		}
	}
	if t.Formula != nil {
		square += q.formulaSquare(i, total, a)
	}
	if t.Stock {
		p.urand, p.head = max(0, a.changes[i].square), a.changes[i].head
	}
	p.usys, p.sways = math.Sqrt(square), q.swayed(i, total, a)
	return p
}

// formulaSquare is the part of a formula and its arguments.
func (q *quantity) formulaSquare(i int, total float64, a *area) float64 {
	t, f, scale := &q.Terms[i], &q.formulas[i], q.scale(i, a.start)
	square := f.Rel * f.Rel * total * total
	for k := range f.Args {
		rel, abs := f.Args[k].standard()
		if t.Stock {
			u := rel * a.logs[i][k] * total
			square += u * u
			continue
		}
		r, o := rel*scale*a.logs[i][k], abs*scale*a.others[i][len(t.Tags)+k]
		square += r*r + o*o
	}
	return square
}

// logs gives how a formula's value goes with each argument, both relative.
func (f *applied) logs(values []float64, y float64, into []float64) {
	for k, n := range f.pos {
		into[k] = 0
		if y != 0 {
			into[k] = f.slopesAt(values)[k] * values[n] / y
		}
	}
}

// readout gives the squared standard uncertainty of reading a term's totalisers
// at both ends of a window: each shows whole steps of its register, and what
// lies between two of them is evenly spread (JCGM 100, 4.3.7). It is the
// window's, not its cells': at the inner bounds it cancels, but for what a dated
// factor changes there.
func (q *quantity) readout(i int, w span) (square float64) {
	for _, tag := range q.Terms[i].Tags {
		if tag.Counter == nil {
			continue
		}
		for _, step := range q.jumps(i, w) {
			step *= q.fineness(tag, w)
			square += step * step / 12
		}
	}
	return square
}
