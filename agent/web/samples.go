package web

import (
	"recoup/agent"
	"recoup/agent/say"
)

type metricInfo struct {
	name, help string
	labels     []string
}

// ownMetrics names the metrics that the board itself gives; parts report more.
func ownMetrics() []metricInfo {
	return []metricInfo{
		{"recoup_build_info", "Version of the agent; always 1.", []string{"version", "go_version"}},
		{"recoup_config_info", "Revision of the configuration that the agent runs with; always 1.", []string{"revision"}},
		{"recoup_tag_value", "Newest value of the tag, in the unit of the label; absent while its quality is bad.", []string{"source", "tag", "unit"}},
		{"recoup_tag_quality", "Quality of the tag now: 2 good, 1 uncertain, 0 bad, never read or no longer read.", []string{"source", "tag"}},
		{"recoup_tag_age_seconds", "Seconds since the tag's newest reading was true.", []string{"source", "tag"}},
		{"recoup_source_up", "1 while the source answers, else 0.", []string{"source"}},
		{"recoup_source_polls_total", "Polls of the source since the start, by result: ok or failed.", []string{"source", "result"}},
		{"recoup_source_overruns_total", "Polls left out since the start because one before took too long.", []string{"source"}},
		{"recoup_source_poll_seconds", "Seconds that a poll of the source took.", []string{"source"}},
		{"recoup_kpi_value", "Newest closed result of the KPI, in the unit of the label; absent while withheld.", []string{"kpi", "window", "unit"}},
		{"recoup_kpi_uncertainty", "Expanded uncertainty (k = 2) of recoup_kpi_value, in the same unit; absent while withheld or not stated.", []string{"kpi", "window", "unit"}},
		{"recoup_kpi_coverage_ratio", "Part of the window in which all inputs were measured, 0 to 1.", []string{"kpi", "window"}},
		{"recoup_kpi_quality", "Quality of the newest closed result: 2 good, 1 uncertain, 0 withheld.", []string{"kpi", "window"}},
		{"recoup_kpi_missing_seconds", "Seconds of the newest closed window that were not measured, by cause.", []string{"kpi", "window", "cause"}},
		{"recoup_buffer_committed_readings_total", "Readings written to the buffer since the start.", nil},
		{"recoup_commit_seconds", "Seconds that a commit to the buffer took.", nil},
		{"recoup_upstream_up", "1 while the upstream takes deliveries, else 0.", []string{"upstream"}},
		{"recoup_upstream_behind_seconds", "Seconds between the newest batch recorded and the newest delivered.", []string{"upstream"}},
		{"recoup_upstream_delivered_readings_total", "Readings delivered since the start.", []string{"upstream"}},
		{"recoup_upstream_errors_total", "Failed deliveries since the start, by kind.", []string{"upstream", "kind"}},
		{"recoup_kpi_score", "Local rating of the newest closed result: 0 at the configured benchmark, 1 at the leading value; absent while there is nothing to rate.", []string{"kpi", "window"}},
		{"recoup_diagnosis_active", "1 while the rule's diagnosis is active, else 0.", []string{"rule"}},
		{"recoup_events_active", "Events that began and have not ended, by kind.", []string{"kind"}},
	}
}

func tagMetrics(out *scrape, snap *agent.Snapshot) {
	for _, t := range trust(snap) {
		tag := t.tag
		if t.quality != agent.Bad && t.number {
			out.gauge("recoup_tag_value", t.value, tag.Source, tag.Name, tag.Unit)
		}
		out.gauge("recoup_tag_quality", float64(t.quality), tag.Source, tag.Name)
		if age, ok := t.age(snap.Now); ok {
			out.gauge("recoup_tag_age_seconds", age.Seconds(), tag.Source, tag.Name)
		}
	}
}

func sourceMetrics(out *scrape, snap *agent.Snapshot) {
	for _, s := range snap.Sources {
		out.gauge("recoup_source_up", truth(s.Up), s.Name)
		out.counter("recoup_source_polls_total", float64(s.OK), s.Name, "ok")
		out.counter("recoup_source_polls_total", float64(s.Failed), s.Name, "failed")
		out.counter("recoup_source_overruns_total", float64(s.Overruns), s.Name)
		out.histogram("recoup_source_poll_seconds", s.Took, s.Name)
	}
}

func resultMetrics(out *scrape, results []agent.Result) {
	for _, r := range results {
		window := string(r.Window.Kind)
		if !r.Withheld() {
			out.gauge("recoup_kpi_value", r.Value, r.KPI, window, r.Unit)
			if r.U > 0 {
				out.gauge("recoup_kpi_uncertainty", r.U, r.KPI, window, r.Unit)
			}
		}
		out.gauge("recoup_kpi_coverage_ratio", r.Coverage, r.KPI, window)
		out.gauge("recoup_kpi_quality", float64(r.Quality), r.KPI, window)
		if r.Colour > agent.Grey {
			out.gauge("recoup_kpi_score", r.Score, r.KPI, window)
		}
		missing := map[agent.Code]float64{}
		for _, lost := range say.Losses(r) {
			missing[lost.Cause] += lost.Seconds
		}
		for cause, seconds := range missing {
			out.gauge("recoup_kpi_missing_seconds", seconds, r.KPI, window, cause.String())
		}
	}
}

func commitMetrics(out *scrape, c *agent.CommitState) {
	out.counter("recoup_buffer_committed_readings_total", float64(c.Readings))
	out.histogram("recoup_commit_seconds", c.Took)
}

func upstreamMetrics(out *scrape, snap *agent.Snapshot) {
	for _, u := range snap.Upstreams {
		out.gauge("recoup_upstream_up", truth(u.Up), u.Name)
		out.gauge("recoup_upstream_behind_seconds", u.Behind.Seconds(), u.Name)
		out.counter("recoup_upstream_delivered_readings_total", float64(u.Readings), u.Name)
		for kind, n := range u.Errors {
			out.counter("recoup_upstream_errors_total", float64(n), u.Name, kind)
		}
	}
}

func eventMetrics(out *scrape, snap *agent.Snapshot) {
	active := map[agent.EventKind]int{}
	for _, kind := range agent.EventKinds() {
		active[kind] = 0
	}
	for _, e := range snap.Active {
		active[e.Kind]++
	}
	for kind, n := range active {
		out.gauge("recoup_events_active", float64(n), string(kind))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
