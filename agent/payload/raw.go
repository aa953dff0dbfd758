package payload

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"recoup/agent"
)

// parseRaw is the inverse of appendRaw.
func parseRaw(s string) (agent.Value, error) {
	kind, text, _ := strings.Cut(s, ":")
	switch {
	case kind == "f4" && len(text) == 8:
		if bits, err := strconv.ParseUint(text, 16, 32); err == nil {
			return agent.ValueOf(agent.Float32, bits, ""), nil
		}
	case kind == "f8" && len(text) == 16:
		if bits, err := strconv.ParseUint(text, 16, 64); err == nil {
			return agent.ValueOf(agent.Float64, bits, ""), nil
		}
	case kind == "i":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return agent.Int64Value(n), nil
		}
	case kind == "u":
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return agent.Uint64Value(n), nil
		}
	case kind == "b" && (text == "0" || text == "1"):
		return agent.BoolValue(text == "1"), nil
	case kind == "s" && len(s) > 1:
		return agent.TextValue(text), nil
	case kind == "x":
		if bytes, err := hex.DecodeString(text); err == nil {
			return agent.TextValue(string(bytes)), nil
		}
	}
	return agent.Value{}, fmt.Errorf("wire value %.40q has none of the forms f4:, f8:, i:, u:, b:, s:, x: and a value", s)
}
