package modbus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func pointsAt(t *testing.T, ats ...string) []address {
	t.Helper()
	points := make([]address, len(ats))
	for i, at := range ats {
		a, err := parseAddress(at)
		if err != nil {
			t.Fatalf("%q: %v", at, err)
		}
		if a.unit == sectionUnit {
			a.unit = 1
		}
		points[i] = a
	}
	return points
}

func TestPlan(t *testing.T) {
	cases := []struct {
		name   string
		maxGap int
		ats    string // separated by ;
		want   string // requests: unit, what, and ~ where it bridges
	}{
		{"one", 16, "holding 100 float32", "1 holding 100–101"},
		{"one register", 16, "holding 100", "1 holding 100"},
		{"neighbours in any order", 0, "holding 102 float32;holding 100 float32", "1 holding 100–103"},
		{"a gap within bounds", 16, "holding 100;holding 117", "1 holding 100–117 ~"},
		{"a gap too wide", 16, "holding 100;holding 118", "1 holding 100; 1 holding 118"},
		{"no gap allowed", 0, "holding 100;holding 102", "1 holding 100; 1 holding 102"},
		{"tables and units apart", 16, "unit 2 holding 1;input 1;holding 1;coil 1;discrete 1", "1 coil 1; 1 discrete 1; 1 holding 1; 1 input 1; 2 holding 1"},
		{"125 registers", 124, "holding 0;holding 124", "1 holding 0–124 ~"},
		{"126 registers", 124, "holding 0;holding 125", "1 holding 0; 1 holding 125"},
		{"a value is not split", 124, "holding 0;holding 124 float32", "1 holding 0; 1 holding 124–125"},
		{"overlapping values", 0, "holding 10 uint64;holding 11;holding 12 uint32", "1 holding 10–13"},
		{"the same place twice", 0, "holding 10;holding 10", "1 holding 10"},
		{"the end of the table", 16, "holding 65535;holding 65530 uint32", "1 holding 65530–65535 ~"},
		{"bits", 16, "coil 0;coil 257", "1 coil 0–257 ~"},
		{"bits too far apart", 16, "coil 0;coil 258", "1 coil 0; 1 coil 258"},
		{"2000 bits", 124, "coil 0;coil 1000;coil 1999", "1 coil 0–1999 ~"},
		{"2001 bits", 124, "coil 0;coil 1000;coil 2000", "1 coil 0–1000 ~; 1 coil 2000"},
	}
	for _, c := range cases {
		ats := strings.Split(c.ats, ";")
		p := makePlan(tagsAt(ats...), pointsAt(t, ats...), c.maxGap)
		var got []string
		for i := range p.requests {
			r := &p.requests[i]
			text := fmt.Sprintf("%d %s", r.unit, r)
			if r.bridges {
				text += " ~"
			}
			got = append(got, text)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %s = %q, want %q", c.name, c.ats, text, c.want)
		}
	}
}

// Every due value lies whole in one request, within the limits, and no plan has
// fewer requests.
func TestPlanOfAnySet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	types := []string{"uint16", "float32", "int64"}
	for round := range 300 {
		var ats []string
		for range 1 + random.IntN(12) {
			ats = append(ats, fmt.Sprintf("holding %d %s", random.IntN(400), types[random.IntN(3)]))
		}
		maxGap := random.IntN(maxRegisters)
		points := pointsAt(t, ats...)
		p := makePlan(tagsAt(ats...), points, maxGap)
		placed := make([]bool, len(ats))
		for _, r := range p.requests {
			if r.quantity < 1 || r.quantity > maxRegisters || int(r.start)+int(r.quantity) > 1<<16 {
				t.Errorf("round %d: request of %d registers at %d", round, r.quantity, r.start)
			}
			for _, s := range r.slots {
				pt := points[s.due]
				if placed[s.due] || int(r.start)+s.at != int(pt.start) || s.at+pt.width() > int(r.quantity) {
					t.Errorf("round %d: %s lies at %d of %s", round, pt, s.at, &r)
				}
				placed[s.due] = true
			}
		}
		if slices.Contains(placed, false) {
			t.Errorf("round %d: a tag of %v is in no request", round, ats)
		}
		if want := fewest(points, maxGap); len(p.requests) != want {
			t.Errorf("round %d: %d requests for %v with max_gap %d, want %d", round, len(p.requests), ats, maxGap, want)
		}
	}
}

// fewest finds the smallest number of requests by trying every cut of the
// values in order of address.
func fewest(points []address, maxGap int) int {
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b address) int { return int(a.start) - int(b.start) })
	best := make([]int, len(sorted)+1)
	for i := range sorted {
		best[i+1] = best[i] + 1
		for from := i; from >= 0; from-- {
			if fits(sorted[from:i+1], maxGap) {
				best[i+1] = min(best[i+1], best[from]+1)
			}
		}
	}
	return best[len(sorted)]
}

func fits(run []address, maxGap int) bool {
	end := run[0].end()
	for _, pt := range run[1:] {
		if int(pt.start)-end > maxGap {
			return false
		}
		end = max(end, pt.end())
	}
	return end-int(run[0].start) <= maxRegisters
}

func TestPlansAreKept(t *testing.T) {
	ats := []string{"holding 1", "holding 2", "holding 3"}
	tags := tagsAt(ats...)
	p := plans{points: map[string]address{}}
	for i, pt := range pointsAt(t, ats...) {
		p.points[tags[i].Name] = pt
	}
	all, some := p.of(tags), p.of(tags[:2])
	if p.of(slices.Clone(tags)) != all || p.of(tags[:2]) != some || all == some {
		t.Error("the same due set was planned twice, or two sets share a plan")
	}
	reused := slices.Clone(tags[:2])
	first := p.of(reused)
	reused[0], reused[1] = tags[2], tags[0]
	if second := p.of(reused); second == first || second.due[0] != tags[2] {
		t.Error("a slice with other tags in it was taken for the set it held before")
	}
	for i := range 3 * keptPlans {
		due := slices.Repeat(tags[:1], i+1)
		if got := p.of(due); len(got.due) != i+1 {
			t.Fatalf("plan of %d tags has %d", i+1, len(got.due))
		}
	}
	if len(p.kept) != keptPlans {
		t.Errorf("%d plans kept, want %d", len(p.kept), keptPlans)
	}
}
