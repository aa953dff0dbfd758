package buffer

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

const (
	saveEvery = uint64(time.Second) // cursors are written at most so often,
	saveAfter = 256                 // or after so many acks
)

// cursor says what an upstream has: all up to Low, and one later stretch
// Lo…Hi that the Newest lane delivered (both 0: none). The store's mu guards it.
type cursor struct {
	Low uint64 `json:"low"`
	Lo  uint64 `json:"lo,omitempty"`
	Hi  uint64 `json:"hi,omitempty"`

	given [2]look // by lane: what Next gave last
}

// look remembers that from pos on, first was the first number there was: the
// numbers between are holes, and are passed with it.
type look struct{ pos, first uint64 }

// ack takes from…to in. What touches neither Low nor the later stretch becomes
// the later stretch when there is none, and is left to be given again when
// there is one.
func (c *cursor) ack(from, to uint64) {
	for _, g := range c.given {
		if from == g.first && g.pos < from {
			from = g.pos
		}
	}
	switch {
	case to < from:
		return
	case from <= c.Low+1:
		c.Low = max(c.Low, to)
	case c.Hi == 0:
		c.Lo, c.Hi = from, to
	case from <= c.Hi+1 && to+1 >= c.Lo:
		c.Lo, c.Hi = min(c.Lo, from), max(c.Hi, to)
	}
	if c.Hi > 0 && c.Lo <= c.Low+1 {
		c.Low, c.Lo, c.Hi = max(c.Low, c.Hi), 0, 0
	}
}

// has reports whether the upstream has all of from…to.
func (c *cursor) has(from, to uint64) bool {
	return to <= c.Low || c.Hi > 0 && c.Lo <= max(from, c.Low+1) && to <= c.Hi
}

// Ack says that the upstream has everything numbered from…to. It is written
// down within a second, so a crash gives at most that much again.
func (s *Store) Ack(upstream string, from, to uint64) {
	s.mu.Lock()
	c, err := s.upstream(upstream)
	if err != nil {
		s.mu.Unlock()
		panic("BUG: ack: " + err.Error())
	}
	c.ack(from, min(to, s.last.Seq))
	s.unsaved++
	save := s.unsaved >= saveAfter || s.clock.Mono()-s.savedAt >= saveEvery
	s.mu.Unlock()
	if !save {
		return
	}
	if err := s.persist(); err != nil {
		s.log.Warn("cursors not written; a crash now repeats deliveries", "err", err)
	}
}

// persist writes the cursors, the last mark and all that waited for it. What it
// could not write waits on.
func (s *Store) persist() error {
	s.persisting.Lock()
	defer s.persisting.Unlock()
	s.mu.Lock()
	if s.unsaved == 0 && len(s.pending) == 0 {
		s.mu.Unlock()
		return nil
	}
	acks, waiting := s.unsaved, s.pending
	s.unsaved, s.pending, s.savedAt = 0, nil, s.clock.Mono()
	cursors := make(map[string]cursor, len(s.upstreams))
	for name, c := range s.upstreams {
		cursors[name] = *c
	}
	last := s.last
	var newest *summary
	if n := len(s.segments); n > 0 {
		sum := s.segments[n-1].sum.clone()
		newest = &sum
	}
	s.mu.Unlock()

	err := s.meta.update(func(tx *bolt.Tx) error {
		for _, write := range waiting {
			if err := write(tx); err != nil {
				return err
			}
		}
		for name, c := range cursors {
			if err := putSealed(tx.Bucket(bucketCursors), []byte(name), c); err != nil {
				return err
			}
		}
		if newest != nil {
			if err := putSealed(tx.Bucket(bucketSegments), numberKey(newest.First), newest); err != nil {
				return err
			}
		}
		return putSealed(tx.Bucket(bucketMeta), keyLast, last)
	})
	if err != nil {
		s.mu.Lock()
		s.unsaved += acks
		s.pending = append(waiting, s.pending...)
		s.mu.Unlock()
	}
	return err
}

// ackedByAll reports whether every configured upstream has from…to. The caller
// holds mu.
func (s *Store) ackedByAll(from, to uint64) bool {
	for _, c := range s.upstreams {
		if !c.has(from, to) {
			return false
		}
	}
	return true
}

// lanes gives where an upstream is to be served from, the preferred lane first.
// The caller holds mu.
func (s *Store) lanes(c *cursor, prefer agent.Lane) []stretch {
	oldest := stretch{lane: agent.Oldest, pos: c.Low + 1, limit: s.last.Seq}
	if c.Hi > 0 {
		oldest.limit, oldest.historical = c.Lo-1, true
	}
	newest := stretch{lane: agent.Newest, pos: c.Hi + 1, limit: s.last.Seq}
	if c.Hi == 0 {
		newest.pos = max(s.unit.from, c.Low+1)
	}
	if prefer == agent.Newest {
		return []stretch{newest, oldest}
	}
	return []stretch{oldest, newest}
}

// stretch is where a lane looks: the numbers pos…limit.
type stretch struct {
	lane       agent.Lane
	pos, limit uint64
	historical bool
}
