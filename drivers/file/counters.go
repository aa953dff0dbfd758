package file

import (
	"sync/atomic"

	"recoup/agent"
)

// counters are what the driver tells of itself.
type counters struct {
	source                           string
	taken, repeated, refused, badRow atomic.Uint64
}

// Report gives the files by what became of them, and the bad rows.
func (d *Driver) Report() []agent.Metric {
	c := &d.count
	source := agent.Label{Name: "source", Value: c.source}
	all := []agent.Metric{{
		Name: "recoup_file_bad_rows_total", Help: "Rows of files that could not be read in full.",
		Type: agent.CounterMetric, Labels: []agent.Label{source}, Value: float64(c.badRow.Load()),
	}}
	for _, one := range []struct {
		result string
		n      *atomic.Uint64
	}{{"taken", &c.taken}, {"repeated", &c.repeated}, {"refused", &c.refused}} {
		all = append(all, agent.Metric{
			Name: "recoup_file_files_total", Help: "Files found, by what became of them.",
			Type: agent.CounterMetric, Labels: []agent.Label{source, {Name: "result", Value: one.result}}, Value: float64(one.n.Load()),
		})
	}
	return all
}
