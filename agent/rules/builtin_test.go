package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// course is a made course of one built-in rule over tags: quiet while baselines
// are learned, near the threshold for long, beyond it, quiet again.
type course struct {
	id, cause string
	set       string            // JSON
	units     map[string]string // by role: the tags that the rule is given
	quiet     map[string]float64
	near, far map[string]float64 // what differs from quiet
	lasts     time.Duration      // beyond the hold
}

func courses() []course {
	mist := map[string]string{"c_out": "mg/Nm3", "load": "mg/Nm3", "wash_t": "°C", "dp": "kPa", "q": "Nm3/h"}
	washed := map[string]float64{"c_out": 12, "load": 300, "wash_t": 32, "dp": 0.5, "q": 60000}
	stripped := map[string]string{"c_out": "mg/Nm3", "wash_t": "°C", "desorber_p": "mbar", "desorber_t": "°C"}
	stripping := map[string]float64{"c_out": 12, "wash_t": 32, "desorber_p": 20, "desorber_t": 155}
	converter := map[string]string{"so2": "mg/Nm3", "y_in": "%", "y_out": "%"}
	converting := map[string]float64{"so2": 250, "y_in": 8, "y_out": 0.02}
	beds := map[string]string{"so2": "mg/Nm3", "y_in": "%", "bed_in": "°C", "bed_out": "°C"}
	hot := map[string]float64{"so2": 250, "y_in": 8, "bed_in": 430, "bed_out": 600}
	boiler := map[string]string{"flow": "Nm3/h", "t_in": "°C", "t_out": "°C", "steam_t": "°C"}
	clean := map[string]float64{"flow": 80000, "t_in": 490, "t_out": 180, "steam_t": 340}
	turbine := map[string]string{"power": "kW", "steam": "t/h", "steam_p": "bar", "steam_t": "°C", "condenser": "kPa", "cooling_t": "°C"}
	turning := map[string]float64{"power": 2000, "steam": 12, "steam_p": 16, "steam_t": 340, "condenser": 7, "cooling_t": 20}
	boiling := map[string]string{"flow": "Nm3/h", "t_in": "°C", "t_out": "°C", "steam": "t/h"}
	balanced := map[string]float64{"flow": 80000, "t_in": 490, "t_out": 180, "steam": 12.2}
	type v = map[string]float64
	const h = time.Hour
	return []course{
		{"M1", "high", "", map[string]string{"dp": "Pa", "q": "Nm3/h"}, v{"dp": 500, "q": 60000}, v{"dp": 700}, v{"dp": 800}, h},
		{"M1", "high", "", map[string]string{"dp": "Pa", "q": "Nm3/h"}, v{"dp": 500, "q": 60000}, v{"dp": 800, "q": 70000}, v{"dp": 350, "q": 40000}, h},
		{"M2", "", `{"wash_t": 32}`, mist, washed, v{"c_out": 30, "wash_t": 36.9}, v{"c_out": 30, "wash_t": 40}, h},
		{"M2", "", `{"wash_t": 32}`, mist, washed, v{"c_out": 30, "wash_t": 40, "dp": 0.9}, v{"c_out": 19, "wash_t": 38}, h},
		{"M3", "pressure", `{"wash_t": 32, "desorber_p": 2, "desorber_t": 155}`, stripped, stripping, v{"c_out": 30, "wash_t": 40, "desorber_p": 30}, v{"c_out": 30, "desorber_p": 25}, h},
		{"M3", "cold", `{"wash_t": 32, "desorber_p": 2, "desorber_t": 155}`, stripped, stripping, v{"c_out": 17, "desorber_t": 140}, v{"c_out": 30, "desorber_t": 146}, h},
		{"M4", "", `{"design": 0.58}`, map[string]string{"wash_flow": "L/min", "q": "kNm3/h"}, v{"wash_flow": 583, "q": 60}, v{"wash_flow": 470}, v{"wash_flow": 450}, h},
		{"M6", "", "", map[string]string{"power": "kW", "q": "Nm3/h"}, v{"power": 110, "q": 60000}, v{"power": 119}, v{"power": 124}, 3 * h},
		{"M7", "", `{"q": 60000}`, map[string]string{"rolling": "", "q": "Nm3/h"}, v{"rolling": 1, "q": 60000}, v{"rolling": 0, "q": 45000}, v{"q": 52000}, h},
		{"C1", "so2", `{"limit": 400}`, converter, converting, v{"so2": 319, "y_out": 0.024}, v{"so2": 330}, h},
		{"C1", "conversion", `{"limit": 400}`, converter, converting, v{"so2": 319}, v{"y_out": 0.03}, h},
		{"C2", "so2", `{"limit": 400, "bed_least": 420, "bed_most": 450}`, beds, hot, v{"so2": 350, "bed_in": 400, "bed_out": 550}, v{"so2": 350, "bed_out": 580}, h},
		{"C2", "so2", `{"limit": 400, "bed_least": 420, "bed_most": 450}`, beds, hot, v{"bed_out": 560}, v{"so2": 350, "bed_out": 580}, h},
		{"C5", "weak", "", map[string]string{"strength": "%"}, v{"strength": 98.3}, v{"strength": 98.05}, v{"strength": 97.9}, h},
		{"C5", "strong", "", map[string]string{"strength": "%"}, v{"strength": 98.3}, v{"strength": 98.75}, v{"strength": 98.9}, h},
		{"C6", "high", "", map[string]string{"dp": "Pa", "q": "Nm3/h"}, v{"dp": 1500, "q": 8600}, v{"dp": 2000}, v{"dp": 2200}, h},
		{"C6", "low", "", map[string]string{"dp": "Pa", "q": "Nm3/h"}, v{"dp": 1500, "q": 8600}, v{"dp": 1000}, v{"dp": 800}, h},
		{"C7", "range", "", map[string]string{"strength": "%"}, v{"strength": 80}, v{"strength": 89}, v{"strength": 92}, h},
		{"C7", "differ", "", map[string]string{"strength": "%", "sound": "1"}, v{"strength": 80, "sound": 0.801}, v{"sound": 0.804}, v{"sound": 0.806}, h},
		{"G1", "", "", boiler, clean, v{"t_out": 194}, v{"t_out": 215}, 3 * h},
		{"G2", "condenser", "", turbine, turning, v{"condenser": 8.9}, v{"condenser": 9.5}, 3 * h},
		{"G2", "turbine", "", turbine, turning, v{"power": 1700, "steam_p": 13}, v{"power": 1700}, 3 * h},
		{"G3", "", "", map[string]string{"aux": "kW", "power": "kW"}, v{"aux": 200, "power": 2000}, v{"aux": 240}, v{"aux": 270}, 3 * h},
		{"G4", "", `{"rise": 2880}`, boiling, balanced, v{"steam": 11.2}, v{"steam": 9.5}, 3 * h},
	}
}

