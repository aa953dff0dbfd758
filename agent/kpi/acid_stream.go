package kpi

import (
	"fmt"
	"math"

	"recoup/agent"
)

// acidStream is one flow of acid. Of a volume flow the strength needs the
// temperature or the density beside it; density and temperature give the
// strength too, up to 90 %.
type acidStream struct {
	Flow        string   `yaml:"flow"`
	Strength    string   `yaml:"strength"`
	Temperature string   `yaml:"temperature"`
	Density     string   `yaml:"density"`
	Meter       strength `yaml:",inline"`
}

// strength says how a strength is measured, and where that is to be trusted.
type strength struct {
	Principle string    `yaml:"principle"`
	Valid     []float64 `yaml:"valid"` // from and to, in the unit of the tag
}

func (m strength) empty() bool { return m.Principle == "" && m.Valid == nil }

func (s acidStream) empty() bool {
	return s.Flow+s.Strength+s.Temperature+s.Density == "" && s.Meter.empty()
}

// tank is an upright cylinder between the meters of feed and product.
type tank struct {
	Level       string   `yaml:"level"`
	Diameter    float64  `yaml:"diameter"` // m, inside
	Strength    string   `yaml:"strength"`
	Temperature string   `yaml:"temperature"`
	Meter       strength `yaml:",inline"`
}

// acid makes the term of the H2SO4 in a flow of acid.
func (b *builder) acid(role, path string, s acidStream) stream {
	return b.flowing(role, path, s, h2so4())
}

// flowing makes the term of an ingredient of a flow of acid, in kg.
func (b *builder) flowing(role, path string, s acidStream, c ingredient) stream {
	if s.Flow == "" {
		return stream{why: fmt.Sprintf("no flow of the %s is named (%s.flow)", words(role), path)}
	}
	flow, byMass := b.acidFlow(path+".flow", s.Flow)
	t := Term{Role: role, Unit: "kg", Factor: flow.Unit, Tags: []*agent.Tag{flow.Tag}}
	arg := func(key, name string, table []unit, what string) Arg {
		tag, factor := b.measured(path+"."+key, name, table, what)
		return Arg{Tag: tag, Unit: factor}
	}
	w := func() Arg { return b.strength(path+".strength", path, s.Strength, s.Meter) }
	density := func() Arg { return arg("density", s.Density, densities(), "a density") }
	temperature := func() Arg { return arg("temperature", s.Temperature, temperatures(), "a temperature") }
	switch {
	case s.Strength == "" && (s.Density == "" || s.Temperature == ""):
		return stream{why: fmt.Sprintf("no strength of the %s is named (%s.strength, or %[2]s.density with %[2]s.temperature)", words(role), path)}
	case s.Strength == "" && !s.Meter.empty():
		b.faults.Add(path+".principle", "take principle and valid off: up to 90 % is known already", "the strength of the %s comes from density and temperature", words(role))
	case s.Strength != "" && byMass:
		t.strong(w(), c)
	case s.Strength != "" && s.Density != "":
		t.times(density())
		t.strong(w(), c)
	case s.Strength != "" && s.Temperature != "":
		t.Formula = c.perVolume(w(), temperature())
	case s.Strength != "":
		return stream{why: fmt.Sprintf("the %s is a volume flow, which needs %s.temperature or %[2]s.density beside the strength", words(role), path)}
	case byMass:
		t.Formula = c.shareByDensity(density(), temperature())
	default:
		t.Formula = c.perVolumeByDensity(density(), temperature())
	}
	return stream{terms: []Term{t}}
}

// strong has the share of an ingredient as a further factor, which a strength gives.
func (t *Term) strong(w Arg, c ingredient) {
	if c.isAcid() && w.Valid == nil {
		t.times(w)
		return
	}
	t.Formula = c.share(w)
}

