package sim

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// Server is a Modbus TCP device, or a gateway to several, that answers from an
// Image. It writes nothing into the image whatever is asked, and counts what
// is asked: a client that only reads leaves OtherRequests at zero. Its methods
// are safe from any goroutine.
type Server struct {
	image  *Image
	addr   string
	faults atomic.Pointer[Faults]
	done   chan struct{} // closed by Close: ends every wait
	wg     sync.WaitGroup

	mu     sync.Mutex // guards all below
	ln     net.Listener
	closed bool
	conns  map[net.Conn]struct{}
	counts Counts
	recent []Request
}

// Counts is what a Server has seen since it began.
type Counts struct {
	Connections uint64
	Peak        int         // connections open at the same time
	Requests    uint64      // all, whatever became of them
	Other       uint64      // those with a function code other than 1 to 4
	ByFunction  [256]uint64 // requests
	Malformed   uint64      // frames that are no Modbus; the connection is closed
	Replies     uint64      // sent or spoilt
}

const recentRequests = 10000

// Listen starts a server on an address of this computer: "127.0.0.1:0" takes a
// free port. Any address but loopback is refused, because the simulator has no
// business on a plant's network.
func Listen(address string, image *Image) (*Server, error) {
	ln, err := listenLoopback(address)
	if err != nil {
		return nil, err
	}
	s := &Server{image: image, addr: ln.Addr().String(), done: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	s.faults.Store(&Faults{})
	s.accept(ln)
	return s, nil
}

// listenLoopback refuses every address but loopback before a socket is opened.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: write it like 127.0.0.1:1502: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen address %q is not loopback; the simulator serves this computer only: use 127.0.0.1", address)
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another port, or 0 for a free one): %w", address, err)
	}
	return ln, nil
}

// Addr is where the server listens, for example 127.0.0.1:1502. It stays the
// same for the server's life.
func (s *Server) Addr() string { return s.addr }

// SetFaults changes how the server misbehaves from the next request on.
func (s *Server) SetFaults(f Faults) { s.faults.Store(&f) }

// Requests counts every request that arrived whole.
func (s *Server) Requests() uint64 { return s.Counts().Requests }

// OtherRequests counts the requests whose function code was not 1 to 4: those
// that might have changed something.
func (s *Server) OtherRequests() uint64 { return s.Counts().Other }

// Counts gives all counters.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// Recent gives the newest 10,000 requests, oldest first.
func (s *Server) Recent() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recent[max(0, len(s.recent)-recentRequests):])
}

// PowerOff ends all connections and refuses new ones, as a PLC without power.
func (s *Server) PowerOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ln != nil {
		s.ln.Close()
		s.ln = nil
	}
	s.drop()
}

// PowerOn listens again on the same port after PowerOff.
func (s *Server) PowerOn() error {
	s.mu.Lock()
	nothingToDo := s.closed || s.ln != nil
	s.mu.Unlock()
	if nothingToDo {
		return nil
	}
	ln, err := listenLoopback(s.addr)
	if err != nil {
		return err
	}
	s.accept(ln)
	return nil
}

// DropConnections ends all connections; the server goes on listening.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// drop needs s.mu.
func (s *Server) drop() {
	for conn := range s.conns {
		conn.Close()
	}
}

// Close ends all connections and returns when nothing of the server runs any
// more. The port is free then.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.PowerOff()
	s.wg.Wait()
	return nil
}

// accept starts the loop that takes connections from ln.
func (s *Server) accept(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.ln != nil {
		ln.Close()
		return
	}
	s.ln = ln
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // PowerOff or Close closed it
			}
			s.begin(ln, conn)
		}
	})
}

// begin starts serving a connection, unless its listener was closed meanwhile.
func (s *Server) begin(ln net.Listener, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ln != ln {
		conn.Close()
		return
	}
	s.conns[conn] = struct{}{}
	s.counts.Connections++
	s.counts.Peak = max(s.counts.Peak, len(s.conns))
	s.wg.Go(func() {
		s.serve(conn)
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	})
}
