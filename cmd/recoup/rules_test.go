package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
	"recoup/agent/rules"
	"recoup/agent/say"
	"recoup/sim"
)

// ofPlant keeps the parts whose names begin with a plant's.
func ofPlant(parts []config.Part, plant string) []config.Part {
	return slices.DeleteFunc(parts, func(p config.Part) bool {
		return !strings.HasPrefix(p.Name, plant+".") && !strings.HasPrefix(p.Name, plant+"-")
	})
}

// diagnose plays days of a plant to an engine with the demo's rules for it, and
// gives what they said.
func diagnose(t *testing.T, p *proving, seed uint64, days int, incidents ...sim.Incident) (events []agent.Event, calc *rules.Calculator) {
	t.Helper()
	_, one := p.stage(t, seed, incidents)
	cfg, err := config.Parse("demo.yaml", []byte(demoConfig))
	if err != nil {
		t.Fatal(err)
	}
	cfg.KPIs, cfg.Rules, cfg.Ratings = ofPlant(cfg.KPIs, p.name), ofPlant(cfg.Rules, p.name), nil
	w := wiring{cfg: cfg, log: agenttest.Quiet(), clock: agent.SystemClock()}
	built, _ := w.calculator()
	if err := config.Join(w.problems...); err != nil {
		t.Fatal(err)
	}
	calc = built.(*rules.Calculator)
	history := past{plants: []pastPlant{one}, until: truthStart().AddDate(0, 0, days)}
	for b := range history.batches(t.Context()) {
		_, all := calc.Add(b)
		for _, e := range all {
			if e.Kind == agent.Diagnosed {
				events = append(events, e)
			}
		}
	}
	return events, calc
}

// learned is how many days the demo's baselines take.
const learned = 14

// TestQuietDaysRaiseNothing: baselines are learned, then seven days without an
// incident pass, and no rule of the three plants speaks; all of them could.
func TestQuietDaysRaiseNothing(t *testing.T) {
	for _, p := range provings() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			events, calc := diagnose(t, &p, 1, learned+7)
			for _, e := range events {
				t.Errorf("%s, from %s: %s", e.Key, e.Start.Sub(truthStart()), say.Event(say.EN, e))
			}
			for _, m := range calc.Report() {
				if m.Name == "recoup_rule_armed" && m.Value == 0 {
					t.Errorf("the rule %s cannot tell after %d days", m.Labels[0].Value, learned+7)
				}
			}
		})
	}
}

// TestIncidentsAreDiagnosed: what goes wrong at a plant is named, and ends.
func TestIncidentsAreDiagnosed(t *testing.T) {
	at := func(day int) time.Time { return truthStart().AddDate(0, 0, day) }
	want := map[string]struct {
		incident sim.Incident
		days     int
		rules    []string
	}{
		"mill":  {sim.Incident{Kind: sim.WashOilWarm, From: at(learned + 1), To: at(learned + 2)}, learned + 3, []string{"mill-outlet", "mill-wash-oil"}},
		"acid":  {sim.Incident{Kind: sim.PurgeDoubled, From: at(2), To: at(3)}, 5, []string{"acid-purge"}},
		"glass": {sim.Incident{Kind: sim.HRSGFouling, From: at(learned + 1), To: at(learned + 4)}, learned + 7, []string{"glass-boiler", "glass-share"}},
	}
	for _, p := range provings() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := want[p.name]
			events, _ := diagnose(t, &p, 1, w.days, w.incident)
			var began, ended []string
			for _, e := range events {
				if e.End.IsZero() {
					began = append(began, e.Key)
				} else {
					ended = append(ended, e.Key)
				}
				if e.Start.Before(w.incident.From.Add(-time.Hour)) {
					t.Errorf("%s from %s on, before the incident", e.Key, e.Start.Sub(truthStart()))
				}
			}
			slices.Sort(began)
			slices.Sort(ended)
			if !slices.Equal(slices.Compact(began), w.rules) || !slices.Equal(slices.Compact(ended), w.rules) {
				t.Errorf("%q began and %q ended, want %q", began, ended, w.rules)
			}
		})
	}
}

