package agent

import (
	"math"
	"math/bits"
	"strings"
	"testing"
)

// TestWordOrder: a float in a wrong byte order is called so, whether it becomes
// astronomic or next to zero; what is merely out of range is not.
func TestWordOrder(t *testing.T) {
	swapped := func(f float32) float32 {
		return math.Float32frombits(bits.RotateLeft32(math.Float32bits(f), 16))
	}
	reversed := func(f float32) float32 { return math.Float32frombits(bits.ReverseBytes32(math.Float32bits(f))) }
	pull, flow := &Tag{Range: &Range{100, 1000}}, &Tag{Range: &Range{0, 120000}}
	for _, c := range []struct {
		tag     *Tag
		v       Value
		quality Quality
		code    Code
		says    string
	}{
		{pull, Float32Value(600.1), Good, NoReason, ""},
		{pull, Float32Value(swapped(600.1)), Bad, WordOrder, "words exchanged"},
		{pull, Float32Value(swapped(600)), Bad, WordOrder, "words exchanged"},                // 2.4e-41
		{flow, Float32Value(swapped(600)), Uncertain, WordOrder, "words exchanged"},          // inside the range, but no instrument's
		{flow, Float32Value(reversed(50000.3)), Bad, WordOrder, "bytes reversed"},            // 2.2e8
		{&Tag{Range: flow.Range, Cutoff: 1}, Float32Value(swapped(600)), Good, NoReason, ""}, // counts as zero anyway
		{pull, Float32Value(99), Bad, OutOfRange, ""},
		{pull, Float32Value(1e5), Bad, OutOfRange, ""},
		{flow, Float32Value(0), Good, NoReason, ""},
		{pull, Uint64Value(1 << 20), Bad, OutOfRange, ""},
		{&Tag{}, Float32Value(swapped(600)), Good, NoReason, ""}, // nothing says what is plausible
	} {
		quality, why := c.tag.Judge(c.v)
		if quality != c.quality || why.Code != c.code || !strings.Contains(why.Detail, c.says) {
			t.Errorf("%v of %+v: %v %v; want %v %v", c.v, c.tag.Range, quality, why, c.quality, c.code)
		}
	}
}

// TestFilterOnItsWayToZeroIsNotThrownAway: a flow that a PLC's filter lets decay
// passes through every magnitude; no reading of it may be lost, and few doubted.
func TestFilterOnItsWayToZeroIsNotThrownAway(t *testing.T) {
	tag, doubted := &Tag{Range: &Range{0, 120000}}, 0
	flow := float32(60000)
	for range 3600 {
		flow *= 0.97
		switch quality, why := tag.Judge(Float32Value(flow)); quality {
		case Bad:
			t.Fatalf("%g is called bad: %v", flow, why)
		case Uncertain:
			doubted++
		}
	}
	if doubted > 180 {
		t.Errorf("%d of 3600 readings are doubted", doubted)
	}
}

// TestDriftIsNoWordOrder: values a little outside their range say nothing of an
// order of bytes.
func TestDriftIsNoWordOrder(t *testing.T) {
	tag := &Tag{Range: &Range{0, 2000}}
	for i := range 10000 {
		for _, v := range []float32{-0.5 + 0.1*float32(math.Sin(float64(i))), 2300 + 20*float32(math.Cos(float64(i)))} {
			if _, why := tag.Judge(Float32Value(v)); why.Code != OutOfRange {
				t.Fatalf("%g is called %v, want out_of_range", v, why)
			}
		}
	}
}
