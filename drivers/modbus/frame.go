package modbus

import (
	"encoding/binary"
	"fmt"
)

const (
	headerSize  = 7   // transaction id, protocol id, length, unit id
	requestSize = 12  // a header, the function code, first address and quantity
	maxFrame    = 260 // header and the longest PDU, 253 bytes
	exceptional = 0x80
)

// badReply is a reply that cannot be an answer to what was asked. Kind is a
// metric label.
type badReply struct{ kind, detail string }

func (b *badReply) Error() string { return b.detail }

func bad(kind, format string, args ...any) error {
	return &badReply{kind, fmt.Sprintf(format, args...)}
}

// The kinds of badReply, and of writing that we refuse.
const (
	badProtocolID  = "protocol_id"
	badLength      = "length"
	badTransaction = "transaction_id"
	badUnit        = "unit_id"
	badFunction    = "function"
	badByteCount   = "byte_count"
)

func badKinds() []string {
	return []string{badProtocolID, badLength, badTransaction, badUnit, badFunction, badByteCount}
}

// frameSize gives how long the frame is that begins with this header. It does
// not believe a length that no Modbus frame has, so that garbage cannot make us
// wait for bytes that never come.
func frameSize(header []byte) (int, error) {
	if id := binary.BigEndian.Uint16(header[2:]); id != 0 {
		return 0, bad(badProtocolID, "protocol id %d instead of 0: not a Modbus reply", id)
	}
	length := int(binary.BigEndian.Uint16(header[4:])) // of unit id and PDU
	if length < 2 || length > maxFrame-headerSize+1 {
		return 0, bad(badLength, "frame length %d, possible is 2 to %d", length, maxFrame-headerSize+1)
	}
	return headerSize - 1 + length, nil
}

// checkReply compares a whole frame with the request it bears the id of: only
// what is long enough and exactly as long as was asked for goes on to the
// client, which looks at neither.
func checkReply(request, reply []byte) error {
	if reply[6] != request[6] {
		return bad(badUnit, "unit %d answered instead of unit %d", reply[6], request[6])
	}
	asked, got := request[headerSize], reply[headerSize]
	switch got {
	case asked:
	case asked | exceptional:
		if len(reply) != headerSize+2 {
			return bad(badLength, "an exception of %d bytes instead of 2", len(reply)-headerSize)
		}
		return nil
	default:
		return bad(badFunction, "function code %d in reply to %d", got, asked)
	}
	want := byteCount(table(asked), binary.BigEndian.Uint16(request[10:]))
	if len(reply) < headerSize+2 {
		return bad(badLength, "a reply without a byte count")
	}
	if count, have := int(reply[headerSize+1]), len(reply)-headerSize-2; count != want || have != want {
		return bad(badByteCount, "byte count %d and %d bytes of data instead of %d", count, have, want)
	}
	return nil
}

// byteCount is how many bytes of data answer a read of quantity.
func byteCount(t table, quantity uint16) int {
	if t.bits() {
		return (int(quantity) + 7) / 8
	}
	return 2 * int(quantity)
}
