package buffer

import (
	"errors"
	"math"
	"slices"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

var errMissing = errors.New("the file is not there")

// lost records a gap for every segment that is damaged or missing.
func (l *loading) lost() error {
	for _, file := range l.damaged {
		g := &segment{path: file.path}
		sum, known := l.known[file.first]
		if !known {
			sum = summary{Epoch: l.epochAt(file.first), First: file.first}
		}
		g.sum = sum
		from, to := l.uncovered(file.first, l.lastOf(file, &sum))
		if from > to {
			if err := l.quarantine(file.path, file.why, nil); err != nil {
				return err
			}
			continue
		}
		l.used(agent.Mark{Epoch: sum.Epoch, Seq: to})
		if err := l.lose(g, agent.Mark{Epoch: sum.Epoch, Seq: from}, to, &sum, file.why); err != nil {
			return err
		}
	}
	for first, sum := range l.known {
		from, to := l.uncovered(first, sum.Last)
		if from > to || slices.ContainsFunc(l.segments, func(g *segment) bool { return g.sum.First == first }) {
			continue
		}
		g := &segment{path: segmentPath(l.cfg.Path, first), sum: sum}
		l.used(agent.Mark{Epoch: sum.Epoch, Seq: to})
		if err := l.lose(g, agent.Mark{Epoch: sum.Epoch, Seq: from}, to, &sum, errMissing); err != nil {
			return err
		}
	}
	return nil
}

// lastOf gives the last number that a damaged segment may have held: what the
// next one says, what meta.db says, or more than the file has room for. A
// number must not be used twice, and numbers are not scarce.
func (l *loading) lastOf(file damagedFile, sum *summary) uint64 {
	next := slices.IndexFunc(l.segments, func(g *segment) bool { return g.sum.First > file.first })
	switch {
	case next >= 0:
		return l.segments[next].before
	case sum.Sealed:
		return sum.Last
	}
	room := uint64(file.size / leastFrame)
	return max(l.last.Seq, sum.Last, file.first+room)
}

// uncovered gives the part of from…to, at its ends, that nothing stored covers.
func (l *loading) uncovered(from, to uint64) (uint64, uint64) {
	for from <= to {
		at, ok := l.index.at(from)
		if !ok || at.from > to {
			return from, to
		}
		if at.from > from {
			return from, at.from - 1
		}
		from = at.to + 1
	}
	return from, to
}

// epochAt gives the epoch that a number belongs to, as far as is known.
func (l *loading) epochAt(seq uint64) uint64 {
	var best epoch
	for _, e := range l.epochs {
		if e.First <= seq && e.First >= best.First {
			best = e
		}
	}
	return best.Epoch
}

// restoreGaps enters stand-ins that the ledger misses, because the last run
// ended in between, and makes stand-ins of the ledger's gaps that have none,
// because kept.db was lost.
func (l *loading) restoreGaps() error {
	rd := l.newReader()
	for _, at := range slices.Clone(l.index) {
		if at.kept == nil {
			continue
		}
		if _, known := l.ledger[gapKey{at.kept.From, at.kept.To}]; known {
			continue
		}
		stand, err := l.readKept(rd, at.kept)
		if err != nil {
			return err
		}
		l.note(ledgerEntry(stand, at.kept))
	}
	for key, gap := range l.ledger {
		if key.to > l.last.Seq || l.index.covers(key.from, key.to) {
			continue
		}
		if from, to := l.uncovered(key.from, key.to); from != key.from || to != key.to {
			continue
		}
		if err := l.keep(standFor(gap, "kept.db"), gap.Gap.Rows); err != nil {
			return err
		}
	}
	return nil
}

// verify looks through the segments that were not closed in good order: every
// frame is checked, and gaps that the ledger misses are entered. What it finds
// damaged is replaced.
func (l *loading) verify() error {
	for _, g := range l.unseen {
		from, to, counts := l.index.of(g)
		if !counts {
			continue
		}
		rd := l.newReader()
		rd.skip = func(h *head) bool { return !h.has(flagOwn) || !h.has(flagEvents) }
		var failed error
		l.walk(rd, from, to, func(b *agent.Batch, err error) bool {
			if failed = err; err == nil {
				l.noteMissing(b)
			}
			return err == nil
		})
		if failed != nil {
			return failed
		}
		if !slices.Contains(l.segments, g) {
			continue
		}
		g.sum.Sealed = true
		sum := g.sum.clone()
		l.pending = append(l.pending, func(tx *bolt.Tx) error {
			return putSealed(tx.Bucket(bucketSegments), numberKey(sum.First), sum)
		})
	}
	return nil
}

func (l *loading) noteMissing(b *agent.Batch) {
	for _, e := range b.Events {
		if e.Gap == nil {
			continue
		}
		if _, known := l.ledger[gapKey{e.Gap.From.Seq, e.Gap.To.Seq}]; !known {
			l.note(e)
		}
	}
}

// newestUnit finds where the newest unit begins.
func (l *loading) newestUnit() error {
	from := l.last.Seq - min(l.last.Seq, 1)
	var failed error
	l.walk(l.newReader(), from, math.MaxUint64, func(b *agent.Batch, err error) bool {
		if failed = err; err == nil {
			l.unit.take(b)
		}
		return err == nil
	})
	return failed
}
