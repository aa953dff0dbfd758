package sim

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func run(m *Mill, for_, step time.Duration, each func()) {
	for end := m.Now().Add(for_); m.Now().Before(end); {
		m.Step(step)
		if each != nil {
			each()
		}
	}
}

func TestBalancesOverManySeeds(t *testing.T) {
	for seed := range uint64(100) {
		m := NewMill(seed, start)
		before := m.Truth()
		run(m, 24*time.Hour, 20*time.Second, nil) // each step checks itself, too
		d := m.Truth().Since(before)
		if got, want := d.OutKg+d.LoadKg+d.RegenerationLossKg+d.TankKg+d.PumpedKg, d.InKg; math.Abs(got-want) > 1e-9*want {
			t.Errorf("seed %d: %v kg accounted for, want %v", seed, got, want)
		}
		if got := m.Now(); !got.Equal(start.Add(24 * time.Hour)) {
			t.Errorf("seed %d: now %v", seed, got)
		}
		if d.Seconds != 86400 {
			t.Errorf("seed %d: %v s, want 86400", seed, d.Seconds)
		}
	}
}

func TestABrokenBalanceIsABug(t *testing.T) {
	m := NewMill(1, start)
	m.Step(10 * time.Second)
	m.truth.RecoveredKg += 1e-6
	defer func() {
		if got, _ := recover().(string); !strings.HasPrefix(got, "BUG: the balance of the wash oil") {
			t.Errorf("panic %q", got)
		}
	}()
	m.Step(10 * time.Second)
	t.Error("no panic")
}

func TestTheSeedDecidesEverything(t *testing.T) {
	history := func(seed uint64) (all []Sample) {
		m := NewMill(seed, start)
		run(m, 6*time.Hour, 10*time.Second, func() { all = m.AppendValues(all) })
		return all
	}
	one, again, other := history(7), history(7), history(8)
	if !slices.Equal(one, again) {
		t.Error("the same seed gave another history")
	}
	if slices.Equal(one, other) {
		t.Error("another seed gave the same history")
	}
}

func TestStatisticsLieInTheirBands(t *testing.T) {
	type sums struct{ n, sum, sq, lo, hi float64 }
	add := func(s *sums, x float64) {
		if s.n == 0 || x < s.lo {
			s.lo = x
		}
		if s.n == 0 || x > s.hi {
			s.hi = x
		}
		s.n, s.sum, s.sq = s.n+1, s.sum+x, s.sq+x*x
	}
	var cIn, qIn, cOut, leak, dp, fan, washTemp, desorber, level, removal sums
	for seed := range uint64(5) {
		m := NewMill(seed, start)
		fouled := m.fouling
		run(m, 35*24*time.Hour, 30*time.Second, func() {
			st := &m.state
			add(&cIn, st.cIn)
			add(&qIn, st.qIn)
			add(&leak, st.qOut/st.qIn-1)
			add(&dp, st.dp)
			add(&fan, st.fanPower)
			add(&washTemp, st.washTemp)
			add(&desorber, st.desorber)
			add(&level, st.level)
			add(&removal, 1-st.qOut*st.cOut/(st.qIn*st.cIn))
			if st.cIn > 200 {
				add(&cOut, st.cOut)
			}
		})
		if days := 35 / (m.fouling - fouled); days < 30 || days > 90 {
			t.Errorf("seed %d: the demister fouls in %.0f days, want 30 to 90", seed, days)
		}
		if hours := m.holdUp / 3600; hours < 4 || hours > 8 {
			t.Errorf("seed %d: hold-up of %.1f h, want 4 to 8", seed, hours)
		}
		tr := m.Truth()
		if share := tr.RollingSeconds / tr.Seconds; math.Abs(share-1500.0/1900) > 0.04 {
			t.Errorf("seed %d: rolling %.3f of the time, want about 0.79", seed, share)
		}
		if yield := tr.RecoveredKg / (tr.RecoveredKg + tr.RegenerationLossKg); math.Abs(yield-0.97) > 0.003 {
			t.Errorf("seed %d: yield %.4f, want about 0.97", seed, yield)
		}
		if tr.PumpedKg == 0 {
			t.Errorf("seed %d: the tank was never emptied in 35 days", seed)
		}
	}
	for name, c := range map[string]struct {
		s              sums
		lo, hi         float64 // no value may leave them
		mean, meanBand float64
		sd, sdBand     float64
	}{
		"c_in":     {cIn, 50, 600, 245, 15, 100, 20},
		"q_in":     {qIn, 30000, 80000, 56800, 1000, 6400, 1500},
		"c_out":    {cOut, 2, 30, 11.5, 1, 2, 0.6},
		"leak":     {leak, 0, 0.05, 0.02, 0.002, 0.006, 0.002},
		"dp":       {dp, 50, 2500, 560, 120, 150, 80},
		"fan":      {fan, 5, 250, 70, 10, 18, 8},
		"washTemp": {washTemp, 28, 36, 32, 0.2, 0.8, 0.2},
		"desorber": {desorber, 140, 170, 155, 0.5, 0.9, 0.4},
		"level":    {level, 0, 3, 1.5, 0.3, 0.5, 0.2},
		"removal":  {removal, 0.9, 0.999, 0.96, 0.002, 0.006, 0.001},
	} {
		mean := c.s.sum / c.s.n
		sd := math.Sqrt(c.s.sq/c.s.n - mean*mean)
		if c.s.lo < c.lo || c.s.hi > c.hi {
			t.Errorf("%s: from %.4g to %.4g, want within %g to %g", name, c.s.lo, c.s.hi, c.lo, c.hi)
		}
		if math.Abs(mean-c.mean) > c.meanBand {
			t.Errorf("%s: mean %.5g, want %g ± %g", name, mean, c.mean, c.meanBand)
		}
		if math.Abs(sd-c.sd) > c.sdBand {
			t.Errorf("%s: standard deviation %.4g, want %g ± %g", name, sd, c.sd, c.sdBand)
		}
	}
}

