package kpi

import (
	"fmt"
	"math"

	"recoup/agent"
)

// The share of carbon in the oil's hydrocarbons turns what a carbon analyser
// shows into kilograms of oil and back: a factor of about 1.18 (dodecane, C12H26:
// 0.8461).

// carbonOfOil gives that share, nil where it is not declared.
func (b *builder) carbonOfOil(s constantSection) *Factor {
	if s.empty() {
		return nil
	}
	if s.Tag != "" {
		b.faults.Add("carbon.tag", "write value, u and source", "no instrument measures the carbon in the oil")
		return nil
	}
	return b.constant("carbon", "carbon_in_oil", "kgC/kg", s, 0.5, 0.95)
}

// onBasis gives a mass as oil and as carbon.
func onBasis(role string, mass stream, basis string, share *Factor) (oil, carbon stream) {
	convert := func(unit string, by *Factor) stream {
		if share == nil {
			return stream{why: "carbon is not declared: it takes the share of carbon in the oil"}
		}
		s := mass.as(role)
		for i := range s.terms {
			s.terms[i].Unit, s.terms[i].Dated = unit, []*Factor{by}
		}
		return s
	}
	switch {
	case basis == "oil" && share == nil:
		return mass, convert("", nil)
	case basis == "oil":
		return mass, convert("kgC", share)
	case basis == "carbon" && share == nil:
		return convert("", nil), mass
	case basis == "carbon":
		return convert("kg", share.under()), mass
	}
	unsaid := stream{why: role + ".basis is not stated: carbon, propane or oil"}
	return unsaid, unsaid
}

// sameBasis refuses a ratio of carbon to oil.
func (b *builder) sameBasis(in, out exhaust) {
	say := map[string]string{"": "a mass of which nobody says what it counts as"}
	measured := func(e exhaust) bool { return len(e.mass.terms)+len(e.droplets.terms) > 0 }
	if in.basis == out.basis || !measured(in) || !measured(out) {
		return
	}
	words := func(basis string) string {
		if text, ok := say[basis]; ok {
			return text
		}
		return basis
	}
	b.faults.Add("outlet.concentration", "have both analysers report on the same basis, or write basis for both",
		"the inlet is measured as %s and the outlet as %s: a ratio of the two means nothing", words(in.basis), words(out.basis))
}

// Above so many kilograms of NMHC an hour before the treatment GB 37822-2019 asks
// that it removes 80 %; the lower number holds in key regions.
const (
	initialRate    = 3.0
	initialRateKey = 2.0
	legalRemoval   = 0.80
)

// emission offers what the exhaust carries per hour, and the removal beside what
// GB 37822 asks for: its target is in force while the inlet brings so much. Hours
// in which that is open within the uncertainties are not decided.
func (b *builder) emission(kpi *KPI, section oilMist, in, out exhaust) {
	hours := portion{elapsed(), 0, 1}
	amount, share := agent.Range{Lo: 0, Hi: math.Inf(1)}, agent.Range{Lo: 0, Hi: 1}
	b.quotient(kpi, "nmhc_rate", "kgC/h", amount, portion{out.carbon, 1, 0}, hours)
	b.quotient(kpi, "oil_rate", "kg/h", amount, portion{out.oil, 1, 0}, hours)
	b.quotient(kpi, "inlet_rate", "kgC/h", amount, portion{in.carbon, 1, 0}, hours)

	threshold := initialRate
	rule := stream{}
	switch section.GB37822 {
	case "general":
	case "key":
		threshold = initialRateKey
	case "":
		rule.why = "gb37822 is not stated: general, or key for a key region"
	default:
		b.faults.Add("gb37822", "write general (3 kg/h) or key (a key region, 2 kg/h)", "there is no region %q", section.GB37822)
	}
	q := b.quotient(kpi, "legal_removal", "1", share, portion{in.carbon, 1, 1}, portion{out.carbon, -1, 0}, portion{elapsed(), 0, 0}, portion{rule, 0, 0})
	q.MinWindow = agent.Hour
	if section.GB37822 != "" {
		q.Target, q.Applies = legalTarget(threshold)
	}
	b.offer(kpi, "droplet_removal", "1", leftOfFirst, share, in.droplets, out.droplets)
}

// legalTarget is the target of 80 % with the condition that the inlet, the first
// term, brings at least threshold kg/h of carbon over the time, the third.
func legalTarget(threshold float64) (Target, Condition) {
	_, target, err := parseTarget(fmt.Sprintf("legal_removal >= %g", legalRemoval))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	rate := quotientOf([]float64{1, 0, 0}, []float64{0, 0, 1})
	return target, Condition{fmt.Sprintf("inlet_rate >= %g kgC/h", threshold), func(totals []float64) (float64, []float64, agent.Reason) {
		value, sens, reason := rate(totals)
		return value - threshold, sens, reason
	}}
}

// inForce takes a verdict back where the target's condition is shown not to hold;
// where that is open only what is passed anyway stays decided.
func (q *quantity) inForce(v agent.Verdict, totals []float64, s *sum, w span) agent.Verdict {
	if q.Applies.Margin == nil || v == agent.NoVerdict {
		return v
	}
	margin, sens, reason := q.Applies.Margin(totals)
	if reason.Code != agent.NoReason {
		return agent.NoVerdict
	}
	switch u, stated := q.expanded(s, sens, w); {
	case stated && margin+u < 0:
		return agent.NoVerdict
	case stated && margin-u >= 0, v == agent.Pass:
		return v
	}
	return agent.Inconclusive
}
