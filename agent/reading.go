package agent

import (
	"math"
	"strconv"
	"time"
)

// Quality says how far a reading or result may be believed. The zero value is
// the safe one. The words are those of OPC UA Part 8.
type Quality uint8

const (
	Bad Quality = iota
	Uncertain
	Good
)

// String gives the word used in payloads and metrics: bad, uncertain, good.
func (q Quality) String() string {
	switch q {
	case Good:
		return "good"
	case Uncertain:
		return "uncertain"
	}
	return "bad"
}

// Reason says why quality is not Good: a code for metrics, texts in two
// languages and run coding, a detail for people.
type Reason struct {
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// ValueKind is the wire type of a Value.
type ValueKind uint8

const (
	NoValue ValueKind = iota
	Float32
	Float64
	Int64
	Uint64
	Bool
	Text
)

// Value is what was on the wire, bit-exact: float32, float64, int64, uint64,
// bool or text. It holds a number without allocating. The zero Value is "no
// value". Engineering units come from Tag.Eng.
type Value struct {
	kind ValueKind
	bits uint64
	text string
}

func Float32Value(f float32) Value { return Value{kind: Float32, bits: uint64(math.Float32bits(f))} }
func Float64Value(f float64) Value { return Value{kind: Float64, bits: math.Float64bits(f)} }
func Int64Value(i int64) Value     { return Value{kind: Int64, bits: uint64(i)} }
func Uint64Value(u uint64) Value   { return Value{kind: Uint64, bits: u} }
func TextValue(s string) Value     { return Value{kind: Text, text: s} }

// BoolValue makes a Value of a coil or a discrete input.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, bits: 1}
	}
	return Value{kind: Bool}
}

// ValueOf rebuilds a Value from its parts, as a codec does. Text goes with
// kind Text only, bits with every other kind; the low 32 bits with Float32.
func ValueOf(kind ValueKind, bits uint64, text string) Value {
	switch kind {
	case Text:
		return Value{kind: Text, text: text}
	case Float32:
		return Value{kind: Float32, bits: bits & math.MaxUint32}
	case Bool:
		return Value{kind: Bool, bits: bits & 1}
	case Float64, Int64, Uint64:
		return Value{kind: kind, bits: bits}
	}
	return Value{}
}

// Kind gives the wire type, NoValue for the zero Value.
func (v Value) Kind() ValueKind { return v.kind }

// Bits gives the value's bits as they were on the wire; 0 for text.
func (v Value) Bits() uint64 { return v.bits }

// Text gives the text of a Text value, "" for other kinds.
func (v Value) Text() string { return v.text }

// Float gives the value as a number; ok is false for text, for no value, and
// never for a NaN or infinity, which are numbers on the wire.
func (v Value) Float() (f float64, ok bool) {
	switch v.kind {
	case Float32:
		return float64(math.Float32frombits(uint32(v.bits))), true
	case Float64:
		return math.Float64frombits(v.bits), true
	case Int64:
		return float64(int64(v.bits)), true
	case Uint64, Bool:
		return float64(v.bits), true
	}
	return 0, false
}

// String shows the value as a person writes it, "" when there is none.
func (v Value) String() string {
	switch v.kind {
	case Float32:
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(v.bits))), 'g', -1, 32)
	case Float64:
		return strconv.FormatFloat(math.Float64frombits(v.bits), 'g', -1, 64)
	case Int64:
		return strconv.FormatInt(int64(v.bits), 10)
	case Uint64:
		return strconv.FormatUint(v.bits, 10)
	case Bool:
		return strconv.FormatBool(v.bits == 1)
	}
	return v.text
}

// Reading is one value of one tag at one instant.
type Reading struct {
	Tag     *Tag
	Time    time.Time // when the value was true
	Value   Value
	Quality Quality
	Reason  Reason
}
