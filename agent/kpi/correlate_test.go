package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// related is the plant with volume flows, so that strengths are arguments of
// formulas, and the same laboratory behind all of them.
func related(t *testing.T, r float64) (*acid, KPI, map[string]agent.Accuracy) {
	t.Helper()
	a := newAcid()
	accuracies := map[string]agent.Accuracy{
		"ft201": {Rel: 0.002, As: "standard"}, "ft270": {Rel: 0.002, As: "standard"},
		"at201": {Rel: 0.004, As: "standard"}, "at270": {Rel: 0.004, As: "standard"}, "at261": {Rel: 0.004, As: "standard"},
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	section := a.section()
	section.Quantities = []string{"recovery_direct"}
	if r > 0 {
		section.Correlated = []correlationSection{{[]string{"at201", "at270", "at261"}, r, "same titrant"}}
	}
	return a, a.kpi(t, section), accuracies
}

func TestCorrelatedArgumentsAgainstMonteCarlo(t *testing.T) {
	for _, r := range []float64{0, 0.5, 1} {
		a, kpi, accuracies := related(t, r)
		shows := usual()
		run := newRig(t, utc(), kpi)
		level := func(h float64) float64 { return 1 + h/168 }
		for h := 0.0; h <= 168; h++ {
			a.read(run, h*3600, map[string]float64{"ft270": 1.2, "lt261": level(h)})
		}
		shows["ft270"] = 1.2
		rnd := rand.New(rand.NewPCG(3, 7))
		acidOf := func(w, at float64) float64 {
			density, _, _ := acidDensity(w/100, at)
			return density * w / 100
		}
		const draws = 100000
		var sum, square float64
		for range draws {
			shared := rnd.NormFloat64()
			draw := func(name string, r float64) float64 {
				rel, _ := accuracies[name].Standard()
				return shows[name] * (1 + rel*(math.Sqrt(r)*shared+math.Sqrt(1-r)*rnd.NormFloat64()))
			}
			model := func() float64 { return 1 + densityRel*rnd.NormFloat64() }
			feed := 168 * draw("ft201", 0) * acidOf(draw("at201", r), 25) * model()
			product := 168 * draw("ft270", 0) * acidOf(draw("at270", r), 30) * model()
			change := math.Pi / 4 * 100 * acidOf(draw("at261", r), 40) * model()
			v := (product + change) / feed
			sum, square = sum+v, square+v*v
		}
		mean := sum / draws
		want := 2 * math.Sqrt(square/draws-mean*mean)
		if got := run.only("acid.recovery_direct", agent.Week); !near(got.U, want, 0.02*want) || !near(got.Value, mean, 1e-3) {
			t.Errorf("r %g: got %.6f ± %.6f, want %.6f ± %.6f within 2 %%", r, got.Value, got.U, mean, want)
		}
	}
}

// TestCorrelationsThroughRestarts: what errors do adds over cells, also over
// restarts; of stored cells it is taken to be in proportion.
func TestCorrelationsThroughRestarts(t *testing.T) {
	a, kpi, _ := related(t, 0.8)
	whole, patched := newRig(t, utc(), kpi), newRig(t, utc(), kpi)
	restored := newEngine(t, utc(), kpi)
	for h := 0.0; h <= 168; h++ {
		before, was := len(whole.results), whole.seq
		a.read(whole, h*3600, nil)
		last := whole.batch("plc", sec(h*3600))
		whole.seq = was + 1
		for _, tag := range a.all {
			last.Readings = append(last.Readings, good(tag, sec(h*3600), usual()[tag.Name]))
		}
		last.Seq = was + 1
		results, _ := restored.Add(last)
		if got, want := outcome(t, results, nil), outcome(t, whole.results[before:], nil); got != want {
			t.Fatalf("hour %g: got\n%s\nwant\n%s", h, got, want)
		}
		data := checkpointOf(t, whole.engine)
		restored = newEngine(t, utc(), kpi)
		if err := restored.Restore(data); err != nil {
			t.Fatal(err)
		}
		if h < 24 || h > 30 {
			patched.add(last)
			continue
		}
		stand := patched.batch(agent.Own, sec(h*3600))
		stand.Results = whole.results[before:]
		patched.add(stand)
	}
	got, want := patched.only("acid.recovery_direct", agent.Week), whole.only("acid.recovery_direct", agent.Week)
	if !near(got.U, want.U, 0.05*want.U) || got.U <= 0 {
		t.Errorf("with stored cells: got U %.6f, want about %.6f", got.U, want.U)
	}
}

func TestFaultsOfCorrelations(t *testing.T) {
	for name, test := range map[string]struct {
		groups          []correlationSection
		path, says, fix string
	}{
		"one tag":      {[]correlationSection{{[]string{"at201"}, 0.8, "x"}}, "[0].tags", "1 are named", "two tags"},
		"no such tag":  {[]correlationSection{{[]string{"at201", "at207"}, 0.8, "x"}}, "[0].tags[1]", `no tag "at207"`, "at2"},
		"no input":     {[]correlationSection{{[]string{"at201", "at262"}, 0.8, "x"}}, "[0].tags[1]", "at262 is no input", "computed from"},
		"r of nothing": {[]correlationSection{{[]string{"at201", "at270"}, 0, "x"}}, "[0].r", "0 is not how far", "above 0"},
		"r above one":  {[]correlationSection{{[]string{"at201", "at270"}, 80, "x"}}, "[0].r", "80 is not how far", "up to 1"},
		"no reason":    {[]correlationSection{{[]string{"at201", "at270"}, 0.8, ""}}, "[0].because", "needs its reason", "same titrant"},
		"absolute":     {[]correlationSection{{[]string{"at201", "lt261"}, 0.8, "x"}}, "[0].tags[1]", "states no relative accuracy", "per cent"},
		"two groups": {[]correlationSection{{[]string{"at201", "at270"}, 1, "x"}, {[]string{"at270", "at261"}, 1, "y"}},
			"[1].tags[0]", "at270 is named twice", "one group only"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAcid()
			a.byName["lt261"].Accuracy = agent.Accuracy{Abs: 0.005}
			section := a.section()
			section.Correlated = test.groups
			_, err := newAcidRecovery(a.spec(section))
			faultOf(t, err, "acid_recovery.correlated"+test.path, test.says, test.fix)
		})
	}
}

