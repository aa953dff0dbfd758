package buffer

import (
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// testConfig has the smallest segments.
func testConfig(dir string, upstreams ...string) Config {
	return Config{Path: dir, MaxBytes: 1 << 30, MaxAge: 40 * 24 * time.Hour, SegmentBytes: minSegmentBytes, Upstreams: upstreams}
}

func TestStoreSuite(t *testing.T) {
	dirs := map[*testing.T]string{}
	agenttest.StoreSuite(t, func(t *testing.T, upstreams ...string) agent.Store {
		if dirs[t] == "" {
			dirs[t] = t.TempDir()
		}
		s, err := New(testConfig(dirs[t], upstreams...), agent.SystemClock(), agenttest.Quiet())
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		return s
	})
}
