package file

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

const (
	largest  = 64 << 20 // bytes of one file
	patience = 5        // times settle: how long the end of the last line is waited for
)

// sighting is what is known of a file in the folder. A copy may keep the file's
// old time, so that only watching it shows that it no longer changes.
type sighting struct {
	size     int64
	modified time.Time
	since    uint64 // monotonic, unchanged
	done     bool   // taken, repeated or refused
	told     bool   // that it cannot be opened
}

func (s *sighting) same(info os.FileInfo) bool {
	return s.size == info.Size() && s.modified.Equal(info.ModTime())
}

// look goes through the folder and lists the files that have settled, the oldest
// first. It reports whether there are others, seen just now for the first time.
func (d *Driver) look() (fresh bool, err error) {
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return false, fmt.Errorf("the folder cannot be read; make it, or correct folder: %w", err)
	}
	now := d.clock.Mono()
	still := map[string]*sighting{}
	d.ready = nil
	for _, entry := range entries {
		name := entry.Name()
		if !d.wants(name) {
			continue
		}
		info, err := os.Stat(filepath.Join(d.folder, name))
		if err != nil || !info.Mode().IsRegular() {
			continue // gone again, or a folder
		}
		s := d.seen[name]
		if s == nil || !s.same(info) {
			s = &sighting{size: info.Size(), modified: info.ModTime(), since: now, done: d.journal.knows(name, info)}
			fresh = fresh || !s.done && s.size > 0
		}
		still[name] = s
		if !s.done && s.size > 0 && now-s.since >= uint64(d.settle) {
			d.ready = append(d.ready, name)
		}
	}
	d.seen = still
	slices.SortFunc(d.ready, func(a, b string) int {
		return cmp.Or(still[a].modified.Compare(still[b].modified), cmp.Compare(a, b))
	})
	return fresh && d.settle > 0, nil
}

// wants passes over hidden files, ours among them, and the marks of open ones.
func (d *Driver) wants(name string) bool {
	fits, err := filepath.Match(d.pattern, strings.ToLower(name))
	return err == nil && fits && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~$")
}

var errNotYet = errors.New("the file is still being written")

// content reads a settled file whole. errNotYet asks to come again; another
// error is one of opening it, which may pass too.
func (d *Driver) content(name string) ([]byte, error) {
	s := d.seen[name]
	f, err := os.Open(filepath.Join(d.folder, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(filepath.Join(d.folder, name))
	if err != nil || !s.same(info) || len(data) <= largest && int64(len(data)) != s.size {
		return nil, errNotYet
	}
	ended := bytes.HasSuffix(data, []byte("\n"))
	if !ended && d.clock.Mono()-s.since < patience*uint64(d.settle) {
		return nil, errNotYet
	}
	return data, nil
}

// lost makes the source's error of one that the folder gave.
func (d *Driver) lost(err error) error {
	return agent.Because(agent.NoConnection, fmt.Errorf("%s: %w", d.folder, err))
}
