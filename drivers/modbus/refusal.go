package modbus

import (
	"fmt"

	"recoup/agent"
)

// Exception codes that need more than being shown.
const (
	illegalAddress = 2
	gatewayPath    = 10
	gatewaySilence = 11
)

// refused notes an exception: the request's tags are Bad, its neighbours are
// none the worse. A gateway that cannot reach a unit says nothing about the
// others, and took its own time to find out: the unit rests.
func (p *pass) refused(u *unit, r *request, code uint8) {
	p.d.count.refused(exception{u.id, code})
	detail := fmt.Sprintf("exception %d (%s) at %s of unit %d", code, exceptionName(code), r, u.id)
	if code == illegalAddress && r.bridges {
		detail += "; the request also read addresses between the tags, which max_gap: 0 avoids"
	}
	why := agent.Reason{Code: agent.Refused, Detail: detail}
	p.mark(r, why)
	if code == gatewayPath || code == gatewaySilence {
		p.d.unitFailed(u, agent.Refused, fmt.Errorf("%s", detail))
		return
	}
	p.d.unitAnswered(u)
}

// exceptionName gives the specification's name of an exception code.
func exceptionName(code uint8) string {
	names := [...]string{
		1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "server device failure", 5: "acknowledge",
		6: "server device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target device failed to respond",
	}
	if int(code) < len(names) && names[code] != "" {
		return names[code]
	}
	return "not in the specification"
}
