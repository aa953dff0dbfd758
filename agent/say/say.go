// Package say holds every text a person reads, in English and Chinese: reasons,
// events, windows, figures and how they came about, and the labels of the page.
// It stands beside the flow: package web and the commands call it, it reads
// values of package agent and changes nothing.
//
// Each topic is one table with both languages side by side, so that a missing
// translation is seen where it is missing. Figures are written so that nobody
// can mistake a guess for a fact: with their uncertainty, rounded to it, and
// not at all when they are withheld.
package say

import "strings"

// Lang is a language that the program speaks.
type Lang uint8

// The languages; the zero value is English.
const (
	EN Lang = iota
	ZH
)

// Langs lists all languages.
func Langs() []Lang { return []Lang{EN, ZH} }

// String gives the language's short tag, as ?lang= takes it.
func (l Lang) String() string { return pair{"en", "zh"}.in(l) }

// Tag gives the language tag of BCP 47, as HTML wants it.
func (l Lang) Tag() string { return pair{"en", "zh-CN"}.in(l) }

// Parse finds the language of a tag such as "zh", "zh-CN" or "en-US"; ok is
// false for a language that the program does not speak.
func Parse(tag string) (l Lang, ok bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-"), "-")
	switch strings.ToLower(base) {
	case "en":
		return EN, true
	case "zh":
		return ZH, true
	}
	return EN, false
}

// pair is one text in both languages.
type pair struct{ en, zh string }

func (p pair) in(l Lang) string {
	if l == ZH {
		return p.zh
	}
	return p.en
}

// fill puts values into {placeholders}: name, value, name, value …
func (p pair) fill(l Lang, namesAndValues ...string) string {
	for i := 0; i < len(namesAndValues); i += 2 {
		namesAndValues[i] = "{" + namesAndValues[i] + "}"
	}
	return strings.NewReplacer(namesAndValues...).Replace(p.in(l))
}

// sentence ends a text with a full stop of its language, once.
func sentence(l Lang, text string) string {
	text = strings.TrimRight(text, " .。\n")
	return text + pair{".", "。"}.in(l)
}

// join puts sentences one after the other.
func join(l Lang, sentences ...string) string {
	kept := sentences[:0]
	for _, s := range sentences {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, pair{" ", ""}.in(l))
}
