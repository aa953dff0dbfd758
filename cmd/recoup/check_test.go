package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs a command line inside this process.
func call(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

// tenMistakes are the places and words that one run must name.
var tenMistakes = []struct{ place, says string }{
	{":4:13:", "Asia/Chongquing"},
	{":5:30:", "shift"},
	{":6:33:", "4 gigs"},
	{":7:15:", "TLS"},
	{":11:14:", "adress"},
	{":13:31:", "holdng"},
	{":13:76:", "range"},
	{":14:71:", "acuracy"},
	{":16:16:", "mill.q_out"},
	{":20:47:", "mill.c_inn"},
	{":21:22:", "normal cubic metres"},
	{":24:5:", "htp"},
}

func TestCheckNamesEveryMistakeAtOnce(t *testing.T) {
	file := filepath.Join("testdata", "ten-mistakes.yaml")
	for _, command := range []string{"check", "run"} {
		code, out, errOut := call(t, command, "-c", file)
		if code != exitUsage || out != "" {
			t.Errorf("%s: exit %d, printed %q; want %d and nothing on standard output", command, code, out, exitUsage)
		}
		lines := strings.Split(errOut, "\n")
		for _, m := range tenMistakes {
			found := false
			for i, line := range lines {
				if strings.Contains(line, file+m.place) && strings.Contains(line, m.says) {
					found = i+3 < len(lines) && strings.Contains(lines[i+2], "^") && strings.TrimSpace(lines[i+3]) != ""
				}
			}
			if !found {
				t.Errorf("%s does not name %s%s with %q, the line, a caret and what to write", command, file, m.place, m.says)
			}
		}
		if t.Failed() {
			t.Fatalf("it said:\n%s", errOut)
		}
	}
}

func TestCheckOfGoodFileTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mill.yaml")
	if err := os.WriteFile(file, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := call(t, "check", "-c", file)
	if code != exitDone || !strings.Contains(out, "nothing wrong") {
		t.Errorf("exit %d, said %q and %q", code, out, errOut)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("check left %v beside the file (%v)", entries, err)
	}
}

// TestCheckSaysWhatEachKPICannotCompute: so that a missing instrument shows
// before the plant waits for a figure, and a missing company before the city does.
func TestCheckSaysWhatEachKPICannotCompute(t *testing.T) {
	file := filepath.Join(t.TempDir(), "power.yaml")
	text := replaceSection(t, "kpis", `- name: glass.power
  waste_heat_power:
    generation: {gross: eq320, auxiliaries: eq321}
    import: eq330
- name: site
  waste_heat_power:
    generation: {gross: eq320}
    import: eq330
`)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := call(t, "check", "-c", file)
	for _, want := range []string{
		"  plant Demo Cold Rolling Mill (demo-mill), Demo Aluminium Co., C3252, Demo Park, Asia/Shanghai; ",
		"  plant.company does not say: credit_code\n",
		"  KPI glass.power: waste_heat_power, computes share_net, share_gross, aux_ratio, generated_net\n",
		"\n    cannot compute self_consumption, self_consumed_share: export is not named: it takes a meter of what goes into the grid\n",
		"\n    cannot compute specific: pull is not named: it takes the furnace's pull\n",
		"  KPI site: waste_heat_power, computes share_gross\n    cannot compute share_net, aux_ratio, generated_net: generation.auxiliaries is not named",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("exit %d, it does not say %q:\n%s%s", code, want, out, errOut)
		}
	}
	code, out, _ = call(t, "check", "-c", "demo.yaml")
	for _, want := range []string{
		"  KPI acid.h2so4: acid_recovery, computes recovery_loss, recovery_direct, recovery_combined, closure, ",
		"\n    cannot compute fuel_per_tonne: energy.fuel is not named: it takes the amount of each fuel",
	} {
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("the demo: exit %d, it does not say %q:\n%s", code, want, out)
		}
	}
}

