package sim

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve starts a server with a small image: unit 1 has holding 100…119 with
// 1000+address, input 0…1999, coils and discretes 0…2047, unit 2 input 0.
func serve(t *testing.T) (*Server, *Image) {
	t.Helper()
	im := NewImage()
	im.Change(func(f *Frame) {
		for a := range uint16(20) {
			f.Set(1, Holding, 100+a, 1100+a)
		}
		for a := range uint16(2048) {
			f.Set(1, Input, a, a)
			f.Set(1, Coil, a, a%3%2)
			f.Set(1, Discrete, a, (a+1)%2)
		}
		f.Set(1, Holding, 65535, 77)
		f.Set(1, Input, 65535, 78)
		f.Set(2, Input, 0, 42)
	})
	s, err := Listen("127.0.0.1:0", im)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, im
}

func TestAnswers(t *testing.T) {
	s, _ := serve(t)
	c := dial(t, s)
	for _, tt := range []struct {
		name string
		unit byte
		ask  []byte
		want []byte
	}{
		{"holding", 1, []byte{3, 0, 101, 0, 2}, []byte{3, 4, 0x04, 0x4D, 0x04, 0x4E}},
		{"input of another unit", 2, []byte{4, 0, 0, 0, 1}, []byte{4, 2, 0, 42}},
		{"coils: 0 1 0 repeated", 1, []byte{1, 0, 0, 0, 10}, []byte{1, 2, 0b10010010, 0b0}},
		{"discretes: 1 0 repeated", 1, []byte{2, 0, 0, 0, 9}, []byte{2, 2, 0b01010101, 1}},
		{"last address", 1, []byte{3, 255, 255, 0, 1}, []byte{3, 2, 0, 77}},
		{"beyond the last address", 1, []byte{3, 255, 255, 0, 2}, []byte{0x83, 2}},
		{"no way round to address 0", 1, []byte{4, 255, 255, 0, 2}, []byte{0x84, 2}},
		{"touches a hole", 1, []byte{3, 0, 118, 0, 3}, []byte{0x83, 2}},
		{"none", 1, []byte{3, 0, 100, 0, 0}, []byte{0x83, 3}},
		{"too many registers", 1, []byte{4, 0, 0, 0, 126}, []byte{0x84, 3}},
		{"too many bits", 1, []byte{1, 0, 0, 0x07, 0xD1}, []byte{0x81, 3}},
		{"too short a request", 1, []byte{3, 0, 100, 0}, []byte{0x83, 3}},
		{"too long a request", 1, []byte{3, 0, 100, 0, 1, 0}, []byte{0x83, 3}},
		{"unknown unit", 9, []byte{3, 0, 100, 0, 1}, []byte{0x83, 0x0B}},
		{"a write", 1, []byte{6, 0, 100, 0, 1}, []byte{0x86, 1}},
		{"holding again", 1, []byte{3, 0, 100, 0, 1}, []byte{3, 2, 0x04, 0x4C}},
	} {
		id := c.ask(tt.unit, tt.ask...)
		gotID, unit, pdu := c.get()
		if gotID != id || unit != tt.unit || !bytes.Equal(pdu, tt.want) {
			t.Errorf("%s: id %#x unit %d % x, want id %#x unit %d % x", tt.name, gotID, unit, pdu, id, tt.unit, tt.want)
		}
	}
}

func TestLimitsOfOneAnswer(t *testing.T) {
	s, _ := serve(t)
	c := dial(t, s)
	c.read(1, 4, 7, 125)
	if _, _, pdu := c.get(); len(pdu) != 252 || pdu[1] != 250 || binary.BigEndian.Uint16(pdu[250:]) != 131 {
		t.Errorf("125 registers gave %d bytes, count %d", len(pdu), pdu[1])
	}
	c.read(1, 2, 0, 2000)
	if _, _, pdu := c.get(); len(pdu) != 252 || pdu[1] != 250 {
		t.Errorf("2000 bits gave %d bytes, count %d", len(pdu), pdu[1])
	}
}

func TestEveryOtherFunctionIsRefusedAndCounted(t *testing.T) {
	s, im := serve(t)
	c := dial(t, s)
	before := im.Frame()
	for fc := range 256 {
		c.ask(1, byte(fc), 0, 100, 0, 1)
		_, _, pdu := c.get()
		if reads := fc >= 1 && fc <= 4; reads != (pdu[0] == byte(fc) && fc < 0x80) || !reads && pdu[1] != 1 {
			t.Errorf("function %d: % x", fc, pdu)
		}
		if got := s.Counts().ByFunction[fc]; got != 1 {
			t.Errorf("function %d counted %d times", fc, got)
		}
	}
	if got := s.Requests(); got != 256 {
		t.Errorf("%d requests, want 256", got)
	}
	if got := s.OtherRequests(); got != 252 {
		t.Errorf("%d other requests, want 252", got)
	}
	if im.Frame() != before {
		t.Error("a request changed the image")
	}
}

