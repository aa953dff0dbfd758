package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

func TestSpoiltReplies(t *testing.T) {
	honest := []byte{0x07, 0x01, 0, 0, 0, 7, 1, 3, 4, 1100 >> 8, 1100 & 255, 1101 >> 8, 1101 & 255}
	for _, tt := range []struct {
		name   string
		faults Faults
		want   []byte
		ends   bool
	}{
		{"honest", Faults{}, honest, false},
		{"dribble", Faults{Dribble: time.Microsecond}, honest, false},
		{"delay", Faults{Delay: time.Millisecond}, honest, false},
		{"transaction", Faults{Spoil: WrongTransaction}, []byte{0x07, 0x54, 0, 0, 0, 7, 1, 3, 4, 4, 76, 4, 77}, false},
		{"unit", Faults{Spoil: WrongUnit}, []byte{0x07, 0x01, 0, 0, 0, 7, 2, 3, 4, 4, 76, 4, 77}, false},
		{"function", Faults{Spoil: WrongFunction}, []byte{0x07, 0x01, 0, 0, 0, 7, 1, 4, 4, 4, 76, 4, 77}, false},
		{"short count", Faults{Spoil: ShortCount}, []byte{0x07, 0x01, 0, 0, 0, 5, 1, 3, 2, 4, 76}, false},
		{"wrong count", Faults{Spoil: WrongCount}, []byte{0x07, 0x01, 0, 0, 0, 7, 1, 3, 6, 4, 76, 4, 77}, false},
		{"huge length", Faults{Spoil: HugeLength}, []byte{0x07, 0x01, 0, 0, 255, 255, 1, 3, 4, 4, 76, 4, 77}, false},
		{"late by a time", Faults{Spoil: Late, LateBy: time.Millisecond}, honest, false},
		{"garbage", Faults{Spoil: Garbage}, []byte("\xff\xfe\x13\x37\xff\xff\xde\xad\xbe\xef not Modbus at all \x00\x00"), true},
	} {
		s, _ := serve(t)
		s.SetFaults(tt.faults)
		c := dial(t, s)
		c.read(1, 3, 100, 2)
		got := make([]byte, len(tt.want))
		if _, err := io.ReadFull(c.c, got); err != nil || !bytes.Equal(got, tt.want) {
			t.Errorf("%s: % x, %v, want % x", tt.name, got, err, tt.want)
		}
		if tt.ends {
			if b := c.rest(); len(b) != 0 {
				t.Errorf("%s: then % x", tt.name, b)
			}
			continue
		}
		s.SetFaults(Faults{})
		id := c.read(1, 3, 100, 1)
		if got, _, pdu := c.get(); got != id || len(pdu) != 4 {
			t.Errorf("%s: then id %#x, want %#x, % x", tt.name, got, id, pdu)
		}
	}
}

func TestCutAfterEachByte(t *testing.T) {
	s, _ := serve(t)
	for n := range 14 {
		s.SetFaults(Faults{Spoil: Cut, CutAfter: n})
		c := dial(t, s)
		c.read(1, 3, 100, 2)
		if got := c.rest(); len(got) != min(n, 13) {
			t.Errorf("cut after %d: % x", n, got)
		}
	}
}

func TestEveryNthReplyIsLate(t *testing.T) {
	s, _ := serve(t)
	s.SetFaults(Faults{Spoil: Late, Nth: 3})
	c := dial(t, s)
	var asked, got []uint16
	for range 7 {
		asked = append(asked, c.read(1, 3, 100, 1))
	}
	for range 7 { // the 3rd and 6th are held until the next was asked
		id, _, _ := c.get()
		got = append(got, id)
	}
	if fmt.Sprint(got) != fmt.Sprint(asked) {
		t.Errorf("answers to %#x, want %#x in this order", got, asked)
	}
	for range 2 {
		asked = append(asked, c.read(1, 3, 100, 1))
	}
	c.get() // the 8th; the 9th is held back
	c.c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, _, _, err := c.try(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the 9th reply was not held back: %v", err)
	}
	c.c.SetReadDeadline(time.Now().Add(20 * time.Second))
	last := c.read(1, 3, 100, 1)
	if id, _, _ := c.get(); id != asked[8] {
		t.Errorf("first the reply to %#x, want the late one to %#x", id, asked[8])
	}
	if id, _, _ := c.get(); id != last {
		t.Errorf("then the reply to %#x, want %#x", id, last)
	}
}

func TestSilences(t *testing.T) {
	s, im := serve(t)
	for _, tt := range []struct {
		name   string
		faults Faults
		unit   byte
		answer byte // function code, 0 for silence
	}{
		{"mute", Faults{Mute: true}, 1, 0},
		{"unknown unit", Faults{}, 9, 0x83},
		{"unknown unit, silently", Faults{Silent: true}, 9, 0},
		{"known unit, silently", Faults{Silent: true}, 1, 3},
		{"dead unit", Faults{Dead: []byte{2, 1}}, 1, 0x83},
		{"dead unit, silently", Faults{Dead: []byte{2, 1}, Silent: true}, 1, 0},
	} {
		s.SetFaults(tt.faults)
		c := dial(t, s)
		before := s.Requests()
		id := c.read(tt.unit, 3, 100, 1)
		if tt.answer == 0 {
			for s.Requests() == before { // once it is counted, its answer is decided
				runtime.Gosched()
			}
			s.SetFaults(Faults{})
			id = c.read(1, 3, 100, 1)
			if got, _, _ := c.get(); got != id {
				t.Errorf("%s: an answer to %#x came, want silence and then %#x", tt.name, got, id)
			}
			continue
		}
		if got, _, pdu := c.get(); got != id || pdu[0] != tt.answer {
			t.Errorf("%s: id %#x % x", tt.name, got, pdu)
		}
	}
	im.Change(func(f *Frame) { f.Forget(2) })
	s.SetFaults(Faults{})
	c := dial(t, s)
	c.read(2, 4, 0, 1)
	if _, _, pdu := c.get(); !bytes.Equal(pdu, []byte{0x84, 0x0B}) {
		t.Errorf("forgotten unit: % x", pdu)
	}
}

func TestRefusedStretch(t *testing.T) {
	s, _ := serve(t)
	s.SetFaults(Faults{Refuse: []Refusal{{Unit: 1, Table: Holding, From: 105, To: 106, Code: 6}}})
	c := dial(t, s)
	for _, tt := range []struct {
		function       byte
		address, count uint16
		refused        bool
	}{
		{3, 100, 5, false}, {3, 100, 6, true}, {3, 106, 1, true}, {3, 107, 3, false}, {3, 100, 20, true}, {4, 105, 1, false},
	} {
		c.read(1, tt.function, tt.address, tt.count)
		if _, _, pdu := c.get(); tt.refused != bytes.Equal(pdu, []byte{tt.function | 0x80, 6}) {
			t.Errorf("function %d, %d from %d: % x", tt.function, tt.count, tt.address, pdu)
		}
	}
	c.ask(1, 16, 0, 105, 0, 1, 2, 0, 0)
	if _, _, pdu := c.get(); !bytes.Equal(pdu, []byte{0x90, 1}) {
		t.Errorf("a write into the stretch: % x", pdu)
	}
}
