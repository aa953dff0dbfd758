package config

import (
	"maps"
	"strings"
	"unicode/utf8"
)

// tooMuch looks for what would exhaust the YAML library's stack or patience. It
// reads roughly: no honest file comes near the limits.
func tooMuch(f *file) (Problem, bool) {
	const deep, closeThem = "brackets or dashes are nested too deep", "close the brackets that are open above"
	depth := 0
	keys := map[int]int{} // lines seen at an indentation since the last shallower one
	for i, line := range f.lines {
		trimmed := strings.TrimLeft(line, " ")
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		indent := len(line) - len(trimmed)
		maps.DeleteFunc(keys, func(at, _ int) bool { return at > indent })
		if trimmed[0] != '-' {
			keys[indent]++
		}
		if keys[indent] > maxKeys {
			return problemAt(spot{f, i + 1, indent + 1}, "", "more than 10,000 lines stand in one group of keys", "write lists with dashes, or tags in a tags_file"), true
		}
		if strings.HasPrefix(trimmed, strings.Repeat("- ", maxNesting)) || strings.HasPrefix(trimmed, strings.Repeat("? ", maxNesting)) {
			return problemAt(spot{f, i + 1, indent + 1}, "", deep, closeThem), true
		}
		for j, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > maxNesting {
				return problemAt(spot{f, i + 1, utf8.RuneCountInString(line[:j]) + 1}, "", deep, closeThem), true
			}
		}
	}
	return Problem{}, false
}
