package agent

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Clock is where the agent's time comes from; tests inject their own.
type Clock struct {
	Wall func() time.Time // UTC; may be stepped by an administrator or NTP
	Mono func() uint64    // nanoseconds; never stepped
	Boot uint64           // identifies Mono's origin
}

// SystemClock reads the computer's clocks. Its Mono starts with the process.
func SystemClock() Clock {
	start := time.Now()
	return Clock{
		Wall: func() time.Time { return time.Now().Round(0).UTC() },
		Mono: func() uint64 { return uint64(time.Since(start)) },
		Boot: randomID(),
	}
}

// Stamp writes the present into a batch.
func (c Clock) Stamp(b *Batch) { b.Received, b.Boot, b.Mono = c.Wall(), c.Boot, c.Mono() }

// randomID gives a random number that is never 0.
func randomID() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) | 1
}

// Sleep waits for d or the end of ctx, whose error it returns. Nothing else in
// the program sleeps.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
