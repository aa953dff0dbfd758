package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"text/tabwriter"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/say"
)

type readCommand struct {
	Source  string        `arg:"" help:"Name of the source, as configured."`
	Timeout time.Duration `default:"15s" help:"Give up after so long."`
	Anyway  bool          `help:"Read beside a running agent: a second connection to the device."`
}

func (r readCommand) Run(s session) error {
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	if !r.Anyway && runs(cfg) {
		return usageError(fmt.Sprintf("an agent of plant %s is running and holds the connection: see http://%s/, or say --anyway to open a second one", cfg.Plant.ID, cfg.Web.Listen))
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

// runs reports whether an agent of the same plant answers at the page's address.
func runs(cfg *config.Config) bool {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get("http://" + cfg.Web.Listen + "/api/v1/board")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var board struct{ Plant agent.Plant }
	return json.NewDecoder(answer.Body).Decode(&board) == nil && board.Plant.ID == cfg.Plant.ID
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
		reason := ""
		if reading.Quality != agent.Good {
			reason = say.Reason(say.EN, reading.Reason)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", tag.Name, shownValue(reading), tag.Unit, reading.Quality, reading.Value, tag.At, reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return judge(source.Name, b.Readings)
}

// judge makes an error of tags that gave nothing usable, for scripts.
func judge(source string, readings []agent.Reading) error {
	bad := 0
	for _, r := range readings {
		if r.Quality == agent.Bad {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d tags of source %s are bad: see the reasons above", bad, len(readings), source)
	}
	return nil
}

// shownValue writes an engineering value with the digits that are really there.
func shownValue(r agent.Reading) string {
	if r.Value.Kind() == agent.Text || r.Value.Kind() == agent.Bool {
		return r.Value.String()
	}
	v, ok := r.Tag.EngAt(r.Value, r.Time)
	if !ok || r.Quality == agent.Bad {
		return "–"
	}
	if r.Value.Kind() == agent.Float32 {
		return strconv.FormatFloat(v, 'f', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', 12, 64)
}
