package rules

import (
	"strings"
	"testing"
)

func TestWrongRules(t *testing.T) {
	p := newPlant(t)
	p.tag("mill.c_out", "mg/Nm3")
	p.tag("tank-1", "m")
	p.figure("mill.oil.removal", "mill.oil", "oil_mist", "1")
	for text, want := range map[string]string{
		`{}`: "has none",
		`{"when": "mill.c_out > 1", "no_data": "tank-1"}`:                                   "no_data, when",
		`{"when": "mill.c_ou > 1"}`:                                                         "did you mean mill.c_out?",
		`{"when": "mill.c_out >"}`:                                                          "ends where a value",
		`{"when": "mill.c_out > 1 2"}`:                                                      `"2" stands`,
		`{"when": "1 < mill.c_out < 2"}`:                                                    "two things at a time",
		`{"when": "(mill.c_out > 1"}`:                                                       "not closed",
		`{"when": "mill.c_out % 2"}`:                                                        "does not belong",
		`{"when": "rate(mill.c_out, 10) > 1"}`:                                              "a span of time",
		`{"when": "rate(mill.c_out, 10y) > 1"}`:                                             "neither a number nor a span",
		`{"when": "median(mill.c_out) > 1"}`:                                                "no function",
		`{"when": "mill.c_out + tank-1 > U"}`:                                               "write U(name)",
		`{"when": "1 > 2"}`:                                                                 "names no tag",
		`{"when": "U(3) > 2"}`:                                                              "not the name",
		`{"when": "mill.c_out > 1", "over": "fortnight"}`:                                   "unknown window",
		`{"when": "mill.c_out > 1", "over": "shift"}`:                                       "no shifts",
		`{"when": "mill.c_out > 1", "severity": "bad"}`:                                     "unknown severity",
		`{"when": "mill.c_out > 1", "set": {"a": 1}}`:                                       "has no set:",
		`{"when": "mill.c_out > 1", "in": {"tag": "mill.rollin"}}`:                          "there is no tag",
		`{"when": "mill.c_out > 1", "in": {"when": 1}}`:                                     "names no tag",
		`{"when": "mill.c_out > 1", "hold": "-1s"}`:                                         "cannot hold",
		`{"when": "mill.c_out > 1", "learn": {"for": "1s"}}`:                                "cannot learn",
		`{"when": "mill.c_out > 1", "learn": {"since": "March"}}`:                           "not a day",
		`{"when": "mill.c_out > 1", "says": {"en": "a\nb"}}`:                                "one line",
		`{"no_data": "nothing"}`:                                                            "there is no tag",
		`{"use": "M9"}`:                                                                     "no built-in rule",
		`{"use": "M7", "tags": {"q": "mill.c_out", "rolling": "tank-1"}}`:                   "not a normal volume flow",
		`{"use": "M7", "tags": {"rolling": "tank-1"}}`:                                      "M7 needs q",
		`{"use": "C5", "tags": {"strength": "tank-1", "x": "y"}, "set": {"lo": 3}}`:         "no input",
		`{"use": "C3", "tags": {"recovery": "mill.oil.remova"}}`:                            "did you mean mill.oil.removal?",
		`{"use": "M3", "tags": {"c_out": "mill.c_out", "wash_t": "t"}, "set": {}}`:          "M3 needs wash_t: the usual",
		`{"use": "C3", "when": "mill.c_out > 1", "tags": {"recovery": "mill.oil.removal"}}`: "use, when",
	} {
		_, err := Build(p.spec("it", text), p.engine.quantities)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// TestConditions reads what people write.
func TestConditions(t *testing.T) {
	p := newPlant(t)
	p.tag("tank-1", "m")
	p.tag("level", "m")
	p.tag("罐.液位", "m")
	for text, want := range map[string]bool{
		"tank-1 > 2.5":                               true,
		"tank-1 -1 > 1.9 and not level > 5":          true,
		"level-tank-1 == 1":                          true,
		"-level + 2^2*3 == 8 || level < 0":           true,
		"abs(level - 6) <= 2e0 && max(level, 9) > 8": true,
		"level > 4 or tank-1 >= 3":                   true,
		"not (level > 3) or !(tank-1 > 2)":           false,
		"罐.液位 != 7":                                  false,
		"log(tank-1 - 3) > 0":                        false, // of no number: not told
		"sqrt(level) == 2 and 1/(tank-1-3) > 0":      false,
		"level > 3 or 1/(tank-1-3) > 0":              true, // one side is enough
		"min(level, tank-1) == 3 == 0":               false,
	} {
		p.events = nil
		r, err := Build(p.spec("it", `{"when": "`+text+`"}`), nil)
		if err != nil {
			if !strings.Contains(text, "== 3 ==") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		p.watch(r)
		p.run(p.every, map[string]float64{"tank-1": 3, "level": 4, "罐.液位": 7})
		if got := len(p.tell()) == 1; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func FuzzConditions(f *testing.F) {
	for _, text := range []string{high, "a > 1", "rate(a, 10m) < -0.2 and not b", "((((", "baseline(a, b) + U(a)", "1e", "a--b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := scope{remembered: map[string]int{}, known: func(n string) bool { return n == "a" || n == "b" }, input: func(string) (int, error) { return 0, nil }}
		if n, err := s.parse(text); err == nil && n == nil {
			t.Errorf("%q gives neither a condition nor a fault", text)
		}
	})
}
