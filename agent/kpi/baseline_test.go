package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// melter is a furnace with a production, and weather beside it.
type melter struct{ energy, pull, air *agent.Tag }

func newMelter() melter {
	m := melter{tagOf("energy", "kW", "plc", 0), tagOf("pull", "t/d", "plc", 1), tagOf("air", "°C", "plc", 2)}
	for _, tag := range m.tags() {
		tag.MaxGap, tag.Every = 7*time.Hour, 6*time.Hour
		tag.Accuracy = agent.Accuracy{Rel: 1e-9}
	}
	return m
}

func (m melter) tags() []*agent.Tag { return []*agent.Tag{m.energy, m.pull, m.air} }

func (m melter) enpi(t testing.TB, section baselineSection) KPI {
	t.Helper()
	k, err := m.tryEnpi(section)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// tryEnpi builds the KPI with all that must be there.
func (m melter) tryEnpi(s baselineSection) (KPI, error) {
	if s.Energy == "" {
		s.Energy, s.Unit, s.Source = "energy", "kWh", "report 2025"
	}
	if s.Drivers == nil {
		s.Drivers = []driverSection{{Name: "production", Value: "pull", Unit: "t"}}
	}
	return newBaseline(decoded("melter", s, m.tags()...))
}

// run feeds days of constant values.
func (m melter) run(t testing.TB, days int, energy, pull, air float64, kpis ...KPI) *rig {
	t.Helper()
	r := newRig(t, utc(), kpis...)
	for s := 0.0; s <= float64(days)*86400; s += 6 * 3600 {
		r.read(sec(s), good(m.energy, sec(s), energy), good(m.pull, sec(s), pull), good(m.air, sec(s), air))
	}
	return r
}

func declaredModel(c *agenttest.Case, t *testing.T) *declaredSection {
	return &declaredSection{
		Period: "day", Intercept: number(field[float64](t, c.Inputs, "baseline_intercept_kWh_d")),
		Slopes: []float64{field[float64](t, c.Inputs, "slope_kWh_t")}, Ranges: [][]float64{{300, 800}}, U: 0.01,
	}
}

func caseE04Baseline(t *testing.T) {
	c, m := caseOf(t, "E04"), newMelter()
	k := m.enpi(t, baselineSection{Model: declaredModel(c, t), Target: "enpi <= 0.97"})
	r := m.run(t, 1, field[float64](t, c.Inputs, "actual_kWh_d")/24, field[float64](t, c.Inputs, "production_t_d"), 0, k)
	for key, want := range map[string]string{"expected": "expected_kWh_d", "saving": "saving_kWh_d", "enpi": "enpi_ratio"} {
		got := r.only("melter."+key, agent.Day)
		checkBooks(t, got)
		if c.Expect(t, want, got.Value); got.Quality != agent.Good || !slices.Contains(got.Factors, "baseline: 40000 kWh/d + 80 kWh/t × production") {
			t.Errorf("%s: got %v %v, %q", key, got.Quality, got.Reason, got.Factors)
		}
	}
	if got := r.only("melter.enpi", agent.Day); got.Verdict != agent.Pass || !near(got.U, 2*0.01*got.Value, 1e-4) {
		t.Errorf("got %v at %g ± %g, want a pass with the model's 2 %%", got.Verdict, got.Value, got.U)
	}
	if got := r.of("melter.enpi", agent.Hour)[0]; got.Quality != agent.Uncertain || got.Reason.Code != agent.TrendOnly {
		t.Errorf("an hour: got %v %v, want a trend", got.Quality, got.Reason)
	}
}

// TestSavingWithinItsUncertaintyIsNoSaving: nobody can tell it from chance. Use
// beyond what was expected shows as soon as it is beyond U.
func TestSavingWithinItsUncertaintyIsNoSaving(t *testing.T) {
	c, m := caseOf(t, "E04"), newMelter()
	k := m.enpi(t, baselineSection{Model: declaredModel(c, t)})
	for _, test := range []struct {
		perDay float64
		want   agent.Code
	}{{86400 - 1700, agent.WithinUncertainty}, {86400 - 1750, agent.NoReason}, {86400 + 1700, agent.WithinUncertainty}, {86400 + 1750, agent.NoReason}} {
		got := m.run(t, 1, test.perDay/24, 580, 0, k).only("melter.saving", agent.Day)
		if got.Reason.Code != test.want || got.Withheld() != (test.want != agent.NoReason) {
			t.Errorf("%g kWh: got %g ± %g, %v", test.perDay, got.Value, got.U, got.Reason)
		}
		if got.Withheld() && (got.Value != 0 || !strings.Contains(got.Reason.Detail, "± 1.7e+03 kWh")) {
			t.Errorf("%g kWh: got %g, %q", test.perDay, got.Value, got.Reason.Detail)
		}
	}
}

func TestDriverOutsideTheBaselineIsUncertain(t *testing.T) {
	c, m := caseOf(t, "E04"), newMelter()
	k := m.enpi(t, baselineSection{Model: declaredModel(c, t), Target: "enpi <= 1.2"})
	share, err := newFormula(decoded("own", formulaSection{Quantities: []computedSection{{Key: "worth", Unit: "MWh", Value: "melter.saving * 0.5"}}}, m.tags()...))
	if err != nil {
		t.Fatal(err)
	}
	r := m.run(t, 1, 2000, 850, 0, k, share)
	for _, name := range []string{"melter.enpi", "melter.saving", "own.worth"} {
		got := r.only(name, agent.Day)
		if got.Quality != agent.Uncertain || got.Reason.Code != agent.OutsideModel || got.Reason.Detail != "production 850 t/d, 300 … 800" {
			t.Errorf("%s: got %v %v, want it doubted", name, got.Quality, got.Reason)
		}
	}
	if got := r.only("melter.enpi", agent.Day); got.Verdict != agent.Inconclusive {
		t.Errorf("got %v, want no verdict beyond the model", got.Verdict)
	}
	saving, worth := r.only("melter.saving", agent.Day), r.only("own.worth", agent.Day)
	if !near(worth.Value, saving.Value/2000, 1e-9) || !near(worth.U, saving.U/2000, 1e-9*worth.U) {
		t.Errorf("half of %g ± %g kWh: got %g ± %g MWh", saving.Value, saving.U, worth.Value, worth.U)
	}
}

// months gives a baseline year that the energy 40000 + 80 × production − 300 ×
// temperature per day and a scatter are behind of.
func months(scatter func() float64) (all []periodSection) {
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 12 {
		from, to := begin.AddDate(0, i, 0), begin.AddDate(0, i+1, 0)
		days := to.Sub(from).Hours() / 24
		pull, air := 550+100*math.Sin(float64(i*i)), 15-12*math.Cos(float64(i)*math.Pi/6)
		energy := (40000 + 80*pull - 300*air + scatter()) * days
		all = append(all, periodSection{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Energy: &energy, Drivers: []float64{pull * days, air}})
	}
	return all
}

func twoDrivers() []driverSection {
	return []driverSection{{Name: "production", Value: "pull", Unit: "t"}, {Name: "outdoors", Value: "mean(air)", Unit: "°C"}}
}

func TestBaselineFitsItsPeriods(t *testing.T) {
	m := newMelter()
	k := m.enpi(t, baselineSection{Drivers: twoDrivers(), Periods: months(func() float64 { return 0 }), Static: []string{"one furnace"}})
	r := m.run(t, 63, 3000, 600, 20, k)
	got := r.of("melter.expected", agent.Month)
	if len(got) == 0 {
		t.Fatal("no month")
	}
	last := got[len(got)-1]
	days := last.Window.End.Sub(last.Window.Start).Hours() / 24
	if want := days * (40000 + 80*600 - 300*20); !near(last.Value, want, 1e-6*want) || last.U > 1e-3*want {
		t.Errorf("got %g ± %g, want %g", last.Value, last.U, want)
	}
	for _, want := range []string{"baseline fit: 12 periods from 2025-01-01 to 2026-01-01, R² 1.000", "baseline source: report 2025", "static factor: one furnace"} {
		if !slices.ContainsFunc(last.Factors, func(f string) bool { return strings.HasPrefix(f, want) }) {
			t.Errorf("%q is not among %q", want, last.Factors)
		}
	}
	if got := r.of("melter.saving", agent.Day); got[1].Quality != agent.Uncertain || got[1].Reason.Code != agent.TrendOnly {
		t.Errorf("a day: got %v %v, want a trend: the periods are months", got[1].Quality, got[1].Reason)
	}
}

// TestBaselineUncertaintyAgainstMonteCarlo: of many years of measured months with
// a scatter, U of the figure made from each covers what is then measured in 95 %.
func TestBaselineUncertaintyAgainstMonteCarlo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 5))
	const sigma, draws = 2000.0, 4000
	means := []bool{false, true}
	covered := map[float64]int{}
	for range draws {
		var rows []period
		for _, s := range months(func() float64 { return sigma * rnd.NormFloat64() }) {
			from, _ := time.Parse(time.DateOnly, s.From)
			to, _ := time.Parse(time.DateOnly, s.To)
			rows = append(rows, period{to.Sub(from).Hours() / 24, *s.Energy, s.Drivers})
		}
		model, _, err := fit(rows, means)
		if err != nil {
			t.Fatal(err)
		}
		for _, months := range []float64{1, 12} {
			days, pull, air := months*model.Period, 610.0, 22.0
			truth := days * (40000 + 80*pull - 300*air + sigma/math.Sqrt(months)*rnd.NormFloat64())
			x := []float64{pull * days, air}
			expected := days * (model.Intercept + model.Slopes[0]*pull + model.Slopes[1]*air)
			if math.Abs(expected-truth) <= 2*math.Sqrt(model.variance(days, x)) {
				covered[months]++
			}
		}
	}
	for months, n := range covered {
		if share := float64(n) / draws; share < 0.945 || share > 0.965 {
			t.Errorf("%g months: U covers %.3f, want 0.955", months, share)
		}
	}
}