func TestMalformedFramesEndTheConnection(t *testing.T) {
	for name, frame := range map[string][]byte{
		"protocol":  {0, 1, 0, 1, 0, 6, 1, 3, 0, 100, 0, 1},
		"no PDU":    {0, 1, 0, 0, 0, 1, 1, 3, 0, 100, 0, 1},
		"too long":  {0, 1, 0, 0, 0, 255, 1, 3, 0, 100, 0, 1},
		"in German": []byte("Guten Tag, liebe SPS"),
	} {
		s, _ := serve(t)
		c := dial(t, s)
		if _, err := c.c.Write(frame); err != nil {
			t.Fatal(err)
		}
		if b := c.rest(); len(b) != 0 {
			t.Errorf("%s: answered % x", name, b)
		}
		if n := s.Counts(); n.Malformed != 1 || n.Requests != 0 {
			t.Errorf("%s: %d malformed, %d requests", name, n.Malformed, n.Requests)
		}
	}
}

func TestPowerAndConnections(t *testing.T) {
	s, _ := serve(t)
	a, b := dial(t, s), dial(t, s)
	a.read(1, 3, 100, 1)
	a.get()
	b.read(1, 3, 100, 1)
	b.get()
	if n := s.Counts(); n.Connections != 2 || n.Peak != 2 {
		t.Errorf("%d connections, peak %d", n.Connections, n.Peak)
	}
	s.DropConnections()
	a.rest()
	b.rest()
	c := dial(t, s)
	s.PowerOff()
	s.PowerOff()
	c.rest()
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		conn.Close()
		t.Error("connected to a PLC without power")
	}
	for range 2 {
		if err := s.PowerOn(); err != nil {
			t.Fatal(err)
		}
	}
	d := dial(t, s)
	d.read(1, 3, 100, 1)
	d.get()
}

func TestCloseEndsEverythingAndFreesThePort(t *testing.T) {
	s, im := serve(t)
	s.SetFaults(Faults{Delay: time.Hour})
	c := dial(t, s)
	c.read(1, 3, 100, 1)
	for s.Requests() == 0 {
		runtime.Gosched()
	}
	s.Close()
	s.Close()
	c.rest()
	if err := s.PowerOn(); err != nil {
		t.Errorf("after Close, PowerOn: %v", err)
	}
	again, err := Listen(s.Addr(), im)
	if err != nil {
		t.Fatalf("the same port again: %v", err)
	}
	defer again.Close()
	d := dial(t, again)
	d.read(1, 3, 100, 1)
	d.get()
}

func TestOnlyLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.168.1.5:502", "[::]:0", "example.com:502", "127.0.0.1", ""} {
		s, err := Listen(address, NewImage())
		if err == nil {
			s.Close()
			t.Errorf("%q: listening", address)
			continue
		}
		if !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%q: the error does not say what to write: %v", address, err)
		}
	}
}

func TestAFrameNeverChanges(t *testing.T) {
	im := NewImage()
	im.Change(func(f *Frame) { f.Set(1, Input, 5, 1, 2) })
	old := im.Frame()
	im.Change(func(f *Frame) {
		f.Set(1, Input, 6, 3)
		f.Forget(1)
		f.Set(2, Coil, 0, 1)
	})
	if word, ok := old.Get(1, Input, 6); word != 2 || !ok || !old.units[1] || old.units[2] {
		t.Errorf("the old frame holds %d (%v)", word, ok)
	}
	if _, ok := im.Frame().Get(1, Input, 5); ok {
		t.Error("the new frame holds a forgotten unit")
	}
}

func TestFramesAreWhole(t *testing.T) {
	s, im := serve(t)
	var wg sync.WaitGroup
	for range 4 {
		c := dial(t, s)
		wg.Go(func() {
			for range 200 {
				c.read(1, 4, 0, 100)
				_, _, pdu, err := c.try()
				if err != nil {
					t.Error(err)
					return
				}
				for i := 4; i < 202; i += 2 {
					if got, want := binary.BigEndian.Uint16(pdu[i:]), binary.BigEndian.Uint16(pdu[2:])+uint16(i/2-1); got != want {
						t.Errorf("register %d of a torn frame: %d, want %d", i/2-1, got, want)
						return
					}
				}
			}
		})
	}
	wg.Go(func() {
		for n := range uint16(300) {
			im.Change(func(f *Frame) {
				for a := range uint16(100) {
					f.Set(1, Input, a, a+n)
				}
			})
			s.SetFaults(Faults{Dead: []byte{9}})
			s.Recent()
		}
	})
	wg.Wait()
	if got := s.Requests(); got != 800 || len(s.Recent()) != 800 {
		t.Errorf("%d requests, %d remembered, want 800", got, len(s.Recent()))
	}
}

func BenchmarkServer(b *testing.B) {
	im := NewImage()
	im.Change(func(f *Frame) {
		for a := range uint16(125) {
			f.Set(1, Input, a, a)
		}
	})
	s, err := Listen("127.0.0.1:0", im)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	request, reply := []byte{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 125}, make([]byte, 259)
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, reply); err != nil {
			b.Fatal(err)
		}
	}
}
