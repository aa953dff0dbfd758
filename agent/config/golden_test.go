package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// modbusSection stands for a plug-in's section.
type modbusSection struct {
	Address string        `yaml:"address"`
	Unit    uint8         `yaml:"unit"`
	Timeout time.Duration `yaml:"timeout"`
	Pause   time.Duration `yaml:"pause"`
}

type httpSection struct {
	URL       string `yaml:"url"`
	TokenFile string `yaml:"token_file"`
	User      string `yaml:"user"`
}

// buildSource does what a driver's constructor does: it decodes its section and
// looks at its tags.
func buildSource(p Part) error {
	var faults agent.Faults
	var section modbusSection
	faults.Join("", p.Decode(&section))
	for i, tag := range p.Tags {
		path := "tags[" + itoa(i) + "].at"
		if table, _, _ := strings.Cut(tag.At, " "); table != "holding" && table != "input" && table != "" {
			faults.Add(path, "write one of coil, discrete, input, holding", "unknown table %q", table)
		}
		if strings.HasSuffix(tag.At, "float23") {
			faults.Add(path, "write float32", "unknown type")
		}
		if tag.Name == "c" && tag.At == "" {
			faults.Add(path, "write at: holding 100", "the address is missing")
		}
	}
	return faults.Err()
}

// check does what the check command does with a file.
func check(path string) error {
	c, err := Load(path)
	if c == nil {
		return err
	}
	errs := []error{err, c.CheckKinds([]string{"modbus", "file"}, []string{"oil_mist"}, []string{"http"})}
	for _, p := range c.Sources {
		if p.Kind == "modbus" {
			errs = append(errs, c.Explain(p.Path, buildSource(p)))
		}
	}
	for _, p := range c.Upstreams {
		if p.Kind == "http" {
			errs = append(errs, c.Explain(p.Path, p.Decode(&httpSection{})))
		}
	}
	return Join(errs...)
}

func TestBad(t *testing.T) {
	t.Chdir("testdata/bad")
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("found %d files (%v), want at least 25", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(path, ".yaml"), func(t *testing.T) {
			err := check(path)
			if err == nil {
				t.Fatal("got no error")
			}
			want, readErr := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".txt")
			if readErr != nil {
				t.Fatal(readErr)
			}
			if got := err.Error() + "\n"; got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
