package main

import (
	"errors"
	"io"
)

// rowReader reads one file's rows as readings. One goroutine uses it.
type rowReader struct {
	*lines
	*rowForm
	number uint16
	times  timeCells
	cells  [][]byte
	counts counts
	left   []recorded // of a wide row, no longer room for
	scrap  []recorded
}

// open begins to read a file.
func (f *recordedFile) open(k *known) (*rowReader, error) {
	text, err := openLines(f.name)
	if err != nil {
		return nil, err
	}
	header, delimiter, err := text.header()
	if err != nil {
		return nil, errors.Join(err, text.close())
	}
	form, err := k.formOf(header, delimiter)
	if err != nil {
		return nil, errors.Join(text.wrong(err), text.close())
	}
	return &rowReader{lines: text, rowForm: form, number: f.number, times: timeCells{zone: k.zone}, counts: counts{unknown: map[string]int{}}}, nil
}

func (r *rowReader) ended(err error) bool { return errors.Is(err, io.EOF) }

// time gives a row's time.
func (r *rowReader) time(row []byte) (int64, error) {
	cell, rest, more := cutCell(row, r.delimiter)
	for i := 0; i < r.timeAt; i++ {
		if !more {
			return 0, errors.New("the row ends before the column of the time; complete it, or delete it")
		}
		cell, rest, more = cutCell(rest, r.delimiter)
	}
	return r.times.read(cell)
}

// fill puts the file's next readings of [from, to) into into; io.EOF after the
// last. The rows of to and later are not looked at when the file is sorted.
func (r *rowReader) fill(into []recorded, s stretch) (n int, err error) {
	n = copy(into, r.left)
	r.left = r.left[n:]
	for n < len(into) {
		row, err := r.row()
		if err != nil {
			return n, err
		}
		at, err := r.time(row)
		if err != nil {
			return n, r.wrong(err)
		}
		switch {
		case at < s.from:
			continue
		case at >= s.to && s.sorted:
			return n, io.EOF
		case at >= s.to:
			continue
		}
		if r.scrap, err = r.take(row, at, r.scrap[:0]); err != nil {
			return n, r.wrong(err)
		}
		for i := range r.scrap {
			r.scrap[i].file = r.number
		}
		taken := copy(into[n:], r.scrap)
		r.left = r.scrap[taken:]
		n += taken
	}
	return n, nil
}

func (r *rowReader) take(row []byte, at int64, into []recorded) ([]recorded, error) {
	if r.wide {
		return r.wideRow(row, at, into, &r.counts)
	}
	r.cells = cut(row, r.delimiter, r.cells[:0])
	return r.longRow(r.cells, at, into, &r.counts)
}
