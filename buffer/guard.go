package buffer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// bbolt trusts its files: a damaged one makes it panic, and a shortened one
// makes the processor fault in the map. Here that becomes an error.

const (
	pageSize  = 4096
	allocSize = 1 << 20
	boltMagic = 0xED0CDAED
	fileMode  = 0o640
	dirMode   = 0o750
)

var errDamaged = errors.New("damaged file")

// guarded calls fn; a panic or a fault in the map becomes errDamaged.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return fn()
}

// whole checks that a file is as long as its own meta pages say. An empty file
// would otherwise be taken for a new one, and a short one would fault.
func whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	metas := 0
	page := make([]byte, 80)
	for i := range int64(2) {
		if _, err := f.ReadAt(page, i*pageSize); err != nil {
			break
		}
		sum := fnv.New64a()
		sum.Write(page[16:72])
		if binary.NativeEndian.Uint32(page[16:]) != boltMagic || binary.NativeEndian.Uint64(page[72:]) != sum.Sum64() {
			continue // bbolt goes by the other one
		}
		metas++
		size, high := uint64(binary.NativeEndian.Uint32(page[24:])), binary.NativeEndian.Uint64(page[56:])
		if size == 0 || high > uint64(info.Size())/size {
			return fmt.Errorf("%w: it is shorter than it says", errDamaged)
		}
	}
	if metas == 0 {
		return fmt.Errorf("%w: it has no meta page", errDamaged)
	}
	return nil
}

// options for every file. NoFreelistSync stays false: without a stored freelist
// bbolt walks the file in a goroutine of its own, where nothing can recover.
func options(size int64) *bolt.Options {
	return &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType, PageSize: pageSize,
		InitialMmapSize: int(size), MaxSize: int(size)}
}

// openFile opens an existing file for writing; a size of 0 sets no limit.
func openFile(path string, size int64) (*bolt.DB, error) {
	return openWith(path, options(size))
}

// openReading opens an existing file for reading.
func openReading(path string) (*bolt.DB, error) {
	opts := options(0)
	opts.ReadOnly = true
	return openWith(path, opts)
}

func openWith(path string, opts *bolt.Options) (*bolt.DB, error) {
	if err := whole(path); err != nil {
		return nil, fmt.Errorf("opening %s: %w", filepath.Base(path), err)
	}
	return openBolt(path, opts)
}

func openBolt(path string, opts *bolt.Options) (db *bolt.DB, err error) {
	err = guarded(func() (err error) {
		db, err = bolt.Open(path, fileMode, opts)
		return err
	})
	switch {
	case err == nil:
		db.AllocSize = allocSize
		if opts.MaxSize > 0 {
			db.AllocSize = min(allocSize, opts.MaxSize/64)
		}
		return db, nil
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil, fmt.Errorf("opening %s: %w", filepath.Base(path), err)
}

// createFile makes a file that is either there with all that fill writes, or
// not at all: bbolt's first pages are not written in one piece.
func createFile(path string, size int64, fill func(*bolt.Tx) error) (err error) {
	temp := path + tempSuffix
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp) // the next start would remove it too
		}
	}()
	db, err := openBolt(temp, options(size))
	if err != nil {
		return err
	}
	err = guarded(func() error { return db.Update(fill) })
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("creating %s: %w", filepath.Base(path), err)
	}
	return rename(temp, path)
}

// rename moves a file so that it stays moved after a power cut.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	if filepath.Dir(from) != filepath.Dir(to) {
		return syncDir(filepath.Dir(from))
	}
	return nil
}

// syncDir makes names durable. Windows offers no such call and needs none.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// padKey is in every bucket, with a value too large for bbolt to write the
// bucket into its parent's page. It would copy such a bucket into Go's memory
// when reading, and a damaged one would then have pointers there that the
// garbage collector dies of; no recover helps.
var padKey = make([]byte, 8)

func createBuckets(tx *bolt.Tx, names [][]byte) error {
	for _, name := range names {
		b, err := tx.CreateBucket(name)
		if err != nil {
			return err
		}
		if err := b.Put(padKey, make([]byte, pageSize/4)); err != nil {
			return err
		}
	}
	return nil
}

// forEach gives what a bucket holds, but the padding.
func forEach(b *bolt.Bucket, take func(key, value []byte) error) error {
	return b.ForEach(func(key, value []byte) error {
		if bytes.Equal(key, padKey) {
			return nil
		}
		return take(key, value)
	})
}
