package config

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// syntax turns the library's error into one problem with a plain hint. After a
// syntax error the rest of the file means nothing, so there is only one.
func (r *reader) syntax(err error) Problem {
	var located interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &located) || located.GetToken() == nil {
		return problemAt(spot{file: r.file}, "", err.Error(), "take out the newest changes one by one until the file can be read")
	}
	tk, msg := located.GetToken(), located.GetMessage()
	at := spot{r.file, max(tk.Position.Line, 1), max(tk.Position.Column, 1)}
	if last := len(r.file.lines); at.line > last {
		at.line, at.column = last, 1
	}
	at = onText(at)
	if open, yes := openBracket(at); yes && strings.Contains(msg, "specified") || strings.Contains(msg, "could not find flow") || strings.Contains(msg, "end token") {
		if yes {
			return r.unclosed(open)
		}
	}
	msg, fix, at := plain(msg, tk, at)
	return problemAt(at, "", msg, fix)
}

// onText moves a place in the blank before a text onto the text.
func onText(at spot) spot {
	line := []rune(at.file.line(at.line))
	for at.column-1 < len(line) && line[at.column-1] == ' ' {
		at.column++
	}
	return at
}

func (r *reader) unclosed(open spot) Problem {
	bracket := []rune(r.file.line(open.line))[open.column-1]
	closing := "]"
	if bracket == '{' {
		closing = "}"
	}
	return problemAt(open, "", "the bracket "+string(bracket)+" is not closed, or a comma is missing inside", "write "+closing+" at its end, and a comma between its parts")
}

// plain says the library's messages in plain words, at the place where the hand
// has to go.
func plain(msg string, tk *token.Token, at spot) (string, string, spot) {
	last := lastLine(tk, at)
	switch {
	case tabIndent(at) != 0:
		at.column = tabIndent(at)
		return "the line is indented with a tab", "indent with spaces", at
	case strings.Contains(msg, "end character of"):
		return "the quote is not closed", "write the same quote at the end of the text; a quote inside double quotes is written \\\"", at
	case strings.Contains(msg, "reserved character"):
		return "a text cannot begin with " + string([]rune(at.file.line(at.line))[at.column-1:][:1]), "put the text in quotes", at
	case strings.Contains(msg, "undefined anchor"):
		return "the anchor has no value", "write the value after the anchor's name, or put the text in quotes", at
	case strings.Contains(msg, "unexpected directive"):
		return "a text cannot begin with %", "put the text in quotes", at
	case strings.Contains(msg, "escape"):
		return "the text holds a backslash that means nothing", `write \\ for a backslash, or use single quotes: 'C:\data'`, at
	case strings.Contains(msg, "could not find '"), strings.Contains(at.file.line(at.line)[min(byteColumn(at), len(at.file.line(at.line))):], "}") && strings.Contains(msg, "value is not allowed"):
		return "a bracket is closed that was never opened", "delete it, or write the opening bracket before the first value", at
	case strings.Contains(msg, "sequence entries are not allowed"):
		return "a list cannot begin on the line of its key", "write each - on a line of its own below the key, indented", at
	case strings.Contains(msg, "unexpected key name"), noColon(at):
		return noKey(at)
	case strings.Contains(msg, "mapping value is not allowed") && last.line == at.line:
		return "two colons in one line", "put the text in quotes when the colon belongs to it, or begin a new line for the second key", at
	case strings.Contains(msg, "mapping value is not allowed"), strings.Contains(msg, "value is not allowed"):
		return "the line does not stand under the one it belongs to", "begin it in the same column as its neighbours", onText(spot{last.file, last.line, 1})
	}
	return "this is not YAML: " + msg, "compare with the lines above: indentation, colons, commas, quotes", at
}

// lastLine gives the place where a text that runs over lines goes on: it was
// not meant to, so the mistake is there.
func lastLine(tk *token.Token, at spot) spot {
	at.line = min(at.line+strings.Count(strings.TrimRight(tk.Origin, " \r\n"), "\n"), len(at.file.lines))
	return at
}

// tabIndent gives the column of a tab in the line's indentation, 0 for none.
func tabIndent(at spot) int {
	line := at.file.line(at.line)
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.IndexByte(indent, '\t') + 1
}

func noColon(at spot) bool {
	return !strings.Contains(at.file.line(at.line), ": ") && regexp.MustCompile(`^\s*[\pL\w.-]+:\S`).MatchString(at.file.line(at.line))
}

func noKey(at spot) (string, string, spot) {
	if noColon(at) {
		return "no blank after the colon", "write a blank after the colon", at
	}
	return "the line has no colon", "write key: value", at
}

// byteColumn gives the index of the place in its line.
func byteColumn(at spot) int {
	line := []rune(at.file.line(at.line))
	return len(string(line[:min(at.column-1, len(line))]))
}

// openBracket finds the innermost bracket that is open before a place. It reads
// quotes and comments as YAML does, roughly.
func openBracket(to spot) (spot, bool) {
	var open []spot
	for i := 1; i <= to.line; i++ {
		var quote, before rune
		line := to.file.line(i)
		if i == to.line {
			line = line[:min(byteColumn(to), len(line))]
		}
		for j, c := range line {
			at := spot{to.file, i, utf8.RuneCountInString(line[:j]) + 1}
			switch {
			case quote != 0:
				if c == quote && (before != '\\' || quote == '\'') {
					quote = 0
				}
			case (c == '"' || c == '\'') && strings.ContainsRune(" ,[{:\x00", before):
				quote = c
			case c == '[' || c == '{':
				if len(open) > 0 || strings.ContainsRune(" ,[{:\x00", before) {
					open = append(open, at)
				}
			case (c == ']' || c == '}') && len(open) > 0:
				open = open[:len(open)-1]
			}
			if c == '#' && quote == 0 && (before == ' ' || before == 0) {
				break
			}
			before = c
		}
	}
	if len(open) == 0 {
		return spot{}, false
	}
	return open[len(open)-1], true
}
