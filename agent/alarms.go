package agent

import (
	"log/slog"
	"time"
)

// Alarms are events that cannot flow with the batches, because they concern
// what carries them: the disk, an upstream, the page. They live on the board.

// alarm shows that something is wrong, and reports whether that is news.
func (b *Board) alarm(kind EventKind, key string, why Reason) (news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, e := range b.active {
		if e.Kind == kind && e.Key == key {
			if e.Reason != why {
				e.Reason = why
				b.active[k] = e
			}
			return false
		}
	}
	b.keepEvent(Event{Kind: kind, Key: key, Start: b.clock.Wall(), Reason: why})
	return true
}

// clear ends an alarm, if there is one.
func (b *Board) clear(kind EventKind, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.active {
		if e.Kind == kind && e.Key == key {
			e.End = b.clock.Wall()
			b.keepEvent(e)
			return
		}
	}
}

// remember fills the board with the results and events of earlier runs.
func (b *Board) remember(past History, now time.Time, log *slog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := now.AddDate(0, 0, -40)
	for _, kind := range WindowKinds() {
		if kind == Month || kind == Year {
			from = now.AddDate(-3, 0, 0)
		}
		for r, err := range past.Results("", kind, from, now.Add(time.Hour)) {
			if err != nil {
				log.Warn("earlier results cannot be read", "window", string(kind), "err", err)
				break
			}
			b.keepResult(r)
		}
	}
	for e, err := range past.Events(now.AddDate(0, 0, -40), now.Add(time.Hour)) {
		if err != nil {
			log.Warn("earlier events cannot be read", "err", err)
			break
		}
		b.keepEvent(e)
	}
}

// showReadings takes the newest readings of a stored batch in, without its
// results and events, which remember has already.
func (b *Board) showReadings(batch *Batch) {
	b.Show(&Batch{Mark: batch.Mark, Source: batch.Source, Received: batch.Received, Readings: batch.Readings, Backfill: batch.Backfill})
}

// report adds a part to those whose metrics the board gives out.
func (b *Board) report(part any) {
	if r, ok := part.(Reporter); ok {
		b.reporters = append(b.reporters, r)
	}
}

func (b *Board) commitErr() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.commit.Err
}
