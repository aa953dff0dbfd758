package web

import (
	"math"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// The shapes of the API. Names are stable: fields are added, never renamed.
// Times are RFC 3339 in UTC; null stands for what is not known or withheld.

type boardJSON struct {
	Now       time.Time      `json:"now"`
	Started   time.Time      `json:"started"`
	Version   string         `json:"version"`
	Revision  string         `json:"revision,omitempty"` // of the configuration
	Plant     agent.Plant    `json:"plant"`
	Newest    markJSON       `json:"newest"`
	Tags      []tagJSON      `json:"tags"`
	Sources   []sourceJSON   `json:"sources"`
	KPIs      []kpiJSON      `json:"kpis"`
	Results   []resultJSON   `json:"results"` // newest closed one of each KPI and window
	Running   []resultJSON   `json:"running"`
	Buffer    bufferJSON     `json:"buffer"`
	Upstreams []upstreamJSON `json:"upstreams"`
	Metrics   []metricJSON   `json:"metrics"` // what the parts report of themselves
}

type markJSON struct {
	Mark string `json:"mark"`
	Seq  uint64 `json:"seq"`
}

type tagJSON struct {
	Name       string       `json:"name"`
	Source     string       `json:"source"`
	Unit       string       `json:"unit"`
	Value      *float64     `json:"value"` // null while bad
	Text       *string      `json:"text,omitempty"`
	Quality    string       `json:"quality"`
	Reason     agent.Reason `json:"reason"`
	Time       *time.Time   `json:"time"`
	AgeSeconds *float64     `json:"age_seconds"`
}

type sourceJSON struct {
	Name     string       `json:"name"`
	Up       bool         `json:"up"`
	Since    *time.Time   `json:"since"`
	LastGood *time.Time   `json:"last_good"`
	Reason   agent.Reason `json:"reason"`
	Every    float64      `json:"every_seconds"`
	OK       uint64       `json:"polls_ok"`
	Failed   uint64       `json:"polls_failed"`
	Overruns uint64       `json:"overruns"`
	Readings uint64       `json:"readings"`
}

type kpiJSON struct {
	KPI    string   `json:"kpi"`
	Name   string   `json:"name"`
	Family string   `json:"family"`
	Key    string   `json:"key"`
	Unit   string   `json:"unit"`
	Target string   `json:"target"`
	Inputs []string `json:"inputs"`

	Rating *agent.Rating `json:"rating,omitempty"`
}

type bufferJSON struct {
	Committed uint64            `json:"committed_readings"`
	Waiting   int               `json:"waiting_rows"`
	Error     string            `json:"error"`
	Dropped   map[string]uint64 `json:"dropped_readings"`
}

type upstreamJSON struct {
	Name      string            `json:"name"`
	Up        bool              `json:"up"`
	Since     *time.Time        `json:"since"`
	Error     string            `json:"error"`
	NextTry   *time.Time        `json:"next_try"`
	Delivered *time.Time        `json:"delivered_up_to"`
	Behind    float64           `json:"behind_seconds"`
	Readings  uint64            `json:"delivered_readings"`
	Batches   uint64            `json:"delivered_batches"`
	Rejected  uint64            `json:"rejected_rows"`
	Errors    map[string]uint64 `json:"errors"`
}

type metricJSON struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  *float64          `json:"value"`
}

type resultsJSON struct {
	Plant    agent.Plant  `json:"plant"`
	KPI      string       `json:"kpi"`
	Window   string       `json:"window"`
	Complete bool         `json:"complete"` // false: earlier results may be missing, because of error
	Error    string       `json:"error"`
	Results  []resultJSON `json:"results"`
}

type resultJSON struct {
	KPI      string       `json:"kpi"`
	Unit     string       `json:"unit"`
	Window   string       `json:"window"`
	Start    time.Time    `json:"start"`
	End      time.Time    `json:"end"`
	Zone     string       `json:"zone"`
	Value    *float64     `json:"value"`       // null when withheld
	U        *float64     `json:"uncertainty"` // expanded, k = 2; null when withheld or not stated
	Coverage *float64     `json:"coverage"`
	Quality  string       `json:"quality"`
	Reason   agent.Reason `json:"reason"`
	Verdict  string       `json:"verdict"` // "" when withheld or without a target
	Partial  bool         `json:"partial"`
	Revision int          `json:"revision"`
	Lost     []agent.Lost `json:"lost"`
	Terms    []termJSON   `json:"terms"`
	States   string       `json:"states"`
	Factors  []string     `json:"factors"`

	Colour string   `json:"colour,omitempty"` // of the local rating
	Score  *float64 `json:"score,omitempty"`  // absent while there is nothing to rate
}

type termJSON struct {
	Role    string   `json:"role"`
	Tag     string   `json:"tag"`
	Unit    string   `json:"unit"`
	Total   *float64 `json:"total"`
	Seconds *float64 `json:"seconds"`
	U       *float64 `json:"uncertainty"` // expanded, k = 2; null when not stated
}

type eventsJSON struct {
	Plant  agent.Plant `json:"plant"`
	Active []eventJSON `json:"active"`
	Recent []eventJSON `json:"recent"`
}

