package file

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// section is what stands below file: in an upstream.
type section struct {
	Folder string        `yaml:"folder"` // from the configuration's folder
	Format string        `yaml:"format"` // jsonl (default) or csv
	Rotate rotation      `yaml:"rotate"` // beside every day: bytes
	Keep   time.Duration `yaml:"keep"`   // 0: for ever
}

// rotation is "1d", which happens in any case, or a size.
type rotation struct{ bytes int64 }

func (r *rotation) UnmarshalText(text []byte) error {
	const fix = "write 1d, or a size such as 100MiB"
	word := strings.TrimSpace(string(text))
	if word == "1d" {
		r.bytes = 0
		return nil
	}
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}} {
		head, is := strings.CutSuffix(word, unit.name)
		n, err := strconv.ParseInt(strings.TrimSpace(head), 10, 32)
		if is && err == nil && n > 0 {
			r.bytes = n * unit.bytes
			return nil
		}
	}
	return agent.Faults{{Msg: fmt.Sprintf("%q is neither 1d nor a size", word), Fix: fix}}
}

func (s *section) check() (faults agent.Faults) {
	if s.Folder == "" {
		faults.Add("file.folder", "write the folder to write into, for example out", "no folder")
	}
	if names := slices.Sorted(maps.Keys(formats())); !slices.Contains(names, s.Format) {
		faults.Add("file.format", "write "+strings.Join(names, " or "), "unknown format %q", s.Format)
	}
	if s.Keep != 0 && s.Keep < 48*time.Hour {
		faults.Add("file.keep", "write 400d, at least 2d, or 0s to keep all", "%s is too short to keep files for", s.Keep)
	}
	return faults
}
