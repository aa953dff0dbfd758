package modbus

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"

	"recoup/agent"
)

// wireType is how a value is laid out on the wire.
type wireType uint8

const (
	boolType wireType = iota
	uint16Type
	int16Type
	uint32Type
	int32Type
	float32Type
	uint64Type
	int64Type
	float64Type
	wireTypes // how many there are
)

func (t wireType) String() string {
	return [...]string{"bool", "uint16", "int16", "uint32", "int32", "float32", "uint64", "int64", "float64"}[t]
}

// width is how many registers the type takes; a bool takes one bit.
func (t wireType) width() int {
	switch {
	case t >= uint64Type:
		return 4
	case t >= uint32Type:
		return 2
	}
	return 1
}

func typeNamed(word string) (wireType, bool) {
	for t := range wireTypes {
		if word == t.String() {
			return t, true
		}
	}
	return 0, false
}

// typeFix names the type that a word of other tools and of IEC 61131-3 means.
func typeFix(word string) string {
	const all = "one of bool, uint16, int16, uint32, int32, uint64, int64, float32, float64"
	likely := map[string]wireType{
		"real": float32Type, "float": float32Type, "single": float32Type, "f32": float32Type, "lreal": float64Type, "double": float64Type, "f64": float64Type,
		"word": uint16Type, "uint": uint16Type, "u16": uint16Type, "int": int16Type, "s16": int16Type, "i16": int16Type,
		"dword": uint32Type, "udint": uint32Type, "u32": uint32Type, "dint": int32Type, "s32": int32Type, "i32": int32Type,
		"lword": uint64Type, "ulint": uint64Type, "u64": uint64Type, "lint": int64Type, "s64": int64Type, "i64": int64Type, "bit": boolType, "boolean": boolType,
	}
	if t, ok := likely[word]; ok {
		return "write " + t.String() + " (" + all + ")"
	}
	return "write " + all
}

// order says how a device departs from the standard's order, most significant
// byte and register first. The letters name the value's bytes from the most
// significant, in the order they stand on the wire: cdab is words swapped, badc
// bytes swapped within words, dcba both. Eight-byte types follow the same
// logic: ghefcdab, badcfehg, hgfedcba, or the four letters for short.
type order struct{ words, bytes bool }

// letters gives the order's name for a type.
func (o order) letters(t wireType) string {
	n := 2 * t.width()
	name := make([]byte, n)
	for i := range name {
		at := i
		if o.words {
			at = n - 2 - i&^1 + i&1
		}
		if o.bytes {
			at ^= 1
		}
		name[i] = 'a' + byte(at)
	}
	return string(name)
}

func orderNamed(word string, t wireType) (order, bool) {
	if t == boolType {
		return order{}, false
	}
	for _, o := range ordersOf(t) {
		if word == o.letters(t) || t.width() == 4 && word == o.letters(uint32Type) {
			return o, true
		}
	}
	return order{}, false
}

func ordersOf(t wireType) []order {
	if t.width() == 1 {
		return []order{{}, {bytes: true}}
	}
	return []order{{}, {words: true}, {bytes: true}, {words: true, bytes: true}}
}

func orderFix(t wireType) string {
	switch t {
	case boolType:
		return "leave the order out: a bit has none"
	case uint16Type, int16Type:
		return "leave the order out, or write ba when the device swaps the two bytes of a register"
	}
	names := make([]string, 0, 4)
	for _, o := range ordersOf(t) {
		names = append(names, o.letters(t))
	}
	return fmt.Sprintf("write one of %s; %s when left out", strings.Join(names, ", "), names[0])
}

// looksLikeOrder recognises an order, so that a missing type is named as such.
func looksLikeOrder(word string) bool {
	_, four := orderNamed(word, uint32Type)
	_, eight := orderNamed(word, uint64Type)
	_, two := orderNamed(word, uint16Type)
	return two || four || eight
}

// decode takes the value out of the registers it lies in, bit-exact. It does
// not allocate.
func decode(t wireType, o order, data []byte) agent.Value {
	var u uint64
	switch t.width() {
	case 1:
		u = uint64(o.load16(data))
	case 2:
		u = uint64(o.load32(data))
	default:
		u = o.load64(data)
	}
	switch t {
	case int16Type:
		return agent.Int64Value(int64(int16(u)))
	case int32Type:
		return agent.Int64Value(int64(int32(u)))
	case int64Type:
		return agent.Int64Value(int64(u))
	case float32Type:
		// By its bits: some processors change a signalling NaN on the way
		// through a float register.
		return agent.ValueOf(agent.Float32, u, "")
	case float64Type:
		return agent.ValueOf(agent.Float64, u, "")
	}
	return agent.Uint64Value(u)
}

// decodeBit takes bit i out of the packed bits of a reply.
func decodeBit(data []byte, i int) agent.Value {
	return agent.BoolValue(data[i/8]>>(i%8)&1 == 1)
}

func (o order) load16(data []byte) uint16 {
	u := binary.BigEndian.Uint16(data)
	if o.bytes {
		u = bits.ReverseBytes16(u)
	}
	return u
}

func (o order) load32(data []byte) uint32 {
	high, low := o.load16(data), o.load16(data[2:])
	if o.words {
		high, low = low, high
	}
	return uint32(high)<<16 | uint32(low)
}

func (o order) load64(data []byte) uint64 {
	high, low := o.load32(data), o.load32(data[4:])
	if o.words {
		high, low = low, high
	}
	return uint64(high)<<32 | uint64(low)
}
