package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/kpi"
)

//go:embed mill.yaml
var millConfig string // the example of a whole configuration

type runCommand struct{}

func (runCommand) Run(s session) error {
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	s.log.Info("starting", "version", version, "config", cfg.Path, "sources", len(cfg.Sources), "tags", len(cfg.Tags),
		"kpis", len(cfg.KPIs), "upstreams", len(cfg.Upstreams), "page", "http://"+cfg.Web.Listen+"/")
	if err := a.Run(s.ctx); err != nil {
		return err
	}
	s.log.Info("stopped")
	return nil
}

type checkCommand struct {
	Lang string `placeholder:"zh|en" help:"Language of what can be shown and what is overdue (default: that of LANG)."`
}

func (c checkCommand) Run(s session) error {
	lang, err := whyCommand{Lang: c.Lang}.language()
	if err != nil {
		return err
	}
	_, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: nothing wrong\n", cfg.Path)
	fmt.Fprintf(s.out, "  plant %s, %s; %d sources, %d tags, %d KPIs, %d upstreams\n",
		whose(cfg.Plant), cfg.Plant.Timezone, len(cfg.Sources), len(cfg.Tags), len(cfg.KPIs), len(cfg.Upstreams))
	if len(cfg.Rules)+len(cfg.Ratings) > 0 {
		fmt.Fprintf(s.out, "  %d rules, %d local ratings\n", len(cfg.Rules), len(cfg.Ratings))
	}
	if missing := unsaid(cfg.Plant); missing != nil {
		fmt.Fprintf(s.out, "  plant.company does not say: %s\n", strings.Join(missing, ", "))
	}
	fmt.Fprintf(s.out, "  files with secrets are looked at when they are used\n")
	for _, part := range cfg.Sources {
		fmt.Fprintf(s.out, "  source %s: %s, %d tags; \"recoup read %s\" reads it once\n", part.Name, part.Kind, len(part.Tags), part.Name)
	}
	showMeters(s.out, cfg.Tags)
	built := wiring{cfg: cfg, log: s.log, clock: agent.SystemClock()}
	for _, k := range built.kpis() {
		showKPI(s.out, k)
		showStated(s.out, k)
		showClaims(s.out, lang, k)
		if err := showOutlook(s.out, lang, cfg.Plant, k); err != nil {
			return err
		}
	}
	return showCalibrations(s.out, lang, cfg, time.Now())
}

// showKPI tells what a KPI computes, and why it does not compute the rest of
// its family: a missing instrument should show before it is missed.
func showKPI(out io.Writer, k kpi.KPI) {
	keys := make([]string, len(k.Quantities))
	for i, q := range k.Quantities {
		keys[i] = q.Key
	}
	fmt.Fprintf(out, "  KPI %s: %s, computes %s\n", k.Name, k.Family, strings.Join(keys, ", "))
	showOperation(out, k)
	told := map[string]bool{}
	for _, a := range k.Absent {
		if told[a.Why] {
			continue
		}
		told[a.Why] = true
		var alike []string
		for _, other := range k.Absent {
			if other.Why == a.Why {
				alike = append(alike, other.Key)
			}
		}
		fmt.Fprintf(out, "    cannot compute %s: %s\n", strings.Join(alike, ", "), a.Why)
	}
}

// showOperation tells of a KPI which of its quantities come run-only too, and by
// which tag they come per lot.
func showOperation(out io.Writer, k kpi.KPI) {
	for _, q := range k.Quantities {
		if len(q.States) > 0 {
			fmt.Fprintf(out, "    %s also run-only: counts %s\n", q.Key, strings.Join(q.RunOnly, ", "))
		}
	}
	if len(k.Quantities) > 0 && k.Quantities[0].Lots != nil {
		fmt.Fprintf(out, "    per lot by %s\n", k.Quantities[0].Lots.Tag.Name)
	}
}

type exampleCommand struct {
	Kind string `arg:"" optional:"" help:"What to show an example of; without it, the list."`
}

func (e exampleCommand) Run(s session) error {
	examples := kinds()
	examples["config"] = millConfig
	if text, ok := examples[e.Kind]; ok {
		fmt.Fprint(s.out, text)
		return nil
	}
	list := sortedKeys(examples)
	if e.Kind == "" {
		for _, name := range list {
			about := "one entry, to paste into a configuration"
			if name == "config" {
				about = "a whole configuration, which fits \"recoup sim\""
			}
			fmt.Fprintf(s.out, "recoup example %-16s  %s\n", name, about)
		}
		return nil
	}
	return errors.Join(usageError(fmt.Sprintf("no example of %q; there are %v", e.Kind, list)))
}
