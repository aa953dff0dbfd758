package web

import (
	"recoup/agent"
	"recoup/agent/say"
)

// status is the line that says in words how all is.
type status struct {
	Level     string // well, attention, trouble: a CSS class
	Sentences []string
}

func (w words) status(snap *agent.Snapshot, tags []trusted) status {
	st := status{Level: "well"}
	note := func(level, sentence string) {
		if st.Level != "trouble" {
			st.Level = level
		}
		st.Sentences = append(st.Sentences, sentence)
	}
	if !started(snap) {
		note("attention", w.t["starting"])
	}
	for _, s := range snap.Sources {
		told := say.Sentence(w.lang, say.ToDo(w.lang, agent.SourceDown, s.Err.Code), w.t["source"], s.Name, say.Source(w.lang, s, w.now, w.loc))
		switch asked := s.OK+s.Failed > 0; {
		case !s.Up && asked:
			note("trouble", told)
		case !s.Up && started(snap):
			note("attention", told)
		}
	}
	if text, ok := say.Buffer(w.lang, snap.Commit, w.now, w.loc); !ok {
		note("trouble", say.Sentence(w.lang, say.ToDo(w.lang, agent.DiskTrouble, agent.NoReason), w.t["the_buffer"], text))
	}
	for _, u := range snap.Upstreams {
		told := say.Upstream(w.lang, u, w.now, w.loc)
		switch {
		case !u.Up && u.Err != "":
			note("attention", say.Sentence(w.lang, say.ToDo(w.lang, agent.UpstreamDown, agent.NoReason), w.t["upstream"], u.Name, told))
		case u.Up && say.Backlog(u):
			note("attention", say.Sentence(w.lang, "", w.t["upstream"], u.Name, told))
		}
	}
	if good, _, _ := count(tags); good < len(tags) && started(snap) {
		note("attention", say.Sentence(w.lang, "", w.tally(tags)))
	}
	if n := diagnosed(snap); n > 0 {
		note("attention", say.Diagnosed(w.lang, n))
	}
	for _, e := range snap.Active {
		if !shownElsewhere(e.Kind) {
			note("attention", say.Event(w.lang, e))
		}
	}
	if len(st.Sentences) == 0 {
		st.Sentences = []string{w.t["all_well"]}
	}
	return st
}

// shownElsewhere reports kinds of event that are no trouble, or that the state
// of their part tells already.
func shownElsewhere(kind agent.EventKind) bool {
	switch kind {
	case agent.AgentRun, agent.SourceDown, agent.TagBad, agent.UpstreamDown, agent.DiskTrouble, agent.Diagnosed:
		return true
	}
	return false
}

func count(tags []trusted) (good, uncertain, bad int) {
	for i := range tags {
		switch tags[i].quality {
		case agent.Good:
			good++
		case agent.Uncertain:
			uncertain++
		default:
			bad++
		}
	}
	return good, uncertain, bad
}

func (w words) tally(tags []trusted) string {
	good, uncertain, bad := count(tags)
	return say.Tally(w.lang, good, uncertain, bad)
}
