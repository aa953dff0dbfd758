package kpi

import (
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// generator is a 16-bit kWh totaliser in tenths, which begins anew every 78.6 min
// at 5 MW, and the power that it totals (case A09).
type generator struct {
	energy, power *agent.Tag
	rig           *rig
}

func newGenerator(t *testing.T, beside bool) *generator {
	g := &generator{energy: tagOf("energy", "kWh", "plc", 0), power: tagOf("power", "kW", "plc", 1)}
	g.energy.Scale, g.energy.Counter = 0.1, &agent.Counter{Modulus: 1 << 16, MaxRate: 5000.0 / 3600}
	g.power.Accuracy = agent.Accuracy{Rel: 0.01}
	kpi := amount("a", 1, g.energy)
	if beside {
		kpi.Quantities[0].Rates = []Rate{{Of: g.energy, Tag: g.power, Factor: 1.0 / 3600}}
	}
	g.rig = newRig(t, utc(), kpi)
	return g
}

// run reads both every 30 s up to the end; the plant gives 4 MW, and out tells
// what of them is not read at a time.
func (g *generator) run(hours float64, out func(s float64) (energy, power bool), load func(s float64) float64) (truth float64) {
	for s := 0.0; s <= hours*3600; s += 30 {
		kW := load(s)
		noEnergy, noPower := out(s)
		var readings []agent.Reading
		if !noEnergy {
			readings = append(readings, raw(g.energy, s, uint64(truth*10)%(1<<16)))
		}
		if !noPower {
			readings = append(readings, good(g.power, sec(s), kW))
		}
		if readings == nil {
			g.rig.outage("plc", sec(s), agent.NoConnection)
		} else {
			g.rig.read(sec(s), readings...)
		}
		truth += kW * 30 / 3600
	}
	return truth - load(hours*3600)*30/3600
}

func (g *generator) total() (total float64, seconds float64) {
	for _, c := range g.rig.of("a.total", agent.Cell) {
		total, seconds = total+c.Terms[0].Total, seconds+c.Terms[0].Seconds
	}
	return total, seconds
}

func steady(float64) float64 { return 4000 }

func during(from, to float64) func(float64) (bool, bool) {
	return func(s float64) (bool, bool) { is := s > from && s < to; return is, is }
}

func TestCaseA09SeveralWraps(t *testing.T) {
	const hour = 3600.0
	onlyEnergy := func(s float64) (bool, bool) { return s > hour && s < 6*hour, false }
	halved := func(s float64) float64 {
		if s > 2*hour {
			return 2000
		}
		return 4000
	}
	for name, test := range map[string]struct {
		beside bool
		out    func(float64) (bool, bool)
		load   func(float64) float64
		known  bool
		doubt  bool
	}{
		"one beginning, no other possible":    {false, during(hour, 2*hour), steady, true, false},
		"several possible, nothing to decide": {false, during(hour, 6*hour), steady, false, false},
		"the power was read all along":        {true, onlyEnergy, steady, true, false},
		"and varied":                          {true, onlyEnergy, halved, true, false},
		"the power before and after agree":    {true, during(hour, 6*hour), steady, true, true},
		"the power before and after differ":   {true, during(hour, 6*hour), halved, false, false},
	} {
		g := newGenerator(t, test.beside)
		truth := g.run(8, test.out, test.load)
		got, seconds := g.total()
		if test.known != near(got, truth, 0.11) || test.known != near(seconds, 8*hour, 1e-6) {
			t.Errorf("%s: got %g kWh in %g s, want %g: %v", name, got, seconds, truth, test.known)
		}
		if !test.known && got > truth {
			t.Errorf("%s: got %g kWh of %g: more than there was", name, got, truth)
		}
		doubted := slices.ContainsFunc(g.rig.of("a.total", agent.Cell), func(r agent.Result) bool {
			return slices.ContainsFunc(r.Terms[0].Lost, func(l agent.Lost) bool { return l.Seconds < 0 }) && r.Reason.Code == agent.CounterWrap
		})
		if doubted != test.doubt {
			t.Errorf("%s: doubted %v, want %v", name, doubted, test.doubt)
		}
		for _, c := range g.rig.of("a.total", agent.Cell) {
			checkBooks(t, c)
		}
	}
}

func TestWrapsAreToldWithTheirNumber(t *testing.T) {
	g := newGenerator(t, true)
	g.run(8, during(3600, 6*3600), steady)
	var told []string
	for _, e := range g.rig.events {
		if e.Kind == agent.CounterChanged && strings.Contains(e.Reason.Detail, "times in between, by power") {
			told = append(told, e.Reason.Detail)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "passed 65536 3 times") {
		t.Errorf("got %q, want one event with 3 beginnings", told)
	}
}

// startUp is a flow and a totaliser of a PLC that shows zeros from 300 s on for
// so long, and then from where the totaliser goes on.
func startUp(t *testing.T, zeros float64, from uint64) (*rig, agent.Result, agent.Result) {
	flow, total := tagOf("flow", "kg/h", "plc", 0), oilTotal()
	flow.Every, total.Index = 2*time.Second, 1
	r := newRig(t, utc(), amount("a", 1.0/3600, flow), amount("b", 1, total))
	for s := 0.0; s <= 900; s += 2 {
		v, n := 36.0, 1000+uint64(s/10)
		switch {
		case s >= 300 && s < 300+zeros:
			v, n = 0, 0
		case s >= 300 && from == 0:
			n = uint64((s - 300) / 10)
		}
		r.read(sec(s), good(flow, sec(s), v), raw(total, s, n))
	}
	return r, r.only("a.total", agent.Cell), r.only("b.total", agent.Cell)
}

func TestPLCThatStartsIsNoReset(t *testing.T) {
	r, flow, total := startUp(t, 20, 1000)
	if !near(total.Value, 9, 1e-9) || total.Coverage != 1 || total.Quality != agent.Good || len(r.events) != 0 {
		t.Errorf("totaliser: got %g kg, %v %v, events %v, want 9, good, none: it went on from its old count", total.Value, total.Quality, total.Reason, r.events)
	}
	if lost := lostSeconds(flow, agent.Restarted, "flow"); !near(flow.Value, 36.0*878/3600, 1e-9) || lost != 22 {
		t.Errorf("flow: got %g kg and %g s lost, want %g and 22: zeros of a PLC that starts are no flow", flow.Value, lost, 36.0*878/3600)
	}
}

func TestPLCThatStartsWithAResetTotaliser(t *testing.T) {
	r, flow, total := startUp(t, 20, 0)
	if codes := r.codes(agent.CounterChanged); !slices.Equal(codes, []agent.Code{agent.CounterReset}) {
		t.Errorf("got events %v, want one reset", codes)
	}
	if want := 0.1 * (29 + 60); !near(total.Value, want, 0.11) || total.Reason.Code != agent.CounterReset {
		t.Errorf("got %g kg, %v, want %g, a lower bound", total.Value, total.Reason, want)
	}
	if lost := lostSeconds(flow, agent.Restarted, "flow"); lost != 22 {
		t.Errorf("got %g s of the flow lost, want 22", lost)
	}
}

func TestPlantThatStandsAfterAReset(t *testing.T) {
	r, _, total := startUp(t, 1000, 0)
	if codes := r.codes(agent.CounterChanged); !slices.Equal(codes, []agent.Code{agent.CounterReset}) {
		t.Errorf("got events %v, want one reset: zeros for longer than a PLC takes to start", codes)
	}
	if !near(total.Value, 0.1*29, 1e-9) || total.Coverage != 1 {
		t.Errorf("got %g kg, coverage %g, want 2.9 and all of it", total.Value, total.Coverage)
	}
}
