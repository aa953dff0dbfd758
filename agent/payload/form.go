package payload

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"recoup/agent"
)

// The forms of what there are few of. encoding/json writes and reads them. A
// required field is a pointer where its absence would otherwise pass for zero.

type resultForm struct {
	KPI      string         `json:"kpi"`
	Unit     string         `json:"unit"`
	Window   windowForm     `json:"window"`
	Value    *float64       `json:"value"` // null: withheld
	U        *float64       `json:"u"`     // null: not stated
	Coverage float64        `json:"coverage"`
	Quality  qualityWord    `json:"quality"`
	Reason   *agent.Reason  `json:"reason,omitempty"`
	Verdict  verdictWord    `json:"verdict,omitempty"` // absent: no target
	Partial  bool           `json:"partial,omitempty"`
	Terms    list[termForm] `json:"terms,omitempty"`
	States   string         `json:"states,omitempty"`
	Factors  []string       `json:"factors,omitempty"`
	Config   hash           `json:"config"`
	Revision *int           `json:"revision"`
	Doubts   list[lostForm] `json:"doubts,omitempty"`
	Doubted  float64        `json:"doubted,omitempty"`
	Estimate *estimateForm  `json:"estimate,omitempty"`
	Rating   *ratingForm    `json:"rating,omitempty"`
	Was      *resultForm    `json:"was,omitempty"` // the revision before
}

// estimateForm is of the whole window, as if what was lost had been like the rest.
type estimateForm struct {
	Value float64 `json:"value"`
	U     float64 `json:"u"`
}

// ratingForm is against values that the sender's configuration states.
type ratingForm struct {
	Colour colourWord `json:"colour"`
	Score  float64    `json:"score"`
}

type windowForm struct {
	Kind  agent.WindowKind `json:"kind"`
	Start time.Time        `json:"start"`
	End   time.Time        `json:"end"`
	Zone  string           `json:"zone,omitempty"`
	ID    string           `json:"id,omitempty"` // of a lot
}

type termForm struct {
	Role    string         `json:"role"`
	Tag     string         `json:"tag,omitempty"`
	Unit    string         `json:"unit"`
	Total   float64        `json:"total"`
	Seconds *float64       `json:"seconds"`
	USys    *float64       `json:"u_sys"` // null: an accuracy is not stated
	URand   float64        `json:"u_rand"`
	Head    float64        `json:"head,omitempty"` // of a stock: of u_rand squared, its readings at the ends
	Tail    float64        `json:"tail,omitempty"`
	Lost    list[lostForm] `json:"lost,omitempty"`
}

type lostForm struct {
	Cause   agent.Code `json:"cause"`
	About   string     `json:"about,omitempty"`
	Seconds *float64   `json:"seconds"`
}

type eventForm struct {
	Kind   agent.EventKind `json:"kind"`
	Key    string          `json:"key,omitempty"`
	Start  *time.Time      `json:"start"`
	End    *time.Time      `json:"end,omitempty"` // absent: it goes on
	Reason *agent.Reason   `json:"reason,omitempty"`
	Gap    *gapForm        `json:"gap,omitempty"`
}

type gapForm struct {
	From  markForm       `json:"from"`
	To    markForm       `json:"to"`
	First time.Time      `json:"first"`
	Last  time.Time      `json:"last"`
	Rows  map[string]int `json:"rows,omitempty"`
}

type markForm struct {
	Epoch id     `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

// id is written as 16 hex digits, because JSON readers round large numbers.
type id uint64

func (i id) MarshalText() ([]byte, error) { return appendHex(nil, uint64(i), 16), nil }

func (i *id) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil || len(text) != 16 {
		return fmt.Errorf("%q is not 16 hex digits", text)
	}
	*i = id(n)
	return nil
}

type hash [32]byte

func (h hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

func (h *hash) UnmarshalText(text []byte) error {
	if n, err := hex.Decode(h[:], text[:min(len(text), 64)]); err != nil || n != len(h) || len(text) != 64 {
		return fmt.Errorf("%q is not 64 hex digits", text)
	}
	return nil
}

type qualityWord agent.Quality

func (q qualityWord) MarshalText() ([]byte, error) { return []byte(agent.Quality(q).String()), nil }

func (q *qualityWord) UnmarshalText(text []byte) error {
	for _, known := range []agent.Quality{agent.Bad, agent.Uncertain, agent.Good} {
		if known.String() == string(text) {
			*q = qualityWord(known)
			return nil
		}
	}
	return fmt.Errorf("quality %q is not good, uncertain or bad", text)
}

type verdictWord agent.Verdict

func (v verdictWord) MarshalText() ([]byte, error) { return []byte(agent.Verdict(v).String()), nil }

func (v *verdictWord) UnmarshalText(text []byte) error {
	for _, known := range []agent.Verdict{agent.Pass, agent.Fail, agent.Inconclusive} {
		if known.String() == string(text) {
			*v = verdictWord(known)
			return nil
		}
	}
	return fmt.Errorf("verdict %q is not pass, fail or inconclusive", text)
}

type colourWord agent.Colour

func (c colourWord) MarshalText() ([]byte, error) { return []byte(agent.Colour(c).String()), nil }

func (c *colourWord) UnmarshalText(text []byte) error {
	for known := agent.NoColour; known <= agent.Green; known++ {
		if known.String() == string(text) {
			*c = colourWord(known)
			return nil
		}
	}
	return fmt.Errorf("colour %q is not green, yellow, red or grey", text)
}
