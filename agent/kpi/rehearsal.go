package kpi

import (
	"slices"
	"time"

	"recoup/agent"
)

// rehearsal is a quantity with tags of its own, which an engine can be fed with
// at usual values once an hour.
type rehearsal struct {
	plant   agent.Plant
	q       Quantity
	tags    []*agent.Tag       // each once
	usual   map[string]float64 // by tag, in its unit; of a totaliser per second
	assumed []string
	unknown []string
}

const (
	rehearsed = 3 * time.Hour // longest bridged gap in it
	hourly    = time.Hour     // between its readings
)

func newRehearsal(plant agent.Plant, q Quantity) *rehearsal {
	r := &rehearsal{plant: plant, q: q, usual: map[string]float64{}}
	r.q.Masks = nil
	r.q.Terms = slices.Clone(q.Terms)
	byName := map[string]*agent.Tag{}
	for i := range r.q.Terms {
		t := &r.q.Terms[i]
		t.Tags = slices.Clone(t.Tags)
		for k, tag := range t.Tags {
			t.Tags[k] = r.double(byName, tag)
		}
		if t.Formula != nil {
			f := *t.Formula
			f.Args = slices.Clone(f.Args)
			for k := range f.Args {
				f.Args[k].Tag = r.double(byName, f.Args[k].Tag)
			}
			t.Formula = &f
		}
	}
	return r
}

// double gives the rehearsal's own tag for a tag.
func (r *rehearsal) double(byName map[string]*agent.Tag, tag *agent.Tag) *agent.Tag {
	if own := byName[tag.Name]; own != nil {
		return own
	}
	own := &agent.Tag{
		Name: tag.Name, Unit: tag.Unit, Source: "rehearsal", Index: len(r.tags), Every: hourly, MaxGap: rehearsed,
		Scale: tag.Scale, Offset: tag.Offset, Accuracy: tag.Accuracy, Hold: tag.Hold, Cutoff: tag.Cutoff,
	}
	if tag.Counter != nil {
		own.Counter = &agent.Counter{}
	}
	byName[tag.Name] = own
	r.tags = append(r.tags, own)
	switch {
	case tag.Usual != nil:
		r.usual[tag.Name] = *tag.Usual
	case tag.Counter != nil && tag.Counter.MaxRate > 0:
		r.usual[tag.Name] = tag.Counter.MaxRate / 2
		r.assumed = append(r.assumed, tag.Name)
	case tag.Counter == nil && tag.Range != nil:
		r.usual[tag.Name] = (tag.Range.Lo + tag.Range.Hi) / 2
		r.assumed = append(r.assumed, tag.Name)
	default:
		r.unknown = append(r.unknown, tag.Name)
	}
	return own
}

// play feeds a month and gives the uncertainties by window, and the month.
func (r *rehearsal) play() (reaches []agent.Reach, month agent.Result, err error) {
	e, err := New(r.plant, []KPI{{Name: "rehearsal", Quantities: []Quantity{r.q}}})
	if err != nil {
		return nil, month, err
	}
	w := e.cal.window(level(rank(agent.Month)), r.begin().UnixNano())
	newest := map[agent.WindowKind]agent.Result{}
	var seq uint64
	for at := instant(w.start); !at.After(instant(w.end).Add(2 * hourly)); at = at.Add(hourly) {
		seq++
		results, _ := e.Add(r.batch(at, instant(w.start), seq))
		for _, one := range results {
			if one.States == "" && !one.Partial {
				newest[one.Window.Kind] = one
			}
		}
	}
	for _, kind := range agent.WindowKinds() {
		one, is := newest[kind]
		if short := r.q.MinWindow != "" && rank(kind) < rank(r.q.MinWindow); is && !short && !one.Withheld() && kind != agent.Cell {
			reaches = append(reaches, agent.Reach{Window: kind, U: one.U})
		}
	}
	return reaches, newest[agent.Month], nil
}

// begin is in a month in which all dated factors have a value: the one after
// their newest step.
func (r *rehearsal) begin() time.Time {
	begin := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	for _, t := range r.q.Terms {
		for _, f := range t.Dated {
			for _, s := range f.Steps {
				if s.From.After(begin.AddDate(0, 0, -15)) {
					begin = time.Date(s.From.Year(), s.From.Month()+1, 15, 0, 0, 0, 0, time.UTC)
				}
			}
		}
	}
	return begin
}

func (r *rehearsal) batch(at, start time.Time, seq uint64) *agent.Batch {
	b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: seq}, Source: "rehearsal", Received: at, Boot: 1, Mono: uint64(at.Sub(start))}
	for _, tag := range r.tags {
		v := r.usual[tag.Name]
		if tag.Counter != nil {
			v *= at.Sub(start).Seconds()
		}
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: at, Value: agent.Float64Value((v - tag.Offset) / scaleOf(tag)), Quality: agent.Good})
	}
	return b
}
