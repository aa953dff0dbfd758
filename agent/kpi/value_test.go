package kpi

import (
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func oilPrice(unit string, value float64) []factorSection {
	return []factorSection{{Name: "price.oil", Unit: unit, Source: "contract 12", Steps: []stepSection{{From: "2026-01-01", Value: &value}}}}
}

func valueOf(t testing.TB, section valueSection, tags ...*agent.Tag) KPI {
	t.Helper()
	kpi, err := newValue(decoded("mill.worth", section, tags...))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

// oilTag is a totaliser in kg that is read every hour.
func oilTag() *agent.Tag {
	tag := tagOf("oil", "kg", "plc", 0)
	tag.Every, tag.MaxGap, tag.Counter = time.Hour, 2*time.Hour, &agent.Counter{Modulus: 1 << 32, MaxRate: 100}
	tag.Accuracy = agent.Accuracy{Rel: 0.002, As: "standard"}
	return tag
}

func caseB03HalfAYearOfOil(t *testing.T) {
	c := caseOf(t, "B03")
	volume, mass, saving := field[float64](t, c.Inputs, "volume_m3"), field[float64](t, c.Inputs, "mass_t"), field[float64](t, c.Inputs, "saving_yuan")
	c.Expect(t, "implied_density_kg_m3", mass*1000/volume)
	oil := oilTag()
	r := newRig(t, utc(), valueOf(t, valueSection{item: item{Amount: "oil", Price: "price.oil"}, Factors: oilPrice("yuan/t", field[float64](t, c.Expected, "yuan_per_t"))}, oil))
	for h := range 25 {
		r.read(sec(float64(h)*3600), raw(oil, float64(h)*3600, uint64(math.Round(mass*1000*float64(h)/24))))
	}
	got := r.only("mill.worth.value", agent.Day)
	if !near(got.Value, saving, c.Tolerance.Rel*saving) || got.Unit != "yuan" || got.Quality != agent.Good {
		t.Errorf("got %g %s, %v, want %g yuan", got.Value, got.Unit, got.Reason, saving)
	}
	if want := "price.oil 9454.5 yuan/t (since 2026-01-01, contract 12)"; len(got.Factors) != 1 || got.Factors[0] != want {
		t.Errorf("got the factors %v, want %s", got.Factors, want)
	}
	step := 9454.5 / 1000
	if want := 2 * math.Hypot(0.002*got.Value, step*math.Sqrt(2.0/12)); !near(got.U, want, 1e-9*want) {
		t.Errorf("got U %g, want %g of the meter and its whole steps", got.U, want)
	}
}

func caseC11WasteAcid(t *testing.T) {
	c := caseOf(t, "C11")
	acid := tagOf("acid", "t/h", "plc", 0)
	acid.MaxGap = 2 * time.Hour
	price := field[float64](t, c.Expected, "yuan_per_t_waste")
	r := newRig(t, utc(), valueOf(t, valueSection{item: item{Amount: "acid", Label: "acid", Unit: "yuan/t", Source: "story", Steps: []stepSection{{From: "2026-01-01", Value: &price}}}}, acid))
	r.hold(acid, origin, origin.Add(24*time.Hour), field[float64](t, c.Inputs, "waste_acid_t_y")/24)
	if got, want := r.only("mill.worth.value", agent.Day).Value, field[float64](t, c.Inputs, "saving_yuan_y"); !near(got, want, want*c.Tolerance.Abs/price) {
		t.Errorf("got %g yuan, want %g", got, want)
	}
}

func TestCostIsTakenOff(t *testing.T) {
	oil, fan := tagOf("oil", "kg/h", "plc", 0), tagOf("fan", "kW", "plc", 1)
	for i, tag := range []*agent.Tag{oil, fan} {
		tag.MaxGap, tag.Accuracy = 2*time.Hour, agent.Accuracy{Rel: 0.01 * float64(i+1), As: "standard"}
	}
	section := valueSection{Currency: "CNY", Target: "value >= 1500", Factors: oilPrice("CNY/kg", 8), Items: []item{
		{Amount: "oil", Price: "price.oil", Label: "oil"},
		{Amount: "fan", Subtract: true, Unit: "CNY/MWh", Source: "grid contract", Steps: []stepSection{{From: "2026-01-01", Value: number(600)}}},
	}}
	r := newRig(t, utc(), valueOf(t, section, oil, fan))
	for h := range 25 {
		at := sec(float64(h) * 3600)
		r.read(at, good(oil, at, 10), good(fan, at, 20))
	}
	got := r.only("mill.worth.value", agent.Day)
	if want := 240*8 - 0.480*600; !near(got.Value, want, 1e-9) || got.Unit != "CNY" || got.Verdict != agent.Pass {
		t.Errorf("got %g %s, %v, want %g CNY, passed", got.Value, got.Unit, got.Verdict, want)
	}
	if want := 2 * math.Hypot(0.01*1920, 0.02*288); !near(got.U, want, 1e-9) {
		t.Errorf("got U %g, want %g", got.U, want)
	}
	if got.Terms[0].Role != "oil" || got.Terms[1].Role != "cost" || len(got.Factors) != 2 {
		t.Errorf("got %+v by %v, want oil and cost, each with its price", got.Terms, got.Factors)
	}
}

func TestFaultsOfValue(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(*agent.Tag, *valueSection)
		path, says, fix string
	}{
		{"no amount", func(_ *agent.Tag, s *valueSection) { s.Amount = "" }, "amount", "missing: the amount", "name a tag"},
		{"no price", func(_ *agent.Tag, s *valueSection) { s.Price = "" }, "price", "the price of oil: without it there is no value", "steps"},
		{"price unknown", func(_ *agent.Tag, s *valueSection) { s.Price = "price.gas" }, "price", `"price.gas"`, "price.oil"},
		{"price in an item", func(_ *agent.Tag, s *valueSection) {
			*s = valueSection{Items: []item{{Amount: "oil"}}}
		}, "items[0].price", "the price of oil", "steps"},
		{"two forms", func(_ *agent.Tag, s *valueSection) { s.Items = []item{s.item} }, "items", "beside the list", "among"},
		{"two prices", func(_ *agent.Tag, s *valueSection) { s.Steps = s.Factors[0].Steps }, "price", "twice", "delete"},
		{"inline without unit", func(_ *agent.Tag, s *valueSection) {
			*s = valueSection{item: item{Amount: "oil", Source: "s", Steps: s.Factors[0].Steps}}
		}, "unit", "no unit", "yuan/kg"},
		{"another currency", func(_ *agent.Tag, s *valueSection) { s.Currency = "EUR" }, "price", `"yuan/kg"`, "EUR"},
		{"price of nothing", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Unit = "yuan" }, "price", "per what amount", "kWh"},
		{"volume for mass", func(tag *agent.Tag, _ *valueSection) { tag.Unit = "m3" }, "amount", "does not go with price.oil", "kg"},
		{"no source", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Source = "" }, "factors[0].source", "no source", "contract"},
		{"no unit", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Unit = "" }, "factors[0].unit", "no unit", "yuan/kg"},
		{"no steps", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps = nil }, "factors[0].steps", "no value", "from"},
		{"no name", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Name = "price (oil)" }, "factors[0].name", "names no factor", "price.oil"},
		{"twice", func(_ *agent.Tag, s *valueSection) { s.Factors = append(s.Factors, s.Factors[0]) }, "factors[1].name", "twice", "one factor"},
		{"no day", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps[0].From = "1.1.2026" }, "factors[0].steps[0].from", "not a day", "2026-01-01"},
		{"day out of time", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps[0].From = "0026-01-01" }, "factors[0].steps[0].from", "not a day", "2026-01-01"},
		{"steps backwards", func(_ *agent.Tag, s *valueSection) {
			s.Factors[0].Steps = append(s.Factors[0].Steps, stepSection{From: "2025-01-01", Value: number(1)})
		}, "factors[0].steps[1].from", "does not come after", "earliest"},
		{"no number", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps[0].Value = nil }, "factors[0].steps[0].value", "missing", "number"},
		{"below zero", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps[0].Value = number(-1) }, "factors[0].steps[0].value", "-1 is not above 0", "subtract"},
		{"too vague", func(_ *agent.Tag, s *valueSection) { s.Factors[0].Steps[0].U = 9 }, "factors[0].steps[0].u", "9 does not go", "standard"},
		{"target", func(_ *agent.Tag, s *valueSection) { s.Target = "worth >= 1" }, "target", `"worth"`, "value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			oil := oilTag()
			section := valueSection{item: item{Amount: "oil", Price: "price.oil"}, Factors: oilPrice("yuan/kg", 8)}
			valueOf(t, section, oil)
			test.change(oil, &section)
			_, err := newValue(decoded("mill.worth", section, oil))
			faultOf(t, err, "value."+test.path, test.says, test.fix)
		})
	}
}

