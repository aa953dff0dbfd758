package sim

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// runPlant steps any plant.
func runPlant(p Plant, for_, step time.Duration, each func()) {
	for end := p.Now().Add(for_); p.Now().Before(end); {
		p.Step(step)
		if each != nil {
			each()
		}
	}
}

func TestAcidBalancesOverManySeeds(t *testing.T) {
	for seed := range uint64(100) {
		a := NewAcid(seed, start)
		before := a.Truth()
		runPlant(a, 24*time.Hour, 30*time.Second, nil) // each step checks itself, too
		d := a.Truth().Since(before)
		if got := d.LossKg() + d.ProductKg + d.InventoryKg(); math.Abs(got-d.FeedKg) > 1e-9*d.FeedKg {
			t.Errorf("seed %d: %v kg accounted for, want %v", seed, got, d.FeedKg)
		}
		if d.Seconds != 86400 {
			t.Errorf("seed %d: %v s, want 86400", seed, d.Seconds)
		}
		if r := d.Recovery(); r < 0.974 || r > 0.991 {
			t.Errorf("seed %d: recovery %.4f, want within 0.975 to 0.99", seed, r)
		}
	}
}

func TestAcidABrokenBalanceIsABug(t *testing.T) {
	a := NewAcid(1, start)
	a.truth.MadeKg += 1e-6
	defer func() {
		if got, _ := recover().(string); !strings.HasPrefix(got, "BUG: the balance of the furnace") {
			t.Errorf("panic %q", got)
		}
	}()
	a.Step(10 * time.Second)
	t.Error("no panic")
}

func TestAcidStatisticsLieInTheirBands(t *testing.T) {
	names := []string{"feed", "feed_strength", "so2", "mist", "stack", "purge_flow", "purge_strength", "purge", "bed1_rise", "o2", "so2_in", "day_level", "level", "made_strength", "stock_strength"}
	bands := [][4]float64{ // least, most, mean, allowed deviation of the mean
		{3.0, 5.4, 4.375, 0.06}, {0.78, 0.82, 0.80, 0.003}, {100, 600, 330, 15}, {5, 50, 25, 2}, {7000, 10500, 8620, 200},
		{0.5, 3, 1.2, 0.03}, {0.02, 0.08, 0.048, 0.004}, {35.9, 78.1, 60, 4}, {130, 240, 180, 4}, {0.8, 4.5, 2.5, 0.15}, {6, 10, 8, 0.2},
		{0.8, 3.2, 2, 0.15}, {1.5, 6, 3.1, 0.6}, {0.97, 0.99, 0.983, 0.0005}, {0.97, 0.99, 0.983, 0.0008},
	}
	n, sum, least, most := 0.0, make([]float64, len(names)), make([]float64, len(names)), make([]float64, len(names))
	for seed := range uint64(4) {
		a := NewAcid(seed, start)
		before := a.Truth()
		runPlant(a, 35*24*time.Hour, time.Minute, func() {
			st := &a.state
			for i, x := range []float64{
				st.feedFlow * density(st.feedStrength, st.feedTemp) / 1000, st.feedStrength, st.so2, st.mist, st.stackFlow,
				st.purgeFlow, st.purgeStrength, st.purgeFlow * st.purgeStrength * density(st.purgeStrength, st.purgeTemp),
				st.beds[0] - st.bedIn, st.o2, st.so2In, a.day.level(), a.stock.level(), a.day.strength(), a.stock.strength(),
			} {
				if n == 0 {
					least[i], most[i] = x, x
				}
				sum[i] += x
				least[i], most[i] = min(least[i], x), max(most[i], x)
			}
			n++
		})
		d := a.Truth().Since(before)
		if r := d.Recovery(); r < 0.979 || r > 0.984 {
			t.Errorf("seed %d: recovery %.4f over 35 days, want about 0.981", seed, r)
		}
		if share := d.PurgeKg / d.LossKg(); share < 0.85 {
			t.Errorf("seed %d: the purge is %.2f of the loss, want most of it", seed, share)
		}
		if year := d.FeedWasteKg / d.Seconds * 3600 * 8000 / 1000; math.Abs(year-35000) > 700 {
			t.Errorf("seed %d: %.0f t of waste acid in 8,000 h, want about 35,000", seed, year)
		}
		if d.ProductKg < 0.9*d.MadeKg {
			t.Errorf("seed %d: %.0f kg shipped of %.0f made", seed, d.ProductKg, d.MadeKg)
		}
	}
	for i, name := range names {
		b := bands[i]
		if least[i] < b[0] || most[i] > b[1] || math.Abs(sum[i]/n-b[2]) > b[3] {
			t.Errorf("%s: %.5g to %.5g with mean %.5g, want within %g to %g and %g ± %g", name, least[i], most[i], sum[i]/n, b[0], b[1], b[2], b[3])
		}
	}
}

