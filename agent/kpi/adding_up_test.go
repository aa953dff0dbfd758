package kpi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

// longPlant gives 14 months of a plant whose days begin at odd times, in a zone
// that sets its clocks: a reading of each tag every few minutes, with gaps from
// minutes to days, bad and doubtful values, outages and a totaliser that is
// silent at times.
func longPlant(t testing.TB) *rig {
	rnd := rand.New(rand.NewPCG(4, 11))
	var tags []*agent.Tag
	for i := range 4 {
		tag := tagOf(fmt.Sprintf("t%d", i), "kg/s", []string{"a", "b"}[i%2], i)
		tag.Every, tag.MaxGap, tag.Accuracy = 10*time.Minute, 45*time.Minute, agent.Accuracy{Rel: 0.01, Abs: 0.02}
		tags = append(tags, tag)
	}
	tags[1].Hold = true
	tags[3].Counter, tags[3].Accuracy = &agent.Counter{MaxRate: 1}, agent.Accuracy{Rel: 0.01}
	plant := agent.Plant{Timezone: "Europe/Berlin", DayStart: "06:10", Shifts: []string{"05:35", "13:50", "22:05"}}
	r := newRig(t, plant, ratio("ratio", 1, tags[0], tags[2]), amount("product", 2, tags[0], tags[1]), ratio("mixed", 1, tags[3], tags[2]),
		priced("priced", tags[3], priceFrom("2026-01-01", "2026-07-01")))
	count, silent := 0.0, 0.0
	at := origin.AddDate(0, -2, -3)
	for end := at.AddDate(0, 14, 0); at.Before(end); {
		step := rnd.Float64() * 20 * 60
		if rnd.IntN(300) == 0 {
			step += rnd.ExpFloat64() * 20000
		}
		at = at.Add(time.Duration(step * float64(time.Second)))
		for _, source := range []string{"a", "b"} {
			b := r.batch(source, at)
			if rnd.IntN(200) == 0 {
				b.Err = agent.Reason{Code: agent.Timeout}
			}
			for i, tag := range tags {
				if tag.Source != source || b.Err.Code != agent.NoReason {
					continue
				}
				one := good(tag, at, 2+rnd.Float64())
				if i == 3 {
					if count += step * rnd.Float64() / 2; rnd.IntN(100) == 0 {
						silent = rnd.ExpFloat64() * 7200
					}
					if silent -= step; silent > 0 {
						continue
					}
					one.Value = agent.Float64Value(count)
				}
				switch rnd.IntN(60) {
				case 0:
					one = bad(tag, at, agent.Sentinel)
				case 1:
					one.Quality, one.Reason = agent.Uncertain, agent.Reason{Code: agent.DeviceDoubt}
				}
				b.Readings = append(b.Readings, one)
			}
			r.add(b)
		}
	}
	return r
}

// TestWindowsAddUp: whatever comes, each window is the ordered sum of its parts,
// in totals and covered seconds bit for bit; and each window's covered and lost
// seconds are all of it.
func TestWindowsAddUp(t *testing.T) {
	feeds := map[agent.WindowKind][]agent.WindowKind{
		agent.Cell: {agent.Hour, agent.Shift, agent.Day}, agent.Day: {agent.Week, agent.Month}, agent.Month: {agent.Year},
	}
	r := longPlant(t)
	compared, clocks := map[agent.WindowKind]int{}, map[time.Duration]int{}
	for _, q := range r.engine.Describe() {
		for child, parents := range feeds {
			children := r.of(q.KPI, child)
			for _, parent := range parents {
				for _, p := range r.of(q.KPI, parent) {
					compared[parent] += min(1, checkSum(t, p, within(children, p.Window)))
					if parent == agent.Day {
						clocks[p.Window.End.Sub(p.Window.Start)]++
					}
				}
			}
		}
	}
	for _, one := range r.results {
		checkBooks(t, one)
	}
	if compared[agent.Year] < 4 || compared[agent.Month] < 48 || compared[agent.Shift] < 4000 || compared[agent.Hour] < 30000 {
		t.Errorf("compared %v, want a year of each figure, its months, shifts and hours", compared)
	}
	if clocks[23*time.Hour] == 0 || clocks[25*time.Hour] == 0 {
		t.Errorf("got days of %v, want the two on which clocks are set", clocks)
	}
}

// within gives the results whose windows begin in w; all are in time order.
func within(all []agent.Result, w agent.Window) []agent.Result {
	first := func(t time.Time) int {
		at, _ := slices.BinarySearchFunc(all, t, func(r agent.Result, t time.Time) int { return r.Window.Start.Compare(t) })
		return at
	}
	return all[first(w.Start):first(w.End)]
}

// TestBatchesCutAtRandom: the same readings, received in batches of any size,
// give the same results bit for bit.
func TestBatchesCutAtRandom(t *testing.T) {
	m := newMill(8, false)
	kpi := m.kpi(t)
	whole := newRig(t, utc(), kpi)
	bySource := map[string][]agent.Reading{}
	rnd := rand.New(rand.NewPCG(8, 8))
	for _, b := range m.batches(whole, 6) {
		if b.Source == agent.Own || rnd.IntN(40) == 0 { // a poll that was missed
			continue
		}
		bySource[b.Source] = append(bySource[b.Source], b.Readings...)
	}
	var want map[agent.ResultKey]string
	for seed := range uint64(6) {
		r := newRig(t, utc(), kpi)
		for _, b := range cutAtRandom(r, seed, bySource) {
			r.add(b)
		}
		got := map[agent.ResultKey]string{}
		for _, one := range r.results {
			got[one.Key()] = outcome(t, []agent.Result{one}, nil)
		}
		if want == nil {
			want = got
		}
		if len(got) != len(want) || len(got) < 2*(23+5) {
			t.Fatalf("seed %d: got %d results, want %d", seed, len(got), len(want))
		}
		for key, text := range want {
			if got[key] != text {
				t.Fatalf("seed %d: %+v:\n got %s\nwant %s", seed, key, got[key], text)
			}
		}
	}
}

// cutAtRandom cuts each source's readings into batches that are received up to a
// quarter of a minute after their last reading, and all in all within the grace
// for which cells wait; of the seed 0 into one of each poll.
func cutAtRandom(r *rig, seed uint64, bySource map[string][]agent.Reading) (all []*agent.Batch) {
	rnd := rand.New(rand.NewPCG(seed, 5))
	sources := []string{"mill", "stack"}
	for _, source := range sources {
		last := time.Time{}
		for rest := bySource[source]; len(rest) > 0; {
			n, delay := 1+rnd.IntN(6), time.Duration(rnd.IntN(15_000))*time.Millisecond
			if seed == 0 || last.IsZero() { // the first batch says when the figures begin
				n, delay = 1, 0
				for n < len(rest) && rest[n].Time.Equal(rest[0].Time) {
					n++
				}
			}
			n = min(n, len(rest))
			at := rest[n-1].Time.Add(delay)
			if at.Before(last) {
				at = last
			}
			last = at
			all = append(all, &agent.Batch{Source: source, Received: at, Readings: rest[:n:n]})
			rest = rest[n:]
		}
	}
	slices.SortStableFunc(all, func(a, b *agent.Batch) int { return a.Received.Compare(b.Received) })
	for i, b := range all {
		all[i] = r.batch(b.Source, b.Received, b.Readings...)
	}
	return all
}
