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
//	frozen.go            factor.go, mask.go
//
// A family (one file, one line in Families) only says which tags its terms are
// made of and what follows from their totals; builder.go, offer.go, units.go,
// convert.go and factors.go help it.
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
//   - A quantity for which an instrument is missing is absent, with the reason;
//     asked for, it is refused when the configuration is checked (offer.go).
package kpi

import "recoup/agent"

// Families lists the kinds of KPI by the name of their section.
func Families() map[string]agent.Kind[KPI] {
	return map[string]agent.Kind[KPI]{
		"acid_concentration": {New: newAcidConcentration, Example: acidConcentrationExample},
		"acid_recovery":      {New: newAcidRecovery, Example: acidRecoveryExample},
		"energy_carbon":      {New: newEnergyCarbon, Example: energyCarbonExample},
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

	Masks []Mask // while one of them is on the quantity is not evaluated

	Rates    []Rate // measured beside its totalisers
	Additive bool   // a total, which an estimate can be made of for time that was lost

	MinWindow agent.WindowKind // over shorter windows the figure is a trend: Uncertain, no verdict; "" for none

	Methods    []Figure      // two of one thing, which are combined when they agree; Value is not asked then (combine.go)
	Balanced   bool          // should be 0: beyond its uncertainty it is Uncertain
	Correlated []Correlation // whose errors share a cause (correlate.go)
}

// Figure computes a quantity from the totals of its terms, in their order, with
// the sensitivity of the value to each. A reason other than none withholds it.
type Figure func(totals []float64) (value float64, sens []float64, reason agent.Reason)

// Term is one input's total: Factor times the integral over seconds of the
// product of the tags and the formula, or Factor times the advance of one
// totaliser, or, of a stock, Factor times the change of that product.
type Term struct {
	Role, Unit string
	Factor     float64
	Tags       []*agent.Tag
	Formula    *Formula // nil: none
	Stock      bool
	Dated      []*Factor // by which the total is multiplied too; never of a stock
}

// total is the Figure of a quantity that is its only term.
func total(totals []float64) (float64, []float64, agent.Reason) {
	return totals[0], []float64{1}, agent.Reason{}
}
