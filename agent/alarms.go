package agent

import (
	"context"
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
func (b *Board) clear(kind EventKind, key string) (was bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.active {
		if e.Kind == kind && e.Key == key {
			e.End = b.clock.Wall()
			b.keepEvent(e)
			return true
		}
	}
	return false
}

// remember fills the board with the results and events of earlier runs. Events
// are read from the beginning, because one that never ended may be old.
func (b *Board) remember(past History, now time.Time, log *slog.Logger) {
	var results []Result
	days := map[WindowKind]int{Cell: 5, Hour: 17, Shift: 134, Day: 400, Week: 1100, Month: 1100, Year: 4000, Lot: 40} // as much as the board keeps, or so
	for _, kind := range append(WindowKinds(), Lot) {
		for r, err := range past.Results("", kind, now.AddDate(0, 0, -days[kind]), now.AddDate(1, 0, 0)) {
			if err != nil {
				log.Warn("earlier results cannot be read", "window", string(kind), "err", err)
				break
			}
			results = append(results, r)
		}
	}
	var events []Event
	for e, err := range past.Events(time.Time{}, now.AddDate(100, 0, 0)) {
		if err != nil {
			log.Warn("earlier events cannot be read", "err", err)
			break
		}
		events = append(events, e)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range results {
		b.keepResult(r)
	}
	for _, e := range events {
		b.keepEvent(e)
	}
}

// showReadings takes the newest readings of a stored batch in, without its
// results and events, which remember has already.
func (b *Board) showReadings(batch *Batch) {
	b.Show(&Batch{Mark: batch.Mark, Source: batch.Source, Received: batch.Received, Readings: batch.Readings,
		Backfill: batch.Backfill, HeldUntil: batch.HeldUntil, More: batch.More})
}

const (
	seldom     = time.Hour      // tags whose values hold for so long speak seldom
	recallMost = 72 * time.Hour // of stored readings looked through for them
)

// recall shows the newest stored reading of the tags that speak seldom and have
// none yet, laboratory values above all. It takes seconds, so it runs beside the
// pollers.
func (b *Board) recall(ctx context.Context, store Store, log *slog.Logger) {
	silent, longest := b.silent()
	if len(silent) == 0 {
		return
	}
	now := b.clock.Wall()
	for batch, err := range store.Range(now.Add(-min(longest, recallMost)), now) {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			log.Warn("the newest values of slow tags cannot be read", "err", err)
			return
		}
		b.recallFrom(batch, silent)
	}
}

// silent lists the tags that speak seldom and have no reading yet, and gives how
// long the longest of them holds.
func (b *Board) silent() (names map[string]bool, longest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	names = map[string]bool{}
	for _, t := range b.tags {
		if !t.Seen && t.Tag.Gap() >= seldom {
			names[t.Tag.Name], longest = true, max(longest, t.Tag.Gap())
		}
	}
	return names, longest
}

func (b *Board) recallFrom(batch *Batch, silent map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range batch.Readings {
		if !silent[r.Tag.Name] || r.Tag.Index >= len(b.tags) {
			continue
		}
		if s := &b.tags[r.Tag.Index]; s.Tag.Name == r.Tag.Name && (!s.Seen || r.Time.After(s.Time)) {
			s.Reading, s.Seen = r, true
		}
	}
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
