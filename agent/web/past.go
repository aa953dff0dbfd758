package web

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"recoup/agent"
)

// past gives the newest n closed results of a KPI, window kind and States, oldest
// first. The board has those of the last weeks; only for more is the buffer's
// history read, by one request at a time, so that a slow disk keeps one caller
// waiting and not the page. An error says that earlier ones may be missing.
func (s *Server) past(kpi string, kind agent.WindowKind, states string, n int, now time.Time) (found []agent.Result, err error) {
	found = s.board.ResultsIn(kpi, kind, states, n)
	if len(found) >= n {
		return found, nil
	}
	found, err = s.stored(found, kpi, kind, states, now.Add(-time.Duration(n+2)*longest(kind)), now)
	return newest(found, n), err
}

// errBusy says that the history is being read for someone else.
var errBusy = errors.New("another request is reading the history; ask again")

// stored adds to results of the board what the history has from then on.
func (s *Server) stored(found []agent.Result, kpi string, kind agent.WindowKind, states string, from, to time.Time) ([]agent.Result, error) {
	if s.history == nil {
		return found, nil
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	default:
		return found, errBusy
	}
	var earlier []agent.Result
	for r, err := range s.history.Results(kpi, kind, from, to) {
		if err != nil {
			return merge(earlier, found), fmt.Errorf("the buffer's history cannot be read: %w", err)
		}
		if r.States == states {
			earlier = append(earlier, r)
		}
	}
	return merge(earlier, found), nil
}

func newest(all []agent.Result, n int) []agent.Result { return all[max(0, len(all)-n):] }

// merge puts two series together by window; of the same one the higher
// revision counts.
func merge(a, b []agent.Result) []agent.Result {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y agent.Result) int {
		if c := x.Window.Start.Compare(y.Window.Start); c != 0 {
			return c
		}
		return y.Revision - x.Revision
	})
	return slices.CompactFunc(all, func(x, y agent.Result) bool { return x.Window.Start.Equal(y.Window.Start) })
}

// longest gives the greatest length of a kind of window.
func longest(kind agent.WindowKind) time.Duration {
	const day = 24 * time.Hour
	switch kind {
	case agent.Cell:
		return 15 * time.Minute
	case agent.Hour:
		return time.Hour
	case agent.Week:
		return 7*day + time.Hour
	case agent.Month:
		return 31*day + time.Hour
	case agent.Year:
		return 366 * day
	}
	return 25 * time.Hour
}
