package main

import (
	"strings"

	"recoup/agent"
)

// whose names a plant and its company, the same in every language: "Mill 2
// (cq-mill-2), Aluminium Co., 91500000XXXXXXXXXX, C3252, Park".
func whose(p agent.Plant) string {
	name := p.ID
	if p.Name != "" && p.Name != p.ID {
		name = p.Name + " (" + p.ID + ")"
	}
	all := []string{name}
	for _, more := range []string{p.Company.Name, p.Company.CreditCode, p.Company.Sector, p.Company.Park} {
		if more != "" {
			all = append(all, more)
		}
	}
	return strings.Join(all, ", ")
}

// unsaid lists what a reader of the figures may want to know of the company and
// the configuration does not say.
func unsaid(p agent.Plant) (missing []string) {
	for _, part := range []struct{ name, value string }{{"name", p.Company.Name}, {"credit_code", p.Company.CreditCode},
		{"sector", p.Company.Sector}, {"park", p.Company.Park}} {
		if part.value == "" {
			missing = append(missing, part.name)
		}
	}
	return missing
}
