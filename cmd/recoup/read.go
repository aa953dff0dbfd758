package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

type readCommand struct {
	Source  string        `arg:"" help:"Name of the source, as configured."`
	Timeout time.Duration `default:"15s" help:"Give up after so long."`
}

func (r readCommand) Run(s session) error {
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	for _, source := range a.Sources {
		if source.Name == r.Source {
			defer source.Driver.Close()
			return r.once(s, source)
		}
	}
	var names []string
	for _, part := range cfg.Sources {
		names = append(names, part.Name)
	}
	return usageError(fmt.Sprintf("%s has no source %q; it has %v", cfg.Path, r.Source, names))
}

// once reads all tags and shows what each gives.
func (r readCommand) once(s session, source agent.Source) error {
	ctx, cancel := context.WithTimeout(s.ctx, r.Timeout)
	defer cancel()
	var b agent.Batch
	for more, n := true, 0; more && n < 100; n++ {
		var err error
		if more, err = source.Driver.Read(ctx, source.Tags, &b); err != nil {
			why := agent.ReasonFor(err)
			return fmt.Errorf("source %s: %s", source.Name, say.Reason(say.EN, why))
		}
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TAG\tVALUE\tUNIT\tQUALITY\tWIRE\tADDRESS\tREASON")
	for _, reading := range b.Readings {
		tag := reading.Tag
		shown := "–"
		if v, ok := tag.Eng(reading.Value); ok && reading.Quality != agent.Bad {
			shown = say.Rounded(v, 0, "")
		} else if reading.Value.Kind() == agent.Text {
			shown = reading.Value.Text()
		}
		reason := ""
		if reading.Quality != agent.Good {
			reason = say.Reason(say.EN, reading.Reason)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", tag.Name, shown, tag.Unit, reading.Quality, reading.Value, tag.At, reason)
	}
	return table.Flush()
}
