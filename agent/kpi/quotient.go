package kpi

import "recoup/agent"

// portion is a stream with what its terms count above and below the line of a
// quotient.
type portion struct {
	stream
	over, under float64
}

// quotient offers the figure (Σ over × total)/(Σ under × total), or the sum above
// where nothing stands below the line.
func (b *builder) quotient(kpi *KPI, key, unit string, bounds agent.Range, parts ...portion) *Quantity {
	var needs []stream
	var over, under []float64
	for _, p := range parts {
		needs = append(needs, p.stream)
		for range p.terms {
			over, under = append(over, p.over), append(under, p.under)
		}
	}
	return b.offer(kpi, key, unit, quotientOf(over, under), bounds, needs...)
}

// quotientOf is the Figure of these weights. With what stands below the line at
// or below zero, there is none.
func quotientOf(over, under []float64) Figure {
	return func(totals []float64) (float64, []float64, agent.Reason) {
		above, below, divided := 0.0, 0.0, false
		for i, t := range totals {
			above, below, divided = above+over[i]*t, below+under[i]*t, divided || under[i] != 0
		}
		if !divided {
			return above, over, agent.Reason{}
		}
		if below <= 0 {
			return 0, nil, agent.Reason{Code: agent.NoInput}
		}
		value, sens := above/below, make([]float64, len(totals))
		for i := range sens {
			sens[i] = (over[i] - value*under[i]) / below
		}
		return value, sens, agent.Reason{}
	}
}

// elapsed is the time that was covered, in hours: what a mean rate divides by. It
// has no tag, so no totaliser may stand beside it: what one catches up with
// belongs to time that is not counted.
func elapsed() stream {
	return stream{terms: []Term{{Role: "time", Unit: "h", Factor: perHour}}}
}

// as is the stream under another role.
func (s stream) as(role string) stream {
	if s.why != "" || len(s.terms) == 0 {
		return s
	}
	t := s.terms[0]
	t.Role = role
	return stream{terms: []Term{t}}
}

// metering is what a kind of amount is metered in, and what its terms are in.
type metering struct {
	unit          string
	totals, rates []unit // to that unit, and to it per second
	total, rate   string // in words
}

func energyMetering() metering {
	return metering{"kWh", energies(), powers(), "a totaliser of energy", "a power"}
}

func massMetering() metering {
	return metering{"kg", masses(), massRates(), "a totaliser of mass", "a mass rate"}
}

func tonneMetering() metering {
	return metering{"t", []unit{{"t", 1}, {"kg", 0.001}}, pulls(), "a totaliser of mass", "a mass rate"}
}

// metered makes the term of a totaliser or a rate; what says what it takes.
func (b *builder) metered(role, path, name, what string, m metering) stream {
	if name == "" {
		return stream{why: path + " is not named: it takes " + what}
	}
	tag := b.tag(path, name, what)
	if tag == nil {
		return stream{}
	}
	table, kind := m.rates, m.rate
	if tag.Counter != nil {
		table, kind = m.totals, m.total
	}
	u, ok := find(table, tag.Unit)
	if !ok {
		fix := "use a tag whose unit is one of " + names(table)
		if _, isTotal := find(m.totals, tag.Unit); isTotal {
			fix = "if " + tag.Name + " is a totaliser, give the tag counter: {modulus: …, max_rate: …}"
		}
		b.faults.Add(path, fix, "%s is in %q, which is not %s", tag.Name, tag.Unit, kind)
	}
	return stream{terms: []Term{{Role: role, Unit: m.unit, Factor: u.factor, Tags: []*agent.Tag{tag}}}}
}
