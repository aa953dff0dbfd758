package agent

import "time"

// Verdict compares a result with its target under a guard band: pass only when
// value − U is on the right side, fail only when value + U is on the wrong one
// (JCGM 106).
type Verdict uint8

const (
	NoVerdict Verdict = iota
	Pass
	Fail
	Inconclusive
)

// String gives "", pass, fail or inconclusive.
func (v Verdict) String() string { return [...]string{"", "pass", "fail", "inconclusive"}[v&3] }

// WindowKind names a length of window. A cell is the smallest; larger windows
// are sums of cells.
type WindowKind string

const (
	Cell  WindowKind = "15min"
	Hour  WindowKind = "hour"
	Shift WindowKind = "shift"
	Day   WindowKind = "day"
	Week  WindowKind = "week"
	Month WindowKind = "month"
	Year  WindowKind = "year"
	Lot   WindowKind = "lot" // while a tag shows one coil, lot or campaign number
)

// WindowKinds lists all, shortest first.
func WindowKinds() []WindowKind { return []WindowKind{Cell, Hour, Shift, Day, Week, Month, Year} }

// Window is the half-open interval [Start, End), in UTC, with the plant's zone.
type Window struct {
	Kind       WindowKind
	Start, End time.Time
	Zone       string
	ID         string // of a Lot: the coil, lot or campaign number; else ""
}

// Lost is time that a term could not cover, by cause. About names the tag or
// source the cause lies with. Seconds may be negative in a cell where a
// totaliser caught up: it then takes back what an earlier cell had to book.
type Lost struct {
	Cause   Code    `json:"cause"`
	About   string  `json:"about,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Term is one input's contribution. Total, Seconds, USys and Lost add over
// cells; URand adds in squares. Value and U of a result are functions of terms
// and are never added.
type Term struct {
	Role, Tag, Unit string
	Total           float64 // in Unit, over the jointly covered time
	Seconds         float64 // covered
	USys, URand     float64 // standard uncertainties in Unit; USys < 0: an accuracy was not stated
	Head, Tail      float64 // of a stock: what of URand its readings at the two ends have, in squares
	Lost            []Lost
}

// Result is one KPI over one window. Never a bare percentage.
type Result struct {
	KPI, Unit string
	Window    Window
	Value     float64 // meaningless when Quality is Bad: the figure is withheld
	U         float64 // expanded, k = 2, in Unit; 0: not stated, because an accuracy is not
	Coverage  float64 // joint, 0…1 (PercentGood of OPC UA Part 13 ÷ 100)
	Quality   Quality
	Reason    Reason
	Verdict   Verdict
	Partial   bool   // the window was begun or cut within its bounds
	Terms     []Term // what Value was computed from
	States    string // plant states counted; "" is all-in
	Factors   []string
	Config    [32]byte // hash of the KPI's definition
	Revision  int      // counts up when late data changed the result

	Doubts  []Lost  // covered seconds by the doubt that lies on their readings
	Doubted float64 // covered seconds with any doubt
	Was     *Result // of a revision: the result before it, without its own Was

	// Estimate and EstimateU are what a total would be over the whole window if
	// the time that was lost had been like the rest; both 0 for none. An estimate
	// never takes the place of Value.
	Estimate, EstimateU float64

	Colour Colour  // local rating
	Score  float64 // 0 at the configured benchmark value, 1 at the leading value; with a Colour but Grey
}

// Withheld reports that the result carries reasons but no figure.
func (r *Result) Withheld() bool { return r.Quality == Bad }

// ResultKey identifies a result; a higher Revision of the same key replaces it.
type ResultKey struct {
	KPI    string
	Kind   WindowKind
	Start  int64 // Unix seconds
	States string
	Config [32]byte // a changed definition ends a window as Partial and begins it anew
}

// Key gives the result's identity.
func (r *Result) Key() ResultKey {
	return ResultKey{r.KPI, r.Window.Kind, r.Window.Start.Unix(), r.States, r.Config}
}

// Colour is a local rating of a result against values that the configuration
// states. It is never the rating of an authority. Grey is not yellow: it says
// that there is nothing to rate.
type Colour uint8

const (
	NoColour Colour = iota // the KPI is not rated
	Grey
	Red
	Yellow
	Green
)

// String gives "", grey, red, yellow or green.
func (c Colour) String() string {
	if c > Green {
		return ""
	}
	return [...]string{"", "grey", "red", "yellow", "green"}[c]
}
