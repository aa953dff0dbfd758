package opcua

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// peer is a server process of gopcua's.
type peerServer struct {
	port    int
	process *exec.Cmd
	in      io.WriteCloser
}

// startServer starts a server that ends with the test.
func startServer(t *testing.T, o orders) *peerServer {
	t.Helper()
	s := launch(t, o)
	t.Cleanup(s.kill)
	return s
}

// common is a server for tests that change nothing on it and cut no line; it ends
// with the test binary, whose end closes its input.
func common(t *testing.T) *peerServer {
	t.Helper()
	started.Do(func() { started.server = launch(t, orders{}) })
	return started.server
}

var started struct {
	sync.Once
	server *peerServer
}

func launch(t *testing.T, o orders) *peerServer {
	t.Helper()
	o.Port = freePort(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &peerServer{port: o.Port, process: cmd, in: in}
	s.order(t, o)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			go io.Copy(io.Discard, out)
			return s
		}
	}
	t.Fatal("the server did not start")
	return nil
}

func (s *peerServer) order(t *testing.T, o orders) {
	t.Helper()
	line, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}

func (s *peerServer) set(t *testing.T, name string, value float64, at time.Time) {
	t.Helper()
	s.order(t, orders{Set: name, Value: value, At: at})
}

func (s *peerServer) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// link is a TCP proxy: the network between driver and server.
type link struct {
	addr string

	mu       sync.Mutex // guards all below
	target   int
	listener net.Listener
	conns    map[net.Conn]bool
	accepted int
	hole     bool   // nothing goes through, nothing is closed
	reached  func() // called when something came into the hole
}

func newLink(t *testing.T, target int) *link {
	t.Helper()
	l := &link{target: target, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	l.up(t)
	t.Cleanup(l.cut)
	return l
}

// up accepts connections, in the same place as before.
func (l *link) up(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener, l.addr = listener, listener.Addr().String()
	go l.serve(listener)
}

func (l *link) port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// cut closes all connections and accepts none.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener.Close()
	for c := range l.conns {
		c.Close()
	}
	clear(l.conns)
}

func (l *link) setHole(hole bool, reached func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hole, l.reached = hole, reached
}

func (l *link) setTarget(port int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = port
}

func (l *link) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

func (l *link) serve(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		target := l.target
		l.mu.Unlock()
		far, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: target})
		if err != nil {
			near.Close()
			continue
		}
		l.mu.Lock()
		l.accepted++
		l.conns[near], l.conns[far] = true, true
		l.mu.Unlock()
		go l.carry(far, near)
		go l.carry(near, far)
	}
}

func (l *link) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		hole, reached := l.hole, l.reached
		l.mu.Unlock()
		if hole {
			if reached != nil {
				reached()
			}
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// certificate makes a server's certificate.
func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = selfSigned(private, time.Now()); err != nil {
		t.Fatal(err)
	}
	if key, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	return key.(*rsa.PrivateKey), nil
}
