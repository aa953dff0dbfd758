package agent

import (
	"context"
	"time"
)

const hungAfter = 10 * time.Second // a write that takes longer is shown as trouble

// commit is the only writer: one transaction per take. After an error the
// outcome is unknown, so the same batches are offered again until they are in;
// meanwhile the queue is bounded by itself.
func (a *Agent) commit(hard context.Context, q *queue) {
	for {
		batches := q.take(a.Flush)
		if batches == nil {
			return
		}
		rest := backoff{first: time.Second, most: 30 * time.Second}
		for !a.append(batches, q) {
			if a.lastTry(hard, q, rest.next()) {
				if !a.append(batches, q) {
					a.Log.Error("readings lost at the stop: the disk did not take them", "batches", len(batches), "err", a.Board.commitErr())
				}
				break
			}
		}
	}
}

// lastTry rests; it reports true when the agent stops, so that one more try is
// the last.
func (a *Agent) lastTry(hard context.Context, q *queue, d time.Duration) bool {
	defer q.signal() // what gather took note of is still waiting
	return q.gather(d) || hard.Err() != nil
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
	hangs := time.AfterFunc(hungAfter, func() {
		a.Board.alarm(DiskTrouble, "", Reason{Timeout, "a write has not returned"})
	})
	start := time.Now()
	err := a.Store.Append(batches)
	took := time.Since(start)
	hung := !hangs.Stop()
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
	switch {
	case err != nil && failedBefore == "":
		a.Log.Error("the buffer's disk does not take batches; they wait in memory", "err", err)
		a.Board.alarm(DiskTrouble, "", Reason{Refused, err.Error()})
	case err == nil && (failedBefore != "" || hung):
		a.Log.Info("the buffer's disk takes batches again")
		a.Board.clear(DiskTrouble, "")
	}
	return err == nil
}
