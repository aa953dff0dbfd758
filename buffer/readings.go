package buffer

import (
	"encoding/binary"
	"fmt"
	"time"

	"recoup/agent"
)

// Readings lie in columns: tags, times, kinds, values by kind, qualities. One
// poll's readings nearly always share a time, a generation and a quality, and
// then these columns cost a byte each.

const maxIndex = 1 << 20 // tags of one generation

// How the time column is written.
const (
	timesSame  = iota // one time for all
	timesSteps        // the first, then steps in a unit that divides all
	timesAny          // each as seconds and nanoseconds
)

// scratch is what the columns are gathered in, kept from batch to batch.
type scratch struct {
	f32   []uint32
	f64   []uint64
	ints  []byte
	bools []byte
	texts []byte
	steps []int64
	seen  []uint64 // by tag index: the batch that last had the tag
	turn  uint64
}

// unscratch is what the columns are read into, kept from batch to batch.
type unscratch struct {
	indexes []int64
	kinds   []agent.ValueKind
}

func checkIndex(t *agent.Tag) {
	if t.Index < 0 || t.Index >= maxIndex {
		panic(fmt.Sprintf("BUG: tag %s has the index %d", t.Name, t.Index))
	}
}

// distinct counts the tags of the readings.
func (s *scratch) distinct(readings []agent.Reading) (n int) {
	s.turn++
	for i := range readings {
		at := readings[i].Tag.Index
		checkIndex(readings[i].Tag)
		for at >= len(s.seen) {
			s.seen = append(s.seen, make([]uint64, max(64, len(s.seen)))...)
		}
		if s.seen[at] != s.turn {
			s.seen[at] = s.turn
			n++
		}
	}
	return n
}

// readings appends the columns. mixed says that not all readings are of the
// generation that the frame names.
func (s *scratch) readings(dst []byte, rs []agent.Reading, mixed bool) []byte {
	last := 0
	for i := range rs {
		dst = binary.AppendVarint(dst, int64(rs[i].Tag.Index-last))
		last = rs[i].Tag.Index
	}
	if mixed {
		for i := range rs {
			dst = binary.AppendUvarint(dst, uint64(rs[i].Tag.Gen))
		}
	}
	dst = s.times(dst, rs)
	dst = appendKinds(dst, rs)
	dst = s.values(dst, rs)
	return appendQualities(dst, rs)
}

func (s *scratch) times(dst []byte, rs []agent.Reading) []byte {
	if sameTime(rs) {
		return appendTime(append(dst, timesSame), rs[0].Time)
	}
	s.steps = s.steps[:0]
	unit := int64(time.Hour)
	for i := range rs {
		if !stepable(rs[i].Time) {
			dst = append(dst, timesAny)
			for i := range rs {
				dst = appendTime(dst, rs[i].Time)
			}
			return dst
		}
		step := rs[i].Time.UnixNano() - rs[max(i-1, 0)].Time.UnixNano()
		for step%unit != 0 {
			unit = stepUnder(unit)
		}
		s.steps = append(s.steps, step)
	}
	dst = binary.AppendUvarint(appendTime(append(dst, timesSteps), rs[0].Time), uint64(unit))
	for _, step := range s.steps[1:] {
		dst = binary.AppendVarint(dst, step/unit)
	}
	return dst
}

func sameTime(rs []agent.Reading) bool {
	for i := range rs {
		if !rs[i].Time.Equal(rs[0].Time) {
			return false
		}
	}
	return true
}

// stepable reports whether differences of such times fit 63 bits of
// nanoseconds: the years 1900 to 2100.
func stepable(t time.Time) bool {
	const year = 31_556_952
	return t.Unix() > -70*year && t.Unix() < 130*year
}

func stepUnder(unit int64) int64 {
	switch {
	case unit > int64(time.Second):
		return int64(time.Second)
	case unit > int64(time.Millisecond):
		return int64(time.Millisecond)
	case unit > int64(time.Microsecond):
		return int64(time.Microsecond)
	}
	return 1
}

// appendKinds writes runs of equal wire kinds.
func appendKinds(dst []byte, rs []agent.Reading) []byte {
	for i := 0; i < len(rs); {
		kind, from := rs[i].Value.Kind(), i
		for i < len(rs) && rs[i].Value.Kind() == kind {
			i++
		}
		dst = append(binary.AppendUvarint(dst, uint64(i-from)), byte(kind))
	}
	return dst
}

// values writes floats as planes of bytes, the highest first, integers as
// varints, bools as bits, texts one after the other. A value next to one of the
// same tag is written as the difference.
func (s *scratch) values(dst []byte, rs []agent.Reading) []byte {
	s.f32, s.f64, s.ints, s.bools, s.texts = s.f32[:0], s.f64[:0], s.ints[:0], s.bools[:0], s.texts[:0]
	nbools := 0
	for i := range rs {
		v, before := rs[i].Value, uint64(0)
		if i > 0 && rs[i-1].Tag.Index == rs[i].Tag.Index && rs[i-1].Value.Kind() == v.Kind() {
			before = rs[i-1].Value.Bits()
		}
		switch v.Kind() {
		case agent.Float32:
			s.f32 = append(s.f32, uint32(v.Bits()^before))
		case agent.Float64:
			s.f64 = append(s.f64, v.Bits()^before)
		case agent.Int64, agent.Uint64:
			s.ints = binary.AppendVarint(s.ints, int64(v.Bits()-before))
		case agent.Bool:
			if nbools%8 == 0 {
				s.bools = append(s.bools, 0)
			}
			s.bools[nbools/8] |= byte(v.Bits()) << (nbools % 8)
			nbools++
		case agent.Text:
			s.texts = appendString(s.texts, v.Text())
		}
	}
	for shift := 24; shift >= 0; shift -= 8 {
		for _, f := range s.f32 {
			dst = append(dst, byte(f>>shift))
		}
	}
	for shift := 56; shift >= 0; shift -= 8 {
		for _, f := range s.f64 {
			dst = append(dst, byte(f>>shift))
		}
	}
	dst = append(append(dst, s.bools...), s.ints...)
	return append(dst, s.texts...)
}

