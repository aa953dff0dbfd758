package web

import (
	"testing"
	"time"

	"recoup/agent"
)

func TestOldValuesAreNotShownAsPresent(t *testing.T) {
	second := &agent.Tag{Name: "a", Source: "mill", Every: time.Second} // bridges 30 s
	held := &agent.Tag{Name: "b", Source: "mill", Every: time.Minute, Hold: true, MaxGap: time.Hour}
	up := &agent.SourceState{Up: true}
	down := &agent.SourceState{Err: agent.Reason{Code: agent.Timeout}}
	read := func(tag *agent.Tag, age time.Duration, q agent.Quality) agent.TagState {
		return agent.TagState{Seen: true, Reading: agent.Reading{Tag: tag, Time: now.Add(-age), Value: agent.Float64Value(7), Quality: q}}
	}
	for _, c := range []struct {
		name   string
		tag    agent.TagState
		source *agent.SourceState
		want   agent.Quality
		reason agent.Code
	}{
		{"fresh", read(second, time.Second, agent.Good), up, agent.Good, agent.NoReason},
		{"fresh and doubtful", read(second, time.Second, agent.Uncertain), up, agent.Uncertain, agent.NoReason},
		{"just bridged", read(second, 30*time.Second, agent.Good), up, agent.Good, agent.NoReason},
		{"too old", read(second, 31*time.Second, agent.Good), up, agent.Bad, agent.GapTooLong},
		{"held", read(held, 59*time.Minute, agent.Good), up, agent.Good, agent.NoReason},
		{"held too long", read(held, 61*time.Minute, agent.Good), up, agent.Bad, agent.HeldTooLong},
		{"source down", read(second, time.Second, agent.Good), down, agent.Bad, agent.Timeout},
		{"of an earlier run, source not asked yet", read(second, time.Second, agent.Good), &agent.SourceState{}, agent.Bad, agent.NoData},
		{"never read", agent.TagState{Reading: agent.Reading{Tag: second}}, up, agent.Bad, agent.NoData},
		{"never read, source down", agent.TagState{Reading: agent.Reading{Tag: second}}, down, agent.Bad, agent.Timeout},
		{"too old, but the source vouches for it", vouched(read(second, time.Hour, agent.Good), 10*time.Second), up, agent.Good, agent.NoReason},
		{"vouched for too long ago", vouched(read(second, time.Hour, agent.Good), time.Minute), up, agent.Bad, agent.GapTooLong},
		{"from the future", read(second, -time.Hour, agent.Good), up, agent.Good, agent.NoReason},
	} {
		got := trustTag(&c.tag, c.source, now)
		if got.quality != c.want || got.reason.Code != c.reason {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, got.quality, got.reason.Code, c.want, c.reason)
		}
		if got.number != (c.want != agent.Bad) {
			t.Errorf("%s: a number is given: %v", c.name, got.number)
		}
		if age, ok := got.age(now); ok != c.tag.Seen || age < 0 {
			t.Errorf("%s: age %v, %v", c.name, age, ok)
		}
	}
}

// vouched is a subscribed value that did not change.
func vouched(s agent.TagState, age time.Duration) agent.TagState {
	s.Held = now.Add(-age)
	return s
}
