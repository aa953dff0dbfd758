package web

import (
	"slices"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

const shownDiagnoses = 10 // that are over

// diagnoses is the page's section about rules.
type diagnoses struct {
	Rules   int // watched
	Active  []diagnosisRow
	Over    []diagnosisRow
	Waiting string // rules that cannot tell now
}

type diagnosisRow struct {
	Rule, Severity, Class string
	Told, Figures, Next   string
	Since, Lasted         string
}

// diagnoses gives the active ones first, the gravest on top; then those that
// are over, the newest first.
func (w words) diagnoses(snap *agent.Snapshot, metrics []agent.Metric) (d diagnoses) {
	var waiting []string
	for _, m := range metrics {
		if m.Name == ruleArmed {
			if d.Rules++; m.Value == 0 {
				waiting = append(waiting, label(m, "rule"))
			}
		}
	}
	if waiting != nil {
		d.Waiting = w.t["rules_waiting"] + " " + strings.Join(waiting, ", ")
	}
	active := slices.DeleteFunc(slices.Clone(snap.Active), func(e agent.Event) bool { return e.Kind != agent.Diagnosed })
	slices.SortStableFunc(active, func(a, b agent.Event) int { return gravity(b) - gravity(a) })
	for _, e := range active {
		d.Active = append(d.Active, w.diagnosis(e))
	}
	for _, e := range snap.Recent {
		if e.Kind == agent.Diagnosed && !e.End.IsZero() && len(d.Over) < shownDiagnoses {
			d.Over = append(d.Over, w.diagnosis(e))
		}
	}
	return d
}

// diagnosed counts the active ones but notes.
func diagnosed(snap *agent.Snapshot) (n int) {
	for _, e := range snap.Active {
		if e.Kind == agent.Diagnosed && gravity(e) != 0 {
			n++
		}
	}
	return n
}

func gravity(e agent.Event) int {
	d, _ := agent.DiagnosisIn(e.Reason.Detail)
	return slices.Index(agent.Severities(), d.Severity)
}

func (w words) diagnosis(e agent.Event) diagnosisRow {
	d, known := agent.DiagnosisIn(e.Reason.Detail)
	row := diagnosisRow{
		Rule: e.Key, Severity: say.Severity(w.lang, d.Severity), Class: "uncertain",
		Told: say.Meaning(w.lang, d), Figures: say.DiagnosisFigures(w.lang, d), Next: say.Next(w.lang, d), Since: w.instant(e.Start),
		Lasted: w.t["going_on"] + " " + say.Duration(w.lang, w.now.Sub(e.Start).Truncate(time.Second)),
	}
	switch {
	case !known:
		row.Told = say.Event(w.lang, e)
	case d.Rule != "":
		row.Rule += " · " + d.Rule
	}
	switch d.Severity {
	case "info":
		row.Class = "note"
	case "alarm":
		row.Class = "bad"
	}
	if !e.End.IsZero() {
		row.Class, row.Lasted = "good", say.Duration(w.lang, e.End.Sub(e.Start))
	}
	return row
}

// ruleArmed is the metric by which the rules say whether they can tell.
const ruleArmed = "recoup_rule_armed"

// diagnosisMetrics gives for every rule whether its diagnosis is active.
func diagnosisMetrics(out *scrape, snap *agent.Snapshot, reported []agent.Metric) {
	active := map[string]bool{}
	for _, m := range reported {
		if m.Name == ruleArmed {
			active[label(m, "rule")] = false
		}
	}
	for _, e := range snap.Active {
		if e.Kind == agent.Diagnosed {
			active[e.Key] = true
		}
	}
	for rule, is := range active {
		out.gauge("recoup_diagnosis_active", truth(is), rule)
	}
}
