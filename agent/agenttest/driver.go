package agenttest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// DriverRig is a driver under test, not yet read, and the handles of its far
// side. The driver waits an hour for an answer: the suite makes it wait only
// where the end of ctx must end the wait, and a driver that waits on ends the
// test binary.
type DriverRig struct {
	Driver agent.Driver
	Tags   []*agent.Tag // at least three, which the far side serves with good values
	Bad    *agent.Tag   // one that it does not: unreadable, while the rest goes on

	// Changes: the driver is told changes and hands on all that came, in the order
	// in which it came, of all its tags. After its first reading a tag that did not
	// change has none, and the batch's HeldUntil speaks for it.
	Changes bool

	Connections func() int           // accepted since the start; nil: the far side has none
	Break       func()               // the far side goes away: connections are cut and none accepted
	Restore     func()               // and comes back in the same place
	Stall       func(reached func()) // it answers no more, and calls reached when it is asked something; nil: a Read asks nothing

	read map[*agent.Tag]bool // had a reading; with Changes
}

// DriverSuite runs what every Driver must pass. Open makes a fresh rig, which
// ends with the test.
func DriverSuite(t *testing.T, open func(t *testing.T) DriverRig) {
	cases := []struct {
		name string
		run  func(t *testing.T, rig DriverRig)
	}{
		{"reads what is due, in order", readsInOrder},
		{"reads only what is due", readsOnlyDue},
		{"reads again on the same connection", readsAgain},
		{"a bad tag leaves its neighbours alone", badTagAlone},
		{"a lost source is an error and comes back", lostAndBack},
		{"nothing is due", nothingDue},
		{"ctx ends a wait", ctxEndsWait},
		{"an ended ctx reads nothing", endedCtx},
		{"close twice", closeTwice},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rig := open(t)
			rig.read = map[*agent.Tag]bool{}
			all := append(slices.Clone(rig.Tags), rig.Bad)
			before := tagsAsJSON(t, all)
			c.run(t, rig)
			if after := tagsAsJSON(t, all); after != before {
				t.Errorf("the driver changed its tags: got %s, want %s", after, before)
			}
			if err := rig.Driver.Close(); err != nil {
				t.Errorf("Close at the end = %v, want nil", err)
			}
		})
	}
}

func tagsAsJSON(t *testing.T, tags []*agent.Tag) string {
	t.Helper()
	text, err := json.Marshal(tags)
	if err != nil {
		t.Fatalf("tags as JSON: %v", err)
	}
	return string(text)
}

// readAll reads until the driver has no more.
func readAll(ctx context.Context, d agent.Driver, due []*agent.Tag) (*agent.Batch, error) {
	b := &agent.Batch{Source: due[0].Source}
	for {
		more, err := d.Read(ctx, due, b)
		if !more || err != nil {
			return b, err
		}
	}
}

// mustRead reads due and demands what holds of every successful Read: each due
// tag is there, in the order of due, with times that do not go back.
func mustRead(t *testing.T, rig DriverRig, due []*agent.Tag) *agent.Batch {
	t.Helper()
	b, err := readAll(t.Context(), rig.Driver, due)
	if err != nil {
		t.Fatalf("Read of %d tags = %v, want nil", len(due), err)
	}
	if rig.Changes {
		checkChanges(t, rig, b)
		return b
	}
	at := 0
	last := map[*agent.Tag]time.Time{}
	for i, r := range b.Readings {
		for at < len(due) && due[at] != r.Tag {
			at++
		}
		if at == len(due) {
			t.Fatalf("reading %d is of %s: not due, or not in the order of due", i, r.Tag.Name)
		}
		if r.Time.IsZero() || r.Time.After(time.Now()) || r.Time.Before(last[r.Tag]) {
			t.Errorf("reading %d of %s at %s, want a time in the past that does not go back from %s", i, r.Tag.Name, r.Time, last[r.Tag])
		}
		last[r.Tag] = r.Time
	}
	for _, tag := range due {
		if last[tag].IsZero() {
			t.Errorf("tag %s was due and has no reading", tag.Name)
		}
	}
	return b
}

// checkChanges demands what holds of a successful Read of a driver that is told
// changes.
func checkChanges(t *testing.T, rig DriverRig, b *agent.Batch) {
	t.Helper()
	last := map[*agent.Tag]time.Time{}
	for i, r := range b.Readings {
		if r.Tag != rig.Bad && !slices.Contains(rig.Tags, r.Tag) {
			t.Fatalf("reading %d is of %s, which is not the driver's", i, r.Tag.Name)
		}
		if r.Time.IsZero() || r.Time.After(time.Now()) || r.Time.Before(last[r.Tag]) {
			t.Errorf("reading %d of %s at %s, want a time in the past that does not go back from %s", i, r.Tag.Name, r.Time, last[r.Tag])
		}
		last[r.Tag], rig.read[r.Tag] = r.Time, true
	}
	for _, tag := range rig.Tags {
		if !rig.read[tag] {
			t.Errorf("tag %s never had a reading", tag.Name)
		}
	}
	if b.More || b.HeldUntil.After(time.Now()) {
		t.Errorf("more %t, held until %s; want all of it, and nothing vouched for beyond now", b.More, b.HeldUntil)
	}
}

