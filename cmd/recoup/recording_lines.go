package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"
)

const longestRow = 16 << 20 // bytes; a longer one is a quotation mark without its end

var errEndless = errors.New("a quotation mark has no end; put text with quotation marks in it in quotes, each mark twice")

// lines gives the rows of a CSV file, packed by gzip or not, one by one. The
// standard library's reader takes most of the time of a month's replay.
type lines struct {
	name string
	file *os.File
	in   *bufio.Reader
	line int // of the beginning of the row last given
	next int
	long []byte // a row that spans lines or is longer than the reader's buffer
}

func openLines(name string) (*lines, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	l := &lines{name: name, file: f, in: bufio.NewReaderSize(f, 1<<18), next: 1}
	if head, _ := l.in.Peek(2); bytes.Equal(head, []byte("\x1f\x8b")) {
		unpacked, err := gzip.NewReader(l.in)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w; pack it anew, or unpack it", name, err), f.Close())
		}
		l.in = bufio.NewReaderSize(unpacked, 1<<18)
	}
	head, _ := l.in.Peek(3)
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return nil, errors.Join(fmt.Errorf("%s is UTF-16; save it as \"CSV UTF-8\"", name), f.Close())
	}
	if bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, err = l.in.Discard(len(head))
	}
	return l, err
}

func (l *lines) close() error { return l.file.Close() }

// row gives the next row that is not empty, without the line's end; io.EOF after
// the last. It is valid until the next call.
func (l *lines) row() ([]byte, error) {
	for {
		l.line = l.next
		row, err := l.physical()
		for err == nil && bytes.Count(row, []byte{'"'})%2 == 1 { // a quoted line's end
			l.long = append(l.long[:0], row...)
			row, err = l.physical(l.long...)
		}
		if errors.Is(err, io.EOF) && len(row) > 0 {
			if err = nil; bytes.Count(row, []byte{'"'})%2 == 1 {
				err = errEndless
			}
		}
		if err != nil {
			return nil, l.wrong(err)
		}
		if row = bytes.TrimRight(row, "\r\n"); len(row) > 0 {
			return row, nil
		}
	}
}

// physical gives the next line after what was begun before.
func (l *lines) physical(begun ...byte) ([]byte, error) {
	l.next++
	row, err := l.in.ReadSlice('\n')
	if begun == nil && !errors.Is(err, bufio.ErrBufferFull) {
		return row, err
	}
	all := slices.Concat(begun, row)
	for errors.Is(err, bufio.ErrBufferFull) && len(all) < longestRow {
		row, err = l.in.ReadSlice('\n')
		all = append(all, row...)
	}
	if len(all) >= longestRow {
		err = errEndless
	}
	l.long = all
	return all, err
}

// wrong names the place of an error, but for the end of the file.
func (l *lines) wrong(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("%s:%d: %w", l.name, l.line, err)
}

// cut splits a row into its cells, without quotes and blanks around them. It
// appends to into.
func cut(row []byte, delimiter byte, into [][]byte) [][]byte {
	for {
		cell, rest, more := cutCell(row, delimiter)
		into = append(into, cell)
		if !more {
			return into
		}
		row = rest
	}
}

// cutCell gives a row's first cell and what follows it.
func cutCell(row []byte, delimiter byte) (cell, rest []byte, more bool) {
	if len(row) > 0 && row[0] == '"' {
		return cutQuoted(row, delimiter)
	}
	if at := bytes.IndexByte(row, delimiter); at >= 0 {
		return bytes.TrimSpace(row[:at]), row[at+1:], true
	}
	return bytes.TrimSpace(row), nil, false
}

func cutQuoted(row []byte, delimiter byte) (cell, rest []byte, more bool) {
	end := 1
	for ; end < len(row); end++ {
		if row[end] == '"' {
			if end+1 == len(row) || row[end+1] != '"' {
				break
			}
			end++
		}
	}
	cell = bytes.TrimSpace(bytes.ReplaceAll(row[1:min(end, len(row))], []byte(`""`), []byte(`"`)))
	_, rest, more = cutCell(append([]byte{' '}, row[min(end+1, len(row)):]...), delimiter)
	return cell, rest, more
}

// header reads the first row, with the delimiter that gives it the most cells.
func (l *lines) header() (cells []string, delimiter byte, err error) {
	row, err := l.row()
	if errors.Is(err, io.EOF) {
		return nil, 0, l.wrong(errors.New("the file is empty; its first line must name the columns"))
	}
	if err != nil {
		return nil, 0, err
	}
	if !utf8.Valid(row) {
		return nil, 0, l.wrong(errors.New("the file is not UTF-8, probably GBK or GB18030; save it as \"CSV UTF-8\""))
	}
	var best [][]byte
	for _, d := range []byte{',', ';', '\t'} {
		if got := cut(row, d, nil); len(got) > len(best) {
			best, delimiter = got, d
		}
	}
	for _, cell := range best {
		cells = append(cells, string(cell))
	}
	return cells, delimiter, nil
}
