package agent

import (
	"math"
	"time"
)

// Tag is one point as configured. It is immutable: a changed configuration
// makes a new generation, and stored batches keep theirs. Tags are compared by
// Name and Gen, never by pointer. Tags go to disk and upstream as JSON.
type Tag struct {
	Name   string `json:"name"`
	Unit   string `json:"unit,omitempty"`
	Source string `json:"source"`
	Index  int    `json:"index"` // position in its generation, over all sources
	Gen    uint32 `json:"gen"`   // one per configuration, from its hash

	At      string        `json:"at,omitempty"` // the driver's address, as the engineer wrote it
	Every   time.Duration `json:"every"`        // poll interval
	LabelEN string        `json:"label_en,omitempty"`
	LabelZH string        `json:"label_zh,omitempty"`

	Scale     float64   `json:"scale,omitempty"`  // engineering = wire × Scale + Offset; 0 means 1
	Offset    float64   `json:"offset,omitempty"` // in Unit
	Range     *Range    `json:"range,omitempty"`  // plausible values, in Unit; outside is Bad
	Sentinels []float64 `json:"sentinels,omitempty"`
	Accuracy  Accuracy  `json:"accuracy,omitzero"`

	Counter *Counter      `json:"counter,omitempty"` // set: the tag is a totaliser, not a rate
	Hold    bool          `json:"hold,omitempty"`    // set: value holds until the next one; else linear between readings
	MaxGap  time.Duration `json:"max_gap,omitempty"` // longest bridged gap, or longest hold; 0: max(3 × Every, 30 s)
	Cutoff  float64       `json:"cutoff,omitempty"`  // magnitude in Unit below which a flow counts as zero
	Ratios  []Ratio       `json:"ratios,omitempty"`  // by From, ascending: of a meter behind transformers; before the first no reading counts
	Signal  *Range        `json:"signal,omitempty"`  // set: a current loop, and what its 4 and 20 mA stand for; it is judged by NE43, not by Range
	Frozen  time.Duration `json:"frozen,omitempty"`  // a value repeated for so long is Uncertain from its first repeat on, 0 after Cutoff excepted; 0: never

	Usual       *float64     `json:"usual,omitempty"`       // what it shows as a rule, in Unit, of a totaliser per second; for what can be shown before anything is measured
	Instruments []Instrument `json:"instruments,omitempty"` // the calibration register's entries, by From
}

// Range is the closed interval of plausible values, in the tag's unit.
type Range struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// Counter describes a totaliser.
type Counter struct {
	Modulus float64 `json:"modulus"`         // display modulus in wire units, for example 4294967296
	MaxRate float64 `json:"max_rate"`        // largest possible rate, in the tag's unit per second
	Power   string  `json:"power,omitempty"` // the tag of the rate that it totals; tells how often it began anew in an outage
}

// Accuracy is what the instrument's data sheet states. Its standard uncertainty
// follows the reading of the word (JCGM 100, 4.3.7): a limit ±a gives a/√3.
type Accuracy struct {
	Rel float64 `json:"rel,omitempty"` // fraction of the reading
	Abs float64 `json:"abs,omitempty"` // in the tag's unit
	As  string  `json:"as,omitempty"`  // "limit" (default), "k2" or "standard"
}

// Stated reports whether an accuracy was configured at all.
func (a Accuracy) Stated() bool { return a.Rel != 0 || a.Abs != 0 }

// Standard gives the divisor-corrected relative and absolute standard
// uncertainties.
func (a Accuracy) Standard() (rel, abs float64) {
	div := math.Sqrt(3)
	switch a.As {
	case "k2":
		div = 2
	case "standard":
		div = 1
	}
	return a.Rel / div, a.Abs / div
}

// Eng gives the value in the tag's unit; ok is false for text and no value.
func (t *Tag) Eng(v Value) (float64, bool) {
	f, ok := v.Float()
	if !ok {
		return 0, false
	}
	if t.Scale != 0 {
		f *= t.Scale
	}
	return f + t.Offset, true
}

// Gap is the longest time between two readings that may be bridged, or the
// longest hold.
func (t *Tag) Gap() time.Duration {
	if t.MaxGap > 0 {
		return t.MaxGap
	}
	return max(3*t.Every, 30*time.Second)
}

// Judge gives the quality of a value the device delivered as good: sentinels,
// non-finite numbers and implausible values are Bad. What no instrument shows and
// another order of bytes would make plausible is told apart; inside the range it
// is Uncertain. Every driver calls it, so
// that a plausibility window means the same on every protocol.
func (t *Tag) Judge(v Value) (Quality, Reason) {
	raw, ok := v.Float()
	if !ok {
		if v.Kind() == Text {
			return Good, Reason{}
		}
		return Bad, Reason{Code: NoData}
	}
	for _, s := range t.Sentinels {
		if raw == s {
			return Bad, Reason{Code: Sentinel}
		}
	}
	eng, _ := t.Eng(v)
	if math.IsNaN(eng) || math.IsInf(eng, 0) {
		return Bad, Reason{Code: NotFinite}
	}
	if t.Signal != nil {
		return t.judgeLoop(eng)
	}
	if t.Range == nil {
		return Good, Reason{}
	}
	order, is := t.misread(v, eng)
	switch inside := t.Range.holds(eng); {
	case is && inside:
		return Uncertain, Reason{Code: WordOrder, Detail: order} // it may be true: it counts, and shows
	case is:
		return Bad, Reason{Code: WordOrder, Detail: order}
	case !inside:
		return Bad, Reason{Code: OutOfRange}
	}
	return Good, Reason{}
}
