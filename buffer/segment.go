package buffer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Buckets of a segment. Source batches and own batches lie apart, so that
// results and events are found without passing over readings.
var (
	bucketHeader = []byte("h")
	bucketTags   = []byte("t") // generation → tags
	bucketSource = []byte("c") // number → frame
	bucketOwn    = []byte("o") // number → frame
	bucketEpochs = []byte("e") // first number → epoch
	bucketStates = []byte("s") // first, last → checkpoint

	keyHeader  = []byte("header")
	keySummary = []byte("summary")
	keyFirst   = []byte("first")
	keyLast    = []byte("last")
)

func segmentBuckets() [][]byte {
	return [][]byte{bucketHeader, bucketTags, bucketSource, bucketOwn, bucketEpochs, bucketStates}
}

const (
	tempSuffix   = ".tmp"
	segmentForm  = 1
	copiedAtOnce = 1 << 20 // bytes that one transaction hands out
)

// errGone says that the segment has been dropped meanwhile: ask the index again.
var errGone = errors.New("segment dropped")

// header is written once, when the segment is made.
type header struct {
	Format  int       `json:"format"`
	Created time.Time `json:"created"`
	Epoch   uint64    `json:"epoch"`
	First   uint64    `json:"first"`
	Before  uint64    `json:"before"` // last number of the segment before
}

// epoch says where an epoch begins and what it names as its predecessor.
type epoch struct {
	First uint64     `json:"first"`
	Epoch uint64     `json:"epoch"`
	Prev  agent.Mark `json:"prev"`
}

// segment is one file of batches of one epoch. One goroutine writes to it while
// it is the newest; any number read.
type segment struct {
	path   string
	before uint64
	sum    summary // guarded by the store's mu

	writing atomic.Bool // Append has it
	used    atomic.Bool // read since the janitor last looked
	suspect atomic.Bool // damage was seen while it was being written

	mu   sync.RWMutex // guards db and gone: shared while a transaction runs
	db   *bolt.DB     // nil: not open
	gone bool
}

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("seg-%016x.db", first))
}

// createSegment makes the file and opens it for writing.
func createSegment(dir string, size int64, h header, e epoch) (*segment, error) {
	g := &segment{path: segmentPath(dir, h.First), before: h.Before}
	g.sum = summary{Epoch: h.Epoch, First: h.First, Rows: map[string]int{}}
	if err := removed(g.path); err != nil { // what a failed commit left, in doubt and superseded
		return nil, err
	}
	err := createFile(g.path, size, func(tx *bolt.Tx) error {
		if err := createBuckets(tx, segmentBuckets()); err != nil {
			return err
		}
		if e.First == h.First {
			if err := putEpoch(tx, e); err != nil {
				return err
			}
		}
		return putSealed(tx.Bucket(bucketHeader), keyHeader, h)
	})
	if err != nil {
		return nil, err
	}
	g.db, err = openFile(g.path, size)
	g.writing.Store(true)
	return g, err
}

func putEpoch(tx *bolt.Tx, e epoch) error {
	return putSealed(tx.Bucket(bucketEpochs), numberKey(e.First), e)
}

func putSealed(b *bolt.Bucket, key []byte, v any) error {
	value, err := sealed(v)
	if err != nil {
		return err
	}
	return b.Put(key, value)
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// update commits what fn writes. After an error the file is closed and never
// written again.
func (g *segment) update(hook commitHook, fn func(*bolt.Tx) error) error {
	g.mu.RLock()
	err := hook.run(g.path, func() error { return g.db.Update(fn) })
	g.mu.RUnlock()
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", filepath.Base(g.path), err), g.finish())
	}
	return nil
}

// finish ends the writing.
func (g *segment) finish() error {
	err := g.close()
	g.writing.Store(false)
	return err
}

// view reads, opening the file when it is not open.
func (g *segment) view(fn func(*bolt.Tx) error) error {
	g.used.Store(true)
	for {
		g.mu.RLock()
		if g.gone {
			g.mu.RUnlock()
			return errGone
		}
		if g.db != nil {
			err := guarded(func() error { return g.db.View(fn) })
			g.mu.RUnlock()
			return err
		}
		g.mu.RUnlock()
		if err := g.open(); err != nil {
			return err
		}
	}
}

func (g *segment) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone || g.db != nil {
		return nil
	}
	db, err := openReading(g.path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %s is not there", errDamaged, filepath.Base(g.path))
	}
	g.db = db
	return err
}

// close waits for the readers. A later view opens the file again, for reading.
func (g *segment) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut()
}

// leave closes the file for good; whoever comes later is told that it is gone.
func (g *segment) leave() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	return g.shut()
}

func (g *segment) shut() error {
	if g.db == nil {
		return nil
	}
	db := g.db
	g.db = nil
	return guarded(db.Close)
}

// readHead gives what the file says of itself.
func (g *segment) readHead() (h header, sum summary, epochs []epoch, err error) {
	err = g.view(func(tx *bolt.Tx) error {
		if err := hasBuckets(tx, segmentBuckets()); err != nil {
			return err
		}
		b := tx.Bucket(bucketHeader)
		if err := unseal(b.Get(keyHeader), &h); err != nil {
			return fmt.Errorf("%w: header: %w", errDamaged, err)
		}
		if h.Format != segmentForm {
			return fmt.Errorf("%s is of format %d, this program knows %d; use a newer program", filepath.Base(g.path), h.Format, segmentForm)
		}
		if value := b.Get(keySummary); value != nil {
			if err := unseal(value, &sum); err != nil {
				return fmt.Errorf("%w: summary: %w", errDamaged, err)
			}
		}
		return forEach(tx.Bucket(bucketEpochs), func(_, value []byte) error {
			var e epoch
			if err := unseal(value, &e); err != nil {
				return fmt.Errorf("%w: epoch: %w", errDamaged, err)
			}
			epochs = append(epochs, e)
			return nil
		})
	})
	return h, sum, epochs, err
}

// Checkpoints are kept beside the frames: the segment's first and its newest, and
// some between (checkpoints.go).
func putState(tx *bolt.Tx, b *agent.Batch) error {
	value := appendMark(nil, b.Mark)
	value = appendString(value, string(b.State))
	value = binary.LittleEndian.AppendUint32(value, checksum(value))
	states := tx.Bucket(bucketStates)
	if err := keepState(states, b); err != nil {
		return err
	}
	if states.Get(keyFirst) == nil {
		if err := states.Put(keyFirst, value); err != nil {
			return err
		}
	}
	return states.Put(keyLast, value)
}

// state gives the newest sound checkpoint of the segment.
func (g *segment) state() (mark agent.Mark, state []byte, err error) {
	err = g.view(func(tx *bolt.Tx) error {
		for _, key := range [][]byte{keyLast, keyFirst} {
			value := tx.Bucket(bucketStates).Get(key)
			end := len(value) - sumSize
			if end < 0 || checksum(value[:end]) != binary.LittleEndian.Uint32(value[end:]) {
				continue
			}
			in := input{b: value[:end]}
			if mark, state = in.mark(), []byte(in.str()); !in.bad {
				return nil
			}
		}
		mark, state = agent.Mark{}, nil
		return nil
	})
	return mark, state, err
}
