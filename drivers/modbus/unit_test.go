package modbus

import (
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// silentUnits is a fault: the units in it do not answer.
func silentUnits(ids ...byte) fault {
	return func(_ int, request, reply []byte) ([]byte, bool) {
		for _, id := range ids {
			if request[6] == id {
				return nil, false
			}
		}
		return reply, false
	}
}

// unitsRig is a driver of three units with a clock that the test moves.
func unitsRig(t *testing.T) (*peer, *Driver, []*agent.Tag, *testClock) {
	t.Helper()
	p := newPeer(t)
	tags := tagsAt("unit 1 holding 10", "unit 2 holding 10", "unit 2 input 10", "unit 3 holding 10")
	spec := specOf("address: tcp://"+p.addr+"\ntimeout: 300ms", tags)
	clock := &testClock{now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}
	spec.Clock = clock.clock()
	return p, openSpec(t, spec), tags, clock
}

// qualities gives a letter per reading: g good, else the first letter of why.
func qualities(readings []agent.Reading) string {
	var s strings.Builder
	for _, r := range readings {
		if r.Quality == agent.Good {
			s.WriteString("g")
			continue
		}
		s.WriteString(r.Reason.Code.String()[:1])
	}
	return s.String()
}

func TestSilentUnitLeavesItsNeighbours(t *testing.T) {
	t.Parallel()
	p, d, tags, clock := unitsRig(t)
	p.setFault(silentUnits(2))
	steps := []struct {
		after time.Duration
		asked int // unit 2, in all
	}{
		{0, 1},                      // its second request is not made
		{500 * time.Millisecond, 2}, // one failure may be chance; now it rests 1 s
		{900 * time.Millisecond, 2},
		{100 * time.Millisecond, 3}, // 2 s
		{1900 * time.Millisecond, 3},
		{100 * time.Millisecond, 4}, // 4 s
		{4 * time.Second, 5},
		{8 * time.Second, 6},
		{16 * time.Second, 7}, // 30 s from here on
		{29 * time.Second, 7},
		{time.Second, 8},
		{30 * time.Second, 9},
	}
	for i, s := range steps {
		clock.now = clock.now.Add(s.after)
		got := mustRead(t, d, tags)
		if q := qualities(got); q != "gttg" {
			t.Errorf("step %d: readings %s, want gttg", i, q)
		}
		if detail := got[1].Reason.Detail; !strings.HasPrefix(detail, "unit 2 has not answered since 2026-03-01T06:00:00Z") {
			t.Errorf("step %d: detail %q, want since when", i, detail)
		}
		if asked := p.askedUnit(2); asked != s.asked {
			t.Errorf("step %d: unit 2 was asked %d times, want %d", i, asked, s.asked)
		}
	}
	p.setFault(nil)
	clock.now = clock.now.Add(30 * time.Second)
	if q := qualities(mustRead(t, d, tags)); q != "gggg" {
		t.Errorf("readings after the unit came back = %s, want gggg", q)
	}
	p.setFault(silentUnits(2))
	if q := qualities(mustRead(t, d, tags)); q != "gttg" {
		t.Errorf("readings after it went again = %s, want gttg", q)
	}
	if asked := p.askedUnit(2); asked != 12 {
		t.Errorf("unit 2 was asked %d times, want 12: two requests when it answered, one when not", asked)
	}
	if accepted, _, _ := p.seen(); accepted != 1 {
		t.Errorf("%d connections, want 1", accepted)
	}
}

// When nothing answers, the poller's backoff is enough: every Read asks one
// unit, so that it takes one timeout, and finds the wire alive at once.
func TestAllUnitsSilent(t *testing.T) {
	t.Parallel()
	p, d, tags, clock := unitsRig(t)
	p.setFault(silentUnits(1, 2, 3))
	read := func() error {
		var b agent.Batch
		_, err := d.Read(t.Context(), tags, &b)
		if err != nil && len(b.Readings) != 0 {
			t.Errorf("%d readings with %v, want none", len(b.Readings), err)
		}
		return err
	}
	for i, want := range []int{3, 6, 7, 8} { // all once more, since one failure may be chance
		if code := agent.ReasonFor(read()).Code; code != agent.Timeout {
			t.Errorf("read %d: %s, want timeout", i, code)
		}
		if _, requests, _ := p.seen(); requests != want {
			t.Errorf("read %d: %d requests so far, want %d", i, requests, want)
		}
		clock.now = clock.now.Add(10 * time.Millisecond)
	}
	p.setFault(nil)
	if err := read(); err != nil {
		t.Errorf("read after the wire came back = %v, want nil", err)
	}
	if q := qualities(mustRead(t, d, tags)); q != "gggg" {
		t.Errorf("second read after the wire came back = %s, want gggg", q)
	}
}

// A gateway says for a unit that it is not there. That unit rests; the gateway
// and the others are fine.
func TestGatewayCannotReachUnit(t *testing.T) {
	t.Parallel()
	for _, code := range []byte{gatewayPath, gatewaySilence} {
		p, d, tags, clock := unitsRig(t)
		p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
			if request[6] == 2 {
				return exceptionReply(request, code), false
			}
			return reply, false
		})
		for i, asked := range []int{1, 2, 2} {
			got := mustRead(t, d, tags)
			if q := qualities(got); q != "grrg" || !strings.Contains(got[1].Reason.Detail+got[2].Reason.Detail, "unit 2 has not answered since") {
				t.Errorf("exception %d, read %d: %s %+v, want grrg", code, i, q, got)
			}
			if got := p.askedUnit(2); got != asked {
				t.Errorf("exception %d, read %d: unit 2 was asked %d times, want %d", code, i, got, asked)
			}
		}
		p.setFault(nil)
		clock.now = clock.now.Add(time.Second)
		if q := qualities(mustRead(t, d, tags)); q != "gggg" {
			t.Errorf("exception %d: readings after the unit came back = %s, want gggg", code, q)
		}
	}
}