// TestCheckOfFormulas: what a formula names wrongly shows with its place, and
// what it names rightly is there.
func TestCheckOfFormulas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "formula.yaml")
	text := replaceSection(t, "kpis", `- name: a
  formula:
    quantities:
      - {key: x, unit: MWh, value: "eq320 - eq321"}
      - {key: y, unit: kWh, value: "eq320 + wt360"}
- name: b
  formula:
    quantities: [{key: x, unit: kWh/t, value: "a.x / wt36"}]
- name: c
  intensity: {amount: b.x, product: eq330, unit: 1/t, boundary: works}
`)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := call(t, "check", "-c", file)
	for _, want := range []string{
		": kpis[0].formula.quantities[1].value: eq320 + wt360: an energy and a mass (kWh and kg) cannot be added\n",
		`: kpis[1].formula.quantities[0].value: there is no tag or quantity "wt36"`, "did you mean wt360?",
	} {
		if !strings.Contains(errOut, want) {
			t.Errorf("exit %d, it does not say %q:\n%s%s", code, want, out, errOut)
		}
	}
	if n := strings.Count(errOut, "formula.yaml:"); code != exitUsage || n != 2 {
		t.Errorf("exit %d with %d faults, want %d with 2:\n%s", code, n, exitUsage, errOut)
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"fly"}, {"run", "--faster"}, {"read"}, {"check", "-c", "no-such-file.yaml"}, {"check", "-c", "testdata"},
		{"example", "fax"}, {"demo", "--days", "-1"},
	} {
		code, _, errOut := call(t, args...)
		if code != exitUsage || errOut == "" {
			t.Errorf("recoup %v: exit %d, said %q; want %d and what to do", args, code, errOut, exitUsage)
		}
	}
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"version"}, {"example"}, {"example", "config"}, {"example", "modbus"}, {"example", "oil_mist"}, {"example", "http"}} {
		code, out, errOut := call(t, args...)
		if code != exitDone || len(out) < 20 || errOut != "" {
			t.Errorf("recoup %v: exit %d, printed %d bytes, complained %q", args, code, len(out), errOut)
		}
	}
}

// TestDemoConfigFitsTheSimulator: the demo's addresses are the simulator's.
func TestDemoConfigFitsTheSimulator(t *testing.T) {
	w := newWorld(t)
	w.live(t)
	code, out, errOut := call(t, "read", "mill", "-c", w.config)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	rows := strings.Split(strings.TrimSpace(out), "\n")[1:]
	for _, row := range rows {
		if !strings.Contains(row, " good ") {
			t.Errorf("not good: %s", row)
		}
	}
	if len(rows) != 18 && len(rows) != 17 {
		t.Errorf("%d tags read, want the demo's:\n%s", len(rows), out)
	}
	code, _, errOut = call(t, "read", "mil", "-c", w.config)
	if code != exitUsage || !strings.Contains(errOut, "mill") {
		t.Errorf("unknown source: exit %d, said %q; want the known ones", code, errOut)
	}
	w.onlyReads(t)
}

// TestCheckRefusesWhatCanNeverWork: files that are well formed and useless.
func TestCheckRefusesWhatCanNeverWork(t *testing.T) {
	for name, c := range map[string]struct{ old, new, says string }{
		"no tags":              {millConfig, "plant: {id: m}\nsources:\n  - name: mill\n    modbus: {address: \"tcp://127.0.0.1:502\"}\n", "no tags"},
		"a percentage unsaid":  {"removal >= 0.90", "removal >= 90", "90%"},
		"a pipe for a file":    {"", "", "neither a file"},
		"the page for anybody": {"127.0.0.1:9466", "0.0.0.0:9466", "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mill.yaml")
			text := strings.Replace(millConfig, c.old, c.new, 1)
			if name == "a pipe for a file" {
				file = os.DevNull
			} else if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			code, _, errOut := call(t, "check", "-c", file)
			if code != exitUsage || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, said %q; want %d and %q", code, errOut, exitUsage, c.says)
			}
		})
	}
}

// TestCheckTellsWhetherAClaimCanBe, and what a baseline rests on, before anybody
// signs either.
func TestCheckTellsWhetherAClaimCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "claim.yaml")
	text := replaceSection(t, "kpis", `- name: site
  energy_carbon:
    carriers: [{carrier: electricity, energy: eq330, equivalent_value: electricity.equivalent}]
    claims: [{name: 年报, tce: 31800, co2: 100000, convention: equivalent}]
- name: melter
  baseline:
    energy: eq330
    unit: kWh
    drivers: [{name: pull, value: wt360, unit: t}]
    model: {period: month, intercept: 40000, slopes: [80], ranges: [[300, 800]], u: 0.02}
    source: report of 2025
`)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{
		"en": "年报: 31\u202f800 tce and 100\u202f000 t CO2 imply 3.145 t/tce", "zh": "若其余为天然气，电力须占 56\u202f%",
	} {
		code, out, errOut := call(t, "check", "-c", file, "--lang", lang)
		if code != exitDone || !strings.Contains(out, want) || !strings.Contains(out, "    baseline: 40000 kWh/d + 80 kWh/t × pull\n    baseline model: declared, standard uncertainty 2 %\n") {
			t.Errorf("%s: exit %d, it does not say %q:\n%s%s", lang, code, want, out, errOut)
		}
	}
}
