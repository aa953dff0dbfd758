package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
	"recoup/sim"
)

// The truth test plays simulated plants to the engine alone and compares every
// closed window with what the plant hid. U is right when it is neither too small
// (figures beyond it) nor too large (errors that never come near it).

// hidden is a figure as the simulator knows it.
type hidden struct {
	kpi     string
	windows []agent.WindowKind
	amount  bool // over the covered time only: what was lost is not in it
	of      func(truths) float64
	doubted agent.Code // what the engine always says of it
}

// truthStart is a Monday at the plants, so that seven days are a week.
func truthStart() time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.FixedZone("", 8*3600)).UTC()
}

// truthWarmUp is before the first window: the laboratory's first value is known.
const truthWarmUp = time.Hour

// proving is a simulated plant with what can be proved of it.
type proving struct {
	name    string
	plant   func(seed uint64, start time.Time) sim.Plant
	truth   func(sim.Plant) truths
	figures []hidden
}

func provings() []proving {
	all, week := []agent.WindowKind{agent.Shift, agent.Day, agent.Week}, []agent.WindowKind{agent.Week}
	return []proving{
		{
			"mill", func(seed uint64, at time.Time) sim.Plant { return sim.NewMill(seed, at) },
			func(p sim.Plant) truths { return truths{mill: p.(*sim.Mill).Truth()} },
			[]hidden{
				{"mill.oil.removal", all, false, func(t truths) float64 { return t.mill.Removal() }, agent.NoReason},
				{"mill.oil.recovered", all, true, func(t truths) float64 { return t.mill.RecoveredKg }, agent.NoReason},
			},
		}, {
			"acid", func(seed uint64, at time.Time) sim.Plant { return sim.NewAcid(seed, at) },
			func(p sim.Plant) truths { return truths{acid: p.(*sim.Acid).Truth()} },
			[]hidden{
				{"acid.h2so4.recovery_loss", all, false, func(t truths) float64 { return t.acid.Recovery() }, agent.NoReason},
				{"acid.h2so4.feed", all, true, func(t truths) float64 { return t.acid.FeedKg }, agent.NoReason},
				{"acid.h2so4.loss", all, true, func(t truths) float64 { return t.acid.LossKg() }, agent.NoReason},
				// Nothing gauges what is on its way from the furnace to the absorbers: its true change is in
				// both. The acid in the day tank is hotter than the density is sure of.
				{"acid.h2so4.recovery_direct", week, false, func(t truths) float64 {
					return (t.acid.ProductKg + t.acid.DayTankKg + t.acid.StockKg) / t.acid.FeedKg
				}, agent.Extrapolated},
				{"acid.h2so4.closure", week, false, func(t truths) float64 { return t.acid.HoldUpKg / t.acid.FeedKg }, agent.Extrapolated},
			},
		}, {
			"glass", func(seed uint64, at time.Time) sim.Plant { return sim.NewGlass(seed, at) },
			func(p sim.Plant) truths { return truths{glass: p.(*sim.Glass).Truth()} },
			[]hidden{
				{"glass.power.share_net", all, false, func(t truths) float64 { return t.glass.ShareNet() }, agent.NoReason},
				{"glass.power.share_gross", all, false, func(t truths) float64 { return t.glass.GrossKWh / (t.glass.LoadKWh + t.glass.AuxKWh) }, agent.NoReason},
				{"glass.power.aux_ratio", all, false, func(t truths) float64 { return t.glass.AuxKWh / t.glass.GrossKWh }, agent.NoReason},
				{"glass.power.generated_net", all, true, func(t truths) float64 { return t.glass.NetKWh() }, agent.NoReason},
				{"glass.power.heat_recovery", all, false, func(t truths) float64 { return t.glass.RecoveredKWh / t.glass.FlueKWh }, agent.NoReason},
			},
		},
	}
}

