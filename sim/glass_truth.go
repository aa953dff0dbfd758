package sim

import "iter"

// GlassTruth is what really happened at a glass works since its start, in kWh of
// heat or power: totals, except for the last two, which are amounts there now.
type GlassTruth struct {
	Seconds      float64
	FlueKWh      float64 // heat above 25 °C in the gas before the boiler
	StackKWh     float64 // and behind it
	RecoveredKWh float64 // heat taken from the gas
	CondensedKWh float64 // heat that became no power
	GrossKWh     float64 // power generated
	AuxKWh       float64 // of it used by the power plant itself
	LoadKWh      float64 // power used by the works, without AuxKWh
	ImportKWh    float64
	ExportKWh    float64

	DrumKWh  float64 // heat in the boiler's water and steam
	ShaftKWh float64 // heat between steam and power
}

// NetKWh is the power that the works has of its power plant.
func (t GlassTruth) NetKWh() float64 { return t.GrossKWh - t.AuxKWh }

// ShareNet is the true share of the works' use that its own net power covers,
// what was exported counted with it.
func (t GlassTruth) ShareNet() float64 { return t.NetKWh() / t.LoadKWh }

// Since gives what happened after earlier: differences of the totals, and the
// change of the amounts.
func (t GlassTruth) Since(earlier GlassTruth) GlassTruth {
	return GlassTruth{
		Seconds: t.Seconds - earlier.Seconds, FlueKWh: t.FlueKWh - earlier.FlueKWh, StackKWh: t.StackKWh - earlier.StackKWh,
		RecoveredKWh: t.RecoveredKWh - earlier.RecoveredKWh, CondensedKWh: t.CondensedKWh - earlier.CondensedKWh,
		GrossKWh: t.GrossKWh - earlier.GrossKWh, AuxKWh: t.AuxKWh - earlier.AuxKWh, LoadKWh: t.LoadKWh - earlier.LoadKWh,
		ImportKWh: t.ImportKWh - earlier.ImportKWh, ExportKWh: t.ExportKWh - earlier.ExportKWh,
		DrumKWh: t.DrumKWh - earlier.DrumKWh, ShaftKWh: t.ShaftKWh - earlier.ShaftKWh,
	}
}

// ByName gives each figure with its name and unit in it, always in this order.
func (t GlassTruth) ByName() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		_ = yield("seconds", t.Seconds) && yield("flue_kwh", t.FlueKWh) && yield("stack_kwh", t.StackKWh) &&
			yield("recovered_kwh", t.RecoveredKWh) && yield("condensed_kwh", t.CondensedKWh) && yield("gross_kwh", t.GrossKWh) &&
			yield("aux_kwh", t.AuxKWh) && yield("load_kwh", t.LoadKWh) && yield("import_kwh", t.ImportKWh) &&
			yield("export_kwh", t.ExportKWh) && yield("drum_kwh", t.DrumKWh) && yield("shaft_kwh", t.ShaftKWh)
	}
}

// Truth gives the works' hidden totals.
func (g *Glass) Truth() GlassTruth { return g.truth }

// checkBalance asserts that no kilowatt-hour came from nowhere.
func (g *Glass) checkBalance() {
	t := g.truth.Since(g.initial)
	balance("flue gas", t.FlueKWh, t.StackKWh+t.RecoveredKWh)
	balance("boiler and turbine", t.RecoveredKWh, t.DrumKWh+t.ShaftKWh+t.CondensedKWh+t.GrossKWh)
	balance("site's power", t.LoadKWh, t.ImportKWh-t.ExportKWh+t.GrossKWh-t.AuxKWh)
}
