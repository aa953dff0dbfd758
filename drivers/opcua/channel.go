package opcua

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uacp"
	"github.com/gopcua/opcua/uasc"

	"recoup/agent"
)

// channel is one connection with a secure channel on it. It may be used from
// more than one goroutine.
type channel struct {
	conn    *uacp.Conn
	secure  *uasc.SecureChannel
	token   *ua.NodeID    // of the session, once there is one
	timeout time.Duration // for one answer
}

// dial connects and opens a secure channel. An error has its Reason.
func (d *Driver) dial(ctx context.Context, security uasc.Config) (*channel, error) {
	waiting, cancel := context.WithTimeout(ctx, d.section.Watchdog)
	defer cancel()
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}}
	tcp, err := dialer.DialContext(waiting, "tcp", d.host)
	if err != nil {
		return nil, explain(ctx, "no connection (check that the server runs, the endpoint, and the network)", err)
	}
	conn, err := uacp.NewConn(tcp.(*net.TCPConn), nil)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	defer context.AfterFunc(waiting, func() { conn.Close() })()
	if err := conn.Handshake(waiting, d.section.Endpoint); err != nil {
		conn.Close()
		return nil, explain(ctx, "connected, but it does not answer as an OPC UA server (check the port)", inTime(waiting, err))
	}
	security.Lifetime = uint32(time.Hour / time.Millisecond)
	security.RequestTimeout = d.section.Watchdog
	secure, err := uasc.NewSecureChannel(d.section.Endpoint, conn, &security, make(chan error, 1))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	c := &channel{conn: conn, secure: secure, timeout: d.section.Watchdog}
	if err := secure.Open(waiting); err != nil {
		c.close()
		doing := "no secure channel"
		if security.SecurityMode != ua.MessageSecurityModeNone {
			doing = "no secure channel (on the server, trust the certificate " + d.pki.own(ownCert) + ")"
		}
		return nil, explain(ctx, doing, inTime(waiting, err))
	}
	return c, nil
}

// inTime tells a closed connection from one that we closed because time was up.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// ask makes one request and gives its answer.
func ask[R ua.Response](ctx context.Context, c *channel, req ua.Request) (answer R, err error) {
	if !reads(req) {
		return answer, fmt.Errorf("not sent: recoup only reads, and %T is none of the requests for it", req)
	}
	err = c.secure.SendRequestWithTimeout(ctx, req, c.token, c.timeout, func(res ua.Response) error {
		var fits bool
		if answer, fits = res.(R); !fits {
			return agent.Because(agent.Protocol, fmt.Errorf("a %T is no answer to a %T", res, req))
		}
		return nil
	})
	return answer, err
}

// reads reports whether a request is one of those that reading needs. None of
// them changes anything but the asker's own session.
func reads(req ua.Request) bool {
	switch req.(type) {
	case *ua.GetEndpointsRequest,
		*ua.CreateSessionRequest, *ua.ActivateSessionRequest, *ua.CloseSessionRequest,
		*ua.ReadRequest,
		*ua.CreateSubscriptionRequest, *ua.CreateMonitoredItemsRequest, *ua.PublishRequest, *ua.DeleteSubscriptionsRequest:
		return true
	}
	return false
}

// close ends the channel and its connection.
func (c *channel) close() {
	c.secure.Close()
	c.conn.Close()
}

// serviceFault is a request that the server refused as a whole.
type serviceFault struct{ status ua.StatusCode }

func (f serviceFault) Error() string { return statusName(f.status) }

// explain says what failed and gives it its Reason. The end of ctx is not the
// server's silence. The words hold no ports of ours, which would make the same
// state look new each time.
func explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if agent.ReasonFor(err).Code == agent.Protocol || agent.ReasonFor(err).Code == agent.Refused {
		return fmt.Errorf("%s: %w", doing, err) // has its Reason
	}
	var status ua.StatusCode
	var network *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, ua.StatusBadTimeout):
		return agent.Because(agent.Timeout, fmt.Errorf("%s: no answer in time", doing))
	case errors.Is(err, io.EOF):
		return agent.Because(agent.NoConnection, fmt.Errorf("%s: the server closed the connection", doing))
	case errors.As(err, &status):
		return agent.Because(agent.Refused, fmt.Errorf("%s: %w", doing, serviceFault{status}))
	case errors.As(err, &network):
		return agent.Because(agent.NoConnection, fmt.Errorf("%s: %w", doing, network.Err))
	}
	return agent.Because(agent.Protocol, fmt.Errorf("%s: %w", doing, err))
}
