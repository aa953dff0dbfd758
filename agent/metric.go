package agent

import "slices"

// MetricType follows the Prometheus exposition format.
type MetricType uint8

const (
	Gauge MetricType = iota
	CounterMetric
	HistogramMetric
)

// Metric is one sample of one series, in base units, with a Prometheus name.
type Metric struct {
	Name, Help string // Help names the unit
	Type       MetricType
	Labels     []Label
	Value      float64    // a histogram's sum
	Histogram  *Histogram // with HistogramMetric
}

// Label is one name and value.
type Label struct{ Name, Value string }

// Histogram counts observations in buckets. It has one owner; Snapshot copies
// it for others.
type Histogram struct {
	Bounds []float64 // upper bounds, ascending; +Inf is implied
	Counts []uint64  // one more than Bounds, not cumulative
	Sum    float64
	Count  uint64
}

// NewHistogram makes one with the given upper bounds, ascending.
func NewHistogram(bounds ...float64) *Histogram {
	return &Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

// Observe counts one value.
func (h *Histogram) Observe(v float64) {
	i, _ := slices.BinarySearch(h.Bounds, v)
	h.Counts[i]++
	h.Sum += v
	h.Count++
}

// Snapshot gives a copy that may be kept.
func (h *Histogram) Snapshot() *Histogram {
	c := *h
	c.Counts = slices.Clone(h.Counts)
	return &c
}
