package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func mustRead(t *testing.T, d *Driver, due []*agent.Tag) []agent.Reading {
	t.Helper()
	var b agent.Batch
	if more, err := d.Read(t.Context(), due, &b); err != nil || more {
		t.Fatalf("Read = %t, %v; want false, nil", more, err)
	}
	return b.Readings
}

func TestReadGivesWireValues(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	f := math.Float32bits(123456)
	p.putRegisters(100, uint16(f), uint16(f>>16)) // words swapped
	p.putRegisters(200, 0xffff, 0xffff, 0xffff, 0xfe00)
	p.putRegisters(300, 0x8000)
	p.putRegisters(400, 0x7fc0, 0)
	tags := tagsAt("holding 100 float32 cdab", "holding 200 int64", "input 300 int16", "unit 7 input 9", "coil 3", "discrete 4",
		"holding 100 float32", "holding 400 float32", "input 300 int16")
	tags[0].Range = &agent.Range{Lo: 0, Hi: 200000}
	tags[6].Range = &agent.Range{Lo: 1, Hi: 200000}
	tags[8].Sentinels = []float64{-32768}
	d := openDriver(t, p, "", tags)
	want := []struct {
		value   agent.Value
		quality agent.Quality
		code    agent.Code
	}{
		{agent.Float32Value(123456), agent.Good, agent.NoReason},
		{agent.Int64Value(-512), agent.Good, agent.NoReason},
		{agent.Int64Value(-32768), agent.Good, agent.NoReason},
		{agent.Uint64Value(uint64(wordAt(9))), agent.Good, agent.NoReason},
		{agent.BoolValue(bitAt(3)), agent.Good, agent.NoReason},
		{agent.BoolValue(bitAt(4)), agent.Good, agent.NoReason},
		{agent.ValueOf(agent.Float32, uint64(f<<16|f>>16), ""), agent.Bad, agent.WordOrder},
		{agent.ValueOf(agent.Float32, 0x7fc00000, ""), agent.Bad, agent.NotFinite},
		{agent.Int64Value(-32768), agent.Bad, agent.Sentinel},
	}
	got := mustRead(t, d, tags)
	if len(got) != len(want) {
		t.Fatalf("%d readings, want %d", len(got), len(want))
	}
	for i, w := range want {
		if r := got[i]; r.Tag != tags[i] || r.Value != w.value || r.Quality != w.quality || r.Reason.Code != w.code {
			t.Errorf("reading %d = %s %v %s %s, want %s %v %s %s", i, r.Tag.At, r.Value, r.Quality, r.Reason.Code, tags[i].At, w.value, w.quality, w.code)
		}
	}
	// holding 100 and 200 are too far apart to share a request; so are 300 and 9, of two units anyway.
	if asked := metric(d, "recoup_modbus_requests_total"); asked != 7 {
		t.Errorf("requests = %g, want 7", asked)
	}
}

func TestTimeIsThatOfTheReply(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	tags := tagsAt("holding 0", "holding 100", "input 0")
	spec := specOf("address: tcp://"+p.addr, tags)
	base, calls := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), 0
	spec.Clock.Wall = func() time.Time { calls++; return base.Add(time.Duration(calls) * time.Second) }
	d := openSpec(t, spec)
	for i, r := range mustRead(t, d, tags) {
		if want := base.Add(time.Duration(i+1) * time.Second); !r.Time.Equal(want) {
			t.Errorf("time of %s = %s, want %s, the reading of the clock after reply %d", r.Tag.At, r.Time, want, i+1)
		}
	}
}

