package web

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"recoup/agent"
)

// historyEvery is how long what the buffer's history gave is good enough: it
// is asked for what closed before the start, and late revisions.
const historyEvery = time.Minute

// past gives closed results: those of the board, and from the buffer's history
// those of before the start.
type past struct {
	board   *agent.Board
	history agent.History // may be nil
	log     *slog.Logger

	mu    sync.Mutex // guards below; never held while reading the history
	known map[series]*era
}

type series struct {
	kpi  string
	kind agent.WindowKind
}

// era is what the history gave of one series.
type era struct {
	results []agent.Result
	count   int // for how many results it was asked
	read    time.Time
	reading bool
	failing bool
}

func newPast(board *agent.Board, history agent.History, log *slog.Logger) *past {
	return &past{board: board, history: history, log: log, known: map[series]*era{}}
}

// results gives the newest n closed results, oldest first; whole is false when
// the history could not be read and earlier ones may be missing.
func (p *past) results(kpi string, kind agent.WindowKind, n int, now time.Time) (found []agent.Result, whole bool) {
	found = p.board.Results(kpi, kind, n)
	if p.history == nil || len(found) >= n {
		return found, true
	}
	earlier, whole := p.earlier(series{kpi, kind}, n, now)
	return newest(merge(earlier, found), n), whole
}

// earlier asks the history, at most once at a time and once a minute per
// series: a disk that hangs may keep one request, but not the page.
func (p *past) earlier(key series, n int, now time.Time) (found []agent.Result, whole bool) {
	p.mu.Lock()
	e := p.known[key]
	if e == nil {
		e = &era{}
		p.known[key] = e
	}
	fresh := !e.read.IsZero() && e.count >= n && now.Sub(e.read).Abs() < historyEvery
	if fresh || e.reading {
		defer p.mu.Unlock()
		return e.results, !e.failing && !e.read.IsZero()
	}
	e.reading = true
	n = max(n, e.count)
	p.mu.Unlock()

	results, err := p.read(key, n, now)

	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && !e.failing {
		p.log.Warn("history cannot be read", "kpi", key.kpi, "window", string(key.kind), "err", err)
	}
	e.results, e.count, e.read, e.reading, e.failing = results, n, now, false, err != nil
	return e.results, err == nil
}

func (p *past) read(key series, n int, now time.Time) (found []agent.Result, err error) {
	from := now.Add(-time.Duration(n+2) * longest(key.kind))
	for r, err := range p.history.Results(key.kpi, key.kind, from, now) {
		if err != nil {
			return newest(found, n), err
		}
		found = append(found, r)
	}
	return newest(found, n), nil
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
