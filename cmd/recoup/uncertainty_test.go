package main

import (
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
	"recoup/agent/kpi"
)

// drawn is how often each family's instruments are drawn. The standard deviation
// of so many is known to one part in the root of twice their number: to 3 %, and
// to 1 % where the truth is looked for at length.
func drawn() float64 {
	if os.Getenv("TRUTH_SEEDS") != "" {
		return 5000
	}
	return 600
}

// steady is what the instruments of the examples show in a plant that stands
// still: the value, of a totaliser its gain in an hour.
var steady = map[string]float64{
	"ft201": 2.5, "at201": 80, "tt201": 25, "ft270": 1.86, "at270": 97.5, "tt270": 40, "lt261": 5, "at261": 97.5, "tt261": 40,
	"ft240": 8600, "at240": 400, "at242": 30, "ft250": 1.2, "ct250": 4, "tt250": 40, "fq255": 60, "ft230": 8600, "at230": 8, "fq210": 300, "eq210": 400,
	"ft215": 4, "ft280": 1.1, "ct280": 2, "tt280": 40,
	"eq320": 2600, "eq321": 260, "eq330": 7500, "eq331": 375, "fq310": 900, "wt360": 600, "wt361": 510, "eq340": 500, "eq341": 900,
	"ft301": 80000, "tt301": 480, "tt302": 180, "ft310": 9, "pt310": 1.6, "tt310": 320, "tt311": 105,
	"at241": 10.5, "at243": 25, "at244": 300,
	"mill.q_in": 60000, "mill.c_in": 300, "mill.q_out": 60000, "mill.c_out": 12, "mill.oil_total": 16, "mill.fan_energy": 90, "mill.fan_power": 90,
	"mill.rolling": 1, "mill.calibration": 0, "mill.wash_level": 2, "mill.make_up": 30, "mill.rolled": 40, "mill.oil_level": 3, "mill.coil": 4711,
}

// TestTruthOfUncertainty puts each family's example to an hour of a steady
// plant, seen by instruments that err as their accuracy says and with factors
// that are as wrong as their u says: what the engine gives then differs from draw
// to draw by the U that it states. A family or a figure that
// has no U here fails.
func TestTruthOfUncertainty(t *testing.T) {
	draws := drawn()
	limit := 4 / math.Sqrt(2*draws)
	for name, family := range kpi.Families() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse(name+".yaml", []byte(replaceSection(t, "kpis", family.Example)))
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range cfg.Tags {
				set(tag, name)
			}
			s := &standing{t: t, cfg: cfg, rnd: rand.New(rand.NewPCG(7, uint64(len(name))))}
			nominal := s.hour(false)
			sums, squares := map[string]float64{}, map[string]float64{}
			for range int(draws) {
				for key, r := range s.hour(true) {
					off := r.Value - nominal[key].Value
					sums[key], squares[key] = sums[key]+off, squares[key]+off*off
				}
			}
			for key, r := range nominal {
				mean := sums[key] / draws
				twice := 2 * math.Sqrt((squares[key]-draws*mean*mean)/(draws-1))
				t.Logf("%-34s %12.5g %-9s U %10.4g   2 sd %10.4g   ratio %.3f", key, r.Value, r.Unit, r.U, twice, r.U/twice)
				switch {
				case r.U <= 0:
					t.Errorf("%s: %v %v: no U is stated", key, r.Quality, r.Reason)
				case math.Abs(r.U/twice-1) > limit:
					t.Errorf("%s: U is %.4g, twice the standard deviation of %.0f draws %.4g", key, r.U, draws, twice)
				}
			}
			if len(nominal) == 0 {
				t.Error("nothing was computed")
			}
		})
	}
}

// set makes an instrument one that can be compared by. Levels err less than usual,
// because one hour is short beside what a tank holds; electricity meters err more
// beside a baseline, whose regression nothing here draws.
func set(tag *agent.Tag, family string) {
	tag.MaxGap, tag.Frozen = 2*time.Hour, 0
	if !tag.Accuracy.Stated() {
		tag.Accuracy = agent.Accuracy{Rel: 0.01}
	}
	switch {
	case tag.Unit == "m":
		tag.Accuracy.Abs /= 10
	case family == "baseline":
		tag.Accuracy.Rel *= 8
	}
	if tag.Counter != nil {
		tag.Scale, tag.Counter = 1e-3, &agent.Counter{Modulus: 1 << 62, MaxRate: 1e9}
	}
}

