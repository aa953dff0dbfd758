package opcua

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

const (
	mostHeld = 100_000 // readings between two Reads; then the oldest are dropped and counted
	mostGive = 10_000  // readings that one Read hands over
)

// inbox holds what the server told until the next Read. The session's goroutine
// puts, the poller's takes.
type inbox struct {
	complete chan struct{} // closed once every tag was spoken of

	mu       sync.Mutex // guards all below
	most     int
	readings []agent.Reading // in order of arrival
	refused  map[*agent.Tag]agent.Reason
	awaited  map[*agent.Tag]bool // nothing was heard of yet
	dropped  map[*agent.Tag]loss
	told     time.Time // by the server's clock: all changes before it are here or were taken
}

// loss is what a full inbox dropped of one tag.
type loss struct {
	count int
	last  time.Time
}

func newInbox(tags []*agent.Tag) *inbox {
	in := &inbox{complete: make(chan struct{}), most: mostHeld, refused: map[*agent.Tag]agent.Reason{}, awaited: map[*agent.Tag]bool{}, dropped: map[*agent.Tag]loss{}}
	for _, tag := range tags {
		in.awaited[tag] = true
	}
	return in
}

// put takes a change in.
func (in *inbox) put(tag *agent.Tag, v *ua.DataValue, received time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	r := reading(tag, v, received)
	if overflowed(v.Status) {
		in.add(agent.Reading{Tag: tag, Time: r.Time, Reason: agent.Reason{Code: agent.Dropped,
			Detail: "the server dropped earlier changes of this node (raise queue, or sampling)"}})
	}
	in.add(r)
	in.heard(tag)
}

// refuse notes that the server does not monitor a tag's node.
func (in *inbox) refuse(tag *agent.Tag, why agent.Reason) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refused[tag] = why
	in.heard(tag)
}

// giveUp stops waiting for first values: the tags without one are Bad.
func (in *inbox) giveUp(after time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for tag := range in.awaited {
		in.refused[tag] = agent.Reason{Code: agent.NoData, Detail: fmt.Sprintf("the server monitors the node but told no value of it within %s", after)}
	}
}

// vouch notes that all changes before t were told.
func (in *inbox) vouch(t time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.told = t
}

func (in *inbox) heard(tag *agent.Tag) {
	if !in.awaited[tag] {
		return
	}
	delete(in.awaited, tag)
	if len(in.awaited) == 0 {
		close(in.complete)
	}
}

// add appends, making room by dropping the oldest, which is counted per tag.
func (in *inbox) add(r agent.Reading) {
	if r.Reason.Code != agent.Dropped {
		delete(in.refused, r.Tag) // it told something after all
	}
	if len(in.readings) >= in.most {
		gone := in.readings[0]
		in.readings = in.readings[1:]
		in.dropped[gone.Tag] = loss{in.dropped[gone.Tag].count + 1, gone.Time}
	}
	in.readings = append(in.readings, r)
}

// give moves what is here to b, oldest first; before it a Bad reading for each
// tag of which something was dropped. Tags that cannot be monitored are Bad at
// every Read in which they are due.
func (in *inbox) give(due []*agent.Tag, b *agent.Batch, now time.Time) (more bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for tag, l := range in.dropped {
		b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: l.last, Reason: agent.Reason{Code: agent.Dropped,
			Detail: fmt.Sprintf("%d changes were dropped, because more than %d came between two polls (poll more often)", l.count, in.most)}})
	}
	clear(in.dropped)
	for _, tag := range due {
		if why, is := in.refused[tag]; is {
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: now, Reason: why})
		}
	}
	n := min(len(in.readings), mostGive)
	b.Readings = append(b.Readings, in.readings[:n]...)
	in.readings = slices.Clone(in.readings[n:])
	if more = len(in.readings) > 0; !more {
		b.HeldUntil = in.told
	}
	return more
}
