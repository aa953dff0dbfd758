package main

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"recoup/agent"
	"recoup/sim"
)

// flags says which reasons a doubtful or withheld figure may give for each kind
// of incident. What happens to the plant and not to its instruments gives none:
// every figure must be right.
func flags() map[sim.IncidentKind][]agent.Code {
	return map[sim.IncidentKind][]agent.Code{
		sim.PLCOff:         {agent.LowCoverage, agent.CaughtUp},
		sim.FlameOut:       {agent.LowCoverage},
		sim.WashOilWarm:    nil,
		sim.Calibration:    {agent.LowCoverage},
		sim.CounterReset:   {agent.CounterReset},
		sim.Frozen:         {agent.Frozen},
		sim.Drift:          nil, // nothing tells it from a change of the plant
		sim.PurgeDoubled:   nil,
		sim.HRSGFouling:    nil,
		sim.MeterSwapped:   {agent.LowCoverage, agent.MeterReplaced, agent.CounterReset},
		sim.WrongWordOrder: {agent.LowCoverage},
	}
}

// trial is one incident at one plant, in the middle of two days.
type trial struct {
	plant string
	kind  sim.IncidentKind
	point string // "": the usual one
	hours float64
}

// trials gives what is tried at a plant: of all instruments and lengths, or of
// the usual instrument four hours.
func (p *proving) trials(whole bool) (all []trial) {
	plant := p.plant(1, truthStart())
	for kind := sim.IncidentKind(1); !strings.HasPrefix(kind.String(), "incident "); kind++ {
		if plant.Knows(sim.Incident{Kind: kind}) != nil {
			continue
		}
		if !whole {
			all = append(all, trial{p.name, kind, "", 4})
			continue
		}
		points := []string{""}
		for _, point := range plant.Points() {
			if plant.Knows(sim.Incident{Kind: kind, Point: point.Name}) == nil {
				points = append(points, point.Name)
			}
		}
		for _, point := range points {
			for _, hours := range []float64{1.0 / 3, 4, 16} {
				all = append(all, trial{p.name, kind, point, hours})
			}
		}
	}
	return all
}

// outcome counts the figures of trials by what became of them.
type outcome struct{ right, doubtful, withheld, wrong int }

// try plays one trial and judges its shifts and days.
func (p *proving) try(t *testing.T, one trial) (o outcome) {
	t.Helper()
	may, known := flags()[one.kind]
	if !known {
		t.Errorf("flags does not say what tells of %q", one.kind)
	}
	half := time.Duration(one.hours * float64(time.Hour) / 2)
	middle := truthStart().Add(day)
	for _, c := range p.watch(t, 1, 2, sim.Incident{Kind: one.kind, Point: one.point, From: middle.Add(-half), To: middle.Add(half)}) {
		if c.amount {
			c.want *= c.got.Coverage
		}
		code := c.got.Reason.Code
		switch {
		case code != agent.NoReason && !slices.Contains(may, code):
			t.Errorf("%v %s for %.2g h: %v; want a reason of %v", one.kind, one.point, one.hours, &c, may)
		case c.got.Withheld():
			o.withheld++
		case c.got.Quality == agent.Uncertain:
			o.doubtful++
		case c.off() <= 2:
			o.right++
		default:
			o.wrong++
			t.Errorf("%v %s for %.2g h: %v", one.kind, one.point, one.hours, &c)
		}
	}
	return o
}

// TestTruthWithIncidents: with every incident that the simulator knows, each
// figure of a shift or day is within 2U, or withheld, or doubtful for the right
// reason. TRUTH_SEEDS stands for the long form, with every instrument.
func TestTruthWithIncidents(t *testing.T) {
	whole := setting(t, "TRUTH_SEEDS", 0) > 0
	type key struct {
		plant string
		kind  sim.IncidentKind
	}
	var mu sync.Mutex
	outcomes := map[key]outcome{}
	t.Run("plants", func(t *testing.T) {
		for _, p := range provings() {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				for _, one := range p.trials(whole) {
					o := p.try(t, one)
					mu.Lock()
					sum := outcomes[key{p.name, one.kind}]
					outcomes[key{p.name, one.kind}] = outcome{sum.right + o.right, sum.doubtful + o.doubtful, sum.withheld + o.withheld, sum.wrong + o.wrong}
					mu.Unlock()
				}
			})
		}
	})
	keys := make([]key, 0, len(outcomes))
	for k := range outcomes {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.plant, b.plant), int(a.kind)-int(b.kind))
	})
	t.Log("plant, incident: figures within 2U, doubtful, withheld, wrong and called good")
	for _, k := range keys {
		o := outcomes[k]
		t.Logf("%-6s %-22v %5d %5d %5d %5d", k.plant, k.kind, o.right, o.doubtful, o.withheld, o.wrong)
	}
}

// TestWarmWashOilFailsTheTarget: a true deviation is told, as a figure that is
// good and fails.
func TestWarmWashOilFailsTheTarget(t *testing.T) {
	p, told := provings()[0], 0
	from := truthStart().Add(day)
	for _, c := range p.watch(t, 1, 2, sim.Incident{Kind: sim.WashOilWarm, From: from, To: from.Add(8 * time.Hour)}) {
		if c.kpi != "mill.oil.removal" || c.got.Window.Kind != agent.Day || c.got.Window.Start.Before(from) {
			continue
		}
		told++
		if c.got.Value > 0.9 || c.got.Verdict != agent.Fail || c.got.Quality != agent.Good {
			t.Errorf("%v, verdict %q; want it good, and to fail 0.90", &c, c.got.Verdict)
		}
	}
	if told != 1 {
		t.Errorf("%d days with the bad night, want 1", told)
	}
}
