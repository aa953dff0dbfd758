package opcua

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

// Client handles: what a notification is about.
const (
	heartbeatHandle = 0
	firstHandle     = 1 // of the driver's first tag
)

const (
	// mostPerCall bounds a request where the server names no bound.
	mostPerCall = 500
	// mostPerMessage keeps a message well below the 2 MB that the library takes.
	mostPerMessage = 5000
	// keepAlives and lifetimes are counted in publishing intervals: after so many
	// without a change the server says that it lives; after so many in which
	// nobody asked, it forgets the subscription.
	keepAlives = 10
	lifetimes  = 600
)

// limits are how many nodes the server takes in one request.
type limits struct{ perRead, perCall int }

// readLimits asks for the server's OperationLimits. A server without them has
// none that it names.
func (c *channel) readLimits(ctx context.Context) (limits, error) {
	bounds := [2]int{}
	for i, number := range []uint32{nodesPerRead, itemsPerCall} { // one at a time, for the limit may be one
		res, err := c.read(ctx, []*ua.ReadValueID{standardNode(number).value()})
		if err != nil {
			return limits{}, err
		}
		bounds[i] = mostPerCall
		if v, _ := valueOf(res[0].Value); v.Kind() == agent.Uint64 && v.Bits() > 0 {
			bounds[i] = int(min(v.Bits(), mostPerCall))
		}
	}
	return limits{perRead: bounds[0], perCall: bounds[1]}, nil
}

// read asks for values, as many as fit into one request.
func (c *channel) read(ctx context.Context, nodes []*ua.ReadValueID) ([]*ua.DataValue, error) {
	res, err := ask[*ua.ReadResponse](ctx, c, &ua.ReadRequest{TimestampsToReturn: ua.TimestampsToReturnBoth, NodesToRead: nodes})
	if err != nil {
		return nil, explain(ctx, "a read failed", err)
	}
	if len(res.Results) != len(nodes) || slices.Contains(res.Results, nil) {
		return nil, agent.Because(agent.Protocol, fmt.Errorf("%d answers to %d questions", len(res.Results), len(nodes)))
	}
	return res.Results, nil
}

// subscribe makes the subscription and its monitored items and waits for the
// first value of each. A node that the server refuses is one Bad tag.
func (d *Driver) subscribe(ctx context.Context, s *session) error {
	made, err := ask[*ua.CreateSubscriptionResponse](ctx, s.channel, &ua.CreateSubscriptionRequest{
		RequestedPublishingInterval: milliseconds(d.section.publishing(d.tags)), RequestedMaxKeepAliveCount: keepAlives, RequestedLifetimeCount: lifetimes,
		PublishingEnabled: true, MaxNotificationsPerPublish: mostPerMessage,
	})
	if err != nil {
		return explain(ctx, "the server makes no subscription (mode: poll does without)", err)
	}
	s.subscription = made.SubscriptionID
	s.inbox = newInbox(d.tags)
	slowest := 0.0
	items := d.items()
	for chunk := range slices.Chunk(items, s.perCall) {
		sampling, err := d.monitor(ctx, s, chunk)
		if err != nil {
			return err
		}
		slowest = max(slowest, sampling)
	}
	s.bound = time.Duration((slowest + made.RevisedPublishingInterval) * float64(time.Millisecond))
	d.follow(s)
	return d.awaitFirst(ctx, s)
}

// items lists what is to be monitored, the heartbeat first.
func (d *Driver) items() []*ua.MonitoredItemCreateRequest {
	item := func(handle int, n node, sampling time.Duration, queue int) *ua.MonitoredItemCreateRequest {
		return &ua.MonitoredItemCreateRequest{ItemToMonitor: n.value(), MonitoringMode: ua.MonitoringModeReporting,
			RequestedParameters: &ua.MonitoringParameters{ClientHandle: uint32(handle), SamplingInterval: milliseconds(sampling),
				QueueSize: uint32(queue), DiscardOldest: true}}
	}
	all := []*ua.MonitoredItemCreateRequest{item(heartbeatHandle, standardNode(currentTime), d.section.beat(), 1)}
	for i, tag := range d.tags {
		all = append(all, item(firstHandle+i, d.nodes[tag.Name], d.section.sampling(tag), d.section.Queue))
	}
	return all
}

// monitor creates items and gives the slowest sampling interval among them, in
// milliseconds.
func (d *Driver) monitor(ctx context.Context, s *session, items []*ua.MonitoredItemCreateRequest) (slowest float64, err error) {
	res, err := ask[*ua.CreateMonitoredItemsResponse](ctx, s.channel, &ua.CreateMonitoredItemsRequest{
		SubscriptionID: s.subscription, TimestampsToReturn: ua.TimestampsToReturnBoth, ItemsToCreate: items,
	})
	if err != nil {
		return 0, explain(ctx, "the server monitors no nodes (mode: poll does without)", err)
	}
	if len(res.Results) != len(items) || slices.Contains(res.Results, nil) {
		return 0, agent.Because(agent.Protocol, fmt.Errorf("%d answers for %d nodes to monitor", len(res.Results), len(items)))
	}
	for i, result := range res.Results {
		handle := items[i].RequestedParameters.ClientHandle
		switch {
		case result.StatusCode&severityBits == 0:
			slowest = max(slowest, result.RevisedSamplingInterval)
		case handle == heartbeatHandle:
			return 0, agent.Because(agent.Refused, fmt.Errorf("the server's clock cannot be monitored: %s (mode: poll does without)", statusName(result.StatusCode)))
		default:
			s.inbox.refuse(d.tags[handle-firstHandle], refusal(result.StatusCode))
		}
	}
	return slowest, nil
}

// awaitFirst waits until every node has told its first value, at most for the
// watchdog's time: the first Read of a session then knows of each, and what said
// nothing is Bad.
func (d *Driver) awaitFirst(ctx context.Context, s *session) error {
	timer := time.NewTimer(d.section.Watchdog)
	defer timer.Stop()
	select {
	case <-s.inbox.complete:
	case <-timer.C:
		s.inbox.giveUp(d.section.Watchdog)
	case <-s.done: // the Read that waits for this says why
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
