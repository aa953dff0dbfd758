package kpi

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// glass is a plant for tests: four energy meters and the pull.
type glass struct {
	gross, aux, imp, exp, pull *agent.Tag
}

func newGlass(counters bool) *glass {
	meter := func(i int, name string) *agent.Tag {
		tag := tagOf(name, "kW", "plc", i)
		tag.MaxGap, tag.Accuracy = 2*time.Hour, agent.Accuracy{Rel: 0.005}
		if counters {
			tag.Unit, tag.Scale, tag.Counter = "kWh", 0.01, &agent.Counter{Modulus: 1 << 32, MaxRate: 20}
		}
		return tag
	}
	g := &glass{gross: meter(0, "eq320"), aux: meter(1, "eq321"), imp: meter(2, "eq330"), exp: meter(3, "eq331"), pull: tagOf("wt360", "t/d", "plc", 4)}
	g.pull.MaxGap, g.pull.Accuracy = 2*time.Hour, agent.Accuracy{Rel: 0.01}
	return g
}

func (g *glass) section() wasteHeatPower {
	return wasteHeatPower{Generation: generation{g.gross.Name, g.aux.Name}, Import: g.imp.Name, Export: g.exp.Name, Pull: g.pull.Name}
}

func (g *glass) tags() []*agent.Tag { return []*agent.Tag{g.gross, g.aux, g.imp, g.exp, g.pull} }

func (g *glass) spec(section wasteHeatPower) agent.Spec {
	return agent.Spec{Name: "glass", Tags: g.tags(), Decode: func(into any) error {
		*into.(*wasteHeatPower) = section
		return nil
	}}
}

