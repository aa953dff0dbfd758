package sim

import (
	"fmt"
	"slices"
	"strings"
)

// risks are the incidents that can happen at a plant, each with the points that
// it can be at, the usual one first. One without points is about the plant as a
// whole.
type risks map[IncidentKind][]string

// instruments gives the names of the points with an instrument of their own,
// the usual one first.
func instruments(points []Point, usual string) []string {
	names := []string{usual}
	for _, p := range points {
		if p.Type == Float32 && p.Name != usual {
			names = append(names, p.Name)
		}
	}
	return names
}

// check gives nil if the incident can happen at the plant, else what to write
// instead.
func (r risks) check(plant string, i Incident) error {
	points, known := r[i.Kind]
	switch {
	case !known:
		here := wordsOf(func(k IncidentKind) bool { _, can := r[k]; return can })
		return fmt.Errorf("%s does not happen at the simulated plant %q; write one of %s", i.Kind.word(), plant, here)
	case i.Point == "" || slices.Contains(points, i.Point):
		return nil
	case len(points) == 0:
		return fmt.Errorf("%s is not about a single point; leave %q out", i.Kind.word(), i.Point)
	}
	return fmt.Errorf("%s cannot be at %q of the simulated plant %q; write one of %s", i.Kind.word(), i.Point, plant, strings.Join(points, ", "))
}

// add takes an incident that can happen at the plant; another one is a
// programmer's mistake.
func (s *schedule) add(plant string, r risks, i Incident) {
	if err := r.check(plant, i); err != nil {
		panic("BUG: " + err.Error())
	}
	if points := r[i.Kind]; i.Point == "" && len(points) > 0 {
		i.Point = points[0]
	}
	s.all = append(s.all, i)
}
