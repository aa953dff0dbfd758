package opcua

import (
	"fmt"
	"strings"
	"time"

	"github.com/gopcua/opcua/ua"

	"recoup/agent"
)

// Bits of a status code, OPC UA Part 4, 7.39.
const (
	severityBits = 0xC0000000
	uncertainBit = 0x40000000
	codeBits     = 0xFFFF0000 // the rest are flags
	overflowBits = 0x00000480 // of a value: earlier ones of the node's queue were lost
)

// reading makes a reading of what the server said of a node. Its time is the
// source's; failing that the server's, then that of receipt.
func reading(tag *agent.Tag, v *ua.DataValue, received time.Time) agent.Reading {
	r := agent.Reading{Tag: tag, Time: received}
	if v == nil {
		r.Reason = agent.Reason{Code: agent.Protocol, Detail: "the server's answer leaves this node out"}
		return r
	}
	if at, known := timeOf(v); known {
		r.Time = at
	}
	var kind string
	r.Value, kind = valueOf(v.Value)
	r.Quality, r.Reason = judge(tag, v.Status, r.Value, kind)
	return r
}

func judge(tag *agent.Tag, status ua.StatusCode, v agent.Value, kind string) (agent.Quality, agent.Reason) {
	name := statusName(status)
	switch status & severityBits {
	case 0, uncertainBit:
	default:
		return agent.Bad, refusal(status)
	}
	if v.Kind() == agent.NoValue {
		if kind == "" {
			return agent.Bad, agent.Reason{Code: agent.NoData, Detail: "the server has no value of this node (" + name + ")"}
		}
		return agent.Bad, agent.Reason{Code: agent.Protocol, Detail: "the node holds " + kind + "; name one that holds a single number, text, time or truth value"}
	}
	quality, why := tag.Judge(v)
	if quality == agent.Good && status&severityBits == uncertainBit {
		return agent.Uncertain, agent.Reason{Code: agent.DeviceDoubt, Detail: name}
	}
	return quality, why
}

// refusal gives the reason of a Bad status: what the server says of the value,
// or that the node cannot be read at all.
func refusal(status ua.StatusCode) agent.Reason {
	name := statusName(status)
	switch status & codeBits {
	case ua.StatusBadNodeIDUnknown, ua.StatusBadNodeIDInvalid:
		return agent.Reason{Code: agent.Refused, Detail: name + ": correct the tag's at"}
	case ua.StatusBadUserAccessDenied, ua.StatusBadNotReadable:
		return agent.Reason{Code: agent.Refused, Detail: name + ": let recoup's user read the node"}
	case ua.StatusBadAttributeIDInvalid:
		return agent.Reason{Code: agent.Refused, Detail: name + ": the node is no variable; correct the tag's at"}
	}
	return agent.Reason{Code: agent.DeviceBad, Detail: name}
}

// statusName gives a status code's name in the standard's words.
func statusName(status ua.StatusCode) string {
	known, ok := ua.StatusCodes[status&codeBits]
	if !ok {
		return fmt.Sprintf("status 0x%08X", uint32(status))
	}
	return strings.TrimPrefix(known.Name, "Status")
}

// overflowed reports whether the server dropped earlier changes of the node.
func overflowed(status ua.StatusCode) bool { return status&overflowBits == overflowBits }

// timeOf gives when the value was true as far as the server says. The zero of
// its calendar (1601) and what lies before computers mean "not known".
func timeOf(v *ua.DataValue) (time.Time, bool) {
	for _, t := range []time.Time{v.SourceTimestamp, v.ServerTimestamp} {
		if t.Year() >= 1970 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// valueOf takes a single value out of a variant. Of any other it gives the kind,
// for people; "" when there is none at all.
func valueOf(v *ua.Variant) (value agent.Value, kind string) {
	if v == nil {
		return agent.Value{}, ""
	}
	switch x := v.Value().(type) {
	case nil:
		return agent.Value{}, ""
	case bool:
		return agent.BoolValue(x), ""
	case int8:
		return agent.Int64Value(int64(x)), ""
	case int16:
		return agent.Int64Value(int64(x)), ""
	case int32:
		return agent.Int64Value(int64(x)), ""
	case int64:
		return agent.Int64Value(x), ""
	case uint8:
		return agent.Uint64Value(uint64(x)), ""
	case uint16:
		return agent.Uint64Value(uint64(x)), ""
	case uint32:
		return agent.Uint64Value(uint64(x)), ""
	case uint64:
		return agent.Uint64Value(x), ""
	case float32:
		return agent.Float32Value(x), ""
	case float64:
		return agent.Float64Value(x), ""
	case string:
		return agent.TextValue(x), ""
	case time.Time:
		return agent.TextValue(x.UTC().Format(time.RFC3339Nano)), ""
	}
	kind = strings.TrimPrefix(v.Type().String(), "TypeID")
	if v.Has(ua.VariantArrayValues) {
		return agent.Value{}, "an array of " + kind
	}
	return agent.Value{}, "a " + kind
}
