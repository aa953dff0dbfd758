package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"recoup/agent"
)

// TestTotalisersCatchUpTogether: the meters fall silent and come back one by
// one, over cells that close without them; the pull, from another source, goes
// on. The day's totals are those of the registers all the same.
func TestTotalisersCatchUpTogether(t *testing.T) {
	g := newGlass(true)
	tags := g.tags()
	out := [5][2]float64{{3.01, 5.2}, {3.1, 4.4}, {2.9, 5.6}, {3.5, 5.3}, {}} // hours
	for i, tag := range tags {
		tag.Source, tag.MaxGap = tag.Name, 0
		out[i][0], out[i][1] = out[i][0]*3600, out[i][1]*3600
	}
	kpi := g.kpi(t, g.section())
	r := newRig(t, utc(), kpi)
	rnd := rand.New(rand.NewPCG(4, 2))
	var counts, begins [4]float64
	speeds := [4]float64{70, 8, 180, 10}
	var pulled float64
	for s := 0.0; s <= 24*3600; s += 30 {
		for i, tag := range tags {
			var reading agent.Reading
			if tag == g.pull {
				reading = good(tag, sec(s), 600+100*math.Sin(s/5000))
				if s > 0 {
					pulled += 30 * (600 + 50*(math.Sin(s/5000)+math.Sin((s-30)/5000))) / 86400
				}
			} else {
				counts[i] += math.Round(speeds[i] * 2 * rnd.Float64())
				if s == 0 {
					begins[i] = counts[i]
				}
				reading = raw(tag, s, uint64(counts[i]))
			}
			if s > out[i][0] && s < out[i][1] {
				r.outage(tag.Source, sec(s), agent.NoConnection)
			} else {
				r.read(sec(s), reading)
			}
		}
		if s == 4.7*3600 { // a restart of the engine in the middle
			next := newEngine(t, utc(), kpi)
			if err := next.Restore(checkpointOf(t, r.engine)); err != nil {
				t.Fatal(err)
			}
			r.engine = next
		}
	}
	got := r.only("glass.specific", agent.Day)
	checkBooks(t, got)
	for i, want := range []float64{counts[0] - begins[0], counts[1] - begins[1]} {
		if !near(got.Terms[i].Total, want/100, 1e-6) {
			t.Errorf("%s: got %.6f kWh, want %.6f", got.Terms[i].Role, got.Terms[i].Total, want/100)
		}
	}
	if !near(got.Terms[2].Total, pulled, 1e-6) || !near(got.Coverage, 1, 1e-9) {
		t.Errorf("got %.6f t over %g of the day, want %.6f over all", got.Terms[2].Total, got.Coverage, pulled)
	}
	share := r.only("glass.share_net", agent.Day)
	net, bought, sold := counts[0]-begins[0]-counts[1]+begins[1], counts[2]-begins[2], counts[3]-begins[3]
	if want := net / (bought - sold + net); !near(share.Value, want, 1e-9) || !near(share.Coverage, 1, 1e-9) {
		t.Errorf("got %.9f over %g of the day, want %.9f", share.Value, share.Coverage, want)
	}
	for _, one := range r.of("glass.share_net", agent.Cell) {
		checkBooks(t, one)
		hours := one.Window.End.Sub(origin).Hours()
		if inside := hours > 3 && hours <= 5.5; inside != one.Withheld() {
			t.Errorf("cell to %.2f h: got withheld %v", hours, one.Withheld())
		}
		if last := hours == 5.75; last != (one.Reason.Code == agent.CaughtUp) {
			t.Errorf("cell to %.2f h: got %v, want only the one in which the last meter came back to catch up", hours, one.Reason)
		}
	}
}

