package agenttest

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"recoup/agent"
)

// DiffBatches says where two batches differ, bit for bit, "" when they do not.
// State is left out, because it is never given out; tags are compared by name
// and generation.
func DiffBatches(got, want *agent.Batch) string {
	g, w := *got, *want
	g.State, w.State = nil, nil
	if len(g.Readings) != len(w.Readings) {
		return fmt.Sprintf("%d readings, want %d", len(g.Readings), len(w.Readings))
	}
	for i := range g.Readings {
		x, y := g.Readings[i], w.Readings[i]
		if x.Tag == nil || x.Tag.Name != y.Tag.Name || x.Tag.Gen != y.Tag.Gen {
			return fmt.Sprintf("reading %d is of tag %v, want %v", i, x.Tag, y.Tag)
		}
		if x.Value != y.Value || !x.Time.Equal(y.Time) || x.Quality != y.Quality || x.Reason != y.Reason {
			return fmt.Sprintf("reading %d is %+v, want %+v", i, x, y)
		}
	}
	g.Readings, w.Readings = nil, nil
	return differ("batch", reflect.ValueOf(g), reflect.ValueOf(w))
}

// differ compares as reflect.DeepEqual does, but NaNs by their bits, times as
// instants, and nothing the same as empty.
func differ(path string, g, w reflect.Value) string {
	if t, ok := g.Interface().(time.Time); ok {
		if want := w.Interface().(time.Time); !t.Equal(want) {
			return fmt.Sprintf("%s is %v, want %v", path, t, want)
		}
		return ""
	}
	switch g.Kind() {
	case reflect.Struct:
		for i := range g.NumField() {
			if diff := differ(path+"."+g.Type().Field(i).Name, g.Field(i), w.Field(i)); diff != "" {
				return diff
			}
		}
		return ""
	case reflect.Slice:
		if g.Len() != w.Len() {
			return fmt.Sprintf("%s has %d elements, want %d", path, g.Len(), w.Len())
		}
		for i := range g.Len() {
			if diff := differ(fmt.Sprintf("%s[%d]", path, i), g.Index(i), w.Index(i)); diff != "" {
				return diff
			}
		}
		return ""
	case reflect.Pointer:
		if g.IsNil() || w.IsNil() {
			if g.IsNil() != w.IsNil() {
				return fmt.Sprintf("%s is %v, want %v", path, g, w)
			}
			return ""
		}
		return differ(path, g.Elem(), w.Elem())
	case reflect.Float64:
		if math.Float64bits(g.Float()) != math.Float64bits(w.Float()) {
			return fmt.Sprintf("%s is %v, want %v", path, g.Float(), w.Float())
		}
		return ""
	case reflect.Map:
		if g.Len() == 0 && w.Len() == 0 {
			return ""
		}
	}
	if !reflect.DeepEqual(g.Interface(), w.Interface()) {
		return fmt.Sprintf("%s is %v, want %v", path, g, w)
	}
	return ""
}

// OddBatch uses every field, with the values that codecs get wrong.
func OddBatch(tags []*agent.Tag) *agent.Batch {
	at := storeStart.Add(123456789)
	old := &agent.Tag{Name: "old", Source: "mill", Index: 2, Gen: 77, Scale: 0.1, Range: &agent.Range{Lo: -1, Hi: 1}, LabelZH: "旧"}
	b := &agent.Batch{Mark: agent.Mark{Epoch: math.MaxUint64, Seq: 1}, Prev: agent.Mark{Epoch: 7, Seq: math.MaxUint64}, Source: "mill",
		Received: at, Boot: math.MaxUint64, Mono: math.MaxUint64, Took: -time.Second, Err: agent.Reason{Code: agent.Refused, Detail: "code 2 ⚠"},
		HeldUntil: at.Add(time.Hour), More: true, Backfill: true}
	values := []agent.Value{
		{}, agent.Float32Value(float32(math.Copysign(0, -1))), agent.ValueOf(agent.Float32, 0x7fa00001, ""), agent.Float32Value(math.MaxFloat32),
		agent.Float64Value(math.Copysign(0, -1)), agent.ValueOf(agent.Float64, 0x7ff4000000000123, ""), agent.Float64Value(math.Inf(-1)),
		agent.Int64Value(math.MinInt64), agent.Int64Value(math.MaxInt64), agent.Uint64Value(math.MaxUint64), agent.Uint64Value(0),
		agent.BoolValue(true), agent.BoolValue(false), agent.TextValue(""), agent.TextValue("\x00\xff not UTF-8"), agent.TextValue("轧机"),
	}
	times := []time.Time{at, at, {}, at.Add(-time.Nanosecond), time.Unix(-62135596800, 1).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), at}
	reasons := []agent.Reason{{}, {}, {Code: agent.Sentinel}, {Code: agent.OutOfRange, Detail: "above 1"}}
	for i, v := range values {
		for j := range 3 {
			tag := tags[(i+j)%len(tags)]
			if i%5 == 4 {
				tag = old
			}
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: times[(i+j)%len(times)], Value: v,
				Quality: agent.Quality((i + j) % 3), Reason: reasons[(i*3+j)%len(reasons)]})
		}
	}
	b.Results = []agent.Result{{}, {KPI: "mill.oil.removal", Unit: "%", Window: agent.Window{Kind: agent.Shift, Start: at, End: at.Add(8 * time.Hour), Zone: "Asia/Shanghai"},
		Value: math.NaN(), U: math.Inf(1), Coverage: 0.25, Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.LowCoverage, Detail: "25 %"},
		Verdict: agent.Inconclusive, Partial: true, States: "rolling", Factors: []string{"a", "", "中"}, Config: [32]byte{1, 31: 255}, Revision: -3,
		Terms: []agent.Term{{}, {Role: "inlet", Tag: "mill.t0", Unit: "kg", Total: -0.5, Seconds: 899.5, USys: -1, URand: 1e-300,
			Lost: []agent.Lost{{Cause: agent.Timeout, About: "mill", Seconds: -2.5}, {}}}}}, revised(at)}
	b.Events = []agent.Event{{}, {Kind: agent.TagBad, Key: "mill.t0", Start: at, End: at.Add(time.Second), Reason: agent.Reason{Code: agent.Sentinel, Detail: "65535"}},
		{Kind: agent.GapRecorded, Key: "x", Start: at, Gap: &agent.Gap{From: agent.Mark{Epoch: 3, Seq: 4}, To: agent.Mark{Epoch: 5, Seq: 6},
			First: at, Last: at.Add(time.Minute), Rows: map[string]int{"mill": 3, "": -1}}}, {Gap: &agent.Gap{}}}
	return b
}

// revised is a result that has every field a revision of a lot's total may have.
func revised(at time.Time) agent.Result {
	r := agent.Result{KPI: "mill.oil.recovered", Unit: "kg", Window: agent.Window{Kind: agent.Lot, Start: at, End: at.Add(time.Hour), ID: "coil 4711"},
		Value: 2, U: 0.5, Coverage: 0.75, Quality: agent.Uncertain, Revision: 1, Doubts: []agent.Lost{{Cause: agent.Overdue, About: "mill.t0", Seconds: 30}}, Doubted: 30,
		Estimate: 2.5, EstimateU: 0.75, Colour: agent.Yellow, Score: 0.25,
		Terms: []agent.Term{{Role: "tank", Unit: "kg", Total: 2, Seconds: 2700, Head: 0.25, Tail: 0.125}}}
	was := r
	was.Revision, was.Value, was.Doubts = 0, 1, nil
	r.Was = &was
	return r
}
