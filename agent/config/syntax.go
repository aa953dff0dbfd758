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
	e := syntaxError{sign: located.GetMessage(), token: located.GetToken()}
	e.at = onText(spot{r.file, min(max(e.token.Position.Line, 1), len(r.file.lines)), max(e.token.Position.Column, 1)})
	for _, explain := range []func() (Problem, bool){e.tab, e.bracket, e.colon, e.indentation, e.hint} {
		if p, ok := explain(); ok {
			return p
		}
	}
	return problemAt(e.at, "", "this is not YAML: "+e.sign, "compare with the lines above: indentation, colons, commas, quotes")
}

// syntaxError is what the library says. It notices many mistakes later than
// they were made; the methods look for the place where the hand has to go.
type syntaxError struct {
	sign  string
	token *token.Token
	at    spot
}

func (e syntaxError) is(sign string) bool { return strings.Contains(e.sign, sign) }

// lastLine is the start of the line on which the text that upset the library
// ends. When it is not the line where the text began, the mistake is there.
func (e syntaxError) lastLine() spot {
	more := strings.Count(strings.Trim(e.token.Origin, " \n"), "\n")
	return onText(spot{e.at.file, min(e.at.line+more, len(e.at.file.lines)), 1})
}

func (e syntaxError) tab() (Problem, bool) {
	for _, n := range []int{e.at.line, e.lastLine().line} {
		line := e.at.file.line(n)
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
			return problemAt(spot{e.at.file, n, tab + 1}, "", "the line is indented with a tab", "indent with spaces"), true
		}
	}
	return Problem{}, false
}

func (e syntaxError) bracket() (Problem, bool) {
	if e.is("must be specified") || e.is("end token") {
		if c := e.at.character(); c == '[' || c == '{' {
			return unclosed(e.at), true
		}
		if open, yes := openBracket(e.at); yes {
			return unclosed(open), true
		}
	}
	if c := e.at.character(); e.is("not allowed") && (c == ']' || c == '}') || e.is("could not find '[' character") {
		return problemAt(e.at, "", "a bracket is closed that was never opened", "delete it, or write the opening one before the first part"), true
	}
	return Problem{}, false
}

var startsWithKey = regexp.MustCompile(`^\s*(- )?[\pL\w.-]+:`)

func (e syntaxError) colon() (Problem, bool) {
	line := e.at.file.line(e.at.line)
	if i := strings.IndexRune(line, '：'); i >= 0 && !e.is("end character of") {
		at := spot{e.at.file, e.at.line, utf8.RuneCountInString(line[:i]) + 1}
		return problemAt(at, "", "this is the Chinese colon", "write : and a blank"), true
	}
	key := startsWithKey.FindString(line)
	if rest := line[len(key):]; key != "" && rest != "" && !strings.Contains(line, ": ") && !strings.ContainsAny(rest[:1], " /") {
		at := spot{e.at.file, e.at.line, utf8.RuneCountInString(key) + 1}
		return problemAt(at, "", "no blank after the colon", "write a blank after the colon"), true
	}
	if e.is("mapping value is not allowed") && e.lastLine().line == e.at.line {
		at, rest := e.at, string([]rune(line)[min(e.at.column-1, utf8.RuneCountInString(line)):])
		if i := strings.Index(rest, ": "); i >= 0 {
			at.column += utf8.RuneCountInString(rest[:i])
		}
		return problemAt(at, "", "a second colon in one line", "put the text in quotes when the colon belongs to it, or begin a new line for the second key"), true
	}
	return Problem{}, false
}

func (e syntaxError) indentation() (Problem, bool) {
	const asNeighbours = "begin it in the same column as the lines it belongs with"
	first := onText(spot{e.at.file, e.at.line, 1})
	switch {
	case e.is("pre-defined"):
	case e.lastLine().line != e.at.line && e.is("value is not allowed"):
		return problemAt(e.lastLine(), "", "the line is indented deeper than the one above, which has a value already", asNeighbours), true
	case e.is("value is not allowed") && e.at.column > first.column:
		return problemAt(e.at, "", "something stands behind a value that is complete", "begin a new line for it, or put the whole text in quotes"), true
	case e.is("value is not allowed"), e.is("non-map value") && first.character() == '-':
		return problemAt(first, "", "the line is indented differently from its neighbours", asNeighbours), true
	}
	return Problem{}, false
}

// hint says the rest of the library's messages in plain words.
func (e syntaxError) hint() (Problem, bool) {
	const inQuotes = "put the text in quotes"
	for _, h := range []struct{ sign, msg, fix string }{
		{"end character of", "the quote is not closed", `write the same quote at the end; a quote inside double quotes is written \"`},
		{"reserved character", "a text cannot begin with @ or `", inQuotes},
		{"unexpected directive", "a text cannot begin with %", inQuotes},
		{"undefined anchor", "the anchor has no value", "write the value after the anchor's name, or put the text in quotes"},
		{"escape", "the text holds a backslash that means nothing", `write \\ for a backslash, or use single quotes: 'C:\data'`},
		{"sequence entries are not allowed", "a list cannot begin on the line of its key", "write each - on a line of its own below the key, indented"},
		{"pre-defined", "the quotes end before the text does", `use the other kind of quotes around it, or write an inner quote as \" in "…" and as '' in '…'`},
		{"invalid header option", "a text cannot begin with > or |", inQuotes},
		{"undefined alias name", "a text cannot begin with *", inQuotes},
		{"unexpected key name", "the line has no colon", "write key: value"},
		{"non-map value", "the line has no colon", "write key: value"},
		{"flow map content", "a comma too many", "delete it"},
		{"unexpected scalar value", "a comma too many", "delete it"},
	} {
		if e.is(h.sign) {
			return problemAt(e.at, "", h.msg, h.fix), true
		}
	}
	return Problem{}, false
}

// onText moves a place in the blanks before a text onto the text.
func onText(at spot) spot {
	for at.character() == ' ' {
		at.column++
	}
	return at
}
