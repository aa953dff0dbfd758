package sim

import "slices"

// Tally is what an Upstream has counted since it began.
type Tally struct {
	Requests    uint64 `json:"requests"` // posted, whatever became of them
	Bytes       uint64 `json:"bytes"`    // of readable bodies, as sent
	Ticks       uint64 `json:"ticks"`    // without batches
	Batches     uint64 `json:"batches"`  // stored; a part counts with its first rows
	Readings    uint64 `json:"readings"` // stored, like the next two
	Results     uint64 `json:"results"`
	Events      uint64 `json:"events"`
	GapReadings uint64 `json:"gap_readings"` // known to be missing, by stored gap events
	Repeats     uint64 `json:"repeats"`      // requests of which some or all was stored already
	RepeatRows  uint64 `json:"repeat_rows"`
	OutOfOrder  uint64 `json:"out_of_order"` // live but not next, or historical but ahead
	BadRequests uint64 `json:"bad_requests"` // no agent may send them
	Injected    uint64 `json:"injected"`     // failed on purpose

	Holes uint64 `json:"holes"` // numbers that are missing now; historical deliveries may still fill them
	Forks uint64 `json:"forks"` // epochs that contradict another one

	Plants map[string]PlantTally `json:"plants"`
}

// PlantTally is how one plant's stream stands.
type PlantTally struct {
	Last   Mark   `json:"last"` // newest live
	Epochs int    `json:"epochs"`
	Holes  uint64 `json:"holes"`
	Forks  uint64 `json:"forks"`
}

// books hold what an upstream was given, precisely enough to find every hole,
// repeat and fork.
type books struct {
	tally  Tally
	plants map[string]*plantBook
	keys   map[string]delivered // by Idempotency-Key
}

// delivered is what an Idempotency-Key was used for.
type delivered struct {
	epoch    string
	from, to uint64
	rows     rowsOfOne
}

type plantBook struct {
	last    Mark
	epochs  []*epochBook // in the order in which they were first seen
	covered stretches    // numbers of all epochs, stood-for ones included
	gaps    map[[2]Mark]bool
}

// epochBook is one start of an agent. Its numbers begin after prev's.
type epochBook struct {
	id      string
	prev    Mark
	high    uint64
	strange bool                  // it named another prev later
	covered stretches             // whole batches, and stood-for numbers
	parts   map[uint64]*stretches // rows of batches that came in parts
}

func newBooks() *books {
	return &books{plants: map[string]*plantBook{}, keys: map[string]delivered{}}
}

// sameUse reports whether a key was never used, or for the same delivery.
func (b *books) sameUse(key string, d *delivery) bool {
	used, seen := b.keys[key]
	return !seen || used == useOf(d)
}

func useOf(d *delivery) delivered {
	use := delivered{epoch: d.Epoch, from: d.From, to: d.To}
	if d.Rows != nil {
		use.rows = *d.Rows
	}
	return use
}

// take stores what is new in d and counts the rest. It strips d of batches that
// were stored before and marks single rows that were; repeated says that
// something was.
func (b *books) take(key string, d *delivery) (repeated bool) {
	if d.tick() {
		b.tally.Ticks++
		return false
	}
	p := b.plants[d.Plant.ID]
	if p == nil {
		p = &plantBook{gaps: map[[2]Mark]bool{}}
		b.plants[d.Plant.ID] = p
	}
	b.keys[key] = useOf(d)
	e := p.epoch(d)
	first := e.covered.firstMissing(d.From)
	more := e.lacksRows(d)
	if first > d.To && !more {
		b.tally.Repeats++
		b.skip(d.Batches)
		d.Batches = nil
		return true
	}
	begun := e.parts[first] != nil
	repeated = b.storeNew(p, e, d)
	if repeated {
		b.tally.Repeats++
	}
	if !more && !p.inOrder(d, first, begun) {
		b.tally.OutOfOrder++
	}
	return repeated
}

// storeNew stores d's batches but those that are stored already.
func (b *books) storeNew(p *plantBook, e *epochBook, d *delivery) (repeated bool) {
	kept := d.Batches[:0:0]
	for i := range d.Batches {
		x := d.Batches[i]
		if e.covered.has(x.Seq) && !e.lacksRows(d) {
			b.skip(d.Batches[i : i+1])
			repeated = true
			continue
		}
		b.store(p, e, &x, d.Rows)
		repeated = repeated || x.repeats != nil
		kept = append(kept, x)
	}
	d.Batches = kept
	if d.Filtered {
		p.cover(e, d.From, d.To)
	}
	e.high = max(e.high, d.To)
	return repeated
}

// lacksRows reports whether d brings rows of a batch of which other parts came
// before. The gap event of a stand-in covers its numbers when only its own part
// is there.
func (e *epochBook) lacksRows(d *delivery) bool {
	seen := e.parts[d.To]
	return d.Rows != nil && seen != nil && seen.count(d.Rows.From, d.Rows.To-1) < d.Rows.To-d.Rows.From
}

