package main

import (
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/sim"
)

// drilled is what a drill left in the buffer.
type drilled struct {
	scenario
	config  string
	night   time.Time
	results []agent.Result
	events  []agent.Event
	truth   map[int64]truths // at the bounds of shifts
}

// truths are what the three plants hide.
type truths struct {
	mill  sim.Truth
	acid  sim.AcidTruth
	glass sim.GlassTruth
}

// drill puts a scenario's days through engine and buffer, as the demo does.
func drill(t *testing.T, s scenario) *drilled {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	d := &drilled{scenario: s, config: filepath.Join(t.TempDir(), "park.yaml"), night: lastNight(now, zone), truth: map[int64]truths{}}
	if err := os.WriteFile(d.config, []byte(strings.ReplaceAll(demoConfig, "127.0.0.1:9466", freePort(t))), 0o644); err != nil {
		t.Fatal(err)
	}
	start := d.night.AddDate(0, 0, -s.days+1).UTC()
	mill, acid, glass := sim.NewMill(1, start), sim.NewAcid(1, start), sim.NewGlass(1, start)
	st := &demoStage{config: d.config, past: past{until: d.night.Add(9 * time.Hour)}}
	for _, one := range []pastPlant{{plant: mill}, {plant: acid, ownClock: true}, {plant: glass}} {
		if s.wall == nil && !strings.HasPrefix(s.figure, one.plant.Name()+".") {
			continue // it has no part in this drill
		}
		for _, i := range s.incidents(d.night, one.plant.Name()) {
			one.plant.Schedule(i)
		}
		st.past.plants = append(st.past.plants, one)
	}
	if s.wall != nil {
		st.past.wall = s.wall(d.night)
	}
	a, cfg, err := load(d.config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	st.know(cfg)
	watched := func(yield func(*agent.Batch) bool) {
		d.truth[start.Unix()] = truths{mill.Truth(), acid.Truth(), glass.Truth()}
		for b := range st.past.batches(t.Context()) {
			if at := b.Received.Unix(); at%(8*3600) == 0 {
				d.truth[at] = truths{mill.Truth(), acid.Truth(), glass.Truth()}
			}
			if !yield(b) {
				return
			}
		}
	}
	if _, err := agent.Fill(a.Store, a.Calc, a.Board, agenttest.Quiet(), iter.Seq[*agent.Batch](watched), 2000); err != nil {
		t.Fatal(err)
	}
	d.read(t)
	return d
}

// read takes results and events back from the buffer.
func (d *drilled) read(t *testing.T) {
	t.Helper()
	a, _, err := load(d.config, agenttest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := a.Store.Load(); err != nil {
		t.Fatal(err)
	}
	defer a.Store.Close()
	kept := a.Store.(agent.History)
	for r, err := range kept.Results("", "", time.Unix(0, 0), time.Now()) {
		if err != nil {
			t.Fatal(err)
		}
		d.results = append(d.results, r)
	}
	for e, err := range kept.Events(time.Unix(0, 0), time.Now()) {
		if err != nil {
			t.Fatal(err)
		}
		d.events = append(d.events, e)
	}
}

// asked gives the result that the drill is about, or another figure's over the
// same window.
func (d *drilled) asked(t *testing.T, kpi string) agent.Result {
	t.Helper()
	zone := d.night.Location()
	want, err := readWindow(d.question(d.night), agent.Plant{Shifts: []string{"00:00", "08:00", "16:00"}}, zone, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range d.results {
		if r.KPI == kpi && r.Window.Kind == want.kind && !want.at.Before(r.Window.Start) && want.at.Before(r.Window.End) {
			return r
		}
	}
	t.Fatalf("no result of %s over %s", kpi, d.question(d.night))
	return agent.Result{}
}

// shift gives what the plants hide of the night shift.
func (d *drilled) shift() truths {
	from, to := d.truth[d.night.Unix()], d.truth[d.night.Add(8*time.Hour).Unix()]
	return truths{to.mill.Since(from.mill), to.acid.Since(from.acid), to.glass.Since(from.glass)}
}

// honest demands of every shift that no Good figure is further from the truth
// than twice its uncertainty.
func (d *drilled) honest(t *testing.T) {
	t.Helper()
	checked := 0
	for _, r := range d.results {
		from, began := d.truth[r.Window.Start.Unix()]
		to, ended := d.truth[r.Window.End.Unix()]
		if r.Window.Kind != agent.Shift || r.States != "" || r.Quality != agent.Good || !began || !ended {
			continue
		}
		mill, acid, glass := to.mill.Since(from.mill), to.acid.Since(from.acid), to.glass.Since(from.glass)
		want, known := map[string]float64{
			"mill.oil.removal": mill.Removal(), "mill.oil.recovered": mill.RecoveredKg,
			"acid.h2so4.recovery_loss": acid.Recovery(), "acid.h2so4.feed": acid.FeedKg, "acid.h2so4.loss": acid.LossKg(),
			"glass.power.share_net": glass.ShareNet(), "glass.power.generated_net": glass.NetKWh(),
			"glass.power.heat_recovery": glass.RecoveredKWh / glass.FlueKWh,
		}[r.KPI]
		if !known {
			continue
		}
		checked++
		if off := math.Abs(r.Value - want); off > 2*r.U || r.U <= 0 {
			t.Errorf("%s of the shift from %s is called good: %.5g ± %.2g, the truth is %.5g", r.KPI, r.Window.Start.In(d.night.Location()).Format("2 Jan 15:04"), r.Value, r.U, want)
		}
	}
	if checked < 4 {
		t.Errorf("only %d good figures to compare with the truth", checked)
	}
}

// TestDrills: in each drill the figure is right, withheld or flagged, and why
// names the cause, in both languages.
func TestDrills(t *testing.T) {
	for name, want := range map[string]struct {
		quality agent.Quality
		code    agent.Code
		verdict agent.Verdict
		en, zh  []string
		more    func(*testing.T, *drilled)
	}{
		"plc-off": {agent.Bad, agent.LowCoverage, agent.NoVerdict,
			[]string{"8 h lost: mill could not be reached."}, []string{"缺失 8 小时：mill 无法连接。"}, func(t *testing.T, d *drilled) {
				r, want := d.asked(t, "mill.oil.recovered"), d.shift().mill.RecoveredKg
				if r.Quality != agent.Uncertain || r.Reason.Code != agent.CaughtUp || math.Abs(r.Value-want) > 2*r.U {
					t.Errorf("the oil recovered in the dark is %.4g ± %.2g, %v %v; want %.4g, because the totaliser caught up", r.Value, r.U, r.Quality, r.Reason, want)
				}
			}},
		"word-order": {agent.Bad, agent.LowCoverage, agent.NoVerdict,
			[]string{" lost: glass.flue_flow came in a wrong byte or word order."}, []string{"：glass.flue_flow 的字节序或字序错误。"}, func(t *testing.T, d *drilled) {
				if r := d.asked(t, "glass.power.share_net"); r.Quality != agent.Good {
					t.Errorf("the share by the meters, which are right, is %v %v", r.Quality, r.Reason)
				}
			}},
		"counter-reset": {agent.Uncertain, agent.CounterReset, agent.NoVerdict,
			[]string{"totaliser mill.oil_total began anew, so that the total is a lower bound."}, []string{"累计表 mill.oil_total 重新计数，合计为下限。"}, nil},
		"frozen-analyser": {agent.Uncertain, agent.Frozen, agent.Inconclusive,
			[]string{"mill.c_out repeated one value for too long.", "cannot be decided: readings are in doubt"}, []string{"mill.c_out 的数值长时间不变。", "不能判定是否达标：读数存疑"}, nil},
		"purge-doubled": {agent.Good, agent.NoReason, agent.Fail,
			[]string{"Target missed, even at the better end", "Weak-acid purge weighs most.", "Where to look first: "}, []string{"不达标", "稀酸排放影响最大。", "先查："}, nil},
		"hrsg-fouling": {agent.Good, agent.NoReason, agent.NoVerdict,
			[]string{"weighs most.", "Where to look first: ", "soot"}, []string{"影响最大。", "先查：", "吹灰"}, nil},
		"clock-step": {agent.Uncertain, agent.ClockStep, agent.Inconclusive,
			[]string{"the PC's clock was set"}, []string{"计算机时钟被调整"}, nil},
		"meter-swapped": {agent.Good, agent.NoReason, agent.Pass,
			[]string{"30 min lost: glass.import_energy did not answer in time.", "lost: totaliser glass.import_energy goes on from a new base."},
			[]string{"缺失 30 分钟：glass.import_energy 应答超时。", "累计表 glass.import_energy 以新底数继续。"}, func(t *testing.T, d *drilled) {
				if !slices.ContainsFunc(d.events, func(e agent.Event) bool {
					return e.Kind == agent.CounterChanged && e.Key == "glass.import_energy" && e.Reason.Code == agent.MeterReplaced
				}) {
					t.Error("no event says that the meter was replaced")
				}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := scenarioNamed(name)
			if err != nil {
				t.Fatal(err)
			}
			d := drill(t, s)
			r := d.asked(t, s.figure)
			if r.Quality != want.quality || r.Reason.Code != want.code || r.Verdict != want.verdict {
				t.Errorf("%s: %.4g ± %.2g, %v, %v, verdict %q; want %v, %v, %q", s.figure, r.Value, r.U, r.Quality, r.Reason, r.Verdict, want.quality, want.code, want.verdict)
			}
			d.honest(t)
			for lang, texts := range map[string][]string{"en": want.en, "zh": want.zh} {
				args := append([]string{"why", "-c", d.config, "--lang", lang, s.figure}, strings.Fields(s.question(d.night))...)
				code, out, errOut := recoup(t, args...)
				if code != exitDone {
					t.Fatalf("exit %d: %s", code, errOut)
				}
				if lang == "en" {
					t.Log(out)
				}
				for _, text := range texts {
					if !strings.Contains(out, text) {
						t.Errorf("it does not say %q:\n%s", text, out)
					}
				}
			}
			if want.more != nil {
				want.more(t, d)
			}
		})
	}
}