// since gives what happened between two looks at the plants.
func (t truths) since(earlier truths) truths {
	return truths{t.mill.Since(earlier.mill), t.acid.Since(earlier.acid), t.glass.Since(earlier.glass)}
}

// compared is a closed window beside the truth of it.
type compared struct {
	hidden
	seed uint64
	got  agent.Result
	want float64
}

// off gives the error in units of U.
func (c *compared) off() float64 { return math.Abs(c.got.Value-c.want) / c.got.U }

func (c *compared) String() string {
	at := c.got.Window.Start.In(time.FixedZone("", 8*3600)).Format("2 Jan 15:04")
	if c.got.Withheld() {
		return fmt.Sprintf("seed %d: %s of the %s from %s is withheld (%v); the truth is %.6g", c.seed, c.kpi, c.got.Window.Kind, at, c.got.Reason, c.want)
	}
	return fmt.Sprintf("seed %d: %s of the %s from %s is %.6g ± %.2g (%v %v); the truth is %.6g, %.2f U away",
		c.seed, c.kpi, c.got.Window.Kind, at, c.got.Value, c.got.U, c.got.Quality, c.got.Reason, c.want, c.off())
}

// watch plays days of a plant to an engine that has that plant's KPIs, and
// compares all windows that lie wholly within them.
func (p *proving) watch(t *testing.T, seed uint64, days int, incidents ...sim.Incident) (all []compared) {
	t.Helper()
	calc, one := p.stage(t, seed, incidents)
	start, end := truthStart(), truthStart().AddDate(0, 0, days)
	at := map[int64]truths{}
	history := past{plants: []pastPlant{one}, until: end.Add(10 * time.Minute)}
	for b := range history.batches(t.Context()) {
		if b.Received.Unix()%(8*3600) == 0 { // also where a shift begins at the plants
			at[b.Received.Unix()] = p.truth(one.plant)
		}
		results, _ := calc.Add(b)
		for _, r := range results {
			if r.Window.Start.Before(start) || r.Window.End.After(end) {
				continue
			}
			for _, h := range p.figures {
				if h.kpi == r.KPI && slices.Contains(h.windows, r.Window.Kind) {
					from, to := at[r.Window.Start.Unix()], at[r.Window.End.Unix()]
					all = append(all, compared{h, seed, r, h.of(to.since(from))})
				}
			}
		}
	}
	if want := p.windows(days); len(all) != want {
		t.Errorf("%s, seed %d: %d windows closed, want %d", p.name, seed, len(all), want)
	}
	return all
}

// windows counts the figures that so many days give.
func (p *proving) windows(days int) (n int) {
	for _, h := range p.figures {
		for _, kind := range h.windows {
			n += map[agent.WindowKind]int{agent.Shift: 3 * days, agent.Day: days, agent.Week: days / 7}[kind]
		}
	}
	return n
}

// stage builds the engine and the plant from the demo's configuration.
func (p *proving) stage(t *testing.T, seed uint64, incidents []sim.Incident) (agent.Calculator, pastPlant) {
	t.Helper()
	cfg, err := config.Parse("demo.yaml", []byte(demoConfig))
	if err != nil {
		t.Fatal(err)
	}
	cfg.KPIs = slices.DeleteFunc(cfg.KPIs, func(part config.Part) bool { return !strings.HasPrefix(part.Name, p.name+".") })
	cfg.Rules, cfg.Ratings = nil, nil
	w := wiring{cfg: cfg, log: agenttest.Quiet(), clock: agent.SystemClock()}
	calc, _ := w.calculator()
	if err := config.Join(w.problems...); err != nil {
		t.Fatal(err)
	}
	one := pastPlant{plant: p.plant(seed, truthStart().Add(-truthWarmUp)), ownClock: p.name == "acid"}
	for _, i := range incidents {
		one.plant.Schedule(i)
	}
	for _, source := range cfg.Sources {
		switch {
		case source.Name == p.name:
			one.tags = source.Tags
		case source.Name == demoLab && p.name == "acid":
			one.lab = source.Tags[0]
		}
	}
	return calc, one
}

