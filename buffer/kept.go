package buffer

import (
	"bytes"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Buckets of kept.db.
var (
	bucketStands = []byte("b") // last number stood for → frame
	bucketNotes  = []byte("i") // the same → keptNote
)

// keptNote says what a stand-in stands for, so that it need not be read to be
// passed over.
type keptNote struct {
	Epoch   uint64 `json:"epoch"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
	Span    extent `json:"span"`
	Results extent `json:"results"`
	Events  extent `json:"events"`

	Rows map[string]int `json:"rows,omitempty"` // the gap's own, as in the ledger
}

// keep stores a stand-in durably in place of those within its stretch, and lets
// it count instead of what it stands for. The gap's own rows, without those of
// gaps it took in, go into the ledger.
func (s *Store) keep(stand *agent.Batch, ownRows map[string]int) error {
	from, _ := stand.Stands()
	sum := summary{Rows: map[string]int{}}
	sum.take(stand)
	note := &keptNote{Epoch: stand.Epoch, From: from, To: stand.Seq, Span: sum.Span, Results: sum.Results, Events: sum.Events, Rows: ownRows}
	enc := encoder{zstd: s.packer}
	frame := enc.frame(nil, stand)
	err := s.kept.update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketStands, bucketNotes} {
			if err := deleteFrom(tx.Bucket(name), from, stand.Seq); err != nil {
				return err
			}
		}
		if err := tx.Bucket(bucketStands).Put(numberKey(stand.Seq), frame); err != nil {
			return err
		}
		return putSealed(tx.Bucket(bucketNotes), numberKey(stand.Seq), note)
	})
	if err != nil {
		return fmt.Errorf("keeping results and events of %d…%d: %w", from, stand.Seq, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = s.index.put(span{from: from, to: stand.Seq, kept: note})
	s.note(ledgerEntry(stand, note))
	return nil
}

// ledgerEntry is the stand-in's gap with its own rows only.
func ledgerEntry(stand *agent.Batch, note *keptNote) agent.Event {
	entry := stand.Events[0]
	gap := *entry.Gap
	gap.Rows = note.Rows
	entry.Gap = &gap
	return entry
}

// deleteFrom deletes the keys in [from, to).
func deleteFrom(b *bolt.Bucket, from, to uint64) error {
	var keys [][]byte
	cursor := b.Cursor()
	for k, _ := cursor.Seek(numberKey(from)); k != nil && bytes.Compare(k, numberKey(to)) < 0; k, _ = cursor.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// readKept gives a stand-in. nil without an error: the reader passes over it.
func (s *Store) readKept(rd *reader, note *keptNote) (*agent.Batch, error) {
	rd.arena = rd.arena[:0]
	err := s.kept.view(func(tx *bolt.Tx) error {
		rd.arena = append(rd.arena, tx.Bucket(bucketStands).Get(numberKey(note.To))...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading kept.db: %w", err)
	}
	h, payload, err := openFrame(rd.arena)
	if err == nil && h.mark.Seq != note.To {
		err = errFrame
	}
	if err == nil && rd.skip != nil && rd.skip(&h) {
		return nil, nil
	}
	var b *agent.Batch
	if err == nil {
		b, err = rd.dec.body(h, payload, nil)
	}
	if err == nil {
		return b, nil
	}
	// The results are lost, the gap is not: the ledger has it.
	s.log.Error("stand-in damaged; its results and events are lost", "from", note.From, "to", note.To, "err", err)
	s.mu.Lock()
	entry, known := s.ledger[gapKey{note.From, note.To}]
	s.mu.Unlock()
	if !known {
		entry = bareGap(agent.Mark{Epoch: note.Epoch, Seq: note.From}, agent.Mark{Epoch: note.Epoch, Seq: note.To}, instant(note.Span.To))
		entry.Gap.Rows = note.Rows
	}
	stand := standFor(entry, "kept.db")
	if err := s.keep(stand, entry.Gap.Rows); err != nil {
		return nil, err
	}
	return stand, nil
}

// bareGap is a gap of which only the numbers are known.
func bareGap(from, to agent.Mark, at time.Time) agent.Event {
	return agent.Event{Kind: agent.GapRecorded, Key: to.String(), Start: at, End: at,
		Reason: agent.Reason{Code: agent.Damaged, Detail: "a file of the buffer is damaged; how many readings it held is not known"},
		Gap:    &agent.Gap{From: from, To: to, First: at, Last: at}}
}

// standFor makes the stand-in of a gap that damage to a file left.
func standFor(gap agent.Event, file string) *agent.Batch {
	return &agent.Batch{Mark: gap.Gap.To, Source: agent.Own, Received: gap.Gap.Last, Events: []agent.Event{gap,
		{Kind: agent.SegmentDamaged, Key: file, Start: gap.Start, End: gap.Start, Reason: agent.Reason{Code: agent.Damaged, Detail: "moved to quarantine"}}}}
}
