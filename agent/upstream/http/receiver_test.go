package http

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/klauspost/compress/zstd"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/payload"
)

func find(tags []*agent.Tag) func(string, uint32) *agent.Tag {
	return func(name string, gen uint32) *agent.Tag {
		for _, tag := range tags {
			if tag.Name == name && tag.Gen == gen {
				return tag
			}
		}
		return nil
	}
}

// receiver is the far side as a careful one is built: it keeps one copy of each
// Idempotency-Key and repeats the numbers.
type receiver struct {
	tags []*agent.Tag

	mu      sync.Mutex       // guards all below
	handle  http.HandlerFunc // in place of taking, when set
	seen    map[string]bool
	stored  []agenttest.Row
	taken   []agent.Delivery
	headers []http.Header // of each request
	bodies  int           // bytes of them
	broken  []error
}

func newReceiver(t *testing.T, tags []*agent.Tag) (*receiver, *httptest.Server) {
	r := &receiver{tags: tags, seen: map[string]bool{}}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		server.Close()
		for _, err := range r.broken {
			t.Errorf("a request that a receiver cannot read: %v", err)
		}
	})
	return r, server
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	r.headers = append(r.headers, q.Header)
	handle := r.handle
	r.mu.Unlock()
	if handle != nil {
		handle(w, q)
		return
	}
	r.take(w, q)
}

func (r *receiver) take(w http.ResponseWriter, q *http.Request) {
	d, err := r.read(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.broken = append(r.broken, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if key := q.Header.Get("Idempotency-Key"); !r.seen[key] {
		r.seen[key] = true
		r.taken = append(r.taken, d)
		for _, b := range d.Batches {
			for _, one := range b.Readings {
				eng, _ := one.Tag.Eng(one.Value)
				r.stored = append(r.stored, agenttest.Row{Name: one.Tag.Name, Time: one.Time, Value: eng})
			}
			for _, one := range b.Results {
				r.stored = append(r.stored, agenttest.Row{Name: one.KPI, Time: one.Window.Start, Value: one.Value})
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"epoch":"%016x","from":%d,"to":%d,"stored":true}`, d.Epoch, d.From, d.To)
}

func (r *receiver) read(q *http.Request) (agent.Delivery, error) {
	packed, err := io.ReadAll(q.Body)
	if err != nil {
		return agent.Delivery{}, err
	}
	if got := q.Header.Get("Content-Type"); q.Method != http.MethodPost || got != payload.MediaType {
		return agent.Delivery{}, fmt.Errorf("%s of %q", q.Method, got)
	}
	r.mu.Lock()
	r.bodies += len(packed)
	r.mu.Unlock()
	plain, err := unpack(packed, q.Header.Get("Content-Encoding"))
	if err != nil {
		return agent.Delivery{}, err
	}
	_, d, err := payload.Decode(bytes.NewReader(plain), find(r.tags))
	return d, err
}

func unpack(packed []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "":
		return packed, nil
	case "zstd":
		reader, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(1<<20))
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		return reader.DecodeAll(packed, nil)
	case "gzip":
		reader, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(reader)
	}
	return nil, errors.New("unknown encoding " + encoding)
}

func (r *receiver) play(handle http.HandlerFunc) {
	r.mu.Lock()
	r.handle = handle
	r.mu.Unlock()
}

func (r *receiver) rows() []agenttest.Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]agenttest.Row(nil), r.stored...)
}

func (r *receiver) lastHeader() http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.headers[len(r.headers)-1]
}

var fixed = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func spec(dir, text string) agent.Spec {
	return agent.Spec{
		Name: "hq", Dir: dir, Plant: agent.Plant{ID: "cq-mill-2", Name: "Mill"}, Log: slog.New(slog.DiscardHandler),
		Clock:  agent.Clock{Wall: func() time.Time { return fixed }},
		Decode: func(into any) error { return yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict()) },
	}
}

// open builds an upstream to url with a secret in its token file.
func open(t *testing.T, url string, lines ...string) *Upstream {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(append([]string{"url: " + url, "token_file: token"}, lines...), "\n")
	built, err := New(spec(dir, text))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { built.Close() })
	return built.(*Upstream)
}

const secret = "hunter2-hunter2"

var suiteTags = []*agent.Tag{{Name: "a.flow", Unit: "m3/h", Source: "a", Gen: 7}, {Name: "a.temp", Unit: "Cel", Source: "a", Gen: 7, Index: 1}}

func TestSuite(t *testing.T) {
	agenttest.UpstreamSuite(t, func(t *testing.T) agenttest.UpstreamRig {
		r, server := newReceiver(t, suiteTags)
		release := make(chan struct{})
		t.Cleanup(func() { close(release) }) // before the server waits for its handlers
		return agenttest.UpstreamRig{
			Upstream: open(t, server.URL), Tags: suiteTags, Stored: r.rows,
			Mend:   func() { r.play(nil) },
			Break:  func() { r.play(status(http.StatusServiceUnavailable, "")) },
			Refuse: func() { r.play(status(http.StatusUnprocessableEntity, "no")) },
			Lose: func() {
				r.play(func(_ http.ResponseWriter, q *http.Request) {
					r.take(httptest.NewRecorder(), q)
					panic(http.ErrAbortHandler)
				})
			},
			Stall: func(reached func()) {
				r.play(func(http.ResponseWriter, *http.Request) { reached(); <-release })
			},
			Limit: func(most int) {
				r.play(func(w http.ResponseWriter, q *http.Request) {
					text, _ := io.ReadAll(q.Body)
					q.Body = io.NopCloser(bytes.NewReader(text))
					d, err := r.read(q)
					rows := 0
					for _, b := range d.Batches {
						rows += b.Rows()
					}
					if err != nil || rows > most {
						w.WriteHeader(http.StatusRequestEntityTooLarge)
						return
					}
					q.Body = io.NopCloser(bytes.NewReader(text))
					r.take(w, q)
				})
			},
		}
	})
}

func status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, text)
	}
}
