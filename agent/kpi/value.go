package kpi

import (
	"cmp"
	_ "embed"
	"fmt"

	"recoup/agent"
)

//go:embed value.yaml
var valueExample string

// valueSection is the section of the family: one item, or several.
type valueSection struct {
	item     `yaml:",inline"`
	Items    []item          `yaml:"items"`
	Currency string          `yaml:"currency"`
	Factors  []factorSection `yaml:"factors"`
	Target   string          `yaml:"target"`
	validity `yaml:",inline"`
	Masks    []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
	Operation  operation            `yaml:",inline"`
}

// item is an amount with its price: the name of a factor, or the price's own
// unit, source and steps.
type item struct {
	Amount   string        `yaml:"amount"`
	Price    string        `yaml:"price"`
	Label    string        `yaml:"label"`
	Subtract bool          `yaml:"subtract"`
	Unit     string        `yaml:"unit"`
	Source   string        `yaml:"source"`
	Steps    []stepSection `yaml:"steps"`
}

// newValue builds the KPI of money: each amount times the price of its day.
func newValue(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section valueSection
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)
	b.factors(section.Factors)
	currency := cmp.Or(section.Currency, "yuan")
	items, path := section.Items, func(i int) string { return fmt.Sprintf("items[%d].", i) }
	alone := section.Amount != "" || section.Price != "" || section.Steps != nil
	switch {
	case alone && len(items) > 0:
		b.faults.Add("items", "put it among the items", "an amount stands beside the list of items")
	case len(items) == 0:
		items, path = []item{section.item}, func(int) string { return "" }
	}

	kpi := KPI{Name: spec.Name, Family: "value"}
	var terms []Term
	var off []bool
	for i, it := range items {
		terms, off = append(terms, b.priced(path(i), it, currency)), append(off, it.Subtract)
	}
	kpi.Quantities = append(kpi.Quantities, b.quantity("value", currency, signed(off), signedBounds(off), terms...))
	if len(b.faults) == 0 {
		b.aim(&kpi, section.Target)
	}
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// priced makes the term of one item, in the currency.
func (b *builder) priced(path string, it item, currency string) Term {
	role := "worth"
	if it.Subtract {
		role = "cost"
	}
	t := Term{Role: cmp.Or(it.Label, role), Unit: currency}
	tag := b.tag(path+"amount", it.Amount, "the amount that is priced")
	at := path + "price"
	var price *Factor
	switch {
	case it.Steps != nil && it.Price != "":
		b.faults.Add(at, "delete price, or the steps", "the price is given twice")
	case it.Steps != nil:
		own := factorSection{Name: "price." + cmp.Or(it.Label, it.Amount), Unit: it.Unit, Source: it.Source, Steps: it.Steps}
		price, at = b.stepped(path, own), path+"unit"
	case it.Price == "":
		b.faults.Add(at, "name a price that factors gives, or write unit, source and steps here", "missing: the price of %s: without it there is no value", cmp.Or(it.Label, it.Amount, "the amount"))
	default:
		price = b.factor(at, it.Price)
	}
	if tag == nil || price == nil || price.Unit == "" {
		return t
	}
	return b.times(path+"amount", t, tag, at, price, []unit{{currency, 1}})
}
