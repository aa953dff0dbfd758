package file

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"recoup/agent"
	"recoup/agent/payload"
)

// Kinds of files.
const (
	batchesKind  = "batches"
	readingsKind = "readings"
	resultsKind  = "results"
	eventsKind   = "events"
)

func ext(kind string) string {
	if kind == batchesKind {
		return ".jsonl"
	}
	return ".csv"
}

// page is what one Send appends to one file.
type page struct{ kind, day string }

func (a page) compare(b page) int {
	return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.kind, b.kind))
}

// pages collects them.
type pages struct {
	header payload.Header
	zone   *time.Location
	text   map[page][]byte
}

func (p *pages) at(kind string, b *agent.Batch) page {
	return page{kind, b.Received.In(p.zone).Format(time.DateOnly)}
}

// jsonLines writes a line for each batch and for each of its rows. The forms are
// those of package payload, and so are the refusals.
func (p *pages) jsonLines(d agent.Delivery) error {
	for _, b := range d.Batches {
		to := p.at(batchesKind, b)
		lines, err := p.lines(p.text[to], d, b)
		if err != nil {
			return err
		}
		p.text[to] = lines
	}
	return nil
}

// written is what payload writes, as far as it is taken apart.
type written struct {
	Tags map[string]struct {
		Unit string `json:"unit"`
	} `json:"tags"`
	Batches []map[string]json.RawMessage `json:"batches"`
}

func (p *pages) lines(dst []byte, d agent.Delivery, b *agent.Batch) ([]byte, error) {
	text, err := payload.Append(nil, p.header, agent.Delivery{Epoch: d.Epoch, Prev: d.Prev, From: b.Seq, To: b.Seq, Batches: []*agent.Batch{b}})
	if err != nil {
		return dst, err
	}
	var w written
	if err := json.Unmarshal(text, &w); err != nil {
		return dst, fmt.Errorf("batch %s: %w", b.Mark, err)
	}
	lists := map[string][]json.RawMessage{}
	for _, key := range []string{"readings", "results", "events"} {
		var rows []json.RawMessage
		if list, some := w.Batches[0][key]; some {
			if err := json.Unmarshal(list, &rows); err != nil {
				return dst, fmt.Errorf("batch %s: %w", b.Mark, err)
			}
		}
		lists[key] = rows
		delete(w.Batches[0], key)
	}
	plant, owner := quoted(p.header.Plant.ID), p.owner()
	head := func(row string) []byte {
		dst = append(dst, `{"row":"`+row+`","plant":`...)
		dst = append(dst, plant...)
		if row == "batch" || row == "result" {
			dst = append(dst, owner...)
		}
		return fmt.Appendf(dst, `,"epoch":"%016x"`, b.Epoch)
	}
	if d.Rows.From == 0 { // a later part of a batch does not repeat it
		rest, err := json.Marshal(w.Batches[0])
		if err != nil {
			return dst, err
		}
		dst = join(head("batch"), rest)
	}
	source := quoted(b.Source)
	for i, raw := range lists["readings"] {
		dst = strconv.AppendUint(append(head("reading"), `,"seq":`...), b.Seq, 10)
		dst = append(append(dst, `,"source":`...), source...)
		dst = append(append(dst, `,"unit":`...), quoted(b.Readings[i].Tag.Unit)...)
		dst = join(dst, raw)
	}
	for _, key := range []string{"results", "events"} {
		for _, raw := range lists[key] {
			dst = strconv.AppendUint(append(head(key[:len(key)-1]), `,"seq":`...), b.Seq, 10)
			dst = join(dst, raw)
		}
	}
	return dst, nil
}

// owner gives the members that name the plant's company.
func (p *pages) owner() []byte {
	plant := p.header.Plant
	company, err := json.Marshal(plant.Company)
	if err != nil {
		panic("BUG: a company has no JSON form: " + err.Error())
	}
	return fmt.Appendf(nil, `,"plant_name":%s,"company":%s,"timezone":%s`, quoted(plant.Name), company, quoted(plant.Timezone))
}

// join ends a line that has begun with the members of an object.
func join(dst []byte, object []byte) []byte {
	dst = append(dst, ',')
	return append(append(dst, object[1:]...), '\n')
}

func quoted(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a text has no JSON form: " + err.Error())
	}
	return text
}
