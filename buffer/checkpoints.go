package buffer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Beside a segment's first and newest checkpoint the first one of every six
// hours is kept, so that going once more through a time of the past begins not
// far from it. They are large; one every minute would outgrow the readings.
const keptEvery = 6 * 3600 // seconds

var keyKept = []byte("kept") // and the received time, Unix seconds, big-endian

func keptKey(seconds int64) []byte {
	return binary.BigEndian.AppendUint64(slices.Clone(keyKept), uint64(max(0, seconds)))
}

// keepState keeps b's checkpoint unless one of the same six hours is kept.
func keepState(states *bolt.Bucket, b *agent.Batch) error {
	at := max(0, b.Received.Unix())
	begin := keptKey(at - at%keptEvery)
	if key, _ := states.Cursor().Seek(begin); key != nil && bytes.HasPrefix(key, keyKept) && bytes.Compare(key, keptKey(at-at%keptEvery+keptEvery)) < 0 {
		return nil
	}
	value := appendTime(appendMark(nil, b.Mark), b.Received)
	value = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(value, b.Boot), b.Mono)
	value = appendString(value, string(b.State))
	return states.Put(keptKey(at), binary.LittleEndian.AppendUint32(value, checksum(value)))
}

// keptBefore gives the segment's newest kept checkpoint received up to t, nil for
// none that is sound.
func (g *segment) keptBefore(t time.Time) (newest *agent.Batch, err error) {
	err = g.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketStates).Cursor()
		for key, value := c.Seek(keyKept); key != nil && bytes.HasPrefix(key, keyKept); key, value = c.Next() {
			end := len(value) - sumSize
			if end < 0 || checksum(value[:end]) != binary.LittleEndian.Uint32(value[end:]) {
				continue
			}
			in := input{b: value[:end]}
			b := &agent.Batch{Mark: in.mark(), Source: agent.Own, Received: in.time(), Boot: in.uint64(), Mono: in.uint64()}
			b.State = bytes.Clone(in.bytes(in.count(1)))
			if !in.bad && !b.Received.After(t) && (newest == nil || b.Seq > newest.Seq) {
				newest = b
			}
		}
		return nil
	})
	return newest, err
}

// Checkpoint gives the newest checkpoint that is kept of those received up to t,
// with the mark and the clock of the batch it rode on; nil for none.
func (s *Store) Checkpoint(t time.Time) (*agent.Batch, error) {
	s.mu.Lock()
	segments := slices.Clone(s.segments)
	s.mu.Unlock()
	for _, g := range slices.Backward(segments) {
		b, err := g.keptBefore(t)
		if errors.Is(err, errGone) || errors.Is(err, errDamaged) {
			continue // dropped meanwhile, or to be found damaged when its batches are read
		}
		if err != nil || b != nil {
			return b, err
		}
	}
	return nil, nil
}
