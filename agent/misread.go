package agent

import (
	"math"
	"math/bits"
	"strings"
)

// A float in the wrong byte order is astronomic or, as bad and harder to see,
// next to zero. What is nearer to the range is another fault, such as a drift.
const (
	astronomic = 1e3   // times the range's larger bound
	nextToZero = 1e-6  // of the range's larger bound, outside the range
	vanishing  = 1e-12 // of it, inside: a filter on its way to zero may pass there
	resolved   = 1e-3  // of it: what the value in another order must at least be
)

func (r *Range) holds(v float64) bool { return v >= r.Lo && v <= r.Hi }

// misread reports a 32-bit float that no instrument shows and that would be
// plausible in another order of its bytes, and which that may be. The tag has a
// range.
func (t *Tag) misread(v Value, eng float64) (order string, is bool) {
	most := max(math.Abs(t.Range.Lo), math.Abs(t.Range.Hi))
	size, inside := math.Abs(eng), t.Range.holds(eng)
	absurd := !inside && (size > astronomic*most || size < nextToZero*most)
	vanishes := inside && eng != 0 && size < vanishing*most && size >= t.Cutoff
	if v.kind != Float32 || !absurd && !vanishes {
		return "", false
	}
	raw, orders := uint32(v.bits), []string(nil)
	for _, other := range []struct {
		order string
		raw   uint32
	}{
		{"its words exchanged", bits.RotateLeft32(raw, 16)},
		{"the bytes of its words exchanged", bits.RotateLeft32(bits.ReverseBytes32(raw), 16)},
		{"its bytes reversed", bits.ReverseBytes32(raw)},
	} {
		if e, _ := t.Eng(ValueOf(Float32, uint64(other.raw), "")); t.Range.holds(e) && math.Abs(e) >= resolved*most {
			orders = append(orders, other.order)
		}
	}
	return "plausible with " + strings.Join(orders, " or "), len(orders) > 0
}
