package buffer

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

func newCodec(t testing.TB) (*encoder, *decoder) {
	t.Helper()
	packer, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	unpacker, err := newUnpacker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unpacker.Close)
	return &encoder{zstd: packer}, &decoder{zstd: unpacker, names: map[string]string{}}
}

// tablesFor gives the tables that a file with these batches would have.
func tablesFor(batches ...*agent.Batch) tables {
	known := tables{}
	newCatalog(nil).learn(known, batches)
	return known
}

func TestFrameKeepsOddValues(t *testing.T) {
	enc, dec := newCodec(t)
	tags := agenttest.Tags("mill", time.Second, 4)
	odd := agenttest.OddBatch(tags)
	for name, b := range map[string]*agent.Batch{
		"odd":      odd,
		"empty":    {Source: "s"},
		"own":      {Mark: agent.Mark{Epoch: 1, Seq: 2}, Source: agent.Own, Results: odd.Results},
		"nameless": {Events: odd.Events},
	} {
		frame := enc.frame([]byte("before"), b)[len("before"):]
		got, err := dec.batch(frame, tablesFor(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := agenttest.DiffBatches(got, b); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestFrameFindsEveryFlippedBit is what bbolt does not do.
func TestFrameFindsEveryFlippedBit(t *testing.T) {
	enc, dec := newCodec(t)
	b := plantBatch(rand.New(rand.NewPCG(1, 1)), agenttest.Tags("mill", time.Second, 30), 1, 1)
	frame := enc.frame(nil, b)
	known := tablesFor(b)
	for bit := range len(frame) * 8 {
		frame[bit/8] ^= 1 << (bit % 8)
		if _, err := dec.batch(frame, known); !errors.Is(err, errFrame) {
			t.Fatalf("bit %d flipped: error %v, want %v", bit, err, errFrame)
		}
		frame[bit/8] ^= 1 << (bit % 8)
	}
	for n := range frame {
		if _, err := dec.batch(frame[:n], known); !errors.Is(err, errFrame) {
			t.Fatalf("cut to %d bytes: error %v, want %v", n, err, errFrame)
		}
	}
}

// FuzzFrameRoundTrip makes a batch of the seed and brings it there and back.
func FuzzFrameRoundTrip(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		enc, dec := newCodec(t)
		r := rand.New(rand.NewPCG(seed, 1))
		for range 4 { // the memory of one is used again by the next
			b := randomBatch(r)
			got, err := dec.batch(enc.frame(nil, b), tablesFor(b))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if diff := agenttest.DiffBatches(got, b); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
	})
}

// FuzzPayload feeds garbage behind a sound checksum.
func FuzzPayload(f *testing.F) {
	enc, _ := newCodec(f)
	tags := agenttest.Tags("mill", time.Second, 4)
	odd := agenttest.OddBatch(tags)
	for _, b := range []*agent.Batch{odd, plantBatch(rand.New(rand.NewPCG(1, 1)), tags, 1, 1), {Source: agent.Own, Results: odd.Results}} {
		h, payload, err := openFrame(enc.frame(nil, b))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload, h.codec, h.flags, h.rows)
	}
	known := tablesFor(odd)
	f.Fuzz(func(t *testing.T, payload []byte, codec byte, flags uint16, rows uint32) {
		_, dec := newCodec(t)
		b, err := dec.body(head{codec: codec, flags: flags, rows: rows, gen: 1}, payload, known)
		if (b == nil) == (err == nil) {
			t.Fatalf("batch %v with error %v", b, err)
		}
	})
}

func FuzzFrame(f *testing.F) {
	enc, _ := newCodec(f)
	f.Add(enc.frame(nil, &agent.Batch{Source: "mill"}))
	f.Fuzz(func(t *testing.T, frame []byte) {
		_, dec := newCodec(t)
		if _, err := dec.batch(frame, tables{}); err != nil && !errors.Is(err, errFrame) {
			t.Fatalf("error %v, want %v", err, errFrame)
		}
	})
}

// plantBatch is one poll as a plant gives it: a third of the tags float32 with
// noise, a third integers, the rest bits and totalisers.
func plantBatch(r *rand.Rand, tags []*agent.Tag, epoch, seq uint64) *agent.Batch {
	at := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(seq)*time.Second + time.Duration(r.IntN(4e6)))
	b := &agent.Batch{Mark: agent.Mark{Epoch: epoch, Seq: seq}, Source: tags[0].Source, Received: at, Boot: 9, Mono: seq * 1e9, Took: 12 * time.Millisecond}
	for i, tag := range tags {
		v := agent.BoolValue(r.IntN(50) > 0)
		switch i % 6 {
		case 0, 1:
			v = agent.Float32Value(float32(400*(i+1)) + float32(r.NormFloat64()))
		case 2, 3:
			v = agent.Int64Value(int64(1000*i) + int64(r.NormFloat64()*3))
		case 4:
			v = agent.Uint64Value(seq*7 + uint64(i))
		}
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: v, Quality: agent.Good})
	}
	return b
}

