package modbus

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/goburrow/modbus"

	"recoup/agent"
)

const (
	firstRest = time.Second
	maxRest   = 30 * time.Second
)

// failures are those in a row of a unit or of one of its requests, and the rest
// that follows from them: asking again costs the whole wire a timeout.
type failures struct {
	count int
	code  agent.Code // of the newest
	since time.Time  // wall time of the first
	until uint64     // it rests until then, by the monotonic clock
}

// add notes one more. One alone may be chance, and a rest after it would cost
// the next poll as well; from the second in a row on the rest doubles each time.
func (f *failures) add(code agent.Code, wall time.Time, mono uint64) {
	if f.count == 0 {
		f.since = wall
	}
	f.code = code
	f.count++
	if f.count > 1 {
		f.until = mono + uint64(min(firstRest<<min(f.count-2, 5), maxRest))
	}
}

func (f *failures) resting(mono uint64) bool { return f.count > 0 && mono < f.until }

// reason says why there is no value while it is not asked.
func (f *failures) reason(who, check string) agent.Reason {
	return agent.Reason{Code: f.code, Detail: fmt.Sprintf("%s has not answered since %s; check %s", who, f.since.UTC().Format(time.RFC3339), check)}
}

// unit is one device behind the wire.
type unit struct {
	id       uint8
	packager *modbus.TCPClientHandler // used as the codec only; its own transport never dials
	alive    bool                     // it answered when it was last asked
	failures
	suspects map[place]*suspect

	// In the Read that runs:
	off   bool // it is not asked any more
	heard bool // it has answered, and nothing has failed since
}

func newUnit(id uint8) *unit {
	p := &modbus.TCPClientHandler{}
	p.SlaveId = id
	return &unit{id: id, packager: p, suspects: map[place]*suspect{}}
}

func (u *unit) why() agent.Reason {
	return u.reason(fmt.Sprintf("unit %d", u.id), "that it is on, its cable and its unit id")
}

func (d *Driver) unit(id uint8) *unit {
	at, _ := slices.BinarySearchFunc(d.units, id, func(u *unit, id uint8) int { return cmp.Compare(u.id, id) })
	return d.units[at]
}

// chooseUnits decides which of the plan's units are asked. Resting ones are
// not, unless nothing on the wire is known to answer: then the poller's backoff
// is enough, and the unit whose rest ends first is asked.
func (d *Driver) chooseUnits(p *plan) {
	mono := d.clock.Mono()
	var first *unit
	for _, id := range p.units {
		u := d.unit(id)
		u.off, u.heard = u.resting(mono), false
		if first == nil || u.until < first.until {
			first = u
		}
	}
	if !d.anyAlive() {
		first.off = false
	}
}

func (d *Driver) anyAlive() bool {
	return slices.ContainsFunc(d.units, func(u *unit) bool { return u.alive })
}

// unitFailed makes a unit rest.
func (d *Driver) unitFailed(u *unit, code agent.Code, err error) {
	if u.count == 0 {
		d.log.Warn("unit lost", "source", d.source, "unit_id", u.id, "err", err)
	}
	u.add(code, d.clock.Wall(), d.clock.Mono())
	u.alive, u.off = false, true
}

// unitAnswered ends a unit's rest. When nothing on the wire had answered, the
// cause was probably common, and the others are tried again at once; so are the
// requests that failed while the unit was away.
func (d *Driver) unitAnswered(u *unit) {
	if !d.anyAlive() {
		for _, other := range d.units {
			other.until = 0
		}
	}
	if u.count > 0 {
		d.log.Info("unit back", "source", d.source, "unit_id", u.id)
		for _, s := range u.suspects {
			s.until = 0
		}
	}
	u.alive, u.heard, u.failures = true, true, failures{}
}
