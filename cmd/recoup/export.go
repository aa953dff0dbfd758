package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"recoup/agent"
	"recoup/buffer"
	"recoup/drivers/file"
)

type exportCommand struct {
	From    string `placeholder:"TIME" help:"From this time on: 2026-11-23, \"2026-11-23 08:00\" in plant time, or RFC 3339 (default: all)."`
	To      string `placeholder:"TIME" help:"Before this time."`
	Results bool   `help:"Results as JSON lines, in place of readings as CSV."`
}

func (c exportCommand) Run(s session) (err error) {
	_, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	from, to, err := c.span(cfg.Plant)
	if err != nil {
		return err
	}
	look, err := glance(cfg.Buffer.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, look.close()) }()
	store, err := buffer.New(buffer.Config{Path: look.dir, MaxBytes: cfg.Buffer.MaxBytes, MaxAge: cfg.Buffer.MaxAge, Tags: cfg.Tags},
		agent.SystemClock(), s.log)
	if err != nil {
		return err
	}
	if _, _, _, err := store.Load(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	out := bufio.NewWriterSize(s.out, 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	if c.Results {
		return exportResults(out, cfg.Plant, store.Results("", "", from, to))
	}
	return exportReadings(out, cfg.Plant, store.Range(from, to), from, to)
}

func (c exportCommand) span(plant agent.Plant) (from, to time.Time, err error) {
	zone, err := time.LoadLocation(plant.Timezone)
	if err != nil {
		return from, to, err
	}
	to = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, one := range []struct {
		name, text string
		into       *time.Time
	}{{"--from", c.From, &from}, {"--to", c.To, &to}} {
		if one.text == "" {
			continue
		}
		if at, kind, ok := readDate(one.text, plant, zone); ok && kind == agent.Day {
			*one.into = at
		} else if *one.into, err = file.ParseTime(one.text, zone); err != nil {
			return from, to, usageError(fmt.Sprintf("%s: %v; or a day, 2026-11-23", one.name, err))
		}
	}
	return from, to, nil
}

// recordedHeader names the columns of recorded readings. Values are in the tag's
// unit. A row without a tag says that the source did not answer then. The plant's
// id stands in every row, because rows are cut out and put together.
func recordedHeader() []string {
	return []string{"time", "tag", "value", "quality", "source", "reason", "plant"}
}

// exportReadings writes readings so that replay gets the same numbers: times to
// the nanosecond and the shortest digits that read back to the same bits.
func exportReadings(out io.Writer, plant agent.Plant, batches iter.Seq2[*agent.Batch, error], from, to time.Time) error {
	w := csv.NewWriter(out)
	if err := w.Write(recordedHeader()); err != nil {
		return err
	}
	for b, err := range batches {
		if err != nil {
			return err
		}
		for i := range b.Readings {
			r := &b.Readings[i]
			at := r.Time.UTC()
			if year := at.Year(); year < 1970 || year > 2200 {
				at = b.Received // as the engine takes a time that was left open
			}
			if at.Before(from) || !at.Before(to) {
				continue
			}
			value := r.Value.Text()
			if eng, ok := r.Tag.EngAt(r.Value, at); ok {
				value = strconv.FormatFloat(eng, 'g', -1, 64)
			}
			row := []string{at.Format(time.RFC3339Nano), r.Tag.Name, value, r.Quality.String(), r.Tag.Source, r.Reason.Code.String(), plant.ID}
			if err := w.Write(row); err != nil {
				return err
			}
		}
		if b.Err.Code == agent.NoReason || b.Received.Before(from) || !b.Received.Before(to) {
			continue
		}
		if err := w.Write([]string{b.Received.UTC().Format(time.RFC3339Nano), "", "", agent.Bad.String(), b.Source, b.Err.Code.String(), plant.ID}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func exportResults(out io.Writer, plant agent.Plant, results iter.Seq2[agent.Result, error]) error {
	for r, err := range results {
		if err == nil {
			err = writeResult(out, plant, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// look is a folder in which the buffer can be opened, while its own files stay
// as they are: what opening writes goes into copies, and the rest is linked,
// because nothing writes to a segment that was closed once.
type look struct {
	dir  string
	lock *bolt.DB // of the buffer, shared: no agent can start meanwhile
}

const metaName = "meta.db" // its lock is the lock of the buffer's folder

func glance(path string) (*look, error) {
	meta := filepath.Join(path, metaName)
	if _, err := os.Stat(meta); err != nil {
		return nil, fmt.Errorf("there is no buffer in %s; an agent makes one, see buffer.path in %w", path, err)
	}
	lock, err := bolt.Open(meta, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("the agent is running and has the buffer %s; stop it, export, and start it again", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened; start the agent once, which repairs it: %w", meta, err)
	}
	l := &look{lock: lock}
	if l.dir, err = os.MkdirTemp("", "recoup-export-"); err == nil {
		err = l.fill(path)
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *look) fill(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		from, to := filepath.Join(path, entry.Name()), filepath.Join(l.dir, entry.Name())
		switch {
		case !strings.HasSuffix(entry.Name(), ".db"):
			continue
		case strings.HasPrefix(entry.Name(), "seg-"):
			err = share(from, to)
		default:
			err = copyFile(from, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// share links a file; where neither kind of link is possible it is copied.
func share(from, to string) error {
	whole, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	if os.Link(whole, to) == nil || os.Symlink(whole, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

func copyFile(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

func (l *look) close() error {
	err := l.lock.Close()
	if l.dir != "" {
		err = errors.Join(err, os.RemoveAll(l.dir))
	}
	return err
}
