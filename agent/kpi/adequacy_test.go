package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// outlookOf is the outlook of the KPI's quantity with the target.
func outlookOf(t *testing.T, plant agent.Plant, k KPI) agent.Outlook {
	t.Helper()
	all, err := Adequacy(plant, k)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(o agent.Outlook) bool { return o.Target != "" })
	if at < 0 {
		t.Fatal("no quantity has a target")
	}
	return all[at]
}

// byMass is an acid plant with flows by mass and perfect strengths, but for the
// accuracies given; what is lost leaves with the weak acid.
func byMass(target string, accuracies map[string]agent.Accuracy) (*acid, acidRecovery) {
	a := newAcid()
	for name, v := range usual() {
		a.byName[name].Usual = &v
	}
	for _, name := range []string{"ft201", "ft270", "ft250"} {
		a.byName[name].Unit = "kg/h"
	}
	for name, accuracy := range accuracies {
		a.byName[name].Accuracy = accuracy
	}
	section := a.section()
	section.Feed.Temperature, section.Product.Temperature, section.Losses.WeakAcid.Acid.Temperature = "", "", ""
	section.Losses.SO2, section.Losses.Mist = gasLoss{None: "none"}, gasLoss{None: "none"}
	section.Target = target
	return a, section
}

// TestWhat98PercentReallyHas: rows of the table of that name, by their stated
// accuracies. Density stands in the flow's accuracy where it is by mass.
func TestWhat98PercentReallyHas(t *testing.T) {
	standard := func(rel float64) agent.Accuracy { return agent.Accuracy{Rel: rel, As: "standard"} }
	both := func(flow, density, strength float64) map[string]agent.Accuracy {
		f := standard(math.Hypot(flow/math.Sqrt(3), density))
		return map[string]agent.Accuracy{"ft201": f, "ft270": f, "at201": standard(strength), "at270": standard(strength)}
	}
	loss := func(u, feed float64) map[string]agent.Accuracy {
		return map[string]agent.Accuracy{"ft250": standard(u), "ft201": standard(feed)}
	}
	const direct, byLoss = "recovery_direct >= 0.98", "recovery_loss >= 0.98"
	for name, c := range map[string]struct {
		target     string
		accuracies map[string]agent.Accuracy
		points     float64
	}{
		"1 % standard flow, perfect strength":   {direct, both(0.01*math.Sqrt(3), 1e-9, 1e-9), 2.8},
		"1 % flow, 0.1 % density, 0.5 % lab":    {direct, both(0.01, 0.001, 0.005), 2.14},
		"0.5 % flow, 0.1 % density, 0.3 % lab":  {direct, both(0.005, 0.001, 0.003), 1.19},
		"Coriolis 0.15 %, 0.15 % lab":           {direct, both(0.0015, 1e-9, 0.0015), 0.48},
		"all losses known to 1 %":               {byLoss, loss(0.01, 0.01), 0.06},
		"purge to 10 %, of 70 % of the losses":  {byLoss, loss(0.07, 0.005), 0.28},
		"purge to 20 %, of 70 % of the losses":  {byLoss, loss(0.14, 0.005), 0.56},
		"purge to 3.6 %, of 70 % of the losses": {byLoss, loss(0.0252, 0.005), 0.10},
	} {
		a, section := byMass(c.target, c.accuracies)
		got := outlookOf(t, utc(), a.kpi(t, section))
		if len(got.Reaches) == 0 {
			t.Errorf("%s: got %+v, want an uncertainty", name, got)
			continue
		}
		best := got.Reaches[len(got.Reaches)-1]
		if best.Window != agent.Month || !near(100*best.U, c.points, 0.01*c.points+0.005) || !near(got.Value, 0.98, 1e-6) {
			t.Errorf("%s: got ± %.3f points over a %s at %.4f, want ± %.2f at 0.98", name, 100*best.U, best.Window, got.Value, c.points)
		}
		if got.Reaches[0].Window == agent.Cell || c.target == direct && got.Reaches[0].Window != agent.Week {
			t.Errorf("%s: got windows %v, want none that is a trend only", name, got.Reaches)
		}
	}
}

