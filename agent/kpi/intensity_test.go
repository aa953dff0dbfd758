package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// works is a plant that makes one product with purchased power.
type works struct{ power, product *agent.Tag }

func newWorks() works {
	w := works{tagOf("power", "kW", "plc", 0), tagOf("product", "t/d", "plc", 1)}
	for _, tag := range w.tags() {
		tag.MaxGap = time.Hour
	}
	w.power.Accuracy, w.product.Accuracy = agent.Accuracy{Rel: 0.01}, agent.Accuracy{Rel: 0.02, As: "k2"}
	return w
}

func (w works) tags() []*agent.Tag { return []*agent.Tag{w.power, w.product} }

func (w works) carbon(t testing.TB) KPI {
	t.Helper()
	steps := []stepSection{{From: "2026-01-01", Value: number(0.53), U: 0.01}, {From: "2026-03-02", Value: number(0.5), U: 0.01}}
	kpi, err := newEnergyCarbon(decoded("site.carbon", energyCarbon{
		Carriers: []carrier{{Carrier: "electricity", Energy: "power", CO2: "grid.own"}},
		Factors:  []factorSection{{Name: "grid.own", Unit: "kgCO2/kWh", Source: "announcement 7", Steps: steps}},
	}, w.tags()...))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

func (w works) intensity(t testing.TB, section intensitySection) KPI {
	t.Helper()
	kpi, err := newIntensity(decoded("product", section, w.tags()...))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

func (w works) hour(t testing.TB, kpis ...KPI) agent.Result {
	t.Helper()
	r := newRig(t, utc(), kpis...)
	for s := 0.0; s <= 3600; s += 600 {
		r.read(sec(s), good(w.power, sec(s), 3000), good(w.product, sec(s), 600))
	}
	return r.only("product.intensity", agent.Hour)
}

func TestIntensity(t *testing.T) {
	w := newWorks()
	for _, test := range []struct {
		section intensitySection
		want    float64
		stated  []string
	}{
		{intensitySection{Amount: "power", Product: "product", Unit: "kWh/t", Boundary: "gate-to-gate: the mill"}, 120, []string{"boundary: gate-to-gate: the mill", "allocation: none"}},
		{intensitySection{Amount: "power", Product: "product", Unit: "MJ/kg", Boundary: "mill"}, 0.432, []string{"boundary: mill", "allocation: none"}},
		{
			intensitySection{Amount: "site.carbon.co2", Product: "product", Unit: "kgCO2/t", Boundary: "power", Allocation: &allocation{number(0.6), "mass", "two products"}}, 36,
			[]string{"grid.own 0.5 kgCO2/kWh (since 2026-03-02, announcement 7)", "boundary: power", "allocation: 0.6 by mass (two products)"},
		},
	} {
		got := w.hour(t, w.intensity(t, test.section), w.carbon(t))
		if checkBooks(t, got); !near(got.Value, test.want, 1e-9*test.want) || !slices.Equal(got.Factors, test.stated) || got.Quality != agent.Good {
			t.Errorf("%+v: got %g by %q, want %g by %q", test.section, got.Value, got.Factors, test.want, test.stated)
		}
	}
}

func TestIntensityUncertaintyAgainstMonteCarlo(t *testing.T) {
	w := newWorks()
	w.product.Accuracy = agent.Accuracy{Rel: 0.02, Abs: 6, As: "k2"}
	got := w.hour(t, w.carbon(t), w.intensity(t, intensitySection{Amount: "site.carbon.co2", Product: "product", Unit: "kgCO2/t", Boundary: "power"}))
	rnd := rand.New(rand.NewPCG(8, 9))
	const draws = 200000
	var sum, square float64
	for range draws {
		co2 := 3000 * (1 + 0.01*(2*rnd.Float64()-1)) * (0.5 + 0.01*rnd.NormFloat64())
		x := co2 / (600*(1+0.01*rnd.NormFloat64()) + 3*rnd.NormFloat64()) * 24
		sum, square = sum+x, square+x*x
	}
	mean := sum / draws
	if want := 2 * math.Sqrt(square/draws-mean*mean); math.Abs(got.U-want) > 0.02*want {
		t.Errorf("got %g ± %g, want U %g within 2 %%", got.Value, got.U, want)
	}
}

func TestIntensityWithoutProduct(t *testing.T) {
	w := newWorks()
	r := newRig(t, utc(), w.intensity(t, intensitySection{Amount: "power", Product: "product", Unit: "kWh/t", Boundary: "mill"}))
	for s := 0.0; s <= 900; s += 300 {
		r.read(sec(s), good(w.power, sec(s), 3000), good(w.product, sec(s), 0))
	}
	if got := r.only("product.intensity", agent.Cell); !got.Withheld() || got.Reason.Code != agent.NoInput {
		t.Errorf("got %g, %v, want it withheld", got.Value, got.Reason)
	}
}

// TestCutIntensityNamesItsBoundary: the last results of a boundary that was
// changed name that one, not the new one.
func TestCutIntensityNamesItsBoundary(t *testing.T) {
	w := newWorks()
	section := intensitySection{Amount: "power", Product: "product", Unit: "kWh/t", Boundary: "mill"}
	r := newRig(t, utc(), w.intensity(t, section))
	for s := 0.0; s <= 3600; s += 600 {
		r.read(sec(s), good(w.power, sec(s), 3000), good(w.product, sec(s), 600))
	}
	section.Boundary = "mill and furnace"
	next := newRig(t, utc(), w.intensity(t, section))
	next.epoch = 2
	if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
		t.Fatal(err)
	}
	next.read(sec(3700), good(w.power, sec(3700), 3000))
	if got := next.only("product.intensity", agent.Day); !slices.Equal(got.Factors, []string{"boundary: mill", "allocation: none"}) {
		t.Errorf("got %q, want the boundary of old", got.Factors)
	}
}

func TestFaultsOfIntensity(t *testing.T) {
	w := newWorks()
	whole := intensitySection{Amount: "power", Product: "product", Unit: "kWh/t", Boundary: "mill"}
	for _, test := range []struct {
		change          func(*intensitySection)
		path, says, fix string
	}{
		{func(s *intensitySection) { s.Amount = "" }, "amount", "missing", "site.carbon.co2"},
		{func(s *intensitySection) { s.Product = "" }, "product", "missing", "totaliser"},
		{func(s *intensitySection) { s.Boundary = "" }, "boundary", "missing", "gate-to-gate"},
		{func(s *intensitySection) { s.Unit = "" }, "unit", "unit is missing", "kWh/kg"},
		{func(s *intensitySection) { s.Allocation = &allocation{Share: number(1.2), By: "mass", Because: "x"} }, "allocation.share", "no share", "0.6"},
		{func(s *intensitySection) { s.Allocation = &allocation{Share: number(0.5)} }, "allocation", "cannot be defended", "because"},
		{func(s *intensitySection) { s.Target = "intensity <= -1" }, "target", "cannot be -1", "0 to"},
		{func(s *intensitySection) { s.Bounds = []float64{1} }, "bounds", "no bounds", "[0, 100]"},
		{func(s *intensitySection) { s.Unit = "kgCO2/t" }, "unit", "an energy per mass", "kWh/kg"},
		{func(s *intensitySection) { s.Amount = "site.carbon.co2" }, "unit", "mass of CO2 per mass", "kgCO2/kg"},
		{func(s *intensitySection) { s.Amount = "site.carbon.co" }, "amount", "site.carbon.co", "did you mean site.carbon.co2?"},
		{func(s *intensitySection) { s.Amount = "site.carbon.tce_equal" }, "amount", "cannot be computed", "missing there"},
		{func(s *intensitySection) { s.Product = "prodct" }, "product", "prodct", "did you mean product?"},
	} {
		section := whole
		test.change(&section)
		kpi, err := newIntensity(decoded("p", section, w.tags()...))
		if err == nil {
			err = Link([]KPI{w.carbon(t), kpi})[1]
		}
		wantFault(t, err, "intensity."+test.path, test.says, test.fix)
	}
	for _, f := range []string{strings.Repeat("x", 300), `a"b`, "钢卷"} {
		section := whole
		section.Product = f
		kpi, err := newIntensity(decoded("p", section, w.tags()...))
		if err != nil {
			t.Errorf("%.10s: got %v", f, err)
			continue
		}
		wantFault(t, Link([]KPI{kpi})[0], "intensity.product", "no tag or quantity", "name a tag")
	}
}
