package payload

import (
	"fmt"
	"time"

	"recoup/agent"
)

func resultOut(r *agent.Result) (resultForm, error) {
	f := resultForm{
		KPI: r.KPI, Unit: r.Unit,
		Window:   windowForm{r.Window.Kind, r.Window.Start.UTC(), r.Window.End.UTC(), r.Window.Zone, r.Window.ID},
		Coverage: r.Coverage, Quality: qualityWord(r.Quality), Reason: reasonOut(r.Reason), Verdict: verdictWord(r.Verdict),
		Partial: r.Partial, States: r.States, Factors: r.Factors, Config: r.Config, Revision: &r.Revision,
	}
	numbers := numbersOf(r)
	if !r.Withheld() {
		f.Value = &r.Value
		if r.U != 0 {
			f.U = &r.U
		}
		numbers = append(numbers, number{"value", r.Value}, number{"u", r.U})
	}
	for _, n := range numbers {
		if !finite(n.value) {
			return f, fmt.Errorf("result %s of the %s from %s: %s is %v, which JSON cannot carry: report this as a fault of recoup",
				r.KPI, r.Window.Kind, r.Window.Start.UTC().Format(time.RFC3339), n.name, n.value)
		}
	}
	for i := range r.Terms {
		f.Terms = append(f.Terms, termOut(&r.Terms[i]))
	}
	f.Doubts, f.Doubted = lostOut(r.Doubts), r.Doubted
	if r.Estimate != 0 || r.EstimateU != 0 {
		f.Estimate = &estimateForm{r.Estimate, r.EstimateU}
	}
	if r.Colour != agent.NoColour || r.Score != 0 {
		f.Rating = &ratingForm{colourWord(r.Colour), r.Score}
	}
	if r.Was == nil {
		return f, nil
	}
	was := *r.Was
	was.Was = nil
	before, err := resultOut(&was)
	f.Was = &before
	return f, err
}

func lostOut(all []agent.Lost) (f list[lostForm]) {
	for i := range all {
		f = append(f, lostForm{all[i].Cause, all[i].About, &all[i].Seconds})
	}
	return f
}

func lostIn(f list[lostForm]) (all []agent.Lost) {
	for _, l := range f {
		all = append(all, agent.Lost{Cause: l.Cause, About: l.About, Seconds: *l.Seconds})
	}
	return all
}

type number struct {
	name  string
	value float64
}

// numbersOf lists the numbers that are written whatever the result's quality.
func numbersOf(r *agent.Result) []number {
	all := []number{{"coverage", r.Coverage}, {"doubted", r.Doubted}, {"estimate", r.Estimate}, {"estimate u", r.EstimateU}, {"score", r.Score}}
	for _, d := range r.Doubts {
		all = append(all, number{"doubted seconds", d.Seconds})
	}
	for _, t := range r.Terms {
		all = append(all, number{t.Role + " total", t.Total}, number{t.Role + " seconds", t.Seconds},
			number{t.Role + " u_sys", t.USys}, number{t.Role + " u_rand", t.URand},
			number{t.Role + " head", t.Head}, number{t.Role + " tail", t.Tail})
		for _, l := range t.Lost {
			all = append(all, number{t.Role + " lost seconds", l.Seconds})
		}
	}
	return all
}

func termOut(t *agent.Term) termForm {
	f := termForm{Role: t.Role, Tag: t.Tag, Unit: t.Unit, Total: t.Total, Seconds: &t.Seconds, URand: t.URand, Head: t.Head, Tail: t.Tail}
	if t.USys >= 0 {
		f.USys = &t.USys
	}
	f.Lost = lostOut(t.Lost)
	return f
}

func resultIn(f resultForm) agent.Result {
	r := agent.Result{
		KPI: f.KPI, Unit: f.Unit,
		Window:   agent.Window{Kind: f.Window.Kind, Start: f.Window.Start.UTC(), End: f.Window.End.UTC(), Zone: f.Window.Zone, ID: f.Window.ID},
		Coverage: f.Coverage, Quality: agent.Quality(f.Quality), Reason: reasonIn(f.Reason), Verdict: agent.Verdict(f.Verdict),
		Partial: f.Partial, States: f.States, Factors: f.Factors, Config: f.Config, Revision: *f.Revision,
	}
	if f.Value != nil {
		r.Value = *f.Value
	}
	if f.U != nil {
		r.U = *f.U
	}
	for _, t := range f.Terms {
		r.Terms = append(r.Terms, termIn(t))
	}
	r.Doubts, r.Doubted = lostIn(f.Doubts), f.Doubted
	if f.Estimate != nil {
		r.Estimate, r.EstimateU = f.Estimate.Value, f.Estimate.U
	}
	if f.Rating != nil {
		r.Colour, r.Score = agent.Colour(f.Rating.Colour), f.Rating.Score
	}
	if f.Was != nil {
		was := resultIn(*f.Was)
		was.Was = nil
		r.Was = &was
	}
	return r
}

func termIn(f termForm) agent.Term {
	t := agent.Term{Role: f.Role, Tag: f.Tag, Unit: f.Unit, Total: f.Total, Seconds: *f.Seconds, USys: -1, URand: f.URand, Head: f.Head, Tail: f.Tail}
	if f.USys != nil {
		t.USys = *f.USys
	}
	t.Lost = lostIn(f.Lost)
	return t
}

func eventOut(e *agent.Event) (eventForm, error) {
	start := e.Start.UTC()
	f := eventForm{Kind: e.Kind, Key: e.Key, Start: &start, Reason: reasonOut(e.Reason)}
	if !e.End.IsZero() {
		end := e.End.UTC()
		f.End = &end
	}
	if g := e.Gap; g != nil {
		f.Gap = &gapForm{From: markOut(g.From), To: markOut(g.To), First: g.First.UTC(), Last: g.Last.UTC(), Rows: g.Rows}
	}
	return f, nil
}

func eventIn(f eventForm) agent.Event {
	e := agent.Event{Kind: f.Kind, Key: f.Key, Start: f.Start.UTC(), Reason: reasonIn(f.Reason)}
	if f.End != nil {
		e.End = f.End.UTC()
	}
	if g := f.Gap; g != nil {
		e.Gap = &agent.Gap{From: markIn(g.From), To: markIn(g.To), First: g.First.UTC(), Last: g.Last.UTC(), Rows: g.Rows}
	}
	return e
}

func reasonOut(r agent.Reason) *agent.Reason {
	if r == (agent.Reason{}) {
		return nil
	}
	return &r
}

func reasonIn(r *agent.Reason) agent.Reason {
	if r == nil {
		return agent.Reason{}
	}
	return *r
}

func markOut(m agent.Mark) markForm { return markForm{id(m.Epoch), m.Seq} }
func markIn(m markForm) agent.Mark  { return agent.Mark{Epoch: uint64(m.Epoch), Seq: m.Seq} }
