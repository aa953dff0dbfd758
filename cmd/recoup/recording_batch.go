package main

import (
	"context"
	"math"
	"time"

	"recoup/agent"
)

// replay gives the readings of [from, to) as they would have been received: one
// batch for each source and instant, and at the end one of each source that is
// late enough to close the last cell.
func (rec *recording) replay(ctx context.Context, from, to int64, yield func(*agent.Batch) error) error {
	first, _, ok := rec.span()
	if !ok {
		return nil
	}
	p := &packer{known: rec.known, begin: max(first, from), at: math.MinInt64, yield: yield,
		open: make([]*agent.Batch, len(rec.sources)), sizes: make([]int, len(rec.sources)), seen: make([]place, len(rec.tags))}
	for i := range p.seen {
		p.seen[i].at = math.MinInt64
	}
	met, err := rec.each(ctx, from, to, p.put)
	rec.counts.add(&met)
	rec.repeated += p.repeated
	if err == nil {
		err = p.flush()
	}
	if err != nil || p.seq == 0 {
		return err
	}
	end := p.at + int64(15*time.Minute+grace(rec.tags))
	for _, source := range rec.sources {
		if err := yield(p.batch(source, end)); err != nil {
			return err
		}
	}
	return nil
}

// packer packs rows in time order into batches.
type packer struct {
	*known
	begin    int64
	seq      uint64
	at       int64          // of the batches that are open
	open     []*agent.Batch // by source; nil: none
	order    []int          // of the sources, as they came
	sizes    []int          // of the batch before, by source
	seen     []place        // by tag
	repeated int
	yield    func(*agent.Batch) error
}

// place is where the newest reading of a tag stands in its source's batch.
type place struct {
	at int64
	n  int
}

func (p *packer) batch(source string, at int64) *agent.Batch {
	p.seq++
	return &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: p.seq}, Source: source, Received: time.Unix(0, at).UTC(),
		Boot: 1, Mono: uint64(at - p.begin)}
}

func (p *packer) put(rows []recorded) error {
	for i := range rows {
		row := &rows[i]
		if row.at != p.at {
			if err := p.flush(); err != nil {
				return err
			}
			p.at = row.at
		}
		source, silent := row.silent()
		if !silent {
			source = p.source[row.tag]
		}
		b := p.open[source]
		if b == nil {
			b = p.batch(p.sources[source], row.at)
			b.Readings = make([]agent.Reading, 0, p.sizes[source])
			p.open[source], p.order = b, append(p.order, source)
		}
		if silent {
			b.Err = agent.Reason{Code: row.reason}
			continue
		}
		p.enter(b, row)
	}
	return nil
}

// enter puts a reading in; of one tag and time the one that came last counts.
func (p *packer) enter(b *agent.Batch, row *recorded) {
	r := agent.Reading{Tag: p.tags[row.tag], Time: b.Received, Value: agent.ValueOf(agent.ValueKind(row.how>>2), row.bits, ""),
		Quality: agent.Quality(row.how & 3), Reason: agent.Reason{Code: row.reason}}
	seen := &p.seen[row.tag]
	if seen.at == row.at {
		p.repeated++
		b.Readings[seen.n] = r
		return
	}
	seen.at, seen.n = row.at, len(b.Readings)
	b.Readings = append(b.Readings, r)
}

// flush hands the open batches on.
func (p *packer) flush() error {
	for _, source := range p.order {
		b := p.open[source]
		p.open[source], p.sizes[source] = nil, len(b.Readings)
		if err := p.yield(b); err != nil {
			return err
		}
	}
	p.order = p.order[:0]
	return nil
}
