package agent

import (
	"math/rand/v2"
	"time"
)

// backoff doubles from first to most. Each rest is drawn from its upper half,
// so that many agents do not return together.
type backoff struct {
	first, most, now time.Duration
}

func (b *backoff) next() time.Duration {
	b.now = min(max(2*b.now, b.first), b.most)
	return b.now/2 + rand.N(b.now/2+1)
}

// fullJitter draws from the whole of the doubled rest, as senders to a shared
// far side should.
func (b *backoff) fullJitter() time.Duration {
	b.now = min(max(2*b.now, b.first), b.most)
	return rand.N(b.now) + time.Millisecond
}

func (b *backoff) reset() { b.now = 0 }
