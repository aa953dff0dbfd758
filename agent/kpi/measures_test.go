package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"recoup/agent"
)

// register builds a register over the melter's tags, in yuan.
func (m melter) register(t testing.TB, items ...measureSection) (KPI, error) {
	t.Helper()
	return newMeasures(decoded("savings", measuresSection{
		Unit: "yuan", Items: items,
		Factors: []factorSection{
			{Name: "price.power", Unit: "yuan/kWh", Source: "contract 12", Steps: []stepSection{{From: "2026-01-01", Value: number(0.5)}, {From: "2026-03-04", Value: number(0.7)}}},
			{Name: "price.glass", Unit: "yuan/t", Source: "list", Steps: []stepSection{{From: "2026-01-01", Value: number(100), U: 2}}},
		},
	}, m.tags()...))
}

func (m melter) mustRegister(t testing.TB, items ...measureSection) KPI {
	t.Helper()
	k, err := m.register(t, items...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func orc() measureSection {
	return measureSection{Key: "orc", Name: labelSection{EN: "waste-heat ORC"}, Since: "2026-03-03", Saving: "energy", By: []string{"price.power"}, Baseline: "nothing was generated"}
}

func cullet() measureSection {
	return measureSection{Key: "cullet", Since: "2026-03-02", Until: "2026-03-05", Saving: "total(pull) * 0.1", By: []string{"price.glass"}, Baseline: "cullet was thrown away", Share: number(0.5), Because: "half of it was there before"}
}

// TestMeasuresCountFromTheirDay: exactly, by the price of each day, and without
// calling the days before lost.
func TestMeasuresCountFromTheirDay(t *testing.T) {
	m := newMelter()
	r := m.run(t, 5, 1000, 240, 0, m.mustRegister(t, orc(), cullet()))
	want := map[string][]float64{
		"savings.orc":    {0, 12000, 16800, 16800, 16800},
		"savings.cullet": {1200, 1200, 1200, 0, 0},
		"savings.total":  {1200, 13200, 18000, 16800, 16800},
	}
	for name, days := range want {
		got := r.of(name, agent.Day)
		for i, value := range days {
			if checkBooks(t, got[i]); !near(got[i].Value, value, 1e-6) || got[i].Coverage != 1 || got[i].Withheld() {
				t.Errorf("%s, day %d: got %g of %g, %v; want %g", name, i+1, got[i].Value, got[i].Coverage, got[i].Reason, value)
			}
		}
	}
	factors := r.of("savings.total", agent.Day)[2].Factors
	for _, stated := range []string{
		"measure orc: waste-heat ORC, since 2026-03-03", "measure orc is compared with: nothing was generated",
		"measure cullet: cullet, since 2026-03-02 until 2026-03-05", "measure cullet: share 0.5 (half of it was there before)",
		"price.power 0.7 yuan/kWh (since 2026-03-04, contract 12)", "orc.in_service 1 1 (since 2026-03-03, register of measures)",
	} {
		if !slices.Contains(factors, stated) {
			t.Errorf("%q is not among %q", stated, factors)
		}
	}
}

// TestMeasureOfABaseline: the saving of a model, priced; its U is the model's.
func TestMeasureOfABaseline(t *testing.T) {
	m, c := newMelter(), caseOf(t, "E04")
	item := orc()
	item.Saving, item.Baseline = "melter.saving", "melter.enpi"
	r := m.run(t, 3, 82000.0/24, 580, 0, m.mustRegister(t, item), m.enpi(t, baselineSection{Model: declaredModel(c, t)}))
	day := r.of("savings.orc", agent.Day)
	if !near(day[1].Value, 4400*0.5, 1e-6) || !near(day[1].U, 2*0.01*86400*0.5, 1e-3) || !near(day[2].Value, 4400*0.7, 1e-6) || !near(day[2].U, 2*0.01*86400*0.7, 1e-3) {
		t.Errorf("got %g ± %g and %g ± %g yuan", day[1].Value, day[1].U, day[2].Value, day[2].U)
	}
	if day[0].Value != 0 || day[0].Withheld() {
		t.Errorf("before its day: got %g, %v", day[0].Value, day[0].Reason)
	}
	outside := m.run(t, 3, 82000.0/24, 850, 0, m.mustRegister(t, item), m.enpi(t, baselineSection{Model: declaredModel(c, t)})).of("savings.total", agent.Day)
	if got := outside[2]; got.Reason.Code != agent.OutsideModel || got.Reason.Detail != "production 850 t/d, 300 … 800" {
		t.Errorf("outside the baseline: got %v %v", got.Quality, got.Reason)
	}
}

func TestMeasuresUncertaintyAgainstMonteCarlo(t *testing.T) {
	m := newMelter()
	m.energy.Accuracy, m.pull.Accuracy = agent.Accuracy{Rel: 0.04, As: "k2"}, agent.Accuracy{Rel: 0.06, As: "k2"}
	got := m.run(t, 4, 1000, 240, 0, m.mustRegister(t, orc(), cullet())).of("savings.total", agent.Day)[2]
	rnd := rand.New(rand.NewPCG(3, 4))
	const draws = 200000
	var sum, square float64
	for range draws {
		x := 24000*0.7*(1+0.02*rnd.NormFloat64()) + 12*(1+0.03*rnd.NormFloat64())*(100+2*rnd.NormFloat64())
		sum, square = sum+x, square+x*x
	}
	mean := sum / draws
	if want := 2 * math.Sqrt(square/draws-mean*mean); math.Abs(got.U-want) > 0.02*want {
		t.Errorf("got %g ± %g, want U %g within 2 %%", got.Value, got.U, want)
	}
}

// TestNoMeterCountsTwice: neither directly nor by way of other KPIs; what drives a
// baseline may stand behind several.
func TestNoMeterCountsTwice(t *testing.T) {
	c := caseOf(t, "E04")
	other := func(change func(*measureSection)) measureSection {
		s := orc()
		s.Key, s.Saving = "other", "energy * 0.3"
		if change != nil {
			change(&s)
		}
		return s
	}
	half := func(s *measureSection) { s.Share, s.Because = number(0.5), "metered once" }
	shared := orc()
	half(&shared)
	for name, test := range map[string]struct {
		items []measureSection
		want  string
	}{
		"twice":         {[]measureSection{orc(), other(nil)}, "measures.items[1].saving: the meter energy counts in orc and other, 2 times in all"},
		"by a baseline": {[]measureSection{orc(), other(func(s *measureSection) { s.Saving = "melter.saving" })}, "the meter energy counts in orc and other"},
		"too much":      {[]measureSection{shared, other(func(s *measureSection) { s.Share, s.Because = number(0.7), "x" })}, "1.2 times in all"},
		"halves":        {[]measureSection{shared, other(half)}, ""},
		"a driver":      {[]measureSection{other(func(s *measureSection) { s.Saving = "melter.saving" }), cullet()}, ""},
	} {
		m := newMelter()
		errs := Link([]KPI{m.mustRegister(t, test.items...), m.enpi(t, baselineSection{Model: declaredModel(c, t)})})
		switch err := errs[0]; {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestFaultsOfMeasures(t *testing.T) {
	for name, test := range map[string]struct {
		change         func(*measureSection)
		path, msg, fix string
	}{
		"a ratio":       {func(s *measureSection) { s.Saving = "energy / pull * 1" }, "measures.items[0].saving", "no total that adds up", "joined by"},
		"a choice":      {func(s *measureSection) { s.Saving = "max(energy, 0)" }, "measures.items[0].saving", "no total that adds up", "joined by"},
		"the unit":      {func(s *measureSection) { s.By = nil }, "measures.items[0].saving", "cannot be given in yuan", "write a unit"},
		"no factor":     {func(s *measureSection) { s.By = []string{"price.gold"} }, "measures.items[0].by[0]", "price.gold", "price.power"},
		"no day":        {func(s *measureSection) { s.Since = "soon" }, "measures.items[0].since", "soon", "2026-03-01"},
		"ends early":    {func(s *measureSection) { s.Until = "2026-01-01" }, "measures.items[0].until", "2026-01-01", "day after"},
		"no comparison": {func(s *measureSection) { s.Baseline = "" }, "measures.items[0].baseline", "compared", "before"},
		"no reason":     {func(s *measureSection) { s.Share = number(0.5) }, "measures.items[0].because", "defended", "design"},
		"its key":       {func(s *measureSection) { s.Key = "total" }, "measures.items[0].key", "taken", "orc"},
	} {
		m, item := newMelter(), orc()
		test.change(&item)
		k, err := m.register(t, item)
		if err == nil {
			err = Link([]KPI{k})[0]
		}
		if err == nil || !strings.Contains(err.Error(), test.path) || !strings.Contains(err.Error(), test.msg) || !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s: got %v, want %s: … %s … %s", name, err, test.path, test.msg, test.fix)
		}
	}
}

// TestChangedShareIsAnotherDefinition, or old and new money would add up.
func TestChangedShareIsAnotherDefinition(t *testing.T) {
	m := newMelter()
	hash := func(share float64) [32]byte {
		item := cullet()
		item.Share = &share
		return m.run(t, 1, 1, 1, 0, m.mustRegister(t, item)).of("savings.total", agent.Hour)[0].Config
	}
	if hash(0.5) == hash(0.6) {
		t.Error("the same hash")
	}
}
