package main

import (
	"fmt"
	"io"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/kpi"
	"recoup/agent/say"
)

// showOutlook tells what the stated accuracies let each target show, and which
// instruments keep an uncertainty from being stated. It is advice, no fault.
func showOutlook(out io.Writer, lang say.Lang, plant agent.Plant, k kpi.KPI) error {
	all, err := kpi.Adequacy(plant, k)
	if err != nil {
		return err
	}
	for _, o := range all {
		if line := say.Outlook(lang, o); line != "" {
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
	return nil
}

// showCalibrations tells what is overdue, or due within 60 days.
func showCalibrations(out io.Writer, lang say.Lang, cfg *config.Config, now time.Time) error {
	loc, err := time.LoadLocation(cfg.Plant.Timezone)
	if err != nil {
		return err
	}
	for _, line := range say.Calibrations(lang, cfg.Tags, now, loc) {
		fmt.Fprintf(out, "  %s\n", line)
	}
	return nil
}

// showClaims tells whether a pair of headline figures can be true.
func showClaims(out io.Writer, lang say.Lang, k kpi.KPI) {
	for _, c := range k.Claims {
		fmt.Fprintf(out, "    %s\n", say.Claim(lang, c))
	}
}

// showStated tells what results will name: a model, a boundary, a measure's day.
func showStated(out io.Writer, k kpi.KPI) {
	told := map[string]bool{}
	for _, q := range k.Quantities {
		for _, line := range q.Stated {
			if !told[line] {
				told[line] = true
				fmt.Fprintf(out, "    %s\n", line)
			}
		}
	}
}
