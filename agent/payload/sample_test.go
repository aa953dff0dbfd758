package payload

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

const epoch = 0x1f2e3d4c5b6a7988

func header() Header {
	return Header{
		Agent: Sender{Name: "recoup", Version: "v1.2.3"},
		Plant: agent.Plant{
			ID: "cq-mill-2", Name: "Example Cold Mill 2",
			Company:  agent.Company{Name: "示例铝业 \"A\" & Co.", CreditCode: "91500000XXXXXXXXXX", Sector: "C3252", Park: "Example Park"},
			Timezone: "Asia/Shanghai", Shifts: []string{"00:00", "08:00", "16:00"}, DayStart: "08:00",
		},
	}
}

func at(s float64) time.Time {
	return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(s * 1e9))
}

type tags map[string]*agent.Tag

func (t tags) find(name string, gen uint32) *agent.Tag {
	if tag := t[name]; tag != nil && tag.Gen == gen {
		return tag
	}
	return nil
}

func plantTags() tags {
	all := tags{}
	for i, tag := range []agent.Tag{
		{Name: "mill.q_in", Unit: "Nm3/h", Source: "mill"},
		{Name: "mill.oil_total", Unit: "kg", Source: "mill", Scale: 0.1},
		{Name: "mill.temp", Unit: "Cel", Source: "mill", Offset: -273.15},
		{Name: "mill.running", Source: "mill"},
		{Name: "轧机.配方", Source: "mill"},
	} {
		tag.Index, tag.Gen = i, 4000000000
		all[tag.Name] = &tag
	}
	return all
}

// oddReadings has every kind of value with the bits that are easily lost.
func oddReadings(t tags) []agent.Reading {
	flow, total, temp, running, recipe := t["mill.q_in"], t["mill.oil_total"], t["mill.temp"], t["mill.running"], t["轧机.配方"]
	doubt := agent.Reason{Code: agent.DeviceDoubt, Detail: "line\n\"2\"\\ \x01 é 轧"}
	return []agent.Reading{
		{Tag: flow, Time: at(0), Value: agent.Float32Value(12.5), Quality: agent.Good},
		{Tag: flow, Time: at(0.000000001), Value: agent.Float32Value(0.1), Quality: agent.Uncertain, Reason: doubt},
		{Tag: flow, Time: at(0.12), Value: agent.ValueOf(agent.Float32, 0x7fc00001, ""), Reason: agent.Reason{Code: agent.NotFinite}},
		{Tag: flow, Time: at(1), Value: agent.Float64Value(math.Copysign(0, -1)), Quality: agent.Good},
		{Tag: flow, Time: at(1), Value: agent.Float64Value(math.Inf(-1)), Reason: agent.Reason{Code: agent.NotFinite}},
		{Tag: flow, Time: at(1), Value: agent.Float64Value(math.SmallestNonzeroFloat64), Quality: agent.Good},
		{Tag: flow, Time: at(1), Value: agent.Float64Value(math.MaxFloat64), Quality: agent.Good},
		{Tag: total, Time: at(2), Value: agent.Uint64Value(math.MaxUint64), Quality: agent.Good, Reason: agent.Reason{Code: agent.CaughtUp}},
		{Tag: total, Time: at(2), Value: agent.Int64Value(math.MinInt64), Reason: agent.Reason{Code: agent.OutOfRange}},
		{Tag: temp, Time: at(3), Value: agent.Int64Value(300), Quality: agent.Good},
		{Tag: running, Time: at(4), Value: agent.BoolValue(true), Quality: agent.Good},
		{Tag: running, Time: at(5), Value: agent.BoolValue(false), Quality: agent.Good},
		{Tag: recipe, Time: at(6), Value: agent.TextValue("AA3003: \"H14\"\t铝"), Quality: agent.Good},
		{Tag: recipe, Time: at(6), Value: agent.TextValue(""), Quality: agent.Good},
		{Tag: recipe, Time: at(7), Value: agent.TextValue("\xc2\xc1"), Quality: agent.Good}, // GBK
		{Tag: recipe, Time: at(8), Reason: agent.Reason{Code: agent.NoData}},
	}
}

