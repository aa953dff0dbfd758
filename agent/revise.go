package agent

import "time"

// Reviser is optional on a Calculator: with it, readings that came after their
// window had closed are counted. See recompute.go.
type Reviser interface {
	Calculator
	// Late lists the closed time for which readings came that no result counts
	// yet.
	Late() []Late
	// Afresh gives another calculator of the same definitions, which has seen
	// nothing. Any goroutine may call it.
	Afresh() Reviser
	// Above gives the windows that w is added up in, and the kind of window that
	// each is added up from.
	Above(w Window) []Window
	// Sum makes the result of a larger window anew from the newest ones of its
	// parts, in time order; false when they are not all that it was made of.
	Sum(of Result, parts []Result) (Result, bool)
	// Amend lets the running windows be the sums of what parts gives of their
	// closed parts, and takes lateness within [from, to) that came with batches
	// up to number seen off the list.
	Amend(parts Parts, from, to time.Time, seen uint64)
}

// Parts gives the newest results of a KPI that began in [from, to), oldest
// first.
type Parts func(kpi, states string, kind WindowKind, from, to time.Time) []Result

// Late is closed time of one tag for which readings came.
type Late struct {
	Tag, Source string
	From, To    time.Time     // whole cells
	Back, Ahead time.Duration // how far before and behind a reading counts
	Settle      time.Duration // how long after its end a cell is closed at the latest
	Seq         uint64        // newest batch that such readings came with
	Open        time.Time     // where the oldest cell begins that has not closed
}

// MadeOf gives the kind of window that a larger one is the sum of, "" for a cell
// and for a Lot.
func (k WindowKind) MadeOf() WindowKind {
	switch k {
	case Hour, Shift, Day:
		return Cell
	case Week, Month:
		return Day
	case Year:
		return Month
	}
	return ""
}

// revision is what the recompute loop hands to record.
type revision struct {
	batch    *Batch // results and events
	from, to time.Time
	seen     uint64 // number of the newest batch that was looked at
	more     bool   // of it are to come: nothing is amended yet
}

// revise records a revision. The checkpoint rides on the same batch, so that a
// crash leaves either both or neither: the running windows are amended by no
// batch that a replay could show to the engine again.
func (r *recorder) revise(rev *revision) {
	calc, is := r.calc.(Reviser)
	if !is {
		panic("BUG: a revision for an engine that cannot revise")
	}
	own := rev.batch
	r.clock.Stamp(own)
	r.number(own)
	r.calc.Add(own)
	r.board.Show(own)
	if rev.more {
		r.put([]*Batch{own})
		return
	}
	calc.Amend(r.board.parts, rev.from, rev.to, rev.seen)
	state, err := r.calc.Checkpoint()
	if err != nil {
		r.log.Error("no checkpoint with a revision; a crash now brings the running windows back to before it", "err", err)
	}
	own.State = state
	r.put([]*Batch{own})
	r.board.setCurrent(r.calc.Current())
	r.tellLate()
}

// tellLate lets the recompute loop know what there is to do.
func (r *recorder) tellLate() {
	if calc, is := r.calc.(Reviser); is && r.late != nil {
		r.late(calc.Late())
	}
}

// alike reports whether two results of one key say the same. Uncertainties are
// compared to nine digits, because they are rounded on their way to the disk.
func alike(a, b *Result) bool {
	same := a.Quality == b.Quality && a.Reason.Code == b.Reason.Code && a.Partial == b.Partial && a.Verdict == b.Verdict &&
		close9(a.Coverage, b.Coverage) && (a.Withheld() || a.Value == b.Value && close9(a.U, b.U)) && len(a.Terms) == len(b.Terms)
	for i := 0; same && i < len(a.Terms); i++ {
		x, y := &a.Terms[i], &b.Terms[i]
		same = x.Total == y.Total && x.Seconds == y.Seconds && close9(x.USys, y.USys) && close9(x.URand, y.URand)
	}
	return same
}

func close9(a, b float64) bool {
	d := max(a-b, b-a)
	return d <= 1e-9*max(a, -a, b, -b) || d < 1e-300
}

// revisionOf makes next the revision after was.
func revisionOf(was, next Result) Result {
	before := was
	before.Was = nil
	next.Revision, next.Was = was.Revision+1, &before
	return next
}
