package buffer

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"recoup/agent"
)

// extents are what a span says of its times.
type extents struct {
	span, results, events extent
	backfill              bool
}

// during gives the spans for which part meets [from, to).
func (s *Store) during(from, to time.Time, part func(extents) extent) (spans []span, backfill bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.index {
		var x extents
		if at.kept != nil {
			x = extents{span: at.kept.Span, results: at.kept.Results, events: at.kept.Events}
		} else {
			sum := &at.seg.sum
			x = extents{span: sum.Span, results: sum.Results, events: sum.Events, backfill: sum.Backfill}
		}
		if part(x).meets(from, to) {
			spans = append(spans, at)
			backfill = backfill || x.backfill
		}
	}
	return spans, backfill
}

// walkAll walks the spans. A stand-in that has meanwhile taken the place of
// several is given once.
func (s *Store) walkAll(rd *reader, spans []span, yield func(*agent.Batch, error) bool) (goOn bool) {
	done := uint64(0)
	for _, at := range spans {
		goOn := s.walk(rd, max(at.from, done+1), at.to, func(b *agent.Batch, err error) bool {
			if err == nil {
				done = b.Seq
			}
			return yield(b, err)
		})
		if !goOn {
			return false
		}
	}
	return true
}

// Range gives the batches received in, or holding readings, results or gaps of,
// [from, to): backfill first, then in the order of their numbers.
func (s *Store) Range(from, to time.Time) iter.Seq2[*agent.Batch, error] {
	return func(yield func(*agent.Batch, error) bool) {
		spans, backfill := s.during(from, to, func(x extents) extent { return x.span })
		pass := func(wantBackfill bool) bool {
			rd := s.newReader()
			rd.skip = func(h *head) bool { return h.has(flagBackfill) != wantBackfill }
			return s.walkAll(rd, spans, func(b *agent.Batch, err error) bool {
				return err == nil && !touches(b, from, to) || yield(b, err)
			})
		}
		if backfill && !pass(true) {
			return
		}
		pass(false)
	}
}

// Results gives the newest revision of each result of the KPI and window kind
// (all, when "") that began in [from, to), oldest first.
func (s *Store) Results(kpi string, window agent.WindowKind, from, to time.Time) iter.Seq2[agent.Result, error] {
	return func(yield func(agent.Result, error) bool) {
		rd := s.newReader()
		rd.ownOnly = true
		rd.skip = func(h *head) bool { return !h.has(flagResults) }
		rd.dec.wanted = func(k string, w agent.WindowKind, start time.Time) bool {
			return (kpi == "" || k == kpi) && (window == "" || w == window) && !start.Before(from) && start.Before(to)
		}
		newest := map[agent.ResultKey]agent.Result{}
		spans, _ := s.during(from, to, func(x extents) extent { return x.results })
		goOn := s.walkAll(rd, spans, func(b *agent.Batch, err error) bool {
			if err != nil {
				return yield(agent.Result{}, err)
			}
			for _, r := range b.Results {
				if old, known := newest[r.Key()]; !known || r.Revision >= old.Revision {
					newest[r.Key()] = r
				}
			}
			return true
		})
		if !goOn {
			return
		}
		for _, r := range slices.SortedFunc(maps.Values(newest), inTime) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func inTime(a, b agent.Result) int {
	return cmp.Or(a.Window.Start.Compare(b.Window.Start), a.Window.End.Compare(b.Window.End),
		cmp.Compare(a.KPI, b.KPI), cmp.Compare(a.Window.Kind, b.Window.Kind), cmp.Compare(a.States, b.States))
}

// Events gives the events that began in [from, to), in the order of their
// batches.
func (s *Store) Events(from, to time.Time) iter.Seq2[agent.Event, error] {
	return func(yield func(agent.Event, error) bool) {
		rd := s.newReader()
		rd.ownOnly = true
		rd.skip = func(h *head) bool { return !h.has(flagEvents) }
		rd.dec.wanted = func(string, agent.WindowKind, time.Time) bool { return false }
		spans, _ := s.during(from, to, func(x extents) extent { return x.events })
		s.walkAll(rd, spans, func(b *agent.Batch, err error) bool {
			if err != nil {
				return yield(agent.Event{}, err)
			}
			for _, e := range b.Events {
				if !e.Start.Before(from) && e.Start.Before(to) && !yield(e, nil) {
					return false
				}
			}
			return true
		})
	}
}
