package sim

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	mostSent     = 64 << 20  // bytes of a body on the wire
	mostUnpacked = 512 << 20 // bytes of a body
)

// Upstream is a far side for tests: it takes POST /v1/batches, checks that no
// number is missing, repeated or forked, and tells at GET /status. An upstream
// that joins a plant late counts the numbers before as holes. Its methods are
// safe from any goroutine.
type Upstream struct {
	addr      string
	file      io.Writer // nil: bodies are not kept
	behaviour atomic.Pointer[Behaviour]
	wg        sync.WaitGroup

	switching sync.Mutex // one Up, Down or Close at a time
	closed    bool
	serving   *http.Server // nil: down
	cancel    context.CancelFunc

	handling sync.RWMutex // held for reading by every handler, so that Down can wait for them

	mu     sync.Mutex // guards all below, and writing to file
	books  *books
	posts  uint64 // reached the point where FailEvery looks
	fails  uint64
	broken error // of file; nothing is taken after it
}

// ListenUpstream starts an upstream on a loopback address; "127.0.0.1:0" takes
// a free port. Each accepted body becomes one JSON line in file, without what
// was stored before; file may be nil.
func ListenUpstream(address string, file io.Writer) (*Upstream, error) {
	ln, err := listenLoopback(address)
	if err != nil {
		return nil, err
	}
	u := &Upstream{addr: ln.Addr().String(), file: file, books: newBooks()}
	u.behaviour.Store(&Behaviour{})
	u.switching.Lock()
	defer u.switching.Unlock()
	u.serve(ln)
	return u, nil
}

// URL is where batches are posted to. It stays the same for u's life.
func (u *Upstream) URL() string { return "http://" + u.addr + "/v1/batches" }

// Behave changes how requests are treated from the next one on.
func (u *Upstream) Behave(b Behaviour) { u.behaviour.Store(&b) }

// Tally gives what was counted.
func (u *Upstream) Tally() Tally {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.books.sum()
}

// serve starts answering on ln; u.switching is held.
func (u *Upstream) serve(ln net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/batches", u.post)
	mux.HandleFunc("GET /status", u.status)
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: u.whileUp(mux), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	u.serving, u.cancel = server, cancel
	u.wg.Go(func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Sprintf("BUG: test upstream: %v", err))
		}
	})
}

// whileUp runs handlers so that Down can wait for the last of them.
func (u *Upstream) whileUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.handling.RLock()
		defer u.handling.RUnlock()
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // began while going down
		}
		next.ServeHTTP(w, r)
	})
}

// Down ends all connections, refuses new ones and returns when no request is
// being handled any more.
func (u *Upstream) Down() {
	u.switching.Lock()
	defer u.switching.Unlock()
	u.down()
}

func (u *Upstream) down() {
	if u.serving != nil {
		u.cancel()
		u.serving.Close()
		u.serving = nil
		u.handling.Lock() // waits for the last one
		defer u.handling.Unlock()
	}
	u.wg.Wait()
}

// Up listens again on the same port after Down.
func (u *Upstream) Up() error {
	u.switching.Lock()
	defer u.switching.Unlock()
	if u.serving != nil || u.closed {
		return nil
	}
	ln, err := listenLoopback(u.addr)
	if err != nil {
		return err
	}
	u.serve(ln)
	return nil
}

// Close goes down for good; what was counted can still be asked for. The error
// is that of writing to the file, after which the upstream took nothing more.
func (u *Upstream) Close() error {
	u.switching.Lock()
	defer u.switching.Unlock()
	u.closed = true
	u.down()
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.broken
}

func (u *Upstream) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.MarshalIndent(u.Tally(), "", "  ")
	if err != nil {
		panic(fmt.Sprintf("BUG: tally: %v", err))
	}
	fmt.Fprintf(w, "%s\n", text)
}

// post takes one delivery.
func (u *Upstream) post(w http.ResponseWriter, r *http.Request) {
	behaviour := u.behaviour.Load()
	u.count(&u.books.tally.Requests)
	if !pause(r.Context(), behaviour.Delay) {
		panic(http.ErrAbortHandler)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, mostSent+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	if behaviour.stand(w, r, len(raw)) {
		u.count(&u.books.tally.Injected)
		return
	}
	body, d, err := read(r, raw)
	if err != nil {
		u.count(&u.books.tally.BadRequests)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if behaviour.Poison != nil && behaviour.Poison.in(d) {
		u.count(&u.books.tally.Injected)
		http.Error(w, "the value of "+behaviour.Poison.Tag+" is not accepted here", http.StatusBadRequest)
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.books.tally.Bytes += uint64(len(raw))
	u.take(w, r.Header.Get("Idempotency-Key"), body, d, behaviour)
}

func (u *Upstream) count(n *uint64) {
	u.mu.Lock()
	*n++
	u.mu.Unlock()
}

// take stores a delivery and answers with its echo; u.mu is held.
func (u *Upstream) take(w http.ResponseWriter, key string, body []byte, d *delivery, behaviour *Behaviour) {
	u.posts++
	fail := behaviour.FailEvery > 0 && u.posts%uint64(behaviour.FailEvery) == 0
	if fail {
		u.fails++
		u.books.tally.Injected++
		if u.fails%2 == 1 {
			http.Error(w, "failed before storing, as told by the test", http.StatusServiceUnavailable)
			return
		}
	}
	if !u.books.sameUse(key, d) {
		u.books.tally.BadRequests++
		http.Error(w, "this Idempotency-Key was used for another delivery", http.StatusUnprocessableEntity)
		return
	}
	if u.broken == nil {
		u.broken = u.keep(body, d, u.books.take(key, d))
	}
	if u.broken != nil {
		http.Error(w, u.broken.Error(), http.StatusInternalServerError)
		return
	}
	if fail {
		panic(http.ErrAbortHandler) // the connection ends: stored, but not acknowledged
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"epoch":%q,"from":%d,"to":%d}`+"\n", d.Epoch, d.From, d.To)
}

// keep appends what was new to the file.
func (u *Upstream) keep(body []byte, d *delivery, repeated bool) error {
	if u.file == nil || len(d.Batches) == 0 {
		return nil
	}
	b, err := line(body, d, repeated)
	if err != nil {
		return err
	}
	if _, err := u.file.Write(b); err != nil {
		return fmt.Errorf("keep a body: %w", err)
	}
	return nil
}

// read gives the unpacked body and what it says.
func read(r *http.Request, raw []byte) ([]byte, *delivery, error) {
	if r.Header.Get("Idempotency-Key") == "" {
		return nil, nil, errors.New("the header Idempotency-Key is missing")
	}
	if len(raw) > mostSent {
		return nil, nil, fmt.Errorf("body: more than %d bytes", mostSent)
	}
	body, err := unpack(r.Header.Get("Content-Encoding"), bytes.NewReader(raw))
	if err != nil {
		return nil, nil, fmt.Errorf("body: %w", err)
	}
	d, err := parseDelivery(body)
	return body, d, err
}

func unpack(encoding string, r io.Reader) ([]byte, error) {
	switch encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpacked))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	default:
		return nil, fmt.Errorf("content encoding %q, want zstd, gzip or none", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(r, mostUnpacked+1))
	if err == nil && len(body) > mostUnpacked {
		return nil, fmt.Errorf("more than %d bytes", mostUnpacked)
	}
	return body, err
}

// pause lets d pass; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
