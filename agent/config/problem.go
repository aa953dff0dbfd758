package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one mistake with its place. Line and Column count from 1 and
// columns count characters; Line 0 means the file as a whole.
type Problem struct {
	File         string
	Line, Column int
	Source       string // the line, secrets masked; "" when it is very long
	Path         string // of the value, for example sources[0].every; "" when the form is wrong
	Msg, Fix     string
}

// Error is every problem found, in the order of the files.
type Error struct{ Problems []Problem }

// Error prints all problems, each with its line, a caret and what to write.
func (e *Error) Error() string {
	all := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p.String()
	}
	return strings.Join(all, "\n")
}

// String prints the problem as
//
//	mill.yaml:14:27: sources[0].tags[2].at: unknown table "holdng"
//	   14 |   - {name: mill.c_in, at: holdng 102 float32 cdab}
//	      |                           ^
//	    write one of coil, discrete, input, holding
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	b.WriteString(": " + p.Msg)
	if p.Line > 0 && p.Source != "" {
		text, before := excerpt(p.Source, p.Column)
		fmt.Fprintf(&b, "\n%5d | %s\n      | %s^", p.Line, text, pad(before))
	}
	if p.Fix != "" {
		b.WriteString("\n    " + p.Fix)
	}
	return b.String()
}

const (
	excerptBefore = 100 // characters shown before the place when the line is long
	excerptAfter  = 60
	maxLine       = 4000 // bytes of a line up to which it is shown
)

// excerpt gives what to show of a line, and the part of it before the column.
func excerpt(line string, column int) (text, before string) {
	runes := []rune(strings.TrimRight(line, " \t"))
	at := min(max(column-1, 0), len(runes))
	from, to := 0, len(runes)
	var head, tail string
	if at > excerptBefore {
		from, head = at-excerptBefore, "…"
	}
	if to-at > excerptAfter && to > excerptBefore+excerptAfter {
		to, tail = at+excerptAfter, "…"
	}
	return head + printable(runes[from:to]) + tail, head + printable(runes[from:at])
}

// printable keeps a control character in a file from reaching the terminal.
func printable(runes []rune) string {
	shown := make([]rune, len(runes))
	for i, r := range runes {
		shown[i] = r
		if r != '\t' && !unicode.IsPrint(r) {
			shown[i] = '\uFFFD'
		}
	}
	return string(shown)
}

// pad gives blanks as wide as the text, so that the caret stands under its
// character also after Chinese text and tabs.
func pad(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return '\t'
		case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3,
			r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF01 && r <= 0xFF60, r >= 0x20000 && r <= 0x3FFFD:
			return '\u3000' // the blank of a wide character's width
		}
		return ' '
	}, text)
}

// problemAt makes a problem. The YAML library now and then names a place behind
// the end of a line or of the file: the end itself is meant.
func problemAt(at spot, path, msg, fix string) Problem {
	p := Problem{File: at.file.path, Line: min(at.line, len(at.file.lines)), Column: at.column, Path: path, Msg: mask(msg), Fix: mask(fix)}
	if line := at.file.line(p.Line); len(line) <= maxLine {
		p.Source = mask(line)
		p.Column = min(p.Column, utf8.RuneCountInString(line)+1)
	}
	return p
}

// secret matches what must not reach a terminal or a log: the value of a key
// that is named like a secret, and the password in an address.
var secret = regexp.MustCompile(`(?i)(?:password|passwd|passphrase|token|secret|api_key)["']?\s*[:=]\s*("[^"]*"|'[^']*'|[^\s,}]+)|://[^/@:\s]*:([^/@\s]+)@`)

// mask covers secrets and keeps the columns.
func mask(line string) string {
	var masked strings.Builder
	from := 0
	for _, m := range secret.FindAllStringSubmatchIndex(line, -1) {
		start, end := max(m[2], m[4]), max(m[3], m[5])
		masked.WriteString(line[from:start])
		masked.WriteString(strings.Repeat("*", utf8.RuneCountInString(line[start:end])))
		from = end
	}
	return masked.String() + line[from:]
}

// Join gives everything in the errors as one *Error, each problem once and in
// the order of the files; nil when there is nothing. Errors that are not of
// this package are kept beside it.
func Join(errs ...error) error {
	var problems []Problem
	var others []error
	for _, err := range errs {
		var e *Error
		switch {
		case err == nil:
		case errors.As(err, &e):
			problems = append(problems, e.Problems...)
		default:
			others = append(others, err)
		}
	}
	if len(problems) > 0 {
		others = append([]error{&Error{sorted(problems)}}, others...)
	}
	if len(others) == 1 {
		return others[0]
	}
	return errors.Join(others...)
}

// sorted orders problems by file, in the order the files came up, and place.
func sorted(problems []Problem) []Problem {
	files := map[string]int{}
	for _, p := range problems {
		if _, known := files[p.File]; !known {
			files[p.File] = len(files)
		}
	}
	problems = slices.Clone(problems)
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(files[a.File]-files[b.File], a.Line-b.Line, a.Column-b.Column, cmp.Compare(a.Path, b.Path))
	})
	seen := make(map[Problem]bool, len(problems))
	return slices.DeleteFunc(problems, func(p Problem) bool {
		p.Path = "" // an alias leads to one mistake by several paths
		double := seen[p]
		seen[p] = true
		return double
	})
}

func itoa(n int) string { return strconv.Itoa(n) }

// quote shows what was found, shortened when it is long.
func quote(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:57]) + "…"
	}
	return strconv.Quote(s)
}
