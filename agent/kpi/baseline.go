package kpi

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"recoup/agent"
)

//go:embed baseline.yaml
var baselineExample string

// baselineSection is the section of the family.
type baselineSection struct {
	Energy    string           `yaml:"energy"`
	Unit      string           `yaml:"unit"`
	Drivers   []driverSection  `yaml:"drivers"`
	Periods   []periodSection  `yaml:"periods"`
	Model     *declaredSection `yaml:"model"`
	Source    string           `yaml:"source"`
	Static    []string         `yaml:"static"`
	Target    string           `yaml:"target"`
	validity  `yaml:",inline"`
	Masks     []maskSection `yaml:"masks"`
	Operation operation     `yaml:",inline"`
}

// driverSection is what the energy goes with: a total of the window, or a mean.
type driverSection struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
	Unit  string `yaml:"unit"`
	Mean  bool   `yaml:"mean"` // of what mean() does not say: a share, a quantity of another KPI
}

// periodSection is a measured period of the baseline, from the first day to the
// one that is no longer in it.
type periodSection struct {
	From    string    `yaml:"from"`
	To      string    `yaml:"to"`
	Energy  *float64  `yaml:"energy"`
	Drivers []float64 `yaml:"drivers"`
}

// declaredSection is a model that somebody else made.
type declaredSection struct {
	Period    string      `yaml:"period"`
	Intercept *float64    `yaml:"intercept"`
	Slopes    []float64   `yaml:"slopes"`
	Ranges    [][]float64 `yaml:"ranges"`
	U         float64     `yaml:"u"`
}

const (
	fullCycle = 12   // periods, which a baseline should have (IPMVP, ISO 50006: a full cycle of operation)
	weakFit   = 0.75 // of the variance; drivers that explain less are said to explain little
)

// newBaseline builds the KPI of energy against a baseline: what was used, what
// the baseline's model expects for the same drivers, their ratio (the normalised
// EnPI of ISO 50006) and their difference, which is a saving only where it is
// larger than its uncertainty.
func newBaseline(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section baselineSection
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	kpi := KPI{Name: spec.Name, Family: "baseline"}
	unit, err := ParseUnit(section.Unit)
	if err != nil {
		b.faults.Add("unit", "write the unit of the energy, for example kWh, GJ or tce", "%v", err)
	}
	if section.Source == "" {
		b.faults.Add("source", `write for example source: "monthly energy reports of 2025, signed by the energy manager"`, "missing: where the baseline comes from; every result names it")
	}
	if _, err := parseExpression(section.Energy); err != nil {
		b.faults.Add("energy", "name a tag, or a quantity of another KPI such as site.energy.tce_equivalent", "%v", err)
	}
	m := &modelled{unit: unit, drivers: b.drivers(section.Drivers)}
	if len(b.faults) > 0 {
		return b.built(kpi, faults)
	}
	stated := b.model(m, section)
	if m.Model == nil {
		return b.built(kpi, faults)
	}
	kpi.Quantities = b.compared(m, section)
	for i := range kpi.Quantities {
		q := &kpi.Quantities[i]
		q.MinWindow = m.window()
		if q.Key != "actual" {
			q.Stated = append([]string{"baseline: " + m.said()}, stated...)
		}
	}
	if len(b.faults) == 0 {
		b.aim(&kpi, section.Target)
	}
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	return b.built(kpi, faults)
}

