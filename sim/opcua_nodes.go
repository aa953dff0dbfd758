package sim

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
)

// nodes are a plant's points in the address space of an OPC UA server, below
// its Objects folder: read-only variables with source times and status codes.
type nodes struct {
	server *server.Server
	ids    []*ua.NodeID
	points []Point

	mu       sync.Mutex // guards statuses
	statuses map[string]ua.StatusCode

	current atomic.Pointer[[]*ua.DataValue] // at their point's place
}

func newNodes(s *server.Server, p Plant) *nodes {
	n := &nodes{server: s, points: p.Points(), statuses: map[string]ua.StatusCode{}}
	server.NewNodeNameSpace(s, "urn:recoup:sim") // namespace 1, the server's own
	space := server.NewNodeNameSpace(s, "urn:recoup:sim:"+p.Name())
	if space.ID() != plantNamespace {
		panic(fmt.Sprintf("BUG: the plant's nodes got namespace %d", space.ID()))
	}
	objects := s.Node(ua.NewNumericNodeID(0, id.ObjectsFolder))
	for at, point := range n.points {
		nodeID := ua.NewStringNodeID(plantNamespace, point.Node)
		node := server.NewVariableNode(nodeID, point.Node, func() *ua.DataValue { return (*n.current.Load())[at] })
		for attribute, value := range map[ua.AttributeID]any{
			ua.AttributeIDDataType:        ua.NewNumericNodeID(0, dataType(point.Type)),
			ua.AttributeIDValueRank:       int32(-1),
			ua.AttributeIDAccessLevel:     byte(ua.AccessLevelTypeCurrentRead),
			ua.AttributeIDUserAccessLevel: byte(ua.AccessLevelTypeCurrentRead),
		} {
			if err := node.SetAttribute(attribute, server.DataValueFromValue(value)); err != nil {
				panic("BUG: attribute of a node: " + err.Error())
			}
		}
		space.AddNode(node)
		objects.AddRef(node, server.RefTypeIDOrganizes, true)
		n.ids = append(n.ids, nodeID)
	}
	return n
}

func dataType(t Type) uint32 {
	switch t {
	case Bool:
		return id.Boolean
	case Uint16:
		return id.UInt16
	case Uint32:
		return id.UInt32
	case Uint64:
		return id.UInt64
	}
	return id.Float
}

// setStatus makes a node have a status, by its name in the specification, with
// the next step; "Good" ends it.
func (n *nodes) setStatus(point, status string) error {
	known := false
	for _, p := range n.points {
		known = known || p.Name == point
	}
	if !known {
		return fmt.Errorf("no point is called %s", point)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if status == "Good" {
		delete(n.statuses, point)
		return nil
	}
	for code, about := range ua.StatusCodes {
		if strings.TrimPrefix(about.Name, "Status") == status {
			n.statuses[point] = code
			return nil
		}
	}
	return fmt.Errorf("no status is called %s; write it like BadSensorFailure or UncertainLastUsableValue", status)
}

// Show puts what the plant shows now into the nodes and tells the subscribers of
// those that changed, and of the server's clock. One goroutine calls it.
func (n *nodes) Show(p Plant) {
	samples := p.AppendValues(nil)
	next := make([]*ua.DataValue, len(samples))
	n.mu.Lock()
	for at, sample := range samples {
		next[at] = dataValue(n.points[at].Type, sample, p.Now())
		if status, set := n.statuses[n.points[at].Name]; set {
			next[at].Status = status
		}
	}
	n.mu.Unlock()
	last := n.current.Swap(&next)
	if last == nil {
		return // the server has not begun
	}
	for at, value := range next {
		if old := (*last)[at]; old.Status != value.Status || !same(old.Value, value.Value) {
			n.server.ChangeNotification(n.ids[at])
		}
	}
	// A server samples its clock, too: clients watch it to know that it lives.
	n.server.ChangeNotification(ua.NewNumericNodeID(0, id.Server_ServerStatus_CurrentTime))
}

func same(a, b *ua.Variant) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Value() == b.Value()
}

// dataValue is a sample as a control system serves it: nothing when its
// controller is away or its sensor has failed.
func dataValue(t Type, s Sample, at time.Time) *ua.DataValue {
	v := &ua.DataValue{
		EncodingMask:    ua.DataValueStatusCode | ua.DataValueSourceTimestamp | ua.DataValueServerTimestamp,
		SourceTimestamp: at, ServerTimestamp: time.Now(),
	}
	switch {
	case !s.OK:
		v.Status = ua.StatusBadNoCommunication
	case t == Float32 && math.IsNaN(float64(s.Float32())):
		v.Status = ua.StatusBadSensorFailure
	default:
		v.EncodingMask |= ua.DataValueValue
		v.Value = variant(t, s)
	}
	return v
}

func variant(t Type, s Sample) *ua.Variant {
	switch t {
	case Bool:
		return ua.MustVariant(s.Bool())
	case Uint16:
		return ua.MustVariant(uint16(s.Bits))
	case Uint32:
		return ua.MustVariant(uint32(s.Bits))
	case Uint64:
		return ua.MustVariant(s.Bits)
	}
	return ua.MustVariant(s.Float32())
}
