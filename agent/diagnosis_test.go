package agent

import (
	"reflect"
	"testing"
)

func TestDiagnosesComeBack(t *testing.T) {
	figures := []Shown{{"c_out", 31.25, "mg/Nm3"}, {"ratio", 1.5e-7, ""}}
	for _, want := range []Diagnosis{
		{Severity: "warning", Rule: "M3.cold", Figures: figures},
		{Severity: "info", Rule: "X2.missing", About: "mill.oil.removal", Figures: figures[:1]},
		{Severity: "alarm", Rule: "M7"},
		{Severity: "alarm", Figures: figures, SaysEN: "high: see a; b", SaysZH: "偏高", DoEN: "", DoZH: "联系值长"},
	} {
		if got, ok := DiagnosisIn(want.Detail()); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v, want %+v", want.Detail(), got, ok, want)
		}
	}
}

func TestOtherDetailsAreNoDiagnoses(t *testing.T) {
	for _, detail := range []string{"", "d", "warning", "grave M3: c 1", "warning: c 1", "warning M3: c 1\na\nb\nc\nd", "warning M3"} {
		if d, ok := DiagnosisIn(detail); ok {
			t.Errorf("%q is taken for %+v", detail, d)
		}
	}
}
