package modbus

import (
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

// layOut writes a value's bytes, most significant first, in the order that the
// letters say: the definition of the letters, spelt out.
func layOut(value []byte, letters string) []byte {
	data := make([]byte, len(letters))
	for i, letter := range letters {
		data[i] = value[letter-'a']
	}
	return data
}

func TestDecode(t *testing.T) {
	cases := []struct {
		typ     string
		value   []byte // most significant first
		letters []string
		want    agent.Value
	}{
		{"uint16", []byte{0x80, 0x01}, []string{"ab", "ba"}, agent.Uint64Value(0x8001)},
		{"int16", []byte{0xff, 0xfe}, []string{"ab", "ba"}, agent.Int64Value(-2)},
		{"uint32", []byte{0xf0, 0x01, 0x02, 0x03}, []string{"abcd", "cdab", "badc", "dcba"}, agent.Uint64Value(0xf0010203)},
		{"int32", []byte{0xff, 0xff, 0xfe, 0x00}, []string{"abcd", "cdab", "badc", "dcba"}, agent.Int64Value(-512)},
		{"float32", []byte{0x47, 0xf1, 0x20, 0x00}, []string{"abcd", "cdab", "badc", "dcba"}, agent.Float32Value(123456)},
		{
			"uint64", []byte{0xf0, 1, 2, 3, 4, 5, 6, 7}, []string{"abcdefgh", "ghefcdab", "badcfehg", "hgfedcba"},
			agent.Uint64Value(0xf001020304050607),
		},
		{
			"int64", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0}, []string{"abcdefgh", "ghefcdab", "badcfehg", "hgfedcba"},
			agent.Int64Value(-512),
		},
		{
			"float64", []byte{0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18}, []string{"abcdefgh", "ghefcdab", "badcfehg", "hgfedcba"},
			agent.Float64Value(math.Pi),
		},
	}
	for _, c := range cases {
		for _, letters := range c.letters {
			a, err := parseAddress("holding 0 " + c.typ + " " + letters)
			if err != nil {
				t.Errorf("%s %s: %v", c.typ, letters, err)
				continue
			}
			data := layOut(c.value, letters)
			if got := decode(a.typ, a.order, data); got != c.want {
				t.Errorf("%s %s of % x = %v, want %v", c.typ, letters, data, got, c.want)
			}
		}
	}
}

// A wrong order must not be mistaken for the right one, so each order has one
// layout.
func TestOrdersDiffer(t *testing.T) {
	for typ := uint16Type; typ < wireTypes; typ++ {
		seen := map[string]bool{}
		for _, o := range ordersOf(typ) {
			letters := o.letters(typ)
			if seen[letters] || len(letters) != 2*typ.width() || strings.Trim(letters, "abcdefgh") != "" {
				t.Errorf("%s: order %+v is called %q, which is taken or no order", typ, o, letters)
			}
			seen[letters] = true
		}
	}
}

func TestDecodeKeepsEveryBit(t *testing.T) {
	for _, bits := range []uint32{0x7fa00001, 0xffc00000, 0x80000000, 0x00000001, 0x7f800000} {
		data := []byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)}
		if got := decode(float32Type, order{}, data); got.Kind() != agent.Float32 || got.Bits() != uint64(bits) {
			t.Errorf("float32 %08x = kind %d, bits %x; want the same bits", bits, got.Kind(), got.Bits())
		}
	}
}

func TestDecodeBit(t *testing.T) {
	data := []byte{0b0000_0101, 0b1000_0000}
	for i := range 16 {
		want := agent.BoolValue(i == 0 || i == 2 || i == 15)
		if got := decodeBit(data, i); got != want {
			t.Errorf("bit %d of %08b = %v, want %v", i, data, got, want)
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	data := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	var sum uint64
	allocs := testing.AllocsPerRun(100, func() {
		for typ := uint16Type; typ < wireTypes; typ++ {
			sum += decode(typ, order{words: typ.width() > 1}, data).Bits()
		}
		sum += decodeBit(data, 3).Bits()
	})
	if allocs != 0 {
		t.Errorf("decoding allocates %g times, want 0 (sum %d)", allocs, sum)
	}
}
