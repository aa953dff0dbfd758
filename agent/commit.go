package agent

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const hungAfter = 10 * time.Second // a write that takes longer is shown as trouble

// commit is the only writer: one transaction per take. After an error the
// outcome is unknown, so the same batches are offered again until they are in;
// nothing behind them goes first, and meanwhile the queue is bounded by itself.
// The error says what was lost because the disk did not take it until hard ended.
func (a *Agent) commit(hard context.Context, q *queue) error {
	for {
		batches := q.take(a.Flush)
		if batches == nil {
			return nil
		}
		rest := backoff{first: time.Second, most: 30 * time.Second}
		for !a.append(batches, q) {
			if !q.gather(rest.next()) {
				q.signal() // what gather took note of is still waiting
				continue
			}
			return a.lastTries(hard, q, batches)
		}
	}
}

// lastTries is for a stop while the disk fails: it offers all there is until
// the grace is over.
func (a *Agent) lastTries(hard context.Context, q *queue, batches []*Batch) error {
	more, _ := q.all()
	batches = append(batches, more...)
	for !a.append(batches, q) {
		if Sleep(hard, 200*time.Millisecond) != nil {
			return fmt.Errorf("%d batches are lost, the disk did not take them: %s", len(batches), a.Board.commitErr())
		}
	}
	return nil
}

func (a *Agent) append(batches []*Batch, q *queue) bool {
	waiting, gone := q.state()
	began := a.Clock.Wall()
	a.Board.committing(func(s *CommitState) {
		s.Waiting, s.Dropped[Dropped] = waiting, gone
		if s.Err == "" {
			s.Since = began
		}
	})
	var writing sync.Mutex // guards over
	over := false
	hangs := time.AfterFunc(hungAfter, func() {
		writing.Lock()
		defer writing.Unlock()
		if !over {
			a.Board.alarm(DiskTrouble, "", Reason{Timeout, "a write has not returned"})
		}
	})
	start := time.Now()
	err := a.Store.Append(batches)
	took := time.Since(start)
	hangs.Stop()
	writing.Lock()
	over = true
	writing.Unlock()
	failedBefore := ""
	a.Board.committing(func(s *CommitState) {
		failedBefore = s.Err
		if err != nil {
			s.Err = err.Error()
			return
		}
		s.Err, s.Since = "", time.Time{}
		s.Took.Observe(took.Seconds())
		for _, b := range batches {
			s.Readings += uint64(len(b.Readings))
		}
	})
	if err == nil {
		a.Board.wrote(batches[len(batches)-1].Seq)
	}
	switch {
	case err != nil && failedBefore == "":
		a.Log.Error("the buffer's disk does not take batches; they wait in memory", "err", err)
		a.Board.alarm(DiskTrouble, "", Reason{Refused, err.Error()})
	case err == nil && a.Board.clear(DiskTrouble, ""):
		a.Log.Info("the buffer's disk takes batches again")
	}
	return err == nil
}
