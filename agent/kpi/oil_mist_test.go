package kpi

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func caseB05LossMethod(t *testing.T) {
	c := caseOf(t, "B05")
	m := newMill(1, false)
	in, out := field[float64](t, c.Inputs, "in_kg_d"), field[float64](t, c.Inputs, "out_kg_d")
	for _, tag := range m.tags() {
		tag.Source, tag.MaxGap = "mill", time.Hour
	}
	r := newRig(t, utc(), m.kpi(t))
	const flow = 50000.0
	for h := 0; h <= 24; h++ {
		at := sec(float64(h) * 3600)
		r.read(at, good(m.qIn, at, flow), good(m.qOut, at, flow), good(m.cIn, at, in/24/flow*1e6), good(m.cOut, at, out/24/flow*1e6), raw(m.oil, float64(h)*3600, uint64(h*137+h/2)))
	}
	got := r.only("mill.oil.removal", agent.Day)
	c.Expect(t, "recovery_loss", got.Value)
	if !near(got.Terms[0].Total, in, 1e-6) || !near(got.Terms[1].Total, out, 1e-6) || got.Terms[0].Role != "inlet" || got.Terms[0].Tag != "mill.q_in × mill.c_in" {
		t.Errorf("got terms %+v, want %g and %g kg", got.Terms, in, out)
	}
	if got.Quality != agent.Good || got.Verdict != agent.Pass || got.Coverage != 1 {
		t.Errorf("got %v %v %v over %g, want good, pass", got.Quality, got.Reason, got.Verdict, got.Coverage)
	}
}

func TestMillAtRest(t *testing.T) {
	m := newMill(1, false)
	r := newRig(t, utc(), m.kpi(t))
	m.qIn.Cutoff = 1000
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(s), good(m.qIn, sec(s), 400), good(m.cIn, sec(s), 300), raw(m.oil, s, 7))
		r.read(sec(s), good(m.qOut, sec(s), 400), good(m.cOut, sec(s), 3))
	}
	if got := r.only("mill.oil.removal", agent.Cell); !got.Withheld() || got.Reason.Code != agent.NoInput || got.Coverage != 1 {
		t.Errorf("got %+v, want it withheld for no input", got)
	}
}

func TestImpossibleRemoval(t *testing.T) {
	m := newMill(1, false)
	r := newRig(t, utc(), m.kpi(t))
	for s := 0.0; s <= 1800; s += 10 {
		out := 330.0
		if s > 900 {
			out = 301
		}
		r.read(sec(s), good(m.qIn, sec(s), 50000), good(m.cIn, sec(s), 300), raw(m.oil, s, 7))
		r.read(sec(s), good(m.qOut, sec(s), 50000), good(m.cOut, sec(s), out))
	}
	cells := r.of("mill.oil.removal", agent.Cell)
	if !cells[0].Withheld() || cells[0].Reason.Code != agent.BoundViolated {
		t.Errorf("got %+v, want more out than in withheld", cells[0])
	}
	if cells[1].Withheld() || cells[1].Verdict != agent.Fail {
		t.Errorf("got %+v, want what U explains shown, and failed", cells[1])
	}
}

func TestUncertaintyAgainstMonteCarlo(t *testing.T) {
	m := newMill(1, false)
	m.qIn.Accuracy, m.qOut.Accuracy = agent.Accuracy{Rel: 0.02}, agent.Accuracy{Rel: 0.03, Abs: 200, As: "standard"}
	m.cIn.Accuracy, m.cOut.Accuracy = agent.Accuracy{Rel: 0.05, As: "k2"}, agent.Accuracy{Rel: 0.04, Abs: 0.5}
	r := newRig(t, utc(), m.kpi(t))
	qIn, cIn, qOut, cOut := 50000.0, 200.0, 51000.0, 8.0
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(s), good(m.qIn, sec(s), qIn), good(m.cIn, sec(s), cIn), raw(m.oil, s, 7))
		r.read(sec(s), good(m.qOut, sec(s), qOut), good(m.cOut, sec(s), cOut))
	}
	got := r.only("mill.oil.removal", agent.Cell)

	rnd := rand.New(rand.NewPCG(1, 2))
	limit := func(a float64) float64 { return a * (2*rnd.Float64() - 1) }
	normal := func(u float64) float64 { return u * rnd.NormFloat64() }
	const draws = 200000
	var sum, square float64
	for range draws {
		in := qIn * (1 + limit(0.02)) * cIn * (1 + normal(0.025))
		out := (qOut*(1+normal(0.03)) + normal(200)) * (cOut*(1+limit(0.04)) + limit(0.5))
		eta := 1 - out/in
		sum, square = sum+eta, square+eta*eta
	}
	mean := sum / draws
	want := 2 * math.Sqrt(square/draws-mean*mean)
	if math.Abs(got.U-want) > 0.02*want {
		t.Errorf("got U %.6f, want %.6f within 2 %%", got.U, want)
	}
}

func TestOneFlowMeterForBothSides(t *testing.T) {
	m := newMill(1, false)
	m.cIn.Accuracy, m.cOut.Accuracy = agent.Accuracy{Rel: 1e-9}, agent.Accuracy{Rel: 1e-9}
	section := m.section()
	section.Outlet.Flow = m.qIn.Name
	kpi, err := newOilMist(m.spec(section))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 900; s += 10 {
		r.read(sec(s), good(m.qIn, sec(s), 50000), good(m.cIn, sec(s), 200), raw(m.oil, s, 7))
		r.read(sec(s), good(m.cOut, sec(s), 8))
	}
	if got := r.only("mill.oil.removal", agent.Cell); got.U > 1e-6 {
		t.Errorf("got U %g: the meter's error cancels in the ratio, want next to none", got.U)
	}
}