// TestBaselineUncertaintyHasMetersAndModel: what the budget lists is what U is.
func TestBaselineUncertaintyHasMetersAndModel(t *testing.T) {
	m := newMelter()
	m.energy.Accuracy, m.pull.Accuracy = agent.Accuracy{Rel: 0.01, As: "k2"}, agent.Accuracy{Rel: 0.02, As: "k2"}
	rnd := rand.New(rand.NewPCG(1, 2))
	k := m.enpi(t, baselineSection{Drivers: twoDrivers(), Periods: months(func() float64 { return 500 * rnd.NormFloat64() })})
	got := m.run(t, 63, 3000, 600, 20, k).of("melter.saving", agent.Month)
	last := got[len(got)-1]
	if err := Link([]KPI{k})[0]; err != nil {
		t.Fatal(err)
	}
	q := k.Quantities[1] // the saving
	_, sens, _ := q.Value(totalsOf(&last))
	var square float64
	var names []string
	for i, term := range last.Terms {
		u := math.Hypot(term.USys, term.URand)
		square += sens[i] * sens[i] * u * u
		if u > 0 {
			names = append(names, term.Tag)
		}
	}
	if u := 2 * math.Sqrt(square); !near(u, last.U, 0.02*last.U) {
		t.Errorf("the budget gives %g, U is %g", u, last.U)
	}
	if !slices.Contains(names, "model") || !slices.Contains(names, "energy") || !slices.Contains(names, "pull") {
		t.Errorf("the budget has %q", names)
	}
}