// acidFlow finds a flow by mass, in kg/s, or by volume, in m3/s.
func (b *builder) acidFlow(path, name string) (flow Arg, byMass bool) {
	flow.Tag, _ = b.measured(path, name, append(massRates(), volumeFlows()...), "a flow of acid")
	if flow.Tag == nil {
		return flow, false
	}
	if u, ok := find(massRates(), flow.Tag.Unit); ok {
		flow.Unit = u.factor
		return flow, true
	}
	u, _ := find(volumeFlows(), flow.Tag.Unit)
	flow.Unit = u.factor
	return flow, false
}

// times has a tag as a further factor.
func (t *Term) times(a Arg) {
	t.Factor *= a.Unit
	t.Tags = append(t.Tags, a.Tag)
}

// strength finds the tag of a strength and where it is to be trusted. A density
// above 90 % has two strengths, a conductivity several over the whole scale;
// what is shown outside the range is not used.
func (b *builder) strength(path, section, name string, m strength) Arg {
	tag, factor := b.measured(path, name, strengths(), "a mass fraction")
	a := Arg{Tag: tag, Unit: factor}
	if tag == nil || factor == 0 || m.empty() {
		return a
	}
	given := len(m.Valid) == 2
	valid := agent.Range{Lo: 0, Hi: 1}
	if given {
		valid = agent.Range{Lo: m.Valid[0] * factor, Hi: m.Valid[1] * factor}
	}
	switch m.Principle {
	case "", "titration":
	case "density":
		if !given {
			valid.Hi = polynomial
		}
		if valid.Hi > polynomial {
			b.faults.Add(section+".valid", "write an upper end of 90 % at most, or use a meter by the speed of sound", "%s goes by density, of which one has two strengths above 90 %%", name)
		}
	case "sound", "conductivity":
		if !given {
			b.faults.Add(section+".valid", "write valid: [LOWEST, HIGHEST] in "+tag.Unit+", the range that the meter was calibrated for", "%s goes by %s, of which one value has several strengths over the whole scale", name, m.Principle)
		}
	default:
		b.faults.Add(section+".principle", "write density, sound, conductivity or titration", "%q is not how a strength is measured", m.Principle)
	}
	if !(valid.Lo >= 0 && valid.Lo < valid.Hi && valid.Hi <= 1) || m.Valid != nil && !given {
		b.faults.Add(section+".valid", "write valid: [LOWEST, HIGHEST] in "+tag.Unit, "%v is no range of strengths in %s", m.Valid, tag.Unit)
	}
	a.Valid = &valid
	return a
}

// tanks makes a stock of each tank.
func (b *builder) tanks(all []tank, c ingredient) (s stream) {
	if len(all) == 0 {
		return stream{why: "no tanks are listed: what fills them would look like a loss"}
	}
	for i, k := range all {
		path := fmt.Sprintf("tanks[%d]", i)
		if k.Level == "" || k.Strength == "" || k.Temperature == "" {
			s.why = fmt.Sprintf("%s needs level, strength and temperature", path)
			continue
		}
		if !(k.Diameter > 0 && k.Diameter < 200) {
			b.faults.Add(path+".diameter", "write the inside diameter in m, for example 10", "%g m is no diameter of a tank", k.Diameter)
		}
		level, factor := b.measured(path+".level", k.Level, lengths(), "a level as a length")
		w := b.strength(path+".strength", path, k.Strength, k.Meter)
		temperature, ts := b.measured(path+".temperature", k.Temperature, temperatures(), "a temperature")
		s.terms = append(s.terms, Term{
			Role: "tank", Unit: "kg", Factor: math.Pi / 4 * k.Diameter * k.Diameter * factor, Stock: true,
			Tags: []*agent.Tag{level}, Formula: c.perVolume(w, Arg{Tag: temperature, Unit: ts}),
		})
	}
	return s
}

// quietly builds what was built before of another ingredient: its faults are told.
func (b *builder) quietly(build func() stream) stream {
	told := len(b.faults)
	s := build()
	b.faults = b.faults[:told]
	return s
}

// words names a role in sentences.
func words(role string) string {
	if role == "weak_acid" {
		return "weak acid"
	}
	return role
}
