// Package kpi computes the figures that recoup exists for. It stands beside
// the record loop: record hands every batch to Engine.Add, and what Add returns
// travels on in the agent's own batch. The engine does no I/O and has no clock,
// so the same batches give the same results, live, replayed or recomputed.
//
// From readings to a result, file by file:
//
//	reading ─► series ─► segments ─► sum of a cell ─► sums of larger windows ─► result
//	intake.go  series.go segment.go  integrate.go     close.go, calendar.go     figure.go
//	counter.go stretch.go formula.go stock.go, sum.go catchup.go, passover.go, current.go
//	frozen.go, name.go   factor.go, mask.go         estimate.go, lot.go
//	ratio.go, wraps.go, pace.go, starting.go         state.go
//
// A family (one file, one line in Families) only says which tags its terms are
// made of and what follows from their totals; builder.go, offer.go, units.go,
// convert.go, concentration.go, constant.go, quotient.go and factors.go help it. Expressions of the
// configuration go from text to a figure: expression.go and functions.go give
// each node its dimension, link.go, refer.go and resolve.go find what it names,
// dual.go and computed.go compute it.
// What outlives a restart is written by checkpoint.go and read by restore.go.
//
// Decisions that will be questioned:
//
//   - All terms of a quantity are evaluated over the time in which all its
//     inputs were valid, so that a ratio compares the same seconds.
//   - Totals add over cells; value and uncertainty are functions of totals and
//     are never added. Larger windows are ordered sums, level by level.
//   - Positions in time are wall clock; across a set of the clock by more than
//     2 s durations are those of the monotonic clock (stretch.go).
//   - Calibration errors add linearly over cells because they do not average
//     out, random ones in squares. The relative error of a tag that appears in
//     two terms counts as one and the same error; absolute parts, and all errors
//     of a formula's arguments, count as independent between terms (figure.go).
//   - A cell waits for every input, for 60 s at most, or for twice the interval
//     of the slowest input: without its next reading the end of each cell would
//     be lost.
//   - Nothing is extrapolated. What is not covered is lost time with a cause.
//   - An instrument that repeats one value for too long is doubted from the first
//     equal sample on, but only in cells that are still open: one that closed
//     before it was noticed stays as it is (frozen.go).
//   - What a tank changed by is booked like every total: over the time in which
//     all inputs were valid (stock.go).
//   - A price or an emission factor has a source and days from which its values
//     hold. Each cell is multiplied by the one of its day, before sums are made;
//     a result names all that it used; time before the first is lost, not
//     guessed (factor.go).
//   - While an analyser is calibrated its readings are not evaluated, and the
//     time is lost, not bridged; totalisers go on counting (mask.go).
//   - What an instrument shows whose calibration is overdue counts, and is in
//     doubt. The register is no part of a definition: a renewed calibration cuts no
//     window (overdue.go).
//   - What can be shown before anything is measured is found by feeding an engine
//     a plant that stands still (adequacy.go, rehearsal.go).
//   - Errors of different tags are independent unless the configuration says that
//     they share a cause; every result names what it says (correlate.go).
//   - Two methods of one thing are combined only while they agree within their
//     uncertainties; what both of them share is counted once (combine.go).
//   - What is declared and not measured, a design value or the result of one test,
//     has a source and an uncertainty, and every result names it (constant.go).
//   - A totaliser that may have begun anew more than once is believed only when the
//     rate that it totals leaves one answer; else its time is lost (wraps.go).
//   - A total of which little is missing has an estimate beside it, never in its
//     place (estimate.go).
//   - A quantity for which an instrument is missing is absent, with the reason;
//     asked for, it is refused when the configuration is checked (offer.go).
//   - Units are our own table (unit.go): no library that is kept well knows normal
//     cubic metres, masses by basis, coal equivalent and money beside the SI.
//   - Of expr-lang only the parser is used, and it is the one import from outside
//     the standard library: people know the language, and its tree is checked and
//     computed here, because every node has a unit and an exact slope.
//   - An expression takes the terms of the figures that it names, not their
//     values: so all inputs count over the same seconds, and an error that two of
//     them share counts once. A figure beyond its bounds takes it along
//     (computed.go).
//   - A model's error is a term whose total is 0: so it stands in the budget
//     beside the meters', and counts once where two figures share the model
//     (modelled.go).
package kpi

import "recoup/agent"

