package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	journalName = ".recoup-taken"
	errorsName  = ".recoup-errors.txt"
	version     = 1
	mostEntries = 20_000 // beyond it the oldest are forgotten, unless their file is still there
	mostListed  = 50     // files in errorsName
)

// journal is what outlives a restart: which contents have been taken.
type journal struct {
	Version int       `json:"version"`
	Source  string    `json:"source"`
	Newest  time.Time `json:"newest"` // of the readings handed over
	Taken   []entry   `json:"taken"`  // in the order of their taking

	sums     map[string]int    // content → position in Taken
	last     map[string]*entry // name → newest entry
	unsaved  bool
	unlisted bool // problems among what is unsaved
}

// entry is one file.
type entry struct {
	Sum      string    `json:"sha256"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Taken    time.Time `json:"taken"`
	Readings int       `json:"readings"`
	BadRows  int       `json:"bad_rows,omitempty"`
	Problems []string  `json:"problems,omitempty"`
}

// remember reads the journal, once.
func (d *Driver) remember() error {
	if d.journal != nil {
		return nil
	}
	if _, err := os.Stat(d.folder); err != nil {
		return fmt.Errorf("the folder cannot be read; make it, or correct folder: %w", err)
	}
	j := &journal{Version: version, Source: d.source}
	text, err := os.ReadFile(filepath.Join(d.folder, journalName))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, j); err != nil {
			return fmt.Errorf("%s is damaged; delete it, and every file in the folder is taken again: %w", journalName, err)
		}
	}
	switch {
	case j.Version != version:
		return fmt.Errorf("%s is of version %d, this program knows %d; use a newer program", journalName, j.Version, version)
	case j.Source != d.source:
		return fmt.Errorf("%s is the list of source %q; give each source a folder of its own, or write the new name into it if the source was renamed", journalName, j.Source)
	}
	j.index()
	d.journal = j
	return nil
}

func (j *journal) index() {
	j.sums, j.last = map[string]int{}, map[string]*entry{}
	for i := range j.Taken {
		j.sums[j.Taken[i].Sum] = i
		j.last[j.Taken[i].Name] = &j.Taken[i]
	}
}

// knows reports that the file is one that was taken, by what its folder says of
// it, so that a restart need not read all files again.
func (j *journal) knows(name string, info os.FileInfo) bool {
	e := j.last[name]
	return e != nil && e.Size == info.Size() && e.Modified.Equal(info.ModTime())
}

// proveJournal makes sure, before the first file is taken, that a journal can be
// written here.
func (d *Driver) proveJournal() error {
	if _, err := os.Stat(filepath.Join(d.folder, journalName)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return d.writeJournal()
}

// enter writes what has been handed over for at least wait into the journal. The
// board shows whether the agent has recorded it: a mere look at a source, as
// "recoup read" takes, must not make its files count as taken.
func (d *Driver) enter(wait time.Duration) error {
	n := 0
	if len(d.handed) > 0 {
		recorded, now := d.latest().Received, d.clock.Mono()
		for n < len(d.handed) && !recorded.Before(d.handed[n].handed) && now-d.handed[n].mono >= uint64(wait) {
			n++
		}
	}
	j := d.journal
	for _, t := range d.handed[:n] {
		j.Taken = append(j.Taken, t.entry)
		j.unsaved, j.unlisted = true, j.unlisted || len(t.Problems) > 0
		if t.newest.After(j.Newest) {
			j.Newest = t.newest
		}
	}
	d.handed = d.handed[n:]
	if n > 0 {
		d.forget()
		j.index()
	}
	if j.unlisted {
		if err := d.writeErrors(); err != nil {
			return err
		}
		j.unlisted = false
	}
	if !j.unsaved {
		return nil
	}
	return d.writeJournal()
}

// forget drops the oldest entries of files that are no longer there.
func (d *Driver) forget() {
	all := d.journal.Taken
	over := len(all) - mostEntries
	if over <= 0 {
		return
	}
	kept := all[:0:0]
	for i := range all {
		if _, there := d.seen[all[i].Name]; over > 0 && !there {
			over--
			continue
		}
		kept = append(kept, all[i])
	}
	d.journal.Taken = kept
}

func (d *Driver) writeJournal() error {
	text, err := json.MarshalIndent(d.journal, "", " ")
	if err != nil {
		panic("BUG: the journal has no JSON form: " + err.Error())
	}
	err = replace(filepath.Join(d.folder, journalName), append(text, '\n'))
	d.journal.unsaved = d.journal.unsaved && err != nil
	return err
}

// writeErrors lists the newest files with problems, for those who wrote them.
func (d *Driver) writeErrors() error {
	var text strings.Builder
	fmt.Fprintf(&text, "What recoup could not read in this folder, the newest first. Correct the file and save it: it is then taken again, as a whole.\n"+
		"recoup 未能读取的内容，最新的在前。请改正文件并保存，recoup 会重新读取整个文件。\n")
	listed := 0
	for i := len(d.journal.Taken) - 1; i >= 0 && listed < mostListed; i-- {
		e := &d.journal.Taken[i]
		if len(e.Problems) == 0 {
			continue
		}
		listed++
		fmt.Fprintf(&text, "\n%s  %s  (%d readings taken)\n", e.Taken.In(d.form.zone).Format(time.DateTime), e.Name, e.Readings)
		for _, p := range e.Problems {
			fmt.Fprintf(&text, "  %s\n", p)
		}
	}
	return replace(filepath.Join(d.folder, errorsName), []byte(text.String()))
}

// replace writes a file so that it is either the old one or the new one, also
// after a power cut.
func replace(path string, text []byte) error {
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return fmt.Errorf("recoup must be allowed to write to the folder: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
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
	defer f.Close()
	_ = f.Sync() // network shares refuse it
	return nil
}
