package opcua

import (
	"testing"
	"time"

	"recoup/agent/agenttest"
)

func TestDriverSuite(t *testing.T) {
	server := common(t)
	for _, mode := range []string{pollMode, subscribeMode} {
		t.Run(mode, func(t *testing.T) {
			agenttest.DriverSuite(t, func(t *testing.T) agenttest.DriverRig {
				l := newLink(t, server.port)
				tags := tagsOf("flow", "total", "running", "batch", "level", "missing")
				d := openInsecure(t, l.addr, tags, "mode: "+mode)
				d.section.Watchdog = time.Hour // a wait that does not end with its ctx ends the test binary
				rig := agenttest.DriverRig{
					Driver: d, Tags: tags[:5], Bad: tags[5], Connections: l.count,
					Break: l.cut, Restore: func() { l.up(t) },
					Stall: func(reached func()) { l.setHole(true, reached) },
				}
				if mode == subscribeMode {
					rig.Changes, rig.Stall = true, nil
					rig.Break = func() { // what was lost shows when the session has noticed
						l.cut()
						<-d.session.done
					}
				}
				return rig
			})
		})
	}
}
