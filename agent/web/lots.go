package web

import (
	"slices"

	"recoup/agent"
)

const recentLots = 12

// lots gives the newest lots of a KPI, the running one first.
func (s *Server) lots(w words, id string, group []agent.Quantity, current []agent.Result) (rows []tile) {
	var all []agent.Result
	for _, q := range group {
		if q.Lots == "" {
			continue
		}
		for _, states := range q.Figures() {
			all = append(all, s.board.ResultsIn(q.KPI, agent.Lot, states, recentLots)...)
		}
	}
	running := only(current, group, agent.Lot)
	for i := range running {
		running[i] = untilNow(running[i], w.now)
	}
	all = append(all, running...)
	for len(rows) < recentLots && len(all) > 0 {
		newest := only(all, group, agent.Lot)
		if len(newest) == 0 {
			break
		}
		start := newest[0].Window.Start
		row := w.tile(id+"-lot-"+start.UTC().Format("20060102T150405"), "lot", "none_closed", group, newest)
		if len(running) > 0 && start.Equal(running[0].Window.Start) {
			row.Window += " · " + w.t["so_far"]
		}
		rows = append(rows, row)
		all = slices.DeleteFunc(all, func(r agent.Result) bool { return r.Window.Start.Equal(start) })
	}
	return rows
}
