package web

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

const (
	shownTags   = 2000 // the API has all of them
	shownEvents = 50
)

type sourceRow struct {
	Name, State, Since, LastGood, Every, Mean string
	Polls, Failed, Overruns, Readings         string
	Up, Asked                                 bool
}

func (w words) sources(snap *agent.Snapshot) (rows []sourceRow) {
	for _, s := range snap.Sources {
		rows = append(rows, sourceRow{
			Name: s.Name, State: say.Source(w.lang, s, w.now, w.loc), Since: w.instant(s.Since), LastGood: w.instant(s.LastGood),
			Every: say.Duration(w.lang, s.Every), Mean: w.mean(s.Took), Polls: say.Count(s.OK + s.Failed), Failed: say.Count(s.Failed),
			Overruns: say.Count(s.Overruns), Readings: say.Count(s.Readings), Up: s.Up, Asked: s.OK+s.Failed > 0,
		})
	}
	return rows
}

func (w words) mean(h *agent.Histogram) string {
	if h.Count == 0 {
		return "–"
	}
	return say.Duration(w.lang, time.Duration(h.Sum/float64(h.Count)*float64(time.Second)))
}

type tagRow struct {
	Name, Label, Source, Value, Class, Quality, Reason, Age string
	Calibration                                             string // "" when the register has nothing of it
	Due                                                     bool   // it is overdue, or soon will be
}

// tags gives the rows of the table: those that are not good first, since they
// are what someone looks for; else in the order of the configuration.
func (w words) tags(tags []trusted) (rows []tagRow, more int) {
	order := make([]*trusted, 0, len(tags))
	for i := range tags {
		order = append(order, &tags[i])
	}
	slices.SortStableFunc(order, func(a, b *trusted) int { return int(a.quality) - int(b.quality) })
	more = max(len(order)-shownTags, 0)
	rows = make([]tagRow, 0, len(order)-more)
	for _, t := range order[:len(order)-more] {
		rows = append(rows, w.tag(t))
	}
	return rows, more
}

func (w words) tag(t *trusted) tagRow {
	row := tagRow{
		Name: t.tag.Name, Label: t.tag.LabelEN, Source: t.tag.Source, Value: "–", Class: t.quality.String(),
		Quality: say.Quality(w.lang, t.quality), Reason: say.Reason(w.lang, t.reason), Age: "–",
	}
	if w.lang == say.ZH {
		row.Label = t.tag.LabelZH
	}
	row.Calibration, row.Due = say.Calibration(w.lang, t.tag, w.now, w.loc)
	age, read := t.age(w.now)
	switch {
	case !read:
		row.Quality = w.t["not_read"]
	case t.quality == agent.Bad:
	case t.number:
		row.Value = say.Value(t.value, t.tag.Unit)
	default:
		row.Value = t.text
	}
	if read {
		row.Age = say.Duration(w.lang, age.Truncate(100*time.Millisecond))
	}
	return row
}

// fact is a line of the buffer's table.
type fact struct {
	Name, Value string
	Bad         bool
}

func (w words) buffer(snap *agent.Snapshot, metrics []agent.Metric) []fact {
	text, ok := say.Buffer(w.lang, snap.Commit, w.now, w.loc)
	facts := []fact{
		{w.t["state"], text, !ok},
		{w.t["committed"], say.Count(snap.Commit.Readings), false},
		{w.t["commit_time"], w.mean(snap.Commit.Took), false},
		{w.t["waiting"], say.Count(snap.Commit.Waiting), false},
	}
	if v, ok := reported(metrics, "recoup_buffer_bytes"); ok {
		facts = append(facts, fact{w.t["size"], say.Bytes(v), false})
	}
	if v, ok := reported(metrics, "recoup_buffer_batches"); ok {
		facts = append(facts, fact{w.t["batches"], say.Value(v, ""), false})
	}
	if v, ok := reported(metrics, "recoup_buffer_oldest_seconds"); ok {
		facts = append(facts, fact{w.t["oldest"], say.Seconds(w.lang, v), false})
	}
	facts = append(facts, w.gaps(metrics)...)
	for _, code := range slices.Sorted(maps.Keys(snap.Commit.Dropped)) {
		if snap.Commit.Dropped[code] == 0 {
			continue
		}
		facts = append(facts, fact{w.t["dropped"], say.Code(w.lang, code) + " · " + say.Count(snap.Commit.Dropped[code]), true})
	}
	return facts
}

