package web

import (
	"strings"

	"recoup/agent"
)

// Owner names the company behind the plant, as far as the configuration does.
func (v view) Owner() string {
	c := v.Plant.Company
	var parts []string
	for _, part := range []struct{ label, value string }{{"", c.Name}, {"credit_code", c.CreditCode}, {"sector", c.Sector}, {"", c.Park}} {
		if part.value != "" {
			parts = append(parts, strings.TrimSpace(v.T[part.label]+" "+part.value))
		}
	}
	return strings.Join(parts, " · ")
}

// whoseJSON says whose the results or events of an answer are.
func whoseJSON(p agent.Plant) agent.Plant {
	p.Shifts = append([]string{}, p.Shifts...) // an array, never null
	return p
}
