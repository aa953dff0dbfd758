package sim

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestTheRegisterMap(t *testing.T) {
	used := map[cell]string{}
	names := map[string]bool{}
	for _, p := range millPoints() {
		if names[p.Name] {
			t.Errorf("two points are called %s", p.Name)
		}
		names[p.Name] = true
		for i := range p.words(0) {
			c := cell{byte(p.Unit), p.Table, p.Address + uint16(i)}
			if other := used[c]; other != "" {
				t.Errorf("%s and %s share %v", p.Name, other, c)
			}
			used[c] = p.Name
		}
	}
	if got := len(millPoints()); got != len(NewMill(1, start).Values()) {
		t.Errorf("%d points, %d values", got, len(NewMill(1, start).Values()))
	}
	for name, want := range map[string]string{
		"q_in": "holding 100 float32 cdab", "tank_level": "holding 118 float32 cdab", "oil_total": "input 10 uint32 abcd",
		"heartbeat": "input 12 uint16", "rolling": "discrete 0", "calibration": "discrete 2", "desorber_on": "coil 0",
		"fan_power": "unit 2 input 0 float32 abcd", "fan_energy": "unit 2 input 2 uint32 abcd",
	} {
		if got := millPoints()[indexOf(name)].At(); got != want {
			t.Errorf("%s is at %q, want %q", name, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		p    Point
		bits uint64
		want []uint16
	}{
		{Point{Type: Float32, Order: ABCD}, 0x47F12000, []uint16{0x47F1, 0x2000}},
		{Point{Type: Float32, Order: CDAB}, 0x47F12000, []uint16{0x2000, 0x47F1}},
		{Point{Type: Uint32, Order: ABCD}, 0x01020304, []uint16{0x0102, 0x0304}},
		{Point{Type: Uint16}, 0xFFFF, []uint16{0xFFFF}},
		{Point{Type: Bool}, 1, []uint16{1}},
	} {
		if got := tt.p.words(tt.bits); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%v %v of %#x: %#x, want %#x", tt.p.Type, tt.p.Order, tt.bits, got, tt.want)
		}
	}
	if got := math.Float32frombits(0x47F12000); got != 123456 {
		t.Errorf("0x47F12000 is %v, want 123456", got)
	}
}

func TestInstrumentErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := Point{Rel: 0.02, Abs: 5, noise: 3, lag: 20, step: 0.5}
	low, high := 0, 0
	for range 200 {
		in := newInstrument(p, r)
		sum := 0.0
		for range 400 {
			shown := in.show(1000, 1, upset{}, r)
			if q := math.Mod(float64(shown), p.step); q != 0 {
				t.Fatalf("%v is no multiple of %v", shown, p.step)
			}
			sum += float64(shown)
		}
		err := sum/400 - 1000
		if math.Abs(err) > 0.02*1000+5+4*3/math.Sqrt(400) {
			t.Errorf("a mean error of %v is outside the limits", err)
		}
		if err < 0 {
			low++
		} else {
			high++
		}
	}
	if low < 60 || high < 60 {
		t.Errorf("%d instruments read low and %d high, want about as many", low, high)
	}
}

func TestInstrumentLag(t *testing.T) {
	in := newInstrument(Point{lag: 20, step: 1e-6}, rand.New(rand.NewPCG(1, 1)))
	r := rand.New(rand.NewPCG(1, 1))
	if got := in.show(0, 10, upset{}, r); got != 0 {
		t.Errorf("the first reading is %v, want the truth", got)
	}
	in.show(100, 10, upset{}, r)
	if got, want := in.show(100, 10, upset{}, r), 100*(1-math.Exp(-1)); math.Abs(float64(got)-want) > 1e-3 {
		t.Errorf("20 s after a step %v, want %v", got, want)
	}
}

func TestWanderKeepsItsSpread(t *testing.T) {
	for _, dt := range []float64{1, 10, 3600} {
		r := rand.New(rand.NewPCG(3, 3))
		w := newWander(5, 0.5, 600, r)
		n, sum, sq := 400000.0, 0.0, 0.0
		for range int(n) {
			x := w.step(dt, r)
			sum, sq = sum+x, sq+x*x
		}
		mean := sum / n
		if sd := math.Sqrt(sq/n - mean*mean); math.Abs(mean-5) > 0.1 || math.Abs(sd-0.5) > 0.05 {
			t.Errorf("steps of %v s: mean %.3f, deviation %.3f, want 5 and 0.5", dt, mean, sd)
		}
	}
}

// TestTheMapOverTheWire reads the mill's registers as the register map states
// them, byte by byte.
func TestTheMapOverTheWire(t *testing.T) {
	im := NewImage()
	m := NewMill(5, start)
	run(m, time.Hour, 10*time.Second, nil)
	im.Show(m)
	s, err := Listen("127.0.0.1:0", im)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := dial(t, s)

	c.read(1, 3, 100, 20)
	_, _, pdu := c.get()
	for i, name := range []string{"q_in", "c_in", "q_out", "c_out", "demister_dp", "washoil_flow", "washoil_temp", "desorber_temp", "oil_rate", "tank_level"} {
		b := pdu[2+4*i:] // c d a b
		got := math.Float32frombits(uint32(b[2])<<24 | uint32(b[3])<<16 | uint32(b[0])<<8 | uint32(b[1]))
		if want := m.value(t, name).Float32(); got != want || got == 0 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	c.read(1, 4, 10, 3)
	_, _, pdu = c.get()
	if got, want := binary.BigEndian.Uint32(pdu[2:]), uint32(m.value(t, "oil_total").Bits); got != want || got < oilTotalAtStart {
		t.Errorf("oil_total: %d, want %d", got, want)
	}
	if got := binary.BigEndian.Uint16(pdu[6:]); got != 3600 {
		t.Errorf("heartbeat: %d, want 3600", got)
	}
	c.read(2, 4, 0, 4)
	_, _, pdu = c.get()
	if got, want := math.Float32frombits(binary.BigEndian.Uint32(pdu[2:])), m.value(t, "fan_power").Float32(); got != want || got < 10 {
		t.Errorf("fan_power: %v, want %v", got, want)
	}
	if got, want := binary.BigEndian.Uint32(pdu[6:]), uint32(m.value(t, "fan_energy").Bits); got != want {
		t.Errorf("fan_energy: %v, want %v", got, want)
	}
	c.read(1, 2, 0, 3)
	_, _, pdu = c.get()
	if want := byte(m.value(t, "rolling").Bits) | 2; pdu[2] != want {
		t.Errorf("discretes: %08b, want %08b", pdu[2], want)
	}
	c.read(1, 1, 0, 1)
	if _, _, pdu = c.get(); pdu[2] != 1 {
		t.Errorf("coil: %08b, want the desorber on", pdu[2])
	}
}
