package agent

import "time"

// Ratio is what a meter's readings are multiplied by from an instant on. Many
// registers count on the secondary side of current and voltage transformers; when
// those are exchanged, the same count stands for another amount.
type Ratio struct {
	From    time.Time `json:"from"`
	Value   float64   `json:"value"` // above 0
	Because string    `json:"because,omitempty"`
}

// RatioAt gives the ratio in force at an instant: 1 for a tag without ratios, and
// false before the first of those it has.
func (t *Tag) RatioAt(at time.Time) (ratio float64, ok bool) {
	if len(t.Ratios) == 0 {
		return 1, true
	}
	for i := range t.Ratios {
		if r := &t.Ratios[i]; !r.From.After(at) {
			ratio, ok = r.Value, true
		}
	}
	return ratio, ok
}

// EngAt gives the value in the tag's unit, as Eng does, times the ratio in force.
// A totaliser's register is given as it stands, for a ratio belongs to what it
// counts while that is in force, not to its whole count.
func (t *Tag) EngAt(v Value, at time.Time) (float64, bool) {
	f, ok := t.Eng(v)
	if !ok || len(t.Ratios) == 0 || t.Counter != nil {
		return f, ok
	}
	ratio, known := t.RatioAt(at)
	return f * ratio, known
}
