package opcua

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
)

// serverEnv makes the test binary a server: a killed process is the only honest
// way to lose one, and gopcua's server does not end otherwise.
const serverEnv = "RECOUP_TEST_OPCUA_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// orders are the lines that a server reads: first its set-up, then changes.
type orders struct {
	Port   int   // to listen on
	Known  []int // other ports it is reached by
	Secure bool
	Cert   []byte // DER
	Key    []byte // PKCS 8
	Items  int    // nodes item0 …

	Set    string // a node's name
	Value  float64
	Status uint32
	At     time.Time // source time; zero: none
	Mute   bool      // no heartbeat any more
}

// cells are the server's nodes.
type cells struct {
	mu     sync.Mutex
	values map[string]*ua.DataValue
}

func (c *cells) get(name string) *ua.DataValue {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := *c.values[name]
	v.ServerTimestamp = time.Now()
	return &v
}

func (c *cells) set(name string, value any, status ua.StatusCode, at time.Time) {
	v := &ua.DataValue{Status: status, SourceTimestamp: at}
	v.EncodingMask = ua.DataValueStatusCode | ua.DataValueServerTimestamp
	if value != nil {
		v.Value = ua.MustVariant(value)
		v.EncodingMask |= ua.DataValueValue
	}
	if !at.IsZero() {
		v.EncodingMask |= ua.DataValueSourceTimestamp
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[name] = v
}

// sourceTime is that of the nodes that do not change.
func sourceTime() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 250e6, time.UTC) }

func (c *cells) fill(items int) {
	at := sourceTime()
	for name, value := range map[string]any{
		"flow": 12.5, "level": float32(0.1), "total": uint32(4294967295), "running": true, "batch": "B-7", "small": int8(-8), "byte": uint8(200),
		"short": int16(-300), "word": uint16(60000), "int": int32(-70000), "long": int64(-1 << 62), "ulong": uint64(1<<64 - 1),
		"started": time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC), "array": []float64{1, 2}, "node": ua.NewTwoByteNodeID(3),
	} {
		c.set(name, value, ua.StatusOK, at)
	}
	c.set("untimed", 1.0, ua.StatusOK, time.Time{})
	c.set("empty", nil, ua.StatusOK, at)
	c.set("failed", 3.0, ua.StatusBadSensorFailure, at)
	c.set("doubted", 4.0, ua.StatusUncertainLastUsableValue, at)
	c.set("local", 5.0, ua.StatusGoodLocalOverride, at)
	c.set("spilled", 6.0, ua.StatusOK|overflowBits, at)
	for i := range items {
		c.set("item"+strconv.Itoa(i), float64(i), ua.StatusOK, at)
	}
}

func serve() {
	log.SetOutput(os.Stderr)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	o := nextOrders(lines)
	c := &cells{values: map[string]*ua.DataValue{}}
	c.fill(o.Items)
	options := []server.Option{server.EnableAuthMode(ua.UserTokenTypeAnonymous), server.EnableSecurity("None", ua.MessageSecurityModeNone)}
	if o.Secure {
		key, err := parseKey(o.Key)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, server.EnableAuthMode(ua.UserTokenTypeUserName), server.Certificate(o.Cert), server.PrivateKey(key),
			server.EnableSecurity("Basic256Sha256", ua.MessageSecurityModeSignAndEncrypt))
	}
	for _, port := range append([]int{o.Port}, o.Known...) {
		options = append(options, server.EndPoint("127.0.0.1", port))
	}
	s := server.New(options...)
	ns := server.NewNodeNameSpace(s, "urn:test")
	for name := range c.values {
		ns.AddNewVariableStringNode(name, func() *ua.DataValue { return c.get(name) })
	}
	if err := s.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	mute := make(chan struct{})
	go beatAlways(s, mute)
	fmt.Println("ready")
	for {
		o := nextOrders(lines)
		if o.Mute {
			close(mute)
		}
		if o.Set != "" {
			c.set(o.Set, o.Value, ua.StatusCode(o.Status), o.At)
			s.ChangeNotification(ua.NewStringNodeID(ns.ID(), o.Set))
		}
	}
}

// nextOrders waits for a line. The end of input means that the tests have gone.
func nextOrders(lines *bufio.Scanner) (o orders) {
	if !lines.Scan() {
		os.Exit(0)
	}
	if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
		log.Fatal(err)
	}
	return o
}

// beatAlways samples the server's clock: gopcua's server tells only what it is
// told to.
func beatAlways(s *server.Server, mute <-chan struct{}) {
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-tick.C:
			s.ChangeNotification(standardNode(currentTime).id)
		case <-mute:
			return
		}
	}
}
