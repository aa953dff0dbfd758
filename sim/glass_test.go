package sim

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestGlassBalancesOverManySeeds(t *testing.T) {
	for seed := range uint64(100) {
		g := NewGlass(seed, start)
		before := g.Truth()
		runPlant(g, 24*time.Hour, 20*time.Second, nil) // each step checks itself, too
		d := g.Truth().Since(before)
		if got := d.ImportKWh - d.ExportKWh + d.NetKWh(); math.Abs(got-d.LoadKWh) > 1e-9*d.LoadKWh {
			t.Errorf("seed %d: %v kWh accounted for, want %v", seed, got, d.LoadKWh)
		}
		if got := d.StackKWh + d.CondensedKWh + d.GrossKWh + d.DrumKWh + d.ShaftKWh; math.Abs(got-d.FlueKWh) > 1e-9*d.FlueKWh {
			t.Errorf("seed %d: %v kWh of heat accounted for, want %v", seed, got, d.FlueKWh)
		}
		if share := d.ShareNet(); d.Seconds != 86400 || share < 0.2 || share > 0.32 {
			t.Errorf("seed %d: share %.3f over %v s, want about 0.25 over a day", seed, share, d.Seconds)
		}
	}
}

func TestGlassABrokenBalanceIsABug(t *testing.T) {
	g := NewGlass(1, start)
	g.truth.ImportKWh += 1e-6
	defer func() {
		if got, _ := recover().(string); !strings.HasPrefix(got, "BUG: the balance of the site's power") {
			t.Errorf("panic %q", got)
		}
	}()
	g.Step(10 * time.Second)
	t.Error("no panic")
}

func TestGlassStatisticsLieInTheirBands(t *testing.T) {
	names := []string{"flow", "in", "out", "gross", "aux ratio", "load", "condenser", "pull", "steam"}
	bands := [][4]float64{ // least, most, mean, allowed deviation of the mean
		{60000, 100000, 80000, 1500}, {410, 560, 485, 5}, {150, 225, 197, 8}, {1000, 5000, 1980, 150}, {0.0799, 0.1201, 0.10, 0.003},
		{700, 10000, 7260, 250}, {4, 12, 7, 0.2}, {550, 650, 600, 8}, {5, 20, 11.7, 1.2},
	}
	n, sum, least, most := 0.0, make([]float64, len(names)), make([]float64, len(names)), make([]float64, len(names))
	exported := 0.0
	for seed := range uint64(4) {
		g := NewGlass(seed, start)
		before := g.Truth()
		runPlant(g, 35*24*time.Hour, 30*time.Second, func() {
			st := &g.state
			for i, x := range []float64{st.flow, st.in, st.out, st.gross, st.aux / st.gross, st.load, st.condenser, st.pull, st.steam} {
				if n == 0 {
					least[i], most[i] = x, x
				}
				sum[i] += x
				least[i], most[i] = min(least[i], x), max(most[i], x)
			}
			n++
		})
		d := g.Truth().Since(before)
		if share := d.ShareNet(); math.Abs(share-0.25) > 0.02 {
			t.Errorf("seed %d: share %.3f, want about a quarter", seed, share)
		}
		exported += d.ExportKWh
	}
	if exported < 1000 {
		t.Errorf("only %.0f kWh exported: the export counter is not tried", exported)
	}
	for i, name := range names {
		b := bands[i]
		if least[i] < b[0] || most[i] > b[1] || math.Abs(sum[i]/n-b[2]) > b[3] {
			t.Errorf("%s: %.5g to %.5g with mean %.5g, want within %g to %g and %g ± %g", name, least[i], most[i], sum[i]/n, b[0], b[1], b[2], b[3])
		}
	}
}

func TestTheFiringSideChangesEveryTwentyMinutes(t *testing.T) {
	g := NewGlass(3, start)
	var changes []time.Time
	left := g.shows("fires_left").Bool()
	dips := 0
	runPlant(g, 5*time.Hour, 10*time.Second, func() {
		if now := g.shows("fires_left").Bool(); now != left {
			left = now
			changes = append(changes, g.Now())
		}
		if len(changes) > 0 && g.Now().Sub(changes[len(changes)-1]) == 100*time.Second && g.temp.value-g.state.in > 45 {
			dips++
		}
	})
	if len(changes) < 14 || len(changes) > 16 || dips < len(changes)-1 {
		t.Fatalf("%d changes and %d dips in 5 h, want 15", len(changes), dips)
	}
	for i := 1; i < len(changes); i++ {
		if d := changes[i].Sub(changes[i-1]); d < 19*time.Minute || d > 21*time.Minute {
			t.Errorf("change after %v", d)
		}
	}
}

