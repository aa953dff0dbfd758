package agent

import "time"

// EventKind names what began or ended.
type EventKind string

const (
	AgentRun       EventKind = "agent_run"       // Start: the agent began; End: it stopped in good order
	SourceDown     EventKind = "source_down"     // Key: the source
	TagBad         EventKind = "tag_bad"         // Key: the tag
	TagFrozen      EventKind = "tag_frozen"      // Key: the tag; Start: since when it repeats one value
	ClockStepped   EventKind = "clock_step"      // the PC's wall clock was set; Detail: by how much
	GapRecorded    EventKind = "gap"             // readings known to be missing
	CounterChanged EventKind = "counter"         // Key: the tag; Reason: reset, wrap, spike, replaced
	LateArrived    EventKind = "late"            // Key: the tag
	DefinitionNew  EventKind = "definition"      // Key: the KPI; its definition changed
	DiskTrouble    EventKind = "disk"            // commits fail or hang
	UpstreamDown   EventKind = "upstream_down"   // Key: the upstream
	RowRejected    EventKind = "row_rejected"    // Key: the upstream
	PageDown       EventKind = "page_down"       // the local endpoint cannot listen
	SegmentDamaged EventKind = "segment_damaged" // Key: the file
	Revised        EventKind = "revised"         // Key: the source whose late readings were counted; Start…End: the cells looked at
	Diagnosed      EventKind = "diagnosis"       // Key: the rule; Reason: what holds
	ConfigChanged  EventKind = "config"          // Key: what changed; Detail: before and after
	MeterOverdue   EventKind = "meter_overdue"   // Key: the tag; Start: since when
)

// EventKinds lists all kinds, so that tests can ask for a text of each.
func EventKinds() []EventKind {
	return []EventKind{AgentRun, SourceDown, TagBad, TagFrozen, ClockStepped, GapRecorded, CounterChanged, LateArrived,
		DefinitionNew, DiskTrouble, UpstreamDown, RowRejected, PageDown, SegmentDamaged,
		Revised, Diagnosed, ConfigChanged, MeterOverdue}
}

// Event is something that began or ended. The same Kind, Key and Start with End
// set says that it is over; Start equal to End is an instant.
type Event struct {
	Kind       EventKind
	Key        string
	Start, End time.Time
	Reason     Reason
	Gap        *Gap // with kind GapRecorded
}

// identity is what two records of one event share, as a key.
func (e Event) identity() Event {
	return Event{Kind: e.Kind, Key: e.Key, Start: e.Start.Round(0).UTC(), End: e.End.Round(0).UTC()}
}

// Gap says which readings are missing: batches From…To, received First…Last,
// and how many readings of each source they held.
type Gap struct {
	From, To    Mark
	First, Last time.Time
	Rows        map[string]int
}

// Total is the number of readings in the gap.
func (g *Gap) Total() int {
	n := 0
	for _, rows := range g.Rows {
		n += rows
	}
	return n
}
