package buffer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"recoup/agent"
)

// Tidy writes the cursors, drops segments beyond the bounds and closes files
// that nobody reads. One goroutine calls it, beside all others.
func (s *Store) Tidy(ctx context.Context) error {
	if err := s.persist(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		g, why := s.overdue()
		if g == nil {
			break
		}
		if err := s.drop(g, why); err != nil {
			return err
		}
	}
	return s.closeIdle()
}

// overdue gives the oldest segment when it is beyond a bound. The newest
// complete one and the one being written stay. Age alone takes no checkpoint
// away that the next segment cannot replace.
func (s *Store) overdue() (*segment, string) {
	total := s.bytes()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) < 3 {
		return nil, ""
	}
	g := s.segments[0]
	age := s.clock.Wall().Sub(instant(g.sum.Ended))
	switch {
	case age > s.cfg.MaxAge && (g.sum.State == 0 || s.segments[1].sum.State > 0):
		return g, fmt.Sprintf("older than max_age, %v", s.cfg.MaxAge)
	case total > s.cfg.MaxBytes:
		return g, fmt.Sprintf("the buffer is larger than max_bytes, %d bytes", s.cfg.MaxBytes)
	}
	return nil, ""
}

// bytes is the size of all files.
func (s *Store) bytes() (total int64) {
	s.mu.Lock()
	paths := []string{s.meta.path, s.kept.path}
	for _, g := range s.segments {
		paths = append(paths, g.path)
	}
	s.mu.Unlock()
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			total += info.Size()
		}
	}
	return total
}

// drop puts a stand-in in a segment's place, durably, and only then unlinks it.
func (s *Store) drop(g *segment, why string) error {
	own, err := s.ownBatches(g)
	if err != nil {
		return err
	}
	s.mending.Lock()
	defer s.mending.Unlock()
	s.mu.Lock()
	from, to, ok := s.index.of(g)
	sum := g.sum.clone()
	reason := agent.Reason{Code: agent.Aged, Detail: why}
	if !s.ackedByAll(from, to) {
		reason.Code = agent.Dropped
	}
	prev := agent.Mark{}
	if e := s.epochs[sum.Epoch]; e.First == from {
		prev = e.Prev
	}
	s.mu.Unlock()
	if !ok { // stand-ins for damage have taken the place of all of it
		s.forget(g)
		return errors.Join(g.leave(), removed(g.path))
	}
	first := &agent.Batch{Mark: agent.Mark{Epoch: sum.Epoch, Seq: from}, Source: agent.Own, Prev: prev, Received: instant(sum.Begun)}
	last := &agent.Batch{Mark: agent.Mark{Epoch: sum.Epoch, Seq: to}, Source: agent.Own, Received: instant(sum.Ended), Boot: sum.Boot, Mono: sum.Mono}
	dropped := append([]*agent.Batch{first}, own...)
	stand := agent.StandIn(append(dropped, last), reason)
	for source, n := range sum.Rows {
		stand.Events[0].Gap.Rows[source] += n
	}
	if err := s.keep(stand, sum.Rows); err != nil {
		return err
	}
	s.forget(g)
	if err := s.persist(); err != nil {
		return err
	}
	s.log.Info("segment dropped", "file", filepath.Base(g.path), "from", from, "to", to, "reason", reason.Code.String(), "why", why)
	return errors.Join(g.leave(), removed(g.path))
}

// ownBatches reads the own batches that count in a segment, with the stand-ins
// of what was damaged in it.
func (s *Store) ownBatches(g *segment) (own []*agent.Batch, err error) {
	s.mu.Lock()
	pos, to, ok := s.index.of(g)
	s.mu.Unlock()
	rd := s.newReader()
	rd.ownOnly = true
	rd.skip = func(h *head) bool { return !h.has(flagResults | flagEvents) }
	for ok && pos <= to {
		batches, next, err := s.read(rd, pos, to, manyRows)
		if err != nil {
			return nil, err
		}
		if next == 0 {
			break
		}
		own = append(own, batches...)
		pos = next
	}
	return own, nil
}

// manyRows is for readers that only memory bounds.
const manyRows = 1 << 30

// closeIdle closes the files that were not read since the last time.
func (s *Store) closeIdle() error {
	s.mu.Lock()
	segments := s.segments
	s.mu.Unlock()
	var errs []error
	for _, g := range segments {
		if !g.writing.Load() && !g.used.Swap(false) {
			errs = append(errs, g.close())
		}
	}
	return errors.Join(errs...)
}
