package http

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// lent is a buffer lent to a request. net/http may go on reading a body after
// the request has ended, as when the server answered early; once the buffer is
// taken back such a read gets an error instead of the next delivery's bytes.
type lent struct {
	mu   sync.Mutex // guards data
	data []byte
	sent *atomic.Uint64
}

var errTakenBack = errors.New("the request has ended")

func (l *lent) reader() io.ReadCloser { return &lentReader{from: l} }

func (l *lent) again() (io.ReadCloser, error) { return l.reader(), nil }

func (l *lent) takeBack() {
	l.mu.Lock()
	l.data = nil
	l.mu.Unlock()
}

// lentReader has no WriteTo on purpose: it would hand out the buffer itself.
type lentReader struct {
	from *lent
	at   int
}

func (r *lentReader) Read(p []byte) (int, error) {
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	switch {
	case r.from.data == nil:
		return 0, errTakenBack
	case r.at == len(r.from.data):
		return 0, io.EOF
	}
	n := copy(p, r.from.data[r.at:])
	r.at += n
	r.from.sent.Add(uint64(n))
	return n, nil
}

func (r *lentReader) Close() error { return nil }