// randomBatch makes a batch whose fields are set or not, usual or odd.
func randomBatch(r *rand.Rand) *agent.Batch {
	text := func() string { return string(make([]byte, r.IntN(4))) + []string{"", "mill", "轧"}[r.IntN(3)] }
	when := func() time.Time {
		if r.IntN(8) == 0 {
			return time.Unix(r.Int64()>>r.IntN(40), int64(r.IntN(1e9))).UTC()
		}
		return time.Unix(1.8e9+r.Int64N(1e4), int64(r.IntN(1000))*1e6).UTC()
	}
	why := func() agent.Reason {
		if r.IntN(3) > 0 {
			return agent.Reason{}
		}
		return agent.Reason{Code: agent.Code(r.IntN(256)), Detail: text()}
	}
	b := &agent.Batch{Mark: agent.Mark{Epoch: r.Uint64(), Seq: r.Uint64()}, Source: text(), Received: when(), Boot: r.Uint64(),
		Mono: r.Uint64() >> r.IntN(64), Took: time.Duration(r.Int64()), Err: why(), More: r.IntN(2) == 0, Backfill: r.IntN(2) == 0}
	if r.IntN(3) == 0 {
		b.Prev, b.HeldUntil = agent.Mark{Epoch: r.Uint64(), Seq: r.Uint64()}, when()
	}
	gens := 1 + r.IntN(2)
	shared := when()
	mode := r.IntN(3)
	for range r.IntN(60) {
		i := r.IntN(20)
		tag := &agent.Tag{Name: string(rune('a' + i)), Index: i, Gen: uint32(5 + r.IntN(gens))}
		at := shared
		switch mode {
		case 1:
			at = when()
		case 2:
			shared = shared.Add(time.Duration(r.IntN(1e6)) * time.Microsecond)
		}
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Quality: agent.Quality(r.IntN(3)), Reason: why(),
			Value: agent.ValueOf(agent.ValueKind(r.IntN(7)), r.Uint64()>>r.IntN(64), text())})
	}
	for range r.IntN(4) {
		b.Results = append(b.Results, agent.Result{KPI: text(), Window: agent.Window{Kind: agent.Cell, Start: when(), End: when()},
			Value: math.Float64frombits(r.Uint64()), Coverage: r.Float64(), Quality: agent.Quality(r.IntN(3)), Reason: why(), Revision: r.IntN(3),
			Terms: []agent.Term{{Role: text(), Total: r.NormFloat64(), Lost: []agent.Lost{{Cause: agent.Timeout, Seconds: r.Float64()}}}}})
	}
	for range r.IntN(3) {
		b.Events = append(b.Events, agent.Event{Kind: agent.TagBad, Key: text(), Start: when(), End: when(), Reason: why()})
	}
	return b
}

func BenchmarkEncode(b *testing.B) {
	for _, n := range []int{12, 200, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			enc, _ := newCodec(b)
			batch := plantBatch(rand.New(rand.NewPCG(1, 1)), agenttest.Tags("mill", time.Second, n), 1, 1)
			var frame []byte
			b.ReportAllocs()
			for b.Loop() {
				frame = enc.frame(frame[:0], batch)
			}
			b.ReportMetric(float64(len(frame))/float64(n), "B/reading")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{12, 200, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			enc, dec := newCodec(b)
			batch := plantBatch(rand.New(rand.NewPCG(1, 1)), agenttest.Tags("mill", time.Second, n), 1, 1)
			frame, known := enc.frame(nil, batch), tablesFor(batch)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dec.batch(frame, known); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
