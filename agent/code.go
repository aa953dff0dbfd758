package agent

import "fmt"

// Code is a machine-readable reason. Numbers are stored on disk: append only,
// never renumber. Texts for people are in package say, one per code and
// language.
type Code uint8

const (
	NoReason          Code = iota
	NoConnection           // the source cannot be reached
	Timeout                // reached, but no answer in time
	Protocol               // an answer that cannot be an answer to what was asked
	Refused                // the device answered with an exception
	Sentinel               // the device's own mark for "no value"
	NotFinite              // NaN or infinity on the wire
	OutOfRange             // outside the tag's plausible range
	DeviceBad              // the device itself calls the value bad
	DeviceDoubt            // the device itself calls the value uncertain
	NoData                 // no reading at all
	GapTooLong             // two readings too far apart to bridge
	HeldTooLong            // a held value older than its limit
	AgentStopped           // the agent was not running
	DriverPanic            // a fault in our own driver, fenced off
	ClockStep              // the PC's clock was set
	Dropped                // readings were dropped by a bound of the buffer
	CounterReset           // a totaliser began anew: the total is a lower bound
	CounterWrap            // a totaliser passed its modulus
	CounterSpike           // one impossible totaliser value, left out
	MeterReplaced          // a totaliser's readings are consistent on a new base
	CaughtUp               // a totaliser's step over a gap, booked when it came back
	LowCoverage            // too little of the window is covered
	PartialWindow          // the window was begun or ended within its bounds
	NoInput                // nothing was fed in, so a ratio has no meaning
	BoundViolated          // the result is physically impossible
	LateData               // readings arrived after their window had closed
	Oversize               // more than the far side takes
	Aged                   // readings past the age bound, after every upstream had them
	Damaged                // stored readings that can no longer be read
	Frozen                 // an instrument repeats one value for longer than it can
	WordOrder              // implausible, and plausible in another order of its bytes
	TrendOnly              // a figure for longer windows than this one
	NoFactor               // a price or factor has no value for that time yet
	Extrapolated           // computed beyond what a table of properties covers
	Calibration            // an analyser was being calibrated
	Purge                  // a sample line or probe was being purged
	Maintenance            // the plant or an instrument was under maintenance
	OutsideStates          // the plant was in a state that the figure leaves out
	Overdue                // an instrument's calibration was overdue
	RatioChanged           // the ratio of a meter's transformers was changed
	TooLate                // readings arrived when their window can no longer be revised
	WithinUncertainty      // a saving no larger than twice its uncertainty
	OutsideModel           // beyond what a baseline or formula was made from
	ClosureFailed          // two methods differ by more than their uncertainties
	RuleHolds              // a diagnostic rule's condition holds
	LimitPassed            // a limit was passed
	Restarted              // a device that starts shows zeros only
	codes                  // how many there are
)

var codeNames = [codes]string{
	"", "no_connection", "timeout", "protocol", "refused", "sentinel", "not_finite",
	"out_of_range", "device_bad", "device_doubt", "no_data", "gap_too_long",
	"held_too_long", "agent_stopped", "driver_panic", "clock_step", "dropped",
	"counter_reset", "counter_wrap", "counter_spike", "meter_replaced", "caught_up",
	"low_coverage", "partial_window", "no_input", "bound_violated", "late_data",
	"too_large", "aged", "damaged", "frozen", "word_order", "trend_only",
	"no_factor", "extrapolated", "calibration", "purge", "maintenance",
	"outside_states", "overdue", "ratio_changed", "too_late", "within_uncertainty",
	"outside_model", "closure_failed", "rule", "limit",
	"restarted",
}

// String gives the stable name used in payloads and metric labels.
func (c Code) String() string {
	if c < codes {
		return codeNames[c]
	}
	return fmt.Sprintf("code_%d", uint8(c))
}

// Codes lists every code but NoReason, so that tests can ask for a text of each.
func Codes() []Code {
	all := make([]Code, 0, codes-1)
	for c := NoReason + 1; c < codes; c++ {
		all = append(all, c)
	}
	return all
}

// CodeNamed is the inverse of Code.String; ok is false for an unknown name.
func CodeNamed(name string) (c Code, ok bool) {
	for c := range codes {
		if codeNames[c] == name {
			return c, true
		}
	}
	return NoReason, false
}

// MarshalText and UnmarshalText let codes travel as names.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c *Code) UnmarshalText(b []byte) error {
	code, ok := CodeNamed(string(b))
	if !ok {
		return fmt.Errorf("unknown reason code %q", b)
	}
	*c = code
	return nil
}
