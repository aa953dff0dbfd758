package agent

import (
	"math"
	"strconv"
)

// What a current loop of 4 to 20 mA says besides its value, in mA: the levels of
// NAMUR NE43. Beyond the outer ones the transmitter says that it has failed;
// between those and the inner ones it is driven to its limit and tells no more
// than that the value lies further out; then up to 4 and down to 20 mA the value
// counts, though it is outside the range that was ordered.
const (
	loopFailedLow, loopSaturatedLow   = 3.6, 3.8
	loopSaturatedHigh, loopFailedHigh = 20.5, 21.0
	loopLow, loopHigh                 = 4.0, 20.0
)

// judgeLoop judges a value of a current loop. A saturated one leaves a bound in
// the reason: what the value is below or above.
func (t *Tag) judgeLoop(eng float64) (Quality, Reason) {
	span := t.Signal.Hi - t.Signal.Lo
	mA := loopLow + (loopHigh-loopLow)*(eng-t.Signal.Lo)/span
	mA = math.Round(mA*1e9) / 1e9 // the way to the unit and back leaves an error at the levels
	bound := func(sign string, level float64) string {
		limit := t.Signal.Lo + (level-loopLow)/(loopHigh-loopLow)*span
		return shortFloat(mA) + " mA: " + sign + " " + shortFloat(limit) + " " + t.Unit
	}
	switch {
	case mA <= loopFailedLow || mA >= loopFailedHigh:
		return Bad, Reason{Code: DeviceBad, Detail: shortFloat(mA) + " mA, NE43"}
	case mA < loopSaturatedLow:
		return Bad, Reason{Code: OutOfRange, Detail: bound("<", loopSaturatedLow)}
	case mA > loopSaturatedHigh:
		return Bad, Reason{Code: OutOfRange, Detail: bound(">", loopSaturatedHigh)}
	case mA < loopLow || mA > loopHigh:
		return Uncertain, Reason{Code: OutOfRange, Detail: shortFloat(mA) + " mA"}
	}
	return Good, Reason{}
}

func shortFloat(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
