package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua"
	"github.com/gopcua/opcua/ua"

	"recoup/sim"
)

// acidServer is the simulated acid plant behind OPC UA: a process that can be
// killed and started again as the same server at the same address.
type acidServer struct {
	t        *testing.T
	address  string
	pki      string
	process  *exec.Cmd
	commands io.WriteCloser
	said     *bufio.Reader
}

func newAcidServer(t *testing.T) *acidServer {
	t.Helper()
	s := &acidServer{t: t, address: freePort(t), pki: filepath.Join(t.TempDir(), "sim-pki")}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start returns when the server answers.
func (s *acidServer) start() {
	s.t.Helper()
	s.process = exec.Command(binary(s.t), "sim", "--opcua", s.address, "--pki", s.pki)
	s.process.Stderr = os.Stderr
	var err error
	if s.commands, err = s.process.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.said = bufio.NewReader(out)
	if first := s.line(); !strings.Contains(first, "opc.tcp://"+s.address) {
		s.t.Fatalf("the server says %q", first)
	}
}

// kill ends the server as a power cut does, and waits until it is gone.
func (s *acidServer) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

func (s *acidServer) line() string {
	s.t.Helper()
	line, err := s.said.ReadString('\n')
	if err != nil {
		s.t.Fatalf("what the server says: %v", err)
	}
	return line
}

// onlyReads demands that nothing but reads and subscriptions reached the server
// since it was started.
func (s *acidServer) onlyReads() {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.commands, "counts"); err != nil {
		s.t.Fatal(err)
	}
	answer := s.line()
	for !strings.HasPrefix(answer, "{") { // it told its points before
		answer = s.line()
	}
	var counts sim.RequestCounts
	if err := json.Unmarshal([]byte(answer), &counts); err != nil {
		s.t.Fatal(err)
	}
	if counts.Other != 0 {
		s.t.Errorf("%d requests other than reads reached the OPC UA server, want 0: %v", counts.Other, counts.ByService)
	}
	if counts.ByService["CreateMonitoredItemsRequest"] == 0 || counts.ByService["PublishRequest"] == 0 {
		s.t.Errorf("no subscription reached the OPC UA server, only %v: the test sees nothing", counts.ByService)
	}
}

// awaitShown waits until the server shows values of after t, and gives their
// time: the plant moves in steps and stands still until its server answers, so
// that it is behind the clock.
func (s *acidServer) awaitShown(t time.Time) (at time.Time) {
	s.t.Helper()
	until(s.t, "values of after "+t.String(), func() bool {
		at = s.shown()
		return at.After(t)
	})
	return at
}

func (s *acidServer) shown() time.Time {
	s.t.Helper()
	client, err := opcua.NewClient("opc.tcp://"+s.address, opcua.SecurityMode(ua.MessageSecurityModeNone), opcua.AutoReconnect(false))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := client.Connect(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	defer client.Close(s.t.Context())
	got, err := client.Read(s.t.Context(), &ua.ReadRequest{TimestampsToReturn: ua.TimestampsToReturnBoth,
		NodesToRead: []*ua.ReadValueID{{NodeID: ua.NewStringNodeID(2, "acid.feed_flow"), AttributeID: ua.AttributeIDValue}}})
	if err != nil || len(got.Results) != 1 {
		s.t.Fatalf("%v, %v", got, err)
	}
	return got.Results[0].SourceTimestamp
}

// link is the network between agent and server: a TCP proxy that can be cut,
// and can swallow what comes.
type link struct {
	address, target string
	carrying        sync.WaitGroup

	mu       sync.Mutex // guards all below
	listener net.Listener
	ends     []net.Conn
	frozen   bool
}

func newLink(t *testing.T, target string) *link {
	t.Helper()
	l := &link{address: freePort(t), target: target}
	l.mend(t)
	t.Cleanup(func() {
		l.cut()
		l.carrying.Wait()
	})
	return l
}

// cut ends all connections and refuses new ones.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.listener.Close()
		l.listener = nil
	}
	for _, end := range l.ends {
		end.Close()
	}
	l.ends = nil
}

// freeze makes a black hole of it: connections stand, are made, take bytes, and
// nothing comes out.
func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = true
}

// mend carries new connections. Those that lost bytes are none any more.
func (l *link) mend(t *testing.T) {
	t.Helper()
	l.cut()
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener, l.frozen = listener, false
	l.carrying.Go(func() { l.serve(listener) })
}

