package config

import "strings"

// file is a text that problems point into.
type file struct {
	path  string
	lines []string
}

func newFile(path, text string) *file {
	return &file{path: path, lines: strings.Split(text, "\n")}
}

// line gives the n-th line, counted from 1, or "".
func (f *file) line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

// spot is a place in a file. Line and column count from 1, columns count
// characters; line 0 means the file as a whole.
type spot struct {
	file         *file
	line, column int
}

// character gives what stands at the place, 0 behind the end of the line.
func (s spot) character() rune {
	column := 1
	for _, c := range s.file.line(s.line) {
		if column == s.column {
			return c
		}
		column++
	}
	return 0
}

type kind uint8

const (
	nothing kind = iota // a key without a value, ~ or null
	scalar
	list
	mapping
)

// node is one value of the document. YAML files and tag tables both become
// nodes, so that one decoder reads both and every value knows its place.
type node struct {
	kind    kind
	text    string // of a scalar, without quotes and escapes
	quoted  bool   // the scalar is text, whatever it looks like
	flow    bool   // written in brackets
	at      spot
	items   []*node
	entries []entry
	size    int // nodes below and including this one, aliases counted as often as used
}

type entry struct {
	key   string
	at    spot // of the key
	value *node
}

// get finds a key's value, nil when there is none.
func (n *node) get(key string) *node {
	for i := range n.entries {
		if n.entries[i].key == key {
			return n.entries[i].value
		}
	}
	return nil
}

// find gives the place that a path such as "sources[0].tags[2].at" leads to. A
// value in block style is pointed at by its key, and so is a path that ends
// with a colon. Where the path leads nowhere the nearest parent stands in.
func (n *node) find(path string) spot {
	path, wantKey := strings.CutSuffix(path, ":")
	at, key := n.at, spot{}
	for path != "" {
		next, nextKey, rest := n.step(path)
		if next == nil {
			wantKey = false
			break
		}
		n, path, at, key = next, rest, next.at, nextKey
	}
	if key.file != nil && (wantKey || n.kind == nothing || (n.kind >= list && !n.flow)) {
		return key
	}
	return at
}

// step follows the first part of path. Keys may hold dots, so the longest key
// that fits is taken.
func (n *node) step(path string) (next *node, key spot, rest string) {
	path = strings.TrimPrefix(path, ".")
	if strings.HasPrefix(path, "[") {
		at, after, closed := strings.Cut(path[1:], "]")
		i, ok := index(at)
		if !closed || !ok || i >= len(n.items) {
			return nil, spot{}, ""
		}
		return n.items[i], spot{}, after
	}
	longest := -1
	for _, e := range n.entries {
		after, ok := strings.CutPrefix(path, e.key)
		if ok && len(e.key) > longest && (after == "" || after[0] == '.' || after[0] == '[') {
			longest, next, key, rest = len(e.key), e.value, e.at, after
		}
	}
	return next, key, rest
}

// index reads the number in an index of a path.
func index(s string) (int, bool) {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > 1<<24 {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, s != ""
}