func TestExceptionMarksItsRequestOnly(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) {
		if binary.BigEndian.Uint16(request[8:]) == 100 {
			return exceptionReply(request, 2), false
		}
		return reply, false
	})
	tags := tagsAt("holding 10", "holding 100", "holding 124", "input 100 float32", "input 10", "holding 300")
	d := openDriver(t, p, "max_gap: 30", tags)
	want := []string{
		"", "exception 2 (illegal data address) at holding 100–124 of unit 1; the request also read addresses between the tags, which max_gap: 0 avoids",
		"exception 2 (illegal data address) at holding 100–124 of unit 1; the request also read addresses between the tags, which max_gap: 0 avoids",
		"exception 2 (illegal data address) at input 100–101 of unit 1", "", "",
	}
	for i, r := range mustRead(t, d, tags) {
		if r.Reason.Detail != want[i] || (r.Quality == agent.Good) != (want[i] == "") || (r.Reason.Code == agent.Refused) != (want[i] != "") {
			t.Errorf("%s = %s %+v, want detail %q", r.Tag.At, r.Quality, r.Reason, want[i])
		}
	}
	if got := metric(d, "recoup_modbus_exceptions_total", agent.Label{Name: "code", Value: "2"}); got != 2 {
		t.Errorf("exceptions with code 2 = %g, want 2", got)
	}
}

// All tags refused is no failed source: the device answers.
func TestAllRefusedIsNoError(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.setFault(func(_ int, request, _ []byte) ([]byte, bool) { return exceptionReply(request, 6), false })
	tags := tagsAt("holding 10", "holding 12")
	want := agent.Reason{Code: agent.Refused, Detail: "exception 6 (server device busy) at holding 10–12 of unit 1"}
	for _, r := range mustRead(t, openDriver(t, p, "", tags), tags) {
		if r.Quality != agent.Bad || r.Reason != want {
			t.Errorf("%s = %s %+v, want bad and %+v", r.Tag.At, r.Quality, r.Reason, want)
		}
	}
}

// A late reply must never become another register's value.
func TestLateRepliesNeverBecomeValues(t *testing.T) {
	t.Parallel()
	const reads, every = 2000, 7
	p := newPeer(t)
	var held []byte
	p.setFault(func(n int, _, reply []byte) ([]byte, bool) {
		if n%every == 0 {
			held = append(held, reply...)
			return nil, false
		}
		send := append(held, reply...)
		held = nil
		return send, false
	})
	ats := make([]string, 50)
	for i := range ats {
		ats[i] = fmt.Sprintf("holding %d", 100+i*17)
	}
	tags := tagsAt(ats...)
	d := openDriver(t, p, "timeout: 10ms", tags)
	good, timeouts := 0, 0
	for i := range reads {
		at := i % len(tags)
		var b agent.Batch
		_, err := d.Read(t.Context(), tags[at:at+1], &b)
		if err != nil {
			timeouts++
			if code := agent.ReasonFor(err).Code; code != agent.Timeout || len(b.Readings) != 0 {
				t.Errorf("read %d = %d readings, %v; want none and a timeout", i, len(b.Readings), err)
			}
			continue
		}
		good++
		if want := agent.Uint64Value(uint64(wordAt(uint16(100 + at*17)))); len(b.Readings) != 1 || b.Readings[0].Value != want {
			t.Fatalf("read %d of %s = %+v, want %v", i, tags[at].At, b.Readings, want)
		}
	}
	late := metric(d, "recoup_modbus_late_replies_total")
	if good+timeouts != reads || timeouts < reads/every || late < reads/every/2 {
		t.Errorf("%d good, %d timeouts, %g late of %d reads; want each 7th late", good, timeouts, late, reads)
	}
}

