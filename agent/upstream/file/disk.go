package file

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"
)

const mostTail = 4096 // bytes of the last append that show whether a file is still as we left it

// commit appends the pages and then replaces the state by next. After an error
// the old state holds, and with it the old lengths.
func (u *Upstream) commit(next *state, p *pages) error {
	chosen, begun := map[page]file{}, false
	for _, at := range p.sorted() {
		f, isNew, err := u.choose(next, at, int64(len(p.text[at])))
		if err != nil {
			return err
		}
		if isNew {
			next.put(f)
			u.state.put(f)
		}
		chosen[at], begun = f, begun || isNew
	}
	if begun { // so that a crash before the end of this Send leaves no file that nobody knows
		if err := u.save(u.state); err != nil {
			return err
		}
	}
	for at, f := range chosen {
		text := p.text[at]
		if f.Length == 0 {
			text = append([]byte(heads()[at.kind]), text...)
		}
		if err := u.append(f, text); err != nil {
			return err
		}
		for i := range next.Files {
			if g := &next.Files[i]; g.Name == f.Name {
				g.Length, g.Tail = f.Length+int64(len(text)), int64(min(len(text), mostTail))
				g.Sum = crc32.ChecksumIEEE(text[len(text)-int(g.Tail):])
			}
		}
		u.bytes.Add(uint64(len(text)))
	}
	if u.before != nil {
		if err := u.before(); err != nil {
			return err
		}
	}
	if err := u.save(next); err != nil {
		return err
	}
	u.state = next
	return nil
}

// choose gives the file that a page is appended to: a new one when there is none,
// when the newest is full or has other columns, and when people have taken it away
// or changed it.
func (u *Upstream) choose(s *state, at page, size int64) (f file, isNew bool, err error) {
	part, head := 1, crc32.ChecksumIEEE([]byte(heads()[at.kind]))
	if old := s.newest(at.kind, at.day); old != nil {
		info, err := os.Stat(filepath.Join(u.folder, old.Name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return f, false, err
		}
		full := u.most > 0 && old.Length > 0 && old.Length+size > u.most
		if !full && old.Head == head && (err == nil && info.Size() == old.Length || err != nil && old.Length == 0) {
			return *old, false, nil
		}
		part = old.Part + 1
	}
	for ; ; part++ {
		f = file{Name: at.kind + "-" + at.day + ext(at.kind), Kind: at.kind, Day: at.day, Part: part, Head: head}
		if part > 1 {
			f.Name = fmt.Sprintf("%s-%s.%d%s", at.kind, at.day, part, ext(at.kind))
		}
		switch _, err := os.Stat(filepath.Join(u.folder, f.Name)); {
		case errors.Is(err, os.ErrNotExist):
			return f, true, nil
		case err != nil:
			return f, false, err
		}
	}
}

// append writes text at the end of a file and waits for the disk.
func (u *Upstream) append(f file, text []byte) error {
	path := filepath.Join(u.folder, f.Name)
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = w.Seek(f.Length, io.SeekStart)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Sync()
	}
	if err != nil {
		err = errors.Join(err, w.Truncate(f.Length)) // whoever reads it meanwhile should see whole lines
	}
	err = errors.Join(err, w.Close())
	if err == nil && f.Length == 0 {
		err = syncFolder(u.folder)
	}
	return err
}

// replace writes a file so that it is either the old one or the new one, also
// after a power cut.
func replace(path string, text []byte) error {
	temp := path + ".tmp"
	w, err := os.Create(temp)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	err = errors.Join(err, w.Sync(), w.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes names durable. Windows offers no such call and needs none.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sweep deletes files that are older than keep, once a day.
func (u *Upstream) sweep() {
	today := u.clock.Wall().In(u.zone)
	if u.keep == 0 || u.swept == today.Format(time.DateOnly) {
		return
	}
	u.swept = today.Format(time.DateOnly)
	entries, err := os.ReadDir(u.folder)
	if err != nil {
		return // the next Send will say so
	}
	last := today.Add(-u.keep).Format(time.DateOnly)
	ours := regexp.MustCompile(`^(?:batches|readings|results|events)-(\d{4}-\d\d-\d\d)(?:\.\d+)?\.(?:jsonl|csv)$`)
	deleted := 0
	for _, entry := range entries {
		found := ours.FindStringSubmatch(entry.Name())
		if found == nil || found[1] >= last {
			continue
		}
		if err := os.Remove(filepath.Join(u.folder, entry.Name())); err != nil {
			u.log.Warn("old file cannot be deleted", "upstream", u.name, "file", entry.Name(), "err", err)
			continue
		}
		deleted++
	}
	if deleted > 0 {
		u.log.Info("old files deleted", "upstream", u.name, "files", deleted, "before", last)
	}
}

// sorted gives the pages in the order of their days and kinds.
func (p *pages) sorted() []page {
	return slices.SortedFunc(maps.Keys(p.text), page.compare)
}
