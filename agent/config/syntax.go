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
	tk, sign := located.GetToken(), located.GetMessage()
	at := spot{r.file, min(max(tk.Position.Line, 1), len(r.file.lines)), max(tk.Position.Column, 1)}
	at = onText(at)
	if found, ok := misplaced(sign, tk, at); ok {
		return found
	}
	for _, h := range hints() {
		if strings.Contains(sign, h.sign) {
			return problemAt(at, "", h.msg, h.fix)
		}
	}
	return problemAt(at, "", "this is not YAML: "+sign, "compare with the lines above: indentation, colons, commas, quotes")
}

// hint says one of the library's messages in plain words.
type hint struct{ sign, msg, fix string }

func hints() []hint {
	const inQuotes = "put the text in quotes"
	return []hint{
		{"end character of", "the quote is not closed", `write the same quote at the end; a quote inside double quotes is written \"`},
		{"reserved character", "a text cannot begin with @ or `", inQuotes},
		{"unexpected directive", "a text cannot begin with %", inQuotes},
		{"undefined anchor", "the anchor has no value", "write the value after the anchor's name, or put the text in quotes"},
		{"escape", "the text holds a backslash that means nothing", `write \\ for a backslash, or use single quotes: 'C:\data'`},
		{"could not find '[' character", "a bracket is closed that was never opened", "delete it, or write [ before the first value"},
		{"sequence entries are not allowed", "a list cannot begin on the line of its key", "write each - on a line of its own below the key, indented"},
		{"map key-value is pre-defined", "a second value for the same key", "put the whole text in quotes"},
		{"mapping value is not allowed", "a second colon in one line", "put the text in quotes when the colon belongs to it, or begin a new line for the second key"},
		{"unexpected key name", "the line has no colon", "write key: value"},
		{"flow map content", "a comma too many", "delete it"},
		{"unexpected scalar value", "a comma too many", "delete it"},
	}
}

// misplaced finds the mistakes that the library notices later than they were
// made, and points at where the hand has to go.
func misplaced(sign string, tk *token.Token, at spot) (Problem, bool) {
	const asNeighbours = "begin it in the same column as the lines it belongs with"
	line, last := at.file.line(at.line), lastLine(tk, at)
	bracket := strings.Contains(sign, "must be specified") || strings.Contains(sign, "end token")
	switch {
	case tabIn(line) > 0:
		return problemAt(spot{at.file, at.line, tabIn(line)}, "", "the line is indented with a tab", "indent with spaces"), true
	case tabIn(at.file.line(last.line)) > 0:
		return problemAt(spot{at.file, last.line, tabIn(at.file.line(last.line))}, "", "the line is indented with a tab", "indent with spaces"), true
	case bracket:
		if open, yes := openBracket(at); yes {
			return unclosed(open), true
		}
	case tightColon(line) > 0:
		return problemAt(spot{at.file, at.line, tightColon(line)}, "", "no blank after the colon", "write a blank after the colon"), true
	case last.line != at.line && strings.Contains(sign, "value is not allowed"):
		return problemAt(onText(last), "", "the line is indented deeper than the one above, which has a value already", asNeighbours), true
	case strings.HasPrefix(tk.Value, "}"):
		return problemAt(at, "", "a bracket is closed that was never opened", "delete it, or write { before the first key"), true
	case sign == "value is not allowed in this context" || strings.HasPrefix(sign, "value is not allowed in this context") && !strings.Contains(sign, "pre-defined"):
		return problemAt(onText(spot{at.file, at.line, 1}), "", "the line is indented differently from its neighbours", asNeighbours), true
	}
	return Problem{}, false
}

func unclosed(open spot) Problem {
	bracket, closing := "[", "]"
	if []rune(open.file.line(open.line))[open.column-1] == '{' {
		bracket, closing = "{", "}"
	}
	return problemAt(open, "", "the "+bracket+" opened here is not closed, or a comma is missing after it",
		"write "+closing+" at its end and a comma between its parts")
}

// onText moves a place in the blanks before a text onto the text.
func onText(at spot) spot {
	line := []rune(at.file.line(at.line))
	for at.column-1 < len(line) && line[at.column-1] == ' ' {
		at.column++
	}
	return at
}

// lastLine gives the start of the line on which a text that runs over lines
// ends: it was not meant to, so the mistake is there.
func lastLine(tk *token.Token, at spot) spot {
	more := strings.Count(strings.Trim(tk.Origin, " \r\n"), "\n")
	return spot{at.file, min(at.line+more, len(at.file.lines)), 1}
}

// tabIn gives the column of the first tab in a line's indentation, 0 for none.
func tabIn(line string) int {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.IndexByte(indent, '\t') + 1
}

// tightColon gives the column after the colon in a line such as key:value, 0
// for other lines.
func tightColon(line string) int {
	key := regexp.MustCompile(`^\s*(- )?[\pL\w.-]+:`).FindString(line)
	if rest := line[len(key):]; key == "" || rest == "" || strings.Contains(line, ": ") || strings.ContainsAny(rest[:1], " /") {
		return 0
	}
	return utf8.RuneCountInString(key) + 1
}

// openBracket finds the innermost bracket that is open before a place. It reads
// quotes and comments as YAML does, roughly.
func openBracket(to spot) (spot, bool) {
	var open []spot
	for i := 1; i <= to.line; i++ {
		line := []rune(to.file.line(i))
		if i == to.line {
			line = line[:min(to.column-1, len(line))]
		}
		open = brackets(spot{to.file, i, 0}, line, open)
	}
	if len(open) == 0 {
		return spot{}, false
	}
	return open[len(open)-1], true
}

// brackets adds what a line opens and takes off what it closes.
func brackets(at spot, line []rune, open []spot) []spot {
	var quote rune
	before := ' '
	for i, c := range line {
		at.column = i + 1
		begins := strings.ContainsRune(" ,[{:", before)
		switch {
		case quote != 0:
			if c == quote && (before != '\\' || quote == '\'') {
				quote = 0
			}
		case c == '#' && before == ' ':
			return open
		case (c == '"' || c == '\'') && begins:
			quote = c
		case (c == '[' || c == '{') && begins:
			open = append(open, at)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
		before = c
	}
	return open
}
