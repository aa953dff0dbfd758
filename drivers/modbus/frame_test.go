package modbus

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/goburrow/modbus"
)

// readRequest is a read as the codec writes it.
func readRequest(unit uint8, t table, start, quantity uint16) []byte {
	data := binary.BigEndian.AppendUint16(nil, start)
	data = binary.BigEndian.AppendUint16(data, quantity)
	adu, err := newUnit(unit).packager.Encode(&modbus.ProtocolDataUnit{FunctionCode: byte(t), Data: data})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return adu
}

func TestFrameSize(t *testing.T) {
	cases := []struct {
		header []byte
		want   int
		kind   string // of the error, "" for none
	}{
		{[]byte{0, 1, 0, 0, 0, 2, 1}, 8, ""},
		{[]byte{0, 1, 0, 0, 0, 254, 1}, 260, ""},
		{[]byte{0, 1, 0, 0, 0, 1, 1}, 0, badLength},
		{[]byte{0, 1, 0, 0, 0, 0, 1}, 0, badLength},
		{[]byte{0, 1, 0, 0, 0, 255, 1}, 0, badLength},
		{[]byte{0, 1, 0, 0, 255, 255, 1}, 0, badLength},
		{[]byte{0, 1, 0, 1, 0, 5, 1}, 0, badProtocolID},
		{[]byte("HTTP/1."), 0, badProtocolID},
	}
	for _, c := range cases {
		got, err := frameSize(c.header)
		if got != c.want || kindOf(err) != c.kind {
			t.Errorf("frameSize(% x) = %d, %v; want %d and kind %q", c.header, got, err, c.want, c.kind)
		}
	}
}

func kindOf(err error) string {
	var reply *badReply
	if errors.As(err, &reply) {
		return reply.kind
	}
	return ""
}

func TestCheckReply(t *testing.T) {
	registers := readRequest(1, holding, 100, 2)
	bits := readRequest(1, coil, 0, 9)
	cases := []struct {
		name           string
		request, reply []byte
		kind           string
	}{
		{"registers", registers, []byte{0, 1, 0, 0, 0, 7, 1, 3, 4, 1, 2, 3, 4}, ""},
		{"bits", bits, []byte{0, 1, 0, 0, 0, 5, 1, 1, 2, 0xff, 1}, ""},
		{"exception", registers, []byte{0, 1, 0, 0, 0, 3, 1, 0x83, 2}, ""},
		{"other unit", registers, []byte{0, 1, 0, 0, 0, 7, 2, 3, 4, 1, 2, 3, 4}, badUnit},
		{"other function", registers, []byte{0, 1, 0, 0, 0, 7, 1, 4, 4, 1, 2, 3, 4}, badFunction},
		{"exception of another function", registers, []byte{0, 1, 0, 0, 0, 3, 1, 0x84, 2}, badFunction},
		{"exception without a code", registers, []byte{0, 1, 0, 0, 0, 2, 1, 0x83}, badLength},
		{"exception with too much", registers, []byte{0, 1, 0, 0, 0, 4, 1, 0x83, 2, 2}, badLength},
		{"function alone", registers, []byte{0, 1, 0, 0, 0, 2, 1, 3}, badLength},
		{"too few registers", registers, []byte{0, 1, 0, 0, 0, 5, 1, 3, 2, 1, 2}, badByteCount},
		{"too many registers", registers, []byte{0, 1, 0, 0, 0, 9, 1, 3, 6, 1, 2, 3, 4, 5, 6}, badByteCount},
		{"count above the data", registers, []byte{0, 1, 0, 0, 0, 5, 1, 3, 4, 1, 2}, badByteCount},
		{"data above the count", registers, []byte{0, 1, 0, 0, 0, 9, 1, 3, 4, 1, 2, 3, 4, 5, 6}, badByteCount},
		{"too few bits", bits, []byte{0, 1, 0, 0, 0, 4, 1, 1, 1, 0xff}, badByteCount},
	}
	for _, c := range cases {
		if err := checkReply(c.request, c.reply); kindOf(err) != c.kind || (err != nil) != (c.kind != "") {
			t.Errorf("%s: checkReply(% x) = %v, want kind %q", c.name, c.reply, err, c.kind)
		}
	}
}

// What passes our checks also passes the codec's, with as many bytes as asked.
func FuzzReply(f *testing.F) {
	f.Add(byte(3), uint16(2), []byte{0, 1, 0, 0, 0, 7, 1, 3, 4, 1, 2, 3, 4})
	f.Add(byte(1), uint16(9), []byte{0, 1, 0, 0, 0, 5, 1, 1, 2, 0xff, 1})
	f.Add(byte(4), uint16(1), []byte{0, 1, 0, 0, 0, 3, 1, 0x84, 2})
	f.Add(byte(2), uint16(2000), []byte{0, 1, 0, 0, 255, 255, 0})
	f.Fuzz(func(t *testing.T, code byte, quantity uint16, data []byte) {
		if code < 1 || code > 4 || quantity < 1 || quantity > 2000 || code > 2 && quantity > 125 || len(data) < headerSize {
			return
		}
		size, err := frameSize(data)
		if err != nil {
			return
		}
		if size < headerSize+1 || size > maxFrame {
			t.Fatalf("frameSize(% x) = %d, outside 8 to 260", data, size)
		}
		if len(data) < size {
			return
		}
		replies := replayed(data[:size])
		client := modbus.NewClient2(newUnit(1).packager, replies)
		result, err := askClient(client, table(code), quantity)
		var exception *modbus.ModbusError
		switch {
		case errors.As(err, &exception):
			if exception.FunctionCode != code|exceptional {
				t.Errorf("% x passed as an exception of function %d", data, code)
			}
		case kindOf(err) != "":
		case err != nil:
			t.Errorf("% x passed our checks and not the codec's: %v", data, err)
		case len(result) != byteCount(table(code), quantity):
			t.Errorf("% x gave %d bytes for %d of function %d", data, len(result), quantity, code)
		}
	})
}

// replayed is a transporter whose far side always sends the same frame.
type replayed []byte

func (r replayed) Send(request []byte) ([]byte, error) {
	reply := append([]byte(nil), r...)
	copy(reply, request[:2])
	if err := checkReply(request, reply); err != nil {
		return nil, err
	}
	return reply, nil
}

func askClient(client modbus.Client, t table, quantity uint16) ([]byte, error) {
	switch t {
	case coil:
		return client.ReadCoils(0, quantity)
	case discrete:
		return client.ReadDiscreteInputs(0, quantity)
	case holding:
		return client.ReadHoldingRegisters(0, quantity)
	}
	return client.ReadInputRegisters(0, quantity)
}
