package say

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"recoup/agent"
)

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

var placeholder = regexp.MustCompile(`\{[a-z]*\}`)

// checkPair demands a text in both languages, each in its own script, with the
// same placeholders.
func checkPair(t *testing.T, where string, p pair) {
	t.Helper()
	if p.en == "" || p.zh == "" {
		t.Errorf("%s: a language is missing: en %q, zh %q", where, p.en, p.zh)
	}
	if han(p.en) || !han(p.zh) {
		t.Errorf("%s: wrong script: en %q, zh %q", where, p.en, p.zh)
	}
	en, zh := placeholder.FindAllString(p.en, -1), placeholder.FindAllString(p.zh, -1)
	slices.Sort(en)
	slices.Sort(zh)
	if !slices.Equal(en, zh) {
		t.Errorf("%s: placeholders differ: en %q, zh %q", where, en, zh)
	}
}

func checkOptional(t *testing.T, where string, p pair) {
	t.Helper()
	if p != (pair{}) {
		checkPair(t, where, p)
	}
}

func TestEveryCodeHasTexts(t *testing.T) {
	if got, want := len(codeTexts), len(agent.Codes())+1; got != want {
		t.Errorf("texts for %d codes, want %d", got, want)
	}
	for _, c := range agent.Codes() {
		text, ok := textOf(c)
		if !ok {
			t.Errorf("%v: no text", c)
			continue
		}
		checkPair(t, c.String()+" name", text.name)
		checkPair(t, c.String()+" clause", text.clause)
		checkOptional(t, c.String()+" advice", text.advice)
	}
}

func TestEveryEventKindHasTexts(t *testing.T) {
	texts := kindTexts()
	if got, want := len(texts), len(agent.EventKinds()); got != want {
		t.Errorf("texts for %d kinds, want %d", got, want)
	}
	for _, k := range agent.EventKinds() {
		checkPair(t, string(k)+" name", texts[k].name)
		checkPair(t, string(k)+" begun", texts[k].begun)
		checkOptional(t, string(k)+" over", texts[k].over)
		checkOptional(t, string(k)+" advice", texts[k].advice)
	}
}

func TestEveryEventIsToldWithoutHoles(t *testing.T) {
	for _, l := range Langs() {
		for _, k := range agent.EventKinds() {
			for _, e := range []agent.Event{
				{Kind: k},
				{Kind: k, Key: "k", Reason: agent.Reason{Code: agent.Timeout, Detail: "d"}, Gap: &agent.Gap{Rows: map[string]int{"a": 1}}},
				{Kind: k, Key: "k", Start: t0, End: t0, Reason: agent.Reason{Detail: "d"}},
				{Kind: k, Key: "k", Start: t0, End: t0.Add(90e9), Reason: agent.Reason{Code: agent.Dropped}},
			} {
				if text := Event(l, e); strings.ContainsAny(text, "{}") || strings.Contains(text, "..") || strings.Contains(text, "。。") {
					t.Errorf("Event(%v, %v) has a hole: %s", l, e, text)
				}
			}
		}
	}
}

func TestEveryNameAndLabelHasBothLanguages(t *testing.T) {
	for _, table := range []map[string]pair{quantityTexts(), familyTexts(), roleTexts(), hintTexts()} {
		for name, p := range table {
			checkPair(t, name, p)
		}
	}
	for name, p := range labelTexts() {
		if name == "other_lang" { // each names the other
			p.en, p.zh = p.zh, p.en
		}
		checkPair(t, name, p)
	}
	for _, l := range Langs() {
		if got, want := len(Labels(l)), len(labelTexts()); got != want {
			t.Errorf("%v has %d labels, want %d", l, got, want)
		}
		for _, k := range agent.WindowKinds() {
			if got := WindowKind(l, k); got == string(k) && k == agent.Cell || got == "" || han(got) != (l == ZH) {
				t.Errorf("WindowKind(%v, %s) = %q", l, k, got)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		tag  string
		want Lang
		ok   bool
	}{
		{"en", EN, true}, {"EN-gb", EN, true}, {"zh", ZH, true}, {" zh-Hans-CN ", ZH, true}, {"zh_CN", ZH, true},
		{"", EN, false}, {"de", EN, false}, {"zhx", EN, false}, {"-zh", EN, false},
	} {
		if got, ok := Parse(c.tag); got != c.want || ok != c.ok {
			t.Errorf("Parse(%q) = %v, %v, want %v, %v", c.tag, got, ok, c.want, c.ok)
		}
	}
	for _, l := range Langs() {
		for _, tag := range []string{l.String(), l.Tag()} {
			if got, ok := Parse(tag); got != l || !ok {
				t.Errorf("Parse(%q) = %v, %v, want %v", tag, got, ok, l)
			}
		}
	}
}
