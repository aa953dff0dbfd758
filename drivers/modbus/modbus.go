package modbus

import (
	_ "embed"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"recoup/agent"
)

//go:embed example.yaml
var example string

// Kind is this driver's entry in the list of drivers.
func Kind() agent.Kind[agent.Driver] { return agent.Kind[agent.Driver]{New: New, Example: example} }

// Driver reads one wire. One goroutine calls Read and Close; any may call
// Report.
type Driver struct {
	source string
	where  string // the address, for people
	clock  agent.Clock
	log    *slog.Logger
	wire   wire
	plans  plans
	units  []*unit // ascending
	count  *counters
}

// New checks the section modbus and the tags' addresses and builds the driver.
// It does no I/O. The error is agent.Faults: all that is wrong.
func New(spec agent.Spec) (agent.Driver, error) {
	s := defaults()
	var faults agent.Faults
	faults.Join("", spec.Decode(&s))
	host, wrong := s.check()
	for _, f := range wrong {
		if !reported(faults, f.Path) { // what could not be decoded was not checked either
			faults = append(faults, f)
		}
	}
	points := map[string]address{}
	for i, tag := range spec.Tags {
		a, err := parseAddress(tag.At)
		faults.Join(fmt.Sprintf("tags[%d].at", i), err)
		if a.unit == sectionUnit {
			a.unit = s.Unit
		}
		points[tag.Name] = a
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return build(spec, s, host, points), nil
}

func reported(faults agent.Faults, path string) bool {
	return slices.ContainsFunc(faults, func(f agent.Fault) bool { return f.Path == path })
}

func build(spec agent.Spec, s section, host string, points map[string]address) *Driver {
	ids := map[uint8]bool{}
	for _, pt := range points {
		ids[uint8(pt.unit)] = true
	}
	sorted := slices.Sorted(maps.Keys(ids))
	count := newCounters(spec.Name, sorted)
	d := &Driver{
		source: spec.Name, where: s.Address, clock: spec.Clock, log: spec.Log, count: count,
		plans: plans{points: points, maxGap: s.MaxGap},
		wire:  wire{host: host, timeout: s.Timeout, connectTimeout: s.ConnectTimeout, pause: s.Pause, count: count},
	}
	for _, id := range sorted {
		d.units = append(d.units, newUnit(id))
	}
	return d
}

// Report gives the wire's counters.
func (d *Driver) Report() []agent.Metric { return d.count.report() }

// Close ends the connection. It may be called again.
func (d *Driver) Close() error {
	return d.wire.Close()
}
