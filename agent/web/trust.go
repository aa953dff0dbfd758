package web

import (
	"time"

	"recoup/agent"
)

// trusted is a tag as it may be shown now. The board keeps a tag's newest
// reading even when its source went silent; that one was true then and is not
// a fact about the present.
type trusted struct {
	tag     *agent.Tag
	time    time.Time // until when the newest value was true, as far as is known; zero: none yet
	quality agent.Quality
	reason  agent.Reason
	value   float64 // in the tag's unit, with number
	number  bool
	text    string // of a text value
}

// trust judges every tag of a snapshot.
func trust(snap *agent.Snapshot) []trusted {
	sources := make(map[string]*agent.SourceState, len(snap.Sources))
	for i := range snap.Sources {
		sources[snap.Sources[i].Name] = &snap.Sources[i]
	}
	all := make([]trusted, len(snap.Tags))
	for i := range snap.Tags {
		all[i] = trustTag(&snap.Tags[i], sources[snap.Tags[i].Tag.Source], snap.Now)
	}
	return all
}

func trustTag(s *agent.TagState, source *agent.SourceState, now time.Time) trusted {
	silent := agent.Reason{Code: agent.NoData}
	if source != nil && !source.Up && source.Err != (agent.Reason{}) {
		silent = source.Err
	}
	t := trusted{tag: s.Tag, reason: silent}
	if !s.Seen {
		return t
	}
	t.time, t.quality, t.reason = s.Time, s.Quality, s.Reason
	if s.Held.After(t.time) {
		t.time = s.Held
	}
	switch {
	case t.quality == agent.Bad:
		return t
	case source != nil && !source.Up:
		t.quality, t.reason = agent.Bad, silent
		return t
	case now.Sub(t.time) > s.Tag.Gap():
		t.quality, t.reason = agent.Bad, stale(s.Tag)
		return t
	}
	t.value, t.number = s.Tag.EngAt(s.Value, s.Time)
	if !t.number {
		t.text = s.Value.Text()
	}
	return t
}

func stale(tag *agent.Tag) agent.Reason {
	if tag.Hold {
		return agent.Reason{Code: agent.HeldTooLong}
	}
	return agent.Reason{Code: agent.GapTooLong}
}

// age is how long ago the newest reading was true; ok is false before the
// first. A clock that was set back gives 0.
func (t *trusted) age(now time.Time) (d time.Duration, ok bool) {
	return max(now.Sub(t.time), 0), !t.time.IsZero()
}

// started reports whether anything has been recorded since the start.
func started(snap *agent.Snapshot) bool { return snap.Newest.Seq > 0 }