func (l *link) serve(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil {
			near.Close()
			continue
		}
		l.join(listener, near, far)
	}
}

// join carries between two ends, unless the link was cut meanwhile.
func (l *link) join(listener net.Listener, near, far net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != listener {
		near.Close()
		far.Close()
		return
	}
	l.ends = append(l.ends, near, far)
	l.carrying.Go(func() { l.carry(far, near) })
	l.carrying.Go(func() { l.carry(near, far) })
}

func (l *link) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	some := make([]byte, 64<<10)
	for {
		n, err := from.Read(some)
		if err != nil {
			return
		}
		if l.swallows() {
			continue
		}
		if _, err := to.Write(some[:n]); err != nil {
			return
		}
	}
}

func (l *link) swallows() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.frozen
}

// acidInputs is what the acid plant's recovery needs. The plant shows new values
// each second, so that max_gap bridges one that is left out, and no outage here.
const acidInputs = 9

const acidSource = `  - name: acid
    every: 200ms
    opcua: {endpoint: "opc.tcp://ENDPOINT", REST}
    tags:
      - {name: acid.feed_flow, at: "ns=2;s=acid.feed_flow", unit: m3/h, max_gap: 2s}
      - {name: acid.feed_strength, at: "ns=2;s=acid.feed_strength", unit: "%", max_gap: 2s}
      - {name: acid.feed_temp, at: "ns=2;s=acid.feed_temp", unit: "°C", max_gap: 2s}
      - {name: acid.stack_flow, at: "ns=2;s=acid.stack_flow", unit: Nm3/h, max_gap: 2s}
      - {name: acid.so2, at: "ns=2;s=acid.so2", unit: mg/Nm3, max_gap: 2s}
      - {name: acid.mist, at: "ns=2;s=acid.mist", unit: mg/Nm3, max_gap: 2s}
      - {name: acid.purge_flow, at: "ns=2;s=acid.purge_flow", unit: m3/h, max_gap: 2s}
      - {name: acid.purge_strength, at: "ns=2;s=acid.purge_strength", unit: "%", max_gap: 2s}
      - {name: acid.purge_temp, at: "ns=2;s=acid.purge_temp", unit: "°C", max_gap: 2s}

`

const acidKPI = `  - name: acid.plant
    acid_recovery:
      feed: {flow: acid.feed_flow, strength: acid.feed_strength, temperature: acid.feed_temp}
      losses:
        so2: {flow: acid.stack_flow, concentration: acid.so2}
        mist: {flow: acid.stack_flow, concentration: acid.mist}
        weak_acid: {flow: acid.purge_flow, strength: acid.purge_strength, temperature: acid.purge_temp}
        drain: {none: "no drains but the purge"}
        solid: {none: "no solids leave the plant"}
      quantities: [recovery_loss, loss, feed]

`

// newAcidWorld is the mill's world with the acid plant beside it, reached at
// endpoint with the rest of the section opcua. The production day began some
// twelve hours ago, so that none ends while the test runs.
func newAcidWorld(t *testing.T, endpoint, rest string) *world {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	const shifts, computed, receivers = `  shifts: ["00:00"`, "# What is computed.", "# Who gets everything:"
	for _, place := range []string{shifts, computed, receivers} {
		if strings.Count(millConfig, place) != 1 {
			t.Fatalf("the demo's configuration has not exactly one %q", place)
		}
	}
	source := strings.NewReplacer("ENDPOINT", endpoint, "REST", rest).Replace(acidSource)
	day := time.Now().In(zone).Add(12 * time.Hour).Format("15:00")
	w := newWorld(t, shifts, fmt.Sprintf("  day_start: %q\n%s", day, shifts), computed, source+computed, receivers, acidKPI+receivers)
	w.live(t)
	return w
}

// trust does what a person does with the certificate of a server: it belongs
// into the folder of trusted ones beside the configuration.
func (w *world) trust(t *testing.T, s *acidServer) {
	t.Helper()
	certificate, err := os.ReadFile(filepath.Join(s.pki, sim.ServerCertificate))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(filepath.Dir(w.config), "pki", "trusted")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, sim.ServerCertificate), certificate, 0o644); err != nil {
		t.Fatal(err)
	}
}