// compared makes the quantities of the family.
func (b *builder) compared(m *modelled, section baselineSection) []Quantity {
	means := make([]string, len(section.Drivers))
	paths := map[string]string{}
	for k, d := range section.Drivers {
		means[k] = d.Value
		paths[strings.Trim(d.Value, `"`)] = fmt.Sprintf("baseline.drivers[%d].value", k)
	}
	own := func(key string) string { return fmt.Sprintf("%q", b.spec.Name+"."+key) }
	actual := b.computed("", "actual", section.Unit, section.Energy)
	actual.draft.path = "baseline.energy"
	expected := b.computed("", "expected", section.Unit, "expected("+strings.Join(means, ", ")+")")
	expected.draft.path, expected.draft.paths, expected.draft.model = "baseline.drivers", paths, m
	enpi := b.computed("", "enpi", "1", own("actual")+" / "+own("expected"))
	enpi.Bounds = agent.Range{Lo: 0, Hi: math.Inf(1)}
	saving := b.computed("", "saving", section.Unit, own("expected")+" - "+own("actual"))
	saving.Claim = true
	for _, q := range []*Quantity{&enpi, &saving} {
		q.draft.path = "baseline.unit"
	}
	return []Quantity{enpi, saving, actual, expected} // the headline first
}

// drivers reads what the energy goes with.
func (b *builder) drivers(sections []driverSection) (all []driver) {
	if len(sections) == 0 {
		b.faults.Add("drivers", "write for example drivers: [{name: production, value: wt360, unit: t}]", "no driver is named: without one a baseline is a mean and tells no saving from less work")
	}
	for k, s := range sections {
		path := fmt.Sprintf("drivers[%d].", k)
		u, err := ParseUnit(s.Unit)
		if err != nil {
			b.faults.Add(path+"unit", "write the unit that the periods give it in, for example t; 1 for a share", "%v", err)
		}
		if s.Name == "" {
			b.faults.Add(path+"name", "write for example production", "a driver without a name")
		}
		if _, err := parseExpression(s.Value); err != nil {
			b.faults.Add(path+"value", "name a tag or a quantity; of what is no rate write mean(TAG)", "%v", err)
		}
		all = append(all, driver{name: s.Name, unit: u})
	}
	return all
}

// model makes the model, and gives what results say of it.
func (b *builder) model(m *modelled, section baselineSection) (stated []string) {
	means := make([]bool, len(section.Drivers))
	for k, d := range section.Drivers {
		means[k] = d.Mean || strings.HasPrefix(d.Value, "mean(")
	}
	switch {
	case section.Model != nil && section.Periods != nil:
		b.faults.Add("model", "delete the model, or the periods", "a model stands beside the periods that one is made from")
		return nil
	case section.Model != nil:
		stated = b.given(m, means, *section.Model)
	default:
		stated = b.fitted(m, means, section.Periods)
	}
	stated = append(stated, "baseline source: "+section.Source)
	for _, s := range section.Static {
		stated = append(stated, "static factor: "+s)
	}
	return stated
}

// fitted makes the model from measured periods.
func (b *builder) fitted(m *modelled, means []bool, sections []periodSection) []string {
	rows := b.periods(sections, len(means))
	if need := len(means) + 2; len(b.faults) == 0 && len(rows) < need {
		b.faults.Add("periods", "give a full cycle of operation, 12 months for example", "%d periods are too few for %d drivers: %d is the least", len(rows), len(means), need)
	}
	if len(b.faults) > 0 {
		return nil
	}
	model, f, err := fit(rows, means)
	var dependent collinear
	if errors.As(err, &dependent) {
		b.faults.Add(fmt.Sprintf("drivers[%d]", int(dependent)), "leave it out, or give periods in which it goes its own way", "over the periods %s never changes, or follows from the drivers before it: its share cannot be told", m.drivers[dependent].name)
		return nil
	}
	m.Model = model
	line := fmt.Sprintf("baseline fit: %d periods from %s to %s, R² %.3f, CV(RMSE) %.1f %%", f.periods, sections[0].From, sections[len(sections)-1].To, f.r2, 100*f.cv)
	for k, u := range f.standard {
		line += fmt.Sprintf(", u(%s) %.2g %s", m.drivers[k].name, u, m.slopeUnit(k))
	}
	stated := []string{line}
	if f.periods < fullCycle {
		stated = append(stated, fmt.Sprintf("baseline: fewer than %d periods", fullCycle))
	}
	if f.r2 < weakFit {
		stated = append(stated, fmt.Sprintf("baseline: R² below %g, the drivers explain little", weakFit))
	}
	return stated
}

