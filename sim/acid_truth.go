package sim

import "iter"

// AcidTruth is what really happened at an acid plant since its start, as kg of
// 100 % H2SO4: totals, except for the last three, which are amounts there now.
type AcidTruth struct {
	Seconds     float64
	FeedWasteKg float64 // waste acid as delivered
	FeedKg      float64
	SO2Kg       float64 // lost by the stack, as H2SO4
	MistKg      float64 // lost by the stack
	PurgeKg     float64 // lost with the weak acid
	MadeKg      float64 // by the absorbers
	MovedKg     float64 // from the day tank to the product tank
	ProductKg   float64 // loaded into tankers

	HoldUpKg  float64 // on its way from the furnace to the absorbers
	DayTankKg float64
	StockKg   float64 // in the product tank
}

// LossKg is all that left by other ways than the product's.
func (t AcidTruth) LossKg() float64 { return t.SO2Kg + t.MistKg + t.PurgeKg }

// Recovery is the true share of the feed that is not lost: what the loss method
// estimates.
func (t AcidTruth) Recovery() float64 { return 1 - t.LossKg()/t.FeedKg }

// InventoryKg is what stands between the feed's meter and the product's.
func (t AcidTruth) InventoryKg() float64 { return t.HoldUpKg + t.DayTankKg + t.StockKg }

// Since gives what happened after earlier: differences of the totals, and the
// change of the amounts.
func (t AcidTruth) Since(earlier AcidTruth) AcidTruth {
	return AcidTruth{
		Seconds: t.Seconds - earlier.Seconds, FeedWasteKg: t.FeedWasteKg - earlier.FeedWasteKg, FeedKg: t.FeedKg - earlier.FeedKg,
		SO2Kg: t.SO2Kg - earlier.SO2Kg, MistKg: t.MistKg - earlier.MistKg, PurgeKg: t.PurgeKg - earlier.PurgeKg,
		MadeKg: t.MadeKg - earlier.MadeKg, MovedKg: t.MovedKg - earlier.MovedKg, ProductKg: t.ProductKg - earlier.ProductKg,
		HoldUpKg: t.HoldUpKg - earlier.HoldUpKg, DayTankKg: t.DayTankKg - earlier.DayTankKg, StockKg: t.StockKg - earlier.StockKg,
	}
}

// ByName gives each figure with its name and unit in it, always in this order.
func (t AcidTruth) ByName() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		_ = yield("seconds", t.Seconds) && yield("feed_waste_kg", t.FeedWasteKg) && yield("feed_kg", t.FeedKg) &&
			yield("so2_kg", t.SO2Kg) && yield("mist_kg", t.MistKg) && yield("purge_kg", t.PurgeKg) &&
			yield("made_kg", t.MadeKg) && yield("moved_kg", t.MovedKg) && yield("product_kg", t.ProductKg) &&
			yield("hold_up_kg", t.HoldUpKg) && yield("day_tank_kg", t.DayTankKg) && yield("stock_kg", t.StockKg)
	}
}

// Truth gives the plant's hidden totals.
func (a *Acid) Truth() AcidTruth { return a.truth }

// checkBalance asserts that no kilogram came from nowhere.
func (a *Acid) checkBalance() {
	t := a.truth.Since(a.initial)
	balance("furnace", t.FeedKg, t.HoldUpKg+t.LossKg()+t.MadeKg)
	balance("day tank", t.MadeKg, t.DayTankKg+t.MovedKg)
	balance("product tank", t.MovedKg, t.StockKg+t.ProductKg)
}
