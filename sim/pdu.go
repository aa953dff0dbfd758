package sim

import "encoding/binary"

// Exception codes of the Modbus specification.
const (
	illegalFunction = 1
	illegalAddress  = 2
	illegalValue    = 3
	noAnswerBehind  = 0x0B // gateway: target device failed to respond
)

// Request is what a client asked for. Address and Count are meaningful for
// function codes 1 to 4 of the right length only.
type Request struct {
	Unit, Function byte
	Address, Count uint16
}

// Reads reports whether the request could not change anything.
func (r Request) Reads() bool { return r.Function >= 1 && r.Function <= 4 }

// table gives the address space that function codes 1 to 4 read.
func (r Request) table() Table {
	return [...]Table{0, Coil, Discrete, Holding, Input}[r.Function]
}

// parse reads unit id and PDU, which is not empty.
func parse(unit byte, pdu []byte) (r Request, complete bool) {
	r = Request{Unit: unit, Function: pdu[0]}
	if len(pdu) >= 5 {
		r.Address, r.Count = binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	}
	return r, len(pdu) == 5
}

// exception is the PDU by which a device refuses.
func exception(function, code byte) []byte { return []byte{function | 0x80, code} }

// answer gives the PDU that an honest device answers with.
func (f *Frame) answer(r Request, complete bool) []byte {
	switch {
	case !f.units[r.Unit]:
		return exception(r.Function, noAnswerBehind)
	case !r.Reads():
		return exception(r.Function, illegalFunction)
	case !complete || r.Count == 0 || r.Count > mostPerRequest(r.table()):
		return exception(r.Function, illegalValue)
	case int(r.Address)+int(r.Count) > 1<<16:
		return exception(r.Function, illegalAddress)
	case r.table().Bits():
		return f.bits(r)
	}
	return f.registers(r)
}

// mostPerRequest is the specification's limit of one answer.
func mostPerRequest(t Table) uint16 {
	if t.Bits() {
		return 2000
	}
	return 125
}

func (f *Frame) registers(r Request) []byte {
	pdu := make([]byte, 2, 2+2*int(r.Count))
	pdu[0], pdu[1] = r.Function, byte(2*r.Count)
	for i := range r.Count {
		word, ok := f.Get(r.Unit, r.table(), r.Address+i)
		if !ok {
			return exception(r.Function, illegalAddress)
		}
		pdu = binary.BigEndian.AppendUint16(pdu, word)
	}
	return pdu
}

func (f *Frame) bits(r Request) []byte {
	size := (int(r.Count) + 7) / 8
	pdu := make([]byte, 2+size)
	pdu[0], pdu[1] = r.Function, byte(size)
	for i := range r.Count {
		word, ok := f.Get(r.Unit, r.table(), r.Address+i)
		if !ok {
			return exception(r.Function, illegalAddress)
		}
		if word != 0 {
			pdu[2+i/8] |= 1 << (i % 8)
		}
	}
	return pdu
}
