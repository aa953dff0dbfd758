// Package web is the local endpoint: /metrics for Prometheus, a small JSON API
// and a page for people. It stands at the end of the flow and reads only the
// board, and for long series of results the buffer's history; nothing that it does can
// slow down polling or change a device.
//
//	Board ─► trust.go (what may still be believed) ─► page, API, /metrics
//
// It listens on loopback addresses only: other addresses need TLS and users.
package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"recoup/agent"
)

// Config is the web section of the configuration.
type Config struct {
	Listen string `yaml:"listen"` // address:port; loopback only
}

const (
	headerTime  = 5 * time.Second
	requestTime = 10 * time.Second
	answerTime  = 30 * time.Second
	idleTime    = 60 * time.Second
	stopTime    = 2 * time.Second
	headerBytes = 16 << 10
)

// Server serves the local endpoint.
type Server struct {
	board   *agent.Board
	history agent.History   // may be nil
	figures agent.Explainer // may be nil
	reading chan struct{}   // holds the one request that reads the history
	log     *slog.Logger
	loc     *time.Location
	listen  string
	page    *template.Template
	texts   [2]map[string]string // by say.Lang
	manual  [2]map[string]leaf   // likewise, by name
	routes  http.Handler
	addr    atomic.Pointer[string]
}

// New checks cfg and builds the server; it does not listen yet. The error is
// agent.Faults. history and figures may be nil: without the one there is no
// past beyond the board's, without the other no change is split into shares.
func New(cfg Config, board *agent.Board, history agent.History, figures agent.Explainer, log *slog.Logger) (*Server, error) {
	var faults agent.Faults
	checkListen(cfg.Listen, &faults)
	loc, err := time.LoadLocation(board.Snapshot().Plant.Timezone)
	if err != nil {
		loc = time.UTC // config has named the fault already
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	s := &Server{board: board, history: history, figures: figures, reading: make(chan struct{}, 1), log: log, loc: loc, listen: cfg.Listen}
	if err := s.loadPage(); err != nil {
		panic("BUG: the embedded page cannot be parsed: " + err.Error())
	}
	if err := s.loadManual(); err != nil {
		panic("BUG: the embedded manual cannot be read: " + err.Error())
	}
	s.routes = s.handler()
	return s, nil
}

func checkListen(listen string, faults *agent.Faults) {
	const fix = "write 127.0.0.1:9466"
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		faults.Add("listen", fix, "%q is not address:port", listen)
		return
	}
	if host != "localhost" {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
			faults.Add("listen", "use 127.0.0.1:9466 and a tunnel", "other addresses need TLS and users, not available yet")
		}
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		faults.Add("listen", fix, "%q is not a port", port)
	}
}

// Serve listens and serves until ctx ends, then finishes running requests for
// at most 2 s and returns nil. An error says that it cannot listen or stopped
// listening; Serve may be called again.
func (s *Server) Serve(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("local page cannot listen on %s; free the port or set another under web.listen: %w", s.listen, err)
	}
	addr := ln.Addr().String()
	s.addr.Store(&addr)
	defer s.addr.Store(nil)
	srv := &http.Server{
		Handler:           s.routes,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	disarm := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			srv.Close()
		}
	})
	err = srv.Serve(ln)
	if disarm() {
		return errors.Join(fmt.Errorf("local page stopped listening on %s: %w", addr, err), srv.Close())
	}
	<-stopped
	return nil
}

// Addr gives the address that Serve listens on, "" while it does not.
func (s *Server) Addr() string {
	if addr := s.addr.Load(); addr != nil {
		return *addr
	}
	return ""
}
