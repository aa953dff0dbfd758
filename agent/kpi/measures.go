package kpi

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

//go:embed measures.yaml
var measuresExample string

// measuresSection is the section of the family.
type measuresSection struct {
	Unit      string           `yaml:"unit"`
	Factors   []factorSection  `yaml:"factors"`
	Items     []measureSection `yaml:"items"`
	Target    string           `yaml:"target"`
	validity  `yaml:",inline"`
	Masks     []maskSection `yaml:"masks"`
	Operation operation     `yaml:",inline"`
}

// measureSection is one improvement of the plant.
type measureSection struct {
	Key      string       `yaml:"key"`
	Name     labelSection `yaml:"name"`
	Since    string       `yaml:"since"`
	Until    string       `yaml:"until"`
	Saving   string       `yaml:"saving"`
	By       []string     `yaml:"by"`
	Baseline string       `yaml:"baseline"`
	Share    *float64     `yaml:"share"`
	Because  string       `yaml:"because"`
}

// improvement is a measure of the register.
type improvement struct {
	key, path string
	service   *Factor   // 1 while it is in service, else 0
	by        []*Factor // what its saving is multiplied by
	share     float64   // of its saving that counts
}

const together = "total"

// newMeasures builds the register of measures: what each saves since it is in
// service, and all together. No meter counts twice.
func newMeasures(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section measuresSection
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	b.factors(section.Factors)
	kpi := KPI{Name: spec.Name, Family: "measures"}
	var names []string
	for i, s := range section.Items {
		path := fmt.Sprintf("items[%d].", i)
		if s.Key == together || slices.ContainsFunc(kpi.Quantities, func(q Quantity) bool { return q.Key == s.Key }) {
			b.faults.Add(path+"key", "give each measure a key of its own, for example orc", "the key %s is taken", s.Key)
		}
		q := b.computed(path, s.Key, section.Unit, s.Saving)
		q.draft.path = kpi.Family + "." + path + "saving"
		q.draft.item = b.improvement(path, s)
		q.measure, q.Claim = q.draft.item, true
		q.LabelEN, q.LabelZH = s.Name.EN, s.Name.ZH
		q.Stated = s.stated()
		kpi.Quantities = append(kpi.Quantities, q)
		names = append(names, fmt.Sprintf("%q", q.Name))
	}
	if len(section.Items) == 0 {
		b.faults.Add("items", "write for example items: [{key: orc, name: {en: waste-heat ORC}, since: 2026-03-01, saving: glass.power.generated_net, by: [price.electricity], baseline: nothing was generated before}]", "no measure is listed")
		return b.built(kpi, faults)
	}
	sum := b.computed("", together, section.Unit, strings.Join(names, " + "))
	sum.Claim, sum.draft.path = true, kpi.Family+".items"
	kpi.Quantities = append([]Quantity{sum}, kpi.Quantities...) // the headline stands first
	if len(b.faults) == 0 {
		b.aim(&kpi, section.Target)
	}
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	return b.built(kpi, faults)
}

// stated gives what results say of a measure.
func (s measureSection) stated() []string {
	line := fmt.Sprintf("measure %s: %s, since %s", s.Key, cmp.Or(s.Name.EN, s.Name.ZH, s.Key), s.Since)
	if s.Until != "" {
		line += " until " + s.Until
	}
	all := []string{line, fmt.Sprintf("measure %s is compared with: %s", s.Key, s.Baseline)}
	if s.Share != nil {
		all = append(all, fmt.Sprintf("measure %s: share %g (%s)", s.Key, *s.Share, s.Because))
	}
	return all
}

// improvement reads one entry of the register.
func (b *builder) improvement(path string, s measureSection) *improvement {
	m := &improvement{key: s.Key, path: "measures." + path, share: 1}
	m.service = b.service(path, s)
	if s.Baseline == "" {
		b.faults.Add(path+"baseline", `write for example baseline: "nothing was generated before", or name the KPI of the baseline`, "missing: what the measure is compared with")
	}
	for i, name := range s.By {
		if f := b.factor(fmt.Sprintf("%sby[%d]", path, i), name); f != nil {
			if _, err := ParseUnit(f.Unit); err != nil {
				b.faults.Add(fmt.Sprintf("%sby[%d]", path, i), "write the factor's unit, for example yuan/kWh", "%s: %v", name, err)
			}
			m.by = append(m.by, f)
		}
	}
	switch {
	case s.Share == nil:
	case !(*s.Share > 0 && *s.Share <= 1):
		b.faults.Add(path+"share", "write a share above 0 and up to 1, for example 0.6", "%g is no share of the saving", *s.Share)
	case s.Because == "":
		b.faults.Add(path+"because", `write for example because: "design calculation of the supplier"`, "a share without its reason cannot be defended")
	default:
		m.share = *s.Share
	}
	return m
}

// service makes the factor that is 1 from the first day in service on. Before,
// and after the last one, a measure saves nothing: that is no lost time.
func (b *builder) service(path string, s measureSection) *Factor {
	f := &Factor{Name: s.Key + ".in_service", Unit: "1", Steps: []Step{{Source: "register of measures"}}}
	step := func(key, day string, value float64) {
		at, err := time.Parse(time.DateOnly, day)
		switch {
		case err != nil || at.Year() < 1970 || at.Year() > 2200:
			b.faults.Add(path+key, "write a day, for example 2026-03-01", "%q is not a day", day)
		case !at.After(f.Steps[len(f.Steps)-1].From):
			b.faults.Add(path+key, "write the day after the last one in service", "%s is not after %s", day, s.Since)
		default:
			f.Steps = append(f.Steps, Step{From: at, Value: value, Source: "register of measures"})
		}
	}
	step("since", s.Since, 1)
	if s.Until != "" {
		step("until", s.Until, 0)
	}
	return f
}

