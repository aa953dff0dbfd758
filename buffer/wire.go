package buffer

import (
	"encoding/binary"
	"math"
	"time"

	"recoup/agent"
)

// The primitives of the form on disk. Numbers are varints, times are seconds
// and nanoseconds so that every time.Time comes back, floats are their bits.

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendTime(dst []byte, t time.Time) []byte {
	dst = binary.AppendVarint(dst, t.Unix())
	return binary.AppendUvarint(dst, uint64(t.Nanosecond()))
}

func appendFloat(dst []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
}

func appendReason(dst []byte, r agent.Reason) []byte {
	return appendString(append(dst, byte(r.Code)), r.Detail)
}

func appendMark(dst []byte, m agent.Mark) []byte {
	return binary.AppendUvarint(binary.LittleEndian.AppendUint64(dst, m.Epoch), m.Seq)
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

const keptNames = 4096 // distinct short strings that an input remembers

// input reads what the append functions wrote. The first thing that does not
// fit makes it bad for good; what it then gives is zero.
type input struct {
	b     []byte
	bad   bool
	names map[string]string // one copy of each name, over all frames; nil: none

	columns *unscratch // for readings
}

func (in *input) fail() {
	in.bad = true
	in.b = nil
}

func (in *input) bytes(n int) []byte {
	if n < 0 || n > len(in.b) {
		in.fail()
		return nil
	}
	taken := in.b[:n]
	in.b = in.b[n:]
	return taken
}

func (in *input) byte() byte {
	if len(in.b) == 0 {
		in.fail()
		return 0
	}
	v := in.b[0]
	in.b = in.b[1:]
	return v
}

func (in *input) uvarint() uint64 {
	if len(in.b) > 0 && in.b[0] < 0x80 {
		return uint64(in.byte())
	}
	v, n := binary.Uvarint(in.b)
	if n <= 0 {
		in.fail()
		return 0
	}
	in.b = in.b[n:]
	return v
}

func (in *input) varint() int64 { return unzigzag(in.uvarint()) }

func (in *input) uint64() uint64 {
	if b := in.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (in *input) float() float64 { return math.Float64frombits(in.uint64()) }

// count reads a number of things of which each takes at least size bytes.
func (in *input) count(size int) int {
	n := in.uvarint()
	if n > uint64(len(in.b)/size) {
		in.fail()
		return 0
	}
	return int(n)
}

func (in *input) str() string { return string(in.bytes(in.count(1))) }

// name reads a string that comes again and again, without a copy each time.
func (in *input) name() string {
	b := in.bytes(in.count(1))
	if len(b) == 0 {
		return ""
	}
	if s, known := in.names[string(b)]; known {
		return s
	}
	s := string(b)
	if in.names != nil && len(in.names) < keptNames {
		in.names[s] = s
	}
	return s
}

func (in *input) time() time.Time {
	sec := in.varint()
	nsec := in.uvarint()
	if nsec > 999_999_999 {
		in.fail()
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

func (in *input) reason() agent.Reason {
	code := agent.Code(in.byte())
	return agent.Reason{Code: code, Detail: in.name()}
}

func (in *input) mark() agent.Mark {
	epoch := in.uint64()
	return agent.Mark{Epoch: epoch, Seq: in.uvarint()}
}