func results() []agent.Result {
	window := agent.Window{Kind: agent.Day, Start: at(-86400), End: at(0), Zone: "Asia/Shanghai"}
	return []agent.Result{
		{
			KPI: "mill.oil.removal", Unit: "1", Window: window, Value: 0.9312345678901234, U: 0.021, Coverage: 0.998,
			Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.LowCoverage, Detail: "mill.c_in"}, Verdict: agent.Inconclusive,
			Partial: true, States: "rolling", Factors: []string{"gwp.ipcc-ar6"}, Config: [32]byte{1, 31: 0xff}, Revision: 2,
			Terms: []agent.Term{
				{Role: "inlet", Tag: "mill.c_in", Unit: "kg", Total: 1e-7 / 3, Seconds: 86000.5, USys: 0.3, URand: 0.01,
					Lost: []agent.Lost{{Cause: agent.Timeout, About: "mill", Seconds: 399.5}, {Cause: agent.CaughtUp, Seconds: -3}}},
				{Role: "outlet", Unit: "kg", Total: math.Copysign(0, -1), USys: -1},
			},
		},
		{KPI: "mill.oil.recovered", Unit: "kg", Window: window, Value: 41.5, Coverage: 1, Quality: agent.Good, Verdict: agent.Pass},
		{KPI: "acid.recovery", Unit: "1", Window: window, Reason: agent.Reason{Code: agent.NoInput}},
		{
			KPI: "mill.oil.recovered", Unit: "kg", Window: agent.Window{Kind: agent.Lot, Start: at(-900), End: at(0), ID: "coil 4711"}, Value: 2, U: 0.5, Coverage: 0.75,
			Quality: agent.Uncertain, Revision: 1, Doubts: []agent.Lost{{Cause: agent.Overdue, About: "mill.oil_total", Seconds: 30}}, Doubted: 30,
			Estimate: 2.5, EstimateU: 0.75, Colour: agent.Yellow, Score: 0.25,
			Terms: []agent.Term{{Role: "tank", Unit: "kg", Total: 2, Seconds: 675, Head: 0.25, Tail: 0.125}},
			Was:   &agent.Result{KPI: "mill.oil.recovered", Unit: "kg", Window: agent.Window{Kind: agent.Lot, Start: at(-900), End: at(0), ID: "coil 4711"}, Value: 1, U: 0.5, Coverage: 0.5, Quality: agent.Uncertain},
		},
	}
}

func events() []agent.Event {
	return []agent.Event{
		{Kind: agent.SourceDown, Key: "mill", Start: at(-5), Reason: agent.Reason{Code: agent.Timeout, Detail: "no answer in 1s"}},
		{Kind: agent.AgentRun, Start: at(-5), End: at(1)},
		{Kind: agent.GapRecorded, Start: at(-9), End: at(-8), Reason: agent.Reason{Code: agent.Dropped}, Gap: &agent.Gap{
			From: agent.Mark{Epoch: epoch, Seq: 38}, To: agent.Mark{Epoch: epoch, Seq: 41}, First: at(-9), Last: at(-8),
			Rows: map[string]int{"mill": 12, "lab": 1},
		}},
	}
}

// sample is a delivery that uses every field there is.
func sample() (agent.Delivery, tags) {
	t := plantTags()
	prev := agent.Mark{Epoch: 0xfedcba9876543210, Seq: 40}
	return agent.Delivery{
		Epoch: epoch, Prev: prev, From: 41, To: 45, Historical: true,
		Batches: []*agent.Batch{
			{Mark: agent.Mark{Epoch: epoch, Seq: 41}, Prev: prev, Source: agent.Own, Received: at(8.5), Boot: 7, Mono: math.MaxUint64, Events: events()},
			{Mark: agent.Mark{Epoch: epoch, Seq: 42}, Source: "mill", Received: at(9), Boot: 7, Mono: 12, Took: 35 * time.Millisecond,
				HeldUntil: at(9.25), Readings: oddReadings(t)},
			{Mark: agent.Mark{Epoch: epoch, Seq: 43}, Source: "mill", Received: at(10), Boot: 7, Mono: 13, Took: time.Second,
				Err: agent.Reason{Code: agent.Timeout, Detail: "no answer in 1s"}, More: true, Backfill: true},
			{Mark: agent.Mark{Epoch: epoch, Seq: 45}, Source: agent.Own, Received: at(11), Boot: 7, Mono: 14, Results: results()},
		},
	}, t
}

// part is a delivery of some rows of one batch.
func part() (agent.Delivery, tags) {
	d, t := sample()
	d.From, d.To, d.Rows = 42, 42, agent.Rows{From: 2, To: 5}
	d.Batches = []*agent.Batch{d.Rows.Of(d.Batches[1])}
	return d, t
}

func encode(t testing.TB, d agent.Delivery) []byte {
	t.Helper()
	text, err := Append(nil, header(), d)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return text
}

func decode(text []byte, t tags) (Header, agent.Delivery, error) {
	return Decode(bytes.NewReader(text), t.find)
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error is %v, want one with %q", err, part)
	}
}