// standing is a plant that stands still, and its instruments.
type standing struct {
	t   *testing.T
	cfg *config.Config
	rnd *rand.Rand
}

// hour gives the figures of an hour: with the nominal errors, none, or drawn ones.
func (s *standing) hour(erring bool) map[string]agent.Result {
	w := wiring{cfg: s.cfg, log: agenttest.Quiet(), clock: agent.SystemClock()}
	kpis := w.kpis()
	if err := config.Join(w.problems...); err != nil {
		s.t.Fatal(err)
	}
	moving := s.prepare(kpis, erring)
	engine, err := kpi.New(s.cfg.Plant, kpis)
	if err != nil {
		s.t.Fatal(err)
	}
	wrong := map[string][2]float64{}
	for _, tag := range s.cfg.Tags {
		wrong[tag.Name] = s.draw(tag, erring)
	}
	figures := map[string]agent.Result{}
	start, seq := time.Date(2026, 6, 30, 16, 0, 0, 0, time.UTC), uint64(0)
	for i := -3; i <= 13; i++ {
		at := start.Add(time.Duration(i) * 5 * time.Minute)
		all := s.readings(at, float64(i+3)/12, wrong, moving, erring)
		for _, source := range slices.Sorted(maps.Keys(all)) {
			seq++
			b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: source, Received: at, Boot: 1, Mono: uint64(i+4) * 300e9, Readings: all[source]}
			results, _ := engine.Add(b)
			for _, r := range results {
				if r.Window.Kind == agent.Hour && r.Window.Start.Equal(start) && r.States == "" {
					figures[r.KPI] = r
				}
			}
		}
	}
	return figures
}

// prepare lets factors err, and finds the tags whose absolute errors
// differ from reading to reading: those of stocks, of which what two readings have in
// common does not matter.
func (s *standing) prepare(kpis []kpi.KPI, erring bool) (moving []*agent.Tag) {
	off := map[string]float64{}
	for _, k := range kpis {
		for i := range k.Quantities {
			q := &k.Quantities[i]
			q.Correlated = nil
			for _, term := range q.Terms {
				if term.Stock {
					moving = append(moving, term.Tags...)
					if term.Formula != nil {
						for _, arg := range term.Formula.Args {
							moving = append(moving, arg.Tag)
						}
					}
				}
				for _, factor := range term.Dated {
					if _, done := off[factor.Name]; !done {
						off[factor.Name] = s.rnd.NormFloat64()
					}
					if erring {
						factor.Steps = slices.Clone(factor.Steps)
						for j := range factor.Steps {
							factor.Steps[j].Value += factor.Steps[j].U * off[factor.Name]
							factor.Steps[j].U = 0
						}
					}
				}
			}
		}
	}
	return moving
}

// draw gives the relative and the absolute error of an instrument.
func (s *standing) draw(tag *agent.Tag, erring bool) [2]float64 {
	rel, abs := tag.Accuracy.Standard()
	if !erring {
		return [2]float64{}
	}
	return [2]float64{rel * s.rnd.NormFloat64(), abs * s.rnd.NormFloat64()}
}

func (s *standing) readings(at time.Time, hours float64, wrong map[string][2]float64, moving []*agent.Tag, erring bool) map[string][]agent.Reading {
	all := map[string][]agent.Reading{}
	for _, tag := range s.cfg.Tags {
		v, known := steady[tag.Name]
		if !known {
			continue
		}
		one := agent.Reading{Tag: tag, Time: at, Quality: agent.Good}
		e := wrong[tag.Name]
		if slices.Contains(moving, tag) {
			e[1] = s.draw(tag, erring)[1]
		}
		if v = v*(1+e[0]) + e[1]; tag.Counter != nil {
			one.Value = agent.Uint64Value(1e6 + uint64(math.Round(v*hours*1e3)))
		} else {
			one.Value = agent.Float64Value(v)
		}
		all[tag.Source] = append(all[tag.Source], one)
	}
	return all
}
