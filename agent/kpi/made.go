package kpi

import "fmt"

// made is what an expression adds to the definition of its quantity.
type made struct {
	Expression, Bounds string
	Stated             []string `json:",omitempty"`
	Of                 [][32]byte
}

// made gives nil for a quantity that no expression makes. What such a quantity
// is made of counts with its whole definition.
func (c *calendar) made(q *quantity) *made {
	if q.Expression == "" {
		return nil
	}
	m := &made{Expression: q.Expression, Bounds: fmt.Sprintf("%g to %g", q.Bounds.Lo, q.Bounds.Hi), Stated: q.Stated}
	for _, inner := range q.Of {
		m.Of = append(m.Of, c.define(&quantity{Quantity: inner.Quantity, family: inner.Family}))
	}
	return m
}

// made writes what a quantity's last results need when its definition is no
// longer known.
func (w *writer) made(q *quantity) {
	w.text(q.Expression)
	w.uint(uint64(len(q.Stated)))
	for _, s := range q.Stated {
		w.text(s)
	}
}

func (r *reader) made(q *quantity) {
	q.Expression = r.text()
	for range r.count() {
		q.Stated = append(q.Stated, r.text())
	}
}
