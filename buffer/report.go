package buffer

import (
	"maps"
	"slices"

	"recoup/agent"
)

// Report gives the buffer's counters. Any goroutine may call it.
func (s *Store) Report() []agent.Metric {
	s.mu.Lock()
	if s.meta == nil || s.closed {
		s.mu.Unlock()
		return nil
	}
	var behind uint64
	for _, c := range s.upstreams {
		n := s.index.count(c.Low+1, s.last.Seq)
		if c.Hi > 0 {
			n -= s.index.count(c.Lo, c.Hi)
		}
		behind = max(behind, n)
	}
	oldest := 0.0
	if len(s.segments) > 0 {
		oldest = max(0, s.clock.Wall().Sub(instant(s.segments[0].sum.Begun)).Seconds())
	}
	segments := len(s.segments)
	gaps := map[agent.Code]int{agent.Dropped: 0, agent.Aged: 0}
	for _, e := range s.ledger {
		gaps[e.Reason.Code] += e.Gap.Total()
	}
	rejected := maps.Clone(s.rejected)
	s.mu.Unlock()

	metrics := []agent.Metric{
		{Name: "recoup_buffer_bytes", Help: "Size of the buffer's files on disk in bytes.", Value: float64(s.bytes())},
		{Name: "recoup_buffer_batches", Help: "Batches stored that the upstream furthest behind does not have yet.", Value: float64(behind)},
		{Name: "recoup_buffer_segments", Help: "Segment files of the buffer.", Value: float64(segments)},
		{Name: "recoup_buffer_oldest_seconds", Help: "Age of the oldest batch whose readings are stored, delivered or not, in seconds.", Value: oldest},
	}
	for _, code := range slices.Sorted(maps.Keys(gaps)) {
		metrics = append(metrics, agent.Metric{Name: "recoup_gap_readings_total", Type: agent.CounterMetric,
			Help:   "Readings known to be missing from the buffer, by cause; aged ones were delivered to every upstream before.",
			Labels: []agent.Label{{Name: "cause", Value: code.String()}}, Value: float64(gaps[code])})
	}
	for _, upstream := range slices.Sorted(maps.Keys(rejected)) {
		metrics = append(metrics, agent.Metric{Name: "recoup_rejected_rows_total", Type: agent.CounterMetric,
			Help:   "Rows that the upstream refused and that were set aside in the buffer.",
			Labels: []agent.Label{{Name: "upstream", Value: upstream}}, Value: float64(rejected[upstream])})
	}
	return metrics
}
