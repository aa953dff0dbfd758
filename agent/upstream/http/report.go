package http

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"recoup/agent"
)

// counters are what the upstream tells of itself.
type counters struct {
	upstream string
	bytes    atomic.Uint64

	mu       sync.Mutex // guards requests
	requests map[string]uint64
}

func (c *counters) request(status string) {
	c.mu.Lock()
	c.requests[status]++
	c.mu.Unlock()
}

// Report gives the bytes sent and the requests by status.
func (u *Upstream) Report() []agent.Metric {
	c := &u.count
	name := agent.Label{Name: "upstream", Value: c.upstream}
	all := []agent.Metric{{
		Name: "recoup_http_sent_bytes_total", Help: "Bytes of request bodies sent, as compressed.",
		Type: agent.CounterMetric, Labels: []agent.Label{name}, Value: float64(c.bytes.Load()),
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, status := range slices.Sorted(maps.Keys(c.requests)) {
		all = append(all, agent.Metric{
			Name: "recoup_http_requests_total", Help: "Requests sent, by the status of the answer; none: there was no answer.",
			Type: agent.CounterMetric, Labels: []agent.Label{name, {Name: "status", Value: status}}, Value: float64(c.requests[status]),
		})
	}
	return all
}
