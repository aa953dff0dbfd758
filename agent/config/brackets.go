package config

import "strings"

// unclosed faults the bracket at a place.
func unclosed(open spot) Problem {
	bracket, closing := "[", "]"
	if open.character() == '{' {
		bracket, closing = "{", "}"
	}
	return problemAt(open, "", "the "+bracket+" opened here is not closed, or a comma is missing beside it",
		"write "+closing+" at its end, and a comma between parts")
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
