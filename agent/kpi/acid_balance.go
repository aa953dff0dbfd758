package kpi

import (
	"fmt"
	"math"
	"slices"

	"recoup/agent"
)

// acidBalance holds what a recovery of acid is computed from; all masses are
// kilograms of 100 % H2SO4.
type acidBalance struct{ feed, product, tanks, losses stream }

// recoveries offers the recovery by each of two methods, the two combined, and
// what they leave open between them.
func (b *builder) recoveries(kpi *KPI, m acidBalance) {
	share := agent.Range{Lo: 0, Hi: 1}
	b.offer(kpi, "recovery_loss", "1", leftOfFirst, share, m.feed, m.losses).MinWindow = agent.Hour
	b.offer(kpi, "recovery_direct", "1", ofFirst, share, m.feed, m.product, m.tanks).MinWindow = agent.Week
	both := b.offer(kpi, "recovery_combined", "1", noFigure, share, m.feed, m.product, m.tanks, m.losses, m.unstated())
	direct := len(m.product.terms) + len(m.tanks.terms)
	both.MinWindow, both.Methods = agent.Week, []Figure{ofSome(ofFirst, 1, 1+direct), ofSome(leftOfFirst, 1+direct, 1+direct+len(m.losses.terms))}
	anything := agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	closure := b.offer(kpi, "closure", "1", leftOfFirst, anything, m.feed, m.product, m.tanks, m.losses)
	closure.MinWindow, closure.Balanced = agent.Week, true
}

// unstated says which accuracy is missing for weighing two methods.
func (m acidBalance) unstated() stream {
	for _, s := range []stream{m.feed, m.product, m.tanks, m.losses} {
		for _, t := range s.terms {
			for _, tag := range t.inputs() {
				if tag != nil && !tag.Accuracy.Stated() {
					return stream{why: fmt.Sprintf("%s states no accuracy, by which the methods are weighed", tag.Name)}
				}
			}
		}
	}
	return stream{}
}

// ofSome applies a Figure to the first total and those from one index up to
// another.
func ofSome(figure Figure, from, to int) Figure {
	return func(totals []float64) (float64, []float64, agent.Reason) {
		value, some, reason := figure(append([]float64{totals[0]}, totals[from:to]...))
		if reason.Code != agent.NoReason {
			return 0, nil, reason
		}
		sens := make([]float64, len(totals))
		sens[0] = some[0]
		copy(sens[from:to], some[1:])
		return value, sens, agent.Reason{}
	}
}

// cofired is sulphur that is fed in beside the acid: burned with it, added to
// it, or in a fuel.
type cofired struct {
	Name    string `yaml:"name"`
	Amount  string `yaml:"amount"`
	Content string `yaml:"content"` // name of a factor, kg of sulphur per unit of the amount; none: it is sulphur
}

const acidPerSulphur = molarH2SO4 / molarS

// sulphur makes the terms of what is fed in beside the acid, as kilograms of the
// H2SO4 that it can become.
func (b *builder) sulphur(all []cofired) (s stream) {
	if len(all) == 0 {
		return stream{why: "no sulphur is fed in beside the acid (sulphur): then recovery_direct says the same"}
	}
	for i, c := range all {
		path := fmt.Sprintf("sulphur[%d].", i)
		if c.Name == "" {
			b.faults.Add(path+"name", "write what it is, for example h2s", "what brings sulphur needs a name: its term is called so")
		}
		tag := b.tag(path+"amount", c.Amount, "how much of it is fed in")
		if tag == nil {
			continue
		}
		t, k := Term{Role: c.Name, Unit: "kg", Tags: []*agent.Tag{tag}}, kind{masses(), massRates()}
		if c.Content != "" {
			if f := b.factor(path+"content", c.Content); f != nil {
				t = b.times(path+"amount", t, tag, path+"content", f, []unit{{"kgS", acidPerSulphur}, {"gS", 1e-3 * acidPerSulphur}, {"tS", 1000 * acidPerSulphur}})
				s.terms = append(s.terms, t)
			}
			continue
		}
		u, ok := k.of(tag)
		if !ok {
			b.noAmount(path+"amount", tag, k, "a mass of sulphur; another amount takes content, a factor in kgS per unit of it")
		}
		t.Factor = u.factor * acidPerSulphur
		s.terms = append(s.terms, t)
	}
	return s
}

// beside withholds what leaves out sulphur that is fed in beside the acid.
func (m acidBalance) beside(sulphur []cofired) acidBalance {
	if len(sulphur) > 0 {
		m.feed.why = "sulphur is fed in beside the acid and becomes product too: only recovery_sulphur counts it"
		m.feed.terms = slices.Clone(m.feed.terms)
	}
	return m
}