// TestPowerDoesNotCatchUp: what a power channel missed is not known.
func TestPowerDoesNotCatchUp(t *testing.T) {
	counts, power := newGlass(true), newGlass(false)
	power.imp.MaxGap = 0
	tags := []*agent.Tag{counts.gross, counts.aux, power.imp}
	kpi, err := newWasteHeatPower(agent.Spec{Name: "glass", Tags: tags, Decode: func(into any) error {
		*into.(*wasteHeatPower) = wasteHeatPower{Generation: generation{tags[0].Name, tags[1].Name}, Import: tags[2].Name}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, utc(), kpi)
	for s := 0.0; s <= 24*3600; s += 30 {
		if s > 3*3600 && s < 5*3600 {
			r.outage("plc", sec(s), agent.Timeout)
			continue
		}
		r.read(sec(s), raw(tags[0], s, uint64(s)), raw(tags[1], s, uint64(s/10)), good(tags[2], sec(s), 100))
	}
	got := r.only("glass.share_net", agent.Day)
	if want := 22.0 / 24; !near(got.Coverage, want, 1e-3) {
		t.Errorf("got coverage %g, want %g: the ratio compares the same seconds", got.Coverage, want)
	}
	if want := 0.9 * 36 / (100 + 0.9*36); !near(got.Value, want, 1e-6) {
		t.Errorf("got %g, want %g", got.Value, want)
	}
	if got := r.only("glass.generated_net", agent.Day); !near(got.Value, 0.9*864, 1e-6) || !near(got.Coverage, 1, 1e-9) {
		t.Errorf("got %g kWh over %g of the day, want all of it", got.Value, got.Coverage)
	}
}

func TestReplacedMeterOwesNothing(t *testing.T) {
	g := newGlass(true)
	section := g.section()
	section.Export, section.Pull, section.Quantities = "", "", []string{"aux_ratio"}
	r := newRig(t, utc(), g.kpi(t, section))
	for _, tag := range []*agent.Tag{g.gross, g.aux} {
		tag.MaxGap = 0
	}
	for s := 0.0; s <= 24*3600; s += 30 {
		if s > 3*3600 && s < 5*3600 {
			r.outage("plc", sec(s), agent.Timeout)
			continue
		}
		begun := uint64(1000)
		if s >= 5*3600 {
			begun = 3_000_000_000 // another meter
		}
		r.read(sec(s), raw(g.gross, s, begun+uint64(s)), raw(g.aux, s, uint64(s/10)))
	}
	got := r.only("glass.aux_ratio", agent.Day)
	checkBooks(t, got)
	if want := 1 - 2.0/24; got.Coverage > want || !near(got.Value, 0.1, 1e-3) {
		t.Errorf("got %g over %g of the day, want 0.1 over at most %g", got.Value, got.Coverage, want)
	}
}

// TestStoredCellsOweNothing: readings that a bound of the buffer dropped are in
// the stored cells already; the totaliser's next reading must not add them again.
func TestStoredCellsOweNothing(t *testing.T) {
	tag := oilTotal()
	other := tagOf("b", "kg/s", "b", 1)
	kpis := []KPI{amount("a", 1, tag), amount("b", 1, other)}
	plant := utc()
	plant.Shifts = []string{"00:00", "04:00"}
	whole, patched := newRig(t, plant, kpis...), newRig(t, plant, kpis...)
	var results []agent.Result
	for s := 0.0; s <= 4*3600; s += 10 {
		first := whole.batch("b", sec(s), good(other, sec(s), 1)) // closes the cells before the totaliser speaks
		whole.add(first)
		b := whole.batch("plc", sec(s), raw(tag, s, 1000+uint64(s/10)))
		got, _ := whole.add(b)
		if s < 2000 || s > 9000 {
			patched.add(first)
		}
		switch {
		case s < 2000:
			patched.add(b)
		case s < 9000:
			results = append(results, got...)
		case s == 9000:
			results = append(results, got...)
			gap := &agent.Gap{To: b.Mark, First: sec(2000), Last: b.Received, Rows: map[string]int{"plc": 700}}
			patched.add(&agent.Batch{Mark: b.Mark, Source: agent.Own, Received: b.Received, Boot: b.Boot, Mono: b.Mono,
				Results: results, Events: []agent.Event{{Kind: agent.GapRecorded, Gap: gap}}})
		default:
			patched.add(b)
		}
	}
	got, want := patched.only("a.total", agent.Shift), whole.only("a.total", agent.Shift)
	checkBooks(t, got)
	if !near(want.Value, 144, 1e-9) || got.Value > want.Value+1e-9 || got.Value < want.Value-6 {
		t.Errorf("got %g kg, want %g or a little less", got.Value, want.Value)
	}
}
