package buffer

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Load opens the folder, sets damaged files aside, and gives the last mark ever
// used, the newest checkpoint and the batches after it.
func (s *Store) Load() (last agent.Mark, checkpoint []byte, after iter.Seq2[*agent.Batch, error], err error) {
	if err := os.MkdirAll(s.cfg.Path, dirMode); err != nil {
		return last, nil, nil, fmt.Errorf("making the buffer folder: %w", err)
	}
	if err := s.openMeta(); err != nil {
		return last, nil, nil, err
	}
	mark, checkpoint, err := s.load()
	if err != nil {
		return last, nil, nil, errors.Join(err, s.Close())
	}
	from := mark.Seq + 1
	return s.last, checkpoint, func(yield func(*agent.Batch, error) bool) {
		s.walk(s.newReader(), from, s.last.Seq, yield)
	}, nil
}

func (s *Store) load() (mark agent.Mark, state []byte, err error) {
	s.kept, err = s.openOrReplace("kept.db", "results of dropped batches are lost", [][]byte{bucketStands, bucketNotes})
	if err != nil {
		return mark, nil, err
	}
	known, err := s.loadMeta()
	if err != nil {
		return mark, nil, err
	}
	l := loading{Store: s, known: known}
	steps := []func() error{l.openSegments, l.place, l.placeKept, l.lost, l.restoreGaps, l.verify, l.newestUnit, s.persist}
	for _, step := range steps {
		if err := step(); err != nil {
			return mark, nil, err
		}
	}
	return s.newestState()
}

// walk gives the batches numbered from…to, in order.
func (s *Store) walk(rd *reader, from, to uint64, yield func(*agent.Batch, error) bool) (goOn bool) {
	for pos := from; pos <= to; {
		batches, next, err := s.read(rd, pos, to, manyRows)
		if err != nil {
			yield(nil, err)
			return false
		}
		if next == 0 {
			return true
		}
		for _, b := range batches {
			if !yield(b, nil) {
				return false
			}
		}
		pos = next
	}
	return true
}

// newestState looks for the newest checkpoint.
func (s *Store) newestState() (agent.Mark, []byte, error) {
	for _, g := range slices.Backward(s.segments) {
		if g.sum.State == 0 {
			continue
		}
		mark, state, err := g.state()
		if errors.Is(err, errDamaged) {
			err = s.replace(g, err)
		}
		if err != nil {
			return agent.Mark{}, nil, err
		}
		if _, to, ok := s.index.of(g); ok && state != nil && mark.Seq <= to {
			return mark, state, nil
		}
	}
	return agent.Mark{}, nil, nil
}

// loading is what only the start needs. Nobody else uses the store yet.
type loading struct {
	*Store
	known   map[uint64]summary // by first number: what meta.db says of the segments
	sound   []*segment
	damaged []damagedFile
	unseen  []*segment // sound, but not yet looked through
}

// farAhead is how many numbers may have been used since meta.db last noted one:
// seconds of the busiest agent, generously.
const farAhead = 1 << 20

type damagedFile struct {
	path  string
	first uint64
	size  int64
	why   error
}

// openSegments opens every segment once and reads what it says of itself.
func (l *loading) openSegments() error {
	entries, err := os.ReadDir(l.cfg.Path)
	if err != nil {
		return err
	}
	for _, entry := range entries { // in the order of their first numbers
		name := entry.Name()
		path := filepath.Join(l.cfg.Path, name)
		if strings.HasSuffix(name, tempSuffix) { // an interrupted creation
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		var first uint64
		if n, _ := fmt.Sscanf(name, "seg-%016x.db", &first); n == 1 && segmentPath(l.cfg.Path, first) == path {
			if err := l.openSegment(path, first); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loading) openSegment(path string, first uint64) error {
	g := &segment{path: path}
	h, sum, epochs, err := g.readHead()
	switch {
	case err == nil && h.First != first:
		return errors.Join(g.leave(), l.quarantine(path, fmt.Errorf("it begins at %d, so it is a copy under another name", h.First), nil))
	case errors.Is(err, errDamaged) && first > l.last.Seq+farAhead:
		return errors.Join(g.leave(), l.quarantine(path, fmt.Errorf("no number near %d was ever used here: %w", first, err), nil))
	case errors.Is(err, errDamaged):
		file := damagedFile{path: path, first: first, why: err}
		if info, err := os.Stat(path); err == nil {
			file.size = info.Size()
		}
		l.damaged = append(l.damaged, file)
		return g.leave()
	case err != nil:
		return err
	case sum.Last == 0: // begun, and then nothing came
		return errors.Join(g.leave(), removed(path))
	}
	g.before, g.sum = h.Before, sum
	if seen, ok := l.known[first]; ok && seen.Sealed {
		g.sum = seen
	}
	if g.sum.Rows == nil {
		g.sum.Rows = map[string]int{}
	}
	for _, e := range epochs {
		l.epochs[e.Epoch] = e
	}
	if !g.sum.Sealed {
		l.unseen = append(l.unseen, g)
	}
	l.sound = append(l.sound, g)
	return nil
}

// place lists the segments. Of two copies of a number the one in the newer file
// counts: the older one's commit had returned an error.
func (l *loading) place() error {
	for i, g := range l.sound {
		to := g.sum.Last
		if i+1 < len(l.sound) {
			to = min(to, l.sound[i+1].sum.First-1)
		}
		if to < g.sum.First {
			if err := errors.Join(g.leave(), l.quarantine(g.path, errors.New("another segment has its numbers"), nil)); err != nil {
				return err
			}
			continue
		}
		l.segments = append(l.segments, g)
		l.index = l.index.put(span{from: g.sum.First, to: to, seg: g})
		l.used(agent.Mark{Epoch: g.sum.Epoch, Seq: to})
		if to < g.sum.Last {
			if err := l.recount(g, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// used notes that a number is taken.
func (l *loading) used(m agent.Mark) {
	if m.Seq > l.last.Seq {
		l.last = m
	}
}

// recount makes the summary of a segment whose end does not count.
func (l *loading) recount(g *segment, to uint64) error {
	sum := summary{Epoch: g.sum.Epoch, First: g.sum.First, Rows: map[string]int{}, State: g.sum.State}
	if sum.State > to {
		sum.State = 0
	}
	var failed error
	l.walk(l.newReader(), sum.First, to, func(b *agent.Batch, err error) bool {
		if failed = err; err == nil {
			sum.take(b)
		}
		return err == nil
	})
	g.sum = sum
	return failed
}

// placeKept lists the stand-ins, which count instead of what they stand for,
// and unlinks segments whose drop was interrupted.
func (l *loading) placeKept() error {
	err := l.kept.view(func(tx *bolt.Tx) error {
		return forEach(tx.Bucket(bucketNotes), func(_, value []byte) error {
			note := new(keptNote)
			if err := unseal(value, note); err != nil {
				l.log.Error("stand-in unreadable", "err", err)
				return nil
			}
			l.index = l.index.put(span{from: note.From, to: note.To, kept: note})
			l.used(agent.Mark{Epoch: note.Epoch, Seq: note.To})
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, g := range slices.Clone(l.segments) {
		if _, _, counts := l.index.of(g); counts {
			continue
		}
		l.forget(g)
		if err := errors.Join(g.leave(), removed(g.path)); err != nil {
			return err
		}
	}
	return nil
}
