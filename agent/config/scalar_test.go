package config

import (
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func TestDuration(t *testing.T) {
	good := map[string]time.Duration{
		"1s": time.Second, "500ms": 500 * time.Millisecond, "2h30m": 150 * time.Minute, "40d": 960 * time.Hour, "1.5d": 36 * time.Hour,
		"1d12h": 36 * time.Hour, "0s": 0, "1.5h": 90 * time.Minute, "36500d": 36500 * 24 * time.Hour,
	}
	for in, want := range good {
		if got, err := duration(in); err != nil || got != want {
			t.Errorf("duration(%q): got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "5", "d", "1", "-1s", "-1d", "1d-2h", "1w", "1 s", "infd", "nand", "99999999d", "1d1d", "9e99d", "1h1"} {
		if got, err := duration(in); err == nil {
			t.Errorf("duration(%q): got %v, want an error", in, got)
		}
	}
}

func TestSize(t *testing.T) {
	good := map[string]int64{"4GiB": 4 << 30, "500MB": 500e6, "1.5 KiB": 1536, "100": 100, "7B": 7, "2TB": 2e12, "3kB": 3000, "0": 0}
	for in, want := range good {
		if got, err := size(in); err != nil || got != want {
			t.Errorf("size(%q): got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "GiB", "4G", "-1MB", "4 gigs", "infGB", "nan", "1e30TB", "4GiBs"} {
		if got, err := size(in); err == nil {
			t.Errorf("size(%q): got %v, want an error", in, got)
		}
	}
}

func TestPercent(t *testing.T) {
	good := map[string]float64{"90%": 0.9, "12.5 %": 0.125, "0.5": 0.5, "1": 1, "0": 0, "150%": 1.5, "-2%": -0.02}
	for in, want := range good {
		if got, err := percent(in); err != nil || got != want {
			t.Errorf("percent(%q): got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "%", "90", "-0.1", "ten", "nan%"} {
		if got, err := percent(in); err == nil {
			t.Errorf("percent(%q): got %v, want an error", in, got)
		}
	}
}

func TestBoolean(t *testing.T) {
	tests := []struct {
		in, fix string
		want    bool
	}{{"true", "", true}, {"TRUE", "", true}, {"False", "", false}, {"yes", "write true", false}, {"OFF", "write false", false}, {"", "write true or false", false}}
	for _, test := range tests {
		got, err := boolean(test.in)
		if got != test.want || (err == nil) != (test.fix == "") || err != nil && !strings.HasSuffix(err.Error(), "("+test.fix+")") {
			t.Errorf("boolean(%q): got %v, %v; want %v, fix %q", test.in, got, err, test.want, test.fix)
		}
	}
}

func TestParseAccuracy(t *testing.T) {
	tests := []struct {
		in, unit string
		want     agent.Accuracy
	}{
		{"2%", "", agent.Accuracy{Rel: 0.02}},
		{"2 % limit", "", agent.Accuracy{Rel: 0.02}},
		{"0.5% k2", "", agent.Accuracy{Rel: 0.005, As: "k2"}},
		{"0.2kg standard", "kg", agent.Accuracy{Abs: 0.2, As: "standard"}},
		{"2% + 5 mg/Nm3", "mg/Nm3", agent.Accuracy{Rel: 0.02, Abs: 5}},
		{"5 mg/Nm3 limit + 2% limit", "mg/Nm3", agent.Accuracy{Rel: 0.02, Abs: 5}},
		{"2% k2 + 0.1 °C k2", "°C", agent.Accuracy{Rel: 0.02, Abs: 0.1, As: "k2"}},
		{"0.5% k2 + 0.2 kg standard", "kg", agent.Accuracy{Rel: 0.0025, Abs: 0.2, As: "standard"}},
		{"0.3 kg limit + 1% k2", "kg", agent.Accuracy{Rel: 0.005, Abs: 0.3 / math.Sqrt(3), As: "standard"}},
		{"1%", "%", agent.Accuracy{Rel: 0.01}},
		{"0.05 abs limit", "%", agent.Accuracy{Abs: 0.05}},
		{"0.3% limit + 0.1abs k2", "%", agent.Accuracy{Rel: 0.003 / math.Sqrt(3), Abs: 0.05, As: "standard"}},
	}
	for _, test := range tests {
		if got, err := parseAccuracy(test.in, test.unit); err != nil || got != test.want {
			t.Errorf("%q in %q: got %+v, %v; want %+v", test.in, test.unit, got, err, test.want)
		}
	}
	for _, in := range []string{"", "+", "2", "%", "limit", "2% limit k2", "2% +", "2% + 1%", "1 kg + 2 kg", "1 kg + 2% + 3 kg", "0%", "-1%", "1e400%", "2% FS", "2 t", "2% k3", "1 abs + 1 kg", "1 kg + 2 abs", "1 abs + 2 abs"} {
		if got, err := parseAccuracy(in, "kg"); err == nil {
			t.Errorf("%q: got %+v, want an error", in, got)
		}
	}
}

func TestRate(t *testing.T) {
	good := map[string]rate{"200/h": 200.0 / 3600, "1.5 / min": 0.025, "3/s": 3, "86400/d": 1}
	for in, want := range good {
		var got rate
		if err := got.UnmarshalText([]byte(in)); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "200", "/h", "200/week", "0/h", "-1/s", "inf/s"} {
		var got rate
		if err := got.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"name", "at", "unit", "max_bytes", "max_age", "every"}
	tests := map[string]string{
		"nmae": "name", "Name": "name", "unti": "unit", "maxbytes": "max_bytes", "max-age": "max_age", "evry": "every", "ta": "at",
		"listen": "", "": "", "x": "", strings.Repeat("a", 100): "", "名称": "",
	}
	for in, want := range tests {
		if got := nearest(in, known); got != want {
			t.Errorf("nearest(%q): got %q, want %q", in, got, want)
		}
	}
}
