package main

import (
	"context"
	"iter"
	"slices"
	"time"

	"recoup/agent"
	"recoup/sim"
)

const (
	historyStep = 10 * time.Second // also of the process that serves the acid plant, so that both have the same history
	labStep     = 5 * time.Minute  // how often the laboratory's folder is looked at; a multiple of historyStep
)

// past gives what an agent that polls plants would have received.
type past struct {
	plants []pastPlant
	wall   func(time.Time) time.Time // what the agent's computer showed at a time; nil: that time
	until  time.Time                 // no batch is received later; zero: the present
}

// pastPlant is a plant and the tags by which the agent knows it. The
// laboratory's are beside the acid plant's.
type pastPlant struct {
	plant    sim.Plant
	tags     []*agent.Tag
	lab      *agent.Tag // nil: none
	ownClock bool       // readings carry the device's time

	show    []shown
	began   time.Time
	told    time.Time // of the newest titration
	samples []sim.Sample
}

// batches steps the plants to the present, the one that is behind first, and
// gives a batch a step, an outage batch while the PLC is off. It ends early with
// ctx.
func (p *past) batches(ctx context.Context) iter.Seq[*agent.Batch] {
	return func(yield func(*agent.Batch) bool) {
		for i := range p.plants {
			one := &p.plants[i]
			one.show = showFor(one.plant, one.tags)
			if one.began.IsZero() {
				one.began = one.plant.Now()
			}
		}
		for ctx.Err() == nil {
			one := p.behind()
			if next := one.plant.Now().Add(historyStep); !next.Before(time.Now()) || !p.until.IsZero() && next.After(p.until) {
				return
			}
			one.plant.Step(historyStep)
			if !yield(one.poll(p.show(one.plant.Now()))) {
				return
			}
			if now := one.plant.Now(); one.lab != nil && now.Sub(one.began)%labStep == 0 && !yield(one.pollLab(p.show(now))) {
				return
			}
		}
	}
}

// behind gives the plant that has come least far.
func (p *past) behind() *pastPlant {
	first := &p.plants[0]
	for i := range p.plants[1:] {
		if one := &p.plants[i+1]; one.plant.Now().Before(first.plant.Now()) {
			first = one
		}
	}
	return first
}

// show gives what the agent's computer shows at a time.
func (p *past) show(now time.Time) time.Time {
	if p.wall == nil {
		return now
	}
	return p.wall(now)
}

func (p *pastPlant) batch(source string, received time.Time) *agent.Batch {
	return &agent.Batch{Source: source, Received: received, Boot: 1, Mono: uint64(p.plant.Now().Sub(p.began)), Took: 4 * time.Millisecond}
}

func (p *pastPlant) poll(received time.Time) *agent.Batch {
	b := p.batch(p.tags[0].Source, received)
	if p.plant.Off() {
		b.Err = agent.Reason{Code: agent.NoConnection, Detail: "connection refused"}
		return b
	}
	p.samples = p.plant.AppendValues(p.samples[:0])
	b.Readings = make([]agent.Reading, 0, len(p.tags))
	at := received
	if p.ownClock {
		at = p.plant.Now()
	}
	for i, tag := range p.tags {
		b.Readings = append(b.Readings, p.show[i].reading(tag, at, p.samples))
	}
	return b
}

// pollLab looks for a new file of the laboratory's.
func (p *pastPlant) pollLab(received time.Time) *agent.Batch {
	b := p.batch(p.lab.Source, received)
	if told := p.plant.(*sim.Acid).Titration(); told.At.After(p.told) {
		p.told = told.At
		r := agent.Reading{Tag: p.lab, Time: told.At, Value: agent.Float64Value(told.Strength)}
		r.Quality, r.Reason = p.lab.Judge(r.Value)
		b.Readings = append(b.Readings, r)
	}
	return b
}

// shown leads from a tag to the simulator's point at the same address.
type shown struct {
	at   int
	kind sim.Type
}

func showFor(plant sim.Plant, tags []*agent.Tag) []shown {
	points := plant.Points()
	show := make([]shown, len(tags))
	for i, tag := range tags {
		at := slices.IndexFunc(points, func(p sim.Point) bool { return tag.Name == plant.Name()+"."+p.Name })
		if at < 0 {
			panic("BUG: the demo's configuration names " + tag.Name + ", which the simulator does not have")
		}
		show[i] = shown{at, points[at].Type}
	}
	return show
}

func (s shown) reading(tag *agent.Tag, at time.Time, samples []sim.Sample) agent.Reading {
	sample := samples[s.at]
	r := agent.Reading{Tag: tag, Time: at}
	switch s.kind {
	case sim.Bool:
		r.Value = agent.BoolValue(sample.Bool())
	case sim.Float32:
		r.Value = agent.Float32Value(sample.Float32())
	default:
		r.Value = agent.Uint64Value(sample.Bits)
	}
	if !sample.OK {
		r.Value, r.Quality, r.Reason = agent.Value{}, agent.Bad, agent.Reason{Code: agent.Timeout}
		return r
	}
	r.Quality, r.Reason = tag.Judge(r.Value)
	return r
}
