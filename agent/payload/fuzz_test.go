package payload

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"recoup/agent"
)

// FuzzDecode: no panic on anything, and what is accepted is written back to
// something that reads as the same.
func FuzzDecode(f *testing.F) {
	d, known := sample()
	f.Add(encode(f, d))
	d, _ = part()
	f.Add(encode(f, d))
	f.Add([]byte(`{"version":1,"epoch":"0000000000000001","from":1,"to":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, first, err := decode(text, known)
		if err != nil {
			return
		}
		again, err := Append(nil, h, first)
		if err != nil {
			t.Fatalf("accepted but cannot be written: %v\n%s", err, text)
		}
		h2, second, err := decode(again, known)
		if err != nil {
			t.Fatalf("written but not accepted: %v\n%s", err, again)
		}
		third, err := Append(nil, h2, second)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("second writing differs, %v:\n%s\n%s", err, again, third)
		}
	})
}

// FuzzRoundTrip: any reading and any term come back bit by bit.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(1), uint64(0x7fc00001), "x", int64(1), uint8(2), uint8(3), 0.1, math.Copysign(0, -1))
	f.Add(uint8(6), uint64(0), "\xff\"\\\n", int64(math.MaxInt64), uint8(0), uint8(0), math.MaxFloat64, 5e-324)
	f.Fuzz(func(t *testing.T, kind uint8, bits uint64, text string, ns int64, quality, code uint8, total, seconds float64) {
		tag := &agent.Tag{Name: "a", Scale: 0.1, Offset: 3}
		if !finite(total) || !finite(seconds) {
			return // a result never has one: Append refuses it
		}
		r := agent.Reading{
			Tag: tag, Time: time.Unix(0, ns).UTC(), Value: agent.ValueOf(agent.ValueKind(kind%7), bits, text),
			Quality: agent.Quality(quality % 3), Reason: agent.Reason{Code: agent.Code(int(code) % (len(agent.Codes()) + 1))},
		}
		window := agent.Window{Kind: agent.Day, Start: time.Unix(0, ns).UTC(), End: time.Unix(ns%1e9, 0).UTC()}
		result := agent.Result{KPI: "k", Window: window, Quality: agent.Good, Value: total, U: math.Abs(seconds),
			Terms: []agent.Term{{Role: "r", Total: total, Seconds: seconds, URand: total, USys: math.Abs(total)}}}
		d := agent.Delivery{Epoch: bits | 1, From: 1, To: 1, Batches: []*agent.Batch{{
			Mark: agent.Mark{Epoch: bits | 1, Seq: 1}, Source: "s", Received: r.Time, Boot: bits, Mono: bits, Took: time.Duration(ns),
			Readings: []agent.Reading{r}, Results: []agent.Result{result},
		}}}
		payload := encode(t, d)
		_, got, err := decode(payload, tags{"a": tag})
		if err != nil {
			t.Fatalf("not read back: %v\n%s", err, payload)
		}
		if !reflect.DeepEqual(got, d) {
			t.Errorf("read back as\n%+v, want\n%+v\n%s", *got.Batches[0], *d.Batches[0], payload)
		}
		for _, pair := range [][2]float64{{got.Batches[0].Results[0].Value, total}, {got.Batches[0].Results[0].Terms[0].Seconds, seconds}} {
			if math.Float64bits(pair[0]) != math.Float64bits(pair[1]) {
				t.Errorf("number is %v, want %v", pair[0], pair[1])
			}
		}
	})
}

// BenchmarkAppend writes a delivery of a minute of a plant: 60 polls of 40
// readings.
func BenchmarkAppend(b *testing.B) {
	d := minute()
	var dst []byte
	var err error
	for b.Loop() {
		if dst, err = Append(dst[:0], header(), d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2400, "ns/reading")
	b.ReportMetric(float64(len(dst))/2400, "B/reading")
}

func BenchmarkDecode(b *testing.B) {
	d := minute()
	text := encode(b, d)
	known := tags{}
	for _, r := range d.Batches[0].Readings {
		known[r.Tag.Name] = r.Tag
	}
	for b.Loop() {
		if _, _, err := decode(text, known); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2400, "ns/reading")
}

func minute() agent.Delivery {
	d := agent.Delivery{Epoch: 1, From: 1, To: 60}
	all := make([]*agent.Tag, 40)
	for i := range all {
		all[i] = &agent.Tag{Name: "mill.value_" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Unit: "m3/h", Source: "mill", Index: i}
	}
	for s := range 60 {
		batch := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: uint64(s + 1)}, Source: "mill", Received: at(float64(s) + 0.0123), Boot: 1, Mono: uint64(s) * 1e9, Took: 12345678}
		for i, tag := range all {
			v := agent.Float32Value(float32(40000 + 100*math.Sin(float64(s*(i+1)))))
			batch.Readings = append(batch.Readings, agent.Reading{Tag: tag, Time: at(float64(s) + 0.0101), Value: v, Quality: agent.Good})
		}
		d.Batches = append(d.Batches, batch)
	}
	return d
}
