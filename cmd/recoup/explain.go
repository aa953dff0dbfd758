package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/kpi"
	"recoup/agent/say"
)

// explained gathers the results of one KPI that a figure of it is made of.
type explained struct {
	calc   agent.Calculator
	plant  agent.Plant
	loc    *time.Location
	lang   say.Lang
	short  bool
	kpi    string
	states string // of the figure that counts some states of the plant; "" for all
	window asked
	bounds *agent.Window // the window by its bounds, in place of window

	all []agent.Result
}

// explainer reads KPI@WINDOW. The newest window is the newest in the readings.
func (p *playback) explainer(text string, short, only bool, lang say.Lang) (reader, error) {
	name, window, is := strings.Cut(text, "@")
	if !is {
		return nil, usageError(fmt.Sprintf("--explain %q: write KPI@WINDOW, for example mill.oil.removal@2026-11-23", text))
	}
	_, end, _ := p.rec.span()
	e, err := newExplained(p.calc, p.cfg, name, window, time.Unix(0, end))
	if err != nil {
		return nil, err
	}
	if e.lang, e.short = lang, short; only {
		if e.states, err = runOnly(p.calc.Describe(), name); err != nil {
			return nil, err
		}
	}
	return &explainedReplay{explained: e, playback: p}, nil
}

func newExplained(calc agent.Calculator, cfg *config.Config, name, window string, now time.Time) (*explained, error) {
	loc, err := time.LoadLocation(cfg.Plant.Timezone)
	if err != nil {
		return nil, err
	}
	e := &explained{calc: calc, plant: cfg.Plant, loc: loc, kpi: name}
	if known := calc.Describe(); !slices.ContainsFunc(known, func(q agent.Quantity) bool { return q.KPI == name }) {
		var names []string
		for _, q := range known {
			names = append(names, q.KPI)
		}
		return nil, usageError(fmt.Sprintf("there is no figure %q; the configuration has %s", name, strings.Join(names, ", ")))
	}
	if from, to, is := strings.Cut(window, "/"); is {
		begin, err := time.Parse(time.RFC3339, from)
		end, also := time.Parse(time.RFC3339, to)
		if err = errors.Join(err, also); err != nil {
			return nil, usageError(fmt.Sprintf("window %q: %v; write 2026-11-23T00:00:00+08:00/2026-11-24T00:00:00+08:00", window, err))
		}
		e.bounds = &agent.Window{Start: begin, End: end}
		return e, nil
	}
	e.window, err = readWindow(window, cfg.Plant, loc, now)
	return e, err
}

// take keeps what the figure may be made of.
func (e *explained) take(r agent.Result) error {
	if r.KPI == e.kpi && r.States == e.states && e.near(r.Window) {
		e.all = append(e.all, r)
	}
	return nil
}

const longestWindow = 367 * 24 * time.Hour

func (e *explained) near(w agent.Window) bool {
	switch {
	case e.bounds != nil:
		return !w.Start.Before(e.bounds.Start) && !w.End.After(e.bounds.End)
	case e.window.at.IsZero():
		return true
	}
	return w.End.After(e.window.at.Add(-longestWindow)) && w.Start.Before(e.window.at.Add(longestWindow))
}

// found gives the result that is meant.
func (e *explained) found() (agent.Result, error) {
	for _, r := range slices.Backward(e.all) {
		w := r.Window
		switch {
		case e.bounds != nil && w.Start.Equal(e.bounds.Start) && w.End.Equal(e.bounds.End):
			return r, nil
		case e.bounds == nil && w.Kind == e.window.kind && (e.window.at.IsZero() || !e.window.at.Before(w.Start) && e.window.at.Before(w.End)):
			return r, nil
		}
	}
	if e.bounds != nil {
		return agent.Result{}, usageError(fmt.Sprintf("%s has no window from %s to %s; a window begins and ends where the plant's hours, shifts, days … do", e.kpi,
			e.bounds.Start.In(e.loc).Format(time.RFC3339), e.bounds.End.In(e.loc).Format(time.RFC3339)))
	}
	when := "at all"
	if !e.window.at.IsZero() {
		when = "that holds " + e.window.at.In(e.loc).Format(time.RFC3339)
	}
	return agent.Result{}, usageError(fmt.Sprintf("%s has no %s %s that ended within what was read; ask for a shorter or another window", e.kpi, e.window.kind, when))
}

// parts gives the results that a result's totals are the ordered sums of: cells
// up to a day, days of weeks and months, months of a year.
func (e *explained) parts(r agent.Result) (all []agent.Result) {
	kind := agent.Cell
	switch r.Window.Kind {
	case agent.Cell:
		return nil
	case agent.Week, agent.Month:
		kind = agent.Day
	case agent.Year:
		kind = agent.Month
	}
	for _, part := range e.all {
		w := part.Window
		if w.Kind == kind && part.States == r.States && part.Config == r.Config && !w.Start.Before(r.Window.Start) && !w.End.After(r.Window.End) {
			all = append(all, part)
		}
	}
	return all
}

