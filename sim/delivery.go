package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// delivery is the body that an agent posts: one epoch's stretch of batches.
type delivery struct {
	Version int `json:"version"`
	Plant   struct {
		ID string `json:"id"`
	} `json:"plant"`
	Epoch      string      `json:"epoch"`
	Prev       Mark        `json:"prev"`
	From       uint64      `json:"from"`
	To         uint64      `json:"to"`
	Historical bool        `json:"historical"`
	Filtered   bool        `json:"filtered"` // numbers may be absent because a filter left them out
	Rows       *rowsOfOne  `json:"rows"`
	Batches    []batchBody `json:"batches"`
}

// Mark is the identity of a batch as payloads write it.
type Mark struct {
	Epoch string `json:"epoch"` // 16 hexadecimal digits
	Seq   uint64 `json:"seq"`
}

// rowsOfOne is the half-open stretch of one batch's rows, counted over
// readings, then results, then events.
type rowsOfOne struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

type batchBody struct {
	Seq      uint64        `json:"seq"`
	Source   string        `json:"source"`
	Received time.Time     `json:"received"`
	Readings []readingBody `json:"readings"`
	Results  []resultBody  `json:"results"`
	Events   []eventBody   `json:"events"`

	repeats stretches // rows that were stored before, counted from 0 in this body
}

func (b *batchBody) rows() uint64 {
	return uint64(len(b.Readings) + len(b.Results) + len(b.Events))
}

type readingBody struct {
	Tag     string          `json:"tag"`
	Time    time.Time       `json:"time"`
	Value   json.RawMessage `json:"value"`
	Raw     string          `json:"raw"` // as on the wire; text has no other value
	Quality string          `json:"quality"`
}

type resultBody struct {
	KPI string `json:"kpi"`
}

type eventBody struct {
	Kind string   `json:"kind"`
	Gap  *gapBody `json:"gap"`
}

type gapBody struct {
	From Mark           `json:"from"`
	To   Mark           `json:"to"`
	Rows map[string]int `json:"rows"`
}

// parseDelivery reads a body and refuses what no agent may send.
func parseDelivery(body []byte) (*delivery, error) {
	d := &delivery{}
	if err := json.Unmarshal(body, d); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	before := d.From - 1
	for i := range d.Batches {
		b := &d.Batches[i]
		if b.Seq <= before || b.Seq > d.To {
			return nil, fmt.Errorf("batch %d after %d does not rise within %d…%d", b.Seq, before, d.From, d.To)
		}
		before = b.Seq
		if err := b.check(); err != nil {
			return nil, fmt.Errorf("batch %d: %w", b.Seq, err)
		}
	}
	return d, nil
}

func (d *delivery) check() error {
	switch {
	case d.Version != 1:
		return fmt.Errorf("version %d, want 1", d.Version)
	case d.Plant.ID == "":
		return errors.New("plant.id is missing")
	case !isEpoch(d.Epoch):
		return fmt.Errorf("epoch %q, want 16 hexadecimal digits that are not all 0", d.Epoch)
	case d.tick():
		return nil
	case d.From == 0 || d.From > d.To:
		return fmt.Errorf("from %d to %d is no stretch", d.From, d.To)
	case d.Prev.Seq >= d.From:
		return fmt.Errorf("prev %d is not before from %d", d.Prev.Seq, d.From)
	case d.Prev.Seq > 0 && !isEpoch(d.Prev.Epoch):
		return fmt.Errorf("prev.epoch %q, want 16 hexadecimal digits", d.Prev.Epoch)
	case d.Prev.Seq > 0 && d.Prev.Epoch == d.Epoch:
		return errors.New("prev.epoch is the epoch itself")
	case d.Rows != nil && (len(d.Batches) != 1 || d.Batches[0].Seq != d.To || d.Rows.To <= d.Rows.From):
		return errors.New("rows go with a part of exactly one batch")
	case d.Rows != nil && !d.Filtered && d.Batches[0].rows() != d.Rows.To-d.Rows.From:
		return fmt.Errorf("rows %d to %d hold %d rows", d.Rows.From, d.Rows.To, d.Batches[0].rows())
	}
	return nil
}

// tick reports a delivery without batches: births and state.
func (d *delivery) tick() bool { return d.To == 0 && d.From == 0 && len(d.Batches) == 0 }

func (b *batchBody) check() error {
	if b.Source == "" || b.Received.IsZero() {
		return errors.New("source or received is missing")
	}
	for i := range b.Readings {
		r := &b.Readings[i]
		if r.Tag == "" || r.Time.IsZero() || len(r.Value) == 0 || r.Quality != "good" && r.Quality != "uncertain" && r.Quality != "bad" {
			return fmt.Errorf("reading %d needs tag, time, value and a quality of good, uncertain or bad: %q %v %s %q",
				i, r.Tag, r.Time, r.Value, r.Quality)
		}
		if r.Quality == "good" && r.Raw == "" && bytes.Equal(r.Value, []byte("null")) {
			return fmt.Errorf("reading %d of %s is good but has no value", i, r.Tag)
		}
	}
	for i := range b.Results {
		if b.Results[i].KPI == "" {
			return fmt.Errorf("result %d needs kpi", i)
		}
	}
	for i := range b.Events {
		e := &b.Events[i]
		if e.Kind == "" {
			return fmt.Errorf("event %d needs kind", i)
		}
		if g := e.Gap; g != nil && (!isEpoch(g.From.Epoch) || !isEpoch(g.To.Epoch) || g.From.Seq > g.To.Seq || g.To.Seq > b.Seq) {
			return fmt.Errorf("event %d: a gap lies before its batch, from one mark to another, not %v to %v", i, g.From, g.To)
		}
		if e.Kind == "gap" && e.Gap == nil {
			return fmt.Errorf("event %d of kind gap needs gap", i)
		}
	}
	return nil
}

// isEpoch wants the form that payloads write, lower case.
func isEpoch(s string) bool {
	n, err := strconv.ParseUint(s, 16, 64)
	return err == nil && n != 0 && fmt.Sprintf("%016x", n) == s
}
