package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// A recording is CSV files of readings. From files to batches, file by file:
//
//	rows ─► readings ─► in time order ─► one batch for each source and instant
//	recording_lines.go  recording_form.go   recording_spill.go, recording_merge.go   recording_batch.go
//	                    recording_cell.go
//
// Each file is gone over twice: once for its times alone. A file in time order is
// then read while it is replayed, so that a month takes no room; what is out of
// order is sorted in runs of bounded size, on the disk but for the last.
type recording struct {
	*known
	files []*recordedFile
	room  int // rows held in memory while sorting
	runs  []*sortedRun
	dir   string // of runs on the disk, "" while there are none
	counts
}

// known is what readings are understood by.
type known struct {
	tags    []*agent.Tag // as recorded, in the order of the configuration
	sources []string     // of the tags
	source  []int        // of each tag, its position in sources
	byName  map[string]int32
	plantID string
	zone    *time.Location
}

// counts is what a pass over rows met.
type counts struct {
	unknown  map[string]int // readings of tags that the configuration does not have
	text     int            // values that are no number
	repeated int            // readings of a tag and time that came again
}

func (c *counts) add(other *counts) {
	for name, n := range other.unknown {
		c.unknown[name] += n
	}
	c.text += other.text
	c.repeated += other.repeated
}

// recorded is one row: a reading, or that a source did not answer. KPIs use no
// text, so a value has no room for it.
type recorded struct {
	at     int64 // Unix nanoseconds
	bits   uint64
	tag    int32  // position in tags; below noTag: see silence
	file   uint16 // number of its file; of equal rows that of the later file counts
	how    uint8  // kind of the value << 2 | quality
	reason agent.Code
}

const noTag = -1

// silence stands in a row's tag for a source that did not answer.
func silence(source int) int32 { return noTag - 1 - int32(source) }

func (r *recorded) silent() (source int, is bool) { return noTag - 1 - int(r.tag), r.tag < noTag }

// recordedFile is one file after the first pass.
type recordedFile struct {
	name        string
	number      uint16
	first, last int64
	rows        int
	sorted      bool
}

func newKnown(tags []*agent.Tag, plant agent.Plant) (*known, error) {
	zone, err := time.LoadLocation(plant.Timezone)
	if err != nil {
		return nil, err
	}
	k := &known{sources: sourcesOf(tags), byName: map[string]int32{"": noTag}, plantID: plant.ID, zone: zone}
	for i, tag := range tags {
		k.tags, k.byName[tag.Name] = append(k.tags, asRecorded(tag)), int32(i)
		k.source = append(k.source, slices.Index(k.sources, tag.Source))
	}
	return k, nil
}

// readRecording goes over all files once. The error names file and line.
func readRecording(ctx context.Context, names []string, tags []*agent.Tag, plant agent.Plant) (*recording, error) {
	return readWith(ctx, roomToSort, names, tags, plant)
}

func readWith(ctx context.Context, room int, names []string, tags []*agent.Tag, plant agent.Plant) (*recording, error) {
	k, err := newKnown(tags, plant)
	if err != nil {
		return nil, err
	}
	rec := &recording{known: k, room: room, counts: counts{unknown: map[string]int{}}}
	if names, err = filesIn(names); err != nil {
		return nil, err
	}
	for i, name := range names {
		one := &recordedFile{name: name, number: uint16(i), sorted: true, first: math.MaxInt64, last: math.MinInt64}
		if err := one.survey(ctx, k); err != nil {
			return nil, err
		}
		if one.rows > 0 {
			rec.files = append(rec.files, one)
		}
	}
	return rec, rec.sort(ctx)
}

// filesIn replaces folders by the CSV files in them, in the order of their names.
func filesIn(names []string) (all []string, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, usageError(err.Error())
		}
		if !info.IsDir() {
			all = append(all, name)
			continue
		}
		before := len(all)
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			lower := strings.ToLower(d.Name())
			if err == nil && d.Type().IsRegular() && !strings.HasPrefix(lower, ".") && (strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".csv.gz")) {
				all = append(all, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(all) == before {
			return nil, usageError(fmt.Sprintf("there is no file *.csv or *.csv.gz in %s", name))
		}
	}
	if len(all) > math.MaxUint16 {
		return nil, usageError(fmt.Sprintf("%d files are more than %d; join some, or replay them in parts", len(all), math.MaxUint16))
	}
	return all, nil
}

// survey reads the times of a file.
func (f *recordedFile) survey(ctx context.Context, k *known) error {
	rows, err := f.open(k)
	if err != nil {
		return err
	}
	defer rows.close()
	for {
		row, err := rows.row()
		if rows.ended(err) {
			return nil
		}
		if err != nil {
			return err
		}
		at, err := rows.time(row)
		if err != nil {
			return rows.wrong(err)
		}
		f.sorted = f.sorted && at >= f.last
		f.first, f.last = min(f.first, at), max(f.last, at)
		if f.rows++; f.rows%100_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// close takes away what was put on the disk.
func (rec *recording) close() error {
	if rec.dir == "" {
		return nil
	}
	return os.RemoveAll(rec.dir)
}

// span gives the times of the first and the last row; ok is false without any.
func (rec *recording) span() (first, last int64, ok bool) {
	first, last = math.MaxInt64, math.MinInt64
	for _, f := range rec.files {
		first, last = min(first, f.first), max(last, f.last)
	}
	return first, last, len(rec.files) > 0
}

// notes says what was left out.
func (rec *recording) notes() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(rec.unknown)) {
		all = append(all, fmt.Sprintf("%d readings of %q left out; the configuration has no such tag", rec.unknown[name], name))
	}
	if rec.text > 0 {
		all = append(all, fmt.Sprintf("%d values are no number and count as missing", rec.text))
	}
	if rec.repeated > 0 {
		all = append(all, fmt.Sprintf("%d readings came again for the same tag and time; the one that stands last counts", rec.repeated))
	}
	return all
}
