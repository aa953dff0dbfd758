package sim

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"time"
)

// serve answers one connection's requests, one after the other.
func (s *Server) serve(conn net.Conn) {
	var header [7]byte
	var pdu [253]byte
	var held []byte // a late reply that waits for the next request
	for {
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint16(header[4:]))
		if header[2] != 0 || header[3] != 0 || length < 2 || length > 254 {
			s.malformed()
			return
		}
		if _, err := io.ReadFull(conn, pdu[:length-1]); err != nil {
			return
		}
		r, complete := parse(header[6], pdu[:length-1])
		faults := s.faults.Load() // before the request is counted, so that a test can wait for the count
		s.count(r)
		answer := faults.pdu(s.image.Frame(), r, complete)
		if answer == nil {
			continue
		}
		reply := adu(binary.BigEndian.Uint16(header[:]), r.Unit, answer)
		var ok bool
		if held, ok = s.reply(conn, faults, reply, held); !ok {
			return
		}
	}
}

func (s *Server) malformed() {
	s.mu.Lock()
	s.counts.Malformed++
	s.mu.Unlock()
}

func (s *Server) count(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Requests++
	s.counts.ByFunction[r.Function]++
	if !r.Reads() {
		s.counts.Other++
	}
	if s.recent = append(s.recent, r); len(s.recent) >= 2*recentRequests {
		s.recent = slices.Delete(s.recent, 0, len(s.recent)-recentRequests)
	}
}

// reply sends what the faults leave of a reply, after one that was held back.
// It gives what is to be held back now, and false at the connection's end.
func (s *Server) reply(conn net.Conn, f *Faults, reply, held []byte) ([]byte, bool) {
	if held != nil && !s.send(conn, f, held) {
		return nil, false
	}
	s.mu.Lock()
	s.counts.Replies++
	nth := s.counts.Replies
	s.mu.Unlock()
	if !s.wait(f.Delay) {
		return nil, false
	}
	if !f.spoils(nth) {
		return nil, s.send(conn, f, reply)
	}
	if f.Spoil == Late && f.LateBy == 0 {
		return reply, true
	}
	if f.Spoil == Late && !s.wait(f.LateBy) {
		return nil, false
	}
	b, last := f.spoilt(reply)
	return nil, s.send(conn, f, b) && !last
}

// send writes b, byte by byte when the server dribbles.
func (s *Server) send(conn net.Conn, f *Faults, b []byte) bool {
	if f.Dribble <= 0 {
		_, err := conn.Write(b)
		return err == nil
	}
	for i := range b {
		if _, err := conn.Write(b[i : i+1]); err != nil || !s.wait(f.Dribble) {
			return false
		}
	}
	return true
}

// wait lets d pass; false means that the server was closed meanwhile.
func (s *Server) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.done:
		return false
	case <-timer.C:
		return true
	}
}
