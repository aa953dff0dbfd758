package config

import (
	"math"
	"strings"
	"unicode"

	"recoup/agent"
)

// parseAccuracy reads what a data sheet states: parts joined by "+", each a
// number with % (of the reading), with the tag's unit or with abs, which means the
// tag's unit where that is %, and limit, k2 or standard; limit when no part says. Parts that say different words are brought
// to standard uncertainties.
func parseAccuracy(s, unit string) (agent.Accuracy, error) {
	const form = `write for example "2% limit", "0.5% k2", "2% limit + 0.2 kg limit" or, of a tag in %, "0.05 abs limit"`
	var a agent.Accuracy
	var words []string
	for part := range strings.SplitSeq(s, "+") {
		fields := strings.Fields(split(part))
		if len(fields) == 0 || len(fields) > 3 {
			return a, fault(quote(s)+" is not an accuracy", form)
		}
		n, err := number(fields[0])
		if err != nil || n <= 0 {
			return a, fault("the accuracy "+quote(fields[0])+" is not a number above 0", form)
		}
		if len(fields) == 1 {
			return a, fault("the accuracy "+quote(s)+" has neither % nor a unit", form)
		}
		word := ""
		if len(fields) == 3 {
			word = fields[2]
		}
		words = append(words, word)
		if fields[1] == "abs" {
			if a.Abs != 0 {
				return a, fault("the accuracy has two parts in the tag's unit", "write one part in % and one in the unit")
			}
			a.Abs = n
			continue
		}
		switch {
		case word != "" && word != "limit" && word != "k2" && word != "standard":
			return a, unknownWord(word)
		case fields[1] == "%" && a.Rel == 0:
			a.Rel = n / 100
		case fields[1] == "%" || fields[1] == unit && a.Abs != 0:
			return a, fault("the accuracy has two parts in "+fields[1], "write one part in % and one in the unit")
		case fields[1] == unit:
			a.Abs = n
		case unit == "":
			return a, fault("the accuracy is in "+quote(fields[1])+", but the tag has no unit", "write unit: "+fields[1]+" beside it")
		default:
			return a, fault("the accuracy is in "+quote(fields[1])+", the tag in "+quote(unit), "convert it to "+unit+", or write it in %")
		}
	}
	return withWords(a, words, strings.Contains(strings.Split(s, "+")[0], "%"))
}

// split parts a number from what is written close to it, as in 2% or 5mg.
func split(part string) string {
	part = strings.TrimSpace(part)
	end := strings.IndexFunc(part, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != ',' })
	if end < 0 {
		return part
	}
	return part[:end] + " " + part[end:]
}

// unknownWord explains a word after the number. Of full scale is the usual one:
// the span it refers to is on the data sheet, not here.
func unknownWord(word string) error {
	switch strings.ToLower(strings.Trim(word, ".")) {
	case "fs", "f.s", "fullscale", "span", "urv":
		return fault("a percentage of full scale is not a percentage of the reading",
			"multiply it with the span on the data sheet and write it in the tag's unit, for example \"5 mg/Nm3 limit\"")
	}
	return fault("unknown word "+quote(word), "write limit (±, the usual one), k2 (expanded, k = 2) or standard")
}

// withWords settles what the parts say about themselves.
func withWords(a agent.Accuracy, words []string, relFirst bool) (agent.Accuracy, error) {
	a.As = words[0]
	if len(words) == 1 || words[0] == words[1] {
		if a.As == "limit" {
			a.As = ""
		}
		return a, nil
	}
	if words[0] == "" || words[1] == "" {
		return a, fault("one part of the accuracy says what it is, the other does not", "write limit, k2 or standard after each part")
	}
	rel, abs := words[0], words[1]
	if !relFirst {
		rel, abs = abs, rel
	}
	return agent.Accuracy{Rel: a.Rel / divisor(rel), Abs: a.Abs / divisor(abs), As: "standard"}, nil
}

func divisor(word string) float64 {
	switch word {
	case "k2":
		return 2
	case "standard":
		return 1
	}
	return math.Sqrt(3)
}

// rate is a number per time, as in 200/h. It counts per second.
type rate float64

// UnmarshalText reads a number and /s, /min, /h or /d.
func (r *rate) UnmarshalText(b []byte) error {
	const fix = "write a number and /s, /min, /h or /d, for example 200/h"
	head, per, ok := strings.Cut(string(b), "/")
	n, err := number(strings.TrimSpace(head))
	if err != nil || !ok {
		return fault(quote(string(b))+" is not a rate", fix)
	}
	seconds := map[string]float64{"s": 1, "min": 60, "h": 3600, "d": 86400}[strings.TrimSpace(per)]
	if seconds == 0 {
		return fault("unknown time "+quote(per)+" in a rate", fix)
	}
	if n <= 0 {
		return fault("the rate must be above 0", fix)
	}
	*r = rate(n / seconds)
	return nil
}
