package file

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// timeKey is the key in columns that leads to the time's header.
const timeKey = "time"

// section is what stands below file: in a source.
type section struct {
	Folder   string            `yaml:"folder"`   // from the configuration's folder
	Columns  map[string]string `yaml:"columns"`  // tag, or time → header
	Pattern  string            `yaml:"pattern"`  // of file names, in any case
	Timezone string            `yaml:"timezone"` // IANA name; default the plant's
	Settle   time.Duration     `yaml:"settle"`   // without change, until a file counts as complete
}

func defaults(spec agent.Spec) section {
	return section{Pattern: "*.csv", Timezone: spec.Plant.Timezone, Settle: 2 * time.Second}
}

// check gives the zone of times and everything that is wrong.
func (s *section) check(tags []*agent.Tag) (zone *time.Location, faults agent.Faults) {
	if s.Folder == "" {
		faults.Add("file.folder", "write the folder that files are put into, for example lab", "no folder")
	}
	if _, err := filepath.Match(s.Pattern, "x"); err != nil || s.Pattern == "" || strings.ContainsAny(s.Pattern, `/\`) {
		faults.Add("file.pattern", `write a pattern of file names, for example "*.csv" or "lab-*.csv"`, "%q is not a pattern of file names", s.Pattern)
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil || s.Timezone == "Local" {
		faults.Add("file.timezone", "write an IANA name such as Asia/Shanghai", "unknown time zone %q", s.Timezone)
	}
	if s.Settle < 0 || s.Settle > 20*time.Second {
		faults.Add("file.settle", "write a time from 0s, for files that are moved in whole, to 20s", "%s is not possible", s.Settle)
	}
	s.checkColumns(tags, &faults)
	return zone, faults
}

func (s *section) checkColumns(tags []*agent.Tag, faults *agent.Faults) {
	known := map[string]bool{timeKey: true}
	user := map[string]string{strings.TrimSpace(s.timeHeader()): timeKey}
	for i, tag := range tags {
		path := fmt.Sprintf("tags[%d]", i)
		if tag.Name == timeKey {
			faults.Add(path+".name", "give the tag another name, for example "+tag.Source+".time", "%q means the time's column here", timeKey)
		}
		if tag.Every != tags[0].Every {
			faults.Add(path+".every", "give all tags of this source the same interval", "a file is taken whole, so its tags cannot have intervals of their own")
		}
		header := strings.TrimSpace(s.header(tag))
		if other, taken := user[header]; taken && tag.Name != timeKey {
			faults.Add("file.columns", "give each its own column", "%s and %s have the same column %q", other, tag.Name, header)
		}
		known[tag.Name], user[header] = true, tag.Name
	}
	for _, name := range slices.Sorted(maps.Keys(s.Columns)) {
		path := "file.columns." + name
		switch {
		case !known[name]:
			faults.Add(path+":", "write time, or the name of a tag of this source", "there is no tag %q here", name)
		case strings.TrimSpace(s.Columns[name]) == "":
			faults.Add(path, "write the header of the column", "no header")
		}
	}
}

// header gives the header of a tag's column.
func (s *section) header(tag *agent.Tag) string {
	switch named := s.Columns[tag.Name]; {
	case named != "":
		return named
	case tag.At != "":
		return tag.At
	}
	return tag.Name
}

func (s *section) timeHeader() string {
	if named := s.Columns[timeKey]; named != "" {
		return named
	}
	return timeKey
}
