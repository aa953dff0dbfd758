package buffer

import (
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

const (
	sealAfter = 24 * time.Hour
	marginFor = 64 << 10 // bytes of a file that one commit may need beside its frames
)

// gone reports that somebody removed the folder under the running agent. What
// is written to unlinked files is lost, so nothing counts as committed then.
func (s *Store) gone() error {
	if _, err := os.Stat(s.meta.path); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the buffer folder %s was removed while the agent runs: put it back, or restart the agent to begin a new one", s.cfg.Path)
	}
	return nil
}

// writer is the segment being written and what only its writer needs to know.
type writer struct {
	*segment
	size   int64  // of the file, at most
	filled int64  // bytes of it in use
	born   uint64 // monotonic
	large  int64  // bytes of the largest run: bbolt rewrites neighbours
	known  tables // tags that the file has
	listed bool   // the store knows the segment, because it holds batches
}

// takes reports whether the run fits into what the file has left.
func (w *writer) takes(r run) bool {
	alloc := min(int64(allocSize), w.size/64) // bbolt keeps this much back
	return w.filled+alloc+r.need+2*w.large <= w.size
}

// due reports whether the segment should end before the next checkpoint.
func (w *writer) due(now uint64) bool {
	return w.filled >= w.size-max(w.size*6/100, 4*marginFor) || now-w.born >= uint64(sealAfter)
}

// Append stores the batches, in more than one transaction only when they lie in
// more than one segment. After an error the same batches must be offered again.
func (s *Store) Append(batches []*agent.Batch) error {
	if err := s.gone(); err != nil {
		return err
	}
	batches = s.unstored(batches)
	for len(batches) > 0 {
		now := s.clock.Mono()
		run := s.encode(batches, now)
		if err := s.place(run, now); err != nil {
			s.failed = true
			return err
		}
		if err := s.write(run); err != nil {
			s.failed = true
			s.active = nil // closed, and never written again
			return err
		}
		batches = batches[len(run.batches):]
	}
	s.failed = false
	return nil
}

// unstored leaves out what an Append that failed later on has stored.
func (s *Store) unstored(batches []*agent.Batch) []*agent.Batch {
	last := s.lastMark().Seq
	for s.failed && len(batches) > 0 && batches[0].Seq <= last {
		batches = batches[1:]
	}
	for _, b := range batches {
		if b.Seq <= last {
			panic(fmt.Sprintf("BUG: batch %s appended after %d", b.Mark, last))
		}
		last = b.Seq
	}
	return batches
}

func (s *Store) lastMark() agent.Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// run is what one transaction writes.
type run struct {
	batches []*agent.Batch
	ends    []int // of the frames in the arena
	need    int64 // bytes of a file, generously
}

// encode makes the frames of the longest start of batches that may go into one
// transaction: one epoch, not too large, and ending before a checkpoint that
// should begin a segment.
func (s *Store) encode(batches []*agent.Batch, now uint64) (r run) {
	s.arena = s.arena[:0]
	r.need = marginFor
	for i, b := range batches {
		if i > 0 {
			turn := b.State != nil && s.active != nil && s.active.due(now)
			caused := b.Source == agent.Own && b.State == nil // by the batch before it: one unit, one transaction
			if turn || b.Epoch != batches[0].Epoch || r.need > s.cfg.SegmentBytes/4+marginFor && !caused {
				break
			}
		}
		before := len(s.arena)
		s.arena = s.encoder.frame(s.arena, b)
		r.ends = append(r.ends, len(s.arena))
		r.need += int64(len(s.arena)-before)*5/4 + 64 + 3*int64(len(b.State))
		r.batches = batches[:i+1]
	}
	return r
}

// place makes sure that there is a segment that takes the run.
func (s *Store) place(r run, now uint64) error {
	first, w := r.batches[0], s.active
	if w != nil {
		switch {
		case w.suspect.Load(), w.sum.Epoch != first.Epoch, !w.takes(r):
		case first.State != nil && w.due(now):
		default:
			return nil
		}
		s.seal()
	}
	size := s.cfg.SegmentBytes
	if r.need > size/2 {
		size = powerOfTwo(4*r.need, size, maxSegmentBytes)
	}
	from, _ := first.Stands()
	h := header{Format: segmentForm, Created: s.clock.Wall(), Epoch: first.Epoch, First: from, Before: s.lastMark().Seq}
	g, err := createSegment(s.cfg.Path, size, h, s.epochOf(first, from))
	if err != nil {
		return fmt.Errorf("beginning a segment: %w", err)
	}
	s.active = &writer{segment: g, size: size, born: now, known: tables{}}
	return nil
}

