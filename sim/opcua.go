package sim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
)

// plantNamespace is the index of the namespace that holds a plant's nodes; 0 is
// OPC UA's own, 1 the server's.
const plantNamespace = 2

// OPCUA is how a plant is served behind OPC UA. The library's server is meant for
// a child process: it prints with the standard logger, takes any password, and
// waits for its clients when it is closed; ServeOPCUA therefore does not close it
// and leaves that to the end of the process.
type OPCUA struct {
	Address  string    // loopback, for example 127.0.0.1:4840; port 0 takes a free one
	Dir      string    // server.der and server.key are made there if they are not
	Commands io.Reader // lines, see command; at its end the server ends. nil: none
	Out      io.Writer // what is served, then the answers to commands
}

// ServeOPCUA lets the plant run and shows it on a server of its own until ctx or
// the commands end, which is no error. The first line on o.Out, printed when
// clients can connect, ends with the address, for example
// opc.tcp://127.0.0.1:4840. A process calls it once, as its last work: a read
// from o.Commands may be left behind.
func ServeOPCUA(ctx context.Context, live *Live, o OPCUA) error {
	log.SetOutput(io.Discard)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address, err := freeLoopback(o.Address)
	if err != nil {
		return err
	}
	requests := newRequestBook()
	p := live.Plant
	s, err := newOPCUAServer(address, o.Dir, p.Title(), requests)
	if err != nil {
		return err
	}
	nodes := newNodes(s, p)
	nodes.Show(p)
	if err := s.Start(ctx); err != nil {
		return fmt.Errorf("simulated OPC UA server at %s: %w", address, err)
	}
	if err := Describe(o.Out, p, "opc.tcp://"+address, nil); err != nil {
		return err
	}
	told := make(chan error, 1)
	if o.Commands != nil {
		var commands sync.WaitGroup // not awaited: nothing but the end of the process ends a read from a pipe
		commands.Go(func() {
			defer cancel()
			told <- obey(o.Commands, o.Out, nodes, requests)
		})
	}
	live.Screen = nodes
	err = live.Run(ctx)
	select {
	case wrong := <-told:
		return errors.Join(err, wrong)
	default:
		return err
	}
}

// freeLoopback gives the address with a port that is free now: the library
// tells its clients the port it was told, so 0 will not do.
func freeLoopback(address string) (string, error) {
	ln, err := listenLoopback(address)
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

func newOPCUAServer(address, dir, title string, requests *requestBook) (*server.Server, error) {
	cert, key, err := ownCertificate(dir)
	if err != nil {
		return nil, err
	}
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("simulated OPC UA server: %w", err)
	}
	s := server.New(
		server.EndPoint(at.IP.String(), at.Port),
		server.EnableSecurity("None", ua.MessageSecurityModeNone),
		server.EnableSecurity("Basic256Sha256", ua.MessageSecurityModeSignAndEncrypt),
		server.EnableAuthMode(ua.UserTokenTypeAnonymous),
		server.EnableAuthMode(ua.UserTokenTypeUserName),
		server.Certificate(cert), server.PrivateKey(key),
		server.ServerName("Simulated "+title), server.ManufacturerName("recoup"), server.ProductName("recoup sim"),
		server.SetLogger(requests),
	)
	requests.refuse(s)
	return s, nil
}

// obey carries out commands, a line each, until they end:
//
//	status so2 BadSensorFailure   the node has this status from now on; Good ends it
//	counts                        answers with RequestCounts as a line of JSON
func obey(commands io.Reader, out io.Writer, nodes *nodes, requests *requestBook) error {
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		if err := command(strings.Fields(lines.Text()), out, nodes, requests); err != nil {
			return fmt.Errorf("command %q: %w", lines.Text(), err)
		}
	}
	return nil // the end of the commands, however it came, ends the server
}

func command(words []string, out io.Writer, nodes *nodes, requests *requestBook) error {
	switch {
	case len(words) == 3 && words[0] == "status":
		return nodes.setStatus(words[1], words[2])
	case len(words) == 1 && words[0] == "counts":
		return json.NewEncoder(out).Encode(requests.counts())
	}
	return errors.New(`write "status POINT STATUS" or "counts"`)
}
