package buffer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

const quarantineDir = "quarantine"

var errSuspect = errors.New("the newest segment is damaged; the next commit begins another")

// condemn puts a stand-in in place of batches that cannot be read.
func (s *Store) condemn(g *segment, bad *badFrame) error {
	s.mending.Lock()
	defer s.mending.Unlock()
	s.mu.Lock()
	at, _ := s.index.at(bad.From)
	from, to := agent.Mark{Epoch: g.sum.Epoch, Seq: bad.From}, agent.Mark{Epoch: g.sum.Epoch, Seq: bad.To}
	when := instant(g.sum.Begun) // early rather than late: it must close no window
	s.mu.Unlock()
	if at.seg != g {
		return nil // another reader was first
	}
	if bad.after != nil {
		when = bad.after.Received
	}
	s.log.Error("stored batches damaged; a gap takes their place", "file", g.path, "from", from.String(), "to", to.String(), "err", bad)
	gap := bareGap(from, to, when)
	gap.Reason.Detail = "damaged on disk; how many readings it held is not known"
	stand := standFor(gap, filepath.Base(g.path))
	stand.Events[1].Reason.Detail = fmt.Sprintf("batches %s to %s", from, to)
	return s.keep(stand, nil)
}

// replace puts a stand-in in place of a segment that cannot be read and moves
// the file to quarantine. The one being written is replaced once it no longer
// is.
func (s *Store) replace(g *segment, why error) error {
	s.mending.Lock()
	defer s.mending.Unlock()
	s.mu.Lock()
	from, to, ok := s.index.of(g)
	sum := g.sum.clone()
	s.mu.Unlock()
	if !ok {
		return nil // another reader was first
	}
	if g.writing.Load() {
		if !g.suspect.Swap(true) {
			s.log.Error("newest segment damaged", "file", g.path, "err", why)
		}
		return fmt.Errorf("%w: %w", errSuspect, why)
	}
	return s.lose(g, agent.Mark{Epoch: sum.Epoch, Seq: from}, to, &sum, why)
}

// lose records the gap that a damaged segment leaves and sets the file aside.
func (s *Store) lose(g *segment, from agent.Mark, to uint64, sum *summary, why error) error {
	file := filepath.Base(g.path)
	s.log.Error("segment damaged; moved to quarantine and recorded as a gap", "file", file, "from", from.Seq, "to", to, "err", why)
	gap := bareGap(from, agent.Mark{Epoch: from.Epoch, Seq: to}, s.clock.Wall())
	if sum.Last > 0 {
		gap.Gap.First, gap.Gap.Last, gap.Gap.Rows = instant(sum.Begun), instant(sum.Ended), sum.Rows
		gap.Start, gap.End = gap.Gap.First, gap.Gap.Last
		gap.Reason.Detail = "a file of the buffer is damaged"
		if !sum.Sealed {
			gap.Reason.Detail += "; it may have held more readings than are counted"
		}
	}
	stand := standFor(gap, file)
	stand.Boot, stand.Mono = sum.Boot, sum.Mono
	if err := s.keep(stand, gap.Gap.Rows); err != nil {
		return err
	}
	s.forget(g)
	if err := g.leave(); err != nil {
		s.log.Warn("segment not closed", "file", file, "err", err)
	}
	return s.quarantine(g.path, why, gap.Gap)
}

// forget takes a segment off the lists.
func (s *Store) forget(g *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.segments[:0:0]
	for _, one := range s.segments {
		if one != g {
			kept = append(kept, one)
		}
	}
	s.segments = kept
	first := g.sum.First
	s.pending = append(s.pending, func(tx *bolt.Tx) error { return tx.Bucket(bucketSegments).Delete(numberKey(first)) })
}

// note of a quarantined file, for those who will look at it.
type quarantined struct {
	File  string     `json:"file"`
	Moved time.Time  `json:"moved"`
	Why   string     `json:"why"`
	Gap   *agent.Gap `json:"gap,omitempty"`
}

// quarantine moves a file aside with a note. A file that is not there needs
// none.
func (s *Store) quarantine(path string, why error, gap *agent.Gap) error {
	dir := filepath.Join(s.cfg.Path, quarantineDir)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	now := s.clock.Wall()
	stem := filepath.Join(dir, now.UTC().Format("20060102-150405-")+filepath.Base(path))
	to := stem
	for n := 2; exists(to); n++ {
		to = fmt.Sprintf("%s-%d", stem, n)
	}
	err := rename(path, to)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("moving a damaged file to quarantine: %w", err)
	}
	text, err := json.MarshalIndent(quarantined{filepath.Base(path), now, why.Error(), gap}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(to+".json", append(text, '\n'), fileMode)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