// Families lists the kinds of KPI by the name of their section.
func Families() map[string]agent.Kind[KPI] {
	return map[string]agent.Kind[KPI]{
		"acid_concentration": {New: newAcidConcentration, Example: acidConcentrationExample},
		"acid_recovery":      {New: newAcidRecovery, Example: acidRecoveryExample},
		"baseline":           {New: newBaseline, Example: baselineExample},
		"energy_carbon":      {New: newEnergyCarbon, Example: energyCarbonExample},
		"formula":            {New: newFormula, Example: formulaExample},
		"intensity":          {New: newIntensity, Example: intensityExample},
		"measures":           {New: newMeasures, Example: measuresExample},
		"oil_mist":           {New: newOilMist, Example: oilMistExample},
		"value":              {New: newValue, Example: valueExample},
		"waste_heat_power":   {New: newWasteHeatPower, Example: wasteHeatPowerExample},
	}
}

// KPI is one configured KPI: the quantities it computes, and those of its
// family that it does not for want of an instrument.
type KPI struct {
	Name, Family string
	Quantities   []Quantity
	Absent       []Absent
	Claims       []agent.Claim // headline figures, held against what the carriers can give
}

// Quantity is one figure of a KPI, described by what it needs and by pure
// functions; the engine does the rest.
type Quantity struct {
	Name        string // full, for example mill.oil.removal
	Key         string // within the family, for example removal
	Unit        string
	Terms       []Term // the order of roles decides which input is named when several fail
	Value       Figure
	Bounds      agent.Range // values outside, by more than U, are physically impossible
	Target      Target
	MinCoverage float64 // below this share of a window the figure is withheld, 0…1

	Substitute float64 // standard deviations above the mean at which an estimate puts lost time, 0 or 2

	Masks []Mask // while one of them is on the quantity is not evaluated

	Rates    []Rate   // measured beside its totalisers
	Additive bool     // a total, which an estimate can be made of for time that was lost
	States   []State  // of the plant, by the first that holds; none: they are not told apart
	RunOnly  []string // states that a second, run-only figure counts
	Always   []string // of the states, what that figure counts in any case
	Lots     *Lots    // by which it is told besides; nil: by none

	MinWindow agent.WindowKind // over shorter windows the figure is a trend: Uncertain, no verdict; "" for none

	Methods          []Figure      // two of one thing, which are combined when they agree; Value is not asked then (combine.go)
	Balanced         bool          // should be 0: beyond its uncertainty it is Uncertain
	Correlated       []Correlation // whose errors share a cause (correlate.go)
	LabelEN, LabelZH string        // its name for people, where the configuration gives one
	Stated           []string      // what results name beside their factors: a boundary, an allocation
	Expression       string        // how Value comes from what it names, where the configuration says so
	Of               []Inner       // the quantities of KPIs that the expression names
	Branches         bool          // the expression chooses: it is not linear in its totals, whatever it gives for some

	measure *improvement // whose saving it is

	Applies  Condition // of the target; the zero value: always
	Cautions []Caution // beyond which the figure is Uncertain
	Claim    bool      // withheld unless it is larger than its U

	draft *draft // until Link has found what the expression names
}

// Condition says over which windows a target is in force: those in which Margin,
// of the totals of the quantity, is at or above 0.
type Condition struct {
	Text   string
	Margin Figure
}

// Figure computes a quantity from the totals of its terms, in their order, with
// the sensitivity of the value to each. A reason other than none withholds it.
type Figure func(totals []float64) (value float64, sens []float64, reason agent.Reason)

// Term is one input's total: Factor times the integral over seconds of the
// product of the tags and the formula, or Factor times the advance of one
// totaliser, or, of a stock, Factor times the change of that product. Without
// tags and formula it is the time that the other terms cover.
type Term struct {
	Role, Unit string
	Factor     float64
	Tags       []*agent.Tag
	Formula    *Formula // nil: none
	Stock      bool
	Dated      []*Factor // by which the total is multiplied too; of a stock only constants

	Model  *Model                         // whose error the term is: its total is 0, and Spread its squared standard uncertainty
	Spread func(totals []float64) float64 // of all of the quantity's totals; nil: none
}

// total is the Figure of a quantity that is its only term.
func total(totals []float64) (float64, []float64, agent.Reason) {
	return totals[0], []float64{1}, agent.Reason{}
}
