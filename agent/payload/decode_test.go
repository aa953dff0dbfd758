package payload

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"recoup/agent"
)

func TestDecodeRefuses(t *testing.T) {
	d, known := sample()
	good := string(encode(t, d))
	for _, c := range []struct{ name, old, new, want string }{
		{"another version", `"version":1,"agent"`, `"version":2,"agent"`, "version 2"},
		{"an unknown field", `"historical":true`, `"historical":true,"x":1`, "unknown field"},
		{"an unknown field of a reading", `"quality":"good"}`, `"quality":"good","x":1}`, "unknown field"},
		{"something after it", "]}\n", "]}{}", "something follows"},
		{"half of it", `"gap":`, "", "payload"},
		{"a short epoch", `"epoch":"1f2e3d4c5b6a7988","prev"`, `"epoch":"1f2e","prev"`, "16 hex digits"},
		{"no from", `"from":41,"to":45`, `"to":45`, "must begin at 1"},
		{"a batch outside", `"from":41,"to":45`, `"from":42,"to":45`, "out of order"},
		{"a repeated batch", `"seq":43`, `"seq":42`, "out of order"},
		{"no received", `"received":"2026-03-01T08:00:09Z",`, ``, "required field"},
		{"no time of a reading", `"tag":"mill.temp","time":"2026-03-01T08:00:03Z"`, `"tag":"mill.temp"`, "required field"},
		{"no quality", `"raw":"b:1","quality":"good"`, `"raw":"b:1"`, "required field"},
		{"a quality unheard of", `"quality":"uncertain"`, `"quality":"fair"`, `quality "fair"`},
		{"a verdict unheard of", `"verdict":"pass"`, `"verdict":"maybe"`, `verdict "maybe"`},
		{"a reason unheard of", `"code":"no_input"`, `"code":"nothing"`, "unknown reason code"},
		{"a tag not listed", `{"tag":"mill.temp"`, `{"tag":"mill.tmp"`, "not in the payload's tags"},
		{"another generation", `"source":"mill","gen":4000000000}},`, `"source":"mill","gen":1}},`, "not known here"},
		{"a tag without generation", `"source":"mill","gen":4000000000}},`, `"source":"mill"}},`, "no generation"},
		{"a wire value of no kind", `"raw":"f4:41480000"`, `"raw":"q:1"`, "wire value"},
		{"a wire value cut short", `"raw":"f4:41480000"`, `"raw":"f4:4148"`, "wire value"},
		{"a value that is not the wire value's", `"value":12.5,`, `"value":12.6,`, "does not follow"},
		{"a value where there is none", `"value":null,"raw":"f4:7fc00001"`, `"value":1,"raw":"f4:7fc00001"`, "does not follow"},
		{"a short hash", `"config":"01`, `"config":"`, "64 hex digits"},
		{"batches that are no array", `"batches":[`, `"batches":{"a":[`, "payload"},
		{"an empty batch", `"batches":[`, `"batches":[{},`, "required field"},
		{"an empty term", `"terms":[`, `"terms":[{},`, "required field"},
		{"rows of many batches", `"historical":true`, `"historical":true,"rows":{"from":0,"to":1}`, "part of one batch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatalf("the sample has no %s to change", c.old)
			}
			_, _, err := decode([]byte(text), known)
			wantError(t, err, c.want)
		})
	}
}

func TestDecodeRefusesAPartOfAnotherSize(t *testing.T) {
	d, known := part()
	text := bytes.Replace(encode(t, d), []byte(`"rows":{"from":2,"to":5}`), []byte(`"rows":{"from":2,"to":6}`), 1)
	_, _, err := decode(text, known)
	wantError(t, err, "holds 3 rows where 4 are meant")
}

func TestDecodeRefusesAnotherDefinitionOfATag(t *testing.T) {
	d, known := sample()
	text := encode(t, d)
	changed := *known["mill.q_in"]
	changed.Scale = 2
	known["mill.q_in"] = &changed
	_, _, err := decode(text, known)
	wantError(t, err, "does not follow")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestDecodeStopsAtItsLimit(t *testing.T) {
	_, _, err := Decode(endless{}, tags{}.find)
	wantError(t, err, "smaller pieces")
}

func TestDecodeReportsABrokenReader(t *testing.T) {
	_, _, err := Decode(io.MultiReader(strings.NewReader("{"), broken{}), tags{}.find)
	wantError(t, err, io.ErrUnexpectedEOF.Error())
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A hostile body of empty elements must fail at the first, not after millions
// of them filled the memory.
func TestDecodeStopsAtTheFirstEmptyElement(t *testing.T) {
	text := `{"version":1,"batches":[` + strings.Repeat("{},", 1<<20) + `{}]}`
	_, _, err := Decode(strings.NewReader(text), tags{}.find)
	wantError(t, err, "[0]: a required field is missing")
}

func TestRawForms(t *testing.T) {
	for _, c := range []struct {
		value agent.Value
		want  string
	}{
		{agent.Float32Value(12.5), "f4:41480000"},
		{agent.Float64Value(12.5), "f8:4029000000000000"},
		{agent.Int64Value(-7), "i:-7"},
		{agent.Uint64Value(7), "u:7"},
		{agent.BoolValue(true), "b:1"},
		{agent.BoolValue(false), "b:0"},
		{agent.TextValue("a:b"), "s:a:b"},
		{agent.TextValue(""), "s:"},
		{agent.TextValue("\xff\x00"), "x:ff00"},
	} {
		if got := string(appendRaw(nil, c.value)); got != c.want {
			t.Errorf("raw form of %v is %s, want %s", c.value, got, c.want)
		}
		if got, err := parseRaw(c.want); err != nil || got != c.value {
			t.Errorf("%s reads as %v, %v, want %v", c.want, got, err, c.value)
		}
	}
	for _, text := range []string{"", "s", "f4", "f4:", "f4:4148000g", "f4:+1480000", "f8:41480000", "i:", "i:1.5", "i:99999999999999999999", "u:-1", "b:2", "b:", "x:f", "x:zz", "q:1"} {
		if got, err := parseRaw(text); err == nil {
			t.Errorf("%q reads as %v, want an error", text, got)
		}
	}
}
