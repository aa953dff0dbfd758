package config

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// columns are what a tag table may hold: the keys of a tag, those with keys of
// their own taken apart.
func columns() []string {
	return []string{"name", "at", "unit", "every", "label_en", "label_zh", "scale", "offset", "range", "accuracy",
		"sentinels", "counter_modulus", "counter_max_rate", "hold", "max_gap", "cutoff", "frozen", "usual", "counter_power", "signal"}
}

// table reads a tag table into nodes of the same form as tags in YAML.
type table struct {
	file     *file
	known    []string // columns that there may be
	header   []string
	reader   *csv.Reader
	problems []Problem
}

// readTable gives one node per row. Cells may be parted by commas, semicolons or
// tabs; empty cells are keys not given; lines that begin with # are notes.
func readTable(path, text string, known []string) ([]*node, []Problem) {
	t := &table{file: newFile(path, text), known: known, reader: csv.NewReader(strings.NewReader(text))}
	t.reader.Comma, t.reader.Comment, t.reader.FieldsPerRecord = comma(t.file), '#', -1
	t.reader.TrimLeadingSpace = true
	var rows []*node
	for {
		cells, err := t.reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, t.problems
		case err != nil:
			t.syntax(err)
			return rows, t.problems
		case t.header == nil:
			t.readHeader(cells)
		case strings.Join(cells, "") != "":
			rows = append(rows, t.row(cells))
		}
	}
}

// comma finds what parts the cells: the most frequent candidate of the header.
func comma(f *file) rune {
	for _, line := range f.lines {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		best := ','
		for _, c := range ";\t" {
			if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
				best = c
			}
		}
		return best
	}
	return ','
}

func (t *table) syntax(err error) {
	at := spot{file: t.file}
	var where *csv.ParseError
	msg := err.Error()
	if errors.As(err, &where) {
		at.line, at.column = where.Line, t.column(where.Line, where.Column)
		if where.StartLine != where.Line { // an open quote runs on: show where its row begins
			at.line, at.column = where.StartLine, 1
		}
		msg = "the quotes of a cell are not in order"
	}
	t.problems = append(t.problems, problemAt(at, "", msg, `put the whole cell in quotes, and write a quote inside as ""`))
}

// column turns the reader's byte column into characters.
func (t *table) column(line, bytes int) int {
	text := t.file.line(line)
	return utf8.RuneCountInString(text[:min(max(bytes-1, 0), len(text))]) + 1
}

func (t *table) spot(cell int) spot {
	line, column := t.reader.FieldPos(cell)
	return spot{t.file, line, t.column(line, column)}
}

func (t *table) readHeader(cells []string) {
	t.header = make([]string, len(cells))
	for i, cell := range cells {
		name := strings.TrimSpace(cell)
		switch {
		case name == "":
		case !slices.Contains(t.known, name):
			t.problems = append(t.problems, problemAt(t.spot(i), "", "unknown column "+quote(name), instead(name, t.known)))
			name = ""
		case slices.Contains(t.header, name):
			t.problems = append(t.problems, problemAt(t.spot(i), "", "column "+quote(name)+" is there twice", "delete one of them"))
			name = ""
		}
		t.header[i] = name
	}
	if !slices.Contains(t.header, t.known[0]) {
		t.problems = append(t.problems, problemAt(t.spot(0), "", "the column "+t.known[0]+" is missing", "write the column names in the first line: "+strings.Join(t.known[:3], ", ")+", …"))
	}
}

// row makes a mapping of a row's cells.
func (t *table) row(cells []string) *node {
	n := &node{kind: mapping, flow: true, at: t.spot(0), size: 1}
	groups := map[string]*node{}
	for i, cell := range cells {
		text := strings.TrimSpace(cell)
		if text == "" || i < len(t.header) && t.header[i] == "" {
			continue
		}
		at := t.spot(i)
		if i >= len(t.header) {
			t.problems = append(t.problems, problemAt(at, "", "the row has more cells than the header", "put a text that holds the separator in quotes"))
			return n
		}
		key, value := t.header[i], &node{kind: scalar, text: text, at: at, size: 1}
		group, inner, _ := strings.Cut(key, "_")
		switch {
		case key == "range":
			value = parts(value, "..")
		case key == "sentinels" || key == "tags":
			value = parts(value, " ")
		case group == "label" || group == "counter":
			if groups[group] == nil {
				groups[group] = &node{kind: mapping, flow: true, at: at, size: 1}
				n.add(entry{key: group, at: at, value: groups[group]})
			}
			groups[group].add(entry{key: inner, at: at, value: value})
			continue
		}
		n.add(entry{key: key, at: at, value: value})
	}
	return n
}

// parts makes a list of a cell such as 0..1000.
func parts(cell *node, by string) *node {
	n := &node{kind: list, flow: true, at: cell.at, size: 1}
	for part := range strings.SplitSeq(cell.text, by) {
		if text := strings.TrimSpace(part); text != "" {
			n.items = append(n.items, &node{kind: scalar, text: text, at: cell.at, size: 1})
		}
	}
	return n
}

// addTables reads the tag tables that sources name and puts their rows behind
// the tags written in the YAML file, so that nothing after this tells the two
// apart.
func (c *Config) addTables() {
	sources := c.root.get("sources")
	if sources == nil {
		return
	}
	done := map[*node]bool{} // an alias makes one entry appear twice
	for i, source := range sources.items {
		name := source.get("tags_file")
		if name == nil || name.kind != scalar || done[source] {
			continue
		}
		done[source] = true
		path := c.resolve(name.text)
		text, err := readFile(path, "check the path; it starts from the folder of the configuration")
		if err != nil {
			c.noteFault("sources["+itoa(i)+"].tags_file", err.fix, quote(path)+": "+err.msg)
			continue
		}
		rows, problems := readTable(path, text, columns())
		c.problems = append(c.problems, problems...)
		source.addItems("tags", rows, name.at)
	}
}
