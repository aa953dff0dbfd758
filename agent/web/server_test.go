package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"recoup/agent"
)

func request(method, path string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:9466"
	return r
}

func get(t *testing.T, s *Server, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.routes.ServeHTTP(w, request("GET", path))
	return w
}

func TestListenIsLoopbackOnly(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:9466": "", "127.9.9.9:0": "", "[::1]:9466": "", "localhost:9466": "",
		"0.0.0.0:9466":     "other addresses need TLS and users, not available yet (use 127.0.0.1:9466 and a tunnel)",
		":9466":            "other addresses need TLS and users, not available yet (use 127.0.0.1:9466 and a tunnel)",
		"10.0.0.5:9466":    "other addresses need TLS and users, not available yet (use 127.0.0.1:9466 and a tunnel)",
		"plant.local:9466": "other addresses need TLS and users, not available yet (use 127.0.0.1:9466 and a tunnel)",
		"[::]:9466":        "other addresses need TLS and users, not available yet (use 127.0.0.1:9466 and a tunnel)",
		"127.0.0.1":        "is not address:port (write 127.0.0.1:9466)",
		"":                 "is not address:port (write 127.0.0.1:9466)",
		"127.0.0.1:99999":  "is not a port (write 127.0.0.1:9466)",
	} {
		_, err := New(Config{Listen: listen}, board(t), nil, nil, slog.New(slog.DiscardHandler))
		var faults agent.Faults
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", listen, err)
		case want != "" && (!errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != "listen" || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want a fault at listen: %s", listen, err, want)
		}
	}
}

// TestUnknownZone: config has named the fault; the page shows UTC and lives.
func TestUnknownZone(t *testing.T) {
	plant := shanghai
	plant.Timezone = "Mars/Olympus"
	b := agent.NewBoard(agent.SystemClock(), plant, "v", nil, nil, nil, nil)
	s, err := New(Config{Listen: "127.0.0.1:0"}, b, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil || s.loc != time.UTC {
		t.Errorf("got %v, want a page in UTC", err)
	}
}

func TestServeUntilStopped(t *testing.T) {
	s := server(t, board(t), nil)
	for range 2 { // the agent calls Serve again after an error
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx) }()
		addr := waitForAddr(t, s, done)
		reply, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(reply.Body)
		reply.Body.Close()
		if reply.StatusCode != 200 || string(body) != "ok\n" {
			t.Errorf("GET /healthz = %d %q, want 200 ok", reply.StatusCode, body)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve returned %v after the end of its context, want nil", err)
		}
		if got := s.Addr(); got != "" {
			t.Errorf("Addr = %q after the stop, want none", got)
		}
	}
}