func (c *course) values(change map[string]float64) map[string]float64 {
	all := maps.Clone(c.quiet)
	maps.Copy(all, change)
	return all
}

// given makes the plant that the rule looks at.
func (c *course) given(t *testing.T) *plant {
	p := newPlant(t)
	p.every = time.Minute
	var tags []string
	for _, role := range slices.Sorted(maps.Keys(c.units)) {
		p.tag(role, c.units[role])
		tags = append(tags, `"`+role+`": "`+role+`"`)
	}
	set := c.set
	if set == "" {
		set = "{}"
	}
	p.watch(p.rule("it", `{"use": "`+c.id+`", "tags": {`+strings.Join(tags, ", ")+`}, "set": `+set+`, "learn": {"for": "12h"}}`))
	return p
}

func TestBuiltinRulesOverTags(t *testing.T) {
	for _, c := range courses() {
		t.Run(c.id+c.cause, func(t *testing.T) {
			p := c.given(t)
			one, _ := builtinNamed(c.id)
			enough := one.hold + c.lasts
			p.run(13*time.Hour, c.quiet)
			p.run(enough+2*time.Hour, c.values(c.near))
			if want22(t, p); p.calc.Report()[0].Value != 1 {
				t.Fatal("it cannot tell")
			}
			p.run(3*time.Hour, c.quiet)
			p.run(one.hold/2, c.values(c.far))
			p.run(3*time.Hour, c.quiet)
			want22(t, p)
			p.run(enough, c.values(c.far))
			if got := p.tell(); len(got) != 1 {
				t.Fatalf("got %q, want one diagnosis", got)
			}
			d, ok := agent.DiagnosisIn(p.events[0].Reason.Detail)
			if want := strings.TrimSuffix(c.id+"."+c.cause, "."); !ok || d.Rule != want || len(d.Figures) < len(c.units) {
				t.Errorf("got %q, want %s with its figures", p.events[0].Reason.Detail, want)
			}
			p.run(enough+3*time.Hour, c.quiet)
			if e := p.events[len(p.events)-1]; len(p.events) != 2 || e.End.IsZero() {
				t.Errorf("got %q, want it ended", p.tell())
			}
		})
	}
}

// TestDemisterRisingSlowly: far below the limit, but by more than 2 % a day over
// a week.
func TestDemisterRisingSlowly(t *testing.T) {
	p := newPlant(t)
	p.every = 10 * time.Minute
	p.tag("dp", "Pa")
	p.tag("q", "Nm3/h")
	p.watch(p.rule("it", `{"use": "M1", "tags": {"dp": "dp", "q": "q"}, "learn": {"for": "24h"}, "hold": "2h"}`))
	dp := 500.0
	rise := func(days int, perDay float64) {
		for range days * 144 {
			dp += 500 * perDay / 144
			p.run(p.every, map[string]float64{"dp": dp, "q": 60000})
		}
	}
	rise(9, 0.01)
	want22(t, p)
	rise(8, 0.03)
	d, _ := agent.DiagnosisIn(p.events[0].Reason.Detail)
	if d.Rule != "M1.rising" || len(p.events) != 1 {
		t.Errorf("got %+v of %q, want M1.rising", d, p.tell())
	}
	rise(8, 0)
	if got := p.tell(); len(got) != 2 {
		t.Errorf("got %q, want it ended", got)
	}
}
