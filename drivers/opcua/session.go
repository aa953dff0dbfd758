package opcua

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

// farewell bounds the wait for the answer to a closing request.
const farewell = 500 * time.Millisecond

// clockTolerance is how far the server's clock may be off, beyond the time that
// a heartbeat may take.
const clockTolerance = 5 * time.Second

// session is one session with its server, from login to the first thing that
// goes wrong. With a subscription, one goroutine takes what the server tells.
type session struct {
	*channel
	limits

	// With a subscription only:
	subscription uint32
	inbox        *inbox
	bound        time.Duration // a change is told within this time after it happened
	stop         context.CancelFunc
	done         chan struct{} // closed when the goroutine has ended
	ended        error         // why; to be read after done
}

// begin opens a session and, in mode subscribe, its subscription.
func (d *Driver) begin(ctx context.Context) (*session, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	d.count.sessions.Add(1)
	s := &session{channel: c}
	if s.limits, err = c.readLimits(ctx); err == nil && d.section.Mode == subscribeMode {
		err = d.subscribe(ctx, s)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// follow starts the goroutine that takes what the server tells; close ends and
// awaits it. The first watchdog period begins now.
func (d *Driver) follow(s *session) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.done = stop, make(chan struct{})
	go func() {
		defer close(s.done)
		defer func() {
			if r := recover(); r != nil {
				s.ended = agent.Because(agent.DriverPanic, fmt.Errorf("fault while reading what the server told: %v", r))
			}
		}()
		s.ended = d.listen(ctx, s)
	}()
}

// listen asks for notifications, one request after the other, until something
// is wrong. Each must bring the heartbeat before the watchdog's time is over.
func (d *Driver) listen(ctx context.Context, s *session) error {
	var acks []*ua.SubscriptionAcknowledgement
	next, alive := uint32(1), time.Now()
	for {
		waiting, cancel := context.WithDeadline(ctx, alive.Add(d.section.Watchdog))
		res, err := s.publish(waiting, acks)
		stalled := waiting.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case stalled:
			d.count.stalls.Add(1)
			return agent.Because(agent.Timeout, fmt.Errorf("no heartbeat of the server for %s (check the network and the server's load, or raise watchdog)", d.section.Watchdog))
		case err != nil:
			return explain(ctx, "the subscription ended", err)
		case res.SubscriptionID != s.subscription || res.NotificationMessage == nil:
			return agent.Because(agent.Protocol, errors.New("the server answered for a subscription that is not this session's"))
		}
		acks = nil
		m := res.NotificationMessage
		if len(m.NotificationData) == 0 {
			continue // nothing changed; the number is that of the next message
		}
		if m.SequenceNumber != next {
			return agent.Because(agent.Protocol, fmt.Errorf("the server's message %d came where %d was due: changes in between are lost", m.SequenceNumber, next))
		}
		if next++; next == 0 {
			next = 1
		}
		acks = append(acks, &ua.SubscriptionAcknowledgement{SubscriptionID: s.subscription, SequenceNumber: m.SequenceNumber})
		beat, err := d.take(s, m)
		if err != nil {
			return err
		}
		if beat {
			alive = time.Now()
		}
	}
}

// publish asks for the next notification. The server holds the request until it
// has one; the hint how long it may do so outlives the watchdog.
func (s *session) publish(ctx context.Context, acks []*ua.SubscriptionAcknowledgement) (*ua.PublishResponse, error) {
	patient := *s.channel
	patient.timeout = 2 * s.timeout
	if acks == nil {
		acks = []*ua.SubscriptionAcknowledgement{}
	}
	return ask[*ua.PublishResponse](ctx, &patient, &ua.PublishRequest{SubscriptionAcknowledgements: acks})
}

// take puts a message's changes into the inbox and reports whether the
// heartbeat was among them.
func (d *Driver) take(s *session, m *ua.NotificationMessage) (beat bool, err error) {
	now := d.clock.Wall()
	for _, data := range m.NotificationData {
		if data == nil {
			continue
		}
		switch n := data.Value.(type) {
		case *ua.DataChangeNotification:
			for _, item := range n.MonitoredItems {
				switch {
				case item.Value == nil || int(item.ClientHandle) > len(d.tags):
				case item.ClientHandle == heartbeatHandle:
					if at, fine := heartbeat(item.Value); fine {
						beat = true
						s.inbox.vouch(at.Add(-s.bound))
						d.compareClocks(now.Sub(at))
					}
				default:
					d.count.notifications.Add(1)
					s.inbox.put(d.tags[item.ClientHandle-firstHandle], item.Value, now)
				}
			}
		case *ua.StatusChangeNotification:
			return false, agent.Because(agent.Refused, fmt.Errorf("the server ended the subscription: %s", statusName(n.Status)))
		}
	}
	return beat, nil
}

// heartbeat gives the server's clock. What happened before it, less the time
// that a change may take to be told, has been told.
func heartbeat(v *ua.DataValue) (at time.Time, fine bool) {
	if v.Status&severityBits != 0 {
		return at, false
	}
	if v.Value != nil {
		if t, is := v.Value.Value().(time.Time); is && t.Year() >= 1970 {
			return t.UTC(), true
		}
	}
	return timeOf(v)
}

// compareClocks warns when the server's clock is not ours: its times go with the
// readings, and windows are cut by ours.
func (d *Driver) compareClocks(behind time.Duration) {
	differ := behind.Abs() > d.section.Watchdog+clockTolerance
	if differ && !d.clocksDiffer {
		d.log.Warn("the server's clock differs from this computer's: synchronise both", "source", d.source, "behind", behind.Round(time.Second))
	}
	d.clocksDiffer = differ
}

// over reports whether the session has ended by itself.
func (s *session) over() bool {
	if s.done == nil {
		return false
	}
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// close ends the session. The server is told, so that it need not keep what
// belonged to it; whether it hears is not waited for long.
func (s *session) close() {
	if s.done != nil {
		s.stop()
		<-s.done
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	s.timeout = farewell
	if s.subscription != 0 {
		if _, err := ask[*ua.DeleteSubscriptionsResponse](ctx, s.channel, &ua.DeleteSubscriptionsRequest{SubscriptionIDs: []uint32{s.subscription}}); err != nil {
			s.channel.close() // nobody listens any more
			return
		}
	}
	_, _ = ask[*ua.CloseSessionResponse](ctx, s.channel, &ua.CloseSessionRequest{DeleteSubscriptions: true})
	s.channel.close()
}
