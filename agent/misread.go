package agent

import (
	"math"
	"math/bits"
	"strings"
)

// A float in the wrong byte order is astronomic or, as bad and harder to see,
// next to zero.
const (
	nextToZero = 1e-12 // of the range's larger bound: no instrument resolves so little
	resolved   = 1e-6  // of the range's larger bound: what a misread value must at least be
)

func (r *Range) holds(v float64) bool { return v >= r.Lo && v <= r.Hi }

// misread reports an implausible 32-bit float that would be plausible in another
// order of its bytes, and which that may be. The tag has a range.
func (t *Tag) misread(v Value, eng float64) (order string, is bool) {
	if v.kind != Float32 {
		return "", false
	}
	most := max(math.Abs(t.Range.Lo), math.Abs(t.Range.Hi))
	if t.Range.holds(eng) && (eng == 0 || math.Abs(eng) >= nextToZero*most) {
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
