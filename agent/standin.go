package agent

// StandIn makes what takes the place of dropped batches, which are whole units
// in Seq order: a batch with the number of the last one, a gap event, and their
// Results and Events. A stand-in among them is merged, so that readings stored
// plus readings in gaps stay readings polled.
func StandIn(dropped []*Batch, why Reason) *Batch {
	first, last := dropped[0], dropped[len(dropped)-1]
	gap := &Gap{From: first.Mark, To: last.Mark, First: first.Received, Last: last.Received, Rows: map[string]int{}}
	stand := &Batch{Mark: last.Mark, Source: Own, Received: last.Received, Boot: last.Boot, Mono: last.Mono}
	var events []Event
	for _, b := range dropped {
		if b.Prev != (Mark{}) {
			stand.Prev = b.Prev
		}
		if len(b.Readings) > 0 {
			gap.Rows[b.Source] += len(b.Readings)
		}
		stand.Results = append(stand.Results, b.Results...)
		for _, e := range b.Events {
			if e.Gap != nil && e.Gap.To == b.Mark {
				gap.absorb(e.Gap)
				continue
			}
			events = append(events, e)
		}
	}
	own := Event{Kind: GapRecorded, Key: gap.To.String(), Start: gap.First, End: gap.Last, Reason: why, Gap: gap}
	stand.Events = append([]Event{own}, events...)
	return stand
}

// absorb takes an earlier gap in.
func (g *Gap) absorb(old *Gap) {
	if old.From.Seq < g.From.Seq {
		g.From = old.From
	}
	if old.First.Before(g.First) {
		g.First = old.First
	}
	for source, rows := range old.Rows {
		g.Rows[source] += rows
	}
}
