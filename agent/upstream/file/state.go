package file

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"

	"recoup/agent"
)

const (
	stateName   = ".recoup-written"
	version     = 1
	mostFiles   = 40  // whose length is remembered; an older day that comes again gets a new file
	mostStretch = 200 // of batches that are recognised when they come again
)

// state says what has been written. It is on the disk in stateName.
type state struct {
	Version int       `json:"version"`
	Files   []file    `json:"files"` // in the order of their days
	Done    []stretch `json:"done"`  // batches written whole, in the order of writing
	Parts   []piece   `json:"parts,omitempty"`
}

// file is one of ours. Beyond Length nothing counts. Tail and Sum say how the last
// append looks, so that a file that a person has saved again is not cut.
type file struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Day    string `json:"day"`
	Part   int    `json:"part"`
	Length int64  `json:"length"`
	Tail   int64  `json:"tail"`           // bytes before Length
	Sum    uint32 `json:"sum"`            // their CRC-32
	Head   uint32 `json:"head,omitempty"` // the CRC-32 of the first line of all, if it names columns
}

// stretch is the batches From…To of an epoch.
type stretch struct {
	Epoch uint64 `json:"epoch"`
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
}

// piece is some rows of one batch.
type piece struct {
	Mark agent.Mark `json:"mark"`
	Rows agent.Rows `json:"rows"`
}

func (s *state) clone() *state {
	return &state{s.Version, slices.Clone(s.Files), slices.Clone(s.Done), slices.Clone(s.Parts)}
}

// take notes d as written, and gives what of it was not.
func (s *state) take(d agent.Delivery) agent.Delivery {
	fresh := d
	fresh.Batches = nil
	for _, b := range d.Batches {
		if s.has(b.Mark) {
			continue
		}
		rows := d.Rows
		if rows.All() {
			rows = agent.Rows{To: b.Rows()}
		}
		if b.Rows() == 0 {
			fresh.Batches = append(fresh.Batches, b)
			continue
		}
		for _, r := range s.without(b.Mark, rows) {
			if r == rows {
				fresh.Batches = append(fresh.Batches, b)
				continue
			}
			fresh.Batches = append(fresh.Batches, agent.Rows{From: r.From - rows.From, To: r.To - rows.From}.Of(b))
		}
		if !d.Rows.All() {
			s.Parts = append(s.Parts, piece{b.Mark, rows})
		}
	}
	if d.Rows.All() {
		s.add(stretch{d.Epoch, d.From, d.To})
	}
	return fresh
}

func (s *state) has(m agent.Mark) bool {
	return slices.ContainsFunc(s.Done, func(x stretch) bool { return x.Epoch == m.Epoch && x.From <= m.Seq && m.Seq <= x.To })
}

// without gives what of the rows is in no piece.
func (s *state) without(m agent.Mark, rows agent.Rows) []agent.Rows {
	left := []agent.Rows{rows}
	for _, p := range s.Parts {
		if p.Mark != m {
			continue
		}
		var rest []agent.Rows
		for _, r := range left {
			for _, x := range []agent.Rows{{From: r.From, To: min(r.To, p.Rows.From)}, {From: max(r.From, p.Rows.To), To: r.To}} {
				if x.From < x.To {
					rest = append(rest, x)
				}
			}
		}
		left = rest
	}
	return left
}

// add joins a stretch to those that it touches, and drops its pieces.
func (s *state) add(x stretch) {
	s.Done = slices.DeleteFunc(s.Done, func(y stretch) bool {
		touches := y.Epoch == x.Epoch && y.From <= x.To+1 && x.From <= y.To+1
		if touches {
			x.From, x.To = min(x.From, y.From), max(x.To, y.To)
		}
		return touches
	})
	s.Done = append(s.Done, x)
	s.Done = s.Done[max(0, len(s.Done)-mostStretch):]
	s.Parts = slices.DeleteFunc(s.Parts, func(p piece) bool { return s.has(p.Mark) })
	s.Parts = s.Parts[max(0, len(s.Parts)-10*mostStretch):]
}

// newest gives the file of a kind and day that is written to; nil for none.
func (s *state) newest(kind, day string) *file {
	var found *file
	for i := range s.Files {
		if f := &s.Files[i]; f.Kind == kind && f.Day == day && (found == nil || f.Part > found.Part) {
			found = f
		}
	}
	return found
}

// put notes a new file.
func (s *state) put(f file) {
	s.Files = append(s.Files, f)
	slices.SortStableFunc(s.Files, func(a, b file) int { return cmp.Compare(a.Day, b.Day) })
	s.Files = s.Files[max(0, len(s.Files)-mostFiles):]
}

// begin reads the state, once, and cuts what an interrupted Send has left.
func (u *Upstream) begin() error {
	if u.state != nil {
		return nil
	}
	if err := os.MkdirAll(u.folder, 0o755); err != nil {
		return fmt.Errorf("the folder cannot be made: %w", err)
	}
	s := &state{Version: version}
	text, err := os.ReadFile(filepath.Join(u.folder, stateName))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, s); err != nil {
			u.log.Warn("list of what is written is damaged; new files are begun, and some rows may come twice", "upstream", u.name, "file", stateName, "err", err)
			s = &state{Version: version}
		}
	}
	if s.Version != version {
		return fmt.Errorf("%s is of version %d, this program knows %d; use a newer program", stateName, s.Version, version)
	}
	for _, f := range s.Files {
		if err := u.cut(f); err != nil {
			return err
		}
	}
	u.state = s
	return nil
}

// cut takes away what stands beyond the length of a file, unless people have
// taken or changed it, which choose respects.
func (u *Upstream) cut(f file) error {
	path := filepath.Join(u.folder, f.Name)
	r, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil || info.Size() <= f.Length {
		return err
	}
	tail := make([]byte, f.Tail)
	if _, err := r.ReadAt(tail, f.Length-f.Tail); err != nil || crc32.ChecksumIEEE(tail) != f.Sum {
		return err
	}
	return os.Truncate(path, f.Length)
}

func (u *Upstream) save(s *state) error {
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: the state has no JSON form: " + err.Error())
	}
	return replace(filepath.Join(u.folder, stateName), append(text, '\n'))
}
