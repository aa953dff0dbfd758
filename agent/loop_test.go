package agent

import (
	"strings"
	"testing"
	"time"
)

func TestSaturatedLoopLeavesABound(t *testing.T) {
	tag := Tag{Name: "flow", Unit: "m3/h", Scale: 50.0 / 16, Offset: -12.5, Signal: &Range{Lo: 0, Hi: 50}}
	for _, test := range []struct {
		mA      float64
		quality Quality
		code    Code
		detail  string
	}{
		{3.6, Bad, DeviceBad, "NE43"}, {3.600001, Bad, OutOfRange, "< -0.625 m3/h"}, {3.79, Bad, OutOfRange, "< -0.625 m3/h"},
		{3.8, Uncertain, OutOfRange, "3.8 mA"}, {4, Good, NoReason, ""}, {20, Good, NoReason, ""}, {20.5, Uncertain, OutOfRange, "20.5 mA"},
		{20.51, Bad, OutOfRange, "> 51.5625 m3/h"}, {21, Bad, DeviceBad, "NE43"}, {0, Bad, DeviceBad, "0 mA"},
	} {
		quality, reason := tag.Judge(Float64Value(test.mA))
		if quality != test.quality || reason.Code != test.code || !strings.Contains(reason.Detail, test.detail) {
			t.Errorf("%g mA: got %v %v %q, want %v %v %q", test.mA, quality, reason.Code, reason.Detail, test.quality, test.code, test.detail)
		}
	}
}

func TestRatioOfARegister(t *testing.T) {
	tag := Tag{Name: "p", Scale: 0.5, Ratios: []Ratio{{From: time.Unix(int64(10), 0), Value: 200}, {From: time.Unix(int64(20), 0), Value: 400}}}
	for s, want := range map[int]float64{10: 200, 19: 200, 20: 400, 99: 400} {
		if got, ok := tag.EngAt(Float64Value(2), time.Unix(int64(s), 0)); got != want || !ok {
			t.Errorf("at %d: got %g %v, want %g", s, got, ok, want)
		}
	}
	if got, ok := tag.EngAt(Float64Value(2), time.Unix(int64(9), 0)); ok {
		t.Errorf("before the first: got %g, want nothing", got)
	}
	tag.Counter = &Counter{}
	if got, _ := tag.EngAt(Float64Value(2), time.Unix(int64(99), 0)); got != 1 {
		t.Errorf("a totaliser: got %g, want its register as it stands", got)
	}
}