func TestGlassPointsShowTheirTruths(t *testing.T) {
	g := NewGlass(11, start)
	before, first := g.Truth(), g.Values()
	runPlant(g, 24*time.Hour, 5*time.Second, nil)
	st, d := &g.state, g.Truth().Since(before)
	for name, truth := range map[string]float64{
		"flue_flow": st.flow, "t_in": st.in, "t_out": st.out, "steam_flow": st.steam, "steam_pressure": st.pressure, "steam_temp": st.temp,
		"condenser": st.condenser, "pull": st.pull, "aux_power": st.aux, "gen_power": st.gross, "grid_power": st.exchange,
	} {
		p := g.points[g.at(name)]
		limit := p.Rel*truth + p.Abs + 5*p.noise + p.step + 0.03*truth // the last for the lag
		if got := float64(g.shows(name).Float32()); math.Abs(got-truth) > limit {
			t.Errorf("%s shows %v, want %v ± %v", name, got, truth, limit)
		}
	}
	for name, truth := range map[string]float64{"aux_energy": d.AuxKWh, "gen_energy": d.GrossKWh, "import_energy": d.ImportKWh, "export_energy": d.ExportKWh} {
		at := g.at(name)
		got := float64(g.Values()[at].Bits-first[at].Bits) * g.points[at].Scale
		if math.Abs(got-truth) > 0.01*truth+0.2 {
			t.Errorf("%s counted %v kWh, want %v", name, got, truth)
		}
	}
}

// TestGlassOverTheWire reads the meters as their manuals would state it, byte by
// byte.
func TestGlassOverTheWire(t *testing.T) {
	g, im := NewGlass(5, start), NewImage()
	runPlant(g, time.Hour, 10*time.Second, nil)
	im.Show(g)
	s, err := Listen("127.0.0.1:0", im)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := dial(t, s)
	c.read(12, 4, 100, 8)
	_, _, pdu := c.get()
	if got, want := binary.BigEndian.Uint64(pdu[2:]), g.shows("import_energy").Bits; got != want || got < 412_345_678_000 {
		t.Errorf("import_energy %d, want %d", got, want)
	}
	if got, want := binary.BigEndian.Uint64(pdu[10:]), g.shows("export_energy").Bits; got != want {
		t.Errorf("export_energy %d, want %d", got, want)
	}
	c.read(11, 4, 0, 2)
	_, _, pdu = c.get()
	if got, want := math.Float32frombits(binary.BigEndian.Uint32(pdu[2:])), g.shows("gen_power").Float32(); got != want || got < 1000 {
		t.Errorf("gen_power %v, want %v", got, want)
	}
	c.read(10, 3, 0, 18)
	if _, _, pdu = c.get(); len(pdu) != 2+36 {
		t.Errorf("the boiler's block has %d bytes", len(pdu))
	}
	g.Schedule(Incident{Kind: MeterSwapped, From: g.Now(), To: g.Now().Add(time.Minute)})
	g.Step(10 * time.Second)
	im.Show(g)
	c.read(12, 4, 100, 8)
	if _, _, pdu = c.get(); !slices.Equal(pdu, []byte{0x84, noAnswerBehind}) {
		t.Errorf("without its meter unit 12 answers % x", pdu)
	}
	c.read(11, 4, 100, 2)
	if _, _, pdu = c.get(); pdu[0] != 4 {
		t.Errorf("the other meter answers % x", pdu)
	}
}

// glassPair runs two works of one seed side by side, one with the incident.
func glassPair(i Incident, for_ time.Duration, each func(since time.Duration, usual, hit *Glass)) {
	usual, hit := NewGlass(4, start), NewGlass(4, start)
	hit.Schedule(i)
	runPlant(usual, for_, 10*time.Second, func() {
		hit.Step(10 * time.Second)
		each(hit.Now().Sub(start), usual, hit)
	})
}

func TestWrongWordOrder(t *testing.T) {
	i, on := during(time.Hour, 2*time.Hour)
	i.Kind = WrongWordOrder
	glassPair(i, 3*time.Hour, func(since time.Duration, usual, hit *Glass) {
		for at, p := range usual.points {
			a, b := uint32(usual.samples[at].Bits), uint32(hit.samples[at].Bits)
			if p.Type == Float32 && p.Unit == boilerUnit && on(hit.Now()) {
				b = b<<16 | b>>16
			}
			if a != b {
				t.Fatalf("after %v %s shows %#x, want %#x", since, p.Name, b, a)
			}
		}
		if on(hit.Now()) && hit.shows("t_in").Float32() > 400 && hit.shows("t_in").Float32() < 600 {
			t.Fatalf("after %v the swapped temperature is plausible: %v", since, hit.shows("t_in").Float32())
		}
	})
}

func TestCounterResetOfOneMeter(t *testing.T) {
	i, _ := during(time.Hour, 2*time.Hour)
	i.Kind = CounterReset
	var gen uint64
	glassPair(i, 2*time.Hour, func(_ time.Duration, usual, hit *Glass) {
		gen = hit.shows("gen_energy").Bits
		for _, other := range []string{"import_energy", "aux_energy"} {
			if usual.shows(other) != hit.shows(other) {
				t.Fatalf("%s was reset, too", other)
			}
		}
	})
	if gen < 10_000 || gen > 40_000 {
		t.Errorf("an hour after its reset the counter shows %d, want about 20,000", gen)
	}
}

