package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// TestSteamAgainstThePublishedPoints: the values that the release on IAPWS-IF97
// gives for checking programs (its tables 5, 15 and 36).
func TestSteamAgainstThePublishedPoints(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"water, 300 K, 3 MPa", waterEnthalpy(3, 300), 115.331273},
		{"water, 300 K, 80 MPa", waterEnthalpy(80, 300), 184.142828},
		{"water, 500 K, 3 MPa", waterEnthalpy(3, 500), 975.542239},
		{"steam, 300 K, 0.0035 MPa", steamEnthalpy(0.0035, 300), 2549.91145},
		{"steam, 700 K, 0.0035 MPa", steamEnthalpy(0.0035, 700), 3335.68375},
		{"steam, 700 K, 30 MPa", steamEnthalpy(30, 700), 2631.49474},
		{"boiling at 0.1 MPa", saturationTemperature(0.1), 372.755919},
		{"boiling at 1 MPa", saturationTemperature(1), 453.035632},
		{"boiling at 10 MPa", saturationTemperature(10), 584.149488},
	} {
		if !near(test.got, test.want, 1e-8*test.want) {
			t.Errorf("%s: got %.9g, want %.9g", test.name, test.got, test.want)
		}
	}
}

func TestWhereSteamIsNotKnown(t *testing.T) {
	for _, test := range []struct {
		name     string
		p, t, tw float64
		arg      int // −1: it is known
	}{
		{"usual", 2, 350, 104, -1},
		{"hardly superheated", 2, 213, 104, -1},
		{"wet", 2, 212, 104, 1},
		{"hotter than the formulation goes", 2, 801, 104, 1},
		{"no pressure", 0, 350, 104, 0},
		{"denser than the regions here", 10.1, 600, 104, 0},
		{"not a number", math.NaN(), 350, 104, 0},
		{"feedwater that boils", 0.1, 350, 104, 2},
		{"ice", 2, 350, -1, 2},
	} {
		_, quality, arg := superheat(test.p, test.t, test.tw)
		if known := quality != agent.Bad; known != (test.arg < 0) || !known && arg != test.arg {
			t.Errorf("%s: got %v, argument %d to blame, want %d", test.name, quality, arg, test.arg)
		}
	}
}

// TestSteamIsSmooth: a step in a formula would be a step in a figure.
func TestSteamIsSmooth(t *testing.T) {
	before := math.NaN()
	for c := 220.0; c <= 800; c += 0.5 {
		h, _, _ := superheat(2, c, 104)
		if rise := h - before; rise < 0.9 || rise > 2 { // 1.9 to 4 kJ/(kg·K)
			t.Errorf("got %g kJ/kg more at %g °C than half a kelvin below", rise, c)
		}
		before = h
	}
}

// steamPlant is a boiler with both sides measured, and its generator.
type steamPlant struct {
	*boiler
	flow, p, t, w, gross, aux *agent.Tag
}

func newSteamPlant() *steamPlant {
	s := &steamPlant{boiler: newBoiler()}
	for i, one := range []struct {
		tag        **agent.Tag
		name, unit string
	}{{&s.flow, "ft310", "t/h"}, {&s.p, "pt310", "MPa"}, {&s.t, "tt310", "°C"}, {&s.w, "tt311", "°C"}, {&s.gross, "jt320", "kW"}, {&s.aux, "jt321", "kW"}} {
		*one.tag = tagOf(one.name, one.unit, "plc", 3+i)
		(*one.tag).MaxGap = s.in.MaxGap
	}
	return s
}

func (s *steamPlant) all() []*agent.Tag {
	return append(s.tags(), s.flow, s.p, s.t, s.w, s.gross, s.aux)
}

func (s *steamPlant) section() wasteHeatPower {
	section := s.boiler.section()
	section.Generation = generation{s.gross.Name, s.aux.Name}
	section.Steam = steamSide{Flow: s.flow.Name, Pressure: s.p.Name, Temperature: s.t.Name, Feedwater: s.w.Name}
	return section
}

