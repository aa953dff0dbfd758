package kpi

import (
	"math"
	"slices"

	"recoup/agent"
)

// computed is the figure of an expression at work: its terms' totals give the
// parts, the parts give the value.
type computed struct {
	parts []namedPart
	run   calculation
	unit  Unit
}

// namedPart is what an expression names: a figure of some of the terms. A total
// is that of its term times scale, because terms of one origin are kept once.
type namedPart struct {
	key   string
	terms []int
	scale []float64
	value Figure
	unit  Unit // of value
}

// of gives a part's value in basic units, with its sensitivity to every total.
func (p *namedPart) of(totals []float64) (value float64, sens []float64, reason agent.Reason) {
	value, by, reason := p.value(p.own(totals))
	if reason.Code != agent.NoReason {
		return 0, nil, reason
	}
	sens = make([]float64, len(totals))
	for k, at := range p.terms {
		sens[at] += by[k] * p.scale[k] * p.unit.Factor
	}
	return value*p.unit.Factor + p.unit.Offset, sens, reason
}

// own gives the totals of the part's terms.
func (p *namedPart) own(totals []float64) []float64 {
	own := make([]float64, len(p.terms))
	for k, at := range p.terms {
		own[k] = totals[at] * p.scale[k]
	}
	return own
}

// figure is the Figure of the expression, by the chain rule. What is no number,
// as after a division by zero, gives no figure.
func (c *computed) figure(totals []float64) (float64, []float64, agent.Reason) {
	in, inner, reason := c.values(totals)
	if reason.Code != agent.NoReason {
		return 0, nil, reason
	}
	value := (c.run(in).v - c.unit.Offset) / c.unit.Factor
	sens := make([]float64, len(totals))
	finite := isFinite(value)
	for i := range in {
		in[i].d = 1
		slope := c.run(in).d / c.unit.Factor
		in[i].d = 0
		for at, by := range inner[i] {
			if by != 0 {
				sens[at] += slope * by
				finite = finite && isFinite(sens[at])
			}
		}
	}
	if !finite {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	return value, sens, agent.Reason{}
}

// values gives the parts' values, each with its sensitivity to every total.
func (c *computed) values(totals []float64) (in []dual, sens [][]float64, reason agent.Reason) {
	in, sens = make([]dual, len(c.parts)), make([][]float64, len(c.parts))
	for i := range c.parts {
		if in[i].v, sens[i], reason = c.parts[i].of(totals); reason.Code != agent.NoReason {
			return nil, nil, reason
		}
	}
	return in, sens, reason
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// meanOf is the Figure (total)/(covered hours).
func meanOf(totals []float64) (float64, []float64, agent.Reason) {
	total, hours := totals[0], totals[1]
	if hours <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	return total / hours, []float64{1 / hours, -total / (hours * hours)}, agent.Reason{}
}

// Inner is a quantity that another one is computed from. Value is its figure as
// a function of the other's totals.
type Inner struct {
	Family   string
	Quantity Quantity
	Value    Figure
}

// impossible finds an inner quantity that is outside its bounds by more than its
// U: what follows from it is no figure either.
func (q *quantity) impossible(s *sum, totals []float64, w span) *Inner {
	for i := range q.Of {
		inner := &q.Of[i]
		value, sens, reason := inner.Value(totals)
		if reason.Code != agent.NoReason {
			continue
		}
		u, _ := q.expanded(s, sens, w)
		if bounds := inner.Quantity.Bounds; value < bounds.Lo-u || value > bounds.Hi+u {
			return inner
		}
	}
	return nil
}

// take adds a term to the quantity, or finds the one that is the same but for
// its factor. It gives the term's place, and what its total is to be multiplied
// by.
func (q *Quantity) take(t Term) (at int, scale float64) {
	for i := range q.Terms {
		if known := &q.Terms[i]; known.likens(&t) {
			if t.Factor == known.Factor {
				return i, 1
			}
			return i, t.Factor / known.Factor
		}
	}
	q.Terms = append(q.Terms, t)
	return len(q.Terms) - 1, 1
}

// likens reports whether two terms total the same, but for a factor.
func (t *Term) likens(other *Term) bool {
	if t.Model != nil || other.Model != nil {
		return t.Model == other.Model
	}
	same := t.Factor != 0 && t.Stock == other.Stock && slices.Equal(t.Tags, other.Tags) && slices.Equal(t.Dated, other.Dated)
	switch f, g := t.Formula, other.Formula; {
	case f == nil || g == nil:
		return same && f == g
	default:
		return same && f.Name == g.Name && f.Rel == g.Rel && slices.Equal(f.Args, g.Args)
	}
}

// inherit takes over what keeps an inner quantity honest: while it is masked it
// says nothing of the outer one, errors that share a cause share it here too, and
// over what is too short for it the outer one is a trend as well.
func (q *Quantity) inherit(inner *Quantity) {
	for _, m := range inner.Masks {
		if !slices.ContainsFunc(q.Masks, func(own Mask) bool { return own.same(m) }) {
			q.Masks = append(q.Masks, m)
		}
	}
	for _, c := range inner.Correlated {
		if !slices.ContainsFunc(q.Correlated, func(own Correlation) bool { return slices.Equal(own.Tags, c.Tags) && own.R == c.R }) {
			q.Correlated = append(q.Correlated, c)
		}
	}
	for _, rate := range inner.Rates {
		if !slices.Contains(q.Rates, rate) {
			q.Rates = append(q.Rates, rate)
		}
	}
	if rank(inner.MinWindow) > rank(q.MinWindow) {
		q.MinWindow = inner.MinWindow
	}
}

func (m Mask) same(other Mask) bool {
	when := m.When == other.When || m.When != nil && other.When != nil && *m.When == *other.When
	return when && m.Tag == other.Tag && m.As == other.As && m.Settle == other.Settle
}
