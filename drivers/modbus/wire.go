package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"recoup/agent"
)

const (
	// closeAfter timeouts in a row the connection is given up: a device that
	// lost it without a word would be asked in vain for ever.
	closeAfter = 3
	// lateWindow is how many requests back a reply counts as late; one with any
	// other id is no reply of ours.
	lateWindow = 1024
)

// wire is one TCP connection, with one request in flight. It belongs to the
// goroutine that reads.
type wire struct {
	host           string // host:port
	timeout        time.Duration
	connectTimeout time.Duration
	pause          time.Duration // between a reply and the next request
	count          *counters

	conn    net.Conn // nil: not connected
	dialled bool     // at least once
	id      uint16   // of the newest request; it goes on counting over connections
	sent    uint64
	silent  int       // timeouts in a row
	rested  time.Time // when the last exchange ended

	out  [requestSize]byte
	in   [maxFrame]byte
	have int // bytes of in that are filled: a frame may come in pieces, even across a timeout
}

// call is the transporter of one request: it lends the wire a context. It
// implements modbus.Transporter.
type call struct {
	ctx  context.Context
	wire *wire
}

// Send refuses everything but a read before a byte leaves.
func (c call) Send(adu []byte) ([]byte, error) {
	if len(adu) != requestSize || table(adu[headerSize]) < coil || table(adu[headerSize]) > input {
		return nil, errors.New("not sent: recoup only reads, with function codes 1 to 4")
	}
	return c.wire.exchange(c.ctx, adu)
}

// connect dials unless there is a connection.
func (w *wire) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	keepAlive := net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}
	dialer := net.Dialer{Timeout: w.connectTimeout, KeepAliveConfig: keepAlive}
	conn, err := dialer.DialContext(ctx, "tcp", w.host)
	if ctx.Err() != nil {
		if err == nil {
			conn.Close()
		}
		return ctx.Err()
	}
	if err != nil {
		return agent.Because(agent.NoConnection,
			fmt.Errorf("no connection (check that the device is on, its address, and the network): %w", cause(err)))
	}
	if w.dialled {
		w.count.reconnected()
	}
	w.conn, w.dialled, w.have, w.silent = conn, true, 0, 0
	return nil
}

// watch ends a wait on the connection when ctx ends. Release it before the
// connection is used with another context.
func (w *wire) watch(ctx context.Context) (release func()) {
	conn, done := w.conn, make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		conn.SetDeadline(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// exchange sends one read request and gives the reply, valid until the next
// exchange. Its errors are ctx's own when ctx ended, or marked Timeout (the
// connection is kept: ids sort late replies out), NoConnection or Protocol (the
// connection is closed).
func (w *wire) exchange(ctx context.Context, request []byte) ([]byte, error) {
	if w.conn == nil {
		panic("BUG: exchange without a connection")
	}
	if err := w.rest(ctx); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(w.timeout)
	ctxFirst := false
	if d, has := ctx.Deadline(); has && d.Before(deadline) {
		deadline, ctxFirst = d, true
	}
	w.conn.SetDeadline(deadline)
	if ctx.Err() != nil { // asked after the deadline is set, which would undo what watch does
		return nil, ctx.Err()
	}
	err := w.send(request)
	if err == nil {
		err = w.receive()
	}
	w.rested = time.Now()
	if err != nil {
		return nil, w.failed(ctx, err, ctxFirst)
	}
	w.silent = 0
	reply := w.in[:w.have]
	w.have = 0
	copy(reply, request[:2]) // the client compares with its own id
	return reply, nil
}

// send gives a request its own id and writes it. One that leaves in part spoils the
// connection, so not even a passed deadline counts as silence here.
func (w *wire) send(request []byte) error {
	w.id++
	w.sent++
	copy(w.out[:], request)
	binary.BigEndian.PutUint16(w.out[:], w.id)
	w.count.asked(w.out[6])
	if n, err := w.conn.Write(w.out[:]); err != nil {
		return fmt.Errorf("%d of %d bytes sent: %v", n, requestSize, cause(err))
	}
	return nil
}

// receive reads until the reply to the newest request is in w.in.
func (w *wire) receive() error {
	for {
		if err := w.frame(); err != nil {
			return err
		}
		id := binary.BigEndian.Uint16(w.in[:])
		if id == w.id {
			return checkReply(w.out[:], w.in[:w.have])
		}
		if behind := uint64(w.id - id); behind >= min(w.sent, lateWindow) {
			return bad(badTransaction, "transaction id %d, which was not asked for", id)
		}
		w.count.late()
		w.have = 0
	}
}

// frame reads one whole frame, and nothing beyond it. What an earlier wait left
// unfinished is gone on with.
func (w *wire) frame() error {
	if err := w.fill(headerSize); err != nil {
		return err
	}
	size, err := frameSize(w.in[:headerSize])
	if err != nil {
		return err
	}
	return w.fill(size)
}

func (w *wire) fill(size int) error {
	for w.have < size {
		n, err := w.conn.Read(w.in[w.have:size])
		w.have += n
		if err != nil && w.have < size {
			return err
		}
	}
	return nil
}

// failed sorts out why an exchange failed. The end of ctx is not the device's
// silence.
func (w *wire) failed(ctx context.Context, err error, ctxFirst bool) error {
	var reply *badReply
	switch {
	case errors.As(err, &reply):
		w.Close()
		w.count.protocolError(reply.kind)
		return agent.Because(agent.Protocol, fmt.Errorf("not an answer to the request (look for a second master or a faulty gateway): %w", err))
	case !errors.Is(err, os.ErrDeadlineExceeded):
		w.Close()
		return agent.Because(agent.NoConnection, fmt.Errorf("connection lost (the device or a gateway closed it, or the network broke): %w", cause(err)))
	case ctx.Err() != nil:
		return ctx.Err()
	case ctxFirst:
		return context.DeadlineExceeded
	}
	w.silent++
	return agent.Because(agent.Timeout, fmt.Errorf("no answer within %s (check the unit id, or raise timeout)", w.timeout))
}

// cause takes the addresses out of a network error: the source's is known, and
// our port is another each time, which would make the same state look new.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// rest waits until the pause after the last exchange is over.
func (w *wire) rest(ctx context.Context) error {
	left := time.Until(w.rested.Add(w.pause))
	if w.pause == 0 || left <= 0 {
		return nil
	}
	return agent.Sleep(ctx, left)
}

// settle gives the connection up when nothing was heard on it for too long. It
// comes after a whole Read, so that one silent unit cannot cost its neighbours
// the connection.
func (w *wire) settle() {
	if w.silent >= closeAfter {
		w.Close()
	}
}

// Close closes the connection, if there is one.
func (w *wire) Close() error {
	if w.conn == nil {
		return nil
	}
	err := w.conn.Close()
	w.conn = nil
	return err
}
