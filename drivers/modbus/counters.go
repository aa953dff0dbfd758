package modbus

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"sync"

	"recoup/agent"
)

// counters are what /metrics shows of a wire. The reader counts; any goroutine
// may report.
type counters struct {
	source string

	mu         sync.Mutex // guards all below
	requests   map[uint8]uint64
	timeouts   map[uint8]uint64
	exceptions map[exception]uint64
	protocol   map[string]uint64 // by kind
	lates      uint64
	reconnects uint64
}

// exception is what a unit refused with.
type exception struct{ unit, code uint8 }

// newCounters starts all that is known beforehand at 0, so that a first fault
// shows as an increase.
func newCounters(source string, units []uint8) *counters {
	c := &counters{
		source: source, requests: map[uint8]uint64{}, timeouts: map[uint8]uint64{},
		exceptions: map[exception]uint64{}, protocol: map[string]uint64{},
	}
	for _, id := range units {
		c.requests[id], c.timeouts[id] = 0, 0
	}
	for _, kind := range badKinds() {
		c.protocol[kind] = 0
	}
	return c
}

func (c *counters) asked(unit uint8)          { count(c, c.requests, unit) }
func (c *counters) timedOut(unit uint8)       { count(c, c.timeouts, unit) }
func (c *counters) refused(e exception)       { count(c, c.exceptions, e) }
func (c *counters) protocolError(kind string) { count(c, c.protocol, kind) }

func count[K comparable](c *counters, in map[K]uint64, key K) {
	c.mu.Lock()
	in[key]++
	c.mu.Unlock()
}

func (c *counters) late() {
	c.mu.Lock()
	c.lates++
	c.mu.Unlock()
}

func (c *counters) reconnected() {
	c.mu.Lock()
	c.reconnects++
	c.mu.Unlock()
}

// report lists every series, in a fixed order.
func (c *counters) report() []agent.Metric {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []agent.Metric
	add := func(name, help string, n uint64, labels ...agent.Label) {
		all = append(all, agent.Metric{
			Name: name, Help: help, Type: agent.CounterMetric, Value: float64(n),
			Labels: append([]agent.Label{{Name: "source", Value: c.source}}, labels...),
		})
	}
	unitID := func(id uint8) agent.Label { return agent.Label{Name: "unit_id", Value: strconv.Itoa(int(id))} }
	for _, id := range slices.Sorted(maps.Keys(c.requests)) {
		add("recoup_modbus_requests_total", "Requests sent to the unit.", c.requests[id], unitID(id))
	}
	for _, id := range slices.Sorted(maps.Keys(c.timeouts)) {
		add("recoup_modbus_timeouts_total", "Requests that the unit did not answer in time.", c.timeouts[id], unitID(id))
	}
	byUnit := func(a, b exception) int { return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.code, b.code)) }
	for _, e := range slices.SortedFunc(maps.Keys(c.exceptions), byUnit) {
		add("recoup_modbus_exceptions_total", "Exceptions that the unit answered with, by their code.",
			c.exceptions[e], unitID(e.unit), agent.Label{Name: "code", Value: strconv.Itoa(int(e.code))})
	}
	for _, kind := range slices.Sorted(maps.Keys(c.protocol)) {
		add("recoup_modbus_protocol_errors_total", "Replies that could not be an answer to the request, by what was wrong.",
			c.protocol[kind], agent.Label{Name: "kind", Value: kind})
	}
	add("recoup_modbus_late_replies_total", "Replies that came after their request had been given up, and were dropped.", c.lates)
	add("recoup_modbus_reconnects_total", "Connections opened after the first one.", c.reconnects)
	return all
}
