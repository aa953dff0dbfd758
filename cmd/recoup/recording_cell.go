package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"recoup/drivers/file"
)

// timeCells reads the times of a column. Most differ from the one before in the
// second alone, or not at all.
type timeCells struct {
	zone  *time.Location
	text  []byte // read last
	at    int64  // of it, Unix nanoseconds
	fixed bool   // text has its second in the usual place
}

// read gives the Unix nanoseconds of a time in RFC 3339, or in the zone's clocks.
func (c *timeCells) read(cell []byte) (int64, error) {
	if bytes.Equal(cell, c.text) {
		return c.at, nil
	}
	const second = len("2006-01-02T15:04:")
	if c.fixed && len(cell) == len(c.text) && bytes.Equal(cell[:second], c.text[:second]) && bytes.Equal(cell[second+2:], c.text[second+2:]) {
		if s, ok := twoDigits(cell[second:]); ok && s < 60 {
			before, _ := twoDigits(c.text[second:])
			c.at += int64(s-before) * int64(time.Second)
			copy(c.text[second:], cell[second:second+2])
			return c.at, nil
		}
	}
	return c.readAnew(cell)
}

func (c *timeCells) readAnew(cell []byte) (int64, error) {
	t, err := file.ParseTime(string(cell), c.zone)
	if err != nil {
		return 0, err
	}
	if y := t.Year(); y < 1970 || y > 2200 {
		return 0, fmt.Errorf("%s is before the year 1970 or after 2200; correct the time", t.Format(time.RFC3339))
	}
	c.text, c.at = append(c.text[:0], cell...), t.UnixNano()
	c.fixed = len(cell) >= len("2006-01-02T15:04:05") && cell[4] == '-' && cell[7] == '-' && cell[13] == ':' && cell[16] == ':'
	return c.at, nil
}

func twoDigits(text []byte) (n int, ok bool) {
	a, b := text[0]-'0', text[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// numberCell reads the number that a row begins with, up to the delimiter or the
// row's end; ok is false for whatever is not digits with a point. Up to fifteen
// digits and a power of ten are exact as float64, so one division rounds as
// strconv does.
func numberCell(row []byte, delimiter byte) (v float64, rest []byte, ok bool) {
	var mantissa uint64
	digits, point, at := 0, -1, 0
	negative := len(row) > 0 && row[0] == '-'
	if negative {
		at = 1
	}
	for ; at < len(row); at++ {
		switch c := row[at]; {
		case c-'0' <= 9:
			mantissa = mantissa*10 + uint64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = digits
		case c == delimiter && digits > 0 && digits <= 15:
			return exact(mantissa, digits, point, negative), row[at:], true
		default:
			return 0, row, false
		}
	}
	if digits == 0 || digits > 15 {
		return 0, row, false
	}
	return exact(mantissa, digits, point, negative), nil, true
}

func exact(mantissa uint64, digits, point int, negative bool) float64 {
	v := float64(mantissa)
	if point >= 0 {
		v /= powersOfTen[digits-point]
	}
	if negative {
		return -v
	}
	return v
}

var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// numberIn reads any recorded value; text and nothing are no number. Historians
// write bits as words.
func numberIn(cell []byte) (float64, bool) {
	switch {
	case bytes.EqualFold(cell, []byte("true")):
		return 1, true
	case bytes.EqualFold(cell, []byte("false")):
		return 0, true
	}
	f, err := strconv.ParseFloat(string(cell), 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}
