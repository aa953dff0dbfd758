package config

import (
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func TestRegister(t *testing.T) {
	c, err := Load("testdata/good/register.yaml")
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	old := agent.Instrument{Serial: "B-1", Calibrated: day("2025-01-10"), Due: day("2026-05-31")}
	for i, want := range [][]agent.Instrument{
		{{Serial: "A-1", Maker: "Example", Model: "DP-9", Certificate: "C 17", Calibrated: day("2026-01-10"), Due: day("2027-01-10")}},
		{old, {Serial: "B-9", From: day("2026-06-01"), Calibrated: day("2026-05-20"), Due: day("2027-05-20")}},
		{old},
	} {
		if got := c.Tags[i].Instruments; !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", c.Tags[i].Name, got, want)
		}
	}
	if got, want := c.Tags[1].Accuracy, (agent.Accuracy{Rel: 0.01}); got != want {
		t.Errorf("got accuracy %+v, want the register's", got)
	}
	if got := []float64{*c.Tags[0].Usual, *c.Tags[2].Usual}; got[0] != 55000 || got[1] != 0.01 {
		t.Errorf("got usual values %v, want 55000 and 36 kg/h per second", got)
	}
}

// TestFactsHoldNoSecrets: what is kept and sent of a configuration.
func TestFactsHoldNoSecrets(t *testing.T) {
	c, _ := Parse("x.yaml", []byte(`plant: {id: p}
sources: [{name: s, modbus: {address: "tcp://u:hidden@10.0.0.1:502", password: hidden}, tags: [{name: a, at: holding 1}]}]
upstreams: [{name: hq, http: {url: "https://u:hidden@hq/v1?t=hidden", token_file: secrets/hq, headers: {api_key: hidden}}}]
`))
	if c == nil {
		t.Fatal("not read")
	}
	var got []Fact
	for _, f := range c.Facts() {
		if f.About != "plant" {
			got = append(got, f)
		}
	}
	want := []Fact{
		{"source s", "modbus.address", "tcp://10.0.0.1:502"}, {"source s", "modbus.password", "***"}, {"tag a", "at", "holding 1"},
		{"upstream hq", "http.url", "https://hq/v1"}, {"upstream hq", "http.token_file", "secrets/hq"}, {"upstream hq", "http.headers.api_key", "***"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
