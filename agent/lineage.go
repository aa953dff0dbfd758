package agent

import "slices"

// Lineage is what the agent is configured as, and how to find out what changed.
// The store remembers, in the event of each run, which configuration it ran
// with, in the same transaction as what changed; so a crash neither loses a
// change nor tells it twice.
type Lineage struct {
	// Revision is the short hash of the configuration; "" when nobody asks.
	Revision string
	// Since gives what changed since the run whose event has the detail before,
	// as events without a time, and notes the present for the next start. ran is
	// false when the store knows of no run. It is called once, after the store is
	// open and before anything is read. nil: nothing is compared.
	Since func(before string, ran bool) []Event
}

// present is what the event of a run says of its configuration.
func (l Lineage) present(version string) string {
	if l.Revision == "" {
		return ""
	}
	return l.Revision + " " + version
}

// lastRun gives the detail of the newest run that the board knows of.
func (b *Board) lastRun() (detail string, ran bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.active {
		if e.Kind == AgentRun {
			return e.Reason.Detail, true
		}
	}
	for _, e := range slices.Backward(b.recent) {
		if e.Kind == AgentRun {
			return e.Reason.Detail, true
		}
	}
	return "", false
}

// Configured says which revision of the configuration the agent runs with.
func (b *Board) Configured(revision string) {
	b.mu.Lock()
	b.revision = revision
	b.mu.Unlock()
}

// inherit finds out what changed since the last run.
func (a *Agent) inherit(rec *recorder) {
	a.Board.Configured(a.Lineage.Revision)
	rec.running = a.Lineage.present(a.Board.version)
	if a.Lineage.Since != nil {
		rec.changes = a.Lineage.Since(a.Board.lastRun())
	}
}