// hours runs an hour with these values, in the order of all().
func (s *steamPlant) hours(t *testing.T, section wasteHeatPower, values ...float64) *rig {
	t.Helper()
	kpi, err := newWasteHeatPower(agent.Spec{Name: "glass", Tags: s.all(), Decode: func(into any) error {
		*into.(*wasteHeatPower) = section
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for _, at := range []float64{0, 3600} {
		var readings []agent.Reading
		for i, tag := range s.all() {
			readings = append(readings, good(tag, sec(at), values[i]))
		}
		r.read(sec(at), readings...)
	}
	return r
}

func caseD04Efficiencies(t *testing.T) {
	c := caseOf(t, "D04")
	get := func(name string) float64 { return field[float64](t, c.Inputs, name) }
	s := newSteamPlant()
	r := s.hours(t, s.section(), get("V_Nm3_h"), get("T_in_C"), get("T_out_C"), 12, 2, 350, 104, get("P_gross_kW"), get("P_gross_kW")-get("P_net_kW"))
	for key, name := range map[string]string{"eta_gross": "eta_gross", "eta_net": "eta_net", "eta_bound": "carnot_bound", "heat_recovery": "heat_recovery"} {
		c.Expect(t, name, r.only("glass."+key, agent.Hour).Value)
	}
	got := r.only("glass.eta_gross", agent.Hour)
	if len(got.Factors) != 1 || got.Factors[0] != "flue.heat_capacity 1.42 kJ/(Nm3·K) (assumed: usual for the flue gas of a glass furnace)" {
		t.Errorf("got the factors %q, want the assumed heat capacity named", got.Factors)
	}
	if cell := r.of("glass.eta_gross", agent.Cell)[0]; cell.Reason.Code != agent.TrendOnly {
		t.Errorf("got %v of a quarter of an hour, want a trend: it holds no whole reversal", cell.Reason)
	}
	// 12 t/h × (3137.64 − 437.4) kJ/kg, the enthalpies of the tables of IF97.
	if got := r.only("glass.steam_heat", agent.Hour); !near(got.Value, 12000*(3137.64-437.4)/3600, 2) || got.Unit != "kWh" {
		t.Errorf("got %g %s taken up by the steam, want about %g kWh", got.Value, got.Unit, 12000*(3137.64-437.4)/3600)
	}
}

func TestGaugePressure(t *testing.T) {
	s := newSteamPlant()
	section := s.section()
	values := []float64{80000, 480, 180, 12, 1.898675, 350, 104, 1990, 200}
	section.Steam.Gauge = true
	gauge := s.hours(t, section, values...).only("glass.steam_heat", agent.Hour)
	values[4] = 2
	absolute := s.hours(t, s.section(), values...).only("glass.steam_heat", agent.Hour)
	if !near(gauge.Value, absolute.Value, 1e-6) || gauge.Config == absolute.Config {
		t.Errorf("got %g by the gauge and %g absolute, want the same, as another definition", gauge.Value, absolute.Value)
	}
}

func TestWetSteamIsLost(t *testing.T) {
	s := newSteamPlant()
	got := s.hours(t, s.section(), 80000, 480, 180, 12, 2, 205, 104, 1990, 200).only("glass.eta_gross_steam", agent.Hour)
	if lost := lostSeconds(got, agent.OutOfRange, s.t.Name); !got.Withheld() || lost != 3600 {
		t.Errorf("got %+v of wet steam, want it withheld for its temperature", got)
	}
}

// TestHeatUncertaintyAgainstMonteCarlo draws the instruments, the heat capacity
// and the formulation.
func TestHeatUncertaintyAgainstMonteCarlo(t *testing.T) {
	s := newSteamPlant()
	standard := func(rel, abs float64) agent.Accuracy { return agent.Accuracy{Rel: rel, Abs: abs, As: "standard"} }
	for tag, a := range map[*agent.Tag]agent.Accuracy{
		s.boiler.flow: standard(0.02, 0), s.in: standard(0, 3), s.out: standard(0, 2), s.flow: standard(0.01, 0),
		s.p: standard(0, 0.05), s.t: standard(0, 3), s.w: standard(0, 1), s.gross: standard(0.003, 0), s.aux: standard(0.006, 0),
	} {
		tag.Accuracy = a
	}
	values := []float64{80000, 480, 180, 10, 2, 350, 104, 1990, 200}
	r := s.hours(t, s.section(), values...)
	keys := []string{"heat_recovery", "eta_gross", "eta_net", "eta_bound", "steam_heat", "heat_recovery_steam", "heat_balance", "eta_gross_steam", "eta_net_steam"}
	rnd := rand.New(rand.NewPCG(7, 8))
	const draws = 50000
	sums, squares := make([]float64, len(keys)), make([]float64, len(keys))
	for range draws {
		x := make([]float64, len(values))
		for i, tag := range s.all() {
			rel, abs := tag.Accuracy.Standard()
			x[i] = values[i]*(1+rel*rnd.NormFloat64()) + abs*rnd.NormFloat64()
		}
		cp := 1.42 + 0.03*rnd.NormFloat64()
		before, behind := x[0]*cp*(x[1]-25)/3600, x[0]*cp*(x[2]-25)/3600
		h, _, _ := superheat(x[4], x[5], x[6])
		steam := x[3] / 3.6 * h * (1 + steamRel*rnd.NormFloat64())
		mean := (x[1] - x[2]) / math.Log((x[1]+273.15)/(x[2]+273.15))
		net := x[7] - x[8]
		for i, v := range []float64{1 - behind/before, x[7] / (before - behind), net / (before - behind), 1 - 298.15/mean, steam, steam / before, 1 - steam/(before-behind), x[7] / steam, net / steam} {
			sums[i], squares[i] = sums[i]+v, squares[i]+v*v
		}
	}
	for i, key := range keys {
		mean := sums[i] / draws
		want := 2 * math.Sqrt(squares[i]/draws-mean*mean)
		if got := r.only("glass."+key, agent.Hour); math.Abs(got.U-want) > 0.03*want || math.Abs(got.Value-mean) > 0.05*want {
			t.Errorf("%s: got %g ± %g, want %g ± %g within 3 %%", key, got.Value, got.U, mean, want)
		}
	}
}

func TestCarnotSensitivities(t *testing.T) {
	value, totals := carnot(25), []float64{14357.8, 4891.1, 31.56}
	_, sens, _ := value(totals)
	for i := range totals {
		more, less := append([]float64(nil), totals...), append([]float64(nil), totals...)
		step := 1e-5 * totals[i]
		more[i], less[i] = more[i]+step, less[i]-step
		up, _, _ := value(more)
		down, _, _ := value(less)
		if want := (up - down) / (2 * step); !near(sens[i], want, 1e-6*math.Abs(want)) {
			t.Errorf("term %d: got %g, want %g", i, sens[i], want)
		}
	}
	for _, none := range [][]float64{{0, 0, 0}, {5, 5, 1}, {4, 5, 1}} {
		if _, _, reason := value(none); reason.Code != agent.NoInput {
			t.Errorf("got %v of %v, want no input", reason, none)
		}
	}
}
