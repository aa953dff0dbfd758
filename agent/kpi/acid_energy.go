package kpi

import (
	"fmt"
	"slices"

	"recoup/agent"
)

// acidEnergy is what a plant uses.
type acidEnergy struct {
	Fuel        []fuel `yaml:"fuel"`
	Electricity string `yaml:"electricity"`
	Steam       string `yaml:"steam"`
}

// fuel is an amount that is energy, or becomes so by its calorific value.
type fuel struct {
	Name   string `yaml:"name"`
	Amount string `yaml:"amount"`
	Heat   string `yaml:"heat"` // name of a factor, for example in GJ/Nm3
}

const gigajoulesPerKWh = 0.0036

// fuels makes the terms of all fuels, in GJ.
func (b *builder) fuels(all []fuel) (s stream) {
	if len(all) == 0 {
		return stream{why: "energy.fuel is not named: it takes the amount of each fuel, and its calorific value unless it is counted as energy"}
	}
	for i, f := range all {
		path := fmt.Sprintf("energy.fuel[%d].", i)
		if f.Name == "" {
			b.faults.Add(path+"name", "write what it is, for example gas", "a fuel needs a name: its term is called so")
		}
		tag := b.tag(path+"amount", f.Amount, "how much of the fuel is used")
		if tag == nil {
			continue
		}
		t := Term{Role: f.Name, Unit: "GJ", Tags: []*agent.Tag{tag}}
		u, counted := energyKind().of(tag)
		switch {
		case f.Heat != "":
			if heat := b.factor(path+"heat", f.Heat); heat != nil {
				s.terms = append(s.terms, b.times(path+"amount", t, tag, path+"heat", heat, []unit{{"GJ", 1}, {"MJ", 1e-3}, {"kWh", gigajoulesPerKWh}}))
			}
		case counted:
			t.Factor = u.factor * gigajoulesPerKWh
			s.terms = append(s.terms, t)
		default:
			s.why = fmt.Sprintf("%sheat is not named: %s is in %s, and its heat takes a calorific value with its source, for example in GJ/Nm3", path, f.Amount, tag.Unit)
		}
	}
	return s
}

// used makes the term of what is used of a kind, in a unit of so many base units.
func (b *builder) used(role, path, name, unit string, base float64, k kind, what string) stream {
	if name == "" {
		return stream{why: fmt.Sprintf("%s is not named: it takes the meter of %s", path, what)}
	}
	tag := b.tag(path, name, what)
	if tag == nil {
		return stream{}
	}
	u, ok := k.of(tag)
	if !ok {
		b.noAmount(path, tag, k, what)
	}
	return stream{terms: []Term{{Role: role, Unit: unit, Factor: u.factor / base, Tags: []*agent.Tag{tag}}}}
}

func (b *builder) power(name string) stream {
	return b.used("electricity", "energy.electricity", name, "kWh", 1, energyKind(), "the electricity that is used")
}

func (b *builder) steam(name string) stream {
	return b.used("steam", "energy.steam", name, "t", 1000, kind{masses(), massRates()}, "the steam that is used")
}

// inTonnes counts masses in t instead of kg.
func inTonnes(s stream) stream {
	terms := slices.Clone(s.terms)
	for i := range terms {
		terms[i].Unit, terms[i].Factor = "t", terms[i].Factor/1000
	}
	return stream{terms, s.why}
}

// sideBySide makes one of what two places in the plant need.
func sideBySide(a, b stream) stream {
	why := a.why
	if why == "" {
		why = b.why
	}
	return stream{append(slices.Clone(a.terms), b.terms...), why}
}

// per is the Figure (first n terms)/(sum of the rest).
func per(n int) Figure {
	return func(totals []float64) (float64, []float64, agent.Reason) {
		above, _, _ := altogether(totals[:n])
		below, _, _ := altogether(totals[n:])
		if below <= 0 {
			return 0, nil, agent.Reason{Code: agent.NoInput}
		}
		sens := make([]float64, len(totals))
		for i := range sens {
			if sens[i] = 1 / below; i >= n {
				sens[i] = -above / (below * below)
			}
		}
		return above / below, sens, agent.Reason{}
	}
}

// perDifference is the Figure (first n terms)/(the next − all after it): per
// tonne of what one place holds more than the others.
func perDifference(n int) Figure {
	return func(totals []float64) (float64, []float64, agent.Reason) {
		turned := slices.Clone(totals)
		for i := n + 1; i < len(turned); i++ {
			turned[i] = -turned[i]
		}
		value, sens, reason := per(n)(turned)
		for i := n + 1; i < len(sens); i++ {
			sens[i] = -sens[i]
		}
		return value, sens, reason
	}
}

// lessRest is the Figure (first term) − (the rest).
func lessRest(totals []float64) (float64, []float64, agent.Reason) {
	value, sens, reason := altogether(totals)
	for i := range totals[1:] {
		value, sens[i+1] = value-2*totals[i+1], -1
	}
	return value, sens, reason
}
