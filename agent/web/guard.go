package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
)

// handler routes requests; what every one must pass stands in front.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.servePage)
	mux.HandleFunc("/live", s.serveLive)
	mux.HandleFunc("/style.css", serveAsset("page/style.css", "text/css; charset=utf-8"))
	mux.HandleFunc("/live.js", serveAsset("page/live.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("/manual/", s.serveManual)
	mux.Handle("/metrics", s.metrics())
	mux.HandleFunc("/healthz", serveHealth)
	mux.HandleFunc("/readyz", s.serveReady)
	mux.HandleFunc("/api/v1/board", s.serveBoard)
	mux.HandleFunc("/api/v1/results", s.serveResults)
	mux.HandleFunc("/api/v1/events", s.serveEvents)
	mux.HandleFunc("/api/v1/why", s.serveWhy)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not found; there are /, /manual/, /metrics, /healthz, /readyz, /api/v1/board, /api/v1/results, /api/v1/events and /api/v1/why", http.StatusNotFound)
	})
	return s.fence(guard(mux))
}

// guard lets in reading requests meant for this host only. A foreign Host
// header is the mark of a web site that had its name resolved to this PC.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !localHost(r.Host):
			http.Error(w, "wrong host: ask for 127.0.0.1 or localhost, through a tunnel if need be", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "read-only: only GET and HEAD are served", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func localHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.IsLoopback()
}

// write sends a body. A browser that left is no fault of ours.
func write(w http.ResponseWriter, body []byte) { _, _ = w.Write(body) }

// fence keeps a fault in one request to that request.
func (s *Server) fence(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if err, is := fault.(error); is && errors.Is(err, http.ErrAbortHandler) {
				panic(fault)
			}
			s.log.Error("request ended by a fault in the program", "path", r.URL.Path, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			http.Error(w, "a fault in the program; see the log", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
