package kpi

import (
	"fmt"
	"math"
	"testing"
	"time"

	"recoup/agent"
)

// hundred is a plant of 100 tags read every second. So many of them are inputs
// of KPIs, four to a removal efficiency; the rest is only recorded.
func hundred(inputs int) (tags []*agent.Tag, kpis []KPI) {
	for i := range 100 {
		tag := tagOf(fmt.Sprintf("t%d", i), "kg/s", "plc", i)
		tag.Every, tag.Accuracy = time.Second, agent.Accuracy{Rel: 0.02, Abs: 0.1}
		tag.Frozen = 10 * time.Minute
		tags = append(tags, tag)
	}
	for i := 0; i+4 <= inputs; i += 4 {
		one := KPI{Name: fmt.Sprintf("k%d", i), Family: "test", Quantities: []Quantity{{
			Name: fmt.Sprintf("k%d.removal", i), Key: "removal", Unit: "1", Value: leftOfFirst, Bounds: agent.Range{Lo: 0, Hi: 1},
			Terms: []Term{{Role: "inlet", Unit: "kg", Factor: 1, Tags: tags[i : i+2]}, {Role: "outlet", Unit: "kg", Factor: 1, Tags: tags[i+2 : i+4]}},
		}}}
		kpis = append(kpis, one)
	}
	return tags, kpis
}

// BenchmarkEngine adds an hour of 100 tags at 1 s.
func BenchmarkEngine(b *testing.B) {
	for _, inputs := range []int{20, 100} {
		b.Run(fmt.Sprintf("%d of 100 tags in KPIs", inputs), func(b *testing.B) {
			tags, kpis := hundred(inputs)
			r := newRig(b, utc(), kpis...)
			var batches []*agent.Batch
			for s := range 3600 {
				at := sec(float64(s))
				one := r.batch("plc", at)
				for i, tag := range tags {
					one.Readings = append(one.Readings, good(tag, at, 50+10*math.Sin(float64(s+i)/100)))
				}
				batches = append(batches, one)
			}
			readings := 0
			for b.Loop() {
				r.engine = newEngine(b, utc(), kpis...)
				for _, one := range batches {
					r.engine.Add(one)
					readings += len(one.Readings)
				}
			}
			b.ReportMetric(float64(readings)/b.Elapsed().Seconds()/1e6, "Mreadings/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(readings), "ns/reading")
		})
	}
}
