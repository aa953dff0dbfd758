package opcua

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
)

func TestSectionFaults(t *testing.T) {
	cases := []struct{ section, path, says string }{
		{"", "opcua.endpoint", "no endpoint"},
		{"endpoint: 10.0.0.1:4840", "opcua.endpoint", "not an endpoint"},
		{"endpoint: https://10.0.0.1", "opcua.endpoint", "opc.tcp"},
		{"endpoint: opc.tcp://", "opcua.endpoint", "no host"},
		{"endpoint: opc.tcp://u:p@10.0.0.1", "opcua.endpoint", "password"},
		{"endpoint: opc.tcp://10.0.0.1:0", "opcua.endpoint", "port"},
		{"endpoint: opc.tcp://a\nsecurity: sign", "opcua.security", "sign"},
		{"endpoint: opc.tcp://a\nsecurity: none", "opcua.security", "without security"},
		{"endpoint: opc.tcp://a\ninsecure: true", "opcua.insecure", "security: none only"},
		{"endpoint: opc.tcp://a\nsecurity: none\ninsecure: true\nuser: u\npassword_file: f", "opcua.user", "in the clear"},
		{"endpoint: opc.tcp://a\nuser: u", "opcua.user", "belong together"},
		{"endpoint: opc.tcp://a\npassword_file: f", "opcua.user", "belong together"},
		{"endpoint: opc.tcp://a\npki: ''", "opcua.pki", "folder"},
		{"endpoint: opc.tcp://a\nmode: push", "opcua.mode", "push"},
		{"endpoint: opc.tcp://a\nsampling: 1ms", "opcua.sampling", "1ms"},
		{"endpoint: opc.tcp://a\nqueue: 0", "opcua.queue", "0"},
		{"endpoint: opc.tcp://a\nwatchdog: 100ms", "opcua.watchdog", "100ms"},
	}
	for _, c := range cases {
		_, err := New(specOf(c.section, nil))
		var faults agent.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != c.path || !strings.Contains(faults[0].Msg, c.says) || faults[0].Fix == "" {
			t.Errorf("New of %q = %v, want one fault at %s that says %q and what to write", c.section, err, c.path, c.says)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	tags := tagsOf("a", "b")
	tags[1].At = "holding 100"
	_, err := New(specOf("endpoint: opc.tcp://a:99999\nmode: push\nqueue: -1", tags))
	var faults agent.Faults
	errors.As(err, &faults)
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	if got, want := strings.Join(paths, " "), "opcua.endpoint opcua.mode opcua.queue tags[1].at"; got != want {
		t.Errorf("faults at %s, want %s", got, want)
	}
}

func TestSectionDefaults(t *testing.T) {
	dir := t.TempDir()
	spec := specOf("endpoint: opc.tcp://plc/server", tagsOf("a"))
	spec.Dir = dir
	built, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	d := built.(*Driver)
	want := section{Endpoint: "opc.tcp://plc/server", Security: signAndEncrypt, PKI: filepath.Join(dir, "pki"), Mode: subscribeMode, Queue: 10, Watchdog: 5 * time.Second}
	if d.section != want || d.host != "plc:4840" {
		t.Errorf("section %+v at %s, want %+v at plc:4840", d.section, d.host, want)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("building left %v, %v; want no I/O", entries, err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("Close of an unused driver = %v, want nil", err)
	}
}

func TestExampleBuilds(t *testing.T) {
	var sources []struct {
		Opcua map[string]any
		Tags  []struct{ At string }
	}
	if err := yaml.Unmarshal([]byte(Kind().Example), &sources); err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(sources[0].Opcua)
	if err != nil {
		t.Fatal(err)
	}
	tags := tagsOf("a", "b", "c")
	for i := range tags {
		tags[i].At = sources[0].Tags[i].At
	}
	if _, err := New(specOf(string(text), tags)); err != nil {
		t.Errorf("the example does not build: %v", err)
	}
}

func TestPublishing(t *testing.T) {
	tags := tagsOf("a", "b")
	tags[0].Every, tags[1].Every = 10*time.Second, 500*time.Millisecond
	for _, c := range []struct{ sampling, want time.Duration }{
		{0, 500 * time.Millisecond}, {10 * time.Millisecond, 50 * time.Millisecond}, {time.Minute, time.Second},
	} {
		s := defaults()
		s.Sampling = c.sampling
		if got := s.publishing(tags); got != c.want {
			t.Errorf("publishing with sampling %s = %s, want %s", c.sampling, got, c.want)
		}
	}
}
