package modbus

import (
	"errors"
	"strings"
	"testing"

	"recoup/agent"
)

func TestParseAddress(t *testing.T) {
	words, both := order{words: true}, order{words: true, bytes: true}
	cases := []struct {
		at        string
		want      address
		canonical string
	}{
		{"holding 100", address{-1, holding, 100, uint16Type, order{}}, "holding 100 uint16"},
		{"  HOLDING\t100  Float32 CDAB ", address{-1, holding, 100, float32Type, words}, "holding 100 float32 cdab"},
		{"holding 0x64 float32 abcd", address{-1, holding, 100, float32Type, order{}}, "holding 100 float32"},
		{"unit 0 input 0 int16", address{0, input, 0, int16Type, order{}}, "unit 0 input 0 int16"},
		{"unit 255 input 65535", address{255, input, 65535, uint16Type, order{}}, "unit 255 input 65535 uint16"},
		{"holding 65534 uint32 dcba", address{-1, holding, 65534, uint32Type, both}, "holding 65534 uint32 dcba"},
		{"holding 65532 float64 ghefcdab", address{-1, holding, 65532, float64Type, words}, "holding 65532 float64 ghefcdab"},
		{"holding 1 int64 cdab", address{-1, holding, 1, int64Type, words}, "holding 1 int64 ghefcdab"},
		{"holding 1 uint64 badc", address{-1, holding, 1, uint64Type, order{bytes: true}}, "holding 1 uint64 badcfehg"},
		{"holding 1 uint64 hgfedcba", address{-1, holding, 1, uint64Type, both}, "holding 1 uint64 hgfedcba"},
		{"input 1 int32 badc", address{-1, input, 1, int32Type, order{bytes: true}}, "input 1 int32 badc"},
		{"input 1 int16 ba", address{-1, input, 1, int16Type, order{bytes: true}}, "input 1 int16 ba"},
		{"coil 9", address{-1, coil, 9, boolType, order{}}, "coil 9"},
		{"discrete 65535 bool", address{-1, discrete, 65535, boolType, order{}}, "discrete 65535"},
		{"40101", address{-1, holding, 100, uint16Type, order{}}, "holding 100 uint16"},
		{"400101 float32", address{-1, holding, 100, float32Type, order{}}, "holding 100 float32"},
		{"465536", address{-1, holding, 65535, uint16Type, order{}}, "holding 65535 uint16"},
		{"49999", address{-1, holding, 9998, uint16Type, order{}}, "holding 9998 uint16"},
		{"30001", address{-1, input, 0, uint16Type, order{}}, "input 0 uint16"},
		{"unit 7 310001 int32 cdab", address{7, input, 10000, int32Type, words}, "unit 7 input 10000 int32 cdab"},
		{"10001", address{-1, discrete, 0, boolType, order{}}, "discrete 0"},
		{"000001", address{-1, coil, 0, boolType, order{}}, "coil 0"},
		{"00017", address{-1, coil, 16, boolType, order{}}, "coil 16"},
		{"holding 40101", address{-1, holding, 40101, uint16Type, order{}}, "holding 40101 uint16"},
	}
	for _, c := range cases {
		got, err := parseAddress(c.at)
		if err != nil || got != c.want {
			t.Errorf("parseAddress(%q) = %+v, %v; want %+v", c.at, got, err, c.want)
		}
		if got.String() != c.canonical {
			t.Errorf("parseAddress(%q).String() = %q, want %q", c.at, got, c.canonical)
		}
	}
}

