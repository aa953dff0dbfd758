package opcua

import (
	"sync/atomic"

	"recoup/agent"
)

// counters are what /metrics shows of a source. The reader counts; any
// goroutine may report.
type counters struct{ sessions, stalls, notifications atomic.Uint64 }

// report lists every series, in a fixed order.
func (c *counters) report(source string) []agent.Metric {
	metric := func(name, help string, n *atomic.Uint64) agent.Metric {
		return agent.Metric{
			Name: name, Help: help, Type: agent.CounterMetric, Value: float64(n.Load()),
			Labels: []agent.Label{{Name: "source", Value: source}},
		}
	}
	return []agent.Metric{
		metric("recoup_opcua_sessions_total", "Sessions opened.", &c.sessions),
		metric("recoup_opcua_stalls_total", "Sessions given up because the server was silent for longer than watchdog.", &c.stalls),
		metric("recoup_opcua_notifications_total", "Changes that the server told, without its heartbeat.", &c.notifications),
	}
}
