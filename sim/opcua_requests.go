package sim

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"
)

// RequestCounts is what an OPC UA server was asked.
type RequestCounts struct {
	Requests  uint64            `json:"requests"`
	Other     uint64            `json:"other"` // those that might have changed something
	ByService map[string]uint64 `json:"by_service"`
}

// requestBook counts the requests to an OPC UA server. It is the server's
// logger, because the library names every request that it decoded there before
// it looks for a handler, and nowhere else; what it cannot decode, and opening
// and closing secure channels, it does not name. Services that change something
// are refused besides.
type requestBook struct {
	mu  sync.Mutex // guards all below
	all RequestCounts
}

func newRequestBook() *requestBook {
	return &requestBook{all: RequestCounts{ByService: map[string]uint64{}}}
}

func (b *requestBook) counts() RequestCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.all
	c.ByService = map[string]uint64{}
	for name, n := range b.all.ByService {
		c.ByService[name] = n
	}
	return c
}

// Debug counts the line that the library writes for each request.
func (b *requestBook) Debug(message string, args ...any) {
	if len(args) != 1 || !strings.HasPrefix(message, "handleService: Got") {
		return
	}
	request, is := args[0].(ua.Request)
	if !is {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all.Requests++
	b.all.ByService[strings.TrimPrefix(fmt.Sprintf("%T", request), "*ua.")]++
	if !onlyReads(request) {
		b.all.Other++
	}
}

// Info, Warn and Error belong to the library's logger and say nothing here.
func (b *requestBook) Info(string, ...any)  {}
func (b *requestBook) Warn(string, ...any)  {}
func (b *requestBook) Error(string, ...any) {}

// onlyReads reports whether the request belongs to those that a client needs to
// find, read and subscribe to values.
func onlyReads(request ua.Request) bool {
	switch request.(type) {
	case *ua.FindServersRequest, *ua.FindServersOnNetworkRequest, *ua.GetEndpointsRequest,
		*ua.CreateSessionRequest, *ua.ActivateSessionRequest, *ua.CloseSessionRequest, *ua.CancelRequest,
		*ua.BrowseRequest, *ua.BrowseNextRequest, *ua.TranslateBrowsePathsToNodeIDsRequest,
		*ua.RegisterNodesRequest, *ua.UnregisterNodesRequest, *ua.QueryFirstRequest, *ua.QueryNextRequest,
		*ua.ReadRequest, *ua.HistoryReadRequest,
		*ua.CreateSubscriptionRequest, *ua.ModifySubscriptionRequest, *ua.DeleteSubscriptionsRequest, *ua.SetPublishingModeRequest,
		*ua.PublishRequest, *ua.RepublishRequest, *ua.TransferSubscriptionsRequest,
		*ua.CreateMonitoredItemsRequest, *ua.ModifyMonitoredItemsRequest, *ua.DeleteMonitoredItemsRequest, *ua.SetMonitoringModeRequest:
		return true
	}
	return false
}

// refuse makes the server answer the services that change something with
// BadServiceUnsupported. It is called before the server starts.
func (b *requestBook) refuse(s *server.Server) {
	for _, service := range []uint16{
		id.WriteRequest_Encoding_DefaultBinary, id.HistoryUpdateRequest_Encoding_DefaultBinary, id.CallRequest_Encoding_DefaultBinary,
		id.AddNodesRequest_Encoding_DefaultBinary, id.AddReferencesRequest_Encoding_DefaultBinary,
		id.DeleteNodesRequest_Encoding_DefaultBinary, id.DeleteReferencesRequest_Encoding_DefaultBinary,
		id.RegisterServerRequest_Encoding_DefaultBinary, id.RegisterServer2Request_Encoding_DefaultBinary,
	} {
		s.RegisterHandler(service, func(*uasc.SecureChannel, ua.Request, uint32) (ua.Response, error) {
			return nil, ua.StatusBadServiceUnsupported
		})
	}
}
