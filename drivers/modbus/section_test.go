package modbus

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
)

func TestNewNamesEveryFault(t *testing.T) {
	cases := []struct {
		name    string
		section string
		ats     []string
		want    []string // path, and a piece of the message or fix, by turns
	}{
		{"all defaults but the address", "", []string{"holding 1"}, []string{"modbus.address", "tcp://10.10.1.11:502"}},
		{"no scheme", "address: 10.10.1.11:502", nil, []string{"modbus.address", `write "tcp://10.10.1.11:502"`}},
		{"serial", "address: rtu:///dev/ttyS0", nil, []string{"modbus.address", "needs a gateway"}},
		{"no host", "address: tcp://:502", nil, []string{"modbus.address", "names no host"}},
		{"path", "address: tcp://plc/1", nil, []string{"modbus.address", "more than host and port"}},
		{"port 0", "address: tcp://plc:0", nil, []string{"modbus.address", "0 is not a port"}},
		{"port too large", "address: tcp://plc:70000", nil, []string{"modbus.address", "70000 is not a port"}},
		{"not an address", "address: 'tcp://plc:5o2'", nil, []string{"modbus.address", "is not an address"}},
		{"unit below 0", "address: tcp://plc\nunit: -1", nil, []string{"modbus.unit", "0 to 255"}},
		{"everything at once", "address: plc\nunit: 256\ntimeout: 0s\nconnect_timeout: 1h\npause: -1s\nmax_gap: 125",
			[]string{"holding 1", "holdng 2", "", "coil 70000 int16"}, []string{
				"modbus.address", `write "tcp://plc"`, "modbus.unit", "0 to 255", "modbus.timeout", "10ms to 20s",
				"modbus.connect_timeout", "10ms to 20s", "modbus.pause", "0s to 5s", "modbus.max_gap", "0 to 124",
				"tags[1].at", "unknown table", "tags[2].at", "no address", "tags[3].at", "beyond 65535", "tags[3].at", "one bit",
			}},
	}
	for _, c := range cases {
		_, err := New(specOf(c.section, tagsAt(c.ats...)))
		var faults agent.Faults
		if !errors.As(err, &faults) || 2*len(faults) != len(c.want) {
			t.Errorf("%s: New = %v, want %d faults", c.name, err, len(c.want)/2)
			continue
		}
		for i, f := range faults {
			if f.Path != c.want[2*i] || !strings.Contains(f.Msg+" "+f.Fix, c.want[2*i+1]) || f.Msg == "" || f.Fix == "" {
				t.Errorf("%s: fault %d = %+v, want %s: %s", c.name, i, f, c.want[2*i], c.want[2*i+1])
			}
		}
	}
}

// What could not be decoded is named once, as what it is, beside the rest.
func TestNewKeepsFaultsOfDecoding(t *testing.T) {
	spec := specOf("", tagsAt("holdng 1"))
	spec.Decode = func(any) error { return agent.Faults{{Path: "modbus.address", Msg: "is a number", Fix: "write text"}} }
	_, err := New(spec)
	var faults agent.Faults
	errors.As(err, &faults)
	var got []string
	for _, f := range faults {
		got = append(got, f.Path+" "+f.Msg)
	}
	if want := []string{"modbus.address is a number", `tags[0].at unknown table "holdng"`}; !slices.Equal(got, want) {
		t.Errorf("New = %q, want %q", got, want)
	}
}

func TestNewFillsIn(t *testing.T) {
	tags := tagsAt("holding 1", "unit 0 holding 1")
	cases := []struct{ section, host string }{
		{"address: tcp://10.10.1.11", "10.10.1.11:502"},
		{"address: tcp://plc.mill.example:1502", "plc.mill.example:1502"},
		{"address: 'tcp://[fd00::1]'", "[fd00::1]:502"},
	}
	for _, c := range cases {
		d := openSpec(t, specOf(c.section+"\nunit: 9", tags))
		if d.wire.host != c.host || d.wire.timeout != time.Second || d.wire.connectTimeout != 3*time.Second || d.wire.pause != 0 || d.plans.maxGap != 16 {
			t.Errorf("%s: host %s, timeouts %s and %s, pause %s, max_gap %d; want %s and the defaults", c.section,
				d.wire.host, d.wire.timeout, d.wire.connectTimeout, d.wire.pause, d.plans.maxGap, c.host)
		}
		if a, b := d.plans.points["tag0"].unit, d.plans.points["tag1"].unit; a != 9 || b != 0 {
			t.Errorf("%s: units %d and %d, want the section's 9 and the tag's 0", c.section, a, b)
		}
	}
}

func TestExample(t *testing.T) {
	var entries []struct {
		Name   string         `yaml:"name"`
		Every  string         `yaml:"every"`
		Modbus map[string]any `yaml:"modbus"`
		Tags   []struct {
			Name string `yaml:"name"`
			At   string `yaml:"at"`
		} `yaml:"tags"`
	}
	if err := yaml.Unmarshal([]byte(Kind().Example), &entries); err != nil || len(entries) != 1 {
		t.Fatalf("example: %d entries, %v; want one", len(entries), err)
	}
	e := entries[0]
	for _, key := range []string{"address", "unit", "timeout", "connect_timeout", "pause", "max_gap"} {
		if _, shown := e.Modbus[key]; !shown {
			t.Errorf("the example does not show %s", key)
		}
	}
	var tags []*agent.Tag
	for _, tag := range e.Tags {
		tags = append(tags, &agent.Tag{Name: tag.Name, At: tag.At, Source: e.Name})
	}
	text, err := yaml.Marshal(e.Modbus)
	if err != nil {
		t.Fatalf("section: %v", err)
	}
	if _, err := Kind().New(specOf(string(text), tags)); err != nil || len(tags) == 0 {
		t.Errorf("New of the example with %d tags = %v, want nil", len(tags), err)
	}
	// The example states the defaults, so it must state them right.
	shown, want := defaults(), defaults()
	if err := decodeInto(string(text))(&shown); err != nil {
		t.Fatalf("section: %v", err)
	}
	want.Address = shown.Address
	if shown != want {
		t.Errorf("the example shows %+v, want the defaults %+v", shown, want)
	}
}