// said tells what the saving is multiplied by.
func (m *improvement) said() (text string) {
	for _, f := range m.by {
		text += " × " + f.Name
	}
	if m.share != 1 {
		text += fmt.Sprintf(" × %v", m.share)
	}
	return text
}

// counted makes a measure's saving of what its expression gives: its share, by
// its factors, while it is in service. Each cell counts by the values of its day,
// so the expression must be a sum of totals.
func (r *resolver) counted(of checked) (checked, error) {
	m := r.draft.item
	if of.truth || r.q.Branches || branches(r.draft.node) || !additive(r.whole(of), r.q.Terms) {
		return of, wrongly("write totals, or quantities that are totals, joined by + and -, and multiplied by numbers", "%s is no total that adds up from day to day", shown(r.draft.node))
	}
	if slices.ContainsFunc(r.q.Terms, func(t Term) bool { return t.Stock }) {
		return of, wrongly("take the quantity without the change of the inventory", "%s holds the change of an inventory, which no one day's factor belongs to", shown(r.draft.node))
	}
	scale := m.share
	for _, f := range m.by {
		u, _ := ParseUnit(f.Unit) // looked at by improvement
		d, ok := of.dimension.times(u.Dimension, 1)
		if !ok {
			return of, wrongly("name fewer factors", "%s: the powers of its units are too high", shown(r.draft.node))
		}
		of.dimension, scale = d, scale*u.Factor
	}
	run := of.run
	of.run = func(in []dual) dual { x := run(in); return dual{x.v * scale, x.d * scale} }
	r.q.multiply(m)
	return of, nil
}

// whole is the Figure of an expression before it has a unit.
func (r *resolver) whole(of checked) Figure {
	c := computed{parts: r.made.parts, run: of.run, unit: Unit{Factor: 1}}
	return c.figure
}

// multiply lets every term count by the measure's factors. A model's error goes
// with the mean of the factors over the time in service.
func (q *Quantity) multiply(m *improvement) {
	service, all := []*Factor{m.service}, append([]*Factor{m.service}, m.by...)
	modelled := false
	for i := range q.Terms {
		q.Terms[i].Dated = append(slices.Clone(q.Terms[i].Dated), all...)
		modelled = modelled || q.Terms[i].Spread != nil
	}
	if !modelled || len(m.by) == 0 {
		return
	}
	hours := Term{Role: "hours", Unit: "h", Factor: perHour}
	hours.Dated = all
	priced, _ := q.take(hours)
	hours.Dated = service
	served, _ := q.take(hours)
	worth := func(totals []float64) (mean float64, plain []float64) {
		if mean = totals[priced] / totals[served]; !(mean > 0) {
			return 0, nil
		}
		plain = slices.Clone(totals)
		for i := range plain {
			plain[i] /= mean
		}
		return mean, plain
	}
	for i := range q.Terms {
		if of := q.Terms[i].Spread; of != nil {
			q.Terms[i].Spread = func(totals []float64) float64 {
				mean, plain := worth(totals)
				if plain == nil {
					return 0
				}
				return mean * mean * of(plain)
			}
		}
	}
	for i, of := range q.Cautions {
		q.Cautions[i] = func(totals []float64) agent.Reason {
			_, plain := worth(totals)
			if plain == nil {
				return agent.Reason{}
			}
			return of(plain)
		}
	}
}

// countOnce refuses two measures of a register that count one meter, unless
// shares say how much of it each has.
func (l *linker) countOnce(i int) {
	type use struct {
		by    []string
		share float64
	}
	uses := map[string]*use{}
	for _, q := range l.kpis[i].Quantities {
		if q.measure == nil || q.draft != nil {
			continue
		}
		for _, meter := range q.meters() {
			u := uses[meter]
			if u == nil {
				u = &use{}
				uses[meter] = u
			}
			u.by, u.share = append(u.by, q.measure.key), u.share+q.measure.share
			if over := u.share > 1+1e-9; len(u.by) > 1 && over {
				l.faults[i].Add(q.measure.path+"saving", "take it out of one of them, or give each its share: and because:, at most 1 together",
					"the meter %s counts in %s, %.3g times in all", meter, strings.Join(u.by, " and "), u.share)
			}
		}
	}
}

// meters lists what a saving is measured by, a totaliser and the rate beside it
// as one. What a baseline's model is driven by is no saving: production may stand
// behind several.
func (q *Quantity) meters() (all []string) {
	drives, used := map[string]bool{}, map[string]bool{}
	for _, in := range q.Of {
		for _, t := range in.Quantity.Terms {
			for _, tag := range t.inputs() {
				drives[tag.Name] = drives[tag.Name] || in.Family == "baseline" && in.Quantity.Key == "expected"
				used[tag.Name] = used[tag.Name] || in.Family == "baseline" && in.Quantity.Key == "actual"
			}
		}
	}
	for _, t := range q.Terms {
		for _, tag := range t.inputs() {
			name := tag.Name
			if drives[name] && !used[name] {
				continue
			}
			for _, r := range q.Rates {
				if r.Tag.Name == name {
					name = r.Of.Name
				}
			}
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}
