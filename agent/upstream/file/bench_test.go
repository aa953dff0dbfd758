package file

import "testing"

// BenchmarkSend writes deliveries of a thousand batches of two readings.
func BenchmarkSend(b *testing.B) {
	for _, format := range []string{"jsonl", "csv"} {
		b.Run(format, func(b *testing.B) {
			s := newSite(b)
			u := s.open("format: " + format)
			from := uint64(1)
			for b.Loop() {
				d := s.delivery(s.now, from, from+999)
				if err := u.Send(b.Context(), d); err != nil {
					b.Fatal(err)
				}
				from += 1000
			}
			b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "readings/s")
		})
	}
}
