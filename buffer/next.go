package buffer

import (
	"context"
	"errors"

	"recoup/agent"
)

var errClosed = errors.New("the buffer is closed")

// Next gives the first stretch that the upstream does not have, from the
// preferred lane when it has one. Until it is acked, Next gives it again.
func (s *Store) Next(ctx context.Context, upstream string, prefer agent.Lane, most int) (agent.Delivery, error) {
	for {
		ended := ctx.Err() // before looking: what was appended before the end must be seen
		s.mu.Lock()
		c, err := s.upstream(upstream)
		if err != nil || s.closed {
			s.mu.Unlock()
			return agent.Delivery{}, errors.Join(err, s.closedErr(err))
		}
		lanes, grown := s.lanes(c, prefer), s.grown
		s.mu.Unlock()

		for _, lane := range lanes {
			d, err := s.deliver(s.readers[upstream], lane, max(most, 1))
			if err != nil {
				return agent.Delivery{}, err
			}
			if len(d.Batches) > 0 {
				s.mu.Lock()
				c.given[lane.lane] = look{lane.pos, d.From}
				s.mu.Unlock()
				return d, nil
			}
		}
		if s.passHoles(c, lanes) {
			continue
		}
		if ended != nil {
			return agent.Delivery{}, ended
		}
		select {
		case <-grown:
		case <-ctx.Done():
		}
	}
}

func (s *Store) closedErr(other error) error {
	if other != nil {
		return nil
	}
	return errClosed
}

// passHoles joins what the upstream has, when between Low and the later stretch
// nothing is stored: numbers that will never come.
func (s *Store) passHoles(c *cursor, lanes []stretch) (passed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, lane := range lanes {
		if lane.historical && c.Hi > 0 && c.Lo == lane.limit+1 {
			c.ack(lane.pos, lane.limit)
			s.unsaved++
			return true
		}
	}
	return false
}

// deliver reads one epoch's contiguous stretch: at least one batch, at most
// about max rows.
func (s *Store) deliver(rd *reader, from stretch, most int) (d agent.Delivery, err error) {
	rows := 0
	for pos := from.pos; pos <= from.limit && rows < most; {
		batches, next, err := s.read(rd, pos, from.limit, most-rows)
		if err != nil {
			return agent.Delivery{}, err
		}
		if next == 0 {
			break
		}
		for _, b := range batches {
			first, _ := b.Stands()
			first = max(first, from.pos)
			switch {
			case len(d.Batches) == 0:
				d = agent.Delivery{Epoch: b.Epoch, From: first, Historical: from.historical}
			case b.Epoch != d.Epoch || first > d.To+1 || rows+weight(b) > most:
				return s.named(d), nil
			}
			d.Batches = append(d.Batches, b)
			d.To = b.Seq
			rows += weight(b)
		}
		pos = next
	}
	return s.named(d), nil
}

// weight is a batch's rows; one without any still costs a place.
func weight(b *agent.Batch) int { return max(b.Rows(), 1) }

// named fills in what the epoch says of itself.
func (s *Store) named(d agent.Delivery) agent.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Prev = s.epochs[d.Epoch].Prev
	return d
}
