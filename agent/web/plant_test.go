package web

import (
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"recoup/agent"
)

// now is 14:03:22 on 22 November 2025 in the plant.
var now = time.Date(2025, 11, 22, 6, 3, 22, 0, time.UTC)

var shanghai = agent.Plant{
	ID: "cq-mill-2", Name: "Example Cold Mill 2", Timezone: "Asia/Shanghai",
	Company: agent.Company{Name: "Example Aluminium Co.", CreditCode: "91500000XXXXXXXXXX", Sector: "C3252", Park: "Example Park"},
	Shifts:  []string{"00:00", "08:00", "16:00"},
}

func quantities() []agent.Quantity {
	return []agent.Quantity{
		{KPI: "mill.oil.removal", Name: "mill.oil", Family: "oil_mist", Key: "removal", Unit: "1", Target: "removal >= 0.90", Rating: &agent.Rating{Benchmark: .9, Leading: .97}},
		{KPI: "mill.oil.recovered", Name: "mill.oil", Family: "oil_mist", Key: "recovered", Unit: "kg"},
	}
}

func tags() []*agent.Tag {
	list := []*agent.Tag{
		{Name: "mill.q_in", Unit: "Nm3/h", Source: "mill", LabelEN: "Exhaust flow, inlet", LabelZH: "进口烟气流量"},
		{Name: "mill.c_in", Unit: "mg/Nm3", Source: "mill"},
		{Name: "mill.c_out", Unit: "mg/Nm3", Source: "mill"},
		{Name: "mill.oil_total", Unit: "kg", Source: "mill", Scale: 0.1},
		{Name: "lab.strength", Unit: "%", Source: "lab", Hold: true, MaxGap: 12 * time.Hour},
		{Name: "wash.temp", Unit: "°C", Source: "wash"},
		{Name: "mill.state", Source: "mill"},
	}
	list[0].Instruments = []agent.Instrument{{Serial: "A-17", Due: now.Truncate(24*time.Hour).AddDate(0, 0, 10)}}
	list[2].Instruments = []agent.Instrument{{Serial: "B-4", Due: now.Truncate(24*time.Hour).AddDate(0, -2, 0)}}
	for i, tag := range list {
		tag.Index, tag.Every = i, time.Second
	}
	return list
}

// board makes a board of a plant with a history of a day, an outage and a
// value out of range.
func board(t testing.TB) *agent.Board {
	t.Helper()
	list := tags()
	clock := agent.Clock{Wall: func() time.Time { return now }, Mono: func() uint64 { return 0 }}
	b := agent.NewBoard(clock, shanghai, "1.2.3", list, []string{"mill", "lab", "wash"}, []string{"hq"}, quantities())
	b.Configured("1a2b3c4d5e6f")
	at := now.Add(-400 * time.Millisecond)
	good := func(i int, v agent.Value) agent.Reading {
		return agent.Reading{Tag: list[i], Time: at, Value: v, Quality: agent.Good}
	}
	b.Show(&agent.Batch{Mark: agent.Mark{Epoch: 7, Seq: 41}, Source: "mill", Received: at, Readings: []agent.Reading{
		good(0, agent.Float32Value(95500.4)),
		good(1, agent.Float32Value(301.25)),
		{Tag: list[2], Time: at, Value: agent.Float32Value(4096), Reason: agent.Reason{Code: agent.OutOfRange}},
		good(3, agent.Uint64Value(12345678)),
		{Tag: list[4], Time: now.Add(-3 * time.Hour), Value: agent.Float64Value(93.2), Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.DeviceDoubt}},
		{Tag: list[5], Time: now.Add(-32 * time.Minute), Value: agent.Float64Value(41.7), Quality: agent.Good},
		good(6, agent.TextValue("RUN")),
	}})
	b.Show(&agent.Batch{Mark: agent.Mark{Epoch: 7, Seq: 42}, Source: agent.Own, Received: at, Results: results(), Events: events()})
	return b
}

func results() (all []agent.Result) {
	shift := time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC) // 08:00
	add := func(kind agent.WindowKind, start time.Time, length time.Duration, v float64) {
		all = append(all, removal(kind, start, length, v), recovered(kind, start, length, length.Hours()*27.5))
	}
	for i := range 23 {
		start := now.Truncate(time.Hour).Add(time.Duration(i-24) * time.Hour)
		if i == 9 || i == 10 {
			all = append(all, withheld("mill.oil.removal", "1", agent.Hour, start, time.Hour))
			continue
		}
		add(agent.Hour, start, time.Hour, 0.955+0.012*math.Sin(float64(i)))
	}
	for i := range 12 {
		add(agent.Day, shift.Add(-8*time.Hour).AddDate(0, 0, i-12), 24*time.Hour, 0.95+0.01*math.Sin(float64(i)))
	}
	add(agent.Shift, shift.Add(-8*time.Hour), 8*time.Hour, 0.9588)
	month := withheld("mill.oil.removal", "1", agent.Month, time.Date(2025, 9, 30, 16, 0, 0, 0, time.UTC), 31*24*time.Hour)
	return append(all, month)
}

