package opcua

import (
	"regexp"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

// node is what a tag's at names.
type node struct{ id *ua.NodeID }

// Nodes that every server has, in namespace 0.
const (
	currentTime  = 2258  // Server_ServerStatus_CurrentTime: the heartbeat
	nodesPerRead = 11705 // OperationLimits_MaxNodesPerRead
	itemsPerCall = 11714 // OperationLimits_MaxMonitoredItemsPerCall
)

// nodeForm is the written form of OPC UA Part 6, 5.3.1.10, whole: the library
// takes any text for a string id.
var nodeForm = regexp.MustCompile(`^(ns=[0-9]+;)?[isgb]=.+$`)

func standardNode(number uint32) node { return node{ua.NewNumericNodeID(0, number)} }

// value is what is read of the node.
func (n node) value() *ua.ReadValueID {
	return &ua.ReadValueID{NodeID: n.id, AttributeID: ua.AttributeIDValue, DataEncoding: &ua.QualifiedName{}}
}

// parseNode reads "ns=2;s=acid.feed_flow" and its sisters i= (number), g= (GUID)
// and b= (base64). The error is agent.Faults.
func parseNode(at string) (node, error) {
	const fix = "write the node id as the server's documentation or a browser shows it, for example ns=2;s=acid.feed_flow, ns=4;i=1001, ns=1;g=… or ns=1;b=…"
	var faults agent.Faults
	if !nodeForm.MatchString(at) {
		faults.Add("", fix, "%q is not a node id", at)
		return node{}, faults.Err()
	}
	id, err := ua.ParseNodeID(at)
	if err != nil {
		faults.Add("", fix, "%q is not a node id: %v", at, err)
		return node{}, faults.Err()
	}
	return node{id}, nil
}
