package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"recoup/agent"
	"recoup/drivers/file"
)

// recording is a CSV of readings in memory, at 32 bytes each.
type recording struct {
	tags    []*agent.Tag // as recorded, in the order of the configuration
	sources []string     // of the tags
	rows    []recorded   // in time order, those of one time as in the file
	unknown map[string]int
	text    int // values that are no number
}

type recorded struct {
	at      int64 // Unix nanoseconds
	value   agentValue
	tag     int32 // position in tags; noTag: the source did not answer
	source  int16 // position in sources
	quality agent.Quality
	reason  agent.Code
}

const noTag = -1

// agentValue is a Value without room for text, which no KPI uses.
type agentValue struct {
	bits uint64
	kind agent.ValueKind
}

// readRecording reads all of a file. The error names the line.
func readRecording(in io.Reader, tags []*agent.Tag, plant agent.Plant) (*recording, error) {
	zone, err := time.LoadLocation(plant.Timezone)
	if err != nil {
		return nil, err
	}
	rec := &recording{sources: sourcesOf(tags), unknown: map[string]int{}}
	byName := map[string]int32{"": noTag}
	for i, tag := range tags {
		rec.tags, byName[tag.Name] = append(rec.tags, asRecorded(tag)), int32(i)
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	at, err := recordedColumns(rows)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		cell := func(name string) string {
			if i, is := at[name]; is {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		line, _ := rows.FieldPos(0)
		if id := cell("plant"); id != "" && id != plant.ID {
			return nil, fmt.Errorf("line %d: a reading of plant %.63q, and the configuration is that of %q; give that plant's with -c, or delete the column plant", line, id, plant.ID)
		}
		tag, known := byName[cell("tag")]
		if !known {
			rec.unknown[cell("tag")]++
			continue
		}
		if err := rec.add(tag, cell, zone); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	inTime := func(a, b recorded) int { return int(min(max(a.at-b.at, -1), 1)) }
	if !slices.IsSortedFunc(rec.rows, inTime) {
		slices.SortStableFunc(rec.rows, inTime)
	}
	return rec, nil
}

// recordedColumns reads the header.
func recordedColumns(rows *csv.Reader) (map[string]int, error) {
	header, err := rows.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))] = i
	}
	for _, name := range recordedHeader()[:3] {
		if _, is := at[name]; !is {
			return nil, fmt.Errorf("there is no column %q, only %q; \"recoup export\" shows the form", name, header)
		}
	}
	return at, nil
}

// add takes one row in. The source of a tag is the configured one.
func (rec *recording) add(tag int32, cell func(string) string, zone *time.Location) error {
	when, err := file.ParseTime(cell("time"), zone)
	if err != nil {
		return err
	}
	code, known := agent.CodeNamed(cell("reason"))
	if !known {
		return fmt.Errorf("reason %.40q is none that recoup knows", cell("reason"))
	}
	if tag == noTag {
		source := slices.Index(rec.sources, cell("source"))
		if source < 0 || code == agent.NoReason {
			return fmt.Errorf("a row without a tag must name a source, one of %q, and a reason", rec.sources)
		}
		rec.rows = append(rec.rows, recorded{at: when.UnixNano(), tag: noTag, source: int16(source), reason: code})
		return nil
	}
	r := agent.Reading{Tag: rec.tags[tag]}
	if f, ok := numberIn(cell("value")); ok {
		r.Value = wireValue(r.Tag, f)
	} else if cell("value") != "" {
		rec.text++
	}
	if r, err = judged(r, cell("quality"), code); err != nil {
		return err
	}
	rec.rows = append(rec.rows, recorded{at: when.UnixNano(), value: agentValue{r.Value.Bits(), r.Value.Kind()}, tag: tag,
		source: int16(slices.Index(rec.sources, r.Tag.Source)), quality: r.Quality, reason: r.Reason.Code})
	return nil
}

// batches gives the readings as they would have been received: one batch for each
// source and time stamp, and at the end one that is late enough to close the last
// cell.
func (rec *recording) batches() iter.Seq[*agent.Batch] {
	return func(yield func(*agent.Batch) bool) {
		seq := uint64(0)
		batch := func(source string, at int64) *agent.Batch {
			seq++
			return &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: source, Received: time.Unix(0, at).UTC(),
				Boot: 1, Mono: uint64(at - rec.rows[0].at)}
		}
		for i := 0; i < len(rec.rows); {
			at := rec.rows[i].at
			all := map[int16]*agent.Batch{}
			var order []*agent.Batch
			for ; i < len(rec.rows) && rec.rows[i].at == at; i++ {
				row := &rec.rows[i]
				b := all[row.source]
				if b == nil {
					b = batch(rec.sources[row.source], at)
					all[row.source], order = b, append(order, b)
				}
				rec.put(b, row)
			}
			for _, b := range order {
				if !yield(b) {
					return
				}
			}
		}
		if len(rec.rows) == 0 {
			return
		}
		end := rec.last().Add(15*time.Minute + grace(rec.tags)).UnixNano()
		for _, source := range rec.sources {
			if !yield(batch(source, end)) {
				return
			}
		}
	}
}

// put enters a row into its batch.
func (rec *recording) put(b *agent.Batch, row *recorded) {
	if row.tag == noTag {
		b.Err = agent.Reason{Code: row.reason}
		return
	}
	b.Readings = append(b.Readings, agent.Reading{Tag: rec.tags[row.tag], Time: b.Received,
		Value: agent.ValueOf(row.value.kind, row.value.bits, ""), Quality: row.quality, Reason: agent.Reason{Code: row.reason}})
}

// last gives the time of the newest row.
func (rec *recording) last() time.Time {
	if len(rec.rows) == 0 {
		return time.Time{}
	}
	return time.Unix(0, rec.rows[len(rec.rows)-1].at).UTC()
}

// notes says what was left out.
func (rec *recording) notes() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(rec.unknown)) {
		all = append(all, fmt.Sprintf("%d readings of %q left out; the configuration has no such tag", rec.unknown[name], name))
	}
	if rec.text > 0 {
		all = append(all, fmt.Sprintf("%d values are no number and count as missing", rec.text))
	}
	if len(rec.rows) == 0 {
		all = append(all, "no reading of a tag of the configuration")
	}
	return all
}
