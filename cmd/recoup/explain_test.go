package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"recoup/agent/say"
	"recoup/sim"
)

// exported gives the example's configuration and a recording of hours of its
// mill, with an outage and a flame-out.
func exported(t *testing.T, hours int) (config, file string) {
	t.Helper()
	start := time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC)
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	config, _ = filled(t, hours, sim.Incident{Kind: sim.PLCOff, From: at(3.4), To: at(4.1)}, sim.Incident{Kind: sim.FlameOut, From: at(10), To: at(11)})
	code, readings, errOut := call(t, "export", "-c", config)
	if code != exitDone {
		t.Fatalf("export: exit %d, said %s", code, errOut)
	}
	file = filepath.Join(t.TempDir(), "readings.csv")
	if err := os.WriteFile(file, []byte(readings), 0o644); err != nil {
		t.Fatal(err)
	}
	return config, file
}

// calculate works out what is printed, as a reader with a calculator does.
func calculate(t *testing.T, text string) float64 {
	t.Helper()
	tree, err := parser.ParseExpr(strings.NewReplacer("−", "-", "×", "*").Replace(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var value func(e ast.Expr) float64
	value = func(e ast.Expr) float64 {
		switch e := e.(type) {
		case *ast.BasicLit:
			v, err := strconv.ParseFloat(e.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		case *ast.ParenExpr:
			return value(e.X)
		case *ast.UnaryExpr:
			return -value(e.X)
		case *ast.BinaryExpr:
			x, y := value(e.X), value(e.Y)
			return map[token.Token]float64{token.ADD: x + y, token.SUB: x - y, token.MUL: x * y, token.QUO: x / y}[e.Op]
		}
		t.Fatalf("%q holds %T", text, e)
		return 0
	}
	return value(tree)
}

// columns reads the numbers of a printed row, after its name.
func columns(t *testing.T, row string, n int) []float64 {
	t.Helper()
	fields := strings.Fields(strings.ReplaceAll(row, "−", "-"))
	var all []float64
	for _, field := range fields[len(fields)-n:] {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatalf("%q: %v", row, err)
		}
		all = append(all, v)
	}
	return all
}

// TestExplanationAddsUp: what is printed of each table adds up to its last row,
// the formula with the printed totals gives the value, and the budget gives U.
func TestExplanationAddsUp(t *testing.T) {
	config, file := exported(t, 49)
	_, lines, _ := call(t, "replay", file, "-c", config)
	want := figures(t, lines)
	for _, c := range []struct {
		explain, key   string
		columns, cells int
	}{
		{"mill.oil.removal@2026-10-01 00:00", "mill.oil.removal shift from 2026-09-30T16:00:00Z", 4, 32},
		{"mill.oil.removal@2026-10-01", "mill.oil.removal day from 2026-09-30T16:00:00Z", 4, 96},
		{"mill.oil.removal@yesterday", "mill.oil.removal day from 2026-10-01T16:00:00Z", 4, 96},
		{"mill.oil.recovered@hour", "mill.oil.recovered hour from 2026-10-02T16:00:00Z", 3, 4},
		{"mill.oil.removal@2026-10-01T00:00:00+08:00/2026-10-02T00:00:00+08:00", "mill.oil.removal day from 2026-09-30T16:00:00Z", 4, 96},
	} {
		code, out, errOut := call(t, "replay", file, "-c", config, "--explain", c.explain, "--lang", "en")
		if code != exitDone {
			t.Fatalf("%s: exit %d, said %s", c.explain, code, errOut)
		}
		figure, known := want[c.key]
		if !known {
			t.Fatalf("replay has no %s", c.key)
		}
		sum, cells := make([]float64, c.columns), 0
		for line := range strings.Lines(out) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "2026-10-"):
				cells++
				for i, v := range columns(t, line, c.columns) {
					sum[i] += v
				}
			case strings.HasPrefix(line, "Sum: ") && !strings.HasPrefix(line, "Sum: u²"):
				for i, v := range columns(t, line, c.columns) {
					if math.Abs(v-sum[i]) > 1e-6 {
						t.Errorf("%s: column %d is %g, and its rows make %g", c.explain, i, v, sum[i])
					}
				}
				if got := columns(t, line, c.columns); math.Abs(got[2]/figure.Terms[0].Total-1) > 1e-9 || math.Abs(got[0]-figure.Terms[0].Seconds) > 1e-3 {
					t.Errorf("%s: printed %v, computed %+v", c.explain, got, figure.Terms)
				}
			case strings.HasPrefix(line, "Value = "):
				parts := strings.Split(line, " = ")
				value := calculate(t, strings.TrimSuffix(strings.TrimSuffix(parts[2], " [1]"), " [kg]"))
				if got := calculate(t, parts[1]); math.Abs(got-value) > 1e-9*math.Abs(value) || math.Abs(value-*figure.Value) > 1e-9*math.Abs(value) {
					t.Errorf("%s: %s is %.12g; computed was %.12g", c.explain, line, got, *figure.Value)
				}
			case strings.HasPrefix(line, "U = "):
				parts := strings.Split(line, " = ")
				square := calculate(t, strings.TrimPrefix(parts[2], "2 × √"))
				if got := 2 * math.Sqrt(square); math.Abs(got / *figure.U - 1) > 1e-5 {
					t.Errorf("%s: %s is %g; computed was %g", c.explain, line, got, *figure.U)
				}
			}
		}
		if cells != c.cells {
			t.Errorf("%s: got %d rows, want %d:\n%s", c.explain, cells, c.cells, out)
		}
		for _, says := range []string{"Value = ", "U = 2 × √", "mill.", "Definition (hash"} {
			if !strings.Contains(out, says) {
				t.Errorf("%s does not say %q:\n%s", c.explain, says, out)
			}
		}
	}
}

