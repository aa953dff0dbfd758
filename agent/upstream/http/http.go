// Package http sends deliveries as JSON over HTTP. It stands at the end of the
// flow: a forwarder calls Send, which posts what package payload writes with the
// client that package client makes.
//
// A delivery counts as taken only when the answer repeats its epoch and numbers:
//
//	{"epoch": "1f2e3d4c5b6a7988", "from": 41, "to": 45}
//
// so that the page of a portal or a proxy, which also says 200, is never taken
// for an acknowledgement. When an answer is lost the same delivery is sent again
// with the same Idempotency-Key; the receiver keeps one.
package http

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"recoup/agent"
	"recoup/agent/client"
	"recoup/agent/payload"
)

//go:embed example.yaml
var example string

// Kind is this upstream's entry in the list of upstreams.
func Kind() agent.Kind[agent.Upstream] { return agent.Kind[agent.Upstream]{New: New, Example: example} }

// section is what stands below "http:".
type section struct {
	URL           string `yaml:"url"`
	Compression   string `yaml:"compression"` // zstd (default), gzip or none
	client.Config `yaml:",inline"`
}

// Upstream posts deliveries to one address. One goroutine calls Send and Close;
// any may call Report.
type Upstream struct {
	url    string
	header payload.Header
	client *http.Client
	clock  agent.Clock
	pack   packer
	plain  []byte // the payload; kept between calls, as pack keeps its own
	blunt  bool   // the far side does not know Expect: 100-continue
	count  counters
}

// New checks the section http and builds the upstream. It does no I/O. The error
// is agent.Faults: all that is wrong.
func New(spec agent.Spec) (agent.Upstream, error) {
	var s section
	var faults, wrong agent.Faults
	faults.Join("", spec.Decode(&s))
	address, err := s.Address(s.URL)
	wrong.Join("http.url", err)
	made, err := client.New(s.Config, spec.Dir)
	wrong.Join("http", err)
	pack, ok := packerNamed(s.Compression)
	if !ok {
		wrong.Add("http.compression", "write zstd, gzip or none", "unknown compression %q", s.Compression)
	}
	for _, f := range wrong {
		unread := func(other agent.Fault) bool { return other.Path == f.Path }
		if !slices.ContainsFunc(faults, unread) { // what could not be read was not checked either
			faults = append(faults, f)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return build(spec, address, made, pack), nil
}

func build(spec agent.Spec, address *url.URL, made *http.Client, pack packer) *Upstream {
	return &Upstream{
		url:    address.String(),
		header: payload.Header{Agent: payload.Sender{Name: "recoup", Version: cmp.Or(spec.Version, "unknown")}, Plant: spec.Plant},
		client: made, clock: spec.Clock, pack: pack,
		count: counters{upstream: spec.Name, requests: map[string]uint64{}},
	}
}

// Send posts d and returns nil when the answer repeats its numbers. A tick is
// nothing to a receiver of batches.
func (u *Upstream) Send(ctx context.Context, d agent.Delivery) error {
	if d.To == 0 {
		return nil
	}
	var err error
	if u.plain, err = payload.Append(u.plain[:0], u.header, d); err != nil {
		return agent.Permanent(fmt.Errorf("this cannot be written as JSON: %w", err))
	}
	packed, err := u.pack.pack(u.plain)
	if err != nil {
		return fmt.Errorf("compressing: %w", err)
	}
	body := &lent{data: packed, sent: &u.count.bytes}
	defer body.takeBack()
	request, err := u.request(ctx, d, body)
	if err != nil {
		return err
	}
	response, err := u.client.Do(request)
	if err != nil {
		u.count.request("none")
		if ctx.Err() != nil { // our own stop, not the far side's silence
			return fmt.Errorf("sending: %w", ctx.Err())
		}
		return fmt.Errorf("%s: %w", request.URL.Host, client.Explain(err))
	}
	u.count.request(strconv.Itoa(response.StatusCode))
	if response.StatusCode == http.StatusExpectationFailed {
		u.blunt = true
	}
	return u.judge(ctx, response, d)
}

// largeBody is where a body costs more than a round trip. With Expect the far
// side can refuse it by the headers alone, before its bytes are spent on a metered
// line, and without a reset that could overtake the answer.
const largeBody = 64 << 10

func (u *Upstream) request(ctx context.Context, d agent.Delivery, body *lent) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.url, body.reader())
	if err != nil {
		return nil, errors.New("the address cannot be used: check url")
	}
	request.ContentLength = int64(len(body.data))
	request.GetBody = body.again
	h := request.Header
	h.Set("Content-Type", payload.MediaType)
	if encoding := u.pack.encoding(); encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "recoup/"+u.header.Agent.Version)
	h.Set("Idempotency-Key", key(u.header.Plant.ID, d))
	if request.ContentLength > largeBody && !u.blunt {
		h.Set("Expect", "100-continue")
	}
	return request, nil
}

// key is the same for each repeat of a delivery. net/http knows the header and
// repeats a request by itself when an idle connection turns out to be gone.
func key(plant string, d agent.Delivery) string {
	k := fmt.Sprintf("%s/%016x/%d-%d", plant, d.Epoch, d.From, d.To)
	if !d.Rows.All() {
		k += fmt.Sprintf("/%d-%d", d.Rows.From, d.Rows.To)
	}
	return k
}

// Close ends idle connections.
func (u *Upstream) Close() error {
	u.client.CloseIdleConnections()
	return nil
}
