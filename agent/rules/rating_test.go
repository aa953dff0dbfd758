package rules

import (
	"math"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func rated(t *testing.T, p *plant, text string) {
	t.Helper()
	r, err := BuildRating(p.spec("", text), p.engine.quantities)
	if err != nil {
		t.Fatal(err)
	}
	p.calc = New(p.engine, nil, []Rating{r})
}

func TestColours(t *testing.T) {
	const higher, lower = `{"kpi": "a.one", "benchmark": 0.95, "leading": 0.99, "limit": 0.90}`, `{"kpi": "a.one", "benchmark": 2.0, "leading": 0.5, "limit": 3}`
	for _, c := range []struct {
		name, rating string
		v, u         float64
		change       func(*agent.Result)
		colour       agent.Colour
		score        float64
	}{
		{"better beyond U", higher, .975, .01, nil, agent.Green, .625},
		{"beyond the leading value", higher, .999, .01, nil, agent.Green, 1},
		{"within U above", higher, .955, .01, nil, agent.Yellow, .125},
		{"within U below", higher, .945, .01, nil, agent.Yellow, 0},
		{"worse beyond U", higher, .93, .01, nil, agent.Red, 0},
		{"limit passed", higher, .88, .01, nil, agent.Red, 0},
		{"little covered", higher, .975, .01, func(r *agent.Result) { r.Coverage = .8 }, agent.Yellow, .625},
		{"hardly covered", higher, .975, .01, func(r *agent.Result) { r.Coverage = .74 }, agent.Grey, 0},
		{"withheld", higher, .975, .01, func(r *agent.Result) { r.Quality = agent.Bad }, agent.Grey, 0},
		{"a trend", higher, .975, .01, func(r *agent.Result) { r.Reason.Code = agent.TrendOnly }, agent.Grey, 0},
		{"U not stated", higher, .999, 0, nil, agent.Yellow, 1},
		{"doubted", higher, .5, .01, func(r *agent.Result) { r.Doubted = 600 }, agent.Yellow, 0},
		{"less is better", lower, 1.4, .1, nil, agent.Green, .4},
		{"less, within U", lower, 1.95, .1, nil, agent.Yellow, 1.0 / 30},
		{"less, worse", lower, 2.3, .1, nil, agent.Red, 0},
		{"less, near the limit", `{"kpi": "a.one", "benchmark": 2.0, "leading": 0.5, "limit": 1.5}`, 1.3, .05, nil, agent.Yellow, .7 / 1.5},
		{"less, over the limit", `{"kpi": "a.one", "benchmark": 2.0, "leading": 0.5, "limit": 1.2}`, 1.3, .05, nil, agent.Red, .7 / 1.5},
	} {
		p := newPlant(t)
		p.figure("a.one", "a", "any", "1")
		rated(t, p, c.rating)
		p.pass(time.Hour)
		res := p.window(agent.Hour, "a.one", c.v, c.u)
		if c.change != nil {
			c.change(&res)
		}
		if got := p.close(res)[0]; got.Colour != c.colour || math.Abs(got.Score-c.score) > 1e-12 {
			t.Errorf("%s: got %v, %g, want %v, %g", c.name, got.Colour, got.Score, c.colour, c.score)
		}
	}
}

// TestClosureMakesGrey: where two methods disagree there is nothing to rate, also
// in the shorter windows that follow.
func TestClosureMakesGrey(t *testing.T) {
	p := newPlant(t)
	p.figure("a.one", "a", "acid_recovery", "1")
	p.figure("a.closure", "a", "acid_recovery", "1")
	rated(t, p, `{"kpi": "a.one", "benchmark": 0.9, "leading": 0.99}`)
	week := func(open float64) agent.Colour {
		p.pass(7 * 24 * time.Hour)
		return p.close(p.window(agent.Week, "a.one", .97, .01), p.window(agent.Week, "a.closure", open, .01))[0].Colour
	}
	hour := func() agent.Colour {
		p.pass(time.Hour)
		return p.close(p.window(agent.Hour, "a.one", .97, .01))[0].Colour
	}
	got := []agent.Colour{hour(), week(-.02), hour(), week(.005), hour()}
	for i, want := range []agent.Colour{agent.Green, agent.Grey, agent.Grey, agent.Green, agent.Green} {
		if got[i] != want {
			t.Errorf("at %d: got %v, want %v", i, got[i], want)
		}
	}
}

func TestDiagnosesMakeYellow(t *testing.T) {
	p := newPlant(t)
	p.tag("c", "mg/Nm3")
	p.figure("a.one", "a", "any", "1", "c")
	p.figure("b.one", "b", "any", "1", "d")
	one, _ := BuildRating(p.spec("", `{"kpi": "a.one", "benchmark": 0.9, "leading": 0.99}`), p.engine.quantities)
	two, _ := BuildRating(p.spec("", `{"kpi": "b.one", "benchmark": 0.9, "leading": 0.99}`), p.engine.quantities)
	p.calc = New(p.engine, []*Rule{p.rule("high", `{"when": "c > 25"}`)}, []Rating{one, two})
	p.run(time.Minute, at(26))
	p.pass(time.Hour)
	all := p.close(p.window(agent.Hour, "a.one", .97, .01), p.window(agent.Hour, "b.one", .97, .01))
	if got := [2]agent.Colour{all[0].Colour, all[1].Colour}; got != [2]agent.Colour{agent.Yellow, agent.Green} {
		t.Errorf("got %v, want yellow where the diagnosis belongs, green elsewhere", got)
	}
	if q := p.calc.Describe(); q[0].Rating == nil || q[0].Rating.Leading != 0.99 {
		t.Errorf("the thresholds are not described: %+v", q[0].Rating)
	}
}

func TestWrongRatings(t *testing.T) {
	p := newPlant(t)
	p.figure("a.one", "a", "any", "1")
	for text, want := range map[string]string{
		`{"benchmark": 1, "leading": 2}`:                     "names no figure",
		`{"kpi": "a.on", "benchmark": 1, "leading": 2}`:      "did you mean a.one?",
		`{"kpi": "a.one", "leading": 2}`:                     "needs a benchmark",
		`{"kpi": "a.one", "benchmark": 2, "leading": 2}`:     "less is better",
		`{"kpi": "a.one", "benchmark": 1, "leading": "far"}`: "leading",
	} {
		if _, err := BuildRating(p.spec("", text), p.engine.quantities); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if err := CheckRatings([]Rating{{KPI: "a"}, {KPI: "b"}, {KPI: "a"}}); err == nil || !strings.Contains(err.Error(), "ratings[2]") {
		t.Errorf("got %v, want ratings[2] twice", err)
	}
}
