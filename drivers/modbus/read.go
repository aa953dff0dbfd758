package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/goburrow/modbus"

	"recoup/agent"
)

// Read reads the due tags, dialling first if it must. A refused request, or a
// silent unit beside others that answer, gives Bad readings. When nothing on the
// wire answers, or the connection was lost, it is an error, and tags that were
// not read get no reading: the batch's Err stands for them.
func (d *Driver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (more bool, err error) {
	if len(due) == 0 {
		return false, nil
	}
	plan := d.plans.of(due)
	before := len(b.Readings)
	b.Readings = slices.Grow(b.Readings, len(due))[:before+len(due)]
	p := pass{d: d, plan: plan, due: due, out: b.Readings[before:], kept: d.wire.conn != nil}
	err = p.run(ctx)
	if p.stale {
		p = pass{d: d, plan: plan, due: due, out: p.out}
		err = p.run(ctx)
	}
	read := slices.DeleteFunc(p.out, func(r agent.Reading) bool { return r.Tag == nil })
	b.Readings = b.Readings[:before+len(read)]
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.where, err)
	}
	return false, nil
}

// pass is one go through a plan.
type pass struct {
	d    *Driver
	plan *plan
	due  []*agent.Tag
	out  []agent.Reading // one per due tag; without a Tag until something is known of it

	asked, answered int
	silence         error // of the last request that was not answered
	kept            bool  // the connection is from an earlier Read
	stale           bool  // and was gone already, which is nobody's fault: once more on a new one
}

func (p *pass) run(ctx context.Context) error {
	clear(p.out)
	if err := p.d.wire.connect(ctx); err != nil {
		return err
	}
	defer p.d.wire.settle()
	defer p.d.wire.watch(ctx)()
	p.d.chooseUnits(p.plan)
	for _, r := range p.inOrder() {
		u := p.d.unit(r.unit)
		if why, yes := p.resting(u, r); yes {
			p.mark(r, why)
			continue
		}
		if err := p.ask(ctx, u, r); err != nil {
			return err
		}
	}
	if p.asked > 0 && p.answered == 0 && !p.d.anyAlive() {
		clear(p.out)
		return p.silence
	}
	return nil
}

// ask makes one request and notes what came of it. An error ends the pass.
func (p *pass) ask(ctx context.Context, u *unit, r *request) error {
	p.asked++
	data, err := p.fetch(ctx, u, r)
	var refused *modbus.ModbusError
	switch {
	case err == nil:
		p.answered++
		p.d.acquit(u, r)
		p.d.unitAnswered(u)
		p.take(r, data)
		return nil
	case errors.As(err, &refused):
		p.answered++
		p.d.acquit(u, r)
		p.refused(u, r, refused.ExceptionCode)
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the tags could not all be read in the time that a poll has (poll them less often, or lower timeout): %w", err)
	case ctx.Err() != nil:
		return err
	}
	code := agent.ReasonFor(err).Code
	if code == agent.Timeout {
		p.d.count.timedOut(u.id)
		p.silence = fmt.Errorf("unit %d: %w", u.id, err) // without the request: the same words for the same state
		p.mark(r, p.d.blame(u, r, code, p.silence))
		return nil
	}
	// Devices and gateways close connections that were idle for a while; it shows
	// at the next request.
	if p.stale = code == agent.NoConnection && p.kept && p.asked == 1; p.stale {
		return err
	}
	err = fmt.Errorf("unit %d, %s: %w", u.id, r, err)
	p.d.blame(u, r, code, err)
	if p.answered == 0 {
		clear(p.out)
	}
	return err
}

func (p *pass) fetch(ctx context.Context, u *unit, r *request) ([]byte, error) {
	client := modbus.NewClient2(u.packager, call{ctx, &p.d.wire})
	switch r.table {
	case coil:
		return client.ReadCoils(r.start, r.quantity)
	case discrete:
		return client.ReadDiscreteInputs(r.start, r.quantity)
	case holding:
		return client.ReadHoldingRegisters(r.start, r.quantity)
	}
	return client.ReadInputRegisters(r.start, r.quantity)
}

// take decodes a reply. The value was true when it arrived, as far as anybody
// can know.
func (p *pass) take(r *request, data []byte) {
	now := p.d.clock.Wall()
	for i := range r.slots {
		s := &r.slots[i]
		var v agent.Value
		if s.typ == boolType {
			v = decodeBit(data, s.at)
		} else {
			v = decode(s.typ, s.order, data[2*s.at:])
		}
		tag := p.due[s.due]
		quality, why := tag.Judge(v)
		p.out[s.due] = agent.Reading{Tag: tag, Time: now, Value: v, Quality: quality, Reason: why}
	}
}

// mark makes a request's tags Bad.
func (p *pass) mark(r *request, why agent.Reason) {
	now := p.d.clock.Wall()
	for i := range r.slots {
		at := r.slots[i].due
		p.out[at] = agent.Reading{Tag: p.due[at], Time: now, Reason: why}
	}
}