func wantGood(t *testing.T, b *agent.Batch, tags []*agent.Tag) {
	t.Helper()
	for _, r := range b.Readings {
		if slices.Contains(tags, r.Tag) && (r.Quality != agent.Good || r.Value.Kind() == agent.NoValue || r.Reason != agent.Reason{}) {
			t.Errorf("%s = %q %s %+v, want a good value without a reason", r.Tag.Name, r.Value, r.Quality, r.Reason)
		}
	}
}

func readsInOrder(t *testing.T, rig DriverRig) {
	backwards := slices.Clone(rig.Tags)
	slices.Reverse(backwards)
	wantGood(t, mustRead(t, rig, rig.Tags), rig.Tags)
	wantGood(t, mustRead(t, rig, backwards), rig.Tags)
}

func readsOnlyDue(t *testing.T, rig DriverRig) {
	due := rig.Tags[1:2]
	earlier := agent.Reading{Tag: rig.Tags[0], Value: agent.TextValue("from before")}
	b := &agent.Batch{Readings: []agent.Reading{earlier}}
	if _, err := rig.Driver.Read(t.Context(), due, b); err != nil {
		t.Fatalf("Read = %v, want nil", err)
	}
	if len(b.Readings) < 2 || b.Readings[0] != earlier {
		t.Fatalf("readings = %+v, want the one from before and what is due after it", b.Readings)
	}
	for _, r := range b.Readings[1:] {
		if r.Tag != due[0] && !rig.Changes {
			t.Errorf("a reading of %s, which is not due", r.Tag.Name)
		}
	}
}

func readsAgain(t *testing.T, rig DriverRig) {
	for range 3 {
		wantGood(t, mustRead(t, rig, rig.Tags), rig.Tags)
	}
	if rig.Connections != nil {
		if got := rig.Connections(); got != 1 {
			t.Errorf("connections after three reads = %d, want 1", got)
		}
	}
}

func badTagAlone(t *testing.T, rig DriverRig) {
	due := slices.Insert(slices.Clone(rig.Tags), 1, rig.Bad)
	for range 2 {
		b := mustRead(t, rig, due)
		wantGood(t, b, rig.Tags)
		for _, r := range b.Readings {
			if r.Tag == rig.Bad && (r.Quality != agent.Bad || r.Reason.Code == agent.NoReason) {
				t.Errorf("%s = %q %s %+v, want bad with a reason", r.Tag.Name, r.Value, r.Quality, r.Reason)
			}
		}
	}
}

func lostAndBack(t *testing.T, rig DriverRig) {
	mustRead(t, rig, rig.Tags)
	rig.Break()
	for range 2 {
		b, err := readAll(t.Context(), rig.Driver, rig.Tags)
		if err == nil {
			t.Fatal("Read of a source that is gone = nil, want an error")
		}
		if why := agent.ReasonFor(err); why.Code == agent.NoReason || why.Detail == "" {
			t.Errorf("reason of %v = %+v, want a code and a detail", err, why)
		}
		for _, r := range b.Readings {
			if r.Quality == agent.Good {
				t.Errorf("%s = %q is good, from a source that is gone", r.Tag.Name, r.Value)
			}
		}
	}
	rig.Restore()
	for try := 1; ; try++ {
		_, err := readAll(t.Context(), rig.Driver, rig.Tags)
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatalf("Read %d after the source came back = %v, want nil", try, err)
		}
	}
	wantGood(t, mustRead(t, rig, rig.Tags), rig.Tags)
}

func nothingDue(t *testing.T, rig DriverRig) {
	var b agent.Batch
	if _, err := rig.Driver.Read(t.Context(), nil, &b); err != nil || len(b.Readings) != 0 {
		t.Errorf("Read of no tags = %d readings, %v; want none and nil", len(b.Readings), err)
	}
}

func ctxEndsWait(t *testing.T, rig DriverRig) {
	if rig.Stall == nil {
		return
	}
	mustRead(t, rig, rig.Tags)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rig.Stall(cancel)
	if _, err := readAll(ctx, rig.Driver, rig.Tags); !errors.Is(err, context.Canceled) {
		t.Errorf("Read of a source that does not answer, under a ctx that ends = %v, want %v", err, context.Canceled)
	}
}

func endedCtx(t *testing.T, rig DriverRig) {
	mustRead(t, rig, rig.Tags)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b, err := readAll(ctx, rig.Driver, rig.Tags)
	if !errors.Is(err, context.Canceled) || len(b.Readings) != 0 {
		t.Errorf("Read under an ended ctx = %d readings, %v; want none and %v", len(b.Readings), err, context.Canceled)
	}
	wantGood(t, mustRead(t, rig, rig.Tags), rig.Tags)
}

func closeTwice(t *testing.T, rig DriverRig) {
	mustRead(t, rig, rig.Tags)
	for range 2 {
		if err := rig.Driver.Close(); err != nil {
			t.Fatalf("Close = %v, want nil", err)
		}
	}
}
