package buffer

import (
	"slices"
	"testing"

	"recoup/agent"
)

func TestIndexPut(t *testing.T) {
	a, b, kept := &segment{}, &segment{}, &keptNote{}
	var x index
	for _, s := range []span{{1, 10, a, nil}, {11, 12, a, nil}, {20, 30, b, nil}, {5, 6, nil, kept}, {25, 40, nil, kept}, {12, 21, nil, kept}} {
		x = x.put(s)
	}
	want := index{{1, 4, a, nil}, {5, 6, nil, kept}, {7, 11, a, nil}, {12, 21, nil, kept}, {22, 24, b, nil}, {25, 40, nil, kept}}
	if !slices.Equal(x, want) {
		t.Fatalf("index %v, want %v", x, want)
	}
	for pos, want := range map[uint64]uint64{0: 1, 1: 1, 4: 1, 5: 5, 12: 12, 40: 25} {
		if got, ok := x.at(pos); !ok || got.from != want {
			t.Errorf("span at %d begins with %d, want %d", pos, got.from, want)
		}
	}
	if _, ok := x.at(41); ok {
		t.Error("a span at 41, want none")
	}
	if !x.covers(1, 40) || x.covers(0, 3) || x.covers(30, 41) || x.count(4, 26) != 23 {
		t.Errorf("covers 1…40: %v, 0…3: %v, 30…41: %v; %d numbers of 4…26, want true, false, false, 23", x.covers(1, 40), x.covers(0, 3), x.covers(30, 41), x.count(4, 26))
	}
}

func TestCursorAck(t *testing.T) {
	type ack [2]uint64
	for name, c := range map[string]struct {
		acks []ack
		want cursor
	}{
		"in order":         {[]ack{{1, 3}, {4, 9}}, cursor{Low: 9}},
		"again":            {[]ack{{1, 3}, {1, 2}}, cursor{Low: 3}},
		"later":            {[]ack{{1, 3}, {7, 9}}, cursor{Low: 3, Lo: 7, Hi: 9}},
		"later goes on":    {[]ack{{7, 9}, {10, 12}}, cursor{Lo: 7, Hi: 12}},
		"later backwards":  {[]ack{{7, 9}, {5, 6}}, cursor{Lo: 5, Hi: 9}},
		"joined":           {[]ack{{7, 9}, {1, 6}}, cursor{Low: 9}},
		"joined, over it":  {[]ack{{7, 9}, {1, 20}}, cursor{Low: 20}},
		"third is dropped": {[]ack{{7, 9}, {20, 21}}, cursor{Lo: 7, Hi: 9}},
		"empty":            {[]ack{{5, 4}}, cursor{}},
	} {
		var got cursor
		for _, a := range c.acks {
			got.ack(a[0], a[1])
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestUnitBeginsWithItsSourceBatch(t *testing.T) {
	batch := func(seq uint64, source string) *agent.Batch {
		return &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: source}
	}
	stand := agent.StandIn([]*agent.Batch{batch(4, "mill"), batch(5, "mill"), batch(6, agent.Own)}, agent.Reason{Code: agent.Dropped})
	for name, c := range map[string]struct {
		batches []*agent.Batch
		want    uint64
	}{
		"source":           {[]*agent.Batch{batch(1, "mill"), batch(2, "mill")}, 2},
		"source and own":   {[]*agent.Batch{batch(1, "mill"), batch(2, "mill"), batch(3, agent.Own)}, 2},
		"own after own":    {[]*agent.Batch{batch(2, "mill"), batch(3, agent.Own), batch(4, agent.Own)}, 4},
		"own after a hole": {[]*agent.Batch{batch(2, "mill"), batch(4, agent.Own)}, 4},
		"stand-in":         {[]*agent.Batch{batch(3, "mill"), stand}, 4},
	} {
		var u unitMark
		for _, b := range c.batches {
			u.take(b)
		}
		if u.from != c.want {
			t.Errorf("%s: the newest unit begins with %d, want %d", name, u.from, c.want)
		}
	}
}