// score is a line of the table.
type score struct {
	kpi    string
	window agent.WindowKind
	off    []float64 // errors in units of U, smallest first
}

func (s *score) within(bound float64) int {
	n, _ := slices.BinarySearchFunc(s.off, bound, func(x, bound float64) int {
		if x <= bound {
			return -1
		}
		return 1
	})
	return n
}

func (s *score) median() float64 { return s.off[len(s.off)/2] }

// tabled sorts comparisons into the table's lines.
func (p *proving) tabled(all []compared) (lines []score) {
	for _, h := range p.figures {
		for _, kind := range h.windows {
			line := score{kpi: h.kpi, window: kind}
			for i := range all {
				if c := &all[i]; c.kpi == h.kpi && c.got.Window.Kind == kind {
					line.off = append(line.off, c.off())
				}
			}
			if slices.Sort(line.off); line.off != nil {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func table(lines []score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %-6s %6s %9s %9s %9s %9s\n", "quantity", "window", "n", "within U", "within 2U", "median/U", "most/U")
	for _, s := range lines {
		n := float64(len(s.off))
		fmt.Fprintf(&b, "%-28s %-6s %6d %8.1f%% %8.1f%% %9.2f %9.2f\n", s.kpi, s.window, len(s.off),
			100*float64(s.within(1))/n, 100*float64(s.within(2))/n, s.median(), s.off[len(s.off)-1])
	}
	return b.String()
}

// least is the smallest median of |error|/U that a U may have which is not
// inflated; that of a normal distribution with k = 2 is 0.34.
const least = 0.15

// judge demands of each line what the figures promise.
func (s *score) judge(t *testing.T) {
	t.Helper()
	if n := len(s.off); s.within(1)*10 < n*9 {
		t.Errorf("%s of the %s: only %d of %d are within U, want nine in ten", s.kpi, s.window, s.within(1), n)
	}
	if s.median() < least {
		t.Errorf("%s of the %s: the median error is %.2f U, want at least %.2f: U is larger than it need be", s.kpi, s.window, s.median(), least)
	}
}

// TestTruth compares plants without incidents with what they hid. TRUTH_SEEDS
// and TRUTH_DAYS make it as long as "make truth"; then each line of the table is
// judged, else all lines of a plant together, which few seeds are enough for.
func TestTruth(t *testing.T) {
	seeds, days := setting(t, "TRUTH_SEEDS", 4), setting(t, "TRUTH_DAYS", 2)
	provings := provings()
	found := make([][]compared, len(provings))
	var mu sync.Mutex
	t.Run("plants", func(t *testing.T) {
		chunks := runtime.GOMAXPROCS(0)
		for i, p := range provings {
			for chunk := range chunks {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					for seed := chunk + 1; seed <= seeds; seed += chunks {
						all := p.watch(t, uint64(seed), days)
						mu.Lock()
						found[i] = append(found[i], all...)
						mu.Unlock()
					}
				})
			}
		}
	})
	var lines []score
	for i, p := range provings {
		if found[i] == nil {
			continue // -run asked for other plants
		}
		for _, c := range found[i] {
			if c.got.Withheld() || c.got.Reason.Code != c.doubted || c.got.U <= 0 || c.off() > 2 {
				t.Errorf("nothing went wrong, but %v", &c)
			}
		}
		own := p.tabled(found[i])
		lines = append(lines, own...)
		if seeds < 50 {
			together := score{kpi: p.name, window: "all windows"}
			for _, s := range own {
				together.off = append(together.off, s.off...)
			}
			slices.Sort(together.off)
			own = []score{together}
		}
		for _, s := range own {
			s.judge(t)
		}
	}
	t.Logf("%d seeds, %d days\n%s", seeds, days, table(lines))
}

// setting reads a number of the environment.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number from 1", name, text)
	}
	return n
}