func TestShippedFactors(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range shipped() {
		if seen[f.Name] {
			t.Errorf("%s: its rows do not stand together", f.Name)
		}
		seen[f.Name] = true
		above, below, _ := strings.Cut(f.Unit, "/")
		known := false
		for _, table := range [][]unit{coalUnits(), carbonUnits()} {
			_, ok := find(table, above)
			known = known || ok
		}
		b := builder{}
		if _, _, _, ok := b.per("", f, []unit{{above, 1}}); !ok || !known {
			t.Errorf("%s is in %s per %s, which nothing is multiplied by", f.Name, above, below)
		}
		for i, s := range f.Steps {
			if s.Value <= 0 || s.U != 0 || s.Source == "" || i > 0 && !s.From.After(f.Steps[i-1].From) {
				t.Errorf("%s: got the step %+v", f.Name, s)
			}
		}
	}
	if len(seen) < 10 || !seen["electricity.equivalent"] || !seen["grid.cn"] {
		t.Errorf("got %v, want those that the example names", seen)
	}
}

func TestOwnFactorGoesBeforeShipped(t *testing.T) {
	b := builder{}
	b.factors([]factorSection{{Name: "grid.cn", Unit: "kgCO2/kWh", Source: "announcement of 2027", Steps: []stepSection{{From: "2025-01-01", Value: number(0.5)}}}})
	if got := b.factor("", "grid.cn"); got == nil || len(got.Steps) != 1 || got.Steps[0].Value != 0.5 || len(b.faults) != 0 {
		t.Errorf("got %+v, %v, want the section's own", got, b.faults)
	}
}
