package file

import (
	_ "embed"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

//go:embed example.yaml
var example string

// Kind is this driver's entry in the list of drivers.
func Kind() agent.Kind[agent.Driver] { return agent.Kind[agent.Driver]{New: New, Example: example} }

// Driver takes files from one folder. One goroutine calls Read and Close; any
// may call Report.
type Driver struct {
	source  string
	folder  string
	pattern string // in lower case
	settle  time.Duration
	form    form
	clock   agent.Clock
	latest  func() *agent.Batch
	log     *slog.Logger

	journal *journal // nil until it has been read
	seen    map[string]*sighting
	ready   []string // settled, to be taken in this order
	taking  *taken   // what is being handed over
	handed  []*taken // handed over, but not yet in the journal
	count   counters
}

// New checks the section file and builds the driver. It does no I/O but loading
// the time zone. The error is agent.Faults: all that is wrong.
func New(spec agent.Spec) (agent.Driver, error) {
	s := defaults(spec)
	var faults agent.Faults
	faults.Join("", spec.Decode(&s))
	zone, wrong := s.check(spec.Tags)
	for _, f := range wrong {
		unread := func(other agent.Fault) bool { return other.Path == f.Path }
		if !slices.ContainsFunc(faults, unread) { // what could not be read was not checked either
			faults = append(faults, f)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(s.Folder) {
		s.Folder = filepath.Join(spec.Dir, s.Folder)
	}
	f := form{time: strings.TrimSpace(s.timeHeader()), tags: spec.Tags, zone: zone}
	for _, tag := range spec.Tags {
		f.headers = append(f.headers, strings.TrimSpace(s.header(tag)))
	}
	return &Driver{
		source: spec.Name, folder: s.Folder, pattern: strings.ToLower(s.Pattern), settle: s.Settle, form: f,
		clock: spec.Clock, latest: spec.Latest, log: spec.Log, seen: map[string]*sighting{}, count: counters{source: spec.Name},
	}, nil
}

// Close enters into the journal what the agent has recorded. It may be called
// again.
func (d *Driver) Close() error {
	if d.journal == nil {
		return nil
	}
	return d.enter(0)
}
