package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recoup/agent/agenttest"
	"recoup/agent/kpi"
	"recoup/agent/say"
	"recoup/agent/upstream"
	"recoup/drivers"
)

// TestEveryExampleBuilds puts each plug-in's example into the demo's
// configuration in place of that section, and builds all of it.
func TestEveryExampleBuilds(t *testing.T) {
	sections := map[string]map[string]string{"sources": {}, "kpis": {}, "upstreams": {}}
	collect(sections["sources"], drivers.All())
	collect(sections["kpis"], kpi.Families())
	collect(sections["upstreams"], upstream.All())
	shown := kinds()
	for section, examples := range sections {
		for name, example := range examples {
			t.Run(section+"/"+name, func(t *testing.T) {
				if !strings.Contains(shown[name], example) || !strings.Contains(example, "- name: ") {
					t.Errorf("\"recoup example %s\" prints %q, which does not hold an entry of %s:\n%s", name, shown[name], section, example)
				}
				file := filepath.Join(t.TempDir(), "example.yaml")
				if err := os.WriteFile(file, []byte(replaceSection(t, section, example)), 0o644); err != nil {
					t.Fatal(err)
				}
				a, _, err := load(file, agenttest.Quiet())
				if err != nil || a == nil {
					t.Errorf("the example of %s does not build:\n%v", name, err)
				}
			})
		}
	}
}

// replaceSection puts an example under a top-level key of the demo's
// configuration. With other sources the KPIs go, because they name tags; with
// other KPIs a source of the tags that they name comes in.
func replaceSection(t *testing.T, section, example string) string {
	t.Helper()
	head, rest, found := strings.Cut(millConfig, "\n"+section+":\n")
	if !found {
		t.Fatalf("the demo's configuration has no %s", section)
	}
	if section == "sources" {
		_, after, _ := strings.Cut(rest, "\nkpis:\n")
		_, after, _ = strings.Cut(after, "\nupstreams:\n")
		return head + "\nsources:\n" + example + "\nupstreams:\n" + after
	}
	if section == "kpis" {
		tags, err := os.ReadFile(filepath.Join("testdata", "kpi-tags.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		head += "\n" + string(tags)
	}
	if _, after, more := strings.Cut(rest, "\nupstreams:\n"); more {
		return head + "\n" + section + ":\n" + example + "\nupstreams:\n" + after
	}
	return head + "\n" + section + ":\n" + example
}

// TestEveryFamilyIsNamed in both languages: a tile never shows a key of the
// configuration for a name.
func TestEveryFamilyIsNamed(t *testing.T) {
	for name := range kpi.Families() {
		for _, lang := range say.Langs() {
			if say.Family(lang, name) == name {
				t.Errorf("%s has no name in %s", name, lang)
			}
		}
	}
}
