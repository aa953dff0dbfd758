package buffer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"recoup/agent"
)

// Buckets of meta.db. It also has bucketEpochs, with the epochs of segments
// that are gone, and bucketTags, of the rows set aside.
var (
	bucketMeta     = []byte("m")        // last → the last mark ever used
	bucketCursors  = []byte("cursors")  // upstream → cursor
	bucketGaps     = []byte("gaps")     // from, to → gap event
	bucketSegments = []byte("segments") // first number → summary
	bucketRejected = []byte("rejected") // count → rows set aside
)

// openMeta opens meta.db, whose lock is the lock of the folder.
func (s *Store) openMeta() error {
	buckets := [][]byte{bucketMeta, bucketCursors, bucketGaps, bucketSegments, bucketRejected, bucketEpochs, bucketTags}
	var err error
	s.meta, err = s.openOrReplace("meta.db", "cursors begin anew, so everything stored is delivered again", buckets)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("another recoup uses the buffer folder %s; stop it, or give this one another buffer.path", s.cfg.Path)
	}
	return err
}

// openOrReplace opens a book; a damaged one is set aside and begun anew.
func (s *Store) openOrReplace(name, loss string, buckets [][]byte) (*book, error) {
	path := filepath.Join(s.cfg.Path, name)
	k, err := openBook(path, s.hook, buckets...)
	if !errors.Is(err, errDamaged) {
		return k, err
	}
	s.log.Error("file of the buffer damaged; moved to quarantine: "+loss, "file", name, "err", err)
	if err := s.quarantine(path, err, nil); err != nil {
		return nil, err
	}
	return openBook(path, s.hook, buckets...)
}

func gapBytes(k gapKey) []byte { return binary.BigEndian.AppendUint64(numberKey(k.from), k.to) }

func putGap(tx *bolt.Tx, key gapKey, e agent.Event) error {
	value := appendEvent(nil, &e)
	value = binary.LittleEndian.AppendUint32(value, checksum(value))
	return tx.Bucket(bucketGaps).Put(gapBytes(key), value)
}

// loadMeta reads what meta.db remembers. A record that cannot be read is left
// out and told of.
func (s *Store) loadMeta() (known map[uint64]summary, err error) {
	known = map[uint64]summary{}
	err = s.meta.view(func(tx *bolt.Tx) error {
		if value := tx.Bucket(bucketMeta).Get(keyLast); value != nil {
			s.tell("last mark", unseal(value, &s.last))
		}
		for name, c := range s.upstreams {
			if value := tx.Bucket(bucketCursors).Get([]byte(name)); value != nil {
				s.tell("cursor of "+name, unseal(value, c))
			}
		}
		each := func(bucket []byte, take func(key, value []byte) error) {
			s.tell("bucket "+string(bucket), forEach(tx.Bucket(bucket), func(key, value []byte) error {
				s.tell("bucket "+string(bucket), take(key, value))
				return nil
			}))
		}
		each(bucketSegments, func(_, value []byte) error {
			var sum summary
			err := unseal(value, &sum)
			if err == nil {
				known[sum.First] = sum
			}
			return err
		})
		each(bucketEpochs, func(_, value []byte) error {
			var e epoch
			err := unseal(value, &e)
			if err == nil {
				s.epochs[e.Epoch] = e
			}
			return err
		})
		each(bucketGaps, s.loadGap)
		each(bucketRejected, func(_, value []byte) error {
			r, err := openRejected(value)
			if err == nil {
				s.rejected[r.upstream] += r.rows
			}
			return err
		})
		return nil
	})
	return known, err
}

func (s *Store) tell(what string, err error) {
	if err != nil {
		s.log.Error("record in meta.db unreadable and left out", "record", what, "err", err)
	}
}

func (s *Store) loadGap(_, value []byte) error {
	end := len(value) - sumSize
	if end < 0 || checksum(value[:end]) != binary.LittleEndian.Uint32(value[end:]) {
		return errRecord
	}
	in := input{b: value[:end]}
	e := in.event()
	if in.bad || e.Gap == nil {
		return errRecord
	}
	s.ledger[gapKey{e.Gap.From.Seq, e.Gap.To.Seq}] = e
	return nil
}
