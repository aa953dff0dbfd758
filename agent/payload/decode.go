package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"recoup/agent"
)

// MaxBytes is the largest payload that Decode reads.
const MaxBytes = 32 << 20

// Decode reads one payload. tags finds the definition of a tag by name and
// generation; nil from it is an error, and so is a definition that makes another
// engineering value of a wire value than the sender's did. Fields that are not
// in the schema are errors. The batch of a delivery with Rows holds just those.
func Decode(r io.Reader, tags func(name string, gen uint32) *agent.Tag) (Header, agent.Delivery, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return Header{}, agent.Delivery{}, fmt.Errorf("reading a payload: %w", err)
	}
	if len(text) > MaxBytes {
		return Header{}, agent.Delivery{}, fmt.Errorf("payload of more than %d bytes: send it in smaller pieces", MaxBytes)
	}
	var form deliveryForm
	if err := unmarshal(text, &form); err != nil {
		return Header{}, agent.Delivery{}, fmt.Errorf("payload: %w", err)
	}
	if form.Version != Version {
		return Header{}, agent.Delivery{}, fmt.Errorf("payload version %d: this reader knows version %d only", form.Version, Version)
	}
	d, err := deliveryIn(form, tags)
	if err != nil {
		return Header{}, agent.Delivery{}, fmt.Errorf("payload: %w", err)
	}
	if len(form.Plant.Shifts) == 0 {
		form.Plant.Shifts = nil
	}
	return Header{form.Agent, form.Plant}, d, nil
}

type deliveryForm struct {
	Version    int                `json:"version"`
	Agent      Sender             `json:"agent"`
	Plant      agent.Plant        `json:"plant"`
	Epoch      id                 `json:"epoch"`
	Prev       markForm           `json:"prev"`
	From       uint64             `json:"from"`
	To         uint64             `json:"to"`
	Historical bool               `json:"historical"`
	Rows       *rowsForm          `json:"rows"`
	Tags       map[string]tagForm `json:"tags"`
	Batches    list[batchForm]    `json:"batches"`
}

type rowsForm struct {
	From int `json:"from"`
	To   int `json:"to"`
}

type tagForm struct {
	Unit   string  `json:"unit"`
	Source string  `json:"source"`
	Gen    *uint32 `json:"gen"`
}

type batchForm struct {
	Seq       uint64            `json:"seq"`
	Prev      *markForm         `json:"prev"`
	Source    string            `json:"source"`
	Received  *time.Time        `json:"received"`
	Boot      *id               `json:"boot"`
	MonoNS    *uint64           `json:"mono_ns"`
	TookNS    *int64            `json:"took_ns"`
	Error     *agent.Reason     `json:"error"`
	HeldUntil *time.Time        `json:"held_until"`
	More      bool              `json:"more"`
	Backfill  bool              `json:"backfill"`
	Readings  list[readingForm] `json:"readings"`
	Results   list[resultForm]  `json:"results"`
	Events    list[eventForm]   `json:"events"`
}

type readingForm struct {
	Tag     string        `json:"tag"`
	Time    *time.Time    `json:"time"`
	Value   *float64      `json:"value"`
	Raw     *string       `json:"raw"`
	Quality *qualityWord  `json:"quality"`
	Reason  *agent.Reason `json:"reason"`
}

func (f batchForm) complete() bool {
	return f.Seq > 0 && f.Source != "" && f.Received != nil && f.Boot != nil && f.MonoNS != nil && f.TookNS != nil
}
func (f readingForm) complete() bool { return f.Time != nil && f.Quality != nil }
func (f resultForm) complete() bool {
	return f.Revision != nil && (f.Was == nil || f.Was.Revision != nil && f.Was.Was == nil)
}
func (f termForm) complete() bool  { return f.Seconds != nil }
func (f lostForm) complete() bool  { return f.Seconds != nil }
func (f eventForm) complete() bool { return f.Start != nil }