type eventJSON struct {
	Kind   string       `json:"kind"`
	Key    string       `json:"key"`
	Start  time.Time    `json:"start"`
	End    *time.Time   `json:"end"` // null while it goes on
	Reason agent.Reason `json:"reason"`
	Rows   int          `json:"missing_readings,omitempty"`
	Text   string       `json:"text"`
}

func (s *Server) boardOf(snap *agent.Snapshot) boardJSON {
	out := boardJSON{
		Now: snap.Now.UTC(), Started: snap.Started.UTC(), Version: snap.Version, Revision: snap.Revision, Plant: whoseJSON(snap.Plant),
		Newest: markJSON{snap.Newest.String(), snap.Newest.Seq},
		Tags:   []tagJSON{}, Sources: []sourceJSON{}, KPIs: []kpiJSON{}, Results: s.resultsOf(snap.Results), Running: s.resultsOf(snap.Current),
		Upstreams: []upstreamJSON{}, Metrics: []metricJSON{},
		Buffer: bufferJSON{snap.Commit.Readings, snap.Commit.Waiting, snap.Commit.Err, byName(snap.Commit.Dropped)},
	}
	for _, t := range trust(snap) {
		out.Tags = append(out.Tags, tagOf(&t, snap.Now))
	}
	for _, src := range snap.Sources {
		out.Sources = append(out.Sources, sourceJSON{src.Name, src.Up, instant(src.Since), instant(src.LastGood), src.Err,
			src.Every.Seconds(), src.OK, src.Failed, src.Overruns, src.Readings})
	}
	for _, q := range snap.Quantities {
		out.KPIs = append(out.KPIs, kpiJSON(q))
	}
	for _, u := range snap.Upstreams {
		out.Upstreams = append(out.Upstreams, upstreamJSON{u.Name, u.Up, instant(u.Since), u.Err, instant(u.NextTry), instant(u.Delivered),
			u.Behind.Seconds(), u.Readings, u.Batches, u.Rejected, u.Errors})
	}
	for _, m := range s.board.Metrics() {
		if m.Type != agent.HistogramMetric {
			out.Metrics = append(out.Metrics, metricJSON{m.Name, labelsOf(m), number(m.Value)})
		}
	}
	return out
}

func tagOf(t *trusted, now time.Time) tagJSON {
	out := tagJSON{Name: t.tag.Name, Source: t.tag.Source, Unit: t.tag.Unit, Quality: t.quality.String(), Reason: t.reason, Time: instant(t.time)}
	if age, ok := t.age(now); ok {
		out.AgeSeconds = number(age.Seconds())
	}
	switch {
	case t.quality == agent.Bad:
	case t.number:
		out.Value = number(t.value)
	default:
		out.Text = &t.text
	}
	return out
}

func (s *Server) resultsOf(results []agent.Result) []resultJSON {
	out := make([]resultJSON, len(results))
	for i := range results {
		out[i] = s.resultOf(&results[i])
	}
	return out
}

func (s *Server) resultOf(r *agent.Result) resultJSON {
	out := resultJSON{
		KPI: r.KPI, Unit: r.Unit, Window: string(r.Window.Kind), Start: r.Window.Start.UTC(), End: r.Window.End.UTC(), Zone: s.loc.String(),
		Coverage: number(r.Coverage), Quality: r.Quality.String(), Reason: r.Reason, Partial: r.Partial, Revision: r.Revision,
		Lost: append([]agent.Lost{}, say.Losses(*r)...), Terms: []termJSON{}, States: r.States, Factors: append([]string{}, r.Factors...),
	}
	out.Colour = r.Colour.String()
	if r.Colour > agent.Grey {
		out.Score = number(r.Score)
	}
	if r.Withheld() {
		return out
	}
	out.Value, out.Verdict = number(r.Value), r.Verdict.String()
	if r.U > 0 {
		out.U = number(r.U)
	}
	for _, t := range r.Terms {
		term := termJSON{Role: t.Role, Tag: t.Tag, Unit: t.Unit, Total: number(t.Total), Seconds: number(t.Seconds)}
		if t.USys >= 0 {
			term.U = number(2 * math.Hypot(t.USys, t.URand))
		}
		out.Terms = append(out.Terms, term)
	}
	return out
}

func (s *Server) eventsOf(events []agent.Event, lang say.Lang) []eventJSON {
	out := make([]eventJSON, len(events))
	for i, e := range events {
		out[i] = eventJSON{Kind: string(e.Kind), Key: e.Key, Start: e.Start.UTC(), End: instant(e.End), Reason: e.Reason, Text: say.Event(lang, e)}
		if e.Gap != nil {
			out[i].Rows = e.Gap.Total()
		}
	}
	return out
}

// instant gives what RFC 3339 can hold; a device's clock may say anything.
func instant(t time.Time) *time.Time {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	t = t.UTC()
	return &t
}

// number gives what JSON can hold; it has no NaN and no infinity.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func byName(counts map[agent.Code]uint64) map[string]uint64 {
	out := map[string]uint64{}
	for code, n := range counts {
		out[code.String()] = n
	}
	return out
}

func labelsOf(m agent.Metric) map[string]string {
	out := make(map[string]string, len(m.Labels))
	for _, l := range m.Labels {
		out[l.Name] = l.Value
	}
	return out
}