func TestParseAddressNamesEveryMistake(t *testing.T) {
	cases := []struct {
		at   string
		want []string // of each fault, a piece of the message and one of the fix
	}{
		{"", []string{"no address", "holding 100 float32"}},
		{" \t", []string{"no address", "holding 100 float32"}},
		{"holdng 100", []string{`unknown table "holdng"`, "coil, discrete, input, holding"}},
		{"holdng 70000 flot32 abdc", []string{
			`unknown table "holdng"`, "coil, discrete", "address 70000 is beyond 65535", "0 to 65535", `unknown type "flot32"`, "float32",
		}},
		{"holding", []string{"no address after holding", "holding 100"}},
		{"holding abc", []string{`"abc" is not an address`, "0x64"}},
		{"holding -1", []string{`"-1" is not an address`, "0 to 65535"}},
		{"holding 0x10000", []string{`"0x10000" is not an address`, "0 to 65535"}},
		{"holding 100,5", []string{`"100,5" is not an address`, "0 to 65535"}},
		{"unit", []string{`"" is not a unit id`, "0 to 255", "nothing after the unit", "unit 2 holding 100"}},
		{"unit 256 holding 1", []string{`"256" is not a unit id`, "0 to 255"}},
		{"unit x holding 1", []string{`"x" is not a unit id`, "0 to 255"}},
		{"unit 2", []string{"nothing after the unit", "unit 2 holding 100"}},
		{"100", []string{`"100" names no table`, "holding 100"}},
		{"50001", []string{`"50001" names no table`, "40101"}},
		{"40000", []string{`"40000" is not a Modicon number`, "40101"}},
		{"465537", []string{`"465537" is not a Modicon number`, "40101"}},
		{"4000001", []string{`"4000001" names no table`, "40101"}},
		{"holding 1 real", []string{`unknown type "real"`, "write float32 (one of bool"}},
		{"holding 1 cdab", []string{`order "cdab" without a type`, "float32 cdab"}},
		{"holding 1 float32 dbca", []string{`"dbca" is not an order of float32`, "abcd, cdab, badc, dcba"}},
		{"holding 1 uint16 cdab", []string{`"cdab" is not an order of uint16`, "leave the order out"}},
		{"holding 1 float64 abdc", []string{`"abdc" is not an order of float64`, "abcdefgh, ghefcdab, badcfehg, hgfedcba"}},
		{"holding 1 bool", []string{"a register of the holding table is 16 bits", "uint16"}},
		{"coil 1 uint16", []string{"a coil is one bit, not uint16", "leave the type out"}},
		{"coil 1 bool abcd", []string{`"abcd" is not an order of bool`, "a bit has none"}},
		{"holding 1 float32 cdab x y", []string{`"x y" is left over`, "[unit N] TABLE ADDRESS [TYPE] [ORDER]"}},
		{"holding 65535 float32", []string{"float32 at 65535 would reach beyond 65535", "65534 or less"}},
		{"holding 65533 uint64", []string{"uint64 at 65533 would reach beyond 65535", "65532 or less"}},
	}
	for _, c := range cases {
		_, err := parseAddress(c.at)
		var faults agent.Faults
		if !errors.As(err, &faults) || 2*len(faults) != len(c.want) {
			t.Errorf("parseAddress(%q) = %v, want %d faults", c.at, err, len(c.want)/2)
			continue
		}
		for i, f := range faults {
			if f.Path != "" || !strings.Contains(f.Msg, c.want[2*i]) || !strings.Contains(f.Fix, c.want[2*i+1]) {
				t.Errorf("parseAddress(%q) fault %d = %+v, want %q with fix %q", c.at, i, f, c.want[2*i], c.want[2*i+1])
			}
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, at := range []string{"holding 100 float32 cdab", "unit 3 40101", "coil 0x10", "unit 300 holdng x y z", "holding 65533 int64 hgfedcba", "0", "４０１０１"} {
		f.Add(at)
	}
	f.Fuzz(func(t *testing.T, at string) {
		a, err := parseAddress(at)
		if err != nil {
			var faults agent.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("parseAddress(%q) = %T, want agent.Faults", at, err)
			}
			for _, one := range faults {
				if one.Msg == "" || one.Fix == "" {
					t.Errorf("parseAddress(%q): %+v lacks a message or a fix", at, one)
				}
			}
			return
		}
		if a.end() > 1<<16 || a.table < coil || a.table > input || a.unit < sectionUnit || a.unit > 255 {
			t.Errorf("parseAddress(%q) = %+v, which cannot be asked for", at, a)
		}
		again, err := parseAddress(a.String())
		if err != nil || again != a {
			t.Errorf("parseAddress(%q) = %+v, %v; want %+v as from %q", a.String(), again, err, a, at)
		}
	})
}
