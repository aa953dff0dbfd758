package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func day0(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

// priceFrom is a price with steps at these days, the first being 2.
func priceFrom(days ...string) *Factor {
	f := &Factor{Name: "price", Unit: "yuan/kg"}
	for i, day := range days {
		f.Steps = append(f.Steps, Step{From: day0(day), Value: 2 + 0.3*float64(i), U: 0.01 * float64(i+1), Source: "contract"})
	}
	return f
}

// priced is a KPI whose one quantity is the total of a tag times factors.
func priced(name string, tag *agent.Tag, by ...*Factor) KPI {
	kpi := amount(name, 1, tag)
	kpi.Quantities[0].Terms[0].Dated = by
	return kpi
}

// TestPriceOfItsDay: a price holds from a production day on, in plant time.
func TestPriceOfItsDay(t *testing.T) {
	plant := agent.Plant{Timezone: "Asia/Shanghai", DayStart: "07:10", Shifts: []string{"07:10", "19:10"}}
	tag := tagOf("x", "kg/s", "plc", 0)
	tag.MaxGap, tag.Accuracy = time.Hour, agent.Accuracy{Rel: 0.01, As: "standard"}
	r := newRig(t, plant, priced("a", tag, priceFrom("2026-02-10", "2026-03-15")), amount("plain", 1, tag))
	loc, err := time.LoadLocation(plant.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 7, 10, 0, 0, loc)
	r.hold(tag, start, time.Date(2026, 4, 1, 7, 10, 0, 0, loc), 1)
	change := time.Date(2026, 3, 15, 7, 10, 0, 0, loc)
	for _, one := range r.of("a.total", agent.Cell) {
		price := 2.0
		if !one.Window.Start.Before(change) {
			price = 2.3
		}
		if want := price * one.Window.End.Sub(one.Window.Start).Seconds(); !near(one.Value, want, 1e-9) || len(one.Factors) != 1 {
			t.Fatalf("cell %s: got %g by %v, want %g", one.Window.Start, one.Value, one.Factors, want)
		}
	}
	month, plain := r.only("a.total", agent.Month), r.only("plain.total", agent.Month)
	checkSum(t, month, r.of("a.total", agent.Day))
	want := 2*change.Sub(start).Seconds() + 2.3*month.Window.End.Sub(change).Seconds()
	if !near(month.Value, want, 1e-9*want) || month.Coverage != 1 || plain.Factors != nil {
		t.Errorf("got %g over the month, want %g", month.Value, want)
	}
	if want := []string{"price 2 yuan/kg (since 2026-02-10, contract)", "price 2.3 yuan/kg (since 2026-03-15, contract)"}; !slices.Equal(month.Factors, want) {
		t.Errorf("got the factors %q, want %q", month.Factors, want)
	}
	for _, one := range r.of("a.total", agent.Week) {
		if n, both := len(one.Factors), one.Window.Start.Before(change) && one.Window.End.After(change); n == 1 == both {
			t.Errorf("week of %s: got %v", one.Window.Start, one.Factors)
		}
	}
}

func TestBeforeTheFirstPrice(t *testing.T) {
	tag, other := tagOf("x", "kg/s", "plc", 0), tagOf("y", "kg/s", "plc", 1)
	kpi := ratio("a", 1, tag, other)
	kpi.Quantities[0].Terms[0].Dated = []*Factor{priceFrom("2026-03-03")}
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 48*3600; s += 10 {
		y := good(other, sec(s), 4)
		if s > 3600 && s < 7200 {
			y = bad(other, sec(s), agent.Sentinel)
		}
		r.read(sec(s), good(tag, sec(s), 1), y)
	}
	days := r.of("a.ratio", agent.Day)
	if first := days[0]; !first.Withheld() || first.Reason.Code != agent.LowCoverage || lostSeconds(first, agent.NoFactor, "price") != 24*3600 || first.Factors != nil {
		t.Errorf("got %+v, want all of the day lost for want of a price", first)
	}
	if second := days[1]; second.Value != 0.5 || second.Coverage != 1 || len(second.Factors) != 1 {
		t.Errorf("got %+v, want a half", second)
	}
	for _, one := range r.results {
		checkBooks(t, one)
	}
}

// TestCatchingUpIsPricedByItsDay: a totaliser that is silent over a change of
// its price tells afterwards what it counted, evenly; each day's share has its
// own price. Its rounding is worth what the price at each end says.
func TestCatchingUpIsPricedByItsDay(t *testing.T) {
	counter := tagOf("c", "kg", "plc", 0)
	counter.Counter, counter.Accuracy = &agent.Counter{Modulus: 1 << 32, MaxRate: 10}, agent.Accuracy{Rel: 0.01, As: "standard"}
	kpi := priced("a", counter, priceFrom("2026-03-02", "2026-03-03"))
	run := func(from, to float64) *rig {
		r := newRig(t, utc(), kpi)
		for s := 0.0; s <= 72*3600; s += 60 {
			if s > from && s < to {
				r.outage("plc", sec(s), agent.NoConnection)
				continue
			}
			r.read(sec(s), raw(counter, s, 100+uint64(s)))
			if math.Mod(s, 3600) == 0 && s < 71*3600 { // live and restored alike
				state := checkpointOf(t, r.engine)
				r.engine = newEngine(t, utc(), kpi)
				if err := r.engine.Restore(state); err != nil {
					t.Fatal(err)
				}
			}
		}
		return r
	}
	whole, cut := run(0, 0), run(20*3600+600, 27*3600+1200)
	sum := func(r *rig) (total float64) {
		for _, one := range r.of("a.total", agent.Day) {
			total += one.Terms[0].Total
			checkBooks(t, one)
		}
		return total
	}
	if got, want := sum(cut), sum(whole); !near(got, want, 1e-6) || !near(want, 24*3600*(2+2.3+2.3), 1e-6) {
		t.Errorf("got %g with the outage, %g without, want %g", got, want, 24*3600*6.6)
	}
	if got := cut.of("a.total", agent.Day)[1]; got.Coverage < 0.999 || got.Reason.Code != agent.CaughtUp {
		t.Errorf("got coverage %g, %v, want all of the day, caught up", got.Coverage, got.Reason)
	}
	q := whole.engine.quantities[0]
	over := span{origin.Add(12 * time.Hour).UnixNano(), origin.Add(36 * time.Hour).UnixNano()}
	if got, want := q.readout(0, over), (2*2+0.3*0.3+2.3*2.3)/12; !near(got, want, 1e-12) {
		t.Errorf("got the squared rounding %g, want %g", got, want)
	}
}

// TestUncertainPriceOverAChange: within one step the price's error is the same
// in all cells; over a change U is at least what both steps give together.
func TestUncertainPriceOverAChange(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	tag.MaxGap, tag.Accuracy = time.Hour, agent.Accuracy{Rel: 1e-9, As: "standard"}
	r := newRig(t, utc(), priced("a", tag, priceFrom("2026-03-01", "2026-03-05")))
	r.hold(tag, origin, origin.AddDate(0, 0, 7), 1)
	days := r.of("a.total", agent.Day)
	for i, u := range []float64{0.01, 0.01, 0.01, 0.02} {
		if got, want := days[i].U, 2*u*24*3600; !near(got, want, 1e-6*want) {
			t.Errorf("day %d: got U %g, want %g", i, got, want)
		}
	}
	week := r.only("a.total", agent.Week)
	least, most := 2*(3*0.01+4*0.02)*24*3600, 2*(0.02/2.3)*week.Value
	if week.U < least*(1-1e-9) || week.U > most*(1+1e-9) {
		t.Errorf("got U %g over the change, want %g to %g", week.U, least, most)
	}
}

func TestFactorsArePartOfTheDefinition(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	hash := func(change func(*Factor)) [32]byte {
		f := priceFrom("2026-01-01", "2026-02-01")
		change(f)
		return newEngine(t, utc(), priced("a", tag, f)).quantities[0].config
	}
	base := hash(func(*Factor) {})
	for name, change := range map[string]func(*Factor){
		"name": func(f *Factor) { f.Name = "other" }, "unit": func(f *Factor) { f.Unit = "yuan/t" },
		"source": func(f *Factor) { f.Steps[1].Source = "rumour" }, "value": func(f *Factor) { f.Steps[1].Value = 2.31 },
		"day": func(f *Factor) { f.Steps[1].From = day0("2026-02-02") }, "u": func(f *Factor) { f.Steps[0].U = 0 },
		"one step less": func(f *Factor) { f.Steps = f.Steps[:1] },
	} {
		if hash(change) == base {
			t.Errorf("another %s: got the same hash", name)
		}
	}
	if newEngine(t, utc(), priced("a", tag)).quantities[0].config != newEngine(t, utc(), amount("a", 1, tag)).quantities[0].config {
		t.Error("no factors at all: got another hash")
	}
}

// TestNewPriceEndsWindowsWithTheOld: what was counted under the old definition
// still names its price.
func TestNewPriceEndsWindowsWithTheOld(t *testing.T) {
	tag := tagOf("x", "kg/s", "plc", 0)
	tag.MaxGap = time.Hour
	r := newRig(t, utc(), priced("a", tag, priceFrom("2026-01-01")))
	r.hold(tag, origin, origin.Add(30*time.Hour), 1)
	next := newRig(t, utc(), priced("a", tag, priceFrom("2026-01-01", "2026-03-03")))
	next.seq, next.epoch = r.seq, 2
	if err := next.engine.Restore(checkpointOf(t, r.engine)); err != nil {
		t.Fatal(err)
	}
	at := origin.Add(30*time.Hour + time.Minute)
	next.read(at, good(tag, at, 1))
	month := next.only("a.total", agent.Month)
	if want := []string{"price 2 yuan/kg (since 2026-01-01, contract)"}; !month.Partial || !slices.Equal(month.Factors, want) {
		t.Errorf("got %+v by %v, want a Partial by %v", month, month.Factors, want)
	}
}

// TestPricesOverIncidents: sums add up and nothing depends on restarts, with
// every incident and changes of price.
func TestPricesOverIncidents(t *testing.T) {
	m := newMill(8, true)
	plant := agent.Plant{Timezone: "Europe/Berlin", DayStart: "06:20", Shifts: []string{"06:20", "18:20"}}
	prices := priceFrom("2026-03-01", "2026-03-04", "2026-03-06")
	kpis := []KPI{priced("oil", m.oil, prices), priced("air", m.qIn, prices, priceFrom("2026-03-02"))}
	kpis[1].Quantities[0].Terms[0].Dated[1].Name = "second"
	whole := newRig(t, plant, kpis...)
	restored := newEngine(t, plant, kpis...)
	rnd := rand.New(rand.NewPCG(3, 3))
	for i, b := range m.batches(whole, 24*8) {
		want, wantEvents := whole.add(b)
		got, gotEvents := restored.Add(b)
		if len(want) > 0 || len(got) > 0 {
			if got, want := outcome(t, got, gotEvents), outcome(t, want, wantEvents); got != want {
				t.Fatalf("batch %d: got\n%s\nwant\n%s", i, got, want)
			}
		}
		if rnd.IntN(500) == 0 {
			restored = newEngine(t, plant, kpis...)
			if err := restored.Restore(checkpointOf(t, whole.engine)); err != nil {
				t.Fatal(err)
			}
		}
	}
	compared := 0
	for _, name := range []string{"oil.total", "air.total"} {
		for child, parents := range map[agent.WindowKind][]agent.WindowKind{agent.Cell: {agent.Hour, agent.Shift, agent.Day}, agent.Day: {agent.Week, agent.Month}} {
			for _, parent := range parents {
				for _, p := range whole.of(name, parent) {
					compared += checkSum(t, p, whole.of(name, child))
				}
			}
		}
	}
	if week := whole.of("oil.total", agent.Week); compared < 1000 || len(week) != 2 || len(week[1].Factors) != 3 {
		t.Errorf("compared %d sums, weeks %v, want many, over three prices", compared, week)
	}
}
