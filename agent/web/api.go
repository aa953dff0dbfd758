package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"recoup/agent"
	"recoup/agent/say"
)

const (
	defaultResults = 100
	maxResults     = 10_000
	maxEvents      = 500
)

// serveBoard gives the newest of everything.
func (s *Server) serveBoard(w http.ResponseWriter, r *http.Request) {
	if _, err := known(r.URL.Query()); err != nil {
		refuse(w, err)
		return
	}
	snap := s.board.Snapshot()
	answer(w, s.boardOf(&snap))
}

// serveResults gives the newest closed results of one KPI and window kind,
// oldest first.
func (s *Server) serveResults(w http.ResponseWriter, r *http.Request) {
	q, err := known(r.URL.Query(), "kpi", "window", "run_only", "limit")
	if err != nil {
		refuse(w, err)
		return
	}
	snap := s.board.Snapshot()
	kpi, err := pick("kpi", q["kpi"], kpiNames(&snap))
	if err != nil {
		refuse(w, err)
		return
	}
	window, err := pick("window", q["window"], windowNames())
	if err != nil {
		refuse(w, err)
		return
	}
	states, err := statesOf(&snap, kpi, q["run_only"])
	if err != nil {
		refuse(w, err)
		return
	}
	limit, err := limitOf(q["limit"], defaultResults, maxResults)
	if err != nil {
		refuse(w, err)
		return
	}
	found, err := s.past(kpi, agent.WindowKind(window), states, limit, snap.Now)
	out := resultsJSON{Plant: whoseJSON(snap.Plant), KPI: kpi, Window: window, Complete: err == nil, Results: s.resultsOf(found)}
	if err != nil {
		out.Error = err.Error()
	}
	answer(w, out)
}

// serveEvents gives what began and has not ended, and the newest that ended.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	q, err := known(r.URL.Query(), "limit", "lang")
	if err != nil {
		refuse(w, err)
		return
	}
	limit, err := limitOf(q["limit"], defaultResults, maxEvents)
	if err != nil {
		refuse(w, err)
		return
	}
	lang, err := langNamed(q["lang"])
	if err != nil {
		refuse(w, err)
		return
	}
	snap := s.board.Snapshot()
	out := eventsJSON{Plant: whoseJSON(snap.Plant), Active: s.eventsOf(snap.Active, lang), Recent: s.eventsOf(over(snap.Recent, limit), lang)}
	answer(w, out)
}

// over gives the newest n events that ended.
func over(recent []agent.Event, n int) []agent.Event {
	var ended []agent.Event
	for _, e := range recent {
		if !e.End.IsZero() && len(ended) < n {
			ended = append(ended, e)
		}
	}
	return ended
}

// known gives the single values of a query that holds only these names.
func known(query url.Values, names ...string) (map[string]string, error) {
	single := map[string]string{}
	for name, values := range query {
		if !slices.Contains(names, name) {
			list := "none"
			if len(names) > 0 {
				list = strings.Join(names, ", ")
			}
			return nil, fmt.Errorf("parameter %q is not known; known: %s", name, list)
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("parameter %q is given %d times; give it once", name, len(values))
		}
		single[name] = values[0]
	}
	return single, nil
}

func pick(name, value string, from []string) (string, error) {
	if slices.Contains(from, value) {
		return value, nil
	}
	return "", fmt.Errorf("%s %q is not known; known: %s", name, value, strings.Join(from, ", "))
}

// langNamed reads a parameter; without one it is English.
func langNamed(tag string) (say.Lang, error) {
	lang, ok := say.Parse(tag)
	if !ok && tag != "" {
		return lang, fmt.Errorf("lang %q is not known; known: en, zh", tag)
	}
	return lang, nil
}

// statesOf gives the Result.States of the figure that is asked for: of the
// all-in one unless run_only is true.
func statesOf(snap *agent.Snapshot, kpi, runOnly string) (string, error) {
	only := false
	if runOnly != "" {
		var err error
		if only, err = strconv.ParseBool(runOnly); err != nil {
			return "", fmt.Errorf("run_only %q is neither true nor false", runOnly)
		}
	}
	for _, q := range snap.Quantities {
		if q.KPI == kpi && only && q.RunOnly == "" {
			return "", fmt.Errorf("%s has no run-only figure: its configuration tells no states apart", kpi)
		}
		if q.KPI == kpi && only {
			return q.RunOnly, nil
		}
	}
	return "", nil
}

func limitOf(text string, standard, most int) (int, error) {
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("limit %q is not a whole number from 1 to %d", text, most)
	}
	return n, nil
}

func kpiNames(snap *agent.Snapshot) (names []string) {
	for _, q := range snap.Quantities {
		names = append(names, q.KPI)
	}
	return names
}

func windowNames() (names []string) {
	for _, kind := range append(agent.WindowKinds(), agent.Lot) {
		names = append(names, string(kind))
	}
	return names
}

func answer(w http.ResponseWriter, body any) { answerAs(w, http.StatusOK, body) }

func answerAs(w http.ResponseWriter, code int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic("BUG: an answer cannot be written as JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	write(w, append(text, '\n'))
}

func refuse(w http.ResponseWriter, err error) { refuseAs(w, http.StatusBadRequest, err) }

func refuseAs(w http.ResponseWriter, code int, err error) {
	answerAs(w, code, struct {
		Error string `json:"error"`
	}{err.Error()})
}
