package modbus

import (
	"math"
	"strconv"
	"testing"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// TestWorkedCases: what the field gives comes out as the worked cases say.
func TestWorkedCases(t *testing.T) {
	agenttest.Proofs(t, "drivers/modbus", map[string][]func(*testing.T){
		"A01": {caseA01CurrentLoop},
		"A02": {caseA02WordOrder},
	})
}

// caseA01CurrentLoop reads currents in µA, as an analogue module gives them.
func caseA01CurrentLoop(t *testing.T) {
	c := agenttest.CaseOf(t, "A01")
	lo, hi := agenttest.Field[float64](t, c.Inputs, "range_lo"), agenttest.Field[float64](t, c.Inputs, "range_hi")
	values, qualities := agenttest.Field[[]*float64](t, c.Expected, "value"), agenttest.Field[[]string](t, c.Expected, "quality")
	p := newPeer(t)
	tags := tagsAt("input 0")
	perMA := (hi - lo) / 16
	tags[0].Unit, tags[0].Signal = "m3/h", &agent.Range{Lo: lo, Hi: hi}
	tags[0].Scale, tags[0].Offset = 0.001*perMA, lo-4*perMA
	d := openDriver(t, p, "", tags)
	meant := map[string]agent.Reading{
		"GOOD": {Quality: agent.Good}, "UNCERTAIN_RANGE": {Quality: agent.Uncertain, Reason: agent.Reason{Code: agent.OutOfRange}},
		"BAD_SATURATED": {Reason: agent.Reason{Code: agent.OutOfRange}}, "BAD_FAILURE": {Reason: agent.Reason{Code: agent.DeviceBad}},
	}
	for i, mA := range agenttest.Field[[]float64](t, c.Inputs, "mA") {
		p.putRegisters(0, uint16(math.Round(mA*1000)))
		got := mustRead(t, d, tags)[0]
		if w := meant[qualities[i]]; got.Quality != w.Quality || got.Reason.Code != w.Reason.Code {
			t.Errorf("A01 at %g mA: got %v %v, want %s", mA, got.Quality, got.Reason, qualities[i])
		}
		if w := values[i]; w != nil {
			if eng, _ := tags[0].Eng(got.Value); !c.Within(eng, *w) {
				t.Errorf("A01 at %g mA: got %g m3/h, want %g", mA, eng, *w)
			}
		}
	}
}

// caseA02WordOrder: a wrong order of words gives next to nothing, which a
// plausible range gives away.
func caseA02WordOrder(t *testing.T) {
	c := agenttest.CaseOf(t, "A02")
	registers, order := agenttest.Field[[][]string](t, c.Inputs, "registers"), agenttest.Field[[]string](t, c.Inputs, "order")
	p := newPeer(t)
	for i, words := range append(registers, agenttest.Field[[]string](t, c.Inputs, "wrong_order_check")) {
		for k, word := range words {
			n, err := strconv.ParseUint(word, 0, 16)
			if err != nil {
				t.Fatal(err)
			}
			p.putRegisters(uint16(10*i+k), uint16(n))
		}
	}
	tags := tagsAt("holding 0 float32 "+order[0], "holding 10 float32 "+order[1], "holding 20 float32 abcd")
	for _, tag := range tags {
		tag.Range = &agent.Range{Lo: 1, Hi: 200000}
	}
	got := mustRead(t, openDriver(t, p, "", tags), tags)
	for i, w := range append(agenttest.Field[[]float64](t, c.Expected, "value"), agenttest.Field[float64](t, c.Expected, "wrong_order_value")) {
		if eng, _ := tags[i].Eng(got[i].Value); math.Abs(eng-w) > 1e-6*w {
			t.Errorf("A02 %s: got %g, want %g", tags[i].At, eng, w)
		}
	}
	if got[1].Quality != agent.Good || got[2].Quality != agent.Bad || got[2].Reason.Code != agent.WordOrder {
		t.Errorf("A02: got %v, and %v %v in the wrong order; want good, and bad for the order", got[1].Quality, got[2].Quality, got[2].Reason)
	}
}
