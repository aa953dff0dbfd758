package modbus

import (
	"testing"
	"time"

	"recoup/agent/agenttest"
)

func TestDriverSuite(t *testing.T) {
	agenttest.DriverSuite(t, func(t *testing.T) agenttest.DriverRig {
		p := newPeer(t)
		tags := tagsAt("holding 100", "input 7 uint32 cdab", "discrete 3", "unit 2 holding 500 int64", "coil 9", "holding 103", "holding 65535")
		d := openDriver(t, p, "connect_timeout: 20s", tags)
		d.wire.timeout = time.Hour // a wait that does not end with its ctx ends the test binary
		return agenttest.DriverRig{
			Driver:      d,
			Tags:        tags[:6],
			Bad:         tags[6],
			Connections: func() int { accepted, _, _ := p.seen(); return accepted },
			Break:       p.stop,
			Restore:     func() { p.start(t) },
			Stall: func(reached func()) {
				p.setFault(func(int, []byte, []byte) ([]byte, bool) { reached(); return nil, false })
			},
		}
	})
}