// appendQualities writes runs of equal quality and reason.
func appendQualities(dst []byte, rs []agent.Reading) []byte {
	for i := 0; i < len(rs); {
		quality, reason, from := rs[i].Quality, rs[i].Reason, i
		for i < len(rs) && rs[i].Quality == quality && rs[i].Reason == reason {
			i++
		}
		dst = append(binary.AppendUvarint(dst, uint64(i-from)), byte(quality))
		dst = appendReason(dst, reason)
	}
	return dst
}

// tables are the tags that a file knows, by generation and index.
type tables map[uint32][]*agent.Tag

func (t tables) tag(gen uint32, index int64) *agent.Tag {
	if table := t[gen]; index >= 0 && index < int64(len(table)) {
		return table[index]
	}
	return nil
}

// readings is the inverse of scratch.readings. It fails when a tag is not in
// the tables.
func (in *input) readings(n int, gen uint32, mixed bool, known tables) []agent.Reading {
	if n > len(in.b) {
		in.fail()
		return nil
	}
	rs := make([]agent.Reading, n)
	tmp := in.columns
	tmp.indexes = tmp.indexes[:0]
	at := int64(0)
	for range rs {
		at += in.varint()
		tmp.indexes = append(tmp.indexes, at)
	}
	for i := range rs {
		if mixed {
			gen = uint32(in.uvarint())
		}
		if rs[i].Tag = known.tag(gen, tmp.indexes[i]); rs[i].Tag == nil {
			in.fail()
			return nil
		}
	}
	in.times(rs)
	kinds := in.kinds(n)
	if in.bad {
		return nil
	}
	in.values(rs, kinds)
	in.qualities(rs)
	return rs
}

func (in *input) times(rs []agent.Reading) {
	switch in.byte() {
	case timesSame:
		t := in.time()
		for i := range rs {
			rs[i].Time = t
		}
	case timesSteps:
		t := in.time()
		unit := time.Duration(in.uvarint())
		rs[0].Time = t
		for i := range rs[1:] {
			t = t.Add(time.Duration(in.varint()) * unit)
			rs[i+1].Time = t
		}
	case timesAny:
		for i := range rs {
			rs[i].Time = in.time()
		}
	default:
		in.fail()
	}
}

func (in *input) kinds(n int) []agent.ValueKind {
	kinds := in.columns.kinds[:0]
	for len(kinds) < n {
		run, kind := in.uvarint(), agent.ValueKind(in.byte())
		if run == 0 || run > uint64(n-len(kinds)) || kind > agent.Text {
			in.fail()
			return nil
		}
		for range run {
			kinds = append(kinds, kind)
		}
	}
	in.columns.kinds = kinds
	return kinds
}

func (in *input) values(rs []agent.Reading, kinds []agent.ValueKind) {
	var count [agent.Text + 1]int
	for _, kind := range kinds {
		count[kind]++
	}
	n32, n64 := count[agent.Float32], count[agent.Float64]
	f32, f64 := in.bytes(4*n32), in.bytes(8*n64)
	bools := in.bytes((count[agent.Bool] + 7) / 8)
	if in.bad {
		return
	}
	i32, i64, ibool := 0, 0, 0
	for i, kind := range kinds {
		before := uint64(0)
		if i > 0 && rs[i-1].Tag.Index == rs[i].Tag.Index && kinds[i-1] == kind {
			before = rs[i-1].Value.Bits()
		}
		var v uint64
		switch kind {
		case agent.Float32:
			v = before ^ plane(f32, i32, n32, 4)
			i32++
		case agent.Float64:
			v = before ^ plane(f64, i64, n64, 8)
			i64++
		case agent.Int64, agent.Uint64:
			v = before + uint64(in.varint())
		case agent.Bool:
			v = uint64(bools[ibool/8] >> (ibool % 8) & 1)
			ibool++
		}
		rs[i].Value = agent.ValueOf(kind, v, "")
	}
	if count[agent.Text] == 0 {
		return
	}
	for i, kind := range kinds {
		if kind == agent.Text {
			rs[i].Value = agent.TextValue(in.str())
		}
	}
}

// plane gathers the ith of n values from its byte planes.
func plane(b []byte, i, n, size int) (v uint64) {
	for p := range size {
		v = v<<8 | uint64(b[p*n+i])
	}
	return v
}

func (in *input) qualities(rs []agent.Reading) {
	for len(rs) > 0 {
		run, quality := in.uvarint(), agent.Quality(in.byte())
		reason := in.reason()
		if run == 0 || run > uint64(len(rs)) || quality > agent.Good {
			in.fail()
			return
		}
		for i := range rs[:run] {
			rs[i].Quality, rs[i].Reason = quality, reason
		}
		rs = rs[run:]
	}
}