func TestTankersLoadFromNineToThreeButNotOnSundays(t *testing.T) {
	a := NewAcid(2, start)
	loaded := map[time.Weekday]float64{}
	last := a.Truth().ProductKg
	runPlant(a, 28*24*time.Hour, 30*time.Second, func() {
		at := a.Now().In(time.FixedZone("", 8*3600))
		now := a.Truth().ProductKg
		if now > last && (at.Hour() < 9 || at.Hour() >= 15) {
			t.Fatalf("loading at %v", at)
		}
		if (now > last) != a.shows("tanker_loading").Bool() || (now > last) != (a.shows("product_flow").Float32() > 1) && a.state.shipFlow == 0 {
			t.Fatalf("at %v loaded %v kg, and the points show flow %v", at, now-last, a.shows("product_flow").Float32())
		}
		loaded[at.Weekday()] += now - last
		last = now
	})
	if loaded[time.Sunday] != 0 || loaded[time.Monday] < 4*80_000 || loaded[time.Wednesday] < 4*40_000 {
		t.Errorf("loaded %v", loaded)
	}
}

// shows gives what the plant shows at a point.
func (w *works) shows(name string) Sample { return w.Values()[w.at(name)] }

func TestAcidPointsShowTheirTruths(t *testing.T) {
	a := NewAcid(11, start)
	runPlant(a, 27*time.Hour, 10*time.Second, nil) // 11 o'clock: a tanker may stand there
	st := &a.state
	for name, truth := range map[string]float64{
		"feed_flow": st.feedFlow, "feed_strength": 100 * st.feedStrength, "feed_temp": st.feedTemp, "product_strength": 100 * a.stock.strength(),
		"product_temp": a.stock.temp, "tank_level": a.stock.level(), "day_tank_level": a.day.level(), "day_tank_temp": a.day.temp,
		"day_tank_strength": 100 * a.day.strength(), "stack_flow": st.stackFlow, "so2": st.so2, "mist": st.mist, "purge_flow": st.purgeFlow,
		"purge_strength": 100 * st.purgeStrength, "purge_temp": st.purgeTemp, "bed1_in_temp": st.bedIn, "bed1_out_temp": st.beds[0],
		"bed3_out_temp": st.beds[2], "furnace_o2": st.o2, "so2_in": st.so2In, "tank_temp": a.stock.temp,
	} {
		p := a.points[a.at(name)]
		limit := p.Rel*truth + p.Abs + 5*p.noise + p.step + 0.01*truth // the last for the lag
		if got := float64(a.shows(name).Float32()); math.Abs(got-truth) > limit {
			t.Errorf("%s shows %v, want %v ± %v", name, got, truth, limit)
		}
	}
}

