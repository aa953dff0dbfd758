package main

import (
	"context"
	"iter"
	"slices"
	"time"

	"recoup/agent"
	"recoup/sim"
)

const historyStep = 10 * time.Second

// incidents are what went wrong at the demo's plant before now.
func incidents(now time.Time) []sim.Incident {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic("BUG: zone database missing: " + err.Error())
	}
	local := now.In(zone)
	night := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone) // of the newest closed night shift
	if local.Hour() < 8 {
		night = night.AddDate(0, 0, -1)
	}
	ago := func(days int, hours float64) time.Time {
		return night.AddDate(0, 0, -days).Add(time.Duration(hours * float64(time.Hour)))
	}
	return []sim.Incident{
		{Kind: sim.CounterReset, From: ago(21, 10), To: ago(21, 11)},
		{Kind: sim.PLCOff, From: ago(9, 22), To: ago(8, 3)},
		{Kind: sim.FlameOut, From: ago(4, 13), To: ago(4, 15.5)},
		{Kind: sim.WashOilWarm, From: night, To: night.Add(8 * time.Hour)},
	}
}

// history steps the plant to the present and gives what an agent would have
// polled: one batch a step, an outage batch while the PLC is off. It ends early
// with ctx.
func history(ctx context.Context, plant sim.Plant, tags []*agent.Tag) iter.Seq[*agent.Batch] {
	return func(yield func(*agent.Batch) bool) {
		show := showFor(plant, tags)
		began := plant.Now()
		var samples []sim.Sample
		for ctx.Err() == nil && time.Since(plant.Now()) > historyStep {
			plant.Step(historyStep)
			now := plant.Now()
			b := &agent.Batch{Source: tags[0].Source, Received: now, Boot: 1, Mono: uint64(now.Sub(began)), Took: 4 * time.Millisecond}
			samples = plant.AppendValues(samples[:0])
			if plant.Off() {
				b.Err = agent.Reason{Code: agent.NoConnection, Detail: "connection refused"}
			} else {
				b.Readings = make([]agent.Reading, 0, len(tags))
				for i, tag := range tags {
					b.Readings = append(b.Readings, show[i].reading(tag, now, samples))
				}
			}
			if !yield(b) {
				return
			}
		}
	}
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
