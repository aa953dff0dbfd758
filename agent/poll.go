package agent

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

const (
	outageEvery = 10 * time.Second // an outage is data: on change and this often
	longestRead = 30 * time.Second
	maxBackoff  = 30 * time.Second
)

// poller owns one driver and reads it on a fixed grid of the monotonic clock.
type poller struct {
	Source
	clock Clock
	log   *slog.Logger
	to    chan<- *Batch
	lost  context.Context // ended: nobody takes batches any more
	show  func(func(*SourceState))

	grid   []rate
	due    map[string][]*Tag // by which rates are due: drivers plan per set
	down   bool
	told   time.Time // when the last outage batch was handed on
	rest   backoff
	origin time.Time
}

// rate is one poll interval of the source and the next grid point of it.
type rate struct {
	every time.Duration
	next  time.Duration // after origin
	due   bool
}

func (p *poller) run(ctx context.Context) {
	p.origin = time.Now()
	p.due = map[string][]*Tag{}
	p.rest = backoff{first: time.Second, most: maxBackoff}
	p.layGrid()
	if len(p.grid) == 0 {
		return
	}
	retry := time.Duration(0) // after origin: not before
	for {
		at := p.nextPoint()
		if p.down {
			at = max(at, retry)
			if beat := p.told.Add(outageEvery).Sub(p.origin); beat < at {
				if Sleep(ctx, beat-time.Since(p.origin)) != nil {
					return
				}
				p.outage(p.stateErr())
				continue
			}
		}
		if Sleep(ctx, at-time.Since(p.origin)) != nil {
			return
		}
		due := p.take(time.Since(p.origin))
		if len(due) == 0 {
			continue
		}
		if p.poll(ctx, due) {
			retry = 0
		} else {
			retry = time.Since(p.origin) + p.rest.next()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (p *poller) layGrid() {
	seen := map[time.Duration]bool{}
	fastest := time.Duration(0)
	for _, tag := range p.Tags {
		if !seen[tag.Every] {
			seen[tag.Every] = true
			p.grid = append(p.grid, rate{every: tag.Every})
		}
		if fastest == 0 || tag.Every < fastest {
			fastest = tag.Every
		}
	}
	p.show(func(s *SourceState) { s.Every = fastest })
}

func (p *poller) nextPoint() time.Duration {
	at := p.grid[0].next
	for _, r := range p.grid[1:] {
		at = min(at, r.next)
	}
	return at
}

// take gives the tags due at now and moves their rates on. Grid points that
// passed meanwhile are missed, and counted unless the source was down.
func (p *poller) take(now time.Duration) []*Tag {
	key := make([]byte, len(p.grid))
	missed := uint64(0)
	for i := range p.grid {
		r := &p.grid[i]
		r.due = r.next <= now
		if !r.due {
			continue
		}
		key[i] = 1
		late := (now - r.next) / r.every
		missed += uint64(late)
		r.next += (late + 1) * r.every
	}
	if missed > 0 && !p.down {
		p.show(func(s *SourceState) { s.Overruns += missed })
	}
	due, planned := p.due[string(key)]
	if !planned {
		for _, tag := range p.Tags {
			for i, r := range p.grid {
				if key[i] == 1 && r.every == tag.Every {
					due = append(due, tag)
				}
			}
		}
		p.due[string(key)] = due
	}
	return due
}

// poll reads until the driver has no more and hands everything on. What a Read
// gave is handed on even when ctx ended meanwhile.
func (p *poller) poll(ctx context.Context, due []*Tag) bool {
	for {
		b := &Batch{Source: p.Name}
		began := time.Now()
		more, err := p.read(ctx, due, b)
		b.Took = time.Since(began)
		p.clock.Stamp(b)
		stopping := ctx.Err() != nil
		if err != nil && !stopping {
			p.failed(b, err)
			return false
		}
		if err != nil && p.down { // the stop cut a try short: it is as it was
			b.Err = p.stateErr()
			if len(b.Readings) > 0 {
				p.hand(b)
			}
			return false
		}
		b.More = more && err == nil
		if stopping && len(b.Readings) == 0 {
			return true
		}
		p.worked(b)
		if !b.More || stopping {
			return true
		}
	}
}

// read fences the driver off: a fault in one protocol must not take the other
// sources down.
func (p *poller) read(ctx context.Context, due []*Tag, b *Batch) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("driver panicked", "source", p.Name, "panic", r, "stack", string(debug.Stack()))
			more, err = false, Because(DriverPanic, fmt.Errorf("fault in the driver: %v", r))
		}
	}()
	return p.Driver.Read(ctx, due, b)
}

func (p *poller) worked(b *Batch) {
	if p.down {
		p.log.Info("source back", "source", p.Name)
	}
	back := p.down
	p.down = false
	p.rest.reset()
	p.show(func(s *SourceState) {
		if back || !s.Up {
			s.Up, s.Since = true, b.Received
		}
		s.Err, s.LastGood = Reason{}, b.Received
		s.OK++
		s.Readings += uint64(len(b.Readings))
		s.Took.Observe(b.Took.Seconds())
	})
	p.hand(b)
}

func (p *poller) failed(b *Batch, err error) {
	b.Err = ReasonFor(err)
	change := !p.down
	p.down = true
	if change {
		p.log.Warn("source lost", "source", p.Name, "reason", b.Err.Code.String(), "err", err)
	}
	p.show(func(s *SourceState) {
		if change {
			s.Up, s.Since = false, b.Received
		}
		change = change || s.Err.Code != b.Err.Code
		s.Err = b.Err
		s.Failed++
		s.Readings += uint64(len(b.Readings))
	})
	if change || len(b.Readings) > 0 || time.Since(p.told) >= outageEvery {
		p.told = time.Now()
		p.hand(b)
	}
}

// outage says again that the source is down, between two tries.
func (p *poller) outage(why Reason) {
	b := &Batch{Source: p.Name, Err: why}
	p.clock.Stamp(b)
	p.told = time.Now()
	p.hand(b)
}

func (p *poller) stateErr() (why Reason) {
	p.show(func(s *SourceState) { why = s.Err })
	return why
}

func (p *poller) hand(b *Batch) {
	if p.lost.Err() != nil {
		return
	}
	select {
	case p.to <- b:
	case <-p.lost.Done():
	}
}