func TestPurgeDoubled(t *testing.T) {
	usual, hit := NewAcid(5, start), NewAcid(5, start)
	hit.Schedule(Incident{Kind: PurgeDoubled, From: start.Add(6 * time.Hour), To: start.Add(30 * time.Hour)})
	runPlant(usual, 6*time.Hour, 10*time.Second, nil)
	runPlant(hit, 6*time.Hour-10*time.Second, 10*time.Second, nil)
	usualBefore, hitBefore := usual.Truth(), hit.Truth()
	runPlant(usual, 24*time.Hour, 10*time.Second, nil)
	runPlant(hit, 24*time.Hour, 10*time.Second, nil)
	a, b := usual.Truth().Since(usualBefore), hit.Truth().Since(hitBefore)
	if got := b.PurgeKg / a.PurgeKg; math.Abs(got-2) > 0.01 {
		t.Errorf("the purge is %.3f of the usual, want 2", got)
	}
	if b.Recovery() > 0.972 || a.Recovery() < 0.975 {
		t.Errorf("recovery %.4f, usually %.4f", b.Recovery(), a.Recovery())
	}
	if got := hit.shows("purge_flow").Float32(); got < 1.6 {
		t.Errorf("the purge's meter shows %v m3/h, want about 2.4", got)
	}
}

func TestAcidFrozenAnalyserAndPLCOff(t *testing.T) {
	usual, hit := NewAcid(6, start), NewAcid(6, start)
	hit.Schedule(Incident{Kind: Frozen, From: start.Add(time.Hour), To: start.Add(3 * time.Hour)})
	hit.Schedule(Incident{Kind: PLCOff, From: start.Add(4 * time.Hour), To: start.Add(5 * time.Hour)})
	so2, values := hit.at("so2"), 0
	var before Sample
	runPlant(usual, 6*time.Hour, 10*time.Second, func() {
		hit.Step(10 * time.Second)
		since := hit.Now().Sub(start)
		a, b := usual.Values(), hit.Values()
		if frozen := since >= time.Hour && since < 3*time.Hour; frozen {
			if b[so2] != before {
				t.Fatalf("after %v the frozen analyser moves", since)
			}
			a[so2] = b[so2]
		}
		if off := since >= 4*time.Hour && since < 5*time.Hour; off != hit.Off() || off == b[0].OK {
			t.Fatalf("after %v: off %v, answered %v", since, hit.Off(), b[0].OK)
		} else if !off && !slices.Equal(a, b) {
			t.Fatalf("after %v other points differ", since)
		}
		before = b[so2]
		values++
	})
	if usual.Truth() != hit.Truth() || values != 2160 {
		t.Error("incidents of instruments changed the truth")
	}
}

func TestLabFolderGetsAWholeFilePerShift(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	a := NewAcid(1, start) // 8 o'clock there
	f, err := NewLabFolder(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	runPlant(a, 48*time.Hour, time.Minute, func() {
		if err := f.Note(); err != nil {
			t.Fatal(err)
		}
		if a.Now().Sub(start) == time.Hour { // the shift's sample becomes known after an hour
			files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
			known = len(files)
		}
	})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if known != 2 || len(entries) != 7 {
		t.Errorf("%d files after an hour, %d after two days; want 2 and 7", known, len(entries))
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "time,strength\n2026-03-0") || !strings.Contains(string(text), ":00:00+08:00,") || !strings.HasSuffix(string(text), "\n") {
			t.Errorf("%s holds %q", e.Name(), text)
		}
	}
	if entries[0].Name() != "acid-20260301-0000.csv" || entries[6].Name() != "acid-20260303-0000.csv" {
		t.Errorf("files %v", entries)
	}
	if got := a.Titration().Strength; math.Abs(got-100*a.strength.value) > 2 || got == 0 {
		t.Errorf("the laboratory says %v %%, the truth is %v", got, 100*a.strength.value)
	}
}

