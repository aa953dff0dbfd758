package opcua

import (
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// valueCases are nodes of the test server and what becomes of them.
var valueCases = []struct {
	node    string
	value   agent.Value
	quality agent.Quality
	code    agent.Code
	detail  string
}{
	{"flow", agent.Float64Value(12.5), agent.Good, 0, ""},
	{"level", agent.Float32Value(0.1), agent.Good, 0, ""},
	{"total", agent.Uint64Value(4294967295), agent.Good, 0, ""},
	{"running", agent.BoolValue(true), agent.Good, 0, ""},
	{"batch", agent.TextValue("B-7"), agent.Good, 0, ""},
	{"small", agent.Int64Value(-8), agent.Good, 0, ""},
	{"byte", agent.Uint64Value(200), agent.Good, 0, ""},
	{"short", agent.Int64Value(-300), agent.Good, 0, ""},
	{"word", agent.Uint64Value(60000), agent.Good, 0, ""},
	{"int", agent.Int64Value(-70000), agent.Good, 0, ""},
	{"long", agent.Int64Value(-1 << 62), agent.Good, 0, ""},
	{"ulong", agent.Uint64Value(1<<64 - 1), agent.Good, 0, ""},
	{"started", agent.TextValue("2026-02-28T23:59:59Z"), agent.Good, 0, ""},
	{"local", agent.Float64Value(5), agent.Good, 0, ""},
	{"doubted", agent.Float64Value(4), agent.Uncertain, agent.DeviceDoubt, "UncertainLastUsableValue"},
	{"failed", agent.Float64Value(3), agent.Bad, agent.DeviceBad, "BadSensorFailure"},
	{"empty", agent.Value{}, agent.Bad, agent.NoData, "no value"},
	{"array", agent.Value{}, agent.Bad, agent.Protocol, "an array of Double"},
	{"node", agent.Value{}, agent.Bad, agent.Protocol, "a NodeID"},
	{"missing", agent.Value{}, agent.Bad, agent.Refused, "correct the tag's at"},
}

func TestValuesAndStatusCodes(t *testing.T) {
	server := common(t)
	var names []string
	for _, c := range valueCases {
		names = append(names, c.node)
	}
	for _, mode := range []string{pollMode, subscribeMode} {
		t.Run(mode, func(t *testing.T) {
			d := openInsecure(t, newLink(t, server.port).addr, tagsOf(names...), "mode: "+mode)
			got := map[string]agent.Reading{}
			for _, r := range mustRead(t, d).Readings {
				got[r.Tag.Name] = r
			}
			for _, c := range valueCases {
				r, is := got["tag."+c.node]
				if !is || r.Value != c.value || r.Quality != c.quality || r.Reason.Code != c.code || !strings.Contains(r.Reason.Detail, c.detail) {
					t.Errorf("%s: got %s, want %q %s %s %q", c.node, show(r), c.value, c.quality, c.code, c.detail)
				}
				if c.node != "missing" && !r.Time.Equal(sourceTime()) {
					t.Errorf("%s: got %s, want the source's time %s", c.node, show(r), sourceTime())
				}
			}
		})
	}
}

func TestImplausibleStaysBadWhenUncertain(t *testing.T) {
	tag := tagsOf("doubted")[0]
	tag.Range = &agent.Range{Lo: 0, Hi: 3}
	quality, why := judge(tag, uncertainBit, agent.Float64Value(4), "")
	if quality != agent.Bad || why.Code != agent.OutOfRange {
		t.Errorf("got %s %+v, want bad, out of range", quality, why)
	}
}

func TestTimeWithoutSourceTime(t *testing.T) {
	server := common(t)
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("untimed"), "mode: poll")
	before := time.Now()
	r := mustRead(t, d).Readings[0]
	if r.Quality != agent.Good || r.Time.Before(before) || r.Time.After(time.Now()) {
		t.Errorf("got %s, want the server's time, after %s", show(r), before)
	}
}

// TestPolledAgain: a source time that stays says when the value changed, and the
// poll that it is still true.
func TestPolledAgain(t *testing.T) {
	server := startServer(t, orders{})
	d := openInsecure(t, newLink(t, server.port).addr, tagsOf("flow"), "mode: poll")
	first, before := mustRead(t, d).Readings[0], time.Now()
	again := mustRead(t, d).Readings[0]
	if !first.Time.Equal(sourceTime()) || again.Time.Before(before) || again.Value != first.Value {
		t.Errorf("got %s, then %s; want the source's time, then one after %s", show(first), show(again), before)
	}
	at := sourceTime().Add(time.Hour) // the server's clock is far behind ours
	server.set(t, "flow", 13, at)
	until(t, "the changed value", func() bool { again = mustRead(t, d).Readings[0]; return again.Value == agent.Float64Value(13) })
	if again.Time.Before(before) {
		t.Errorf("got %s, want a time that does not go back", show(again))
	}
}