// TestExplanationOfTheRunOnlyFigure: its parts are those of the states that count.
func TestExplanationOfTheRunOnlyFigure(t *testing.T) {
	config, file := exported(t, 24)
	if code, _, errOut := call(t, "replay", file, "-c", config, "--explain", "mill.oil.removal@day", "--run-only"); code != exitUsage || !strings.Contains(errOut, "mill.oil.removal has no such figure") {
		t.Errorf("without states: exit %d, said %s", code, errOut)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	told := strings.Replace(string(text), "\n    oil_mist:\n", "\n    oil_mist:\n      states: [{is: run, tag: mill.rolling, when: 1}, {is: stop}]\n      run_only: [run]\n", 1)
	if err := os.WriteFile(config, []byte(told), 0o644); err != nil {
		t.Fatal(err)
	}
	_, lines, _ := call(t, "replay", file, "-c", config)
	var want string
	for line := range strings.Lines(lines) {
		if strings.Contains(line, `"kpi":"mill.oil.removal"`) && strings.Contains(line, `"kind":"day"`) && strings.Contains(line, `"states":"run"`) {
			want = line
		}
	}
	var f figure
	if err := json.Unmarshal([]byte(want), &f); err != nil {
		t.Fatalf("%v in %q", err, want)
	}
	code, out, errOut := call(t, "replay", file, "-c", config, "--explain", "mill.oil.removal@day", "--run-only", "--lang", "en")
	if code != exitDone || !strings.Contains(out, "Counted in these plant states only: run.") || f.Terms[0].Seconds > 23*3600 {
		t.Fatalf("exit %d, said %s\n%s", code, errOut, out)
	}
	_, value, _ := strings.Cut(out, "Value = ")
	if got := calculate(t, strings.Split(value, " = ")[0]); math.Abs(got / *f.Value - 1) > 1e-9 {
		t.Errorf("explained %.12g, computed %.12g", got, *f.Value)
	}
}

func TestExplanationOfAWithheldFigure(t *testing.T) {
	config, file := exported(t, 8)
	for _, lang := range say.Langs() {
		code, out, errOut := call(t, "replay", file, "-c", config, "--explain", "mill.oil.removal@15min 2026-10-01 03:30", "--lang", lang.String())
		if code != exitDone || strings.Contains(out, "U = 2") || strings.Contains(out, "[kg] = 0") || !strings.Contains(out, "900") {
			t.Errorf("%s: exit %d, said %s, printed\n%s\nwant seconds, and no number to guess the figure from", lang, code, errOut, out)
		}
		for line := range strings.Lines(out) {
			if strings.Contains(line, "合计") && len(strings.Fields(line)) > 6 || strings.HasPrefix(line, "  Sum: ") && len(columns(t, line, 2)) != 2 {
				t.Errorf("%s: totals of a withheld figure: %s", lang, line)
			}
		}
	}
}

func TestExplainIsRefused(t *testing.T) {
	config, file := exported(t, 3)
	for explain, says := range map[string]string{
		"mill.oil.removal":             "write KPI@WINDOW",
		"mill.oil.removed@2026-10-01":  "the configuration has mill.oil.removal, mill.oil.recovered",
		"mill.oil.removal@teatime":     "is not understood",
		"mill.oil.removal@2026-10-01":  "has no day that holds 2026-10-01T00:00:00+08:00",
		"mill.oil.removal@2026-10-01/": "write 2026-11-23T00:00:00+08:00/",
		"mill.oil.removal@2026-10-01T00:10:00+08:00/2026-10-01T00:20:00+08:00": "has no window from 2026-10-01T00:10:00+08:00",
	} {
		if code, out, errOut := call(t, "replay", file, "-c", config, "--explain", explain); code != exitUsage || out != "" || !strings.Contains(errOut, says) {
			t.Errorf("%s: exit %d, printed %q, said %s; want %s", explain, code, out, errOut, says)
		}
	}
}

// TestReplayOfAStretch: windows within --from and --to are those of the whole
// recording, bit for bit; --out writes them beside a summary.
func TestReplayOfAStretch(t *testing.T) {
	config, file := exported(t, 26)
	_, lines, _ := call(t, "replay", file, "-c", config)
	whole, lineCount := figures(t, lines), 0
	out := filepath.Join(t.TempDir(), "part.jsonl")
	code, table, errOut := call(t, "replay", file, "-c", config, "--from", "2026-10-01 08:00", "--to", "2026-10-01 16:00", "--out", out, "--summary", "--lang", "zh")
	if code != exitDone || !strings.Contains(table, "班次 08:00–16:00，10月1日") || strings.Contains(table, "00:00–08:00") || !strings.Contains(table, "油雾净化效率（mill.oil.removal）") {
		t.Errorf("exit %d, said %s, printed\n%s", code, errOut, table)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for key, got := range figures(t, string(text)) {
		lineCount++
		if want := whole[key]; shownFigure(got) != shownFigure(want) {
			t.Errorf("%s:\n got %s\nwant %s", key, shownFigure(got), shownFigure(want))
		}
	}
	if lineCount != 2*(8*4+8+1) {
		t.Errorf("got %d results, want those of 32 cells, 8 hours, 1 shift of 2 figures", lineCount)
	}
	_, table, _ = call(t, "replay", file, "-c", config, "--summary", "--lang", "en")
	if !strings.Contains(table, "Removal efficiency (mill.oil.removal), target: Removal efficiency ≥ 90") || !strings.Contains(table, "day 1 Oct 2026") {
		t.Errorf("printed\n%s", table)
	}
}

// TestReplayKeepsTheOldResults: what fails leaves --out as it was.
func TestReplayKeepsTheOldResults(t *testing.T) {
	s := newShelf(t)
	out := s.put("out.jsonl", "old")
	code, _, _ := call(t, "replay", s.put("a.csv", "time,tag,value,quality\n2026-10-01 08:00,mill.q_in,1,fine\n"), "-c", s.config, "--out", out)
	entries, err := os.ReadDir(s.dir)
	if text, _ := os.ReadFile(out); code != exitFailed || string(text) != "old" || err != nil || len(entries) != 2 {
		t.Errorf("exit %d, the file holds %q, the folder %d files (%v); want the old one and nothing else", code, text, len(entries), err)
	}
}
