package sim

import (
	"encoding/binary"
	"time"
)

// Faults is how a Server misbehaves. The zero value is an honest device. They
// may be set at any time; a request sees one setting.
type Faults struct {
	Delay   time.Duration // before every reply
	Dribble time.Duration // between the bytes of every reply; 0: all at once
	Mute    bool          // accepts and reads, never answers
	Silent  bool          // an unknown or dead unit gets no answer rather than exception 0x0B
	Dead    []byte        // unit ids that do not answer behind the gateway
	Refuse  []Refusal     // exceptions for stretches of addresses

	Spoil    Spoil         // what happens to every nth reply
	Nth      int           // 0 and 1: every reply is spoilt
	LateBy   time.Duration // with Late; 0: until the next request arrives on the connection
	CutAfter int           // with Cut: bytes of the reply that still leave
}

// Spoil is a way to spoil a reply.
type Spoil uint8

const (
	NoSpoil          Spoil = iota
	Late                   // sent after the client has given up, just before the next reply
	WrongTransaction       // another transaction id
	WrongUnit              // another unit id
	WrongFunction          // another function code
	ShortCount             // a byte count, and as many bytes, of one register too few
	WrongCount             // a byte count that promises more than the frame holds
	HugeLength             // a header that promises 65,535 bytes
	Cut                    // the connection ends after CutAfter bytes
	Garbage                // bytes that are no Modbus, then the connection ends
)

// Refusal answers every read that touches [From, To] of a unit's table with an
// exception.
type Refusal struct {
	Unit     byte
	Table    Table
	From, To uint16
	Code     byte
}

func (r Refusal) hits(q Request) bool {
	return q.Reads() && r.Unit == q.Unit && r.Table == q.table() &&
		int(q.Address) <= int(r.To) && int(q.Address)+int(q.Count) > int(r.From)
}

// pdu gives the answer under these faults; nil means silence.
func (f *Faults) pdu(frame *Frame, r Request, complete bool) []byte {
	dead := !frame.units[r.Unit]
	for _, unit := range f.Dead {
		dead = dead || unit == r.Unit
	}
	switch {
	case f.Mute, dead && f.Silent:
		return nil
	case dead:
		return exception(r.Function, noAnswerBehind)
	}
	for _, refusal := range f.Refuse {
		if refusal.hits(r) {
			return exception(r.Function, refusal.Code)
		}
	}
	return frame.answer(r, complete)
}

// spoils reports whether the nth reply of a server is to be spoilt.
func (f *Faults) spoils(nth uint64) bool {
	return f.Spoil != NoSpoil && nth%uint64(max(f.Nth, 1)) == 0
}

// adu puts the header before a PDU.
func adu(transaction uint16, unit byte, pdu []byte) []byte {
	b := make([]byte, 7, 7+len(pdu))
	binary.BigEndian.PutUint16(b, transaction)
	binary.BigEndian.PutUint16(b[4:], uint16(1+len(pdu)))
	b[6] = unit
	return append(b, pdu...)
}

// spoilt changes a reply in place, or replaces it; last says that the
// connection ends after it.
func (f *Faults) spoilt(reply []byte) (b []byte, last bool) {
	switch f.Spoil {
	case WrongTransaction:
		reply[1] ^= 0x55
	case WrongUnit:
		reply[6]++
	case WrongFunction:
		reply[7] ^= 0x07
	case ShortCount:
		if len(reply) < 11 { // an exception or a single byte has nothing to leave out
			break
		}
		reply = reply[:len(reply)-2]
		reply[8] -= 2
		binary.BigEndian.PutUint16(reply[4:], uint16(len(reply)-6))
	case WrongCount:
		if reply[7]&0x80 == 0 { // an exception has no count
			reply[8] += 2
		}
	case HugeLength:
		binary.BigEndian.PutUint16(reply[4:], 0xFFFF)
	case Cut:
		return reply[:min(f.CutAfter, len(reply))], true
	case Garbage:
		return []byte("\xff\xfe\x13\x37\xff\xff\xde\xad\xbe\xef not Modbus at all \x00\x00"), true
	}
	return reply, false
}
