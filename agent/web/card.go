package web

import (
	"recoup/agent"
	"recoup/agent/say"
)

// card shows one configured KPI: its first quantity in large figures, the
// others beside it.
type card struct {
	ID, Name, Family, Target string
	Tiles                    []tile
	Charts                   []chart
}

// tile is one window of a card.
type tile struct {
	ID, Title, Window string
	None              string // said instead of all that follows
	Figures           []figure
}

// figure is one quantity over one window.
type figure struct {
	Name, Value, Spread string
	Withheld            bool
	Coverage            string
	Ratio               float64
	Quality, Class      string
	Reason              string
	Verdict, Judged     string // text and CSS class
	Why                 []string
}

// cards gives a card per configured KPI; whole is false when earlier results
// could not be read.
func (s *Server) cards(w words, snap *agent.Snapshot) (cards []card, whole bool) {
	whole = true
	for _, group := range byKPI(snap.Quantities) {
		first := group[0]
		c := card{ID: "kpi-" + first.Name, Name: first.Name, Family: say.Family(w.lang, first.Family), Target: say.Target(w.lang, first)}
		for _, t := range []struct {
			title string
			kind  agent.WindowKind
		}{{"last_shift", agent.Shift}, {"this_shift", ""}, {"last_day", agent.Day}, {"last_month", agent.Month}} {
			var found []agent.Result
			none := w.t["none_closed"]
			if t.kind == "" {
				none, found = w.t["none_running"], running(snap, group)
			} else {
				var ok bool
				found, ok = s.closed(snap, group, t.kind)
				whole = whole && ok
			}
			c.Tiles = append(c.Tiles, w.tile(c.ID+"-"+t.title, t.title, none, group, found, t.kind == ""))
		}
		for _, q := range group {
			hours, ok := s.past.results(q.KPI, agent.Hour, hourSlots, snap.Now)
			days, also := s.past.results(q.KPI, agent.Day, daySlots, snap.Now)
			whole = whole && ok && also
			c.Charts = append(c.Charts, w.hours(q, hours), w.days(q, days))
		}
		cards = append(cards, c)
	}
	return cards, whole
}

// byKPI groups quantities by the configured KPI, in its order.
func byKPI(all []agent.Quantity) (groups [][]agent.Quantity) {
	at := map[string]int{}
	for _, q := range all {
		i, ok := at[q.Name]
		if !ok {
			i = len(groups)
			at[q.Name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], q)
	}
	return groups
}

// closed gives the newest closed result of each quantity that has one; a
// quantity whose newest window is not the group's newest is left out, so that
// one tile speaks of one window.
func (s *Server) closed(snap *agent.Snapshot, group []agent.Quantity, kind agent.WindowKind) (found []agent.Result, whole bool) {
	whole = true
	for _, q := range group {
		newest, ok := s.past.results(q.KPI, kind, 1, snap.Now)
		whole = whole && ok
		found = append(found, newest...)
	}
	return sameWindow(found), whole
}

func running(snap *agent.Snapshot, group []agent.Quantity) (found []agent.Result) {
	for _, q := range group {
		for _, r := range snap.Current {
			if r.KPI == q.KPI && r.Window.Kind == agent.Shift {
				found = append(found, r)
			}
		}
	}
	return sameWindow(found)
}

func sameWindow(found []agent.Result) (same []agent.Result) {
	var latest agent.Window
	for _, r := range found {
		if r.Window.Start.After(latest.Start) {
			latest = r.Window
		}
	}
	for _, r := range found {
		if r.Window.Start.Equal(latest.Start) {
			same = append(same, r)
		}
	}
	return same
}

func (w words) tile(id, title, none string, group []agent.Quantity, found []agent.Result, open bool) tile {
	t := tile{ID: id, Title: w.t[title], None: none}
	for _, q := range group {
		for _, r := range found {
			if r.KPI != q.KPI {
				continue
			}
			t.None, t.Window = "", say.Window(w.lang, r.Window, w.loc)
			if open {
				t.Window += " · " + w.t["so_far"]
				r = untilNow(r, w)
			}
			t.Figures = append(t.Figures, w.figure(q, r))
		}
	}
	return t
}

// untilNow makes a running result speak of the time that has passed, and gives
// no verdict on what is not over.
func untilNow(r agent.Result, w words) agent.Result {
	if r.Window.End.After(w.now) && w.now.After(r.Window.Start) {
		r.Window.End = w.now
	}
	r.Verdict = agent.NoVerdict
	return r
}

func (w words) figure(q agent.Quantity, r agent.Result) figure {
	f := figure{
		Name: say.Quantity(w.lang, q), Withheld: r.Withheld(), Coverage: say.Percent(r.Coverage), Ratio: r.Coverage,
		Quality: say.Quality(w.lang, r.Quality), Class: r.Quality.String(), Reason: say.Reason(w.lang, r.Reason),
		Verdict: say.Verdict(w.lang, r.Verdict), Judged: r.Verdict.String(), Why: say.Why(w.lang, r, w.loc),
	}
	f.Value, f.Spread = say.Figure(w.lang, r)
	if f.Withheld {
		f.Verdict = "" // nothing can be judged without a figure
	}
	return f
}
