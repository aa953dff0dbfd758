package agenttest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed kpi-cases.json
var casesText []byte

// Case is one of the worked cases of the KPIs, with figures from outside of the
// project; each names its source in the file. A field whose name holds "trap" is
// the figure that a naive implementation gives, which must never appear.
type Case struct {
	ID        string
	KPI       string
	Inputs    Fields
	Expected  Fields
	Tolerance struct{ Abs, Rel float64 }
}

// Fields are the figures that go into a case or must come out of it. They
// remember what was asked for, so that no figure is left unproven.
type Fields struct {
	raw  map[string]json.RawMessage
	seen map[string]bool
}

// UnmarshalJSON reads an object.
func (f *Fields) UnmarshalJSON(text []byte) error {
	f.seen = map[string]bool{}
	return json.Unmarshal(text, &f.raw)
}

// Field is the named figure of a case; the test ends when it is not there or not
// of that type.
func Field[T any](t testing.TB, from Fields, name string) (v T) {
	t.Helper()
	from.seen[name] = true
	if err := json.Unmarshal(from.raw[name], &v); err != nil {
		t.Fatalf("field %s: %v", name, err)
	}
	return v
}

var allCases = sync.OnceValues(func() (cases []*Case, err error) {
	var file struct{ Cases []*Case }
	err = json.Unmarshal(casesText, &file)
	return file.Cases, err
})

// CaseOf is the worked case with this id.
func CaseOf(t testing.TB, id string) *Case {
	t.Helper()
	cases, err := allCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no case %s", id)
	return nil
}

// Within is true for a figure that stands within the case's tolerance of the
// wanted one; what the file says exactly may differ by one part in a million.
func (c *Case) Within(got, want float64) bool {
	return math.Abs(got-want) <= max(c.Tolerance.Abs, c.Tolerance.Rel*math.Abs(want), 1e-6*max(1, math.Abs(want)))
}

// Expect compares a result with the expected figure and with the case's traps.
func (c *Case) Expect(t testing.TB, name string, got float64) {
	t.Helper()
	if want := Field[float64](t, c.Expected, name); !c.Within(got, want) {
		t.Errorf("%s %s: got %.9g, want %.9g", c.ID, name, got, want)
	}
	c.NoTrap(t, name, got)
}

// NoTrap fails for a result that is one of the case's traps.
func (c *Case) NoTrap(t testing.TB, name string, got float64) {
	t.Helper()
	for trap := range c.Expected.raw {
		if !strings.Contains(trap, "trap") {
			continue
		}
		if bad := Field[float64](t, c.Expected, trap); math.Abs(got-bad) <= 1e-6*max(1, math.Abs(bad)) {
			t.Errorf("%s %s: got the trap %s, %.9g", c.ID, name, trap, got)
		}
	}
}

// rooms are where a case is proven that the KPI engine alone cannot prove.
var rooms = map[string]string{
	"acquisition.scale_ma": "drivers/modbus", "acquisition.decode_f32": "drivers/modbus", "rating.benchmark_score": "cmd/recoup",
}

// Proofs runs the proofs of the cases that belong to a room, by the cases' ids,
// and fails for a case without any and for an expected figure or a trap that no
// proof has compared with.
func Proofs(t *testing.T, room string, proofs map[string][]func(*testing.T)) {
	cases, err := allCases()
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(proofs)
	for _, c := range cases {
		if home := rooms[c.KPI]; home != room && (home != "" || room != "agent/kpi") {
			continue
		}
		if len(proofs[c.ID]) == 0 {
			t.Errorf("%s, %s: %s has no proof of it", c.ID, c.KPI, room)
		}
		t.Run(c.ID, func(t *testing.T) {
			clear(c.Expected.seen)
			for _, proof := range proofs[c.ID] {
				proof(t)
			}
			for _, name := range slices.Sorted(maps.Keys(c.Expected.raw)) {
				if !c.Expected.seen[name] {
					t.Errorf("%s %s: no proof has compared with %s", c.ID, name, c.Expected.raw[name])
				}
			}
		})
		delete(left, c.ID)
	}
	for id := range left {
		t.Errorf("%s: no case of %s", id, room)
	}
}
