package buffer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// commitHook stands around every commit, so that tests can make it fail before
// or after; nil only commits.
type commitHook func(file string, commit func() error) error

func (h commitHook) run(path string, commit func() error) error {
	if h == nil {
		return guarded(commit)
	}
	return h(filepath.Base(path), func() error { return guarded(commit) })
}

// book is a small file whose records change: meta.db and kept.db. After a
// failed commit its content moves to a new file, because the old one may not be
// synced again.
type book struct {
	path string
	hook commitHook

	mu sync.RWMutex // guards db: shared while a transaction runs
	db *bolt.DB     // nil after a failed commit, until renewed
}

// openBook opens a book, made with its buckets when it is not there.
func openBook(path string, hook commitHook, buckets ...[]byte) (*book, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := createFile(path, 0, func(tx *bolt.Tx) error { return createBuckets(tx, buckets) }); err != nil {
			return nil, err
		}
	}
	db, err := openFile(path, 0)
	if err != nil {
		return nil, err
	}
	if err := guarded(func() error { return db.View(func(tx *bolt.Tx) error { return readable(tx, buckets) }) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &book{path: path, hook: hook, db: db}, nil
}

func hasBuckets(tx *bolt.Tx, buckets [][]byte) error {
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: it has no bucket %s", errDamaged, name)
		}
	}
	return nil
}

// readable walks over every key, so that a damaged page shows at the start.
func readable(tx *bolt.Tx, buckets [][]byte) error {
	if err := hasBuckets(tx, buckets); err != nil {
		return err
	}
	for _, name := range buckets {
		cursor := tx.Bucket(name).Cursor()
		for k, _ := cursor.First(); k != nil; {
			next, _ := cursor.Next()
			if next != nil && bytes.Compare(k, next) >= 0 {
				return fmt.Errorf("%w: keys out of order in bucket %s", errDamaged, name)
			}
			k = next
		}
	}
	return nil
}

// update commits what fn writes. An error means that the outcome is unknown;
// the next update writes to a renewed file.
func (k *book) update(fn func(*bolt.Tx) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.ready(); err != nil {
		return err
	}
	err := k.hook.run(k.path, func() error { return k.db.Update(fn) })
	if err == nil {
		return nil
	}
	err = fmt.Errorf("writing %s: %w", filepath.Base(k.path), err)
	err = errors.Join(err, k.db.Close())
	k.db = nil
	return err
}

// view reads.
func (k *book) view(fn func(*bolt.Tx) error) error {
	for {
		k.mu.RLock()
		if k.db != nil {
			err := guarded(func() error { return k.db.View(fn) })
			k.mu.RUnlock()
			return err
		}
		k.mu.RUnlock()
		k.mu.Lock()
		err := k.ready()
		k.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// ready renews the file when a commit had failed: mu is held.
func (k *book) ready() error {
	if k.db != nil {
		return nil
	}
	temp := k.path + tempSuffix
	if err := k.copyTo(temp); err != nil {
		return errors.Join(fmt.Errorf("renewing %s: %w", filepath.Base(k.path), err), removed(temp))
	}
	if err := rename(temp, k.path); err != nil {
		return err
	}
	db, err := openFile(k.path, 0)
	k.db = db
	return err
}

func (k *book) copyTo(temp string) error {
	if err := removed(temp); err != nil {
		return err
	}
	old, err := openReading(k.path)
	if err != nil {
		return err
	}
	fresh, err := openBolt(temp, options(0))
	if err != nil {
		return errors.Join(err, old.Close())
	}
	err = guarded(func() error { return bolt.Compact(fresh, old, 1<<20) })
	return errors.Join(err, fresh.Close(), old.Close())
}

func (k *book) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.db == nil {
		return nil
	}
	err := k.db.Close()
	k.db = nil
	return err
}

// removed makes sure that path is not there.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