// list is a slice that stops at its first bad element, so that a small hostile
// payload cannot fill the memory with empty ones.
type list[T interface{ complete() bool }] []T

func (l *list[T]) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return fmt.Errorf("%.20q is not an array", text)
	}
	for dec.More() {
		var one T
		if err := dec.Decode(&one); err != nil {
			return fmt.Errorf("[%d]: %w", len(*l), err)
		}
		if !one.complete() {
			return fmt.Errorf("[%d]: a required field is missing", len(*l))
		}
		*l = append(*l, one)
	}
	return nil
}

// unmarshal reads exactly one value without unknown fields.
func unmarshal(text []byte, into *deliveryForm) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the payload")
	}
	return nil
}

func deliveryIn(f deliveryForm, tags func(string, uint32) *agent.Tag) (agent.Delivery, error) {
	d := agent.Delivery{
		Epoch: uint64(f.Epoch), Prev: markIn(f.Prev), From: f.From, To: f.To, Historical: f.Historical,
	}
	if f.Rows != nil {
		d.Rows = agent.Rows(*f.Rows)
	}
	known := make(map[string]*agent.Tag, len(f.Tags))
	for name, t := range f.Tags {
		if t.Gen == nil {
			return d, fmt.Errorf("tag %q has no generation", name)
		}
		if known[name] = tags(name, *t.Gen); known[name] == nil {
			return d, fmt.Errorf("tag %q of generation %d is not known here: give the reader the sender's configuration", name, *t.Gen)
		}
	}
	for _, one := range f.Batches {
		b, err := batchIn(one, d.Epoch, known)
		if err != nil {
			return d, fmt.Errorf("batch %016x/%d: %w", d.Epoch, one.Seq, err)
		}
		d.Batches = append(d.Batches, b)
	}
	return d, check(d)
}

func batchIn(f batchForm, epoch uint64, tags map[string]*agent.Tag) (*agent.Batch, error) {
	b := &agent.Batch{
		Mark: agent.Mark{Epoch: epoch, Seq: f.Seq}, Source: f.Source, Received: f.Received.UTC(),
		Boot: uint64(*f.Boot), Mono: *f.MonoNS, Took: time.Duration(*f.TookNS),
		Err: reasonIn(f.Error), More: f.More, Backfill: f.Backfill,
	}
	if f.Prev != nil {
		b.Prev = markIn(*f.Prev)
	}
	if f.HeldUntil != nil {
		b.HeldUntil = f.HeldUntil.UTC()
	}
	for i, one := range f.Readings {
		r, err := readingIn(one, tags)
		if err != nil {
			return nil, fmt.Errorf("reading %d: %w", i, err)
		}
		b.Readings = append(b.Readings, r)
	}
	for _, one := range f.Results {
		b.Results = append(b.Results, resultIn(one))
	}
	for _, one := range f.Events {
		b.Events = append(b.Events, eventIn(one))
	}
	return b, nil
}

func readingIn(f readingForm, tags map[string]*agent.Tag) (agent.Reading, error) {
	r := agent.Reading{Tag: tags[f.Tag], Time: f.Time.UTC(), Quality: agent.Quality(*f.Quality), Reason: reasonIn(f.Reason)}
	if r.Tag == nil {
		return r, fmt.Errorf("tag %q is not in the payload's tags", f.Tag)
	}
	if f.Raw != nil {
		var err error
		if r.Value, err = parseRaw(*f.Raw); err != nil {
			return r, fmt.Errorf("tag %q: %w", f.Tag, err)
		}
	}
	eng, ok := r.Tag.EngAt(r.Value, r.Time)
	ok = ok && finite(eng)
	if ok != (f.Value != nil) || ok && math.Float64bits(eng) != math.Float64bits(*f.Value) {
		return r, fmt.Errorf("tag %q: the value does not follow from the wire value by this reader's definition of the tag: give it the sender's configuration", f.Tag)
	}
	return r, nil
}