func TestFaultsOfBaseline(t *testing.T) {
	flat := months(func() float64 { return 0 })
	for i := range flat {
		flat[i].Drivers = []float64{flat[i].Drivers[0], 20}
	}
	overlap := months(func() float64 { return 0 })
	overlap[3].From = "2025-03-20"
	short := months(func() float64 { return 0 })[:3]
	wrong := months(func() float64 { return 0 })
	wrong[2].Drivers = []float64{1}
	c := caseOf(t, "E04")
	for name, test := range map[string]struct {
		section        baselineSection
		path, msg, fix string
	}{
		"nothing":         {baselineSection{}, "baseline.periods", "neither", "model"},
		"both":            {baselineSection{Periods: short, Model: declaredModel(c, t)}, "baseline.model", "beside", "delete"},
		"few periods":     {baselineSection{Drivers: twoDrivers(), Periods: short}, "baseline.periods", "3 periods are too few for 2 drivers: 4", "cycle"},
		"constant driver": {baselineSection{Drivers: twoDrivers(), Periods: flat}, "baseline.drivers[1]", "outdoors never changes", "leave it out"},
		"overlap":         {baselineSection{Drivers: twoDrivers(), Periods: overlap}, "baseline.periods[3].from", "2025-03-20", "order"},
		"numbers":         {baselineSection{Drivers: twoDrivers(), Periods: wrong}, "baseline.periods[2].drivers", "2 drivers have 1 numbers", "order"},
		"no uncertainty":  {baselineSection{Model: &declaredSection{Period: "day", Intercept: number(1), Slopes: []float64{1}, Ranges: [][]float64{{1, 2}}}}, "baseline.model.u", "chance", "0.02"},
		"no range":        {baselineSection{Model: &declaredSection{Period: "day", Intercept: number(1), Slopes: []float64{1}, U: 0.1}}, "baseline.model.ranges", "0 ranges", "300"},
		"period":          {baselineSection{Model: &declaredSection{Period: "fortnight", Intercept: number(1), Slopes: []float64{1}, U: 0.1, Ranges: [][]float64{{1, 2}}}}, "baseline.model.period", "fortnight", "month"},
		"unit of driver":  {baselineSection{Drivers: []driverSection{{Name: "x", Value: "pull", Unit: "kWh"}}, Model: declaredModel(c, t)}, "baseline.drivers", "driver x is a mass", "unit of a mass"},
		"unit":            {baselineSection{Energy: "pull", Unit: "kWh", Source: "x", Model: declaredModel(c, t)}, "baseline.energy", "cannot be given in kWh", "kg"},
		"temperature":     {baselineSection{Drivers: []driverSection{{Name: "x", Value: "air", Unit: "°C"}}, Model: declaredModel(c, t)}, "baseline.drivers[0].value", "no rate", "mean(air)"},
		"tag":             {baselineSection{Energy: "enrgy", Unit: "kWh", Source: "x", Model: declaredModel(c, t)}, "baseline.energy", "enrgy", "energy"},
	} {
		m := newMelter()
		k, err := m.tryEnpi(test.section)
		if err == nil {
			err = Link([]KPI{k})[0]
		}
		if err == nil || !strings.Contains(err.Error(), test.path) || !strings.Contains(err.Error(), test.msg) || !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s: got %v, want %s: … %s … %s", name, err, test.path, test.msg, test.fix)
		}
	}
}
