package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"recoup/agent"
)

// seeds adds all test files of a kind.
func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// checkProblems checks that each problem has a place that exists.
func checkProblems(t *testing.T, err error, lines []string) {
	t.Helper()
	var e *Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || len(e.Problems) == 0 || e.Error() == "" {
		t.Fatalf("got %v, want problems", err)
	}
	for _, p := range e.Problems {
		if p.Msg == "" || p.Fix == "" || p.Line > len(lines) || p.Line > 0 && len(lines[p.Line-1]) <= maxLine && (p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1) {
			t.Errorf("%d:%d %q (fix %q) is not a place in %d lines", p.Line, p.Column, p.Msg, p.Fix, len(lines))
		}
	}
}

func FuzzParse(f *testing.F) {
	seeds(f, "testdata/*/*.yaml")
	f.Add([]byte(hard))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz.yaml", data)
		if c == nil && err == nil {
			t.Fatal("got neither a configuration nor an error")
		}
		text, _ := text(data)
		lines := newFile("", text).lines
		checkProblems(t, err, lines)
		if c == nil {
			return
		}
		c.Hash()
		for _, p := range c.Sources {
			if p.Kind != "" {
				checkProblems(t, c.Explain(p.Path, p.Decode(&everything{})), lines)
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	seeds(f, "testdata/*/*.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		text, trouble := text(data)
		if trouble != nil {
			return
		}
		rows, problems := readTable("fuzz.csv", text, columns())
		lines := newFile("", text).lines
		if len(problems) > 0 {
			checkProblems(t, &Error{problems}, lines)
		}
		for _, row := range rows {
			if _, faults := decodeTag(row, "tags[0]", agent.Plant{}); len(faults) > 0 {
				checkProblems(t, &Error{[]Problem{problemAt(row.find("name"), "", faults[0].Msg, "-")}}, lines)
			}
		}
	})
}
