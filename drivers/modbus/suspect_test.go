package modbus

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// suspectRig is a driver of one unit that is silent at holding 500 only.
func suspectRig(t *testing.T, silent fault) (*peer, *Driver, []*agent.Tag, *testClock) {
	t.Helper()
	p := newPeer(t)
	tags := tagsAt("holding 10", "holding 500", "input 10", "holding 900")
	spec := specOf("address: tcp://"+p.addr+"\ntimeout: 300ms", tags)
	clock := &testClock{now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}
	spec.Clock = clock.clock()
	p.setFault(func(n int, request, reply []byte) ([]byte, bool) {
		if request[headerSize] == byte(holding) && request[8] == 500>>8 && request[9] == 500&0xff {
			return silent(n, request, reply)
		}
		return reply, false
	})
	return p, openSpec(t, spec), tags, clock
}

// Some devices are silent on addresses that they do not have.
func TestSilentRequestLeavesItsNeighbours(t *testing.T) {
	t.Parallel()
	p, d, tags, clock := suspectRig(t, func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	steps := []struct {
		after    time.Duration
		timeouts float64
	}{
		{0, 1}, {0, 2}, {0, 2}, {time.Second, 3}, {time.Second, 3}, {time.Second, 4}, {3 * time.Second, 4},
	}
	for i, s := range steps {
		clock.now = clock.now.Add(s.after)
		got := mustRead(t, d, tags)
		if q := qualities(got); q != "gtgg" {
			t.Errorf("step %d: readings %s, want gtgg", i, q)
		}
		if want := "holding 500 of unit 1 has not answered since 2026-03-01T06:00:00Z; check that the device has these addresses"; got[1].Reason.Detail != want {
			t.Errorf("step %d: detail %q, want %q", i, got[1].Reason.Detail, want)
		}
		if timeouts := metric(d, "recoup_modbus_timeouts_total"); timeouts != s.timeouts {
			t.Errorf("step %d: %g timeouts, want %g", i, timeouts, s.timeouts)
		}
	}
	p.setFault(nil)
	clock.now = clock.now.Add(time.Second)
	if q := qualities(mustRead(t, d, tags)); q != "gggg" || len(d.units[0].suspects) != 0 {
		t.Errorf("readings when it answers again = %s, with %d suspects; want gggg and none", q, len(d.units[0].suspects))
	}
}

// A silent request that comes first looks like a silent unit, but only once.
func TestSilentFirstRequest(t *testing.T) {
	t.Parallel()
	_, d, tags, _ := suspectRig(t, func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	due := tags[1:] // holding 500 is the first to be asked
	var b agent.Batch
	if _, err := d.Read(t.Context(), due, &b); agent.ReasonFor(err).Code != agent.Timeout {
		t.Errorf("first read = %v, want a timeout", err)
	}
	for i := range 3 {
		if q := qualities(mustRead(t, d, due)); q != "tgg" {
			t.Errorf("read %d after it = %s, want tgg", i, q)
		}
	}
	if timeouts := metric(d, "recoup_modbus_timeouts_total"); timeouts != 2 {
		t.Errorf("%g timeouts, want 2", timeouts)
	}
}

// Others close the connection. Their other registers are read all the same.
func TestRequestThatCutsTheConnection(t *testing.T) {
	t.Parallel()
	_, d, tags, _ := suspectRig(t, func(int, []byte, []byte) ([]byte, bool) { return nil, true })
	for i, want := range []string{"g", "ggg"} {
		var b agent.Batch
		if _, err := d.Read(t.Context(), tags, &b); agent.ReasonFor(err).Code != agent.NoConnection || qualities(b.Readings) != want {
			t.Errorf("read %d = %s, %v; want %s and a lost connection", i, qualities(b.Readings), err, want)
		}
	}
	if q := qualities(mustRead(t, d, tags)); q != "gngg" {
		t.Errorf("third read = %s, want gngg", q)
	}
}

// An exception is an answer too.
func TestRefusalEndsASuspicion(t *testing.T) {
	t.Parallel()
	p, d, tags, clock := suspectRig(t, func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	mustRead(t, d, tags)
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
		if request[8] == 500>>8 {
			return exceptionReply(request, 2), false
		}
		return reply, false
	})
	clock.now = clock.now.Add(time.Second)
	if q := qualities(mustRead(t, d, tags)); q != "grgg" || len(d.units[0].suspects) != 0 {
		t.Errorf("readings = %s, with %d suspects; want grgg and none", q, len(d.units[0].suspects))
	}
}

// A unit that dies in the middle of a Read costs two timeouts, not one per
// request.
func TestUnitDiesInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.setFault(func(n int, _, reply []byte) ([]byte, bool) {
		if n == 1 {
			return reply, false
		}
		return nil, false
	})
	tags := tagsAt("holding 0", "holding 200", "holding 400", "holding 600", "holding 800")
	d := openDriver(t, p, "timeout: 300ms", tags)
	if q := qualities(mustRead(t, d, tags)); q != "gtttt" {
		t.Errorf("readings = %s, want gtttt", q)
	}
	if timeouts := metric(d, "recoup_modbus_timeouts_total"); timeouts != 2 {
		t.Errorf("%g timeouts, want 2", timeouts)
	}
}

// The log tells of changes, not of repetitions.
func TestLogTellsChangesOnce(t *testing.T) {
	t.Parallel()
	p, d, tags, clock := suspectRig(t, func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	var log bytes.Buffer
	d.log = slog.New(slog.NewTextHandler(&log, nil))
	read := func() {
		clock.now = clock.now.Add(30 * time.Second)
		var b agent.Batch
		d.Read(t.Context(), tags, &b)
	}
	read()
	read()
	p.setFault(nil)
	read()
	p.setFault(silentUnits(1))
	read()
	read()
	p.setFault(nil)
	read()
	var got []string
	for line := range strings.Lines(log.String()) {
		_, after, _ := strings.Cut(line, "msg=")
		text, _, _ := strings.Cut(after, " err=")
		got = append(got, strings.TrimSpace(text))
	}
	want := `"request unanswered" source=mill unit_id=1 request="holding 500"
"request answered again" source=mill unit_id=1 request="holding 500"
"unit lost" source=mill unit_id=1
"unit back" source=mill unit_id=1`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("the log tells\n%s\nwant\n%s", text, want)
	}
}
