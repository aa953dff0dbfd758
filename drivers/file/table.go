package file

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"recoup/agent"
)

const mostProblems = 100 // named of one file

// form is how this source's files look.
type form struct {
	time    string   // header
	headers []string // of tags, in their order
	tags    []*agent.Tag
	zone    *time.Location
}

// table is what a file holds.
type table struct {
	readings []agent.Reading // in the order of the file
	problems []string
	badRows  int

	form   *form
	file   string
	now    time.Time
	rows   *csv.Reader
	header []string
	timeAt int
	tagAt  []int // by tag; -1: the file has no such column
	more   int   // problems that are not named
}

// read gives what a file holds. The error says why nothing can be taken from it.
func (f *form) read(name string, data []byte, now time.Time) (*table, error) {
	text, err := plain(data)
	if err != nil {
		return nil, err
	}
	t := &table{form: f, file: name, now: now}
	if err := t.open(text); err != nil {
		return nil, err
	}
	for t.row() {
	}
	if t.more > 0 {
		t.problems = append(t.problems, fmt.Sprintf("and %d more", t.more))
	}
	return t, nil
}

// plain checks the encoding. The standard library cannot read GB18030, which
// spreadsheets in Chinese write by default.
func plain(data []byte) ([]byte, error) {
	const fix = `save it as "CSV UTF-8"`
	switch {
	case len(data) > largest:
		return nil, fmt.Errorf("the file is larger than %d MiB; split it", largest>>20)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, errors.New("the file is UTF-16; " + fix)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errors.New("the file is not UTF-8, probably GBK or GB18030; " + fix)
	}
	return data, nil
}

// open finds the delimiter with which the header has the time's column.
func (t *table) open(text []byte) error {
	var first []string
	for _, delimiter := range ",;\t" {
		t.rows = csv.NewReader(bytes.NewReader(text))
		t.rows.Comma, t.rows.FieldsPerRecord, t.rows.ReuseRecord = delimiter, -1, true
		header, err := t.rows.Read()
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty; its first line must name the columns")
		}
		if err != nil {
			continue
		}
		t.header = nil
		for _, cell := range header {
			t.header = append(t.header, strings.TrimSpace(cell))
		}
		if len(t.header) > len(first) {
			first = t.header
		}
		if t.timeAt = slices.Index(t.header, t.form.time); t.timeAt >= 0 {
			return t.findTags()
		}
	}
	return fmt.Errorf("line 1 names no column %q, only %q; correct the header, or columns in the configuration", t.form.time, first)
}

func (t *table) findTags() error {
	var missing []string
	for i, header := range t.form.headers {
		at := slices.Index(t.header, header)
		if at >= 0 && slices.Contains(t.header[at+1:], header) {
			return fmt.Errorf("line 1 has two columns %q; give one of them another name", header)
		}
		t.tagAt = append(t.tagAt, at)
		if at < 0 {
			missing = append(missing, t.form.headers[i])
		}
	}
	if len(missing) == len(t.form.headers) {
		return fmt.Errorf("line 1 names none of the columns %q, only %q; correct the header, or columns in the configuration", missing, t.header)
	}
	for _, header := range missing {
		t.problem("line 1 names no column %q", header)
	}
	return nil
}

// row takes one row; false at the end.
func (t *table) row() bool {
	cells, err := t.rows.Read()
	var broken *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return false
	case errors.As(err, &broken):
		t.badRows++
		t.problem("line %d to line %d cannot be read: %v; put text with quotation marks in it in quotes, each mark twice", broken.StartLine, broken.Line, broken.Err)
		return true
	case err != nil:
		panic("BUG: reading from memory failed: " + err.Error())
	}
	line, _ := t.rows.FieldPos(0)
	if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
		return true
	}
	at, err := t.timeOf(cells)
	if err != nil {
		t.badRows++
		t.problem("line %d, column %s: %v; nothing of this line was taken", line, t.form.time, err)
		return true
	}
	before := len(t.problems) + t.more
	t.take(line, at, cells)
	if len(t.problems)+t.more > before {
		t.badRows++
	}
	return true
}

func (t *table) timeOf(cells []string) (time.Time, error) {
	if t.timeAt >= len(cells) {
		return time.Time{}, errors.New("no time")
	}
	at, err := ParseTime(strings.TrimSpace(cells[t.timeAt]), t.form.zone)
	if err == nil {
		err = plausible(at, t.now)
	}
	return at, err
}

// take makes a reading of each tag's cell. An empty cell is no reading. In a row
// that has more cells than the header nobody knows which cell is whose.
func (t *table) take(line int, at time.Time, cells []string) {
	var shifted error
	for i, cell := range cells {
		if i >= len(t.header) && strings.TrimSpace(cell) != "" {
			shifted = fmt.Errorf("the line has more cells than the header; write decimal points, not commas")
		}
	}
	for i, tag := range t.form.tags {
		where := fmt.Sprintf("line %d, column %s", line, t.form.headers[i])
		column := t.tagAt[i]
		if column < 0 || shifted == nil && column < len(cells) && strings.TrimSpace(cells[column]) == "" {
			continue
		}
		r := agent.Reading{Tag: tag, Time: at}
		err := shifted
		switch {
		case err != nil:
		case column >= len(cells):
			err = errors.New("the line ends before this column")
		default:
			r.Value, err = value(strings.TrimSpace(cells[column]))
		}
		if err != nil {
			r.Reason = agent.Reason{Code: agent.Protocol, Detail: t.problem("%s: %v", where, err)}
		} else if r.Quality, r.Reason = tag.Judge(r.Value); r.Quality != agent.Good {
			r.Reason.Detail = t.problem("%s: %s is taken as bad (%s); correct it, or the tag's range", where, r.Value, r.Reason.Code)
		}
		t.readings = append(t.readings, r)
	}
}

// problem notes one, and gives it with the file's name.
func (t *table) problem(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if len(t.problems) < mostProblems {
		t.problems = append(t.problems, text)
	} else {
		t.more++
	}
	return t.file + " " + text
}