func removal(kind agent.WindowKind, start time.Time, length time.Duration, v float64) agent.Result {
	covered := length.Seconds() * 0.9333333333333333
	lost := []agent.Lost{{Cause: agent.NoConnection, About: "mill", Seconds: length.Seconds() - covered}}
	return agent.Result{
		KPI: "mill.oil.removal", Unit: "1", Window: agent.Window{Kind: kind, Start: start, End: start.Add(length), Zone: "Asia/Shanghai"},
		Value: v, U: 0.0097, Coverage: covered / length.Seconds(), Quality: agent.Good, Verdict: agent.Pass, Colour: agent.Green, Score: (v - 0.9) / 0.07,
		Terms: []agent.Term{
			{Role: "inlet", Tag: "mill.q_in × mill.c_in", Unit: "kg", Total: 230.1, Seconds: covered, USys: 3.1, URand: 0.2, Lost: lost},
			{Role: "outlet", Tag: "mill.q_out × mill.c_out", Unit: "kg", Total: 230.1 * (1 - v), Seconds: covered, USys: 0.4, Lost: lost},
		},
	}
}

func recovered(kind agent.WindowKind, start time.Time, length time.Duration, kg float64) agent.Result {
	return agent.Result{
		KPI: "mill.oil.recovered", Unit: "kg", Window: agent.Window{Kind: kind, Start: start, End: start.Add(length), Zone: "Asia/Shanghai"},
		Value: kg, Coverage: 1, Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.CounterReset},
		Terms: []agent.Term{{Role: "recovered", Tag: "mill.oil_total", Unit: "kg", Total: kg, Seconds: length.Seconds(), USys: -1}},
	}
}

// withheld carries a number on purpose: it must never be shown.
func withheld(kpi, unit string, kind agent.WindowKind, start time.Time, length time.Duration) agent.Result {
	return agent.Result{
		KPI: kpi, Unit: unit, Window: agent.Window{Kind: kind, Start: start, End: start.Add(length), Zone: "Asia/Shanghai"},
		Value: 0.7777, U: 0.0777, Coverage: 0.41, Reason: agent.Reason{Code: agent.LowCoverage, Detail: "no_connection"}, Verdict: agent.Pass,
		Terms: []agent.Term{{Role: "inlet", Tag: "mill.q_in × mill.c_in", Unit: "kg", Total: 777.7, Seconds: length.Seconds() * 0.41,
			Lost: []agent.Lost{{Cause: agent.NoConnection, About: "mill", Seconds: length.Seconds() * 0.59}}}},
	}
}

func events() []agent.Event {
	gap := &agent.Gap{From: agent.Mark{Epoch: 7, Seq: 3}, To: agent.Mark{Epoch: 7, Seq: 9}, Rows: map[string]int{"mill": 12000, "lab": 20}}
	return []agent.Event{
		{Kind: agent.AgentRun, Start: now.Add(-26 * time.Hour)},
		{Kind: agent.SourceDown, Key: "mill", Start: now.Add(-9 * time.Hour), End: now.Add(-9*time.Hour + 32*time.Minute), Reason: agent.Reason{Code: agent.Timeout}},
		{Kind: agent.GapRecorded, Start: now.Add(-5 * time.Hour), End: now.Add(-4 * time.Hour), Reason: agent.Reason{Code: agent.Dropped}, Gap: gap},
		{Kind: agent.SourceDown, Key: "wash", Start: now.Add(-32 * time.Minute), Reason: agent.Reason{Code: agent.NoConnection, Detail: "dial tcp 10.10.1.13:502: connect: connection refused"}},
		{Kind: agent.Diagnosed, Key: "wash-oil", Start: now.Add(-3 * time.Hour), Reason: diagnosisOf(agent.Diagnosis{Severity: "warning", Rule: "M2",
			Figures: []agent.Shown{{Name: "c_out", Value: 31.2, Unit: "mg/Nm3"}, {Name: "usual", Value: 12.4, Unit: "mg/Nm3"}, {Name: "wash_t", Value: 44.1, Unit: "°C"}}})},
		{Kind: agent.Diagnosed, Key: "outlet-high", Start: now.Add(-2 * time.Hour), Reason: diagnosisOf(agent.Diagnosis{Severity: "alarm",
			Figures: []agent.Shown{{Name: "mill.c_out", Value: 31.2, Unit: "mg/Nm3"}}, SaysEN: "Stack <high>", SaysZH: "出口浓度偏高", DoEN: "Call the shift leader", DoZH: "联系值长"})},
		{Kind: agent.Diagnosed, Key: "hood", Start: now.Add(-8 * time.Hour), End: now.Add(-7 * time.Hour), Reason: diagnosisOf(agent.Diagnosis{Severity: "warning", Rule: "M7"})},
	}
}

