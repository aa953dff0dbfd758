package agent

import (
	"slices"
	"time"
)

// books are the stored results that a revision is compared with.
type books struct {
	past   History
	stored map[place]Result // the parts, that is cells and lots
	newest map[series]int64 // start of the newest stored cell
	closed int64            // up to here record's engine has closed its cells, stored or from before it began
	anew   map[shelf]*kept  // what is to be stored
}

// place is what the results of one window of one KPI share, whatever their
// definition.
type place struct {
	series
	kind  WindowKind
	start int64
}

// shelf is where the results of one KPI and kind of window stand.
type shelf struct {
	series
	kind WindowKind
}

// kept are results of one shelf by the starts of their windows.
type kept struct {
	starts []int64 // ascending
	at     map[int64]Result
}

func (b *books) keep(r *Result) {
	on := shelf{seriesOf(r), r.Window.Kind}
	k := b.anew[on]
	if k == nil {
		k = &kept{at: map[int64]Result{}}
		b.anew[on] = k
	}
	start := r.Window.Start.UnixNano()
	if at, known := slices.BinarySearch(k.starts, start); !known {
		k.starts = slices.Insert(k.starts, at, start)
	}
	k.at[start] = *r
}

func (k *kept) has(r *Result) bool {
	if k == nil {
		return false
	}
	_, is := k.at[r.Window.Start.UnixNano()]
	return is
}

// within gives those that began in [from, to), oldest first.
func (k *kept) within(from, to time.Time) (all []Result) {
	if k == nil {
		return nil
	}
	at, _ := slices.BinarySearch(k.starts, from.UnixNano())
	for _, start := range k.starts[at:] {
		if start >= to.UnixNano() {
			break
		}
		all = append(all, k.at[start])
	}
	return all
}

// series is what the results of one KPI share.
type series struct{ kpi, states string }

func seriesOf(r *Result) series { return series{r.KPI, r.States} }

func placeOf(r *Result) place {
	return place{seriesOf(r), r.Window.Kind, r.Window.Start.UnixNano()}
}

var farAhead = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// open reads the cells and lots from a job's beginning on.
func (c *recomputer) open(j job) (*books, error) {
	b := &books{past: c.past, stored: map[place]Result{}, newest: map[series]int64{}, closed: j.open.UnixNano(), anew: map[shelf]*kept{}}
	for _, kind := range []WindowKind{Cell, Lot} {
		for r, err := range c.past.Results("", kind, j.from, farAhead) {
			if err != nil {
				return nil, err
			}
			if r.Window.Start.Before(j.to) {
				b.stored[placeOf(&r)] = r
			}
			if kind == Cell {
				b.newest[seriesOf(&r)] = max(b.newest[seriesOf(&r)], r.Window.Start.UnixNano())
			}
		}
	}
	return b, nil
}

// runs reports whether record's engine has not yet closed a window of which at is
// the start, of a cell, or the end. What lies before the first cell that it
// closed it never will.
func (b *books) runs(r *Result, at time.Time) bool {
	return at.UnixNano() > b.newest[seriesOf(r)] && r.Window.End.UnixNano() > b.closed
}

// compare gives what of found is new or differs from what is stored. Results of
// another definition are left as they are and counted.
func (b *books) compare(found []Result) (changed []Result, refused int) {
	for i := range found {
		r := &found[i]
		switch old, is := b.stored[placeOf(r)]; {
		case !is && b.runs(r, r.Window.Start): // record's engine has not closed it yet
		case !is:
			changed = append(changed, *r)
		case old.Config != r.Config:
			refused++
		case !alike(&old, r):
			changed = append(changed, revisionOf(old, *r))
		}
	}
	return changed, refused
}

// withdrawn gives the revisions that take back lots which the job's time no longer
// has, of those that were told before it was gone through: late readings show
// others.
func (b *books) withdrawn(told, found []Result, j job) (all []Result) {
	at := map[place]bool{}
	like := map[series][32]byte{}
	for i := range found {
		at[placeOf(&found[i])] = true
		like[seriesOf(&found[i])] = found[i].Config
	}
	for i := range told {
		p := placeOf(&told[i])
		old, is := b.stored[p]
		if !is || at[p] || old.Window.End.After(j.to) || old.Config != like[p.series] || old.Reason == noSuchLot {
			continue
		}
		next := old
		next.Value, next.U, next.Coverage, next.Verdict, next.Estimate, next.EstimateU, next.Colour, next.Score = 0, 0, 0, NoVerdict, 0, 0, NoColour, 0
		next.Quality, next.Reason = Bad, noSuchLot
		all = append(all, revisionOf(old, next))
	}
	return all
}

var noSuchLot = Reason{LateData, "they show that no such lot began then"}

// above goes up from the cells that were looked at, changed or not, so that a
// window that closed while a cell of it was being revised is mended the next
// time.
func (b *books) above(calc Reviser, looked, changed []Result) (all []Result, err error) {
	for i := range changed {
		b.keep(&changed[i])
	}
	for level := looked; len(level) > 0; {
		var next []Result
		done := map[place]bool{}
		for i := range level {
			for _, w := range calc.Above(level[i].Window) {
				r := level[i]
				r.Window = w
				if at := placeOf(&r); done[at] {
					continue
				} else {
					done[at] = true
				}
				next = append(next, r)
				made, differs, err := b.sum(calc, &r)
				if err != nil {
					return nil, err
				}
				if differs {
					all = append(all, made)
					b.keep(&made)
				}
			}
		}
		level = next
	}
	return all, nil
}

// sum makes the result of a closed window from its parts. One that still runs is
// not stored and is amended by record.
func (b *books) sum(calc Reviser, like *Result) (made Result, differs bool, err error) {
	w := like.Window
	olds, err := b.results(like, w.Kind, w.Start, w.Start.Add(1))
	if err != nil {
		return made, false, err
	}
	if len(olds) == 0 && b.runs(like, w.End) {
		return made, false, nil
	}
	parts, err := b.results(like, w.Kind.MadeOf(), w.Start, w.End)
	if err != nil {
		return made, false, err
	}
	made, ok := calc.Sum(*like, parts)
	switch {
	case !ok:
		return made, false, nil
	case len(olds) == 0:
		return made, true, nil
	case alike(&olds[0], &made):
		return made, false, nil
	}
	return revisionOf(olds[0], made), true, nil
}

// results gives those of like's KPI and definition that began in [from, to), as
// they will be.
func (b *books) results(like *Result, kind WindowKind, from, to time.Time) (all []Result, err error) {
	anew := b.anew[shelf{seriesOf(like), kind}]
	all = anew.within(from, to)
	for r, err := range b.past.Results(like.KPI, kind, from, to) {
		if err != nil {
			return nil, err
		}
		if !anew.has(&r) && r.States == like.States && r.Config == like.Config {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(x, y Result) int { return x.Window.Start.Compare(y.Window.Start) })
	return all, nil
}