func TestServeStopsDespiteAnOpenRequest(t *testing.T) {
	s := server(t, board(t), nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	conn, err := net.Dial("tcp", waitForAddr(t, s, done))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: loc") // never ends
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}

// waitForAddr asks until the server listens; done says that it never will.
func waitForAddr(t *testing.T, s *Server, done chan error) string {
	t.Helper()
	for {
		select {
		case err := <-done:
			t.Fatalf("Serve ended: %v", err)
		case <-time.After(time.Millisecond):
			if addr := s.Addr(); addr != "" {
				return addr
			}
		}
	}
}

func TestTakenPortIsAnErrorThatHelps(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := server(t, board(t), nil)
	s.listen = ln.Addr().String()
	err = s.Serve(t.Context())
	if err == nil || !strings.Contains(err.Error(), s.listen+"; free the port or set another under web.listen") {
		t.Errorf("got %v, want an error that names %s and what to do", err, s.listen)
	}
}

func TestOnlyReadingRequestsOfThisHost(t *testing.T) {
	s := server(t, board(t), nil)
	for _, c := range []struct {
		method, host, path string
		want               int
	}{
		{"GET", "127.0.0.1:9466", "/", 200}, {"HEAD", "localhost", "/", 200}, {"GET", "[::1]:9466", "/healthz", 200}, {"GET", "LOCALHOST:1", "/metrics", 200},
		{"GET", "::1", "/style.css", 200}, {"GET", "127.0.0.1", "/live.js", 200},
		{"POST", "localhost", "/", 405}, {"DELETE", "localhost", "/api/v1/board", 405}, {"PUT", "localhost", "/nowhere", 405}, {"BREW", "localhost", "/", 405},
		{"GET", "evil.example", "/", 403}, {"GET", "localhost.evil.example", "/", 403}, {"GET", "", "/", 403}, {"GET", "10.0.0.5:9466", "/", 403},
		{"POST", "evil.example", "/", 403}, {"GET", "[::1", "/", 200}, {"GET", "127.0.0.1.evil.example:80", "/", 403},
		{"GET", "localhost", "/nowhere", 404}, {"GET", "localhost", "/index.html", 404}, {"GET", "localhost", "/page/page.html", 404},
		{"GET", "localhost", "/../../etc/passwd", 307}, {"GET", "localhost", "/api/v1/", 404}, {"GET", "localhost", "/%00", 404},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		s.routes.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s at %q = %d, want %d", c.method, c.path, c.host, w.Code, c.want)
		}
		if w.Code == http.StatusMethodNotAllowed && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow = %q", c.method, c.path, w.Header().Get("Allow"))
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s at %q: %s = %q, want %q", c.method, c.path, c.host, name, got, want)
			}
		}
	}
}

func TestHeadersHaveALimit(t *testing.T) {
	s := server(t, board(t), nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	conn, err := net.Dial("tcp", waitForAddr(t, s, done))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", strings.Repeat("x", 3*headerBytes))
	line, _ := bufio.NewReader(conn).ReadString('\n')
	if !strings.Contains(line, "431") {
		t.Errorf("a header of %d bytes got %q, want 431", 3*headerBytes, line)
	}
	conn.Close()
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestAFaultStaysInItsRequest(t *testing.T) {
	book := &logbook{}
	s := server(t, board(t), nil)
	s.log = slog.New(slog.NewTextHandler(book, nil))
	w := httptest.NewRecorder()
	s.fence(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("BUG: boom") })).ServeHTTP(w, request("GET", "/x"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("got %d %q, want 500 without the fault's text", w.Code, w.Body)
	}
	if !strings.Contains(book.text.String(), "BUG: boom") || !strings.Contains(book.text.String(), "path=/x") {
		t.Errorf("the log does not name fault and path: %s", book.text.String())
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want ErrAbortHandler to go on", err)
		}
	}()
	s.fence(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })).ServeHTTP(w, request("GET", "/x"))
}

func TestReady(t *testing.T) {
	if w := get(t, server(t, board(t), nil), "/readyz"); w.Code != 200 || w.Body.String() != "ready\n" {
		t.Errorf("GET /readyz = %d %q, want 200 ready", w.Code, w.Body)
	}
	empty := agent.NewBoard(agent.SystemClock(), shanghai, "v", nil, nil, nil, nil)
	if w := get(t, server(t, empty, nil), "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "nothing has been recorded yet") {
		t.Errorf("GET /readyz before the start = %d %q, want 503 with the reason", w.Code, w.Body)
	}
	b := board(t)
	b.Show(&agent.Batch{Mark: agent.Mark{Seq: 43}, Source: agent.Own, Events: []agent.Event{
		{Kind: agent.DiskTrouble, Start: now, Reason: agent.Reason{Detail: "no space left on device"}}}})
	if w := get(t, server(t, b, nil), "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "no space left on device") {
		t.Errorf("GET /readyz with disk trouble = %d %q, want 503 with the reason", w.Code, w.Body)
	}
	failing := agent.Snapshot{Newest: agent.Mark{Seq: 1}, Commit: agent.CommitState{Err: "EIO"}}
	if got := unready(&failing); len(got) != 1 || got[0] != "disk: EIO" {
		t.Errorf("unready with a failing commit = %q, want disk: EIO", got)
	}
}