// proof puts together what the definition and the results have to say.
func (e *explained) proof(r agent.Result) (*say.Proof, error) {
	q, known := definitionOf(e.calc, e.kpi)
	if !known || len(q.Terms) != len(r.Terms) {
		return nil, fmt.Errorf("%s was computed with another definition than the configuration's; explain it with the configuration of that time", e.kpi)
	}
	p := &say.Proof{Bounds: q.Bounds, MinCoverage: q.MinCoverage, MinWindow: q.MinWindow, Parts: e.parts, Short: e.short}
	p.Result, p.Loc = r, e.loc
	if q.Methods == nil {
		p.Figure = figureOf(q.Value)
	}
	for _, described := range e.calc.Describe() {
		if described.KPI == e.kpi {
			p.Quantity = described
		}
	}
	totals := make([]float64, len(r.Terms))
	for i, t := range q.Terms {
		totals[i] = r.Terms[i].Total
		p.Terms = append(p.Terms, ingredient(&t))
	}
	switch {
	case q.Methods != nil:
		p.Methods, p.Slopes = weighed(q.Methods, totals, r)
	case !r.Withheld():
		_, p.Slopes, _ = q.Value(totals)
	}
	for _, m := range q.Masks {
		p.Masks = append(p.Masks, m.Tag.Name)
	}
	return p, nil
}

// definitionOf asks the engine, which rules may stand around.
func definitionOf(calc agent.Calculator, name string) (q kpi.Quantity, known bool) {
	if around, is := calc.(interface{ Inner() agent.Calculator }); is {
		calc = around.Inner()
	}
	engine, is := calc.(*kpi.Engine)
	if !is {
		panic("BUG: the wiring has another engine")
	}
	return engine.Definition(name)
}

func figureOf(f kpi.Figure) func(totals []float64) (float64, bool) {
	return func(totals []float64) (float64, bool) {
		value, _, reason := f(totals)
		return value, reason.Code == agent.NoReason
	}
}

// weighed tells with which weights a result is the mean of two methods.
func weighed(methods []kpi.Figure, totals []float64, r agent.Result) (all []say.Method, slopes []float64) {
	first, c1, _ := methods[0](totals)
	second, c2, _ := methods[1](totals)
	all = []say.Method{{Figure: figureOf(methods[0])}, {Figure: figureOf(methods[1])}}
	if r.Withheld() || first == second {
		return all, nil
	}
	all[0].Weight = (r.Value - second) / (first - second)
	all[1].Weight = 1 - all[0].Weight
	for i := range totals {
		slopes = append(slopes, all[0].Weight*c1[i]+all[1].Weight*c2[i])
	}
	return all, slopes
}

func ingredient(t *kpi.Term) say.Ingredient {
	in := say.Ingredient{Factor: t.Factor, Tags: t.Tags, Stock: t.Stock}
	if t.Formula != nil {
		in.Function = t.Formula.Name
		for _, a := range t.Formula.Args {
			in.Args = append(in.Args, a.Tag)
		}
	}
	for _, f := range t.Dated {
		in.Dated = append(in.Dated, f.Name)
	}
	return in
}

// explainedReplay explains from a recording.
type explainedReplay struct {
	*explained
	*playback
}

func (e *explainedReplay) take(r agent.Result) error { return e.explained.take(r) }

func (e *explainedReplay) end() error {
	r, err := e.found()
	if err != nil {
		return err
	}
	proof, err := e.proof(r)
	if err != nil {
		return err
	}
	if proof.Inputs, err = e.rec.inputs(e.ctx, proof.TagsOf(), r.Window); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s\n%s\n", whose(e.plant), strings.Join(proof.Steps(e.lang), "\n"))
	return nil
}

// inputs goes over the readings of a window again and counts those of some tags.
func (rec *recording) inputs(ctx context.Context, tags []*agent.Tag, w agent.Window) ([]say.Input, error) {
	counted := make([]say.Input, len(tags))
	at := make([]int, len(rec.tags)) // of each tag of the recording, its place in counted
	for i := range at {
		at[i] = slices.IndexFunc(tags, func(tag *agent.Tag) bool { return tag.Name == rec.tags[i].Name })
	}
	for i, tag := range tags {
		counted[i].Tag = tag
	}
	last := make([]int64, len(rec.tags))
	for i := range last {
		last[i] = math.MinInt64
	}
	_, err := rec.each(ctx, w.Start.UnixNano(), w.End.UnixNano(), func(rows []recorded) error {
		for i := range rows {
			row := &rows[i]
			if row.tag < 0 || at[row.tag] < 0 {
				continue
			}
			note(&counted[at[row.tag]], row, last[row.tag] == row.at)
			last[row.tag] = row.at
		}
		return nil
	})
	return counted, err
}

// note counts a row; again says that it takes the place of the one before.
func note(in *say.Input, row *recorded, again bool) {
	if again {
		return // one reading, whichever counts
	}
	if in.First.IsZero() {
		in.First = time.Unix(0, row.at)
	}
	in.Last = time.Unix(0, row.at)
	in.Quality[row.how&3]++
}
