package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckTellsWhatCanBeShown: before anything is installed, in both languages,
// and without calling it a mistake.
func TestCheckTellsWhatCanBeShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mill.yaml")
	text := strings.NewReplacer(
		"range: [0, 2000], accuracy: 5% limit + 0.5 mg/Nm3 limit", "usual: 250, accuracy: 60% limit",
		"range: [0, 1000], accuracy: 10% limit + 0.1 mg/Nm3 limit", "usual: 10, accuracy: 1% limit",
		"unit: Nm3/h, range: [0, 120000]", "unit: Nm3/h, usual: 52000, range: [0, 120000]",
		"scale: 0.1, accuracy: 0.2% limit, counter", "scale: 0.1, counter",
	).Replace(millConfig) + `
instruments:
  - {serial: "A-1", tag: mill.q_in, calibrated: 2020-01-10, due: 2021-01-10}
  - {serial: "A-2", tag: mill.c_in, calibrated: 2020-01-10, due: 2120-01-10}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for lang, wants := range map[string][]string{
		"en": {
			"mill.oil.removal: the best reachable U is ±6.9", "90\u202f% cannot be shown in practice, it would take a figure of 96.9", "come from mill.c_in 100\u202f%.\n",
			"mill.oil.recovered: its uncertainty cannot be stated, because no accuracy is configured of mill.oil_total.",
			"calibration of mill.q_in: overdue since 2021-01-11 (A-1).",
		},
		"zh": {
			"mill.oil.removal：可达到的最小 U 为 ±6.9", "实际上无法证明 90\u202f%", "方差来源：mill.c_in 占 100\u202f%",
			"以下测点未配置准确度：mill.oil_total。", "mill.q_in 的校准：自 2021-01-11 起逾期（A-1）。",
		},
	} {
		code, out, errOut := call(t, "check", "-c", file, "--lang", lang)
		for _, want := range wants {
			if code != exitDone || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d, it does not say %q:\n%s%s", lang, code, want, out, errOut)
			}
		}
		if strings.Contains(out, "A-2") || strings.Contains(out, "range of") || strings.Contains(out, "中值") {
			t.Errorf("%s: it speaks of what is in order:\n%s", lang, out)
		}
	}
}
