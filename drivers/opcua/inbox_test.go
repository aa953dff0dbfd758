package opcua

import (
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

func change(v float64, at time.Time) *ua.DataValue {
	return &ua.DataValue{Value: ua.MustVariant(v), SourceTimestamp: at}
}

func TestInboxOverflow(t *testing.T) {
	tags := tagsOf("a", "b")
	in := newInbox(tags)
	in.most = 4
	start := sourceTime()
	for i := range 7 {
		in.put(tags[i%2], change(float64(i), start.Add(time.Duration(i)*time.Second)), start)
	}
	in.vouch(start)
	var b agent.Batch
	if more := in.give(tags, &b, start); more {
		t.Error("more after all was given")
	}
	if len(b.Readings) != 6 {
		t.Fatalf("got %d readings, want a loss of each tag and the newest 4", len(b.Readings))
	}
	lost := map[*agent.Tag]agent.Reading{b.Readings[0].Tag: b.Readings[0], b.Readings[1].Tag: b.Readings[1]}
	for i, want := range []struct {
		says string
		at   time.Duration
	}{{"2 changes", 2 * time.Second}, {"1 changes", time.Second}} {
		r := lost[tags[i]]
		if r.Quality != agent.Bad || r.Reason.Code != agent.Dropped || !strings.HasPrefix(r.Reason.Detail, want.says) || !r.Time.Equal(start.Add(want.at)) {
			t.Errorf("of tag %d got %s, want %s dropped, the last at %s", i, show(r), want.says, want.at)
		}
	}
	for i, r := range b.Readings[2:] {
		if want := agent.Float64Value(float64(i + 3)); r.Value != want || r.Quality != agent.Good {
			t.Errorf("reading %d is %s, want %s", i, show(r), want)
		}
	}
	if b.HeldUntil != start {
		t.Errorf("held until %s, want %s", b.HeldUntil, start)
	}
	b = agent.Batch{}
	if in.give(tags, &b, start); len(b.Readings) != 0 {
		t.Errorf("given twice: %v", b.Readings)
	}
}

func TestInboxGivesInParts(t *testing.T) {
	tags := tagsOf("a")
	in := newInbox(tags)
	for i := range mostGive + 1 {
		in.put(tags[0], change(float64(i), sourceTime()), sourceTime())
	}
	in.vouch(sourceTime())
	var first, rest agent.Batch
	if more := in.give(tags, &first, sourceTime()); !more || len(first.Readings) != mostGive || !first.HeldUntil.IsZero() {
		t.Errorf("gave %d, more %t, held until %s; want %d, more, and nothing vouched for yet", len(first.Readings), more, first.HeldUntil, mostGive)
	}
	if more := in.give(tags, &rest, sourceTime()); more || len(rest.Readings) != 1 || rest.HeldUntil.IsZero() {
		t.Errorf("then %d, more %t, held until %s; want the last one, and vouched for", len(rest.Readings), more, rest.HeldUntil)
	}
}

func TestServerOverflowShows(t *testing.T) {
	server := common(t)
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("spilled"))
	b := mustRead(t, d)
	if len(b.Readings) != 2 || b.Readings[0].Reason.Code != agent.Dropped || b.Readings[0].Quality != agent.Bad || b.Readings[1].Quality != agent.Good {
		t.Errorf("got %v, want a Bad reading for what the server dropped and then the value", b.Readings)
	}
}

// TestSilentNodeIsBad: a node that is monitored and tells nothing is Bad at
// every Read until it speaks.
func TestSilentNodeIsBad(t *testing.T) {
	tags := tagsOf("a", "b")
	in := newInbox(tags)
	in.put(tags[0], change(1, sourceTime()), sourceTime())
	in.giveUp(5 * time.Second)
	for range 2 {
		var b agent.Batch
		in.give(tags, &b, sourceTime())
		if r := b.Readings[0]; r.Tag != tags[1] || r.Quality != agent.Bad || r.Reason.Code != agent.NoData {
			t.Errorf("got %s, want tag b bad without data", show(r))
		}
	}
	in.put(tags[1], change(2, sourceTime()), sourceTime())
	var b agent.Batch
	if in.give(tags, &b, sourceTime()); len(b.Readings) != 1 || b.Readings[0].Quality != agent.Good {
		t.Errorf("got %v, want only the value", b.Readings)
	}
}
