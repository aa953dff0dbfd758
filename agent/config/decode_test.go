package config

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

type inner struct {
	X int  `yaml:"x"`
	Y *int `yaml:"y"`
}

type Embedded struct {
	CAFile string `yaml:"ca_file"`
}

type everything struct {
	Embedded `yaml:",inline"`
	Text     string            `yaml:"text"`
	Int      int8              `yaml:"int"`
	Uint     uint16            `yaml:"uint"`
	Float    float64           `yaml:"float"`
	Bool     bool              `yaml:"bool"`
	Wait     time.Duration     `yaml:"wait"`
	Size     int64             `yaml:"size,size"`
	Percent  float64           `yaml:"percent,percent"`
	Sizes    []int64           `yaml:"sizes,size"`
	List     []string          `yaml:"list"`
	Map      map[string]string `yaml:"map"`
	Structs  map[string]inner  `yaml:"structs"`
	Pointer  *inner            `yaml:"pointer"`
	Deep     [][]inner         `yaml:"deep"`
	Addr     netip.Addr        `yaml:"addr"`
	Untagged int
	Left     string `yaml:"-"`
	hidden   int
}

// decodeText decodes a document as a plug-in's section would be.
func decodeText(t *testing.T, text string, into any) error {
	t.Helper()
	root, problems := readYAML("a.yaml", text)
	if len(problems) > 0 {
		t.Fatalf("%q: %v", text, &Error{problems})
	}
	return decodeInto(root, "", into)
}