// TestLabFolderSkipsWhatIsKnownElsewhere: after catching up with two days, only
// what the laboratory tells from then on becomes a file.
func TestLabFolderSkipsWhatIsKnownElsewhere(t *testing.T) {
	dir := t.TempDir()
	a := NewAcid(1, start) // 8 o'clock there
	f, err := NewLabFolder(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	l := &Live{Plant: a}
	catchUp := func(since time.Duration) (names []string) {
		if err := l.CatchUp(start.Add(since), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			names = append(names, file.Name())
		}
		return names
	}
	catchUp(48 * time.Hour)
	f.Skip()
	l.Lab = f
	if got := catchUp(49*time.Hour - 10*time.Second); len(got) > 0 {
		t.Errorf("files of what was told before: %v", got)
	}
	if got, want := catchUp(57*time.Hour), []string{"acid-20260303-0800.csv", "acid-20260303-1600.csv"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
}

func TestDensity(t *testing.T) {
	for _, tt := range []struct{ w, temp, want, within float64 }{
		{0.80, 25, 1722.1, 0.05}, {0.80, 50, 1697.2, 0.05}, {0.75, 20, 1669.3, 1.0}, {0.87, 20, 1795.2, 1.0},
		{0.04, 20, 1022.5, 3}, {0.98, 20, 1836.1, 0.01}, {0.983, 65, 1835.53 - 45, 0.01}, {0.90, 20, 1814.3, 0.01}, {0.93, 30, 1817.9, 0.01},
	} {
		if got := density(tt.w, tt.temp); math.Abs(got-tt.want) > tt.within {
			t.Errorf("%.3g %% at %g °C: %.2f kg/m3, want %g ± %g", 100*tt.w, tt.temp, got, tt.want, tt.within)
		}
	}
	for w := 0.0; w < 0.9; w += 0.001 {
		if density(w+0.001, 25) <= density(w, 25) || density(w, 30) >= density(w, 20) {
			t.Fatalf("density does not rise with strength and fall with temperature at %.3f", w)
		}
	}
}

func BenchmarkAcidStep(b *testing.B) {
	a := NewAcid(1, start)
	values := a.Values()
	b.ReportAllocs()
	for b.Loop() {
		a.Step(10 * time.Second)
		values = a.AppendValues(values[:0])
	}
}

// TestAcidPointsSufficeForBothMethods computes recovery from what the points show,
// as an agent must, by losses and by product and inventory.
func TestAcidPointsSufficeForBothMethods(t *testing.T) {
	const days = 10
	for seed := range uint64(3) {
		a := NewAcid(seed, start)
		x := func(name string) float64 { return float64(a.shows(name).Float32()) }
		stock := func() float64 {
			big, small := math.Pi/4*10*10, math.Pi/4*4*4
			w, v := x("product_strength")/100, x("day_tank_strength")/100
			return x("tank_level")*big*density(w, x("tank_temp"))*w + x("day_tank_level")*small*density(v, x("day_tank_temp"))*v
		}
		before, stocked := a.Truth(), stock()
		var feed, product, loss float64
		runPlant(a, days*24*time.Hour, 30*time.Second, func() {
			h := 30.0 / 3600
			w, v, weak := x("feed_strength_lab")/100, x("product_strength")/100, x("purge_strength")/100
			feed += x("feed_flow") * density(w, x("feed_temp")) * w * h
			product += x("product_flow") * density(v, x("product_temp")) * v * h
			loss += x("stack_flow") * (x("so2")*so2AsAcid + x("mist")) * 1e-6 * h
			loss += x("purge_flow") * density(weak, x("purge_temp")) * weak * h
		})
		truth := a.Truth().Since(before)
		if got, want := 1-loss/feed, truth.Recovery(); math.Abs(got-want) > 0.0015 {
			t.Errorf("seed %d: recovery by losses %.4f, truth %.4f", seed, got, want)
		}
		direct := (product + stock() - stocked + truth.HoldUpKg) / feed
		if math.Abs(direct-truth.Recovery()) > 0.015 {
			t.Errorf("seed %d: direct recovery %.4f, truth %.4f", seed, direct, truth.Recovery())
		}
	}
}
