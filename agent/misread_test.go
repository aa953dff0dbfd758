package agent

import (
	"math"
	"math/bits"
	"strings"
	"testing"
)

// TestWordOrder: a float in a wrong byte order is called so, whether it becomes
// huge or next to zero; what is merely out of range is not.
func TestWordOrder(t *testing.T) {
	swapped := func(f float32) float32 {
		return math.Float32frombits(bits.RotateLeft32(math.Float32bits(f), 16))
	}
	reversed := func(f float32) float32 { return math.Float32frombits(bits.ReverseBytes32(math.Float32bits(f))) }
	pull, flow := &Tag{Range: &Range{100, 1000}}, &Tag{Range: &Range{0, 120000}}
	for _, c := range []struct {
		tag  *Tag
		v    Value
		code Code
		says string
	}{
		{pull, Float32Value(600.1), NoReason, ""},
		{pull, Float32Value(swapped(600.1)), WordOrder, "words exchanged"},
		{pull, Float32Value(swapped(600)), WordOrder, "words exchanged"}, // 2.4e-41
		{flow, Float32Value(swapped(81234.5)), WordOrder, "words exchanged"},
		{flow, Float32Value(swapped(600)), WordOrder, "words exchanged"}, // inside the range, but no instrument's
		{flow, Float32Value(reversed(50000.3)), WordOrder, "bytes reversed"},
		{pull, Float32Value(99), OutOfRange, ""},
		{pull, Float32Value(1e6), OutOfRange, ""},
		{flow, Float32Value(0), NoReason, ""},
		{flow, Float32Value(1e-40), NoReason, ""}, // a filter on its way to zero
		{pull, Uint64Value(1 << 20), OutOfRange, ""},
		{&Tag{}, Float32Value(swapped(600)), NoReason, ""}, // nothing says what is plausible
	} {
		quality, why := c.tag.Judge(c.v)
		if why.Code != c.code || !strings.Contains(why.Detail, c.says) || (quality == Good) != (c.code == NoReason) {
			t.Errorf("%v of %+v: %v %v; want %v", c.v, c.tag.Range, quality, why, c.code)
		}
	}
}
