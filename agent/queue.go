package agent

import (
	"sync"
	"time"
)

// queue stands between record, which never waits, and commit, which may wait
// for a disk. Put always takes; over the bound, the oldest units give way to a
// stand-in that says what is missing.
type queue struct {
	limit int // rows

	mu     sync.Mutex // guards all below
	units  [][]*Batch
	rows   int
	full   uint64 // rows that gave way
	closed bool
	ready  chan struct{} // has room for one signal
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, ready: make(chan struct{}, 1)}
}

// put takes a unit and drops the oldest others when there are too many.
func (q *queue) put(unit []*Batch) {
	q.mu.Lock()
	q.units = append(q.units, unit)
	q.rows += weight(unit)
	if q.rows > q.limit && len(q.units) > 1 {
		q.giveWay()
	}
	q.mu.Unlock()
	q.signal()
}

// giveWay drops the oldest tenth at once, so that stand-ins are not rebuilt
// for every unit.
func (q *queue) giveWay() {
	var dropped []*Batch
	for q.rows > q.limit-q.limit/10 && len(q.units) > 1 {
		dropped = append(dropped, q.units[0]...)
		q.rows -= weight(q.units[0])
		q.units = q.units[1:]
	}
	for _, b := range dropped {
		q.full += uint64(len(b.Readings))
	}
	stand := []*Batch{StandIn(dropped, Reason{Dropped, "the disk did not take them in time"})}
	q.units = append([][]*Batch{stand}, q.units...)
	q.rows += weight(stand)
}

// weight is what a unit costs in memory, in rows.
func weight(unit []*Batch) int {
	n := 0
	for _, b := range unit {
		n += 2 + b.Rows() + len(b.State)/100
	}
	return n
}

// take waits for a unit, gathers for flush more, and gives all there is, in
// order. It returns nil when the queue is closed and empty.
func (q *queue) take(flush time.Duration) []*Batch {
	for {
		<-q.ready
		q.gather(flush)
		if all, over := q.all(); len(all) > 0 || over {
			return all
		}
	}
}

// gather waits for d or the closing of the queue.
func (q *queue) gather(d time.Duration) (closed bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		q.mu.Lock()
		closed = q.closed
		q.mu.Unlock()
		if closed {
			return true
		}
		select {
		case <-q.ready:
		case <-timer.C:
			return false
		}
	}
}

func (q *queue) all() (all []*Batch, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, unit := range q.units {
		all = append(all, unit...)
	}
	q.units, q.rows = nil, 0
	if q.closed {
		q.signal() // whoever asks again must not wait
	}
	return all, q.closed
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// state gives the rows waiting and the readings that gave way so far.
func (q *queue) state() (rows int, gone uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.rows, q.full
}
