package main

import (
	"errors"
	"fmt"
)

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

type checkCommand struct{}

func (checkCommand) Run(s session) error {
	_, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: nothing wrong\n", cfg.Path)
	fmt.Fprintf(s.out, "  plant %s, %s; %d sources, %d tags, %d KPIs, %d upstreams\n",
		cfg.Plant.ID, cfg.Plant.Timezone, len(cfg.Sources), len(cfg.Tags), len(cfg.KPIs), len(cfg.Upstreams))
	fmt.Fprintf(s.out, "  files with secrets are looked at when they are used\n")
	for _, part := range cfg.Sources {
		fmt.Fprintf(s.out, "  source %s: %s, %d tags; \"recoup read %s\" reads it once\n", part.Name, part.Kind, len(part.Tags), part.Name)
	}
	return nil
}

type exampleCommand struct {
	Kind string `arg:"" optional:"" help:"What to show an example of; without it, the list."`
}

func (e exampleCommand) Run(s session) error {
	examples := kinds()
	examples["config"] = demoConfig
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
