package main

import (
	"bufio"
	"cmp"
	"context"
	bits "encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"recoup/agent"
)

const (
	roomToSort = 2 << 20 // rows, 24 bytes each, and 4 for the order
	mostOpen   = 64      // files that are read at the same time
)

// sort makes runs of what cannot be read in time order as it stands: files that
// are out of order, and files in which more lie at the same time than may be open.
func (rec *recording) sort(ctx context.Context) error {
	s := sorter{rec: rec, rows: make([]recorded, 0, 1024)}
	for _, f := range rec.files {
		f.sorted = f.sorted && rec.besides(f) < mostOpen
		if f.sorted {
			continue
		}
		if err := s.take(ctx, f); err != nil {
			return errors.Join(err, rec.close())
		}
	}
	if len(s.rows) > 0 {
		rows := s.ordered()
		rec.runs = append(rec.runs, &sortedRun{rows: rows, first: rows[0].at})
	}
	return nil
}

// besides counts the files before f, to be read as they stand, that f would be
// open with.
func (rec *recording) besides(f *recordedFile) (n int) {
	for _, other := range rec.files {
		if other.number < f.number && other.sorted && other.first <= f.last && other.last >= f.first {
			n++
		}
	}
	return n
}

// sorter gathers rows in the order of the files.
type sorter struct {
	rec  *recording
	rows []recorded
}

func (s *sorter) take(ctx context.Context, f *recordedFile) error {
	rows, err := f.open(s.rec.known)
	if err != nil {
		return err
	}
	defer rows.close()
	for {
		at := len(s.rows)
		s.rows = slices.Grow(s.rows, min(1024, s.rec.room-at))
		room := s.rows[at:min(cap(s.rows), s.rec.room)]
		n, err := rows.fill(room, always())
		s.rows = s.rows[:at+n]
		if rows.ended(err) {
			s.rec.counts.add(&rows.counts)
			return nil
		}
		if err == nil && len(s.rows) == s.rec.room {
			err = s.spill()
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
}

// ordered gives the rows in time order, those of one time as they came.
func (s *sorter) ordered() []recorded {
	order := make([]uint32, len(s.rows))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.rows[a].at, s.rows[b].at), cmp.Compare(a, b))
	})
	sorted := make([]recorded, len(order))
	for i, at := range order {
		sorted[i] = s.rows[at]
	}
	return sorted
}

// spill writes what was gathered to the disk.
func (s *sorter) spill() (err error) {
	rec := s.rec
	defer func() {
		if err != nil {
			err = fmt.Errorf("readings that are out of order are sorted in %s, which failed: %w; set TMPDIR (Windows: TMP) to a folder with more room", os.TempDir(), err)
		}
	}()
	if rec.dir == "" {
		if rec.dir, err = os.MkdirTemp("", "recoup-replay-"); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(rec.dir, "run-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	rows := s.ordered()
	rec.runs = append(rec.runs, &sortedRun{path: f.Name(), first: rows[0].at})
	w := bufio.NewWriterSize(f, 1<<18)
	var packed [packedRow]byte
	for i := range rows {
		rows[i].pack(&packed)
		if _, err := w.Write(packed[:]); err != nil {
			return err
		}
	}
	s.rows = s.rows[:0]
	return w.Flush()
}

const packedRow = 24 // bytes

func (r *recorded) pack(into *[packedRow]byte) {
	bits.LittleEndian.PutUint64(into[0:], uint64(r.at))
	bits.LittleEndian.PutUint64(into[8:], r.bits)
	bits.LittleEndian.PutUint32(into[16:], uint32(r.tag))
	bits.LittleEndian.PutUint16(into[20:], r.file)
	into[22], into[23] = r.how, byte(r.reason)
}

func (r *recorded) unpack(from []byte) {
	r.at, r.bits = int64(bits.LittleEndian.Uint64(from)), bits.LittleEndian.Uint64(from[8:])
	r.tag, r.file = int32(bits.LittleEndian.Uint32(from[16:])), bits.LittleEndian.Uint16(from[20:])
	r.how, r.reason = from[22], agent.Code(from[23])
}

// sortedRun is sorted rows, in memory or in a file.
type sortedRun struct {
	rows  []recorded
	path  string
	first int64
}

// runReader reads a run from its beginning.
type runReader struct {
	rows []recorded
	file *os.File // nil: in memory
	in   *bufio.Reader
	page [packedRow]byte
}

func (r *sortedRun) open() (*runReader, error) {
	if r.path == "" {
		return &runReader{rows: r.rows}, nil
	}
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	return &runReader{file: f, in: bufio.NewReaderSize(f, 1<<16)}, nil
}

func (r *runReader) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// fill is like that of rowReader.
func (r *runReader) fill(into []recorded, s stretch) (n int, err error) {
	for n < len(into) {
		row, err := r.row()
		if err != nil || row.at >= s.to {
			return n, cmp.Or(err, io.EOF)
		}
		if row.at >= s.from {
			into[n] = row
			n++
		}
	}
	return n, nil
}

func (r *runReader) row() (row recorded, err error) {
	switch {
	case r.file != nil:
		if _, err = io.ReadFull(r.in, r.page[:]); err == nil {
			row.unpack(r.page[:])
		}
	case len(r.rows) == 0:
		err = io.EOF
	default:
		row, r.rows = r.rows[0], r.rows[1:]
	}
	return row, err
}