// TestCorrelationIsInTheDefinition: another assumption is another definition,
// only of what it is about.
func TestCorrelationIsInTheDefinition(t *testing.T) {
	a := newAcid()
	section := a.section()
	before := newEngine(t, utc(), a.kpi(t, section))
	section.Correlated = []correlationSection{{[]string{"at201", "at270"}, 0.8, "same titrant"}}
	after := newEngine(t, utc(), a.kpi(t, section))
	for i, q := range after.quantities {
		changed := q.config != before.quantities[i].config
		if want := q.among([]string{"at201"}) != nil && q.among([]string{"at270"}) != nil; changed != want {
			t.Errorf("%s: got changed %v, want %v", q.Name, changed, want)
		}
	}
}

// kindred is a mean by two methods, of tags whose errors go together.
func kindred(factor, argument *agent.Tag) KPI {
	square := &Formula{Name: "square", Args: []Arg{{Tag: argument, Unit: 1, Valid: &agent.Range{Lo: -15, Hi: 15}}}, Of: func(x []float64) (float64, agent.Quality, int) {
		return x[0] * x[0], agent.Good, 0
	}}
	kpi := amount("kindred", 1, factor)
	q := &kpi.Quantities[0]
	q.Terms = append(q.Terms, Term{Role: "other", Unit: "x", Factor: 1, Formula: square})
	first := func(x []float64) (float64, []float64, agent.Reason) { return x[0], []float64{1, 0}, agent.Reason{} }
	second := func(x []float64) (float64, []float64, agent.Reason) { return x[1], []float64{0, 1}, agent.Reason{} }
	q.Value, q.Methods, q.MinWindow = noFigure, []Figure{first, second}, agent.Hour
	q.Correlated = []Correlation{{[]string{factor.Name, argument.Name}, 0.6, "one cause"}}
	return kpi
}