// A unit that costs the connection costs two Reads, and then rests.
func TestUnitWithFaultyReplies(t *testing.T) {
	t.Parallel()
	p, d, tags, _ := unitsRig(t)
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
		if request[6] == 2 {
			reply[8]++
		}
		return reply, false
	})
	for i := range 2 {
		var b agent.Batch
		if _, err := d.Read(t.Context(), tags, &b); agent.ReasonFor(err).Code != agent.Protocol || qualities(b.Readings) != "g" {
			t.Errorf("read %d = %s, %v; want unit 1 good and a protocol error", i, qualities(b.Readings), err)
		}
	}
	if q := qualities(mustRead(t, d, tags)); q != "gppg" {
		t.Errorf("third read = %s, want gppg", q)
	}
}

func TestUnitThatCutsTheConnection(t *testing.T) {
	t.Parallel()
	p, d, tags, _ := unitsRig(t)
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
		return reply, request[6] == 2 && request[headerSize] == byte(input)
	})
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
		if request[6] == 2 {
			return nil, true
		}
		return reply, false
	})
	for i := range 2 {
		var b agent.Batch
		if _, err := d.Read(t.Context(), tags, &b); agent.ReasonFor(err).Code != agent.NoConnection || qualities(b.Readings) != "g" {
			t.Errorf("read %d = %s, %v; want unit 1 good and a lost connection", i, qualities(b.Readings), err)
		}
	}
	if q := qualities(mustRead(t, d, tags)); q != "gnng" {
		t.Errorf("third read = %s, want gnng: the unit that cost two connections rests", q)
	}
}

// A set of due tags that holds only a resting unit costs its neighbours nothing.
func TestOnlyARestingUnitIsDue(t *testing.T) {
	t.Parallel()
	p, d, tags, _ := unitsRig(t)
	p.setFault(silentUnits(2))
	mustRead(t, d, tags)
	for i, asked := range []int{2, 2} {
		if q := qualities(mustRead(t, d, tags[1:3])); q != "tt" {
			t.Errorf("read %d = %s, want tt: unit 1 answered when it was last asked, so the source is there", i, q)
		}
		if got := p.askedUnit(2); got != asked {
			t.Errorf("read %d: unit 2 was asked %d times, want %d", i, got, asked)
		}
	}
}
