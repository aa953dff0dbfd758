package opcua

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

// Read hands over what the server told of all tags since the last Read, or asks
// for the due ones, beginning a session first if there is none. One bad node is
// one Bad tag. When the session has ended it says why, after handing over what
// had still come; the next Read begins a new one.
func (d *Driver) Read(ctx context.Context, due []*agent.Tag, b *agent.Batch) (more bool, err error) {
	if len(due) == 0 {
		return false, nil
	}
	if d.section.Mode == pollMode {
		err = d.poll(ctx, due, b)
	} else {
		more, err = d.drain(ctx, due, b)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.section.Endpoint, err)
	}
	return more, nil
}

// start makes sure that there is a session.
func (d *Driver) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil || d.session != nil {
		return err
	}
	s, err := d.begin(ctx)
	if err != nil {
		return err
	}
	d.session = s
	return nil
}

// drain hands over what the inbox holds.
//
// What did not change is vouched for as far as the server proved that it would
// have told: up to its newest heartbeat, by its own clock, less the time that a
// change takes to be sampled and published. Not up to now, nor beyond: a change
// told later would then lie before what was vouched for, and a totaliser's would
// be taken for an old reading.
func (d *Driver) drain(ctx context.Context, due []*agent.Tag, b *agent.Batch) (more bool, err error) {
	if err := d.start(ctx); err != nil {
		return false, err
	}
	ended := d.session.over() // before the inbox is emptied: nothing comes after it
	more = d.session.inbox.give(due, b, d.clock.Wall())
	if !ended || more {
		return more, nil
	}
	err = d.session.ended
	b.HeldUntil = time.Time{}
	d.Close()
	return false, err
}

// poll asks for the due tags, in as few requests as the server allows.
func (d *Driver) poll(ctx context.Context, due []*agent.Tag, b *agent.Batch) error {
	if err := d.start(ctx); err != nil {
		return err
	}
	for len(due) > 0 {
		n := min(len(due), d.session.perRead)
		values, err := d.session.read(ctx, d.questions(due[:n]))
		switch {
		case err == nil:
			d.answered(due[:n], values, b)
			due = due[n:]
		case tooMany(err) && n > 1:
			d.session.perRead = n / 2
		case ctx.Err() != nil:
			return ctx.Err() // a late answer belongs to its own request
		default:
			d.Close()
			return err
		}
	}
	return nil
}

func (d *Driver) questions(tags []*agent.Tag) []*ua.ReadValueID {
	nodes := make([]*ua.ReadValueID, len(tags))
	for i, tag := range tags {
		nodes[i] = d.nodes[tag.Name].value()
	}
	return nodes
}

// answered makes readings of values. A source time that did not move since the
// last poll says when the value last changed; that it is still true was heard
// now, and this is what the reading's time says then.
func (d *Driver) answered(tags []*agent.Tag, values []*ua.DataValue, b *agent.Batch) {
	now := d.clock.Wall()
	for i, tag := range tags {
		r := reading(tag, values[i], now)
		if last := d.newest[tag.Name]; !r.Time.After(last) {
			r.Time = later(last, values[i].ServerTimestamp.UTC(), now)
		}
		d.newest[tag.Name] = r.Time
		b.Readings = append(b.Readings, r)
	}
}

// tooMany reports whether the server would take fewer nodes in one request.
func tooMany(err error) bool {
	var fault serviceFault
	return errors.As(err, &fault) && slices.Contains([]ua.StatusCode{ua.StatusBadTooManyOperations, ua.StatusBadRequestTooLarge,
		ua.StatusBadResponseTooLarge, ua.StatusBadEncodingLimitsExceeded}, fault.status)
}

// later gives the first of times that is after t, else t.
func later(t time.Time, times ...time.Time) time.Time {
	for _, one := range times {
		if one.After(t) {
			return one
		}
	}
	return t
}
