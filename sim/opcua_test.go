package sim

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua"
	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
)

// opcuaChild is a running server process.
type opcuaChild struct {
	*Child
	t   *testing.T
	dir string
}

func startOPCUA(t *testing.T, dir, address string, incidents ...Incident) *opcuaChild {
	t.Helper()
	c := &opcuaChild{startChild(t, "serve", dir, address, incidents...), t, dir}
	if err := c.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *opcuaChild) tell(command string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.commands, command); err != nil {
		c.t.Fatal(err)
	}
}

func (c *opcuaChild) counts() RequestCounts {
	c.t.Helper()
	r, err := c.Counts()
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *opcuaChild) connect(options ...opcua.Option) *opcua.Client {
	c.t.Helper()
	client, err := opcua.NewClient(c.Address(), append(options, opcua.AutoReconnect(false))...)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := client.Connect(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { client.Close(context.Background()) })
	return client
}

func readOPCUA(t *testing.T, client *opcua.Client, node string, attribute ua.AttributeID) *ua.DataValue {
	t.Helper()
	nodeID, err := ua.ParseNodeID(node)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Read(t.Context(), &ua.ReadRequest{TimestampsToReturn: ua.TimestampsToReturnBoth,
		NodesToRead: []*ua.ReadValueID{{NodeID: nodeID, AttributeID: attribute}}})
	if err != nil {
		t.Fatal(err)
	}
	return got.Results[0]
}

func TestOPCUAServesThePlant(t *testing.T) {
	began := time.Now()
	s := startOPCUA(t, t.TempDir(), "127.0.0.1:0")
	client := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
	for _, p := range acidPoints() {
		v := readOPCUA(t, client, p.At(), ua.AttributeIDValue)
		if v.Status != ua.StatusOK || v.Value == nil || v.SourceTimestamp.Before(began.Add(-time.Minute)) {
			t.Errorf("%s: %+v", p.At(), v)
			continue
		}
		if got, want := fmt.Sprintf("%T", v.Value.Value()), p.Type.String(); got != want {
			t.Errorf("%s is a %s, want %s", p.Name, got, want)
		}
		if level := readOPCUA(t, client, p.At(), ua.AttributeIDAccessLevel); level.Value.Value() != byte(1) {
			t.Errorf("%s has access level %v, want to read only", p.Name, level.Value.Value())
		}
	}
	if v := readOPCUA(t, client, "ns=2;s=acid.feed_flow", ua.AttributeIDValue); v.Value.Value().(float32) < 2 || v.Value.Value().(float32) > 3.2 {
		t.Errorf("feed_flow is %v", v.Value.Value())
	}
	if v := readOPCUA(t, client, "ns=2;s=acid.nowhere", ua.AttributeIDValue); v.Status != ua.StatusBadNodeIDUnknown {
		t.Errorf("an unknown node has status %v", v.Status)
	}
	refs, err := client.Node(ua.NewNumericNodeID(0, 85)).ReferencedNodes(t.Context(), 35, ua.BrowseDirectionForward, ua.NodeClassVariable, true)
	if err != nil || !slices.ContainsFunc(refs, func(n *opcua.Node) bool { return n.ID.String() == "ns=2;s=acid.so2" }) {
		t.Errorf("browsing found %v, %v", refs, err)
	}
	if files, _ := filepath.Glob(filepath.Join(s.dir, "lab", "*.csv")); len(files) > 1 {
		t.Errorf("laboratory files %v", files)
	}
	if got := s.counts(); got.Other != 0 || got.ByService["ReadRequest"] < 50 || got.ByService["BrowseRequest"] == 0 {
		t.Errorf("counts %+v", got)
	}
}

// awaitStatus reads until so2 has the status.
func awaitStatus(t *testing.T, client *opcua.Client, want ua.StatusCode) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		v := readOPCUA(t, client, "ns=2;s=acid.so2", ua.AttributeIDValue)
		if v.Status == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("status %v, want %v", v.Status, want)
		}
	}
}

func TestOPCUAStatuses(t *testing.T) {
	s := startOPCUA(t, t.TempDir(), "127.0.0.1:0")
	client := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
	s.tell("status so2 BadSensorFailure")
	awaitStatus(t, client, ua.StatusBadSensorFailure)
	s.tell("status so2 UncertainLastUsableValue")
	awaitStatus(t, client, ua.StatusUncertainLastUsableValue)
	s.tell("status so2 Good")
	awaitStatus(t, client, ua.StatusOK)
	s.tell("status so2 Splendid")
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "no status is called Splendid") {
		t.Errorf("a wrong command ended the server with %v", err)
	}
}

