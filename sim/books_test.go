package sim

import (
	"strings"
	"testing"
)

func TestUpstreamKeepsBooks(t *testing.T) {
	live := func(from, to uint64) body { return body{epoch: epochA, from: from, to: to} }
	old := func(from, to uint64) body {
		return body{epoch: epochA, from: from, to: to, extra: `"historical":true,`}
	}
	next := func(epoch string, prev Mark, to uint64) body {
		return body{epoch: epoch, prev: prev, from: prev.Seq + 1, to: to}
	}
	type want struct{ batches, readings, gaps, holes, repeats, repeatRows, forks, order uint64 }
	for _, tt := range []struct {
		name string
		send []body
		want want
	}{
		{"in order", []body{live(1, 3), live(4, 4), live(5, 9)}, want{batches: 9, readings: 18}},
		{"a hole between", []body{live(1, 3), live(6, 7)}, want{batches: 5, readings: 10, holes: 2, order: 1}},
		{"a hole within", []body{{epoch: epochA, from: 1, to: 4, batches: []string{batch(1, 2), batch(4, 2)}}, live(5, 5)},
			want{batches: 3, readings: 6, holes: 2}},
		{"a hole at the beginning", []body{live(3, 3)}, want{batches: 1, readings: 2, holes: 2}},
		{"filtered is no hole", []body{{epoch: epochA, from: 1, to: 4, extra: `"filtered":true,`, batches: []string{batch(2, 1)}}, live(5, 5)},
			want{batches: 2, readings: 3}},
		{"a stand-in is no hole", []body{live(1, 2), {epoch: epochA, from: 3, to: 9, batches: []string{standIn(epochA, 3, 8, 11), batch(9, 1)}}},
			want{batches: 4, readings: 5, gaps: 12}},
		{"a stand-in repeated by number", []body{live(1, 2), {epoch: epochA, from: 3, to: 9, batches: []string{standIn(epochA, 3, 8, 11), batch(9, 1)}}, live(4, 5)},
			want{batches: 4, readings: 5, gaps: 12, repeats: 1, repeatRows: 4}},
		{"one gap told twice", []body{live(1, 2), {epoch: epochA, from: 3, to: 9, batches: []string{standIn(epochA, 3, 8, 11),
			strings.Replace(standIn(epochA, 3, 8, 11), `{"seq":8`, `{"seq":9`, 1)}}},
			want{batches: 4, readings: 4, gaps: 12}},
		{"a stand-in too short", []body{live(1, 2), {epoch: epochA, from: 3, to: 9, batches: []string{standIn(epochA, 5, 8, 11), batch(9, 1)}}},
			want{batches: 4, readings: 5, gaps: 12, holes: 2, order: 0}},
		{"a repeat by key", []body{live(1, 2), live(1, 2)}, want{batches: 2, readings: 4, repeats: 1, repeatRows: 4}},
		{"a repeat by number", []body{live(1, 4), live(2, 3)}, want{batches: 4, readings: 8, repeats: 1, repeatRows: 4}},
		{"a repeat below a hole", []body{live(1, 4), live(6, 9), live(2, 3)}, want{batches: 8, readings: 16, holes: 1, repeats: 1, repeatRows: 4, order: 1}},
		{"half a repeat", []body{live(1, 4), live(3, 6)}, want{batches: 6, readings: 12, repeats: 1, repeatRows: 4}},
		{"newest first, then history", []body{live(1, 2), live(8, 9), old(3, 5), old(6, 7), live(10, 10)},
			want{batches: 10, readings: 20, order: 1}},
		{"history unfinished", []body{live(1, 2), live(8, 9), old(3, 5)}, want{batches: 7, readings: 14, holes: 2, order: 1}},
		{"history ahead", []body{live(1, 2), old(3, 3)}, want{batches: 3, readings: 6, order: 1}},
		{"a new start", []body{live(1, 5), next(epochB, Mark{epochA, 5}, 8), next(epochC, Mark{epochB, 8}, 9)}, want{batches: 9, readings: 18}},
		{"a new start after loss", []body{live(1, 5), next(epochB, Mark{epochA, 7}, 8)}, want{batches: 6, readings: 12, holes: 2, order: 1}},
		{"a start never heard of", []body{live(1, 5), next(epochC, Mark{epochB, 8}, 9)}, want{batches: 6, readings: 12, holes: 3, order: 1}},
		{"a disk image restored", []body{live(1, 5), next(epochB, Mark{epochA, 3}, 5)}, want{batches: 7, readings: 14, forks: 1, order: 1}},
		{"restored twice", []body{live(1, 5), next(epochB, Mark{epochA, 5}, 7), next(epochC, Mark{epochA, 5}, 6)},
			want{batches: 8, readings: 16, forks: 1, order: 1}},
		{"a foreign past", []body{live(1, 5), next(epochC, Mark{epochB, 5}, 6)}, want{batches: 6, readings: 12, forks: 1}},
		{"prev changed its mind", []body{live(1, 5), {epoch: epochA, prev: Mark{epochB, 2}, from: 6, to: 6}, live(7, 7)}, want{batches: 7, readings: 14, forks: 1}},
		{"parts of one", []body{live(1, 2),
			{epoch: epochA, from: 3, to: 3, extra: `"rows":{"from":0,"to":2},`, batches: []string{partOf(3, 0, 2)}},
			{epoch: epochA, from: 3, to: 3, extra: `"rows":{"from":2,"to":5},`, batches: []string{partOf(3, 2, 5)}},
			live(4, 4)}, want{batches: 4, readings: 11}},
		{"a part set aside", []body{live(1, 2),
			{epoch: epochA, from: 3, to: 3, extra: `"rows":{"from":0,"to":2},`, batches: []string{partOf(3, 0, 2)}},
			live(4, 4)}, want{batches: 4, readings: 8}},
		{"parts, then the whole", []body{
			{epoch: epochA, from: 1, to: 1, extra: `"rows":{"from":1,"to":3},`, batches: []string{partOf(1, 1, 3)}},
			{epoch: epochA, from: 1, to: 2, batches: []string{batch(1, 5), batch(2, 1)}},
			{epoch: epochA, from: 1, to: 1, extra: `"rows":{"from":3,"to":5},`, batches: []string{partOf(1, 3, 5)}}},
			want{batches: 2, readings: 6, repeats: 2, repeatRows: 4}},
		{"an empty batch repeated", []body{{epoch: epochA, from: 1, to: 1, batches: []string{batch(1, 0)}},
			{epoch: epochA, from: 1, to: 2, batches: []string{batch(1, 0), batch(2, 1)}}}, want{batches: 2, readings: 1, repeats: 1}},
	} {
		u := upstream(t, nil)
		for _, b := range tt.send {
			send(t, u, b)
		}
		g := u.Tally()
		if got := (want{g.Batches, g.Readings, g.GapReadings, g.Holes, g.Repeats, g.RepeatRows, g.Forks, g.OutOfOrder}); got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
		u.Close()
	}
}

func TestAGapAcrossStartsIsNoHole(t *testing.T) {
	u := upstream(t, nil)
	send(t, u, body{epoch: epochA, from: 1, to: 3})
	across := strings.Replace(standIn(epochB, 4, 9, 5), `"from":{"epoch":"`+epochB, `"from":{"epoch":"`+epochA, 1)
	b := body{epoch: epochB, prev: Mark{epochA, 6}, from: 7, to: 10, batches: []string{across, batch(10, 1)}}
	send(t, u, b)
	if g := u.Tally(); g.Holes+g.Forks+g.OutOfOrder != 0 || g.GapReadings != 6 || g.Events != 1 || g.Results != 1 {
		t.Errorf("%+v", g)
	}
}
