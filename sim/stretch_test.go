package sim

import (
	"testing"
)

func TestStretches(t *testing.T) {
	var s stretches
	model := map[uint64]bool{}
	next := uint64(12345)
	random := func(n uint64) uint64 { // a small generator is enough to shake it
		next = next*6364136223846793005 + 1442695040888963407
		return next >> 33 % n
	}
	for step := range 3000 {
		from := random(300)
		to := from + random(12)
		if step%40 == 0 {
			s, model = nil, map[uint64]bool{}
		}
		s.add(from, to)
		for n := from; n <= to; n++ {
			model[n] = true
		}
		count := uint64(0)
		for n := range uint64(330) {
			if s.has(n) != model[n] {
				t.Fatalf("step %d: has(%d) = %v after adding %d…%d: %v", step, n, s.has(n), from, to, s)
			}
			if n >= 50 && n <= 200 && model[n] {
				count++
			}
		}
		if got := s.count(50, 200); got != count {
			t.Fatalf("step %d: %d of 50…200, want %d: %v", step, got, count, s)
		}
		if n := s.firstMissing(from); model[n] || n <= to {
			t.Fatalf("step %d: first missing from %d is %d: %v", step, from, n, s)
		}
		for i := 1; i < len(s); i++ {
			if s[i].from <= s[i-1].to+1 {
				t.Fatalf("step %d: stretches touch: %v", step, s)
			}
		}
	}
}
