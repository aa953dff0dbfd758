package modbus

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"recoup/agent"
)

// caseInto reads one of the worked cases that the KPI engine is tested with too.
func caseInto(t *testing.T, id string, inputs, expected any) {
	t.Helper()
	text, err := os.ReadFile("../../agent/kpi/testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID               string
			Inputs, Expected json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		if c.ID != id {
			continue
		}
		if err := json.Unmarshal(c.Inputs, inputs); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.Expected, expected); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no case %s", id)
}

// TestCaseA01CurrentLoop reads currents in µA, as an analogue module gives them.
func TestCaseA01CurrentLoop(t *testing.T) {
	t.Parallel()
	var in struct {
		Lo float64   `json:"range_lo"`
		Hi float64   `json:"range_hi"`
		MA []float64 `json:"mA"`
	}
	var want struct {
		Value   []*float64
		Quality []string
	}
	caseInto(t, "A01", &in, &want)
	p := newPeer(t)
	tags := tagsAt("input 0")
	perMA := (in.Hi - in.Lo) / 16
	tags[0].Unit, tags[0].Signal = "m3/h", &agent.Range{Lo: in.Lo, Hi: in.Hi}
	tags[0].Scale, tags[0].Offset = 0.001*perMA, in.Lo-4*perMA
	d := openDriver(t, p, "", tags)
	meant := map[string]agent.Reading{
		"GOOD": {Quality: agent.Good}, "UNCERTAIN_RANGE": {Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.OutOfRange}},
		"BAD_SATURATED": {Reason: agent.Reason{Code: agent.OutOfRange}}, "BAD_FAILURE": {Reason: agent.Reason{Code: agent.DeviceBad}},
	}
	for i, mA := range in.MA {
		p.putRegisters(0, uint16(math.Round(mA*1000)))
		got := mustRead(t, d, tags)[0]
		if w := meant[want.Quality[i]]; got.Quality != w.Quality || got.Reason.Code != w.Reason.Code {
			t.Errorf("A01 at %g mA: got %v %v, want %s", mA, got.Quality, got.Reason, want.Quality[i])
		}
		if w := want.Value[i]; w != nil {
			if eng, _ := tags[0].Eng(got.Value); math.Abs(eng-*w) > 1e-4 {
				t.Errorf("A01 at %g mA: got %g m3/h, want %g", mA, eng, *w)
			}
		}
	}
}

// TestCaseA02WordOrder: a wrong order of words gives next to nothing, which a
// plausible range gives away.
func TestCaseA02WordOrder(t *testing.T) {
	t.Parallel()
	var in struct {
		Registers [][]string
		Order     []string
		Wrong     []string `json:"wrong_order_check"`
	}
	var want struct {
		Value []float64
		Wrong float64 `json:"wrong_order_value"`
	}
	caseInto(t, "A02", &in, &want)
	p := newPeer(t)
	for i, words := range append(in.Registers, in.Wrong) {
		for k, word := range words {
			n, err := strconv.ParseUint(word, 0, 16)
			if err != nil {
				t.Fatal(err)
			}
			p.putRegisters(uint16(10*i+k), uint16(n))
		}
	}
	tags := tagsAt("holding 0 float32 "+in.Order[0], "holding 10 float32 "+in.Order[1], "holding 20 float32 abcd")
	for _, tag := range tags {
		tag.Range = &agent.Range{Lo: 1, Hi: 200000}
	}
	got := mustRead(t, openDriver(t, p, "", tags), tags)
	for i, w := range append(want.Value, want.Wrong) {
		if eng, _ := tags[i].Eng(got[i].Value); math.Abs(eng-w) > 1e-6*w {
			t.Errorf("A02 %s: got %g, want %g", tags[i].At, eng, w)
		}
	}
	if got[1].Quality != agent.Good || got[2].Quality != agent.Bad || got[2].Reason.Code != agent.WordOrder {
		t.Errorf("A02: got %v, and %v %v in the wrong order; want good, and bad for the order", got[1].Quality, got[2].Quality, got[2].Reason)
	}
}
