package sim

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// client is a Modbus client by hand: bytes out, bytes in.
type client struct {
	t  *testing.T
	c  net.Conn
	id uint16
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second)) // so that a broken test ends
	return &client{t: t, c: c, id: 0x0700}
}

// ask sends a PDU and gives its transaction id.
func (c *client) ask(unit byte, pdu ...byte) uint16 {
	c.t.Helper()
	c.id++
	head := []byte{byte(c.id >> 8), byte(c.id), 0, 0, 0, byte(len(pdu) + 1), unit}
	if _, err := c.c.Write(append(head, pdu...)); err != nil {
		c.t.Fatal(err)
	}
	return c.id
}

func (c *client) read(unit, function byte, address, count uint16) uint16 {
	c.t.Helper()
	return c.ask(unit, function, byte(address>>8), byte(address), byte(count>>8), byte(count))
}

// get receives one frame.
func (c *client) get() (id uint16, unit byte, pdu []byte) {
	c.t.Helper()
	id, unit, pdu, err := c.try()
	if err != nil {
		c.t.Fatal(err)
	}
	return id, unit, pdu
}

func (c *client) try() (id uint16, unit byte, pdu []byte, err error) {
	var head [7]byte
	if _, err := io.ReadFull(c.c, head[:]); err != nil {
		return 0, 0, nil, err
	}
	pdu = make([]byte, int(binary.BigEndian.Uint16(head[4:]))-1)
	_, err = io.ReadFull(c.c, pdu)
	return binary.BigEndian.Uint16(head[:]), head[6], pdu, err
}

// rest gives the bytes until the connection ends.
func (c *client) rest() []byte {
	c.t.Helper()
	b, err := io.ReadAll(c.c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal("the connection did not end")
	}
	return b
}
