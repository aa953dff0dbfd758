package kpi

import (
	"errors"
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

// measuredIn stands for the names of an expression: each is in the unit that
// its name says, with _ for /.
func measuredIn(values map[string]int) checker {
	return checker{resolve: func(_ string, names []string) (checked, error) {
		name := strings.Join(names, "")
		at, known := values[name]
		if !known {
			at = len(values)
			values[name] = at
		}
		u, err := ParseUnit(strings.ReplaceAll(name, "_", "/"))
		if err != nil {
			return checked{}, wrongly("", "%v", err)
		}
		return checked{dimension: u.Dimension, point: u.Offset != 0, run: operand(at)}, nil
	}}
}

func checkText(text string) (checked, map[string]int, error) {
	values := map[string]int{}
	node, err := parseExpression(text)
	if err != nil {
		return checked{}, values, err
	}
	c := measuredIn(values)
	got, err := c.check(node)
	return got, values, err
}

func TestDimensionsOfExpressions(t *testing.T) {
	for text, want := range map[string]string{
		"kWh / kg": "kWh/kg", "kWh / (t + kg)": "kWh/kg", "kW * h - kWh": "kWh", "kg_h * h / kg": "1", "1 - kg / t": "1",
		"100 * kWh / kg": "kWh/kg", "m ^ 3": "m3", "m3 ** 2 / m^6": "1", "sqrt(m * m)": "m", "sqrt(Pa)": "refused",
		"abs(-kg)": "kg", "min(kg, t)": "kg", "max(kg, 0)": "kg", "max(0, kg, t)": "kg", "kg > t ? kg : t": "kg", "kg > 0 and t > 0 ? kg / t : 0": "1",
		`"°C" - C`: "K", `max(C, "°C")`: "K", "kWh / (C - K)": "refused", "MPa * m3": "kWh", "mean(kg) / mean(h)": "kg/h", "total(kg * h)": "refused", "(kg)": "kg", "+kg": "kg",
		"not (kg > t) ? 1 : 2": "1", "1 < 2 < 3 ? kg : 0": "kg", "kg == t || kg != t ? kg : t": "kg", "2 ^ 0.5 * kg": "kg", "K / 2": "K",
	} {
		got, _, err := checkText(text)
		switch {
		case want == "refused":
		case err != nil || got.dimension != unitOf(want).Dimension:
			t.Errorf("%s: got %s (%v), want %s", text, got.dimension.canonical(), err, want)
		}
	}
}

func TestRefusedExpressions(t *testing.T) {
	for text, says := range map[string]string{
		"kWh + kg": "an energy and a mass (kWh and kg) cannot be added", "kWh - kg": "cannot be subtracted", "Nm3 + m3": "a normal volume and a volume",
		"kgC + kg": "mass as carbon and a mass", "kgce + kWh": "coal equivalent and an energy", "kg > kWh": "cannot be compared", "max(kg, kWh)": "cannot be compared",
		"kg > 0 ? kg : kWh": "cannot be chosen between", "kg ? 1 : 2": "no condition", "(kg > t) + 1": "a condition is no number", "kg and t": "joins conditions", "-(kg > t)": "no meaning",
		"not kg": "no meaning", "kg ^ kg": "must be a number", "kg ^ 0.5": "must be a number", "kg ^ 7": "too high", "kg ^ 1e30": "must be a number", "kg + 1": "cannot be added",
		`"°C" + C`: "only a difference", "K - C": "only a difference", "C + 0": "cannot be added", "-C": "no meaning", "sqrt(kg)": "has no unit", "sqrt(kg, t)": "2 arguments", "min(kg)": "1 arguments",
		"round(1.5)": "no function round", "sum([1, 2])": "no", "mean(kg, t)": "takes one tag", "mean(kg / t)": "is no name", "hours(kg)": "no argument", "foo(kg)": "no function foo",
		"kg % t": `no operator "%"`, "kg in [1]": "do not have", "[1, 2]": "do not have", "{a: 1}": "do not have", "nil": "do not have", "true": "do not have", "let x = 1; x": "do not have", "kg[0]": "is no name",
		"kg?.t": "do not have", "kg |": "at character", "": "empty", " ": "empty", "1 +": "at character", "kg; t": "do not have", "mean()": "takes one tag", strings.Repeat("(", 2000): "more than",
		strings.Repeat("(1<", 45) + "1" + strings.Repeat("<2?1:0)", 45): "more than 2000 parts",
		"a.b()": "do not have", `"` + `furlong"`: "not known", "99999999999999999999": "at character", "kg ?? t": "no operator", "kg matches t": "no operator", "1..2": "no operator",
	} {
		got, _, err := checkText(text)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: got %v (%v), want an error: …%s…", text, err, got.dimension, says)
		}
		var w wrong
		if errors.As(err, &w) && w.fix == "" && !strings.Contains(says, "not known") {
			t.Errorf("%.60s: %s, and nothing says what to write instead", text, w.msg)
		}
	}
}

