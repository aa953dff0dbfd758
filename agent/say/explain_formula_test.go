package say

import (
	"math"
	"testing"
)

func TestFormulaOf(t *testing.T) {
	abc := []string{"a", "b", "c", "d", "e"}
	for _, c := range []struct {
		want   string
		figure func(x []float64) (float64, bool)
		totals []float64
	}{
		{"a", func(x []float64) (float64, bool) { return x[0], true }, []float64{144}},
		{"a + b − c", func(x []float64) (float64, bool) { return x[0] + x[1] - x[2], true }, []float64{1e6, 3, -0.5}},
		{"(a − b) / a", func(x []float64) (float64, bool) { return 1 - x[1]/x[0], x[0] > 0 }, []float64{348, 14}},
		{"(a − b − c − d − e) / a", func(x []float64) (float64, bool) { return 1 - (x[1]+x[2]+x[3]+x[4])/x[0], x[0] > 0 }, []float64{84000, 126, 6.2, 1179, 0}},
		{"(a − b) / (a − b + c − d)", func(x []float64) (float64, bool) { n := x[0] - x[1]; return n / (n + x[2] - x[3]), true }, []float64{62400, 6240, 180000, 0}},
		{"1000 × a / b", func(x []float64) (float64, bool) { return 1000 * x[0] / x[1], true }, []float64{1200, 80000}},
		{"", func(x []float64) (float64, bool) { return x[0] * x[1], true }, []float64{3, 4}},
		{"", func(x []float64) (float64, bool) { return math.Max(x[0], 3.01), true }, []float64{3}},
		{"", func([]float64) (float64, bool) { return 0, false }, []float64{3}},
		{"", func(x []float64) (float64, bool) { return math.NaN(), true }, []float64{3}},
	} {
		f, ok := formulaOf(c.figure, c.totals)
		got := ""
		if ok {
			got = f.write(abc[:len(c.totals)])
		}
		if got != c.want {
			t.Errorf("%v: got %q, want %q", c.totals, got, c.want)
		}
	}
}
