package opcua

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func isValue(v float64) func(agent.Reading) bool {
	return func(r agent.Reading) bool { return r.Value == agent.Float64Value(v) && r.Quality == agent.Good }
}

func TestChangesComeInOrderWithSourceTimes(t *testing.T) {
	server := startServer(t, orders{})
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("flow", "level"))
	if got := mustRead(t, d).Readings; len(got) != 2 {
		t.Fatalf("the first Read gave %v, want a value of each node", got)
	}
	start := sourceTime().Add(time.Minute)
	var got []agent.Reading
	for i := range 5 { // gopcua's server keeps one change per node and publishing interval
		v := 100 + float64(i)
		server.set(t, "flow", v, start.Add(time.Duration(i)*time.Second))
		until(t, fmt.Sprintf("change %g", v), func() bool {
			d.session.inbox.mu.Lock()
			defer d.session.inbox.mu.Unlock()
			return len(d.session.inbox.readings) == i+1
		})
	}
	got = mustRead(t, d).Readings
	for i, r := range got {
		if !isValue(100+float64(i))(r) || !r.Time.Equal(start.Add(time.Duration(i)*time.Second)) {
			t.Errorf("change %d is %s", i, show(r))
		}
	}
	if len(got) != 5 {
		t.Errorf("got %d changes, want 5", len(got))
	}
	if n := metric(d, "recoup_opcua_notifications_total"); n != 7 {
		t.Errorf("notifications = %g, want 2 first values and 5 changes", n)
	}
}

// TestHeldUntilFollowsTheHeartbeat: unchanged values are vouched for by the
// server's clock, never beyond now, and further with every heartbeat.
func TestHeldUntilFollowsTheHeartbeat(t *testing.T) {
	server := common(t)
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("flow"))
	mustRead(t, d)
	var first time.Time
	until(t, "a heartbeat", func() bool { first = mustRead(t, d).HeldUntil; return !first.IsZero() })
	until(t, "a later heartbeat", func() bool {
		b := mustRead(t, d)
		if len(b.Readings) != 0 {
			t.Fatalf("unchanged, but got %v", b.Readings)
		}
		if b.HeldUntil.Before(first) || b.HeldUntil.After(time.Now()) {
			t.Fatalf("held until %s, want between %s and now", b.HeldUntil, first)
		}
		return b.HeldUntil.After(first)
	})
}

// TestSilentHeartbeatEndsTheSession is issue gopcua/opcua#895: connected, reads
// work, and no news for ever. The session must end and the next one begin.
func TestSilentHeartbeatEndsTheSession(t *testing.T) {
	server := startServer(t, orders{})
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("flow"), "watchdog: 1s")
	mustRead(t, d)
	server.order(t, orders{Mute: true})
	var err error
	until(t, "the stall", func() bool { _, err = read(t, d); return err != nil })
	if why := agent.ReasonFor(err); why.Code != agent.Timeout || !strings.Contains(why.Detail, "heartbeat") || metric(d, "recoup_opcua_stalls_total") != 1 {
		t.Errorf("got %+v and %g stalls, want a timeout that names the heartbeat and one stall", why, metric(d, "recoup_opcua_stalls_total"))
	}
	if d.session != nil {
		t.Error("the session goes on")
	}
	mustRead(t, d)
	if n := metric(d, "recoup_opcua_sessions_total"); n != 2 {
		t.Errorf("sessions = %g, want 2", n)
	}
}

func TestLinkCut(t *testing.T) {
	server := startServer(t, orders{})
	l := newLink(t, server.port)
	d := openInsecure(t, l.addr, tagsOf("flow"))
	mustRead(t, d)
	l.cut()
	until(t, "the loss", func() bool { _, err := read(t, d); return err != nil })
	if agent.Sleep(t.Context(), 5*time.Second) != nil {
		t.Fatal("stopped")
	}
	server.set(t, "flow", 77, sourceTime().Add(time.Minute))
	l.up(t)
	eventually(t, d, "the value that changed meanwhile", isValue(77))
	server.set(t, "flow", 78, sourceTime().Add(2*time.Minute))
	eventually(t, d, "a change after the cut", isValue(78))
}

