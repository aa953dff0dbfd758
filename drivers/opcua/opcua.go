package opcua

import (
	_ "embed"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"recoup/agent"
)

//go:embed example.yaml
var example string

// Kind is this driver's entry in the list of drivers.
func Kind() agent.Kind[agent.Driver] { return agent.Kind[agent.Driver]{New: New, Example: example} }

// Driver reads one server. One goroutine calls Read and Close; any may call
// Report.
type Driver struct {
	section section
	source  string
	host    string // host:port
	clock   agent.Clock
	log     *slog.Logger
	tags    []*agent.Tag
	nodes   map[string]node // by the tag's name
	pki     pki
	count   counters

	session      *session // nil: none
	clocksDiffer bool     // told; the session's goroutine asks

	newest map[string]time.Time // poll: the time of the newest reading by the tag's name
}

// New checks the section opcua and the tags' node ids and builds the driver. It
// does no I/O. The error is agent.Faults: all that is wrong.
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
	nodes := map[string]node{}
	for i, tag := range spec.Tags {
		n, err := parseNode(tag.At)
		faults.Join(fmt.Sprintf("tags[%d].at", i), err)
		nodes[tag.Name] = n
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	s.resolve(spec.Dir)
	return &Driver{
		section: s, source: spec.Name, host: host, clock: spec.Clock, log: spec.Log, tags: spec.Tags, nodes: nodes,
		pki: pki{folder: s.PKI}, newest: map[string]time.Time{},
	}, nil
}

func reported(faults agent.Faults, path string) bool {
	return slices.ContainsFunc(faults, func(f agent.Fault) bool { return f.Path == path })
}

// Report gives the source's counters.
func (d *Driver) Report() []agent.Metric { return d.count.report(d.source) }

// Close ends the session. It may be called again.
func (d *Driver) Close() error {
	if d.session != nil {
		d.session.close()
		d.session = nil
	}
	return nil
}
