package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// token is one word of a condition. Names are those of tags, figures and
// functions: letters, digits and . _ -, which tags may have.
type token struct {
	text   string
	number float64
	span   time.Duration
	kind   tokenKind
}

type tokenKind uint8

const (
	end tokenKind = iota
	sign
	name
	number
	span
)

const longest = 1000 // bytes of a condition

// tokens splits a condition. A name is taken as long as known knows it: in
// "tank-1" a dash may part two names.
func tokens(text string, known func(string) bool) (all []token, err error) {
	if len(text) > longest {
		return nil, fmt.Errorf("the condition has more than %d bytes", longest)
	}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		first, size := utf8.DecodeRuneInString(text)
		var t token
		switch {
		case unicode.IsDigit(first):
			t, size, err = numeral(text)
		case unicode.IsLetter(first) || first == '_':
			t, size = word(text, known)
		default:
			t, size, err = symbol(text)
		}
		if err != nil {
			return nil, err
		}
		all, text = append(all, t), text[size:]
	}
	return append(all, token{kind: end}), nil
}

// numeral reads 1.5, 2e-3 or a span of time such as 10m or 7d.
func numeral(text string) (t token, size int, err error) {
	size = len(text) - len(strings.TrimLeft(text, "0123456789."))
	if rest := text[size:]; len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		exponent := strings.TrimLeft(rest[1:], "+-")
		if digits := len(exponent) - len(strings.TrimLeft(exponent, "0123456789")); digits > 0 {
			size += len(rest) - len(exponent) + digits
		}
	}
	v, err := strconv.ParseFloat(text[:size], 64)
	if err != nil {
		return token{}, 0, fmt.Errorf("%q is not a number", text[:size])
	}
	rest := text[size:]
	letters := len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsLetter))
	if letters == 0 {
		return token{text: text[:size], number: v, kind: number}, size, nil
	}
	unit, ok := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[rest[:letters]]
	if !ok {
		return token{}, 0, fmt.Errorf("%q is neither a number nor a span of time such as 30s, 10m, 6h or 7d", text[:size+letters])
	}
	return token{text: text[:size+letters], span: time.Duration(v * float64(unit)), kind: span}, size + letters, nil
}

// word reads a name, as long as it is known; an unknown one up to its first dash.
func word(text string, known func(string) bool) (token, int) {
	inside := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) }
	whole := text[:len(text)-len(strings.TrimLeftFunc(text, inside))]
	whole = strings.TrimRight(whole, "-.")
	for part := whole; ; {
		if known(part) {
			return token{text: part, kind: name}, len(part)
		}
		dash := strings.LastIndexByte(part, '-')
		if dash < 0 {
			return token{text: part, kind: name}, len(part)
		}
		part = part[:dash]
	}
}

func symbol(text string) (token, int, error) {
	for _, s := range []string{"<=", ">=", "==", "!=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", ",", "!"} {
		if strings.HasPrefix(text, s) {
			return token{text: s, kind: sign}, len(s), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(text)
	return token{}, 0, fmt.Errorf("%q does not belong into a condition", r)
}