func TestBlackHole(t *testing.T) {
	server := startServer(t, orders{})
	for _, mode := range []string{pollMode, subscribeMode} {
		t.Run(mode, func(t *testing.T) {
			l := newLink(t, server.port)
			d := openInsecure(t, l.addr, tagsOf("flow"), "watchdog: 1s", "mode: "+mode)
			mustRead(t, d)
			l.setHole(true, nil)
			var err error
			until(t, "that it is noticed", func() bool { _, err = read(t, d); return err != nil })
			if why := agent.ReasonFor(err); why.Code != agent.Timeout {
				t.Errorf("got %+v, want a timeout", why)
			}
			if _, err = read(t, d); agent.ReasonFor(err).Code != agent.Timeout {
				t.Errorf("dialling into the hole = %v, want a timeout", err)
			}
			l.setHole(false, nil)
			l.cut() // a connection that lost bytes is no connection
			l.up(t)
			eventually(t, d, "a value", func(r agent.Reading) bool { return r.Quality == agent.Good })
		})
	}
}

func TestCtxEndsDialling(t *testing.T) {
	for _, mode := range []string{pollMode, subscribeMode} {
		l := newLink(t, common(t).port)
		d := openInsecure(t, l.addr, tagsOf("flow"), "mode: "+mode)
		d.section.Watchdog = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		l.setHole(true, cancel)
		if _, err := d.Read(ctx, d.tags, &agent.Batch{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Read = %v, want %v", mode, err, context.Canceled)
		}
	}
}

func TestServerKilledAndRestarted(t *testing.T) {
	server := launch(t, orders{})
	l := newLink(t, server.port)
	d := openInsecure(t, l.addr, tagsOf("flow"))
	mustRead(t, d)
	for i := range 5 {
		server.kill()
		failed := false
		until(t, "the loss", func() bool { _, err := read(t, d); failed = err != nil; return failed })
		server = launch(t, orders{})
		l.setTarget(server.port)
		eventually(t, d, "the first value", isValue(12.5))
		server.set(t, "flow", float64(i), time.Now())
		eventually(t, d, "a change", isValue(float64(i)))
	}
	server.kill()
	if n := metric(d, "recoup_opcua_sessions_total"); n != 6 {
		t.Errorf("sessions = %g, want 6", n)
	}
}

func TestThousandNodes(t *testing.T) {
	const n = 1000
	server := startServer(t, orders{Items: n})
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("item%d", i))
	}
	for _, mode := range []string{pollMode, subscribeMode} {
		t.Run(mode, func(t *testing.T) {
			d := openInsecure(t, newLink(t, server.port).addr, tagsOf(names...), "mode: "+mode, "watchdog: 20s")
			got := map[string]agent.Value{}
			for _, r := range mustRead(t, d).Readings {
				got[r.Tag.Name] = r.Value
			}
			for i, name := range names {
				if v := got["tag."+name]; v != agent.Float64Value(float64(i)) {
					t.Errorf("%s = %q, want %d", name, v, i)
				}
			}
			if d.session.perRead != 32 {
				t.Errorf("nodes per read = %d, want the server's limit 32", d.session.perRead)
			}
		})
	}
}

func TestNoGoroutineLeft(t *testing.T) {
	server := common(t)
	l := newLink(t, server.port)
	for i := range 50 {
		d := openInsecure(t, l.addr, tagsOf("flow"))
		if i%2 == 0 {
			d = openInsecure(t, l.addr, tagsOf("flow"), "mode: poll")
		}
		mustRead(t, d)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var stacks string
	until(t, "that the goroutines end", func() bool {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		return !strings.Contains(stacks, "gopcua/opcua/uasc") && !strings.Contains(stacks, "opcua.(*Driver)")
	})
}

func TestClocksThatDifferAreTold(t *testing.T) {
	var told bytes.Buffer
	d := openInsecure(t, "127.0.0.1:1", tagsOf("flow"))
	d.log = slog.New(slog.NewTextHandler(&told, nil))
	for _, c := range []struct {
		behind time.Duration
		lines  int
	}{{0, 0}, {9 * time.Second, 0}, {-11 * time.Second, 1}, {-12 * time.Second, 1}, {0, 1}, {time.Hour, 2}} {
		d.compareClocks(c.behind)
		if got := strings.Count(told.String(), "WARN"); got != c.lines {
			t.Errorf("%s behind: %d warnings, want %d", c.behind, got, c.lines)
		}
	}
}