func TestSharesOfTheVariance(t *testing.T) {
	a, section := byMass("recovery_direct >= 0.98", map[string]agent.Accuracy{
		"ft201": {Rel: 0.03, As: "k2"}, "ft270": {Rel: 0.01, As: "k2"}, "at201": {Rel: 0.01, As: "k2"}, "at270": {Rel: 0.01, As: "k2"},
	})
	got := outlookOf(t, utc(), a.kpi(t, section)).Shares
	want := []agent.Share{{Tag: "ft201", Part: 0.75}, {Tag: "ft270", Part: 1.0 / 12}, {Tag: "at201", Part: 1.0 / 12}, {Tag: "at270", Part: 1.0 / 12}}
	total := 0.0
	for i, share := range got {
		total += share.Part
		if i >= len(want) || !near(share.Part, want[i].Part, 1e-6) || i == 0 && share.Tag != "ft201" {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if !near(total, 1, 1e-6) {
		t.Errorf("got %g of the variance, want all", total)
	}
}

// caseU04BeforeMeasuring: case U04 before anything is measured: what the tanks
// add in squares shrinks with the length of the window.
func caseU04BeforeMeasuring(t *testing.T) {
	c := caseOf(t, "U04")
	level := agent.Accuracy{Abs: field[float64](t, c.Inputs, "level_limit_m")}
	a, section := byMass("recovery_direct >= 0.98", map[string]agent.Accuracy{"lt261": level, "lt262": level})
	fed := 84e3 / 24 / 0.8
	a.byName["ft201"].Usual = &fed
	section.Tanks = append(section.Tanks, tankAt("lt262", "at262", "tt262"))
	reaches := outlookOf(t, utc(), a.kpi(t, section)).Reaches
	points := field[[]float64](t, c.Expected, "u_recovery_points")
	for _, reach := range reaches {
		want, days := points[1], 7.0
		if reach.Window == agent.Month {
			want, days = points[2], 30
		}
		if got := 100 * reach.U / 2; reach.Window == agent.Week && !near(got, want, 0.02*want) || reach.Window == agent.Month && !near(got, want*days/31, 0.02*want) {
			t.Errorf("%s: got u %.4f points, want %.4f over %g days", reach.Window, got, want, days)
		}
	}
	if len(reaches) != 2 {
		t.Errorf("got %v, want week and month", reaches)
	}
}

func TestOutlookOfOilMistAndShares(t *testing.T) {
	five := agent.Accuracy{Rel: 0.05}
	flow, in, out := tagOf("q", "Nm3/h", "s", 0), tagOf("c_in", "mg/Nm3", "s", 1), tagOf("c_out", "mg/Nm3", "s", 2)
	for _, tag := range []*agent.Tag{flow, in, out} {
		tag.Accuracy, tag.Range = five, &agent.Range{Lo: 0, Hi: 1000}
	}
	kpi, err := newOilMist(agent.Spec{Name: "m", Tags: []*agent.Tag{flow, in, out}, Decode: func(into any) error {
		*into.(*oilMist) = oilMist{Inlet: duct{Flow: "q", Concentration: "c_in"}, Outlet: duct{Flow: "q", Concentration: "c_out"}, Target: "removal >= 0.90"}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := outlookOf(t, shanghai(), kpi)
	// the flow is the same in both terms and cancels; 0.1·√2·0.05/√3·2 remains
	if want := 0.1 * math.Sqrt2 * 0.05 / math.Sqrt(3) * 2; len(got.Reaches) == 0 || !near(got.Reaches[0].U, want, 1e-6) || !near(got.Value, 0.9, 1e-6) || len(got.Shares) != 2 {
		t.Errorf("got %+v, want U %g at 0.9 from the two concentrations", got, want)
	}
	if !slices.Equal(got.Assumed, []string{"q", "c_in", "c_out"}) || !near(got.Room, 0.1, 1e-12) {
		t.Errorf("got %+v, want the middle of the ranges said, and 0.1 of room", got)
	}
	in.Range, out.Accuracy = nil, agent.Accuracy{}
	if got := outlookOf(t, shanghai(), kpi); got.Reaches != nil || !slices.Equal(got.Unknown, []string{"c_in"}) || !slices.Equal(got.Unstated, []string{"c_out"}) {
		t.Errorf("got %+v, want c_in unknown and c_out without accuracy", got)
	}
}

// caseU05BeforeMeasuring: case U05, powers and totalisers alike.
func caseU05BeforeMeasuring(t *testing.T) {
	c := caseOf(t, "U05")
	var tags []*agent.Tag
	for i, name := range []string{"gross", "import"} {
		tag := tagOf(name, "kWh", "s", i)
		usual := []float64{1000, 5000}[i] / 3600
		tag.Scale, tag.Usual, tag.Counter = 0.1, &usual, &agent.Counter{Modulus: 100, MaxRate: 1}
		tag.Accuracy = agent.Accuracy{Rel: field[float64](t, c.Inputs, "u_rel_import"), As: "standard"}
		tags = append(tags, tag)
	}
	kpi, err := newWasteHeatPower(agent.Spec{Name: "g", Tags: tags, Decode: func(into any) error {
		*into.(*wasteHeatPower) = wasteHeatPower{Generation: generation{Gross: "gross"}, Import: "import", Target: "share_gross >= 0.25"}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := outlookOf(t, utc(), kpi)
	if want := 2 * field[float64](t, c.Expected, "u_abs_independent"); len(got.Reaches) == 0 || !near(got.Reaches[len(got.Reaches)-1].U, want, 2e-3*want) || !near(got.Value, 0.25, 1e-9) {
		t.Errorf("got %+v, want U %g at 0.25", got, want)
	}
}

// TestOutlookWithPrices: the month is one in which every price holds.
func TestOutlookWithPrices(t *testing.T) {
	oil := tagOf("oil", "kg/h", "s", 0)
	ten := 10.0
	oil.Usual, oil.Accuracy = &ten, agent.Accuracy{Rel: 0.01, As: "k2"}
	kpi := priced("v", oil, priceFrom("2030-03-01"))
	kpi.Quantities[0].Target = Target{Text: "total >= 1", Limit: 1, present: true}
	got := outlookOf(t, utc(), kpi)
	// the flow's 1 % and the price's 2 × 0.01/2: a month's total is far from a target of 1, so it stays at the usual value
	if april := 10.0 * 2 * 30 * 86400; len(got.Reaches) == 0 || !near(got.Value, april, 1) || !near(got.Reaches[len(got.Reaches)-1].U, 0.01*math.Sqrt2*april, 1) {
		t.Errorf("got %+v, want %g ± 1.4 %%", got, april)
	}
	if begin := newRehearsal(utc(), kpi.Quantities[0]).begin(); !begin.After(time.Date(2030, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s, want a month after the price began", begin)
	}
}
