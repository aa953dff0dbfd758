package agent

// Rating is what a quantity is rated against: values that the configuration
// states for this plant, never those of an authority's code. A Leading below the
// Benchmark says that less is better.
type Rating struct {
	Benchmark float64  `json:"benchmark"`       // in the quantity's unit; score 0
	Leading   float64  `json:"leading"`         // score 1
	Limit     *float64 `json:"limit,omitempty"` // what the permit allows, at least or at most like the benchmark; nil: none
}
