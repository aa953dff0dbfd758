package buffer

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Reject sets rows of b aside in meta.db for people, with the reason. It acks
// nothing.
func (s *Store) Reject(upstream string, b *agent.Batch, rows agent.Rows, why error) error {
	s.mu.Lock()
	_, err := s.upstream(upstream)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	part := rows.Of(b)
	known := tables{}
	grown := s.tags.learn(known, []*agent.Batch{part})
	enc := encoder{zstd: s.packer}
	r := rejectedRows{upstream: upstream, at: s.clock.Wall(), why: why.Error(), rows: part.Rows(), frame: enc.frame(nil, part)}
	err = s.meta.update(func(tx *bolt.Tx) error {
		if err := s.mergeTags(tx, known, grown); err != nil {
			return err
		}
		bucket := tx.Bucket(bucketRejected)
		n, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		return bucket.Put(numberKey(n), r.append(nil))
	})
	if err != nil {
		return fmt.Errorf("setting rows aside: %w", err)
	}
	s.mu.Lock()
	s.rejected[upstream] += r.rows
	s.mu.Unlock()
	return nil
}

// mergeTags adds the tags to those that the file has.
func (s *Store) mergeTags(tx *bolt.Tx, known tables, gens map[uint32]bool) error {
	stored, err := s.tags.tables(tx)
	if err != nil {
		return err
	}
	for gen := range gens {
		all := tables{gen: slices.Clone(stored[gen])}
		for _, tag := range known[gen] {
			if tag != nil {
				all.place(tag)
			}
		}
		if err := writeTags(tx, all, map[uint32]bool{gen: true}); err != nil {
			return err
		}
	}
	return nil
}

// rejectedRows are rows that an upstream will never take.
type rejectedRows struct {
	upstream string
	at       time.Time
	why      string
	rows     int
	frame    []byte
}

func (r *rejectedRows) append(dst []byte) []byte {
	dst = appendTime(appendString(dst, r.upstream), r.at)
	dst = binary.AppendUvarint(appendString(dst, r.why), uint64(r.rows))
	return append(dst, r.frame...)
}

// openRejected reads the record; its frame shares the record's memory.
func openRejected(value []byte) (r rejectedRows, err error) {
	in := input{b: value}
	r = rejectedRows{upstream: in.str(), at: in.time(), why: in.str(), rows: int(in.uvarint())}
	r.frame = in.b
	if in.bad {
		return r, errRecord
	}
	return r, nil
}