func TestConnectionIsKeptForTwoTimeoutsAndClosedAfterThree(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	tags := tagsAt("holding 10", "input 10")
	d := openDriver(t, p, "timeout: 10ms", tags)
	p.setFault(func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	for i := range 5 {
		var b agent.Batch
		_, err := d.Read(t.Context(), tags, &b)
		if why := agent.ReasonFor(err); why.Code != agent.Timeout || !strings.Contains(why.Detail, "unit 1: no answer within 10ms") {
			t.Errorf("read %d = %v, want a timeout of unit 1", i, err)
		}
		accepted, requests, _ := p.seen()
		if want := 1 + i/3; accepted != want || requests != i+1 {
			t.Errorf("after read %d: %d connections, %d requests; want %d and %d", i, accepted, requests, want, i+1)
		}
	}
	if got := metric(d, "recoup_modbus_timeouts_total"); got != 5 {
		t.Errorf("timeouts = %g, want 5", got)
	}
}

// A gateway or PLC may close a connection that was idle between two polls: that
// costs no reading.
func TestIdleConnectionClosedByTheDevice(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	tags := tagsAt("holding 10", "input 10")
	d := openDriver(t, p, "", tags)
	var log bytes.Buffer
	d.log = slog.New(slog.NewTextHandler(&log, nil))
	for range 4 {
		for _, r := range mustRead(t, d, tags) {
			if r.Quality != agent.Good {
				t.Errorf("%s = %s %+v, want good", r.Tag.At, r.Quality, r.Reason)
			}
		}
		p.cut()
	}
	if got := metric(d, "recoup_modbus_reconnects_total"); got != 3 {
		t.Errorf("reconnects = %g, want 3", got)
	}
	if log.Len() > 0 {
		t.Errorf("the log tells %q, want nothing", log.String())
	}
}

func TestWhatWasReadBeforeALossStays(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.setFault(func(_ int, request, reply []byte) ([]byte, bool) { return reply, request[headerSize] == byte(holding) })
	tags := tagsAt("input 10", "holding 10", "coil 10")
	d := openDriver(t, p, "", tags)
	var b agent.Batch
	_, err := d.Read(t.Context(), tags, &b)
	if why := agent.ReasonFor(err); why.Code != agent.NoConnection || !strings.HasPrefix(why.Detail, "tcp://"+p.addr+": unit 1, input 10: connection lost") {
		t.Errorf("Read = %+v, want a lost connection that names the address and the request", why)
	}
	if len(b.Readings) != 2 || b.Readings[0].Tag != tags[1] || b.Readings[1].Tag != tags[2] {
		t.Errorf("readings = %+v, want those of the holding register and the coil", b.Readings)
	}
	if accepted, _, _ := p.seen(); accepted != 1 {
		t.Errorf("%d connections, want 1: a fresh one that is lost is the poller's to retry", accepted)
	}
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	tags := tagsAt("holding 10")
	d := openDriver(t, p, "", tags)
	p.stop()
	var b agent.Batch
	_, err := d.Read(t.Context(), tags, &b)
	why := agent.ReasonFor(err)
	if why.Code != agent.NoConnection || len(b.Readings) != 0 || !strings.Contains(why.Detail, "tcp://"+p.addr) || !strings.Contains(why.Detail, "check") {
		t.Errorf("Read = %d readings, %+v; want none, and an error that says what to check", len(b.Readings), why)
	}
}

// Only a loss at the first request may be an old one that shows late.
func TestKeptConnectionLostInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	tags := tagsAt("holding 10", "input 10")
	d := openDriver(t, p, "", tags)
	mustRead(t, d, tags)
	p.setFault(func(n int, _, reply []byte) ([]byte, bool) { return reply, n == 3 })
	var b agent.Batch
	_, err := d.Read(t.Context(), tags, &b)
	if code := agent.ReasonFor(err).Code; code != agent.NoConnection || len(b.Readings) != 1 || b.Readings[0].Tag != tags[0] {
		t.Errorf("Read = %+v, %v; want the first tag and a lost connection", b.Readings, err)
	}
	if accepted, requests, _ := p.seen(); accepted != 1 || requests != 3 {
		t.Errorf("%d connections and %d requests, want 1 and 3: no second try", accepted, requests)
	}
}

// When nothing at all was answered the batch's Err says all there is to say.
func TestNoReadingsWhenNothingAnswered(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.setFault(func(_ int, request, _ []byte) ([]byte, bool) { return nil, request[6] == 2 })
	tags := tagsAt("unit 1 holding 10", "unit 2 holding 10", "unit 3 holding 10")
	d := openDriver(t, p, "timeout: 20ms", tags)
	var b agent.Batch
	if _, err := d.Read(t.Context(), tags, &b); agent.ReasonFor(err).Code != agent.NoConnection || len(b.Readings) != 0 {
		t.Errorf("Read = %d readings, %v; want none and a lost connection", len(b.Readings), err)
	}
}