// TestSlopes compares the exact slopes with differences.
func TestSlopes(t *testing.T) {
	for _, text := range []string{
		"kg + 2 * t", "kg - t", "kg * t / m", "kg / (t - 0.1 * kg)", "sqrt(kg * t)", "kg ^ 3 / t ^ 2", "abs(kg - 3 * t)", "min(kg, t) * max(kg, t)", "-kg ^ 2", "kg > t ? kg * t : t ^ 2", "kg ^ -2",
		"2 ^ 3 * kg", "kg ^ 0 * t",
	} {
		got, names, err := checkText(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		in := make([]dual, len(names))
		for i := range in {
			in[i].v = 1.7 + 0.9*float64(i)
		}
		for i := range in {
			in[i].d = 1
			slope := got.run(in).d
			in[i].d = 0
			at, step := in[i].v, 1e-6
			in[i].v = at + step
			above := got.run(in).v
			in[i].v = at - step
			want := (above - got.run(in).v) / (2 * step)
			in[i].v = at
			if math.Abs(slope-want) > 1e-7*math.Max(1, math.Abs(want)) {
				t.Errorf("%s by number %d: got %g, want %g", text, i, slope, want)
			}
		}
	}
}

func TestNotANumberSpreads(t *testing.T) {
	for _, text := range []string{"min(kg, t)", "max(t, kg)", "kg / t"} {
		got, names, err := checkText(text)
		in := make([]dual, len(names))
		in[names["kg"]].v, in[names["t"]].v = math.NaN(), 1
		if v := got.run(in).v; err != nil || !math.IsNaN(v) {
			t.Errorf("%s: got %g, %v, want no number", text, v, err)
		}
	}
}

// FuzzExpression: garbage is refused and never breaks anything, down to the
// figure of what is accepted.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"kWh / kg", "mean(a * b) / hours()", `max("x-1", 0) > 2 ? 1 : sqrt(4)`, "a.b.c ^ -2", "let x = 1; x", "map([1], # * 2)", "1 ?: 2", "a?.b", "not (1 < 2 < 3)", "x.sum(1)", "b'x' | abs()", "if true { 1 } else { 2 }",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, names, err := checkText(text); err == nil {
			got, _, _ := checkText(text)
			got.run(make([]dual, len(names)))
		}
		kpi, err := newFormula(decoded("f", formulaSection{Quantities: []computedSection{{Key: "x", Unit: "kWh/kg", Value: text}}}, tagOf("a", "kW", "s", 0), tagOf("b", "kg/h", "s", 1)))
		if err != nil {
			return
		}
		kpis, err := linked([]KPI{kpi})
		if err != nil {
			return
		}
		q := kpis[0].Quantities[0]
		totals := make([]float64, len(q.Terms))
		for i := range totals {
			totals[i] = float64(i) + 0.5
		}
		value, sens, reason := q.Value(totals)
		if reason.Code == agent.NoReason && (!isFinite(value) || len(sens) != len(totals)) {
			t.Errorf("%q: got %g, %v", text, value, sens)
		}
	})
}