// gaps gives the readings known to be missing, by cause.
func (w words) gaps(metrics []agent.Metric) (facts []fact) {
	missing := false
	for _, m := range metrics {
		if m.Name != "recoup_gap_readings_total" || m.Value == 0 {
			continue
		}
		name, cause := w.t["gaps"], label(m, "cause")
		code, _ := agent.CodeNamed(cause)
		if code != agent.NoReason {
			cause = say.Code(w.lang, code)
		}
		if code == agent.Aged { // every upstream has them
			name = w.t["aged"]
		} else {
			missing = true
		}
		facts = append(facts, fact{name, cause + " · " + say.Value(m.Value, ""), code != agent.Aged})
	}
	if !missing {
		facts = append(facts, fact{w.t["gaps"], w.t["no_gaps"], false})
	}
	return facts
}

type upstreamRow struct {
	Name, State, Behind, Delivered, Readings, Errors, Rejected string
	Up, Failing                                                bool
}

func (w words) upstreams(snap *agent.Snapshot, metrics []agent.Metric) (rows []upstreamRow) {
	for _, u := range snap.Upstreams {
		row := upstreamRow{
			Name: u.Name, State: say.Upstream(w.lang, u, w.now, w.loc), Behind: w.t["not_behind"], Delivered: w.instant(u.Delivered),
			Readings: say.Count(u.Readings), Errors: w.t["no_errors"], Rejected: say.Count(max(u.Rejected, rejected(metrics, u.Name))),
			Up: u.Up, Failing: u.Err != "",
		}
		if u.Behind >= time.Second {
			row.Behind = say.Duration(w.lang, u.Behind)
		}
		for at, kind := range slices.Sorted(maps.Keys(u.Errors)) {
			if at == 0 {
				row.Errors = ""
			} else {
				row.Errors += ", "
			}
			row.Errors += kind + " · " + say.Count(u.Errors[kind])
		}
		rows = append(rows, row)
	}
	return rows
}

func rejected(metrics []agent.Metric, upstream string) uint64 {
	for _, m := range metrics {
		if m.Name == "recoup_rejected_rows_total" && label(m, "upstream") == upstream && m.Value >= 0 && m.Value < math.MaxInt64 {
			return uint64(m.Value)
		}
	}
	return 0
}

type eventRow struct {
	When, Kind, Text, Lasted string
	Trouble                  bool // goes on and wants a look
}

func (w words) events(snap *agent.Snapshot) (rows []eventRow) {
	for _, e := range slices.Backward(snap.Active) {
		rows = append(rows, eventRow{w.instant(e.Start), say.Kind(w.lang, e.Kind), say.Event(w.lang, e),
			w.t["going_on"] + " " + say.Duration(w.lang, w.now.Sub(e.Start).Truncate(time.Second)), e.Kind != agent.AgentRun})
	}
	for _, e := range over(snap.Recent, shownEvents) {
		lasted := "–"
		if e.End.After(e.Start) {
			lasted = say.Duration(w.lang, e.End.Sub(e.Start))
		}
		rows = append(rows, eventRow{w.instant(e.Start), say.Kind(w.lang, e.Kind), say.Event(w.lang, e), lasted, false})
	}
	return rows
}

// reported finds the value of a metric that has no labels.
func reported(metrics []agent.Metric, name string) (v float64, ok bool) {
	for _, m := range metrics {
		if m.Name == name && len(m.Labels) == 0 {
			return m.Value, true
		}
	}
	return 0, false
}

func label(m agent.Metric, name string) string {
	for _, l := range m.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return strconv.Quote(name)
}
