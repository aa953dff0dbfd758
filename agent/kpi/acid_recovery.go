package kpi

import (
	_ "embed"
	"fmt"
	"math"

	"recoup/agent"
)

//go:embed acid_recovery.yaml
var acidRecoveryExample string

// acidRecovery is the section of the family.
type acidRecovery struct {
	Feed        acidStream    `yaml:"feed"`
	Product     acidStream    `yaml:"product"`
	Tanks       []tank        `yaml:"tanks"`
	Losses      acidLosses    `yaml:"losses"`
	Quantities  []string      `yaml:"quantities"`
	Target      string        `yaml:"target"`
	MinCoverage *float64      `yaml:"min_coverage"`
	Masks       []maskSection `yaml:"masks"`
	Operation   operation     `yaml:",inline"`
}

// acidStream is one flow of acid. Of a volume flow the strength needs the
// temperature or the density beside it; density and temperature give the
// strength too, up to 90 %.
type acidStream struct {
	Flow        string `yaml:"flow"`
	Strength    string `yaml:"strength"`
	Temperature string `yaml:"temperature"`
	Density     string `yaml:"density"`
}

// tank is an upright cylinder between the meters of feed and product.
type tank struct {
	Level       string  `yaml:"level"`
	Diameter    float64 `yaml:"diameter"` // m, inside
	Strength    string  `yaml:"strength"`
	Temperature string  `yaml:"temperature"`
}

// acidLosses are the ways by which acid leaves. Each is measured or declared
// none with the reason: one that is forgotten makes the recovery too high.
type acidLosses struct {
	SO2      gasLoss  `yaml:"so2"`
	Mist     gasLoss  `yaml:"mist"`
	WeakAcid weakLoss `yaml:"weak_acid"`
}

type gasLoss struct {
	Flow          string `yaml:"flow"`
	Concentration string `yaml:"concentration"`
	None          string `yaml:"none"`
}

type weakLoss struct {
	Acid acidStream `yaml:",inline"`
	None string     `yaml:"none"`
}

const acidPerSO2 = 98.079 / 64.066 // kg of H2SO4 in a kg of SO2

// newAcidRecovery builds the KPI of a plant that regenerates or concentrates
// waste sulfuric acid. All masses are kilograms of 100 % H2SO4.
func newAcidRecovery(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section acidRecovery
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.coverage(section.MinCoverage)
	feed, product := b.acid("feed", "feed", section.Feed), b.acid("product", "product", section.Product)
	tanks, losses := b.tanks(section.Tanks), b.losses(section.Losses)

	kpi := KPI{Name: spec.Name, Family: "acid_recovery"}
	share, amount := agent.Range{Lo: 0, Hi: 1}, agent.Range{Lo: 0, Hi: math.Inf(1)}
	b.offer(&kpi, "recovery_loss", "1", leftOfFirst, share, feed, losses).MinWindow = agent.Hour
	b.offer(&kpi, "recovery_direct", "1", ofFirst, share, feed, product, tanks).MinWindow = agent.Week
	anything := agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	b.offer(&kpi, "closure", "1", leftOfFirst, anything, feed, product, tanks, losses).MinWindow = agent.Week
	b.offer(&kpi, "feed", "kg", total, amount, feed)
	b.offer(&kpi, "loss", "kg", altogether, amount, losses)
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	return b.built(kpi, faults)
}

