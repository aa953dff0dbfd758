package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recoup/agent/agenttest"
	"recoup/agent/kpi"
	"recoup/agent/upstream"
	"recoup/drivers"
)

// TestEveryExampleBuilds puts each plug-in's example into the demo's
// configuration in place of that section, and builds all of it.
func TestEveryExampleBuilds(t *testing.T) {
	sections := map[string][]string{
		"sources":   sortedKeys(drivers.All()),
		"kpis":      sortedKeys(kpi.Families()),
		"upstreams": sortedKeys(upstream.All()),
	}
	examples := kinds()
	for section, names := range sections {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "example.yaml")
				if err := os.WriteFile(file, []byte(replaceSection(t, section, examples[name])), 0o644); err != nil {
					t.Fatal(err)
				}
				a, _, err := load(file, agenttest.Quiet())
				if err != nil || a == nil {
					t.Errorf("the example of %s does not build:\n%v", name, err)
				}
			})
		}
	}
	if len(examples) != 3 {
		t.Errorf("%d examples, want one of each of the 3 plug-ins", len(examples))
	}
}

// replaceSection puts an example under a top-level key of the demo's
// configuration. With other sources the KPIs go, because they name tags.
func replaceSection(t *testing.T, section, example string) string {
	t.Helper()
	head, rest, found := strings.Cut(demoConfig, "\n"+section+":\n")
	if !found {
		t.Fatalf("the demo's configuration has no %s", section)
	}
	if section == "sources" {
		_, after, _ := strings.Cut(rest, "\nkpis:\n")
		_, after, _ = strings.Cut(after, "\nupstreams:\n")
		return head + "\nsources:\n" + example + "\nupstreams:\n" + after
	}
	if _, after, more := strings.Cut(rest, "\nupstreams:\n"); more {
		return head + "\n" + section + ":\n" + example + "\nupstreams:\n" + after
	}
	return head + "\n" + section + ":\n" + example
}
