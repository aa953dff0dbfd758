package modbus

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

const peerEnd = 60000 // first address that the peer does not have

// fault changes what the peer does with its nth request: it gives what is sent
// instead of reply, and whether the connection is cut afterwards. One runs at a
// time.
type fault func(n int, request, reply []byte) (send []byte, cut bool)

// peer is a Modbus TCP server with every unit, whose registers and bits follow
// from their address unless they are put.
type peer struct {
	addr string
	done sync.WaitGroup

	mu       sync.Mutex // guards all below
	listener net.Listener
	conns    []net.Conn
	accepted int
	requests int
	others   int // with a function code that does not read
	units    map[byte]int
	put      map[uint16]uint16 // holding and input registers
	fault    fault
}

func newPeer(t testing.TB) *peer {
	p := &peer{addr: "127.0.0.1:0", put: map[uint16]uint16{}, units: map[byte]int{}}
	p.start(t)
	t.Cleanup(func() { p.stop(); p.done.Wait() })
	return p
}

func (p *peer) start(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		t.Fatalf("peer: %v", err)
	}
	p.mu.Lock()
	p.listener, p.addr = listener, listener.Addr().String()
	p.mu.Unlock()
	p.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.accepted++
			p.conns = append(p.conns, conn)
			p.mu.Unlock()
			p.done.Go(func() { p.serve(conn) })
		}
	})
}

// stop refuses new connections and cuts those there are.
func (p *peer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener.Close()
	p.cutLocked()
}

func (p *peer) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
}

func (p *peer) cutLocked() {
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
}

func (p *peer) setFault(f fault) {
	p.mu.Lock()
	p.fault = f
	p.mu.Unlock()
}

func (p *peer) putRegisters(start uint16, words ...uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range words {
		p.put[start+uint16(i)] = w
	}
}

// seen gives what has been counted so far.
func (p *peer) seen() (accepted, requests, others int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted, p.requests, p.others
}

func (p *peer) askedUnit(id byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.units[id]
}

func (p *peer) serve(conn net.Conn) {
	defer conn.Close()
	request := make([]byte, maxFrame)
	for {
		if _, err := io.ReadFull(conn, request[:headerSize]); err != nil {
			return
		}
		size := 6 + int(binary.BigEndian.Uint16(request[4:]))
		if _, err := io.ReadFull(conn, request[headerSize:size]); err != nil {
			return
		}
		send, cut := p.answer(request[:size])
		if _, err := conn.Write(send); err != nil || cut {
			return
		}
	}
}

func (p *peer) answer(request []byte) (send []byte, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := p.reply(request)
	p.requests++
	p.units[request[6]]++
	if p.fault == nil {
		return reply, false
	}
	return p.fault(p.requests, slices.Clone(request), reply)
}

func (p *peer) reply(request []byte) []byte {
	code := request[headerSize]
	if code < 1 || code > 4 {
		p.others++
		return exceptionReply(request, 1)
	}
	start, quantity := binary.BigEndian.Uint16(request[8:]), binary.BigEndian.Uint16(request[10:])
	if int(start)+int(quantity) > peerEnd {
		return exceptionReply(request, 2)
	}
	n := byteCount(table(code), quantity)
	reply := make([]byte, headerSize+2, headerSize+2+n)
	copy(reply, request[:headerSize+1])
	binary.BigEndian.PutUint16(reply[4:], uint16(3+n))
	reply[headerSize+1] = byte(n)
	if table(code).bits() {
		reply = reply[:cap(reply)]
		for i := range quantity {
			if bitAt(start + i) {
				reply[headerSize+2+i/8] |= 1 << (i % 8)
			}
		}
		return reply
	}
	for i := range quantity {
		word, put := p.put[start+i]
		if !put {
			word = wordAt(start + i)
		}
		reply = binary.BigEndian.AppendUint16(reply, word)
	}
	return reply
}

func wordAt(address uint16) uint16 { return address*7 + 3 }
func bitAt(address uint16) bool    { return address*5%3 == 0 }

func exceptionReply(request []byte, code byte) []byte {
	reply := slices.Clone(request[:headerSize+2])
	binary.BigEndian.PutUint16(reply[4:], 3)
	reply[headerSize] |= exceptional
	reply[headerSize+1] = code
	return reply
}
