package buffer

import (
	"encoding/json"
	"math/bits"
	"time"

	"recoup/agent"
)

const (
	defaultSegmentBytes = 64 << 20
	minSegmentBytes     = 512 << 10
	maxSegmentBytes     = 1 << 30
)

// Config is what a Store needs to know.
type Config struct {
	Path         string        // folder; made when it is not there
	MaxBytes     int64         // of all files; room for four segments at least
	MaxAge       time.Duration // raw batches older than this are dropped
	SegmentBytes int64         // of one file; rounded up to a power of two; 0 means 64 MiB
	Tags         []*agent.Tag  // the current generation
	Upstreams    []string      // names of those that read
}

// check fills in the defaults and gives agent.Faults for what is wrong.
func (c *Config) check() error {
	var faults agent.Faults
	if c.SegmentBytes == 0 {
		c.SegmentBytes = defaultSegmentBytes
	}
	c.SegmentBytes = powerOfTwo(c.SegmentBytes, minSegmentBytes, maxSegmentBytes)
	if c.Path == "" {
		faults.Add("path", "write the folder for the buffer, for example data", "is empty")
	}
	if least := 4 * c.SegmentBytes; c.MaxBytes < least {
		faults.Add("max_bytes", "write 1GiB or more", "%d bytes are too few: the buffer needs room for four segments, %d bytes", c.MaxBytes, least)
	}
	if c.MaxAge < time.Hour {
		faults.Add("max_age", "write 40d, or at least 1h", "%v is too short to keep readings for", c.MaxAge)
	}
	if _, err := json.Marshal(c.Tags); err != nil {
		faults.Add("tags", "use finite numbers", "cannot be stored: %v", err)
	}
	return faults.Err()
}

// powerOfTwo rounds n up within the bounds. bbolt maps files in such sizes, and
// on Windows a file is as large as its map.
func powerOfTwo(n, least, most int64) int64 {
	n = min(max(n, least), most)
	return 1 << bits.Len64(uint64(n-1))
}
