package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// Question asks how a figure came about.
type Question struct {
	KPI    string
	Window agent.WindowKind
	At     time.Time // an instant in the window; zero for the newest that has closed
	Lot    string    // with the window kind Lot: its number; "" for any
	States string    // Result.States of the figure; "" for the all-in one
	Lang   say.Lang
}

// Answer is a figure's account in words.
type Answer struct {
	Plant     string        `json:"plant"` // its id
	Name      string        `json:"plant_name"`
	Company   agent.Company `json:"company"`
	KPI       string        `json:"kpi"`
	Window    string        `json:"window"`
	Lot       string        `json:"lot,omitempty"`
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	Running   bool          `json:"running"`  // the window has not closed
	Complete  bool          `json:"complete"` // else an earlier good window may be missing, because of Error
	Error     string        `json:"error,omitempty"`
	Title     string        `json:"title"`
	Sentences []string      `json:"sentences"`
}

// Unknown says that what was asked for is not there, and what is.
type Unknown string

func (u Unknown) Error() string { return string(u) }

// Why answers a question from the board and, for what that does not have, from
// the buffer's history. The error is an Unknown when there is no such figure.
func (s *Server) Why(q Question) (Answer, error) {
	snap := s.board.Snapshot()
	t, err := s.tell(q, &snap)
	if err != nil {
		return Answer{}, err
	}
	w := t.Result.Window
	out := Answer{Plant: snap.Plant.ID, Name: snap.Plant.Name, Company: snap.Plant.Company, KPI: q.KPI, Window: string(w.Kind), Lot: w.ID, Start: w.Start.UTC(), End: w.End.UTC(),
		Running: t.running, Complete: t.trouble == nil, Title: t.Title(q.Lang), Sentences: t.Why(q.Lang)}
	if t.running {
		out.Title += " · " + s.texts[q.Lang]["so_far"]
	}
	if t.trouble != nil {
		out.Error = t.trouble.Error()
	}
	return out, nil
}

// tale is an account, and how it was come by.
type tale struct {
	say.Account
	running bool
	trouble error // why the history, and with it an earlier good window, may be missing
}

func (s *Server) tell(q Question, snap *agent.Snapshot) (t tale, err error) {
	at := slices.IndexFunc(snap.Quantities, func(known agent.Quantity) bool { return known.KPI == q.KPI })
	if at < 0 {
		_, err := pick("kpi", q.KPI, kpiNames(snap))
		return t, Unknown(err.Error())
	}
	quantity := snap.Quantities[at : at+1]
	t.Account = say.Account{Quantity: quantity[0], Figure: s.figure(q.KPI), Loc: s.loc}
	closed := s.board.ResultsIn(q.KPI, q.Window, q.States, maxResults)
	var found bool
	if t.Result, found = q.held(closed); !found && (!q.At.IsZero() || q.Lot != "") {
		if t.Result, t.running = q.held(only(snap.Current, quantity, q.Window)); t.running {
			t.Result, found = untilNow(t.Result, snap.Now), true
		}
	}
	if found && (t.Result.Withheld() || t.Compare(closed)) { // without a figure there is nothing to compare
		return t, nil
	}
	closed, t.trouble = s.stored(closed, q.KPI, q.Window, q.States, time.Unix(0, 0), snap.Now)
	if !found {
		t.Result, found = q.held(closed)
	}
	switch {
	case found:
		t.Compare(closed)
		return t, nil
	case t.trouble != nil:
		return t, t.trouble
	}
	return t, s.noWindow(q, closed)
}

// held gives the newest result of the lot that is asked for, and of the figure,
// whose window holds the instant; without one the newest.
func (q *Question) held(series []agent.Result) (r agent.Result, ok bool) {
	at := q.At
	for _, r := range slices.Backward(series) {
		if r.States != q.States || q.Lot != "" && r.Window.ID != q.Lot {
			continue
		}
		if at.IsZero() || !at.Before(r.Window.Start) && at.Before(r.Window.End) {
			return r, true
		}
	}
	return agent.Result{}, false
}

// noWindow says which windows there are.
func (s *Server) noWindow(q Question, closed []agent.Result) error {
	kind := say.WindowKind(say.EN, q.Window)
	if len(closed) == 0 {
		return Unknown(fmt.Sprintf("%s has no closed window of the kind %q yet; ask for a shorter one", q.KPI, kind))
	}
	if q.Lot != "" {
		return Unknown(fmt.Sprintf("%s has no lot %q; known: %d, the newest %q", q.KPI, q.Lot, len(closed), closed[len(closed)-1].Window.ID))
	}
	return Unknown(fmt.Sprintf("%s has no window of the kind %q that holds %s; known: %d, the first from %s, the last to %s", q.KPI, kind,
		say.Moment(say.EN, q.At, s.loc), len(closed), say.Moment(say.EN, closed[0].Window.Start, s.loc), say.Moment(say.EN, closed[len(closed)-1].Window.End, s.loc)))
}

// accounts gives what the page tells of its figures. Each series of the board
// is copied once.
func (s *Server) accounts() func(agent.Quantity, agent.Result) say.Account {
	type key struct {
		kpi    string
		kind   agent.WindowKind
		states string
	}
	closed := map[key][]agent.Result{}
	return func(q agent.Quantity, r agent.Result) say.Account {
		k := key{r.KPI, r.Window.Kind, r.States}
		series, copied := closed[k]
		if !copied {
			series = s.board.ResultsIn(k.kpi, k.kind, k.states, maxResults)
			closed[k] = series
		}
		account := say.Account{Quantity: q, Result: r, Figure: s.figure(r.KPI), Loc: s.loc}
		account.Compare(series)
		return account
	}
}

// figure gives a KPI's pure function, nil when nobody knows it.
func (s *Server) figure(kpi string) func(totals []float64) (float64, bool) {
	if s.figures == nil {
		return nil
	}
	return func(totals []float64) (float64, bool) { return s.figures.Value(kpi, totals) }
}

// serveWhy gives the account of one figure.
func (s *Server) serveWhy(w http.ResponseWriter, r *http.Request) {
	question, err := s.questionOf(r)
	if err != nil {
		refuse(w, err)
		return
	}
	out, err := s.Why(question)
	var unknown Unknown
	switch {
	case errors.As(err, &unknown):
		refuseAs(w, http.StatusNotFound, err)
	case err != nil:
		refuseAs(w, http.StatusServiceUnavailable, err)
	default:
		answer(w, out)
	}
}

func (s *Server) questionOf(r *http.Request) (q Question, err error) {
	given, err := known(r.URL.Query(), "kpi", "window", "start", "lot", "run_only", "lang")
	if err != nil {
		return q, err
	}
	window := given["window"]
	if window == "" {
		window = string(agent.Shift)
	}
	if window, err = pick("window", window, windowNames()); err != nil {
		return q, err
	}
	if start := given["start"]; start != "" {
		if q.At, err = time.Parse(time.RFC3339, start); err != nil {
			return q, fmt.Errorf("start %q is not a time such as 2026-11-23T00:00:00+08:00; any time in the window will do", start)
		}
	}
	q.KPI, q.Window, q.Lot = given["kpi"], agent.WindowKind(window), given["lot"]
	if q.Lot != "" && q.Window != agent.Lot {
		return q, fmt.Errorf("lot %q is given; its window is lot, not %s", q.Lot, q.Window)
	}
	snap := s.board.Snapshot()
	if q.States, err = statesOf(&snap, q.KPI, given["run_only"]); err != nil {
		return q, err
	}
	q.Lang, err = langNamed(given["lang"])
	return q, err
}
