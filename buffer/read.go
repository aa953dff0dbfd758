package buffer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

var errAbsent = errors.New("batches were written and are not there")

// reader reads batches. It has one owner at a time, and its memory is used
// again by every read.
type reader struct {
	dec     decoder
	arena   []byte
	numbers []uint64
	ends    []int
	known   tables
	ended   bool // the last fill reached the end of what it was asked for

	ownOnly bool             // pass over source batches
	skip    func(*head) bool // pass over batches after their check; nil: none
}

func (s *Store) newReader() *reader {
	return &reader{dec: decoder{zstd: s.unpacker, names: map[string]string{}}}
}

// fill copies the frames numbered from…to out of the segment, until they are
// about a megabyte or have so many rows.
func (rd *reader) fill(g *segment, c *catalog, from, to uint64, rows int) error {
	rd.arena, rd.numbers, rd.ends, rd.ended = rd.arena[:0], rd.numbers[:0], rd.ends[:0], false
	return g.view(func(tx *bolt.Tx) (err error) {
		if rd.known, err = c.tables(tx); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		own := pointAt(tx.Bucket(bucketOwn).Cursor(), from)
		source := &place{}
		if !rd.ownOnly {
			source = pointAt(tx.Bucket(bucketSource).Cursor(), from)
		}
		for len(rd.arena) < copiedAtOnce && rows > 0 {
			p := own
			if own.key == nil || source.key != nil && bytes.Compare(source.key, own.key) < 0 {
				p = source
			}
			if p.key == nil {
				rd.ended = true
				return nil
			}
			if len(p.key) != 8 {
				return fmt.Errorf("%w: a key is %d bytes long", errDamaged, len(p.key))
			}
			number := binary.BigEndian.Uint64(p.key)
			if number > to {
				rd.ended = true
				return nil
			}
			if n := len(rd.numbers); n > 0 && rd.numbers[n-1] >= number {
				return fmt.Errorf("%w: numbers out of order at %d", errDamaged, number)
			}
			rows -= rd.take(number, p.value)
			p.next()
		}
		return nil
	})
}

// take copies a frame and gives the rows it says it has.
func (rd *reader) take(number uint64, frame []byte) int {
	rd.arena = append(rd.arena, frame...)
	rd.numbers = append(rd.numbers, number)
	rd.ends = append(rd.ends, len(rd.arena))
	if len(frame) < leastFrame {
		return 1
	}
	return max(1, int(peek(frame).rows))
}

// place is a bucket's cursor and what it points at.
type place struct {
	cursor     *bolt.Cursor
	key, value []byte
}

func pointAt(c *bolt.Cursor, from uint64) *place {
	p := &place{cursor: c}
	p.key, p.value = c.Seek(numberKey(from))
	return p
}

func (p *place) next() { p.key, p.value = p.cursor.Next() }

func (rd *reader) frame(i int) []byte {
	from := 0
	if i > 0 {
		from = rd.ends[i-1]
	}
	return rd.arena[from:rd.ends[i]]
}

// open checks the ith frame and decodes it; nil when the reader passes over it.
func (rd *reader) open(i int) (*agent.Batch, error) {
	h, payload, err := openFrame(rd.frame(i))
	if err != nil {
		return nil, err
	}
	if h.mark.Seq != rd.numbers[i] {
		return nil, fmt.Errorf("%w: batch %s lies under number %d", errDamaged, h.mark, rd.numbers[i])
	}
	if rd.skip != nil && rd.skip(&h) {
		return nil, nil
	}
	return rd.dec.body(h, payload, rd.known)
}

// read gives stored batches from number pos on, all from one file, and the
// number to go on from; next is 0 when pos…limit has nothing. What turns out to
// be damaged is replaced by a stand-in, which is then read instead.
func (s *Store) read(rd *reader, pos, limit uint64, rows int) (batches []*agent.Batch, next uint64, err error) {
	for {
		s.mu.Lock()
		at, ok := s.index.at(pos)
		s.mu.Unlock()
		if !ok || at.from > limit {
			return nil, 0, nil
		}
		if at.kept != nil {
			b, err := s.readKept(rd, at.kept)
			if b != nil {
				batches = append(batches, b)
			}
			return batches, at.to + 1, err
		}
		batches, next, err := s.readSegment(rd, at.seg, max(pos, at.from), min(limit, at.to), rows)
		var bad *badFrame
		switch {
		case err == nil:
			if next > min(limit, at.to) {
				next = at.to + 1
			}
			return batches, next, nil
		case errors.Is(err, errGone):
		case errors.As(err, &bad):
			if err := s.condemn(at.seg, bad); err != nil {
				return nil, 0, err
			}
		case errors.Is(err, errDamaged):
			if err := s.replace(at.seg, err); err != nil {
				return nil, 0, err
			}
		default:
			return nil, 0, err
		}
	}
}

// badFrame is a batch that cannot be read, or some that are not there, in a file
// that otherwise can be read.
type badFrame struct {
	numbers
	after *agent.Batch // the one read before it, if any
	error
}

func (b *badFrame) Unwrap() error { return b.error }

func (s *Store) readSegment(rd *reader, g *segment, from, to uint64, rows int) (batches []*agent.Batch, next uint64, err error) {
	if err := rd.fill(g, s.tags, from, to, rows); err != nil {
		return nil, 0, err
	}
	if bad := s.absent(rd, g, from, to); bad != nil {
		return nil, 0, bad
	}
	next = to + 1
	if n := len(rd.numbers); !rd.ended && n > 0 {
		next = rd.numbers[n-1] + 1
	}
	var last *agent.Batch
	for i := range rd.numbers {
		b, err := rd.open(i)
		if errors.Is(err, errFrame) {
			return nil, 0, &badFrame{numbers{rd.numbers[i], rd.numbers[i]}, last, err}
		}
		if err != nil {
			return nil, 0, err
		}
		if b != nil {
			batches = append(batches, b)
			last = b
		}
	}
	return batches, next, nil
}

// absent finds numbers that were written and are not there: bbolt does not
// notice when a page has lost some of its keys.
func (s *Store) absent(rd *reader, g *segment, from, to uint64) *badFrame {
	if rd.ownOnly {
		return nil
	}
	s.mu.Lock()
	without := g.sum.Without
	s.mu.Unlock()
	missing := func(from, to uint64) *badFrame {
		known := func(n numbers) bool { return n.From <= from && to <= n.To }
		if from > to || slices.ContainsFunc(without, known) {
			return nil
		}
		return &badFrame{numbers: numbers{from, to}, error: errAbsent}
	}
	for _, n := range rd.numbers {
		if bad := missing(from, n-1); bad != nil {
			return bad
		}
		from = n + 1
	}
	if !rd.ended {
		return nil
	}
	return missing(from, to)
}
