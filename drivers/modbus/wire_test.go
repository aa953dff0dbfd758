package modbus

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func openWire(t *testing.T, p *peer, timeout time.Duration) *wire {
	t.Helper()
	w := &wire{host: p.addr, timeout: timeout, connectTimeout: 10 * time.Second, count: newCounters("mill", []uint8{1})}
	if err := w.connect(t.Context()); err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func TestOnlyReadsLeave(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	w := openWire(t, p, 10*time.Second)
	for code := range 256 {
		adu := readRequest(1, holding, 0, 1)
		adu[headerSize] = byte(code)
		_, err := call{t.Context(), w}.Send(adu)
		if code >= 1 && code <= 4 {
			if err != nil {
				t.Errorf("function code %d: %v, want a reply", code, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), "only reads") {
			t.Errorf("function code %d: %v, want to be refused", code, err)
		}
	}
	for _, size := range []int{0, 7, 11, 13, 260} {
		adu := append(readRequest(1, holding, 0, 1), make([]byte, 260)...)[:size]
		if _, err := (call{t.Context(), w}).Send(adu); err == nil {
			t.Errorf("a request of %d bytes was sent, want it refused", size)
		}
	}
	if _, requests, others := p.seen(); requests != 4 || others != 0 {
		t.Errorf("the peer saw %d requests, %d of them no reads; want 4 and 0", requests, others)
	}
}

func TestReplyBearsTheClientsID(t *testing.T) {
	t.Parallel()
	w := openWire(t, newPeer(t), 10*time.Second)
	w.id = 0xfffe // wraps soon
	for range 5 {
		request := readRequest(1, holding, 5, 1)
		binary.BigEndian.PutUint16(request, 0xabcd)
		reply, err := w.exchange(t.Context(), request)
		if err != nil {
			t.Fatalf("exchange: %v", err)
		}
		if want := append([]byte{0xab, 0xcd, 0, 0, 0, 5, 1, 3, 2}, 0, byte(wordAt(5))); !bytes.Equal(reply, want) {
			t.Errorf("reply = % x, want % x", reply, want)
		}
	}
}

func TestFaultyReplies(t *testing.T) {
	t.Parallel()
	change := func(at int, to byte) fault {
		return func(_ int, _, reply []byte) ([]byte, bool) { reply[at] = to; return reply, false }
	}
	cases := []struct {
		name string
		do   fault
		code agent.Code
		kind string
	}{
		{"unknown transaction id", change(0, 0x77), agent.Protocol, badTransaction},
		{"protocol id", change(3, 1), agent.Protocol, badProtocolID},
		{"unit id", change(6, 9), agent.Protocol, badUnit},
		{"function", change(7, 4), agent.Protocol, badFunction},
		{"byte count", change(8, 2), agent.Protocol, badByteCount},
		{"huge length", change(4, 0xff), agent.Protocol, badLength},
		{"length 0", change(5, 0), agent.Protocol, badLength},
		{"one register short", func(_ int, _, reply []byte) ([]byte, bool) {
			reply[5], reply[8] = reply[5]-2, reply[8]-2
			return reply[:len(reply)-2], false
		}, agent.Protocol, badByteCount},
		{"garbage", func(int, []byte, []byte) ([]byte, bool) { return []byte("SSH-2.0-OpenSSH_9.9\r\n"), false }, agent.Protocol, badProtocolID},
		{"cut at once", func(int, []byte, []byte) ([]byte, bool) { return nil, true }, agent.NoConnection, ""},
		{"cut in the header", func(_ int, _, reply []byte) ([]byte, bool) { return reply[:5], true }, agent.NoConnection, ""},
		{"cut in the data", func(_ int, _, reply []byte) ([]byte, bool) { return reply[:10], true }, agent.NoConnection, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPeer(t)
			w := openWire(t, p, 10*time.Second)
			p.setFault(c.do)
			_, err := w.exchange(t.Context(), readRequest(1, holding, 0, 3))
			if got := agent.ReasonFor(err).Code; got != c.code {
				t.Errorf("exchange = %v (%s), want %s", err, got, c.code)
			}
			if w.conn != nil {
				t.Error("the connection is still open")
			}
			for _, kind := range badKinds() {
				if got, want := w.count.protocol[kind], map[bool]uint64{true: 1}[kind == c.kind]; got != want {
					t.Errorf("protocol errors of kind %s = %d, want %d", kind, got, want)
				}
			}
			p.setFault(nil)
			if err := w.connect(t.Context()); err != nil {
				t.Fatalf("connect again: %v", err)
			}
			if _, err := w.exchange(t.Context(), readRequest(1, holding, 0, 3)); err != nil {
				t.Errorf("exchange on a new connection = %v, want nil", err)
			}
			if w.count.reconnects != 1 {
				t.Errorf("reconnects = %d, want 1", w.count.reconnects)
			}
		})
	}
}

// A reply of one request arrives in pieces: some before its time is up, the rest
// after it.
func TestFrameInPieces(t *testing.T) {
	t.Parallel()
	for at := range 13 {
		p := newPeer(t)
		w := openWire(t, p, 50*time.Millisecond)
		var rest []byte
		p.setFault(func(_ int, _, reply []byte) ([]byte, bool) {
			if rest == nil {
				rest = slices.Clone(reply[at:])
				return reply[:at], false
			}
			return append(rest, reply...), false
		})
		_, err := w.exchange(t.Context(), readRequest(1, holding, 0, 2))
		if got := agent.ReasonFor(err).Code; got != agent.Timeout {
			t.Fatalf("exchange of %d bytes = %v, want a timeout", at, err)
		}
		w.timeout = 10 * time.Second
		reply, err := w.exchange(t.Context(), readRequest(1, holding, 40, 2))
		if err != nil || binary.BigEndian.Uint16(reply[9:]) != wordAt(40) {
			t.Errorf("exchange after %d bytes of a late reply = % x, %v; want the registers from 40", at, reply, err)
		}
		if w.count.lates != 1 {
			t.Errorf("late replies = %d, want 1", w.count.lates)
		}
	}
}

func TestContextDeadlineBeforeTimeout(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	w := openWire(t, p, time.Minute)
	p.setFault(func(int, []byte, []byte) ([]byte, bool) { return nil, false })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	release := w.watch(ctx)
	_, err := w.exchange(ctx, readRequest(1, holding, 0, 1))
	release()
	if err != context.DeadlineExceeded || w.silent != 0 || w.conn == nil {
		t.Errorf("exchange = %v, %d timeouts, open: %t; want ctx's error, none, and an open connection", err, w.silent, w.conn != nil)
	}
	p.setFault(nil)
	if _, err := w.exchange(t.Context(), readRequest(1, holding, 0, 1)); err != nil {
		t.Errorf("exchange under another ctx = %v, want nil", err)
	}
}

func TestPauseKeepsToContext(t *testing.T) {
	t.Parallel()
	w := openWire(t, newPeer(t), 10*time.Second)
	w.pause = time.Millisecond
	for range 3 {
		before := w.rested
		if _, err := w.exchange(t.Context(), readRequest(1, holding, 0, 1)); err != nil {
			t.Fatalf("exchange: %v", err)
		}
		if got := w.rested.Sub(before); got < w.pause {
			t.Errorf("two exchanges ended %s apart, want at least the pause of %s", got, w.pause)
		}
	}
	w.pause = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.exchange(ctx, readRequest(1, holding, 0, 1)); err != context.Canceled {
		t.Errorf("exchange in a pause, under an ended ctx = %v, want %v", err, context.Canceled)
	}
}
