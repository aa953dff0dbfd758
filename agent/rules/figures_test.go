package rules

import (
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// closing is a made course of one built-in rule over figures: windows that make
// nothing of it, windows that do, and windows that end it.
type closing struct {
	id, cause, tags string
	over            agent.WindowKind
	before          int // windows to learn from
	quiet           func(p *plant) []agent.Result
	near, far       func(p *plant) []agent.Result
	windows         int // of far that it takes
}

// figures makes the results of one window; terms by role.
func figures(over agent.WindowKind, change func(*agent.Result), values ...float64) func(p *plant) []agent.Result {
	return func(p *plant) (all []agent.Result) {
		for i, name := range []string{"a.one", "a.two"}[:len(values)/2] {
			r := p.window(over, name, values[2*i], values[2*i+1])
			if change != nil {
				change(&r)
			}
			all = append(all, r)
		}
		return all
	}
}

// acid is recovery by losses, with the loss in its two ways, of 1000 kg fed in.
func acid(recovery, u, so2, weak float64) func(p *plant) []agent.Result {
	return func(p *plant) []agent.Result {
		return []agent.Result{p.window(agent.Hour, "a.one", recovery, u,
			agent.Term{Role: "feed", Total: 1000}, agent.Term{Role: "so2", Total: so2}, agent.Term{Role: "weak_acid", Total: weak})}
	}
}

// share is a day's self-generation in MWh.
func share(gross, auxiliaries, imported float64) func(p *plant) []agent.Result {
	return func(p *plant) []agent.Result {
		net := gross - auxiliaries
		return []agent.Result{p.window(agent.Day, "a.one", net/(net+imported), 0.002,
			agent.Term{Role: "gross", Total: gross}, agent.Term{Role: "auxiliaries", Total: auxiliaries}, agent.Term{Role: "import", Total: imported})}
	}
}

func lost(cause agent.Code, seconds float64) func(*agent.Result) {
	return func(r *agent.Result) { r.Terms[0].Lost = []agent.Lost{{Cause: cause, Seconds: seconds}} }
}

func withheld(code agent.Code) func(*agent.Result) {
	return func(r *agent.Result) { r.Quality, r.Reason = agent.Bad, agent.Reason{Code: code} }
}

func closings() []closing {
	day, hour, week := agent.Day, agent.Hour, agent.Week
	const direct = `{"direct": "a.one", "loss": "a.two"}`
	const first = `{"figure": "a.one"}`
	extrapolated := func(r *agent.Result) { r.Quality, r.Reason = agent.Uncertain, agent.Reason{Code: agent.Extrapolated} }
	doubted := func(r *agent.Result) { r.Doubted = 600 }
	return []closing{
		{"M5", "", direct, day, 0, figures(day, nil, .95, .01, .955, .01), figures(day, nil, .95, .01, .963, .01), figures(day, nil, .93, .01, .96, .01), 2},
		{"C3", "", `{"recovery": "a.one"}`, hour, 0, acid(.985, .002, 2, 13), acid(.97, .002, 20, 10), acid(.97, .002, 5, 25), 4},
		{"C3", "", `{"recovery": "a.one"}`, hour, 0, acid(.985, .002, 2, 13), acid(.979, .002, 1, 20), acid(.97, .002, 5, 25), 4},
		{"C4", "", direct, week, 0, figures(week, extrapolated, .98, .012, .984, .003), figures(week, extrapolated, .98, .012, .99, .003), figures(week, extrapolated, .96, .012, .984, .003), 2},
		{"G5", "generation", `{"share": "a.one"}`, day, 15, share(60, 6, 160), share(55, 5.5, 160), share(45, 4.5, 160), 1},
		{"G5", "load", `{"share": "a.one"}`, day, 15, share(60, 6, 160), share(60, 6, 170), share(60, 6, 200), 1},
		{"X1", "", `{"counter": "a.one", "power": "a.two"}`, day, 0, figures(day, nil, 1000, 5, 1002, 5), figures(day, nil, 1000, 5, 1016, 5), figures(day, nil, 1000, 5, 1020, 5), 1},
		{"X2", "missing", first, hour, 0, figures(hour, nil, .95, .01), figures(hour, lost(agent.Calibration, 900), .95, .01), figures(hour, lost(agent.NoConnection, 400), .95, .01), 1},
		{"X2", "doubted", first, hour, 0, figures(hour, nil, .95, .01), figures(hour, lost(agent.NoConnection, 300), .95, .01), figures(hour, doubted, .95, .01), 1},
		{"X3", "", first, hour, 0, figures(hour, nil, .95, .01), figures(hour, withheld(agent.LowCoverage), .95, .01), figures(hour, withheld(agent.BoundViolated), 1.2, .01), 1},
	}
}

func TestBuiltinRulesOverFigures(t *testing.T) {
	for _, c := range closings() {
		t.Run(c.id+c.cause, func(t *testing.T) {
			p := newPlant(t)
			p.figure("a.one", "a", "any", "1")
			p.figure("a.two", "a", "any", "1")
			p.watch(p.rule("it", `{"use": "`+c.id+`", "tags": `+c.tags+`}`))
			length := map[agent.WindowKind]time.Duration{agent.Hour: time.Hour, agent.Day: 24 * time.Hour, agent.Week: 7 * 24 * time.Hour}[c.over]
			pass := func(n int, made func(*plant) []agent.Result) {
				for range n {
					p.pass(length)
					p.close(made(p)...)
				}
			}
			pass(c.before+1, c.quiet)
			pass(c.windows+2, c.near)
			pass(1, c.quiet)
			pass(c.windows-1, c.far)
			pass(1, c.quiet)
			want22(t, p)
			pass(c.windows, c.far)
			if got := p.tell(); len(got) != 1 {
				t.Fatalf("got %q, want one diagnosis", got)
			}
			d, ok := agent.DiagnosisIn(p.events[0].Reason.Detail)
			if want := strings.TrimSuffix(c.id+"."+c.cause, "."); !ok || d.Rule != want {
				t.Errorf("got %q, want %s", p.events[0].Reason.Detail, want)
			}
			if got, want := p.events[0].Start, p.now.Add(-time.Duration(c.windows)*length); !got.Equal(want) {
				t.Errorf("it began at %v, want %v, when the first of its windows did", got, want)
			}
			pass(c.windows, c.quiet)
			if e := p.events[len(p.events)-1]; len(p.events) != 2 || e.End.IsZero() {
				t.Errorf("got %q, want it ended", p.tell())
			}
		})
	}
}

// TestLossesAreToldAsMasses: the sign of the gas is not the cause; both ways by
// which acid goes are told (C3 speaks of the purge, C1 of the converter).
func TestLossesAreToldAsMasses(t *testing.T) {
	p := newPlant(t)
	p.figure("a.one", "a", "acid_recovery", "1")
	p.tag("so2", "mg/Nm3")
	p.watch(p.rule("purge", `{"use": "C3", "tags": {"recovery": "a.one"}, "hold": "0s"}`),
		p.rule("converter", `{"use": "C1", "tags": {"so2": "so2", "recovery": "a.one"}, "set": {"limit": 400}, "hold": "0s"}`))
	p.pass(time.Hour)
	p.close(acid(.97, .002, 1.5, 28)(p)...)
	p.run(time.Minute, map[string]float64{"so2": 350})
	told := map[string]map[string]float64{}
	for _, e := range p.events {
		d, _ := agent.DiagnosisIn(e.Reason.Detail)
		told[e.Key] = map[string]float64{}
		for _, f := range d.Figures {
			told[e.Key][f.Name] = f.Value
		}
	}
	for _, rule := range []string{"purge", "converter"} {
		if so2, weak := told[rule]["lost_so2"], told[rule]["lost_weak_acid"]; so2 != 0.15 || weak != 2.8 {
			t.Errorf("%s tells of %g %% by SO2 and %g %% by weak acid, want 0.15 and 2.8: %v", rule, so2, weak, told)
		}
	}
}

// TestEveryBuiltinRuleHasACourse keeps the tests complete.
func TestEveryBuiltinRuleHasACourse(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range courses() {
		tested[c.id] = true
	}
	for _, c := range closings() {
		tested[c.id] = true
	}
	ids := Builtin()
	if len(ids) != 22 {
		t.Errorf("%d built-in rules, want 22", len(ids))
	}
	for _, id := range ids {
		if !tested[id] {
			t.Errorf("%s has no course", id)
		}
	}
}