// TestEveryRuleIsTold: each built-in rule, cause and number has words in both
// languages.
func TestEveryRuleIsTold(t *testing.T) {
	told, figures := rules.Told()
	if len(told) < 22 {
		t.Errorf("%d rules to tell, want 22 and their causes", len(told))
	}
	for _, rule := range told {
		d := agent.Diagnosis{Severity: "warning", Rule: rule}
		for _, l := range say.Langs() {
			if say.Meaning(l, d) == rule || say.Next(l, d) == "" {
				t.Errorf("%v: %s has no words", l, rule)
			}
		}
	}
	for _, name := range figures {
		zh := say.DiagnosisFigures(say.ZH, agent.Diagnosis{Rule: "M1", Figures: []agent.Shown{{Name: name, Value: 1}}})
		if strings.HasPrefix(zh, name+" ") {
			t.Errorf("the number %s has no name in Chinese", name)
		}
	}
}

func TestExampleRulesBuild(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(millConfig+"\n"+kinds()["rules"]), 0o644); err != nil {
		t.Fatal(err)
	}
	_, cfg, err := load(file, agenttest.Quiet())
	if err != nil || len(cfg.Rules) < 4 || len(cfg.Ratings) == 0 {
		t.Errorf("the example of rules does not build: %v", err)
	}
}

// TestWrongRulesAreNamedWithTheirPlaces: as every other mistake.
func TestWrongRulesAreNamedWithTheirPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	text := millConfig + `
rules:
  - {name: a, when: "mill.c_uot > 25"}
  - {name: a, use: M2, tags: {c_out: mill.c_out}, set: {wash_t: 32}}
  - {name: b, when: "mill.c_out > 25", hold: soon}
ratings:
  - {kpi: mill.oil.remove, benchmark: 0.9, leading: 0.97}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err := load(file, agenttest.Quiet())
	if err == nil {
		t.Fatal("nothing is said")
	}
	line := strings.Count(millConfig, "\n") + 3
	for at, want := range []string{"did you mean mill.c_out?", `the name "a" is taken`, "duration", "", "did you mean mill.oil.removal?"} {
		found := want == ""
		for _, one := range strings.Split(err.Error(), file) {
			found = found || strings.HasPrefix(one, ":"+say.Count(line+at)+":") && strings.Contains(one, want)
		}
		if !found {
			t.Errorf("line %d: %q is not said:\n%v", line+at, want, err)
		}
	}
}

// TestWorkedCases: what only the wired agent does comes out as the worked cases say.
func TestWorkedCases(t *testing.T) {
	agenttest.Proofs(t, "cmd/recoup", map[string][]func(*testing.T){"E06": {caseE06Score}})
}

// caseE06Score: a removal of 97.5 % between a benchmark of 95 % and a leading value
// of 99 %, measured by the engine of the example.
func caseE06Score(t *testing.T) {
	c := agenttest.CaseOf(t, "E06")
	removal := agenttest.Field[float64](t, c.Inputs, "value")
	if !agenttest.Field[bool](t, c.Inputs, "higher_is_better") {
		t.Fatal("the case is another")
	}
	ratings := fmt.Sprintf("\nratings: [{kpi: mill.oil.removal, benchmark: %g, leading: %g}]\n",
		agenttest.Field[float64](t, c.Inputs, "benchmark"), agenttest.Field[float64](t, c.Inputs, "leading"))
	cfg, err := config.Parse("mill.yaml", []byte(millConfig+ratings))
	if err != nil {
		t.Fatal(err)
	}
	w := wiring{cfg: cfg, log: agenttest.Quiet(), clock: agent.SystemClock()}
	calc, _ := w.calculator()
	if err := config.Join(w.problems...); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{"mill.q_in": 60000, "mill.c_in": 400, "mill.q_out": 60000, "mill.c_out": 400 * (1 - removal)}
	scores := 0
	for i := range 4 * 360 {
		at := truthStart().Add(time.Duration(i) * 10 * time.Second)
		b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: uint64(i + 1)}, Source: "mill", Received: at, Boot: 1, Mono: uint64(i) * 1e10}
		for _, tag := range cfg.Tags {
			v := values[tag.Name]
			if tag.Name == "mill.c_in" || tag.Name == "mill.c_out" {
				v *= 1 + 0.001*float64(i%2) // an analyser never stands still
			}
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value(v), Quality: agent.Good})
		}
		results, _ := calc.Add(b)
		for _, r := range results {
			if r.KPI == "mill.oil.removal" && r.Window.Kind == agent.Hour && !r.Partial {
				scores++
				if c.Expect(t, "score_0_1", r.Score); r.Colour != agent.Green {
					t.Errorf("got %v, %g of %g ± %g, want green", r.Colour, r.Score, r.Value, r.U)
				}
			}
		}
	}
	if scores == 0 {
		t.Error("no hour was rated")
	}
}
