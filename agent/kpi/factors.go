package kpi

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed factors.csv
var shippedCSV string

// shipped gives the factors that come with the program: those of standards and
// of published grid means, which factors.csv names with their sources. Prices
// and the rates of a province are the user's to give.
func shipped() (all []*Factor) {
	r := csv.NewReader(strings.NewReader(shippedCSV))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic("BUG: factors.csv: " + err.Error())
	}
	for _, row := range rows[1:] {
		from, err := time.Parse(time.DateOnly, row[2])
		value, bad := strconv.ParseFloat(row[3], 64)
		if err != nil || bad != nil {
			panic("BUG: factors.csv: " + strings.Join(row, ","))
		}
		step := Step{From: from, Value: value, Source: row[4]}
		if at := len(all) - 1; at >= 0 && all[at].Name == row[0] {
			all[at].Steps = append(all[at].Steps, step)
			continue
		}
		all = append(all, &Factor{Name: row[0], Unit: row[1], Steps: []Step{step}})
	}
	return all
}

// factorSection is a factor in a KPI's section: a price of a contract, a rate of
// a province, or another value for one that is shipped.
type factorSection struct {
	Name   string        `yaml:"name"`
	Unit   string        `yaml:"unit"`
	Source string        `yaml:"source"`
	Steps  []stepSection `yaml:"steps"`
}

type stepSection struct {
	From   string   `yaml:"from"`
	Value  *float64 `yaml:"value"`
	U      float64  `yaml:"u"`
	Source string   `yaml:"source"` // default: the factor's
}

// factors takes the section's factors in; they go before shipped ones of the
// same name.
func (b *builder) factors(sections []factorSection) {
	for i, s := range sections {
		path := fmt.Sprintf("factors[%d]", i)
		switch {
		case s.Name == "" || strings.ContainsAny(s.Name, " ,()"):
			b.faults.Add(path+".name", "write a name without blanks, for example price.oil", "%q names no factor", s.Name)
		case slices.ContainsFunc(b.known, func(f *Factor) bool { return f.Name == s.Name }):
			b.faults.Add(path+".name", "put all steps into one factor", "%s is given twice", s.Name)
		default:
			b.known = append(b.known, b.stepped(path+".", s))
		}
	}
	own := len(b.known)
	for _, f := range shipped() {
		if !slices.ContainsFunc(b.known[:own], func(known *Factor) bool { return known.Name == f.Name }) {
			b.known = append(b.known, f)
		}
	}
}

// stepped reads one factor, whose keys are below prefix path.
func (b *builder) stepped(path string, s factorSection) *Factor {
	f := &Factor{Name: s.Name, Unit: s.Unit}
	if s.Unit == "" {
		b.faults.Add(path+"unit", "write for example unit: yuan/kg", "%s has no unit", s.Name)
	}
	if s.Source == "" && slices.ContainsFunc(s.Steps, func(step stepSection) bool { return step.Source == "" }) {
		b.faults.Add(path+"source", `write for example source: "contract 12"`, "%s has no source: every result names it", s.Name)
	}
	if len(s.Steps) == 0 {
		b.faults.Add(path+"steps", "write for example steps: [{from: 2026-01-01, value: 7.9}]", "%s has no value", s.Name)
	}
	for i, step := range s.Steps {
		at := fmt.Sprintf("%ssteps[%d]", path, i)
		from, err := time.Parse(time.DateOnly, step.From)
		switch {
		case err != nil || from.Year() < 1970 || from.Year() > 2200:
			b.faults.Add(at+".from", "write the first day it holds, for example 2026-01-01", "%q is not a day", step.From)
		case i > 0 && len(f.Steps) == i && !from.After(f.Steps[i-1].From):
			b.faults.Add(at+".from", "list the steps from the earliest to the latest, each day once", "%s does not come after the step before", step.From)
		case step.Value == nil:
			b.faults.Add(at+".value", "write the number that holds from then on", "the value is missing")
		case !(*step.Value > 0) || math.IsInf(*step.Value, 0):
			b.faults.Add(at+".value", "write a number above 0; for what is paid or used up, write subtract: true beside its tag", "%g is not above 0", *step.Value)
		case !(step.U >= 0 && step.U < *step.Value):
			b.faults.Add(at+".u", "write the standard uncertainty in the factor's unit, or delete the key: it is exact then", "%g does not go with a value of %g", step.U, *step.Value)
		default:
			f.Steps = append(f.Steps, Step{From: from, Value: *step.Value, U: step.U, Source: cmp.Or(step.Source, s.Source)})
		}
	}
	return f
}

// factor finds a factor by name, nil with a fault when there is none.
func (b *builder) factor(path, name string) *Factor {
	var all []string
	for _, f := range b.known {
		if f.Name == name {
			return f
		}
		all = append(all, f.Name)
	}
	b.faults.Add(path, "give it under factors with unit, source and steps, or name one of "+strings.Join(all, ", "), "there is no price or factor %q", name)
	return nil
}