func diagnosisOf(d agent.Diagnosis) agent.Reason {
	return agent.Reason{Code: agent.RuleHolds, Detail: d.Detail()}
}

// snapshot is the board's with the states that only the loops can set.
func snapshot(b *agent.Board) agent.Snapshot {
	s := b.Snapshot()
	s.Started = now.Add(-26 * time.Hour)
	h := func(v float64) *agent.Histogram {
		h := agent.NewHistogram(.001, .01, .1, 1)
		h.Observe(v)
		h.Observe(3 * v)
		return h
	}
	s.Sources[0] = agent.SourceState{Name: "mill", Every: time.Second, Up: true, Since: now.Add(-9 * time.Hour), LastGood: now.Add(-400 * time.Millisecond),
		OK: 93600, Failed: 12, Overruns: 3, Readings: 561600, Took: h(0.004)}
	s.Sources[1] = agent.SourceState{Name: "lab", Every: time.Minute, Up: true, Since: now.Add(-26 * time.Hour), LastGood: now.Add(-40 * time.Second), OK: 1560, Readings: 9, Took: h(0.002)}
	s.Sources[2] = agent.SourceState{Name: "wash", Every: time.Second, Since: now.Add(-32 * time.Minute), LastGood: now.Add(-32 * time.Minute),
		Err: agent.Reason{Code: agent.NoConnection, Detail: "dial tcp 10.10.1.13:502: connect: connection refused"}, OK: 91680, Failed: 64, Took: h(0.003)}
	s.Upstreams[0] = agent.UpstreamState{Name: "hq", Since: now.Add(-70 * time.Second), Err: "503 Service Unavailable", NextTry: now.Add(20 * time.Second),
		Delivered: now.Add(-71 * time.Second), Readings: 561000, Batches: 93000, Errors: map[string]uint64{"temporary": 4}, Behind: 71 * time.Second}
	s.Commit = agent.CommitState{Readings: 561540, Took: h(0.02), Waiting: 7, Dropped: map[agent.Code]uint64{agent.Dropped: 12020}}
	running := removal(agent.Shift, time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC), 8*time.Hour, 0.9571)
	s.Current = []agent.Result{running, recovered(agent.Shift, running.Window.Start, 8*time.Hour, 166.4)}
	return s
}

func metricsOfParts() []agent.Metric {
	return []agent.Metric{
		{Name: "recoup_buffer_bytes", Help: "Bytes on disk.", Value: 3.21e8},
		{Name: "recoup_buffer_batches", Help: "Batches not yet delivered to all.", Value: 93012},
		{Name: "recoup_buffer_oldest_seconds", Help: "Age of the oldest batch in seconds.", Value: 86400 * 12.5},
		{Name: "recoup_gap_readings_total", Help: "Readings known to be missing.", Type: agent.CounterMetric, Labels: []agent.Label{{Name: "cause", Value: "dropped"}}, Value: 12020},
		{Name: "recoup_rejected_rows_total", Help: "Rows set aside.", Type: agent.CounterMetric, Labels: []agent.Label{{Name: "upstream", Value: "hq"}}, Value: 2},
		{Name: ruleArmed, Help: "1 while the rule can tell.", Labels: []agent.Label{{Name: "rule", Value: "wash-oil"}}, Value: 1},
		{Name: ruleArmed, Help: "1 while the rule can tell.", Labels: []agent.Label{{Name: "rule", Value: "demister"}}},
	}
}

func server(t testing.TB, b *agent.Board, history agent.History) *Server {
	t.Helper()
	s, err := New(Config{Listen: "127.0.0.1:0"}, b, history, figures{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

// figures is what the KPI engine knows of these quantities.
type figures struct{}

func (figures) Value(kpi string, totals []float64) (float64, bool) {
	switch kpi {
	case "mill.oil.removal":
		return 1 - totals[1]/totals[0], totals[0] > 0
	case "mill.oil.recovered":
		return totals[0], true
	}
	return 0, false
}

// golden compares with a file of testdata; RECOUP_GOLDEN=1 writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("RECOUP_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		at := 0
		for at < len(got) && at < len(want) && got[at] == want[at] {
			at++
		}
		t.Errorf("%s differs from byte %d on:\ngot  …%q\nwant …%q\nIf the change is meant, run the test with RECOUP_GOLDEN=1.", name, at, around(got, at), around(string(want), at))
	}
}

func around(s string, at int) string { return s[max(at-80, 0):min(at+120, len(s))] }
