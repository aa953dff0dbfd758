package agenttest

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"recoup/agent"
)

// MemStore keeps batches in memory. OnAppend, when set, comes before each
// Append and may fail or hang, as a disk does.
type MemStore struct {
	OnAppend func(n int) error

	mu       sync.Mutex
	batches  []*agent.Batch
	acked    map[string]map[uint64]bool
	rejected []*agent.Batch
	more     chan struct{}
	appends  int
	loaded   bool
	closed   int
}

// NewMemStore makes an empty one.
func NewMemStore() *MemStore {
	return &MemStore{acked: map[string]map[uint64]bool{}, more: make(chan struct{})}
}

func (s *MemStore) Load() (agent.Mark, []byte, iter.Seq2[*agent.Batch, error], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = true
	var last agent.Mark
	var state []byte
	from := 0
	for i, b := range s.batches {
		last = b.Mark
		if b.State != nil {
			state, from = b.State, i+1
		}
	}
	after := s.batches[from:]
	return last, state, func(yield func(*agent.Batch, error) bool) {
		for _, b := range after {
			if !yield(b, nil) {
				return
			}
		}
	}, nil
}

func (s *MemStore) Append(batches []*agent.Batch) error {
	s.mu.Lock()
	s.appends++
	n, hook := s.appends, s.OnAppend
	s.mu.Unlock()
	if hook != nil {
		if err := hook(n); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, batches...)
	close(s.more)
	s.more = make(chan struct{})
	return nil
}

func (s *MemStore) Next(ctx context.Context, upstream string, prefer agent.Lane, most int) (agent.Delivery, error) {
	for {
		ended := ctx.Err() // before looking: what was appended before the end must be seen
		s.mu.Lock()
		d := s.next(s.acked[upstream], prefer, most)
		more := s.more
		s.mu.Unlock()
		if len(d.Batches) > 0 {
			return d, nil
		}
		if ended != nil {
			return agent.Delivery{}, ended
		}
		select {
		case <-more:
		case <-ctx.Done():
		}
	}
}

// next gives the first stretch not acked, or the newest batch.
func (s *MemStore) next(acked map[uint64]bool, prefer agent.Lane, most int) (d agent.Delivery) {
	rows := 0
	batches := s.batches
	if n := len(batches); prefer == agent.Newest && n > 0 && !acked[batches[n-1].Seq] {
		batches = batches[n-1:]
	}
	for _, b := range batches {
		from, _ := b.Stands()
		if acked[b.Seq] {
			if len(d.Batches) > 0 {
				return d
			}
			continue
		}
		switch {
		case len(d.Batches) == 0:
			d.Epoch, d.From = b.Epoch, from
		case b.Epoch != d.Epoch || from != d.To+1 || rows+b.Rows() > most:
			return d
		}
		if b.Prev != (agent.Mark{}) {
			d.Prev = b.Prev
		}
		rows += b.Rows()
		d.To, d.Batches = b.Seq, append(d.Batches, b)
	}
	return d
}

func (s *MemStore) Ack(upstream string, from, to uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acked[upstream] == nil {
		s.acked[upstream] = map[uint64]bool{}
	}
	for seq := from; seq <= to; seq++ {
		s.acked[upstream][seq] = true
	}
}

func (s *MemStore) Reject(_ string, b *agent.Batch, rows agent.Rows, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why == nil {
		return fmt.Errorf("rejected without a reason")
	}
	s.rejected = append(s.rejected, rows.Of(b))
	return nil
}

func (s *MemStore) Range(from, to time.Time) iter.Seq2[*agent.Batch, error] {
	return func(yield func(*agent.Batch, error) bool) {
		s.mu.Lock()
		all := s.batches
		s.mu.Unlock()
		for _, b := range all {
			if !b.Received.Before(from) && b.Received.Before(to) && !yield(b, nil) {
				return
			}
		}
	}
}

func (s *MemStore) Checkpoint(t time.Time) (newest *agent.Batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		if b.State != nil && !b.Received.After(t) {
			newest = b
		}
	}
	return newest, nil
}

func (s *MemStore) Tidy(context.Context) error { return nil }

func (s *MemStore) Close() error { s.mu.Lock(); defer s.mu.Unlock(); s.closed++; return nil }

// Stored gives the batches, Rejected the rows set aside, Closed how often Close
// was called.
func (s *MemStore) Stored() []*agent.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*agent.Batch(nil), s.batches...)
}

func (s *MemStore) Rejected() []*agent.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*agent.Batch(nil), s.rejected...)
}

func (s *MemStore) Closed() int { s.mu.Lock(); defer s.mu.Unlock(); return s.closed }