func TestAccuracyNotStated(t *testing.T) {
	m := newMill(1, false)
	m.cOut.Accuracy = agent.Accuracy{}
	r := newRig(t, utc(), m.kpi(t))
	for _, b := range m.batches(r, 0.6) {
		r.add(b)
	}
	cells := r.of("mill.oil.removal", agent.Cell)
	if got := cells[1]; got.U != 0 || got.Verdict != agent.Inconclusive || got.Terms[1].USys != -1 || got.Quality != agent.Good {
		t.Errorf("got U %g, %v, %+v, want none stated and nothing shown", got.U, got.Verdict, got.Terms[1])
	}
}

func TestFaultsOfOilMist(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(*mill, *oilMist)
		path, says, fix string
	}{
		{"outlet left out", func(_ *mill, s *oilMist) { s.Outlet = duct{} }, "target", "removal cannot be computed: outlet.flow is not named", "name the tags"},
		{"misspelt", func(_ *mill, s *oilMist) { s.Inlet.Flow = "mill.qin" }, "inlet.flow", `no tag "mill.qin"`, "did you mean mill.q_in?"},
		{"actual flow", func(m *mill, _ *oilMist) { m.qIn.Unit = "m3/h" }, "inlet.flow", "dry normal cubic metres first", "Nm3/h"},
		{"no flow", func(m *mill, _ *oilMist) { m.qIn.Unit = "°C" }, "inlet.flow", "not a normal volume flow", "Nm3/h, Nm3/min"},
		{"ppm", func(m *mill, _ *oilMist) { m.cOut.Unit = "ppm" }, "outlet.concentration", "not a mass per normal cubic metre", "mg/Nm3"},
		{"two bases", func(m *mill, _ *oilMist) { m.cOut.Unit = "mgC/Nm3" }, "outlet.concentration", "ratio of the two means nothing", "same basis"},
		{"totaliser as flow", func(_ *mill, s *oilMist) { s.Inlet.Flow = "mill.oil_total" }, "inlet.flow", "totaliser", "rate"},
		{"mass without counter", func(m *mill, _ *oilMist) { m.oil.Counter = nil }, "recovered", "not a mass rate", "counter:"},
		{"counter of volume", func(m *mill, _ *oilMist) { m.oil.Unit = "m3" }, "recovered", "not a totaliser of mass", "kg, t, g"},
		{"target of nothing", func(_ *mill, s *oilMist) { s.Target = "yield >= 1" }, "target", `"yield"`, "removal, recovered"},
		{"target without number", func(_ *mill, s *oilMist) { s.Target = "removal >= high" }, "target", "no number", "removal >= 0.90"},
		{"target with =", func(_ *mill, s *oilMist) { s.Target = "removal = 0.9" }, "target", "cannot read", "removal >= 0.90"},
		{"coverage in percent", func(_ *mill, s *oilMist) { v := 50.0; s.MinCoverage = &v }, "min_coverage", "50", "0 to 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMill(1, false)
			section := m.section()
			test.change(m, &section)
			_, err := newOilMist(m.spec(section))
			var faults agent.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			for _, f := range faults {
				if f.Path == "oil_mist."+test.path && strings.Contains(f.Msg, test.says) && strings.Contains(f.Fix, test.fix) {
					return
				}
			}
			t.Errorf("got %v, want %s: …%s… (…%s…)", faults, test.path, test.says, test.fix)
		})
	}
}

func TestUnitsOfMass(t *testing.T) {
	for _, test := range []struct {
		unit    string
		counter bool
		want    float64 // kg for a total of 1, or for a rate of 1 over 900 s
	}{{"kg", true, 1}, {"t", true, 1000}, {"g", true, 0.001}, {"kg/h", false, 0.25}, {"t/h", false, 250}} {
		m := newMill(1, false)
		m.oil.Unit, m.oil.Scale = test.unit, 1
		m.oil.Counter.MaxRate = 1
		if !test.counter {
			m.oil.Counter = nil
		}
		kpi := m.kpi(t)
		kpi.Quantities = kpi.Quantities[1:]
		r := newRig(t, utc(), kpi)
		for s := 0.0; s <= 900; s += 10 {
			v := 1.0
			if test.counter {
				v = s / 900
			}
			r.read(sec(s), good(m.oil, sec(s), v))
		}
		if got := r.only("mill.oil.recovered", agent.Cell); !near(got.Value, test.want, 1e-9*test.want) || got.Unit != "kg" {
			t.Errorf("%s: got %g %s, want %g kg", test.unit, got.Value, got.Unit, test.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	m := newMill(1, false)
	got := newEngine(t, utc(), m.kpi(t)).Describe()
	if len(got) != 2 || got[0].KPI != "mill.oil.removal" || got[0].Family != "oil_mist" || got[0].Target != "removal >= 0.90" || strings.Join(got[0].Inputs, " ") != "mill.q_in mill.c_in mill.q_out mill.c_out" || got[1].Unit != "kg" {
		t.Errorf("got %+v", got)
	}
	for name, kind := range Families() {
		if kind.New == nil || !strings.Contains(kind.Example, name+":") {
			t.Errorf("%s has no example of its section", name)
		}
	}
}
