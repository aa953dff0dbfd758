package kpi

import (
	"fmt"
	"slices"
	"strings"

	"recoup/agent"
)

// acidLosses are the ways by which acid leaves a regeneration. Each is measured
// or declared none with the reason: one that is forgotten makes the recovery too
// high.
type acidLosses struct {
	SO2      gasLoss     `yaml:"so2"`
	Mist     gasLoss     `yaml:"mist"`
	WeakAcid acidLoss    `yaml:"weak_acid"`
	Drain    acidLoss    `yaml:"drain"`
	Solid    acidLoss    `yaml:"solid"`
	Others   []otherLoss `yaml:"others"`
}

// acidLoss is a loss as a flow of acid, or as a mass.
type acidLoss struct {
	Acid    acidStream `yaml:",inline"`
	Mass    string     `yaml:"mass"`    // of 100 % H2SO4, or of what content says
	Content string     `yaml:"content"` // name of a factor, kg of H2SO4 in a kg
	None    string     `yaml:"none"`
}

func (l acidLoss) empty() bool {
	return l.Acid.empty() && l.Mass+l.Content+l.None == ""
}

// otherLoss is a further one, by the name that its term gets.
type otherLoss struct {
	Name string   `yaml:"name"`
	Loss acidLoss `yaml:",inline"`
}

const (
	molarH2SO4 = 98.079 // kg/kmol
	molarSO2   = 64.066
	molarS     = 32.06
	molarGas   = 22.414 // Nm3/kmol
	acidPerSO2 = molarH2SO4 / molarSO2
)

// losses makes the terms of all that leaves and is not product.
func (b *builder) losses(l acidLosses) stream {
	var silent []string
	all := []stream{
		b.lossOf("so2", l.SO2.None, l.SO2.Flow, l.SO2 == gasLoss{}, &silent, func() stream { return b.gas("so2", l.SO2, sulphurDioxides(), acidPerSO2) }),
		b.lossOf("mist", l.Mist.None, l.Mist.Flow, l.Mist == gasLoss{}, &silent, func() stream { return b.gas("mist", l.Mist, concentrations()[:2], 1) }),
		b.liquid("weak_acid", l.WeakAcid, &silent), b.liquid("drain", l.Drain, &silent), b.liquid("solid", l.Solid, &silent),
	}
	return lossesTogether(append(all, b.others(l.Others)...), silent)
}

// lossesTogether joins losses, of which some were left out in silence.
func lossesTogether(all []stream, silent []string) (together stream) {
	var whys []string
	if len(silent) > 0 {
		whys = append(whys, fmt.Sprintf("%s neither measured nor declared none: a loss that is left out makes the recovery too high (without the weak acid by 1.4 points in a usual plant)", isOrAre(silent)))
	}
	for _, s := range all {
		together.terms = append(together.terms, s.terms...)
		if s.why != "" {
			whys = append(whys, s.why)
		}
	}
	if together.why = strings.Join(whys, "; "); together.terms == nil && together.why == "" {
		together.why = "every loss is declared none, so that none is measured"
	}
	return together
}

func isOrAre(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// lossOf makes a loss's terms unless it is declared none, or left out.
func (b *builder) lossOf(role, none, tag string, empty bool, silent *[]string, measured func() stream) stream {
	switch {
	case empty:
		*silent = append(*silent, "losses."+role)
		return stream{}
	case none != "" && tag != "":
		b.faults.Add("losses."+role+".none", "delete none, or the tags", "%s is measured and declared none", words(role))
		return stream{}
	case none != "":
		return stream{}
	}
	return measured()
}

// liquid makes the term of a loss that is a flow of acid or a mass.
func (b *builder) liquid(role string, l acidLoss, silent *[]string) stream {
	return b.lossOf(role, l.None, l.Acid.Flow+l.Mass, l.empty(), silent, func() stream { return b.loss(role, "losses."+role, l) })
}

// loss makes the term of a loss that is measured.
func (b *builder) loss(role, path string, l acidLoss) stream {
	switch {
	case l.Mass != "" && !l.Acid.empty():
		b.faults.Add(path+".mass", "delete mass, or the other tags", "%s is measured as a mass and as a flow", words(role))
	case l.Mass != "":
		return b.weighed(role, path, l)
	case l.Content != "":
		b.faults.Add(path+".content", "name the mass, or delete content", "there is no mass of %s that it could be the content of", words(role))
	}
	return b.acid(role, path, l.Acid)
}

// weighed makes the term of a loss by mass, of pure acid or with a content.
func (b *builder) weighed(role, path string, l acidLoss) stream {
	tag := b.tag(path+".mass", l.Mass, "the mass that is lost")
	if tag == nil {
		return stream{}
	}
	t := Term{Role: role, Unit: "kg", Tags: []*agent.Tag{tag}}
	k := kind{masses(), massRates()}
	if l.Content != "" {
		f := b.factor(path+".content", l.Content)
		if f == nil {
			return stream{}
		}
		return stream{terms: []Term{b.times(path+".mass", t, tag, path+".content", f, []unit{{"kgH2SO4", 1}, {"tH2SO4", 1000}, {"gH2SO4", 1e-3}})}}
	}
	u, ok := k.of(tag)
	if !ok {
		b.noAmount(path+".mass", tag, k, "a mass")
	}
	t.Factor = u.factor
	return stream{terms: []Term{t}}
}

// noAmount says that a tag is neither a total nor a rate of a kind.
func (b *builder) noAmount(path string, tag *agent.Tag, k kind, what string) {
	fix := fmt.Sprintf("use a tag in %s, or a totaliser in %s", names(k.rates), names(k.totals))
	if _, isTotal := find(k.totals, tag.Unit); isTotal && tag.Counter == nil {
		fix = fmt.Sprintf("if %s is a totaliser, give the tag counter: {modulus: …, max_rate: …}", tag.Name)
	}
	b.faults.Add(path, fix, "%s is in %q, which does not count %s", tag.Name, tag.Unit, what)
}

// others makes the terms of losses that the list does not foresee.
func (b *builder) others(all []otherLoss) (made []stream) {
	var named []string
	for i, o := range all {
		path := fmt.Sprintf("losses.others[%d]", i)
		if o.Name == "" || slices.Contains(named, o.Name) {
			b.faults.Add(path+".name", "write what it is, each name once", "a loss needs a name of its own: its term is called so")
		}
		if named = append(named, o.Name); o.Loss.None != "" {
			b.faults.Add(path+".none", "delete the whole entry", "%s is listed and declared none", o.Name)
			continue
		}
		made = append(made, b.loss(o.Name, path, o.Loss))
	}
	return made
}
