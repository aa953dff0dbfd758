package kpi

import (
	"fmt"
	"math"
	"time"

	"recoup/agent"
)

const clockStep = 2 * second // smaller corrections of the wall clock are absorbed

// stretch is time during which the wall clock ran without being set. Positions
// in it are wall time; each input keeps one series per stretch. A set of the
// clock ends the stretch where the old clock would have stood and begins the
// next where the new one stands, so that the duration between two samples
// around it is that of the monotonic clock.
type stretch struct {
	start, end int64
	boot, mono uint64 // of its first batch
	offset     int64  // wall − mono at its newest batch
	shift      int64  // its axis − the axis of the one before, where known
	linked     bool   // shift is known
}

// locate gives the stretch that a batch of a source belongs to, beginning a new
// one when the clock was set.
func (e *Engine) locate(b *agent.Batch, wall int64) int {
	last := len(e.stretches) - 1
	if b.Backfill {
		return last
	}
	cur := &e.stretches[last]
	offset := wall - int64(b.Mono)
	switch {
	case !e.clocked:
		e.clocked = true
		cur.boot, cur.mono, cur.offset = b.Boot, b.Mono, offset
	case b.Boot == cur.boot && b.Mono < cur.mono:
		for k := last - 1; k >= 0; k-- {
			if s := &e.stretches[k]; s.boot == b.Boot && b.Mono >= s.mono {
				return k
			}
		}
	case b.Boot == cur.boot && abs(offset-cur.offset) <= clockStep:
		cur.offset = offset
	case b.Boot == cur.boot:
		return e.stepped(stretch{start: wall, boot: b.Boot, mono: b.Mono, offset: offset, shift: offset - cur.offset, linked: true})
	case wall < e.newest-clockStep:
		return e.stepped(stretch{start: wall, boot: b.Boot, mono: b.Mono, offset: offset, shift: wall - e.newest})
	default:
		cur.boot, cur.mono, cur.offset = b.Boot, b.Mono, offset
	}
	return last
}

// stepped ends the running stretch and begins next.
func (e *Engine) stepped(next stretch) int {
	e.tellStep(&next)
	e.resumed = next.start
	if e.begun && next.start < e.open.start-longGap {
		e.anew(&next)
		return 0
	}
	cur := &e.stretches[len(e.stretches)-1]
	cur.end, next.end = next.start-next.shift, math.MaxInt64
	e.stretches = append(e.stretches, next)
	for _, in := range e.inputs {
		in.carry(&next)
	}
	if next.shift < 0 {
		e.newest, e.furthest = next.start, longAgo
		for _, in := range e.inputs {
			in.seen = longAgo
		}
	}
	return len(e.stretches) - 1
}

func (e *Engine) tellStep(next *stretch) {
	direction := "forward"
	if next.shift < 0 {
		direction = "back"
	}
	e.events = append(e.events, agent.Event{
		Kind: agent.ClockStepped, Start: instant(next.start), End: instant(next.start),
		Reason: agent.Reason{Code: agent.ClockStep, Detail: fmt.Sprintf("set %s by %s", direction, time.Duration(abs(next.shift)).Round(time.Millisecond))},
	})
}

// anew begins all over after a clock that was so far ahead that waiting for the
// windows that had been opened by it would mean no figures for weeks or years.
// Those end as Partial; only the totalisers' bases go on.
func (e *Engine) anew(next *stretch) {
	r := e.running()
	for i, q := range e.quantities {
		if q.begun {
			e.results = append(append(e.results, r.cut(i, e.open)...), q.cutLot(e.cal.zone)...)
		}
		q.begun, q.sums, q.debt, q.adopted = false, [levels]sum{}, debt{}, nil
		clear(q.stocks)
	}
	e.stretches = []stretch{{start: math.MinInt64, end: math.MaxInt64, boot: next.boot, mono: next.mono, offset: next.offset}}
	e.newest, e.furthest, e.begun, e.windows = longAgo, longAgo, false, [levels]span{}
	for _, in := range e.inputs {
		in.carry(&stretch{start: next.start})
		in.runs = in.runs[len(in.runs)-1:]
		in.seen, in.late, in.inLot = longAgo, nil, nil
	}
}

// carry begins an input's series in a new stretch with its newest sample at
// its place on the new axis. Where that place is unknown only a totaliser's
// base goes on, from the beginning of the stretch.
func (in *input) carry(next *stretch) {
	old := in.runs[len(in.runs)-1].elems
	var run series
	if next.linked {
		from := len(old) - 1
		for from > 0 && (old[from].isMark() || in.keep > 0 && old[from].t > next.start-next.shift-in.keep) {
			from--
		}
		for _, el := range old[max(from, 0):] {
			el.t += next.shift
			run.elems = append(run.elems, el)
		}
	} else if in.shape.counter && in.counter.have {
		run.elems = append(run.elems, element{t: next.start, trait: trait(agent.Good) | fresh})
	}
	in.runs = append(in.runs, run)
	in.repeats.carry(next)
	in.pace.on = false // the time over the set of the clock is not measured by the rate
	in.bridge = next.linked
	if next.linked {
		in.counter.t += next.shift
		in.counter.other.t += next.shift
		in.counter.zero.since += next.shift
	} else {
		in.counter.t, in.counter.other.n = min(in.counter.t, next.start), 0
		in.counter.zero.on = false
	}
}

// place puts an element into stretch k. What comes first after a set of the
// clock ends the interval before it as well, at its place on the old axis.
func (e *Engine) place(in *input, k int, el element) {
	put := (*series).put
	if el.isMark() {
		put = (*series).note
	}
	put(&in.runs[k], el)
	if in.bridge && k == len(in.runs)-1 {
		in.bridge = el.isMark()
		el.t -= e.stretches[k].shift
		put(&in.runs[k-1], el)
	}
}

// forget drops stretches that ended before t.
func (e *Engine) forget(t int64) {
	for len(e.stretches) > 1 && e.stretches[0].end <= t && e.stretches[1].start <= t {
		e.stretches = e.stretches[1:]
		for _, in := range e.inputs {
			in.runs = in.runs[1:]
			in.bridge = in.bridge && len(in.runs) > 1
		}
	}
}

func abs(n int64) int64 { return max(n, -n) }