// epochOf gives the epoch's beginning, which may be b itself.
func (s *Store) epochOf(b *agent.Batch, from uint64) epoch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, known := s.epochs[b.Epoch]; known {
		return e
	}
	return epoch{First: from, Epoch: b.Epoch, Prev: b.Prev}
}

// write commits the run to the active segment and shows it to the readers.
func (s *Store) write(r run) error {
	w := s.active
	sum := w.sum.clone()
	for _, b := range r.batches {
		sum.take(b)
	}
	grown := s.tags.learn(w.known, r.batches)
	err := w.update(s.hook, func(tx *bolt.Tx) error {
		if err := writeTags(tx, w.known, grown); err != nil {
			return err
		}
		if err := s.putFrames(tx, r); err != nil {
			return err
		}
		return putSealed(tx.Bucket(bucketHeader), keySummary, &sum)
	})
	if err != nil {
		return err
	}
	if err := w.view(func(tx *bolt.Tx) error { w.filled = tx.Size(); return nil }); err != nil {
		w.filled = w.size // whatever it is, no more goes in
	}
	w.large = max(w.large, r.need-marginFor)
	s.show(r, sum)
	return nil
}

func (s *Store) putFrames(tx *bolt.Tx, r run) error {
	from := 0
	for i, b := range r.batches {
		bucket := tx.Bucket(bucketSource)
		if b.Source == agent.Own {
			bucket = tx.Bucket(bucketOwn)
		}
		bucket.FillPercent = 1 // keys only grow
		if err := bucket.Put(numberKey(b.Seq), s.arena[from:r.ends[i]:r.ends[i]]); err != nil {
			return err
		}
		from = r.ends[i]
		if b.State == nil {
			continue
		}
		if err := putState(tx, b); err != nil {
			return err
		}
	}
	return nil
}

// show lets readers see what is committed.
func (s *Store) show(r run, sum summary) {
	first, last := r.batches[0], r.batches[len(r.batches)-1]
	from, _ := first.Stands()
	began := s.epochOf(first, from)
	w := s.active
	s.mu.Lock()
	defer s.mu.Unlock()
	w.sum = sum
	s.index = s.index.put(span{from: from, to: last.Seq, seg: w.segment})
	s.last = last.Mark
	for _, b := range r.batches {
		s.unit.take(b)
		for _, e := range b.Events {
			if e.Gap != nil {
				s.note(e)
			}
		}
	}
	if !w.listed {
		w.listed = true
		s.segments = append(s.segments, w.segment)
		s.epochs[first.Epoch] = began
		s.pending = append(s.pending, func(tx *bolt.Tx) error {
			return putSealed(tx.Bucket(bucketEpochs), numberKey(began.First), began)
		})
	}
	s.unsaved++
	close(s.grown)
	s.grown = make(chan struct{})
}

// seal ends the active segment. That it is marked as sealed only saves the next
// start a look into it, so an error changes nothing.
func (s *Store) seal() {
	w := s.active
	if w == nil {
		return
	}
	s.active = nil
	if w.listed {
		sum := w.sum.clone()
		sum.Sealed = true
		err := w.update(s.hook, func(tx *bolt.Tx) error { return putSealed(tx.Bucket(bucketHeader), keySummary, &sum) })
		if err != nil {
			s.log.Warn("segment not marked as complete; the next start looks through it", "file", w.path, "err", err)
		}
		s.mu.Lock()
		w.sum = sum
		s.mu.Unlock()
	}
	if err := w.finish(); err != nil {
		s.log.Warn("segment not closed", "file", w.path, "err", err)
	}
	if err := s.persist(); err != nil {
		s.log.Warn("cursors not written", "err", err)
	}
}
