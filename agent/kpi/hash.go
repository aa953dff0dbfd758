package kpi

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"recoup/agent"
)

// measure is what of a tag matters to a total: two tags with equal measures
// give samples that may stand in one series.
type measure struct {
	Name, Unit, Source string
	Scale, Offset      float64
	Range              *agent.Range
	Sentinels          []float64
	Accuracy           agent.Accuracy
	Counter            *agent.Counter
	Hold               bool
	Gap                int64
	Cutoff             float64
	Frozen             time.Duration `json:",omitempty"`
	Ratios             []agent.Ratio `json:",omitempty"`
	Signal             *agent.Range  `json:",omitempty"`
}

func measureOf(t *agent.Tag) measure {
	return measure{t.Name, t.Unit, t.Source, t.Scale, t.Offset, t.Range, t.Sentinels, t.Accuracy, t.Counter, t.Hold, int64(t.Gap()), t.Cutoff, t.Frozen, t.Ratios, t.Signal}
}

func hashTag(t *agent.Tag) [32]byte { return hashOf(measureOf(t)) }

// define gives the hash of everything that a result of the quantity depends on
// besides the readings.
func (c *calendar) define(q *quantity) [32]byte {
	type term struct {
		Role, Unit string
		Factor     float64
		Tags       []measure
		Formula    string         `json:",omitempty"`
		Rel        float64        `json:",omitempty"`
		Args       []measure      `json:",omitempty"`
		Own        []float64      `json:",omitempty"` // of the arguments: what the formula adds to their uncertainty
		Stock      bool           `json:",omitempty"`
		Dated      []*Factor      `json:",omitempty"`
		Valid      []*agent.Range `json:",omitempty"` // of the arguments that have one, by their place
		Model      *Model         `json:",omitempty"`
	}
	type mask struct {
		Tag    measure
		As     string
		When   *float64
		Settle time.Duration
	}
	var terms []term
	for _, t := range q.Terms {
		d := term{Role: t.Role, Unit: t.Unit, Factor: t.Factor}
		for _, tag := range t.Tags {
			d.Tags = append(d.Tags, measureOf(tag))
		}
		if f := t.Formula; f != nil {
			d.Formula, d.Rel = f.Name, f.Rel
			for _, a := range f.Args {
				d.Args, d.Own = append(d.Args, measureOf(a.Tag)), append(d.Own, a.Rel)
			}
		}
		d.Stock, d.Dated, d.Valid, d.Model = t.Stock, t.Dated, t.valid(), t.Model
		terms = append(terms, d)
	}
	var masks []mask
	for _, m := range q.Masks {
		masks = append(masks, mask{measureOf(m.Tag), m.As.String(), m.When, m.Settle})
	}
	type state struct {
		State
		Of *measure `json:",omitempty"`
	}
	var states []state
	for _, s := range q.States {
		one := state{State: s}
		if s.Tag != nil {
			of := measureOf(s.Tag)
			one.Of = &of
		}
		states = append(states, one)
	}
	var rates []measure
	for _, r := range q.Rates {
		rates = append(rates, measureOf(r.Tag))
	}
	return hashOf(struct {
		Formula                 int // counts up when the engine's arithmetic changes
		Family, Name, Key, Unit string
		Target                  string
		MinCoverage             float64
		Terms                   []term
		Zone                    string
		Day                     int
		Shifts                  []int
		MinWindow               agent.WindowKind `json:",omitempty"`
		Masks                   []mask           `json:",omitempty"`
		Methods                 int              `json:",omitempty"`
		Balanced                bool             `json:",omitempty"`
		Correlated              []Correlation    `json:",omitempty"`
		Rates                   []measure        `json:",omitempty"`
		Made                    *made            `json:",omitempty"`
		Applies                 string           `json:",omitempty"`
		States                  []state          `json:",omitempty"`
		RunOnly                 []string         `json:",omitempty"`
		Substitute              float64          `json:",omitempty"`
	}{1, q.family, q.Name, q.Key, q.Unit, q.Target.Text, q.MinCoverage, terms, c.zone, c.day, c.shifts, q.MinWindow, masks, len(q.Methods), q.Balanced, q.Correlated, rates, c.made(q), q.Applies.Text, states, q.RunOnly, q.Substitute})
}

func hashOf(v any) [32]byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: a definition that cannot be written: " + err.Error())
	}
	return sha256.Sum256(text)
}