func TestDecode(t *testing.T) {
	seven := 7
	text := `
ca_file: ca.pem
text: 1.10
int: -5
uint: 0xffff
float: 2.5e3
bool: true
wait: 1d12h
size: 4GiB
percent: 12.5%
sizes: [1KiB, 2 MB]
list: [a, "1", no]
map: {time: t, acid.strength: s, 1: one}
structs: {a: {x: 1}}
pointer: {y: 7}
deep: [[{x: 1}, {x: 2}], []]
addr: 10.0.0.1
untagged: 3
`
	want := everything{
		Embedded: Embedded{"ca.pem"}, Text: "1.10", Int: -5, Uint: 65535, Float: 2500, Bool: true, Wait: 36 * time.Hour, Size: 4 << 30, Percent: 0.125,
		Sizes: []int64{1024, 2e6}, List: []string{"a", "1", "no"}, Map: map[string]string{"time": "t", "acid.strength": "s", "1": "one"},
		Structs: map[string]inner{"a": {X: 1}}, Pointer: &inner{Y: &seven}, Deep: [][]inner{{{X: 1}, {X: 2}}, {}},
		Addr: netip.MustParseAddr("10.0.0.1"), Untagged: 3, Left: "kept", hidden: 1,
	}
	got := everything{Left: "kept", hidden: 1}
	if err := decodeText(t, text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestDecodePlain: a plain value may stand for a struct, in its place and below
// a pointer or a key.
func TestDecodePlain(t *testing.T) {
	type meter struct {
		Tag string `yaml:"tag,plain"`
		Gas string `yaml:"gas"`
	}
	var got struct {
		A, B meter
		C    *meter
		D    map[string]meter
	}
	if err := decodeText(t, "a: x\nb: {tag: y, gas: SO2}\nc: z\nd: {e: v}\n", &got); err != nil {
		t.Fatal(err)
	}
	if got.A != (meter{Tag: "x"}) || got.B != (meter{"y", "SO2"}) || *got.C != (meter{Tag: "z"}) || got.D["e"].Tag != "v" {
		t.Errorf("got %+v", got)
	}
	if err := decodeText(t, "a: [x]\n", &got); err == nil || !strings.Contains(err.Error(), "a: want keys with values, found a list (write keys with values, for example {tag: …, gas: …}") {
		t.Errorf("got %v, want a list refused", err)
	}
}

func TestDecodeKeepsDefaults(t *testing.T) {
	got := everything{Text: "default", Pointer: &inner{X: 4}, Map: map[string]string{"a": "1"}}
	if err := decodeText(t, "int: 1\npointer: {y: 2}\nmap: {b: 2}\nlist:\n", &got); err != nil {
		t.Fatal(err)
	}
	if got.Text != "default" || got.Pointer.X != 4 || *got.Pointer.Y != 2 || len(got.Map) != 2 || len(got.List) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestDecodeFaults(t *testing.T) {
	tests := []struct{ text, want string }{
		{"int: 200", `int: the number 200 is too large (write a number up to 127)`},
		{"int: 1.5", `int: want a whole number, found "1.5" (write a whole number, for example 1)`},
		{"int: 007", `int: the number "007" begins with 0 (write 7, or 0x… for a hexadecimal number)`},
		{"int: [1]", `int: want a whole number, found a list (write 1 without brackets)`},
		{"int: '1'", `int: want a whole number, found a text in quotes (write 1 without quotes)`},
		{"int: ~", `int: the value is missing (write a whole number, for example 1; or delete the key)`},
		{"uint: -1", `uint: the number -1 is negative (write a number from 0)`},
		{"uint: 65536", `uint: the number 65536 is too large (write a number up to 65535)`},
		{"uint: 0x1g", `uint: want a whole number, found "0x1g" (write a whole number, for example 1)`},
		{"float: 1,5", `float: want a number, found "1,5" (write a point, not a comma, for example 0.5)`},
		{"float: .inf", `float: want a number, found ".inf" (write a number, for example 0.5)`},
		{"float: inf", `float: want a number, found "inf" (write a number, for example 0.5)`},
		{"bool: Off", `bool: want true or false, found "Off" (write false)`},
		{"wait: soon", `wait: "soon" is not a duration (write a number and ms, s, m, h or d, for example 500ms, 1s or 40d)`},
		{"size: 4G", `size: "4G" is not a size (write a number and MiB, GiB, MB or GB, for example 500MiB or 4GiB)`},
		{"percent: 90", `percent: "90" could be a percentage or a factor (write 90% or a number from 0 to 1)`},
		{"sizes: [1, x]", `sizes[1]: "x" is not a size (write a number and MiB, GiB, MB or GB, for example 500MiB or 4GiB)`},
		{"list: a", `list: want a list, found "a" (put it in brackets: [a])`},
		{"map: [a]", `map: want keys with values, found a list (write keys with values, for example {key: value})`},
		{"pointer: 5", `pointer: want keys with values, found "5" (write keys with values, for example {x: …, y: …})`},
		{"deep: [[{x: a}]]", `deep[0][0].x: want a whole number, found "a" (write a whole number, for example 1)`},
		{"addr: here", `addr: ParseAddr("here"): unable to parse IP (write it as "recoup example" shows it for this kind)`},
		{"addr: [here]", `addr: want a text, found a list (write here without brackets)`},
		{"txet: a", `txet:: unknown key "txet" (write text)`},
		{"left: a", `left:: unknown key "left" (write one of ca_file, text, int, uint, float, bool, wait, size, percent, sizes, list, map, structs, pointer, deep, addr, untagged)`},
		{"hidden: 1", `hidden:: unknown key "hidden" (write one of ca_file, text, int, uint, float, bool, wait, size, percent, sizes, list, map, structs, pointer, deep, addr, untagged)`},
		{"{float: 1,5}", `5:: a comma stands in a number (write a point, for example 0.5)`},
		{"{text: one, two}", `two:: unknown key "two" (put the whole text in quotes if the comma belongs to it)`},
		{"ca: x.pem", `ca:: unknown key "ca" (write ca_file: PATH; secrets and certificates stand in files of their own)`},
		{"structs: {a: {x: b, z: 1}}", `structs.a.x: want a whole number, found "b" (write a whole number, for example 1); structs.a.z:: unknown key "z" (write x)`},
	}
	for _, test := range tests {
		err := decodeText(t, test.text, &everything{})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.text, err, test.want)
		}
	}
}

func TestDecodeCollectsAll(t *testing.T) {
	err := decodeText(t, "int: a\nbool: b\nlist: {}\nnope: 1\npointer: {x: c}\n", &everything{})
	var faults agent.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want Faults", err)
	}
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
		if f.Fix == "" {
			t.Errorf("%s: no fix", f.Path)
		}
	}
	if want := []string{"int", "bool", "list", "nope:", "pointer.x"}; !slices.Equal(paths, want) {
		t.Errorf("got %v, want %v", paths, want)
	}
}

func TestDecodeRefusesWhatCannotHoldAValue(t *testing.T) {
	for _, into := range []any{everything{}, (*everything)(nil), &struct{ Int chan int }{}, &struct{ Int map[int]string }{}} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.HasPrefix(said, "BUG: ") {
					t.Errorf("%T: got %q, want a BUG", into, said)
				}
			}()
			text := "int: 1\n"
			if strings.Contains(reflect.TypeOf(into).String(), "map") {
				text = "int: {a: b}\n"
			}
			t.Errorf("%T: got %v", into, decodeText(t, text, into))
		}()
	}
}

func TestPartDecodePathsBeginAtTheEntry(t *testing.T) {
	c, err := Parse("a.yaml", []byte("plant: {id: mill}\nsources: [{name: mill, modbus: {adress: x}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var faults agent.Faults
	if err := c.Sources[0].Decode(&modbusSection{}); !errors.As(err, &faults) || faults[0].Path != "modbus.adress:" {
		t.Errorf("got %v, want a fault at modbus.adress:", err)
	}
}
