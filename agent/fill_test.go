package agent_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// days gives n batches ten seconds apart whose second tag is Bad from batch
// badFrom on, badFor batches long.
func days(tags []*agent.Tag, n, badFrom, badFor int) iter.Seq[*agent.Batch] {
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	return func(yield func(*agent.Batch) bool) {
		for i := range n {
			at := start.Add(time.Duration(i) * 10 * time.Second)
			b := &agent.Batch{Source: "plc", Received: at, Boot: 7, Mono: uint64(i) * 1e10}
			for _, tag := range tags {
				r := agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value(float64(i)), Quality: agent.Good}
				if tag.Index == 1 && i >= badFrom && i < badFrom+badFor {
					r.Quality, r.Reason = agent.Bad, agent.Reason{Code: agent.NotFinite}
				}
				b.Readings = append(b.Readings, r)
			}
			if !yield(b) {
				return
			}
		}
	}
}

func board(tags []*agent.Tag) *agent.Board {
	return agent.NewBoard(agent.SystemClock(), agent.Plant{}, "test", tags, []string{"plc"}, nil, nil)
}

func TestFillStoresHistoryAsRunWould(t *testing.T) {
	store, tags, calc := agenttest.NewMemStore(), agenttest.Tags("plc", 10*time.Second, 2), &agenttest.Calc{}
	n, err := agent.Fill(store, calc, board(tags), agenttest.Quiet(), days(tags, 10_000, 500, 100), 100)
	if err != nil || n != 20_000 {
		t.Fatalf("Fill = %d, %v; want 20000 readings", n, err)
	}
	var readings, results, states int
	var bad []agent.Event
	last := uint64(0)
	for _, b := range store.Stored() {
		if b.Seq != last+1 {
			t.Fatalf("batch %d follows %d", b.Seq, last)
		}
		last = b.Seq
		readings += len(b.Readings)
		results += len(b.Results)
		if b.State != nil {
			states++
		}
		for _, e := range b.Events {
			if e.Kind == agent.TagBad {
				bad = append(bad, e)
			}
		}
	}
	if readings != n || results != 100 || states < 4 || states > 10 {
		t.Errorf("stored %d readings, %d results, %d checkpoints; want %d, 100, a few", readings, results, states, n)
	}
	if len(bad) != 2 || !bad[0].End.IsZero() || bad[1].End.Sub(bad[1].Start) != 1000*time.Second || bad[1].Key != "plc.t1" {
		t.Errorf("bad tag events %+v, want one begun and ended after 1000 s", bad)
	}
}

func TestFillStopsAtTheFirstDiskError(t *testing.T) {
	store, tags := agenttest.NewMemStore(), agenttest.Tags("plc", 10*time.Second, 2)
	full := errors.New("no space left on device")
	store.OnAppend = func(n int) error {
		if n == 3 {
			return full
		}
		return nil
	}
	if _, err := agent.Fill(store, &agenttest.Calc{}, board(tags), agenttest.Quiet(), days(tags, 10_000, 0, 0), 100); !errors.Is(err, full) {
		t.Errorf("Fill = %v, want %v", err, full)
	}
}

func TestStandInsMergeAndKeepWhatMatters(t *testing.T) {
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	tags := agenttest.Tags("plc", time.Second, 1)
	batch := func(seq uint64, readings, results int) *agent.Batch {
		b := &agent.Batch{Mark: agent.Mark{Epoch: 5, Seq: seq}, Source: "plc", Received: at.Add(time.Duration(seq) * time.Second),
			Readings: make([]agent.Reading, readings), Results: make([]agent.Result, results)}
		for i := range b.Readings {
			b.Readings[i].Tag = tags[0]
		}
		return b
	}
	first := batch(3, 2, 0)
	first.Prev = agent.Mark{Epoch: 4, Seq: 2}
	one := agent.StandIn([]*agent.Batch{first, batch(4, 3, 1)}, agent.Reason{Code: agent.Dropped})
	both := agent.StandIn([]*agent.Batch{one, batch(5, 4, 2)}, agent.Reason{Code: agent.Dropped})
	gap := both.Events[0].Gap
	if from, stands := both.Stands(); !stands || from != 3 || both.Seq != 5 {
		t.Errorf("stands for %d…%d (%v), want 3…5", from, both.Seq, stands)
	}
	if gap.Total() != 9 || gap.Rows["plc"] != 9 || len(both.Results) != 3 || len(both.Events) != 1 || both.Prev != first.Prev {
		t.Errorf("gap %+v with %d results, %d events, prev %v; want 9 rows, 3, 1, %v", gap, len(both.Results), len(both.Events), both.Prev, first.Prev)
	}
	if !gap.First.Equal(first.Received) || !gap.Last.Equal(at.Add(5*time.Second)) {
		t.Errorf("gap from %v to %v, want from the first to the last received", gap.First, gap.Last)
	}
}

func TestRowsCutBatches(t *testing.T) {
	b := &agent.Batch{Readings: make([]agent.Reading, 3), Results: make([]agent.Result, 2), Events: make([]agent.Event, 1)}
	for _, c := range []struct {
		rows agent.Rows
		want [3]int
	}{
		{agent.Rows{}, [3]int{3, 2, 1}}, {agent.Rows{From: 0, To: 2}, [3]int{2, 0, 0}}, {agent.Rows{From: 2, To: 4}, [3]int{1, 1, 0}},
		{agent.Rows{From: 4, To: 6}, [3]int{0, 1, 1}}, {agent.Rows{From: 5, To: 6}, [3]int{0, 0, 1}},
	} {
		p := c.rows.Of(b)
		if got := [3]int{len(p.Readings), len(p.Results), len(p.Events)}; got != c.want {
			t.Errorf("rows %v give %v, want %v", c.rows, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	tag := &agent.Tag{Scale: 0.1, Offset: -10, Range: &agent.Range{Lo: 0, Hi: 50}, Sentinels: []float64{65535}}
	for _, c := range []struct {
		value agent.Value
		want  agent.Code
	}{
		{agent.Uint64Value(300), agent.NoReason}, {agent.Uint64Value(100), agent.NoReason}, {agent.Uint64Value(99), agent.OutOfRange},
		{agent.Uint64Value(601), agent.OutOfRange}, {agent.Uint64Value(65535), agent.Sentinel}, {agent.Value{}, agent.NoData},
		{agent.TextValue("on"), agent.NoReason}, {agent.ValueOf(agent.Float32, 0x7fc00001, ""), agent.NotFinite},
	} {
		quality, reason := tag.Judge(c.value)
		if reason.Code != c.want || (quality == agent.Good) != (c.want == agent.NoReason) {
			t.Errorf("Judge(%v) = %v, %v; want %v", c.value, quality, reason.Code, c.want)
		}
	}
}