func TestOPCUASubscriptionAndSecurity(t *testing.T) {
	dir := t.TempDir()
	s := startOPCUA(t, dir, "127.0.0.1:0")
	endpoints, err := opcua.GetEndpoints(t.Context(), s.Address())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(endpoints, func(e *ua.EndpointDescription) bool {
		return e.SecurityMode == ua.MessageSecurityModeSignAndEncrypt && strings.HasSuffix(e.SecurityPolicyURI, "#Basic256Sha256")
	})
	if at < 0 {
		t.Fatalf("no secure endpoint in %v", endpoints)
	}
	onDisk, err := os.ReadFile(filepath.Join(dir, ServerCertificate))
	if err != nil || !slices.Equal(onDisk, endpoints[at].ServerCertificate) {
		t.Errorf("the certificate on disk is not the server's: %v", err)
	}
	cert, key, err := ownCertificate(t.TempDir()) // of the client
	if err != nil {
		t.Fatal(err)
	}
	client := s.connect(opcua.SecurityFromEndpoint(endpoints[at], ua.UserTokenTypeUserName), opcua.AuthUsername("anyone", "anything"),
		opcua.Certificate(cert), opcua.PrivateKey(key))
	notes := make(chan *opcua.PublishNotificationData, 100)
	sub, err := client.Subscribe(t.Context(), &opcua.SubscriptionParameters{Interval: 50 * time.Millisecond}, notes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Monitor(t.Context(), ua.TimestampsToReturnBoth,
		opcua.NewMonitoredItemCreateRequestWithDefaults(ua.NewStringNodeID(2, "acid.feed_flow"), ua.AttributeIDValue, 7)); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Monitor(t.Context(), ua.TimestampsToReturnBoth,
		opcua.NewMonitoredItemCreateRequestWithDefaults(ua.NewNumericNodeID(0, id.Server_ServerStatus_CurrentTime), ua.AttributeIDValue, 8)); err != nil {
		t.Fatal(err)
	}
	seen, beats := map[float32]time.Time{}, map[time.Time]bool{}
	for len(seen) < 5 || len(beats) < 5 {
		select {
		case n := <-notes:
			if n.Error != nil {
				t.Fatal(n.Error)
			}
			change, is := n.Value.(*ua.DataChangeNotification)
			if !is {
				continue
			}
			for _, item := range change.MonitoredItems {
				if item.ClientHandle == 8 {
					beats[item.Value.Value.Value().(time.Time)] = true
					continue
				}
				if item.ClientHandle != 7 || item.Value.SourceTimestamp.IsZero() {
					t.Fatalf("notification %+v", item)
				}
				seen[item.Value.Value.Value().(float32)] = item.Value.SourceTimestamp
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("only %d values and %d times of the server came", len(seen), len(beats))
		}
	}
	if got := s.counts(); got.Other != 0 || got.ByService["CreateMonitoredItemsRequest"] != 2 {
		t.Errorf("counts %+v", got)
	}
}

func TestOPCUARefusesAndCountsWhatChanges(t *testing.T) {
	s := startOPCUA(t, t.TempDir(), "127.0.0.1:0")
	client := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
	before := readOPCUA(t, client, "ns=2;s=acid.running", ua.AttributeIDValue).Value.Value()
	_, err := client.Write(t.Context(), &ua.WriteRequest{NodesToWrite: []*ua.WriteValue{{
		NodeID: ua.NewStringNodeID(2, "acid.running"), AttributeID: ua.AttributeIDValue,
		Value: &ua.DataValue{EncodingMask: ua.DataValueValue, Value: ua.MustVariant(false)}}}})
	if err == nil {
		t.Error("a write was taken")
	}
	second := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone)) // a fault ends the first one's session
	if _, err := second.Call(t.Context(), &ua.CallMethodRequest{ObjectID: ua.NewNumericNodeID(0, 85), MethodID: ua.NewNumericNodeID(0, 1)}); err == nil {
		t.Error("a call was taken")
	}
	third := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
	if after := readOPCUA(t, third, "ns=2;s=acid.running", ua.AttributeIDValue).Value.Value(); after != before {
		t.Errorf("running is %v after the write, want %v", after, before)
	}
	if got := s.counts(); got.Other != 2 || got.ByService["WriteRequest"] != 1 || got.ByService["CallRequest"] != 1 {
		t.Errorf("counts %+v; want 2 others", got)
	}
}

