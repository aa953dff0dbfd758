package sim

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"math"
	"time"
)

// Truth is what really happened at a mill since its start: totals, except for
// LoadKg and TankKg, which are amounts there now.
type Truth struct {
	Seconds, RollingSeconds float64
	InNm3, OutNm3           float64 // gas, dry, at normal conditions
	InKg, OutKg             float64 // oil in the gas before and after the absorber
	AbsorbedKg              float64
	RecoveredKg             float64
	RegenerationLossKg      float64
	PumpedKg                float64 // from the tank back to the mill
	FanKWh                  float64
	RolledT                 float64

	LoadKg float64 // oil in the wash oil
	TankKg float64
}

// Removal is the true share of the inlet's oil that does not leave by the
// stack.
func (t Truth) Removal() float64 { return 1 - t.OutKg/t.InKg }

// Since gives what happened after earlier: differences of the totals, and the
// change of the amounts.
func (t Truth) Since(earlier Truth) Truth {
	return Truth{
		Seconds: t.Seconds - earlier.Seconds, RollingSeconds: t.RollingSeconds - earlier.RollingSeconds,
		InNm3: t.InNm3 - earlier.InNm3, OutNm3: t.OutNm3 - earlier.OutNm3,
		InKg: t.InKg - earlier.InKg, OutKg: t.OutKg - earlier.OutKg,
		AbsorbedKg: t.AbsorbedKg - earlier.AbsorbedKg, RecoveredKg: t.RecoveredKg - earlier.RecoveredKg,
		RegenerationLossKg: t.RegenerationLossKg - earlier.RegenerationLossKg, PumpedKg: t.PumpedKg - earlier.PumpedKg,
		FanKWh: t.FanKWh - earlier.FanKWh, RolledT: t.RolledT - earlier.RolledT,
		LoadKg: t.LoadKg - earlier.LoadKg, TankKg: t.TankKg - earlier.TankKg,
	}
}

// ByName gives each figure with its name and unit in it, always in this order.
func (t Truth) ByName() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		_ = yield("seconds", t.Seconds) && yield("rolling_seconds", t.RollingSeconds) &&
			yield("in_nm3", t.InNm3) && yield("out_nm3", t.OutNm3) &&
			yield("in_kg", t.InKg) && yield("out_kg", t.OutKg) &&
			yield("absorbed_kg", t.AbsorbedKg) && yield("recovered_kg", t.RecoveredKg) &&
			yield("regeneration_loss_kg", t.RegenerationLossKg) && yield("pumped_kg", t.PumpedKg) &&
			yield("fan_kwh", t.FanKWh) && yield("load_kg", t.LoadKg) && yield("tank_kg", t.TankKg) &&
			yield("rolled_t", t.RolledT)
	}
}

// Truth gives the mill's hidden totals.
func (m *Mill) Truth() Truth { return m.truth }

// checkBalance asserts that no kilogram came from nowhere: a simulation that
// leaks cannot judge an agent.
func (m *Mill) checkBalance() {
	t := m.truth.Since(m.initial)
	balance("gas", t.InKg, t.OutKg+t.AbsorbedKg)
	balance("wash oil", t.AbsorbedKg, t.LoadKg+t.RecoveredKg+t.RegenerationLossKg)
	balance("tank", t.RecoveredKg, t.TankKg+t.PumpedKg)
}

// balance compares two sides, in kg or kWh; the absolute part covers the first
// seconds, when both are nearly nothing beside the amounts in stock.
func balance(of string, in, out float64) {
	if math.Abs(in-out) > 1e-9*math.Abs(in)+1e-9 {
		panic(fmt.Sprintf("BUG: the balance of the %s is broken: %v against %v", of, in, out))
	}
}

// TruthFile writes a plant's truth as CSV, one line per figure and minute of
// plant time: time,name,value. The agent never reads it.
type TruthFile struct {
	w    *bufio.Writer
	next time.Time
}

// NewTruthFile begins a file on w.
func NewTruthFile(w io.Writer) *TruthFile {
	f := &TruthFile{w: bufio.NewWriter(w)}
	fmt.Fprintln(f.w, "time,name,value") // a bufio.Writer keeps its error for Flush
	return f
}

// Note writes p's truth if a new minute of plant time has begun since the last
// line. It is called after each step.
func (f *TruthFile) Note(p Plant) error {
	now := p.Now()
	if now.Before(f.next) {
		return nil
	}
	f.next = now.Truncate(time.Minute).Add(time.Minute)
	at := now.UTC().Format(time.RFC3339Nano)
	for name, value := range p.Totals() {
		fmt.Fprintf(f.w, "%s,%s,%.17g\n", at, name, value)
	}
	if err := f.w.Flush(); err != nil {
		return fmt.Errorf("truth file: %w", err)
	}
	return nil
}
