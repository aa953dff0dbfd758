package main

import (
	"bytes"
	"strings"
	"testing"

	"recoup/agent"
)

func TestFloatTotalisersAreNamed(t *testing.T) {
	for _, test := range []struct {
		tag  agent.Tag
		says string
	}{
		{agent.Tag{At: "holding 0 float32 cdab", Counter: &agent.Counter{Modulus: 4e7}}, "steps by 4 near 40000000"},
		{agent.Tag{At: "holding 0 float32", Scale: 0.1, Range: &agent.Range{Hi: 2e6}, Counter: &agent.Counter{Modulus: 1 << 32}}, "steps by 2 near 20000000"},
		{agent.Tag{At: "holding 0 float32", Range: &agent.Range{Hi: 999999}, Counter: &agent.Counter{}}, ""},
		{agent.Tag{At: "holding 0 uint32", Counter: &agent.Counter{Modulus: 1 << 32}}, ""},
		{agent.Tag{At: "holding 0 float32", Range: &agent.Range{Hi: 4e7}}, ""},
	} {
		var out bytes.Buffer
		showMeters(&out, []*agent.Tag{&test.tag})
		if got := out.String(); (got != "") != (test.says != "") || !strings.Contains(got, test.says) {
			t.Errorf("%+v: got %q, want %q", test.tag, got, test.says)
		}
	}
}