func (b *books) skip(batches []batchBody) {
	for i := range batches {
		b.tally.RepeatRows += batches[i].rows()
	}
}

// epoch finds or begins the book of d's epoch.
func (p *plantBook) epoch(d *delivery) *epochBook {
	for _, e := range p.epochs {
		if e.id == d.Epoch {
			e.strange = e.strange || e.prev != d.Prev
			return e
		}
	}
	e := &epochBook{id: d.Epoch, prev: d.Prev, parts: map[uint64]*stretches{}}
	p.epochs = append(p.epochs, e)
	return e
}

// inOrder checks d, whose first new number is first, against the newest live
// mark and moves that on: a live delivery brings what comes next, with all in
// between accounted for; a historical one lies below. A number that parts have
// begun may be the newest one.
func (p *plantBook) inOrder(d *delivery, first uint64, begun bool) bool {
	was := p.last
	if d.Historical {
		return d.To <= was.Seq
	}
	if d.Epoch != was.Epoch || d.To > was.Seq {
		p.last = Mark{Epoch: d.Epoch, Seq: d.To}
	}
	if was == (Mark{}) {
		return true
	}
	if begun && first == was.Seq {
		return true
	}
	return first > was.Seq && p.covered.firstMissing(was.Seq+1) >= first
}

// store keeps one batch, or the rows of it that are new.
func (b *books) store(p *plantBook, e *epochBook, x *batchBody, rows *rowsOfOne) {
	seen := e.parts[x.Seq]
	if seen == nil {
		b.tally.Batches++
	}
	from := uint64(0)
	if rows != nil {
		from = rows.From
		if seen == nil {
			seen = &stretches{}
			e.parts[x.Seq] = seen
		}
	} else {
		delete(e.parts, x.Seq)
	}
	for row := range x.rows() {
		if seen != nil && seen.has(from+row) {
			x.repeats.add(row, row)
			b.tally.RepeatRows++
			continue
		}
		b.storeRow(p, e, x, int(row))
	}
	if rows != nil {
		seen.add(rows.From, rows.To-1)
		p.covered.add(x.Seq, x.Seq)
		return
	}
	p.cover(e, x.Seq, x.Seq)
}

// storeRow keeps one row, counted over readings, then results, then events.
func (b *books) storeRow(p *plantBook, e *epochBook, x *batchBody, row int) {
	events := len(x.Readings) + len(x.Results)
	switch {
	case row < len(x.Readings):
		b.tally.Readings++
	case row < events:
		b.tally.Results++
	default:
		b.tally.Events++
		b.gap(p, e, x.Events[row-events].Gap)
	}
}

// gap covers the numbers that a stored gap event accounts for, and counts its
// readings once.
func (b *books) gap(p *plantBook, e *epochBook, g *gapBody) {
	if g == nil {
		return
	}
	key := [2]Mark{g.From, g.To}
	if !p.gaps[key] {
		p.gaps[key] = true
		for _, rows := range g.Rows {
			b.tally.GapReadings += uint64(rows)
		}
	}
	p.covered.add(g.From.Seq, g.To.Seq)
	if g.To.Epoch == e.id {
		e.covered.add(g.From.Seq, g.To.Seq)
	}
}

func (p *plantBook) cover(e *epochBook, from, to uint64) {
	e.covered.add(from, to)
	p.covered.add(from, to)
}

// holes counts the numbers that are missing between the beginning of the
// oldest epoch and the newest number.
func (p *plantBook) holes() uint64 {
	if len(p.epochs) == 0 {
		return 0
	}
	from, to := p.epochs[0].prev.Seq+1, uint64(0)
	for _, e := range p.epochs {
		from, to = min(from, e.prev.Seq+1), max(to, e.high)
	}
	return to - from + 1 - p.covered.count(from, to)
}

// forks counts the epochs that cannot be in one history with an epoch seen
// before them, as after restoring a disk image or copying a data folder.
func (p *plantBook) forks() uint64 {
	n := uint64(0)
	for i, e := range p.epochs {
		if e.strange || slices.ContainsFunc(p.epochs[:i], e.contradicts) {
			n++
		}
	}
	return n
}

// contradicts reports that both epochs used a number, or that one begins after
// a mark that was the other's number.
func (e *epochBook) contradicts(o *epochBook) bool {
	overlap := e.prev.Seq < o.high && o.prev.Seq < e.high
	return overlap || e.holdsForeign(o.prev) || o.holdsForeign(e.prev)
}

func (e *epochBook) holdsForeign(m Mark) bool {
	return m.Seq > e.prev.Seq && m.Seq <= e.high && m.Epoch != e.id
}

// sum gives the tally with what is computed on demand.
func (b *books) sum() Tally {
	t := b.tally
	t.Plants = make(map[string]PlantTally, len(b.plants))
	for id, p := range b.plants {
		one := PlantTally{Last: p.last, Epochs: len(p.epochs), Holes: p.holes(), Forks: p.forks()}
		t.Plants[id] = one
		t.Holes += one.Holes
		t.Forks += one.Forks
	}
	return t
}
