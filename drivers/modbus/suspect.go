package modbus

import (
	"fmt"

	"recoup/agent"
)

// place is what a request reads of its unit.
type place struct {
	table           table
	start, quantity uint16
}

// suspect is a request that failed. Some devices are silent on addresses that
// they do not have, or even close the connection, instead of answering with an
// exception. So a request that failed is asked after all others of the wire,
// and one that fails alone, while its unit answers the others, rests alone.
type suspect struct {
	failures
	alone bool
}

func (r *request) place() place { return place{r.table, r.start, r.quantity} }

func (s *suspect) why(u *unit, r *request) agent.Reason {
	return s.reason(fmt.Sprintf("%s of unit %d", r, u.id), "that the device has these addresses")
}

// inOrder gives the plan's requests in the order in which they are asked.
func (p *pass) inOrder() []*request {
	order := p.plan.order[:0]
	for _, suspects := range []bool{false, true} {
		for i := range p.plan.requests {
			r := &p.plan.requests[i]
			if _, is := p.d.unit(r.unit).suspects[r.place()]; is == suspects {
				order = append(order, r)
			}
		}
	}
	p.plan.order = order
	return order
}

// resting gives the reason not to make a request now, if there is one.
func (p *pass) resting(u *unit, r *request) (why agent.Reason, yes bool) {
	if u.off {
		return u.why(), true
	}
	s := u.suspects[r.place()]
	if s != nil && u.alive && s.resting(p.d.clock.Mono()) {
		return s.why(u, r), true
	}
	return agent.Reason{}, false
}

// blame notes a failed request, and whether it is the unit's failure: it is not
// when the unit has answered just before.
func (d *Driver) blame(u *unit, r *request, code agent.Code, err error) agent.Reason {
	s := u.suspects[r.place()]
	if s == nil {
		s = &suspect{}
		u.suspects[r.place()] = s
	}
	s.add(code, d.clock.Wall(), d.clock.Mono())
	if !u.heard {
		d.unitFailed(u, code, err)
		return u.why()
	}
	u.heard = false
	if !s.alone {
		s.alone = true
		d.log.Warn("request unanswered", "source", d.source, "unit_id", u.id, "request", r.String(), "err", err)
	}
	return s.why(u, r)
}

// acquit notes that a request was answered.
func (d *Driver) acquit(u *unit, r *request) {
	s := u.suspects[r.place()]
	if s == nil {
		return
	}
	if s.alone {
		d.log.Info("request answered again", "source", d.source, "unit_id", u.id, "request", r.String())
	}
	delete(u.suspects, r.place())
}
