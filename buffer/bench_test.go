package buffer

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// BenchmarkAppend commits ten seconds of polls at a time; an op is one commit.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{12, 1000} {
		b.Run(fmt.Sprint(n, " tags"), func(b *testing.B) {
			tags := agenttest.Tags("mill", time.Second, n)
			cfg := testConfig(b.TempDir(), "hq")
			cfg.SegmentBytes, cfg.Tags = defaultSegmentBytes, tags
			l := open(b, cfg, steady(), nil)
			r := rand.New(rand.NewPCG(1, 1))
			var batches []*agent.Batch
			for i := range uint64(10) {
				batches = append(batches, plantBatch(r, tags, 1, i+1))
			}
			for b.Loop() {
				if err := l.Append(batches); err != nil {
					b.Fatal(err)
				}
				next := make([]*agent.Batch, len(batches))
				for i, old := range batches {
					again := *old
					again.Seq += uint64(len(batches))
					next[i] = &again
				}
				batches = next
			}
			b.ReportMetric(float64(10*n*b.N)/b.Elapsed().Seconds(), "readings/s")
			b.ReportMetric(float64(l.bytes())/float64(10*n*b.N), "B/reading")
		})
	}
}

// BenchmarkDrain reads a backlog as forward does; an op is one delivery.
func BenchmarkDrain(b *testing.B) {
	for _, n := range []int{12, 1000} {
		b.Run(fmt.Sprint(n, " tags"), func(b *testing.B) {
			tags := agenttest.Tags("mill", time.Second, n)
			cfg := testConfig(b.TempDir(), "hq")
			cfg.SegmentBytes, cfg.Tags = defaultSegmentBytes, tags
			l := open(b, cfg, steady(), nil)
			r := rand.New(rand.NewPCG(1, 1))
			seq := uint64(0)
			for range 100 {
				var batches []*agent.Batch
				for range 12_000 / n {
					seq++
					batches = append(batches, plantBatch(r, tags, 1, seq))
				}
				if err := l.Append(batches); err != nil {
					b.Fatal(err)
				}
			}
			rows := 0
			for b.Loop() {
				d := l.next(b, "hq", agent.Oldest, 20_000)
				if len(d.Batches) == 0 {
					b.StopTimer()
					l.mu.Lock()
					*l.upstreams["hq"] = cursor{}
					l.mu.Unlock()
					b.StartTimer()
					continue
				}
				rows += readingsOf(d.Batches)
				l.Ack("hq", d.From, d.To)
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "readings/s")
		})
	}
}

// BenchmarkResults lists 35 days of one KPI's cells among ten KPIs', with a
// checkpoint a minute between them.
func BenchmarkResults(b *testing.B) {
	cfg := testConfig(b.TempDir(), "hq")
	cfg.SegmentBytes = defaultSegmentBytes
	l := open(b, cfg, steady(), nil)
	const days = 35
	seq := uint64(0)
	for day := range days {
		var batches []*agent.Batch
		for minute := range 24 * 60 {
			seq++
			at := began.Add(time.Duration(day*24*60+minute) * time.Minute)
			own := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: agent.Own, Received: at, State: []byte("state")}
			for kpi := range 10 {
				if minute%15 != 0 {
					break
				}
				own.Results = append(own.Results, agent.Result{KPI: fmt.Sprint("kpi ", kpi), Unit: "%", Quality: agent.Good, Coverage: 1,
					Window: agent.Window{Kind: agent.Cell, Start: at, End: at.Add(15 * time.Minute), Zone: "Asia/Shanghai"},
					Terms:  []agent.Term{{Role: "inlet", Tag: "mill.q_in", Unit: "kg", Total: float64(seq)}, {Role: "outlet", Tag: "mill.q_out", Unit: "kg", Total: 1}}})
			}
			batches = append(batches, own)
		}
		if err := l.Append(batches); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		for _, err := range l.Results("kpi 3", agent.Cell, began, began.Add(days*24*time.Hour)) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != days*96 {
			b.Fatalf("%d results, want %d", n, days*96)
		}
	}
}