// acid makes the term of a flow of acid.
func (b *builder) acid(role, path string, s acidStream) stream {
	if s.Flow == "" {
		return stream{why: fmt.Sprintf("no flow of the %s is named (%s.flow)", words(role), path)}
	}
	flow, byMass := b.acidFlow(path+".flow", s.Flow)
	t := Term{Role: role, Unit: "kg", Factor: flow.Unit, Tags: []*agent.Tag{flow.Tag}}
	arg := func(key, name string, table []unit, what string) Arg {
		tag, factor := b.measured(path+"."+key, name, table, what)
		return Arg{Tag: tag, Unit: factor}
	}
	strength := func() Arg { return arg("strength", s.Strength, strengths(), "a mass fraction") }
	density := func() Arg { return arg("density", s.Density, densities(), "a density") }
	temperature := func() Arg { return arg("temperature", s.Temperature, temperatures(), "a temperature") }
	switch {
	case s.Strength == "" && (s.Density == "" || s.Temperature == ""):
		return stream{why: fmt.Sprintf("no strength of the %s is named (%s.strength, or %[2]s.density with %[2]s.temperature)", words(role), path)}
	case s.Strength != "" && byMass:
		t.times(strength())
	case s.Strength != "" && s.Density != "":
		t.times(density())
		t.times(strength())
	case s.Strength != "" && s.Temperature != "":
		t.Formula = acidPerVolume(strength(), temperature())
	case s.Strength != "":
		return stream{why: fmt.Sprintf("the %s is a volume flow, which needs %s.temperature or %[2]s.density beside the strength", words(role), path)}
	case byMass:
		t.Formula = strengthByDensity(density(), temperature())
	default:
		t.Formula = acidByDensity(density(), temperature())
	}
	return stream{terms: []Term{t}}
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

// tanks makes a stock of each tank.
func (b *builder) tanks(all []tank) (s stream) {
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
		strength, ws := b.measured(path+".strength", k.Strength, strengths(), "a mass fraction")
		temperature, ts := b.measured(path+".temperature", k.Temperature, temperatures(), "a temperature")
		s.terms = append(s.terms, Term{
			Role: "tank", Unit: "kg", Factor: math.Pi / 4 * k.Diameter * k.Diameter * factor, Stock: true,
			Tags: []*agent.Tag{level}, Formula: acidPerVolume(Arg{Tag: strength, Unit: ws}, Arg{Tag: temperature, Unit: ts}),
		})
	}
	return s
}

// losses makes the terms of all that leaves and is not product.
func (b *builder) losses(l acidLosses) stream {
	w := l.WeakAcid
	all := []stream{
		b.lossOf("so2", l.SO2 == gasLoss{}, l.SO2.None, l.SO2.Flow, func() stream { return b.gas("so2", l.SO2, acidPerSO2) }),
		b.lossOf("mist", l.Mist == gasLoss{}, l.Mist.None, l.Mist.Flow, func() stream { return b.gas("mist", l.Mist, 1) }),
		b.lossOf("weak_acid", w == weakLoss{}, w.None, w.Acid.Flow, func() stream { return b.acid("weak_acid", "losses.weak_acid", w.Acid) }),
	}
	var together stream
	for _, s := range all {
		together.terms = append(together.terms, s.terms...)
		if s.why != "" && together.why == "" {
			together.why = s.why
		}
	}
	if together.terms == nil && together.why == "" {
		together.why = "every loss is declared none, so that none is measured"
	}
	return together
}

func (b *builder) lossOf(role string, empty bool, none, flow string, measured func() stream) stream {
	switch {
	case empty:
		return stream{why: fmt.Sprintf("losses.%s is neither measured nor declared none: a loss that is left out makes the recovery too high (without the weak acid by 1.4 points in a usual plant)", role)}
	case none != "" && flow != "":
		b.faults.Add("losses."+role+".none", "delete none, or the tags", "%s is measured and declared none", words(role))
		return stream{}
	case none != "":
		return stream{}
	}
	return measured()
}

// gas makes the term of what a stack carries.
func (b *builder) gas(role string, g gasLoss, factor float64) stream {
	path := "losses." + role
	if g.Flow == "" || g.Concentration == "" {
		return stream{why: fmt.Sprintf("%s needs flow and concentration", path)}
	}
	flow, perSecond := b.measured(path+".flow", g.Flow, normalFlows(), "a dry normal volume flow")
	c, kilograms := b.measured(path+".concentration", g.Concentration, concentrations()[:2], "a mass per normal cubic metre")
	return stream{terms: []Term{{Role: role, Unit: "kg", Factor: factor * perSecond * kilograms, Tags: []*agent.Tag{flow, c}}}}
}

func words(role string) string {
	if role == "weak_acid" {
		return "weak acid"
	}
	return role
}