func TestMeterSwapped(t *testing.T) {
	i, on := during(time.Hour, 90*time.Minute)
	i.Kind = MeterSwapped
	var imported uint64
	glassPair(i, 2*time.Hour, func(since time.Duration, usual, hit *Glass) {
		for at, p := range hit.points {
			if silent := on(hit.Now()) && p.Unit == incomerUnit; silent == hit.samples[at].OK {
				t.Fatalf("after %v %s is answered: %v", since, p.Name, hit.samples[at].OK)
			}
		}
		imported = hit.shows("import_energy").Bits
		if usual.Truth() != hit.Truth() {
			t.Fatal("the truth changed")
		}
	})
	if imported < newMeterImport+1e6 || imported > newMeterImport+5e6 {
		t.Errorf("half an hour later the new meter shows %d Wh", imported)
	}
}

func TestHRSGFouling(t *testing.T) {
	i, _ := during(0, 4*24*time.Hour)
	i.Kind = HRSGFouling
	var usualOut, hitOut, usualPower, hitPower, n float64
	glassPair(i, 4*24*time.Hour, func(since time.Duration, usual, hit *Glass) {
		if since > 3*24*time.Hour {
			n++
			usualOut += usual.state.out
			hitOut += hit.state.out
			usualPower += usual.state.gross
			hitPower += hit.state.gross
		}
	})
	if rise := (hitOut - usualOut) / n; rise < 38 || rise > 46 {
		t.Errorf("on the fourth day the gas leaves hotter by %.1f °C, want about 42", rise)
	}
	if lost := 1 - hitPower/usualPower; lost < 0.1 || lost > 0.2 {
		t.Errorf("the boiler gives %.3f less power, want about 0.14", lost)
	}
}

func TestFoulingRisesAndIsBlownOff(t *testing.T) {
	g := NewGlass(8, start)
	blown, last, most := 0, g.fouling, 0.0
	runPlant(g, 60*24*time.Hour, time.Minute, func() {
		if g.fouling < last {
			blown++
			if math.Abs(g.fouling-0.4*last) > 0.01 || !g.shows("soot_blowing").Bool() {
				t.Errorf("fouling went from %v to %v, blowing %v", last, g.fouling, g.shows("soot_blowing").Bool())
			}
		}
		last, most = g.fouling, max(most, g.fouling)
	})
	if blown < 2 || blown > 4 || most > 25.1 {
		t.Errorf("blown %d times in 60 days, fouling up to %.1f °C", blown, most)
	}
}

// TestPlantsFollowFromTheirSeed holds for every plant: same seed same history, no
// memory per step, no incident that a plant does not know.
func TestPlantsFollowFromTheirSeed(t *testing.T) {
	for name, build := range map[string]func(seed uint64) Plant{
		"mill":  func(seed uint64) Plant { return NewMill(seed, start) },
		"acid":  func(seed uint64) Plant { return NewAcid(seed, start) },
		"glass": func(seed uint64) Plant { return NewGlass(seed, start) },
	} {
		history := func(seed uint64) (all []Sample) {
			p := build(seed)
			runPlant(p, 6*time.Hour, 10*time.Second, func() { all = p.AppendValues(all) })
			return all
		}
		one, again, other := history(7), history(7), history(8)
		if !slices.Equal(one, again) || slices.Equal(one, other) {
			t.Errorf("%s: the seed does not decide the history", name)
		}
		p := build(1)
		if p.Name() != name || len(p.Points()) != len(p.AppendValues(nil)) || !p.Now().Equal(start) {
			t.Errorf("%s: name %q, %d points, at %v", name, p.Name(), len(p.Points()), p.Now())
		}
		values := p.AppendValues(nil)
		if n := testing.AllocsPerRun(200, func() {
			p.Step(10 * time.Second)
			values = p.AppendValues(values[:0])
		}); n != 0 {
			t.Errorf("%s: %v allocations per step, want 0", name, n)
		}
		seen, totals := map[string]bool{}, 0
		for _, point := range p.Points() {
			if seen[point.Name] || seen[point.At()] {
				t.Errorf("%s: two points are called %s or lie at %s", name, point.Name, point.At())
			}
			seen[point.Name], seen[point.At()] = true, true
		}
		for range p.Totals() {
			totals++
		}
		if totals < 10 {
			t.Errorf("%s: only %d totals", name, totals)
		}
	}
}

func TestAnIncidentOfAnotherPlantIsABug(t *testing.T) {
	for kind, plant := range map[IncidentKind]Plant{
		PurgeDoubled: NewMill(1, start), HRSGFouling: NewAcid(1, start), WashOilWarm: NewGlass(1, start),
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.HasPrefix(got, "BUG: "+kind.word()+" does not happen at") {
					t.Errorf("%v at the %s: panic %q", kind, plant.Name(), got)
				}
			}()
			plant.Schedule(Incident{Kind: kind})
			t.Errorf("%v at the %s: no panic", kind, plant.Name())
		}()
	}
}

func BenchmarkGlassStep(b *testing.B) {
	g := NewGlass(1, start)
	values := g.Values()
	b.ReportAllocs()
	for b.Loop() {
		g.Step(10 * time.Second)
		values = g.AppendValues(values[:0])
	}
}