// periods reads the measured baseline; days are of 24 hours.
func (b *builder) periods(sections []periodSection, drivers int) (rows []period) {
	if len(sections) == 0 {
		b.faults.Add("periods", "write for example periods: [{from: 2025-01-01, to: 2025-02-01, energy: 2616000, drivers: [17050]}, …], or a model", "there is neither a measured baseline nor a model")
	}
	var last time.Time
	for i, s := range sections {
		path := fmt.Sprintf("periods[%d].", i)
		from, err := time.Parse(time.DateOnly, s.From)
		to, also := time.Parse(time.DateOnly, s.To)
		switch {
		case err != nil || also != nil || !to.After(from):
			b.faults.Add(path+"to", "write days: from the first one to the day after the last", "%q to %q is no period", s.From, s.To)
		case from.Before(last):
			b.faults.Add(path+"from", "list the periods in their order, each day in one of them", "%s is in the period before", s.From)
		case s.Energy == nil || !isFinite(*s.Energy):
			b.faults.Add(path+"energy", "write the energy of the period in the unit of the section", "the energy is missing")
		case len(s.Drivers) != drivers || !allFinite(s.Drivers):
			b.faults.Add(path+"drivers", "write one number for each driver, in their order and units", "%d drivers have %d numbers", drivers, len(s.Drivers))
		default:
			rows = append(rows, period{to.Sub(from).Hours() / 24, *s.Energy, s.Drivers})
		}
		last = to
	}
	return rows
}

// given takes a model that somebody else made.
func (b *builder) given(m *modelled, means []bool, s declaredSection) []string {
	days, known := map[string]float64{"day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}[s.Period]
	if !known {
		b.faults.Add("model.period", "write day, week, month or year", "%q is not the length of the periods that the model was made from", s.Period)
	}
	if s.Intercept == nil || !isFinite(*s.Intercept) {
		b.faults.Add("model.intercept", "write the energy per day without any driver, 0 if there is none", "the intercept is missing")
	}
	if len(s.Slopes) != len(means) || !allFinite(s.Slopes) {
		b.faults.Add("model.slopes", "write one number for each driver, in their order: energy per unit of the driver, of a mean per day and unit", "%d drivers have %d slopes", len(means), len(s.Slopes))
	}
	if len(s.Ranges) != len(means) {
		b.faults.Add("model.ranges", "write for each driver the least and the greatest it was per day, or its mean: [[300, 800]]", "%d drivers have %d ranges: beyond them a model says nothing", len(means), len(s.Ranges))
	}
	model := &Model{Slopes: s.Slopes, Means: means, Period: days, Relative: s.U}
	for k, r := range s.Ranges {
		if len(r) != 2 || !(r[0] < r[1]) {
			b.faults.Add(fmt.Sprintf("model.ranges[%d]", k), "write the least and the greatest, for example [300, 800]", "%v is no range", r)
			continue
		}
		model.Ranges = append(model.Ranges, agent.Range{Lo: r[0], Hi: r[1]})
	}
	if !(s.U > 0 && s.U < 1) {
		b.faults.Add("model.u", "write the relative standard uncertainty of what it predicts for one period, for example 0.02", "the model's uncertainty is missing: without it no saving can be told from chance")
	}
	if len(b.faults) > 0 {
		return nil
	}
	model.Intercept, m.Model = *s.Intercept, model
	return []string{fmt.Sprintf("baseline model: declared, standard uncertainty %g %%", 100*s.U)}
}

// window is the shortest window that a saving means something over: that of the
// baseline's periods.
func (m *Model) window() agent.WindowKind {
	for _, w := range []struct {
		days float64
		kind agent.WindowKind
	}{{360, agent.Year}, {27, agent.Month}, {6, agent.Week}} {
		if m.Period >= w.days {
			return w.kind
		}
	}
	return agent.Day
}

func allFinite(all []float64) bool {
	for _, v := range all {
		if !isFinite(v) {
			return false
		}
	}
	return true
}