func (g *glass) kpi(t testing.TB, section wasteHeatPower) KPI {
	t.Helper()
	kpi, err := newWasteHeatPower(g.spec(section))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

// day runs a day in which the meters gain that much, in the order of tags().
func (g *glass) day(t testing.TB, section wasteHeatPower, gains [5]float64) *rig {
	t.Helper()
	r := newRig(t, utc(), g.kpi(t, section))
	for h := 0.0; h <= 24; h++ {
		g.read(r, h*3600, gains)
	}
	return r
}

func (g *glass) read(r *rig, s float64, gains [5]float64) {
	var readings []agent.Reading
	for i, tag := range g.tags() {
		switch {
		case tag.Counter != nil:
			readings = append(readings, raw(tag, s, 1000+uint64(math.Round(gains[i]*s/864))))
		case tag == g.pull:
			readings = append(readings, good(tag, sec(s), gains[i]))
		default:
			readings = append(readings, good(tag, sec(s), gains[i]/24))
		}
	}
	r.read(sec(s), readings...)
}

func gainsOf(t *testing.T, c *agenttest.Case) [5]float64 {
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	return [5]float64{get("gross_kWh"), get("aux_kWh"), get("import_kWh"), get("export_kWh"), 600}
}

func caseD01Shares(t *testing.T) {
	c := caseOf(t, "D01")
	for _, counters := range []bool{true, false} {
		g := newGlass(counters)
		section := g.section()
		section.Target = "share_net >= 20%"
		r := g.day(t, section, gainsOf(t, c))
		for _, name := range []string{"share_gross", "share_net"} {
			share := r.only("glass."+name, agent.Day)
			c.Expect(t, name, share.Value)
			own := share.Terms[0].Total
			if name == "share_net" {
				own = r.only("glass.generated_net", agent.Day).Value
			}
			c.Expect(t, "site_use_"+strings.TrimPrefix(name, "share_")+"_kWh", own/share.Value)
		}
		if got := r.only("glass.share_net", agent.Day); got.Quality != agent.Good || got.Verdict != agent.Pass || got.Coverage != 1 {
			t.Errorf("got %v %v, %v, coverage %g, want good, passed", got.Quality, got.Reason, got.Verdict, got.Coverage)
		}
		if got := r.only("glass.specific", agent.Day); !near(got.Value, 56160.0/600, 1e-6) || got.Unit != "kWh/t" {
			t.Errorf("got %g %s, want 93.6 kWh/t", got.Value, got.Unit)
		}
		section.Export = ""
		r = g.day(t, section, gainsOf(t, c))
		c.Expect(t, "share_net", r.only("glass.share_net", agent.Day).Value)
		if got := r.of("glass.self_consumption", agent.Day); got != nil {
			t.Errorf("got %v without an export meter, want nothing", got)
		}
	}
}

func caseD02Export(t *testing.T) {
	c := caseOf(t, "D02")
	for _, counters := range []bool{true, false} {
		g := newGlass(counters)
		r := g.day(t, g.section(), gainsOf(t, c))
		c.Expect(t, "self_generation_over_use", r.only("glass.share_net", agent.Day).Value)
		c.Expect(t, "site_use_net_kWh", r.only("glass.generated_net", agent.Day).Value/r.only("glass.share_net", agent.Day).Value)
		c.Expect(t, "self_consumption_of_generation", r.only("glass.self_consumption", agent.Day).Value)
		c.Expect(t, "self_consumed_share", r.only("glass.self_consumed_share", agent.Day).Value)
		if got := r.only("glass.aux_ratio", agent.Day).Value; !near(got, 0.1, 1e-6) {
			t.Errorf("got %g, want a tenth for the auxiliaries", got)
		}
	}
}

func caseD03Headline(t *testing.T) {
	c := caseOf(t, "D03")
	own, imported := field[float64](t, c.Expected, "own_MWh_d"), field[float64](t, c.Expected, "import_MWh_d")
	g := newGlass(false)
	g.gross.Unit, g.aux.Unit, g.imp.Unit, g.exp.Unit = "MW", "MW", "MW", "MW"
	r := g.day(t, g.section(), [5]float64{own, 0, imported, 0, 600})
	if got := r.only("glass.share_net", agent.Day).Value; !near(got, field[float64](t, c.Inputs, "share_net"), 1e-9) {
		t.Errorf("got %g, want a quarter", got)
	}
	if got := r.only("glass.generated_net", agent.Day); !near(got.Value/24, field[float64](t, c.Expected, "mean_own_kW"), 1e-6) || got.Unit != "kWh" {
		t.Errorf("got %g %s a day, want %s kW", got.Value, got.Unit, field[any](t, c.Expected, "mean_own_kW"))
	}
}

func caseU05Share(t *testing.T) {
	c := caseOf(t, "U05")
	share := field[float64](t, c.Inputs, "S")
	g := newGlass(false)
	g.gross.Accuracy = agent.Accuracy{Rel: field[float64](t, c.Inputs, "u_rel_generation"), As: "standard"}
	g.imp.Accuracy = agent.Accuracy{Rel: field[float64](t, c.Inputs, "u_rel_import"), As: "standard"}
	r := g.day(t, g.section(), [5]float64{share * 1000, 0, (1 - share) * 1000, 0, 600})
	if got, want := r.only("glass.share_net", agent.Day).U/2, field[float64](t, c.Expected, "u_abs_independent"); !near(got, want, 1e-3*want) {
		t.Errorf("got u %g, want %g", got, want)
	}
	g.gross.Accuracy.Rel, g.imp.Accuracy.Rel = field[float64](t, c.Inputs, "common_rel"), field[float64](t, c.Inputs, "common_rel")
	section := g.section()
	section.Correlated = []correlationSection{{[]string{g.gross.Name, g.imp.Name}, 1, "one calibration bench"}}
	r = g.day(t, section, [5]float64{share * 1000, 0, (1 - share) * 1000, 0, 600})
	c.Expect(t, "u_abs_fully_correlated", r.only("glass.share_net", agent.Day).U)
}

func TestPowerUncertaintyAgainstMonteCarlo(t *testing.T) {
	g := newGlass(false)
	g.aux.Accuracy, g.imp.Accuracy = agent.Accuracy{Rel: 0.02, As: "k2"}, agent.Accuracy{Rel: 0.004, Abs: 20, As: "standard"}
	g.exp.Accuracy = agent.Accuracy{Rel: 0.01, As: "standard"}
	gains := [5]float64{62400, 6240, 150000, 9000, 600}
	r := g.day(t, g.section(), gains)
	rnd := rand.New(rand.NewPCG(5, 6))
	const draws = 100000
	keys := []string{"share_net", "share_gross", "self_consumption", "aux_ratio", "generated_net", "specific", "self_consumed_share"}
	sums, squares := make([]float64, len(keys)), make([]float64, len(keys))
	for range draws {
		var x [5]float64
		for i, tag := range g.tags() {
			rel, abs := tag.Accuracy.Standard()
			x[i] = gains[i]*(1+rel*rnd.NormFloat64()) + 24*abs*rnd.NormFloat64()
		}
		net := x[0] - x[1]
		for i, v := range []float64{net / (x[2] - x[3] + net), x[0] / (x[2] - x[3] + x[0]), (net - x[3]) / net, x[1] / x[0], net, net / x[4], (net - x[3]) / (x[2] - x[3] + net)} {
			sums[i], squares[i] = sums[i]+v, squares[i]+v*v
		}
	}
	for i, key := range keys {
		mean := sums[i] / draws
		want := 2 * math.Sqrt(squares[i]/draws-mean*mean)
		if got := r.only("glass."+key, agent.Day); math.Abs(got.U-want) > 0.02*want || math.Abs(got.Value-mean) > 0.05*want {
			t.Errorf("%s: got %g ± %g, want %g ± %g within 2 %%", key, got.Value, got.U, mean, want)
		}
	}
}

func TestPowerPlantStands(t *testing.T) {
	g := newGlass(false)
	r := g.day(t, g.section(), [5]float64{0, 240, 100000, 0, 600})
	if got := r.only("glass.share_net", agent.Day); got.Withheld() || !near(got.Value, -240/99760.0, 1e-9) {
		t.Errorf("got %+v, want a share below zero: those hours belong to it", got)
	}
	for _, key := range []string{"self_consumption", "aux_ratio"} {
		if got := r.only("glass."+key, agent.Day); !got.Withheld() || got.Reason.Code != agent.NoInput {
			t.Errorf("%s: got %+v, want it withheld", key, got)
		}
	}
	r = g.day(t, g.section(), [5]float64{})
	if got := r.only("glass.share_net", agent.Day); !got.Withheld() || got.Reason.Code != agent.NoInput {
		t.Errorf("got %+v of a site without power, want it withheld", got)
	}
}

func TestFaultsOfWasteHeatPower(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(*glass, *wasteHeatPower)
		path, says, fix string
	}{
		{"share without auxiliaries", func(_ *glass, s *wasteHeatPower) { s.Generation.Auxiliaries, s.Target = "", "share_net >= 0.2" }, "target", "share_net cannot be computed: generation.auxiliaries is not named", "name the tags"},
		{"asked for", func(_ *glass, s *wasteHeatPower) { s.Export, s.Quantities = "", []string{"self_consumption"} }, "quantities[0]", "self_consumption cannot be computed: export is not named", "do not ask"},
		{"nothing named", func(_ *glass, s *wasteHeatPower) { *s = wasteHeatPower{} }, "", "generation.gross is not named", "name the tags"},
		{"no such quantity", func(_ *glass, s *wasteHeatPower) { s.Quantities = []string{"share"} }, "quantities[0]", `no quantity "share"`, "share_net, share_gross"},
		{"twice", func(_ *glass, s *wasteHeatPower) { s.Quantities = []string{"aux_ratio", "aux_ratio"} }, "quantities[1]", "twice", "once"},
		{"target of what is left out", func(_ *glass, s *wasteHeatPower) {
			s.Quantities, s.Target = []string{"aux_ratio"}, "share_net >= 0.2"
		}, "target", `"share_net"`, "aux_ratio"},
		{"misspelt", func(_ *glass, s *wasteHeatPower) { s.Import = "eq33" }, "import", `no tag "eq33"`, "eq33"},
		{"energy without counter", func(g *glass, _ *wasteHeatPower) { g.gross.Unit = "kWh" }, "generation.gross", "not a power", "counter:"},
		{"steam", func(g *glass, _ *wasteHeatPower) { g.imp.Unit = "t/h" }, "import", "not a power", "kW, MW, W"},
		{"pull of pieces", func(g *glass, _ *wasteHeatPower) { g.pull.Unit = "1/h" }, "pull", "not a mass rate", "t/h, t/d"},
		{"coverage in percent", func(_ *glass, s *wasteHeatPower) { v := 50.0; s.MinCoverage = &v }, "min_coverage", "50", "0 to 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGlass(false)
			section := g.section()
			test.change(g, &section)
			kpi, err := newWasteHeatPower(g.spec(section))
			path := "waste_heat_power"
			if test.path != "" {
				path += "." + test.path
			}
			faultOf(t, err, path, test.says, test.fix)
			newEngine(t, utc(), kpi) // checking goes on after a fault
		})
	}
}

func TestPowerWithoutAuxiliaries(t *testing.T) {
	g := newGlass(true)
	section := g.section()
	section.Generation.Auxiliaries = ""
	kpi := g.kpi(t, section)
	if got := keysOf(kpi); got != "share_gross" {
		t.Errorf("got %s, want the gross share only", got)
	}
	for _, key := range []string{"share_net", "self_consumption", "aux_ratio", "generated_net", "specific", "self_consumed_share"} {
		if why := whyAbsent(kpi, key); !strings.Contains(why, "gross generation would pass for net") {
			t.Errorf("%s: got absent for %q, want for want of the auxiliaries", key, why)
		}
	}
}