func TestDesorberOffKeepsTheOilInTheWashOil(t *testing.T) {
	m := NewMill(3, start)
	m.EnableDesorber(false)
	before := m.Truth()
	run(m, time.Hour, 10*time.Second, nil)
	d := m.Truth().Since(before)
	if d.RecoveredKg != 0 || math.Abs(d.LoadKg-d.AbsorbedKg) > 1e-9*d.AbsorbedKg || d.AbsorbedKg < 5 {
		t.Errorf("recovered %v kg, load grew by %v kg, absorbed %v kg", d.RecoveredKg, d.LoadKg, d.AbsorbedKg)
	}
	if m.value(t, "desorber_on").Bool() || m.value(t, "desorber_temp").Float32() > 60 {
		t.Error("the PLC does not show it")
	}
}

// value gives what the PLC shows at a point.
func (m *Mill) value(t *testing.T, name string) Sample {
	t.Helper()
	at := indexOf(name)
	if at < 0 {
		t.Fatalf("no point %q", name)
	}
	return m.Values()[at]
}

func TestTruthFile(t *testing.T) {
	var out bytes.Buffer
	f := NewTruthFile(&out)
	m := NewMill(1, start)
	run(m, 3*time.Minute, 7*time.Second, func() {
		if err := f.Note(m); err != nil {
			t.Fatal(err)
		}
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	names := 0
	for range m.Truth().ByName() {
		names++
	}
	if got, want := len(lines), 1+4*names; got != want {
		t.Errorf("%d lines, want %d:\n%s", got, want, out.String())
	}
	if lines[0] != "time,name,value" || !strings.HasPrefix(lines[1], "2026-03-01T00:00:07Z,seconds,7") ||
		!strings.HasPrefix(lines[1+names], "2026-03-01T00:01:03Z,seconds,63") {
		t.Errorf("file:\n%s", out.String())
	}
	if err := NewTruthFile(full{}).Note(m); err == nil {
		t.Error("a full disk gave no error")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }

func TestHistoryCostsNoMemory(t *testing.T) {
	m := NewMill(1, start)
	values := m.Values()
	if n := testing.AllocsPerRun(1000, func() {
		m.Step(10 * time.Second)
		values = m.AppendValues(values[:0])
	}); n != 0 {
		t.Errorf("%v allocations per step, want 0", n)
	}
}

func BenchmarkStep(b *testing.B) {
	m := NewMill(1, start)
	values := m.Values()
	b.ReportAllocs()
	for b.Loop() {
		m.Step(10 * time.Second)
		values = m.AppendValues(values[:0])
	}
}

// BenchmarkHistory is what a demo waits for: 35 days in steps of 10 s.
func BenchmarkHistory(b *testing.B) {
	for b.Loop() {
		run(NewMill(1, start), 35*24*time.Hour, 10*time.Second, nil)
	}
}