func TestOPCUARestartsAtOnceAsTheSame(t *testing.T) {
	dir, address := t.TempDir(), "127.0.0.1:0"
	var cert []byte
	for round := range 3 {
		s := startOPCUA(t, dir, address)
		address = strings.TrimPrefix(s.Address(), "opc.tcp://")
		client := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
		readOPCUA(t, client, "ns=2;s=acid.so2", ua.AttributeIDValue)
		now, err := os.ReadFile(filepath.Join(dir, ServerCertificate))
		if err != nil || round > 0 && !slices.Equal(now, cert) {
			t.Errorf("round %d: another certificate, %v", round, err)
		}
		cert = now
		if round == 1 {
			s.Kill()
			continue
		}
		if err := s.Stop(); err != nil { // with a client attached
			t.Errorf("round %d: %v", round, err)
		}
	}
}

func TestOPCUAOnLoopbackOnly(t *testing.T) {
	err := ServeOPCUA(t.Context(), &Live{Plant: NewAcid(1, start)}, OPCUA{Address: "0.0.0.0:0", Dir: t.TempDir(), Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("error %v", err)
	}
}

func TestSampleStatuses(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		kind Type
		s    Sample
		want ua.StatusCode
	}{
		{Float32, Sample{Bits: 0x7FC00000, OK: true}, ua.StatusBadSensorFailure},
		{Float32, Sample{Bits: 0x3F800000}, ua.StatusBadNoCommunication},
		{Bool, Sample{Bits: 1, OK: true}, ua.StatusOK},
	} {
		got := dataValue(tt.kind, tt.s, at)
		if got.Status != tt.want || (got.Value != nil) != (tt.want == ua.StatusOK) || !got.SourceTimestamp.Equal(at) {
			t.Errorf("%v %+v: %+v, want %v", tt.kind, tt.s, got, tt.want)
		}
	}
}

// TestPLCOffOverOPCUA: with its controller off no node has a value, and all of
// them say why.
func TestPLCOffOverOPCUA(t *testing.T) {
	now := time.Now()
	s := startOPCUA(t, t.TempDir(), "127.0.0.1:0", Incident{Kind: PLCOff, From: now.Add(-time.Hour), To: now.Add(time.Hour)})
	client := s.connect(opcua.SecurityMode(ua.MessageSecurityModeNone))
	awaitStatus(t, client, ua.StatusBadNoCommunication) // with its first step
	for _, p := range acidPoints() {
		v := readOPCUA(t, client, p.At(), ua.AttributeIDValue)
		if v.Status != ua.StatusBadNoCommunication || v.Has(ua.DataValueValue) || v.SourceTimestamp.Before(now.Add(-time.Minute)) {
			t.Errorf("%s: %+v, want BadNoCommunication without a value", p.At(), v)
		}
	}
}

// TestNodesFollowThePLC: the nodes are Bad from the incident's first step to its
// last and Good before and after, with the time of the step.
func TestNodesFollowThePLC(t *testing.T) {
	a := NewAcid(1, start)
	off := Incident{Kind: PLCOff, From: start.Add(time.Minute), To: start.Add(2 * time.Minute)}
	a.Schedule(off)
	n := newNodes(server.New(), a)
	steps := map[ua.StatusCode]int{}
	runPlant(a, 3*time.Minute, 10*time.Second, func() {
		n.current.Store(nil) // the server has not begun: nobody is told
		n.Show(a)
		want := ua.StatusOK
		if !a.Now().Before(off.From) && a.Now().Before(off.To) {
			want = ua.StatusBadNoCommunication
		}
		steps[want]++
		for at, v := range *n.current.Load() {
			if v.Status != want || (v.Value != nil) != (want == ua.StatusOK) || !v.SourceTimestamp.Equal(a.Now()) {
				t.Fatalf("at %v %s is %v with value %v; want %v", a.Now(), n.points[at].Name, v.Status, v.Value, want)
			}
		}
	})
	if steps[ua.StatusBadNoCommunication] != 6 || steps[ua.StatusOK] != 12 {
		t.Errorf("steps %v", steps)
	}
}
