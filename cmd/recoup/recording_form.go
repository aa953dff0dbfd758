package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"recoup/agent"
)

const (
	noColumn    = -1
	leftOut     = -1 // a column that is no tag's
	timeColumn  = -2
	plantColumn = -3
)

// rowForm is how the rows of one file look: long, one reading each, or wide, one
// instant each with a column for every tag.
type rowForm struct {
	*known
	delimiter byte
	header    []string
	timeAt    int
	columns   []int32 // wide: position of each column's tag, or what else it is

	wide                                       bool
	tag, value, quality, source, reason, plant int // long: columns
}

// formOf understands a header.
func (k *known) formOf(header []string, delimiter byte) (*rowForm, error) {
	f := &rowForm{known: k, delimiter: delimiter, header: header}
	at := func(name string) int { return slices.Index(header, name) }
	for i, name := range header {
		if name != "" && slices.Contains(header[i+1:], name) {
			return nil, fmt.Errorf("there are two columns %q; give one of them another name", name)
		}
	}
	if f.timeAt = timeIn(header); f.timeAt < 0 {
		return nil, fmt.Errorf("there is no column \"time\", only %q; \"recoup export\" shows the form", header)
	}
	f.tag, f.value, f.quality, f.source, f.reason, f.plant = at("tag"), at("value"), at("quality"), at("source"), at("reason"), at("plant")
	if f.tag >= 0 && f.value >= 0 {
		return f, nil
	}
	return f, f.widen()
}

// timeIn finds the column of the times by the names that historians give it.
func timeIn(header []string) int {
	for _, name := range []string{"time", "timestamp", "datetime", "date_time", "date time", "时间", "日期时间"} {
		if at := slices.IndexFunc(header, func(cell string) bool { return strings.EqualFold(cell, name) }); at >= 0 {
			return at
		}
	}
	return noColumn
}

// widen finds the tags that columns are of.
func (f *rowForm) widen() error {
	f.wide = true
	tags := 0
	for i, name := range f.header {
		column, is := f.byName[name]
		switch {
		case i == f.timeAt:
			column = timeColumn
		case is && name != "":
			tags++
		case name == "plant":
			column = plantColumn
		default:
			column = leftOut
		}
		f.columns = append(f.columns, column)
	}
	if tags == 0 {
		return fmt.Errorf("there are no columns \"tag\" and \"value\", and no column bears the name of a tag of the configuration, only %q; \"recoup export\" shows the form", f.header)
	}
	return nil
}

// wideRow appends the readings of one instant to rows.
func (f *rowForm) wideRow(row []byte, at int64, into []recorded, c *counts) ([]recorded, error) {
	column, more := 0, true
	for ; more; column++ {
		if column == len(f.columns) {
			return into, errors.New("the row has more cells than the header; write decimal points, not commas")
		}
		tag := f.columns[column]
		var value float64
		var number bool
		var rest []byte
		if tag >= 0 {
			value, rest, number = numberCell(row, f.delimiter)
		}
		if number {
			if more = rest != nil; more {
				row = rest[1:]
			}
			into = append(into, f.reading(tag, at, value, true))
			continue
		}
		var cell []byte
		cell, row, more = cutCell(row, f.delimiter)
		switch {
		case tag == plantColumn:
			if err := f.whose(cell); err != nil {
				return into, err
			}
		case tag >= 0 && len(cell) > 0:
			if value, number = numberIn(cell); !number {
				c.text++
			}
			into = append(into, f.reading(tag, at, value, number))
		}
	}
	if column < len(f.columns) {
		return into, fmt.Errorf("the row ends after %d of %d columns; complete it, or delete it", column, len(f.columns))
	}
	return into, nil
}

// reading makes a row of a value whose quality is not recorded.
func (f *rowForm) reading(tag int32, at int64, value float64, number bool) recorded {
	r := agent.Reading{Tag: f.tags[tag]}
	if number {
		r.Value = wireValue(r.Tag, value)
	}
	r.Quality, r.Reason = r.Tag.Judge(r.Value)
	return f.record(tag, at, &r)
}

func (f *rowForm) record(tag int32, at int64, r *agent.Reading) recorded {
	return recorded{at: at, bits: r.Value.Bits(), tag: tag, how: uint8(r.Value.Kind())<<2 | uint8(r.Quality), reason: r.Reason.Code}
}

// longRow appends the one reading of a row to rows.
func (f *rowForm) longRow(cells [][]byte, at int64, into []recorded, c *counts) ([]recorded, error) {
	if len(cells) != len(f.header) {
		return into, fmt.Errorf("the row has %d cells and the header %d; write decimal points, not commas", len(cells), len(f.header))
	}
	cell := func(column int) []byte {
		if column < 0 {
			return nil
		}
		return cells[column]
	}
	if err := f.whose(cell(f.plant)); err != nil {
		return into, err
	}
	tag, known := f.byName[string(cells[f.tag])]
	if !known {
		c.unknown[string(cells[f.tag])]++
		return into, nil
	}
	code, known := codeOf(cell(f.reason))
	if !known {
		return into, fmt.Errorf("reason %.40q is none that recoup knows; delete it, or take one of an export", cell(f.reason))
	}
	if tag == noTag {
		source := slices.Index(f.sources, string(cell(f.source)))
		if source < 0 || code == agent.NoReason {
			return into, fmt.Errorf("a row without a tag must name a source, one of %q, and a reason", f.sources)
		}
		return append(into, recorded{at: at, tag: silence(source), reason: code}), nil
	}
	r := agent.Reading{Tag: f.tags[tag]}
	if value, ok := numberIn(cells[f.value]); ok {
		r.Value = wireValue(r.Tag, value)
	} else if len(cells[f.value]) > 0 {
		c.text++
	}
	r, err := judged(r, string(cell(f.quality)), code)
	return append(into, f.record(tag, at, &r)), err
}

func codeOf(cell []byte) (agent.Code, bool) {
	if len(cell) == 0 {
		return agent.NoReason, true
	}
	return agent.CodeNamed(string(cell))
}

// whose refuses readings of another plant.
func (f *rowForm) whose(id []byte) error {
	if len(id) == 0 || string(id) == f.plantID {
		return nil
	}
	return fmt.Errorf("a reading of plant %.63q, and the configuration is that of %q; give that plant's with -c, or delete the column plant", id, f.plantID)
}
