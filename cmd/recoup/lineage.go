package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/kpi"
)

// What changed in the configuration becomes events with before and after. The
// store remembers which revision each run had (agent/lineage.go); what a revision
// said is kept beside the buffer, in a file named after it, which never changes.
// A file that is gone means that it is not known what was before, no more.

const (
	keptForms   = 100 // files of earlier revisions
	mostChanges = 200 // events of one start; more come from a new plant, not from an edit
	longDetail  = 600 // characters of what one event says
	absent      = "–"
)

// form is what a configuration says, by what it is about and key.
type form map[string]map[string]string

// formOf gives the form of a configuration with the factors that its KPIs use.
func formOf(cfg *config.Config, kpis []kpi.KPI) form {
	f := form{}
	for _, fact := range cfg.Facts() {
		f.put(fact.About, fact.Key, fact.Value)
	}
	for _, k := range kpis {
		for _, q := range k.Quantities {
			for _, t := range q.Terms {
				for _, factor := range t.Dated {
					for _, step := range factor.Steps {
						f.put("factor "+factor.Name, "from "+step.From.Format(time.DateOnly), stated(factor, step))
					}
				}
			}
		}
	}
	return f
}

func stated(f *kpi.Factor, s kpi.Step) string {
	if s.U > 0 {
		return fmt.Sprintf("%g %s, u %g (%s)", s.Value, f.Unit, s.U, s.Source)
	}
	return fmt.Sprintf("%g %s (%s)", s.Value, f.Unit, s.Source)
}

func (f form) put(about, key, value string) {
	if f[about] == nil {
		f[about] = map[string]string{}
	}
	f[about][key] = value
}

// text is the one form of equal forms: the keys of a JSON object are sorted.
func (f form) text() []byte {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		panic("BUG: a map of texts has no JSON form: " + err.Error())
	}
	return text
}

// revision is short enough to be read out on the telephone.
func (f form) revision() string {
	sum := sha256.Sum256(f.text())
	return hex.EncodeToString(sum[:6])
}

// lineage gives the agent its revision and how to compare it with an earlier one.
func lineage(cfg *config.Config, kpis []kpi.KPI, log *slog.Logger) agent.Lineage {
	f := formOf(cfg, kpis)
	folder := filepath.Join(cfg.Buffer.Path, "config")
	return agent.Lineage{Revision: f.revision(), Since: func(before string, ran bool) (changes []agent.Event) {
		if ran {
			changes = since(folder, before, f, log)
		}
		if err := f.keep(folder); err != nil {
			log.Warn("the configuration cannot be noted; the next start will not know what was before", "err", err)
		}
		return changes
	}}
}

// since compares with the revision and version that a run's event names.
func since(folder, before string, now form, log *slog.Logger) (changes []agent.Event) {
	revision, program, _ := strings.Cut(before, " ")
	if program != "" && program != version {
		changes = append(changes, changed("program", program+" → "+version))
	}
	if revision == now.revision() || revision == "" { // history that was put in says nothing of how it came about
		return changes
	}
	old, err := readForm(folder, revision)
	if err != nil {
		log.Warn("it is not known what the configuration was before", "revision", revision, "err", err)
		return append(changes, changed("", cmp.Or(revision, absent)+" → "+now.revision()))
	}
	return append(changes, old.until(now)...)
}

func changed(about, detail string) agent.Event {
	if short := []rune(detail); len(short) > longDetail {
		detail = string(short[:longDetail]) + "…"
	}
	return agent.Event{Kind: agent.ConfigChanged, Key: about, Reason: agent.Reason{Detail: detail}}
}

// until tells what is different now, one event for each thing.
func (f form) until(now form) (changes []agent.Event) {
	both := maps.Clone(f)
	maps.Copy(both, now)
	for _, about := range slices.Sorted(maps.Keys(both)) {
		was, is := f[about], now[about]
		switch {
		case was == nil:
			changes = append(changes, changed(about, absent+" → "+whole(is)))
		case is == nil:
			changes = append(changes, changed(about, whole(was)+" → "+absent))
		case !maps.Equal(was, is):
			changes = append(changes, changed(about, differences(was, is)))
		}
	}
	if more := len(changes) - mostChanges; more > 0 {
		changes = append(changes[:mostChanges], changed("", fmt.Sprintf("… + %d", more)))
	}
	return changes
}

func whole(facts map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		all = append(all, key+": "+facts[key])
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// differences writes "scale: 1 → 10; unit: t/h → kg/h".
func differences(was, is map[string]string) string {
	both := maps.Clone(was)
	maps.Copy(both, is)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		before, had := was[key]
		after, has := is[key]
		if had != has || before != after {
			all = append(all, key+": "+orAbsent(before, had)+" → "+orAbsent(after, has))
		}
	}
	return strings.Join(all, "; ")
}

func orAbsent(value string, there bool) string {
	if !there {
		return absent
	}
	return value
}

func readForm(folder, revision string) (f form, err error) {
	text, err := os.ReadFile(filepath.Join(folder, revision+".json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, err
	}
	if got := f.revision(); got != revision {
		return nil, fmt.Errorf("the file of revision %s holds another, %s", revision, got)
	}
	return f, nil
}

// keep writes the form down and drops the oldest of many. A file that is half
// written by a crash does not have its revision and is written again.
func (f form) keep(folder string) error {
	if _, err := readForm(folder, f.revision()); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	path := filepath.Join(folder, f.revision()+".json")
	if err := os.WriteFile(path+".tmp", f.text(), 0o644); err != nil {
		return err
	}
	return errors.Join(os.Rename(path+".tmp", path), prune(folder))
}

func prune(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) <= keptForms {
		return err
	}
	written := map[string]time.Time{}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		written[file] = info.ModTime()
	}
	slices.SortFunc(files, func(a, b string) int { return written[a].Compare(written[b]) })
	var errs []error
	for _, file := range files[:len(files)-keptForms] {
		errs = append(errs, os.Remove(file))
	}
	return errors.Join(errs...)
}
