package kpi

import (
	"encoding/binary"
	"errors"
	"math"

	"recoup/agent"
)

// writer appends the parts of a checkpoint.
type writer struct{ buf []byte }

func (w *writer) uint(v uint64)   { w.buf = binary.AppendUvarint(w.buf, v) }
func (w *writer) int(v int64)     { w.buf = binary.AppendVarint(w.buf, v) }
func (w *writer) fixed(v uint64)  { w.buf = binary.LittleEndian.AppendUint64(w.buf, v) }
func (w *writer) float(v float64) { w.fixed(math.Float64bits(v)) }
func (w *writer) byte(v byte)     { w.buf = append(w.buf, v) }

func (w *writer) bool(v bool) {
	if v {
		w.byte(1)
	} else {
		w.byte(0)
	}
}

func (w *writer) text(v string) {
	w.uint(uint64(len(v)))
	w.buf = append(w.buf, v...)
}

func (w *writer) span(v span) {
	w.int(v.start)
	w.int(v.end)
}

var errDamaged = errors.New("the checkpoint is damaged")

// reader takes them off again. After the first error every read gives zeros.
type reader struct {
	buf []byte
	err error
}

func (r *reader) fail() { r.buf, r.err = nil, errDamaged }

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.buf)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.buf)) {
		r.fail()
		return nil
	}
	head := r.buf[:n]
	r.buf = r.buf[n:]
	return head
}

func (r *reader) fixed() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// float refuses what the engine never holds.
func (r *reader) float() float64 {
	v := math.Float64frombits(r.fixed())
	if math.IsNaN(v) {
		r.fail()
		return 0
	}
	return v
}

func (r *reader) byte() byte {
	b := r.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (r *reader) bool() bool   { return r.byte() == 1 }
func (r *reader) text() string { return string(r.take(r.uint())) }
func (r *reader) span() span   { return span{r.int(), r.int()} }

func (r *reader) hash() (h [32]byte) {
	copy(h[:], r.take(32))
	return h
}

// count reads how many of something follow, of which each takes a byte at least.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (w *writer) losses(all []agent.Lost) {
	w.uint(uint64(len(all)))
	for _, l := range all {
		w.byte(byte(l.Cause))
		w.text(l.About)
		w.float(l.Seconds)
	}
}

func (r *reader) losses() (all []agent.Lost) {
	for range r.count() {
		all = append(all, agent.Lost{Cause: agent.Code(r.byte()), About: r.text(), Seconds: r.float()})
	}
	return all
}

func (w *writer) sum(s *sum) {
	w.bool(s.begun)
	if !s.begun {
		return
	}
	w.uint(uint64(len(s.parts)))
	for _, p := range s.parts {
		w.float(p.total)
		w.float(p.usys)
		w.float(p.urand)
		w.bool(p.stock)
		if p.stock {
			w.float(p.head)
			w.float(p.tail)
		}
	}
	w.float(s.seconds)
	w.losses(s.lost)
	w.losses(s.doubts)
	w.float(s.doubted)
	w.bool(s.partial)
	w.int(s.caught)
	w.sways(s.parts)
	w.scatter(&s.scatter)
}

func (r *reader) sum() (s sum) {
	if s.begun = r.bool(); !s.begun {
		return sum{}
	}
	for range r.count() {
		p := part{total: r.float(), usys: r.float(), urand: r.float(), stock: r.bool()}
		if p.stock {
			p.head, p.tail = r.float(), r.float()
		}
		s.parts = append(s.parts, p)
	}
	s.seconds = r.float()
	s.lost, s.doubts, s.doubted = r.losses(), r.losses(), r.float()
	s.partial, s.caught = r.bool(), r.int()
	r.sways(s.parts)
	s.scatter = r.scatter()
	return s
}
