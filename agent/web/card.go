package web

import (
	"slices"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// card shows one configured KPI: its first quantity in large figures, the
// others beside it.
type card struct {
	ID, Name, Family, Target string
	Ratings                  []string // what its figures are rated against
	Head                     tile     // the newest shift's first figure, for the top of the page
	Tiles                    []tile
	Shifts                   []tile // closed ones, newest first
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
	Open                bool // the reasons are shown at once

	Colour, Rated string // of the local rating: CSS class, and words; "" for none
}

const recentShifts = 9 // three days of them at most plants

// cards gives a card per configured KPI.
func (s *Server) cards(w words, snap *agent.Snapshot) (cards []card) {
	for _, group := range byKPI(snap.Quantities) {
		first := group[0]
		c := card{ID: "kpi-" + first.Name, Name: first.Name, Family: say.Family(w.lang, first.Family), Target: say.Target(w.lang, first)}
		for _, q := range group {
			if rating := say.Rating(w.lang, q); rating != "" {
				c.Ratings = append(c.Ratings, say.Quantity(w.lang, q)+" · "+rating)
			}
		}
		running := only(snap.Current, group, agent.Shift)
		c.Tiles = []tile{
			w.tile(c.ID, "last_shift", "none_closed", group, only(snap.Results, group, agent.Shift)),
			w.tile(c.ID, "this_shift", "none_running", group, running),
			w.tile(c.ID, "last_day", "none_closed", group, only(snap.Results, group, agent.Day)),
			w.tile(c.ID, "this_month", "none_running", group, only(snap.Current, group, agent.Month)),
			w.tile(c.ID, "last_month", "none_closed", group, only(snap.Results, group, agent.Month)),
		}
		c.Shifts = s.shifts(w, c.ID, group)
		for _, q := range group {
			c.Charts = append(c.Charts,
				w.hours(q, s.board.Results(q.KPI, agent.Hour, hourSlots)),
				w.days(q, s.board.Results(q.KPI, agent.Day, daySlots)))
		}
		c.Head = headline(c.Tiles[0])
		cards = append(cards, c)
	}
	return cards
}

// headline leaves a tile its first figure.
func headline(t tile) tile {
	t.Figures = t.Figures[:min(len(t.Figures), 1)]
	return t
}

// shifts gives the closed shifts but the newest, which has a tile, newest first.
func (s *Server) shifts(w words, id string, group []agent.Quantity) (rows []tile) {
	var all []agent.Result
	for _, q := range group {
		all = append(all, s.board.Results(q.KPI, agent.Shift, recentShifts+1)...)
	}
	for n := 0; n <= recentShifts && len(all) > 0; n++ {
		newest := only(all, group, agent.Shift)
		if n > 0 {
			start := newest[0].Window.Start.UTC().Format("20060102T1504")
			rows = append(rows, w.tile(id+"-"+start, "last_shift", "none_closed", group, newest))
		}
		all = slices.DeleteFunc(all, func(r agent.Result) bool { return r.Window.Start.Equal(newest[0].Window.Start) })
	}
	return rows
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

// only gives the results of a group of quantities and a window kind that are
// of the newest window among them, so that one tile speaks of one window.
func only(all []agent.Result, group []agent.Quantity, kind agent.WindowKind) (found []agent.Result) {
	for _, q := range group {
		for _, r := range all {
			if r.KPI != q.KPI || r.Window.Kind != kind {
				continue
			}
			if len(found) > 0 && r.Window.Start.After(found[0].Window.Start) {
				found = nil
			}
			if len(found) == 0 || r.Window.Start.Equal(found[0].Window.Start) {
				found = append(found, r)
			}
		}
	}
	return found
}

func (w words) tile(id, title, none string, group []agent.Quantity, found []agent.Result) tile {
	t := tile{ID: id + "-" + title, Title: w.t[title], None: w.t[none]}
	for _, q := range group {
		for _, r := range found {
			if r.KPI != q.KPI {
				continue
			}
			t.None, t.Window = "", say.Window(w.lang, r.Window, w.loc)
			if r.Window.End.After(w.now) {
				t.Window += " · " + w.t["so_far"]
				r = untilNow(r, w.now)
			}
			f := w.figure(q, r)
			f.Open = f.Open && (title == "last_shift" || title == "last_day")
			t.Figures = append(t.Figures, f)
		}
	}
	return t
}

// untilNow makes a running result speak of the time that has passed, and gives
// no verdict on what is not over.
func untilNow(r agent.Result, now time.Time) agent.Result {
	if now.After(r.Window.Start) {
		r.Window.End = now
	}
	r.Verdict, r.Partial = agent.NoVerdict, false
	return r
}

func (w words) figure(q agent.Quantity, r agent.Result) figure {
	f := figure{
		Name: say.Quantity(w.lang, q), Withheld: r.Withheld(), Coverage: say.Percent(r.Coverage), Ratio: r.Coverage,
		Quality: say.Quality(w.lang, r.Quality), Class: r.Quality.String(), Reason: say.Doubt(w.lang, r),
		Verdict: say.Verdict(w.lang, r.Verdict), Judged: r.Verdict.String(),
	}
	account := w.account(q, r)
	f.Why = account.Why(w.lang)
	f.Value, f.Spread = say.Figure(w.lang, r)
	if r.Colour != agent.NoColour && !r.Window.End.After(w.now) {
		f.Colour, f.Rated = r.Colour.String(), say.Rated(w.lang, r)
	}
	f.Open = f.Withheld || r.Verdict == agent.Fail || r.Quality != agent.Good
	if f.Withheld {
		f.Verdict = "" // nothing can be judged without a figure
	}
	return f
}
