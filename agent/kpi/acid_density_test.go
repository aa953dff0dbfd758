package kpi

import (
	"math"
	"testing"

	"recoup/agent"
)

func caseC01Density(t *testing.T) {
	c := caseOf(t, "C01")
	strengths, temperatures := field[[]float64](t, c.Inputs, "w"), field[[]float64](t, c.Inputs, "T_C")
	for i, want := range field[[]float64](t, c.Expected, "rho_kg_m3") {
		got, quality, _ := acidDensity(strengths[i], temperatures[i])
		if !near(got, want, 0.06) || quality != agent.Good {
			t.Errorf("%g at %g °C: got %.2f, %v, want %.1f, good", strengths[i], temperatures[i], got, quality, want)
		}
	}
	for trap, w := range map[string]float64{"public_code_trap_80pct_50C": 0.8, "public_code_trap_90pct_50C": 0.9} {
		if got, _, _ := acidDensity(w, 50); near(got, field[float64](t, c.Expected, trap), 50) {
			t.Errorf("%g at 50 °C: got %.1f, near the trap of the wrong sign", w, got)
		}
	}
}

// The table is that of the same polynomial and column as printed.
func TestDensityTable(t *testing.T) {
	for _, row := range []struct {
		w    float64
		want [7]float64 // at 0, 10, 20, 25, 30, 40, 50 °C
	}{
		{0.10, [7]float64{1073.3, 1069.9, 1065.8, 1063.6, 1061.3, 1056.5, 1051.5}},
		{0.30, [7]float64{1232.7, 1225.5, 1218.6, 1215.1, 1211.7, 1204.8, 1197.7}},
		{0.50, [7]float64{1411.0, 1402.9, 1395.0, 1391.1, 1387.2, 1379.6, 1371.9}},
		{0.70, [7]float64{1629.2, 1619.8, 1610.5, 1605.9, 1601.4, 1592.5, 1583.9}},
		{0.85, [7]float64{1800.8, 1789.6, 1778.5, 1773.1, 1767.7, 1757.1, 1746.6}},
		{0.90, [7]float64{1835.8, 1825.0, 1814.3, 1809.0, 1803.8, 1793.4, 1783.1}},
		{0.94, [7]float64{1851.2, 1841.2, 1831.2, 1826.2, 1821.2, 1811.2, 1801.2}},
		{0.98, [7]float64{1856.1, 1846.1, 1836.1, 1831.1, 1826.1, 1816.1, 1806.1}},
	} {
		for i, at := range []float64{0, 10, 20, 25, 30, 40, 50} {
			if got, _, _ := acidDensity(row.w, at); !near(got, row.want[i], 0.06) {
				t.Errorf("%g at %g °C: got %.2f, want %.1f", row.w, at, got, row.want[i])
			}
		}
	}
}

func TestDensityDoesNotJump(t *testing.T) {
	for at := coldest; at <= hottest; at += 0.5 {
		var before float64
		for w := 0.0; w <= 1; w += 0.0001 {
			got, quality, _ := acidDensity(w, at)
			if quality == agent.Bad || (w > 0 && math.Abs(got-before) > 0.25) {
				t.Fatalf("%.4f at %g °C: got %.2f, %v after %.2f", w, at, got, quality, before)
			}
			if warmer, _, _ := acidDensity(w, min(at+0.1, hottest)); w > 0.1 && warmer > got {
				t.Fatalf("%.4f at %g °C: got heavier when warmed", w, at)
			}
			before = got
		}
	}
}

func TestDensityOutside(t *testing.T) {
	for _, test := range []struct {
		w, t    float64
		quality agent.Quality
		arg     int
	}{
		{-0.01, 20, agent.Bad, 0}, {1.001, 20, agent.Bad, 0}, {math.NaN(), 20, agent.Bad, 0}, {80, 20, agent.Bad, 0},
		{0.8, -21, agent.Bad, 1}, {0.8, 101, agent.Bad, 1}, {0.8, math.NaN(), agent.Bad, 1},
		{0.8, 51, agent.Uncertain, 1}, {0.98, -1, agent.Uncertain, 1}, {1, 0, agent.Good, 1}, {0, 50, agent.Good, 1},
	} {
		if _, quality, arg := acidDensity(test.w, test.t); quality != test.quality || arg != test.arg {
			t.Errorf("%g at %g °C: got %v, %d, want %v, %d", test.w, test.t, quality, arg, test.quality, test.arg)
		}
	}
}

func TestStrengthOfDensity(t *testing.T) {
	for at := coldest; at <= hottest; at += 5 {
		for w := 0.0; w < polynomial; w += 0.01 {
			density, _, _ := acidDensity(w, at)
			if got, quality, _ := acidStrength(density, at); quality == agent.Bad || !near(got, w, 1e-6) {
				t.Errorf("%.2f at %g °C: got %.6f, %v", w, at, got, quality)
			}
		}
		density, _, _ := acidDensity(0.91, at)
		if _, quality, arg := acidStrength(density, at); quality != agent.Bad || arg != 0 {
			t.Errorf("0.91 at %g °C: got %v, %d, want it refused: one density has two strengths", at, quality, arg)
		}
	}
	if _, quality, arg := acidStrength(900, 20); quality != agent.Bad || arg != 0 {
		t.Errorf("900 kg/m3: got %v, %d, want it refused", quality, arg)
	}
	if _, quality, arg := acidStrength(1700, 120); quality != agent.Bad || arg != 1 {
		t.Errorf("120 °C: got %v, %d, want the temperature blamed", quality, arg)
	}
}
