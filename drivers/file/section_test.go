package file

import (
	"errors"
	"slices"
	"testing"
	"time"

	"recoup/agent"
)

func TestWrongSections(t *testing.T) {
	for section, want := range map[string][]string{
		"columns: {strenght: x}":               {"file.columns.strenght:"},
		"columns: {a: x, b: x}":                {"file.columns"},
		"columns: {a: time}":                   {"file.columns"},
		"columns: {a: \" \"}":                  {"file.columns.a"},
		"pattern: \"[\"":                       {"file.pattern"},
		"pattern: ../x.csv":                    {"file.pattern"},
		"timezone: Asia/Chongquing":            {"file.timezone"},
		"settle: 1h\npattern: \"\"":            {"file.pattern", "file.settle"},
		"columns: {time: 时间, a: 强度, b: \"B\"}": nil,
	} {
		l := newLab(t, section, "a", "b")
		_, err := New(l.spec())
		var faults agent.Faults
		if errors.As(err, &faults) != (want != nil) {
			t.Errorf("%s: New = %v, want faults at %v", section, err, want)
		}
		var got []string
		for _, f := range faults {
			got = append(got, f.Path)
			if f.Fix == "" || f.Msg == "" {
				t.Errorf("%s: %+v does not say what to write", section, f)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: faults at %v, want %v", section, got, want)
		}
	}
}

func TestTagsOfOneSourceHaveOneInterval(t *testing.T) {
	l := newLab(t, "", "a", "b", timeKey)
	l.tags[1].Every = time.Hour
	_, err := New(l.spec())
	var faults agent.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Path != "tags[1].every" || faults[1].Path != "tags[2].name" {
		t.Errorf("New = %v, want faults at tags[1].every and tags[2].name", err)
	}
}
