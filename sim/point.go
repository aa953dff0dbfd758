package sim

import (
	"fmt"
	"math"
	"slices"
)

// Table is one of Modbus' four address spaces.
type Table uint8

const (
	Coil Table = iota + 1
	Discrete
	Holding
	Input
)

// String gives the word that configurations use.
func (t Table) String() string {
	return [...]string{"table?", "coil", "discrete", "holding", "input"}[min(t, Input)]
}

// Bits reports whether the table holds single bits rather than registers.
func (t Table) Bits() bool { return t == Coil || t == Discrete }

// Type is how a value lies in registers.
type Type uint8

const (
	Bool Type = iota + 1
	Uint16
	Uint32
	Uint64
	Float32
)

// String gives the word that configurations use.
func (t Type) String() string {
	return [...]string{"type?", "bool", "uint16", "uint32", "uint64", "float32"}[min(t, Float32)]
}

// Order is the order of a 32-bit value's bytes a, b, c, d on the wire. Uint64
// always lies high word first.
type Order uint8

const (
	ABCD Order = iota // high word first
	CDAB              // low word first
)

// String gives the word that configurations use.
func (o Order) String() string {
	if o == CDAB {
		return "cdab"
	}
	return "abcd"
}

// Point is one value that a plant shows: at an address of its register map, or
// as a node of its OPC UA server.
type Point struct {
	Name     string
	Node     string // node id's string, for example acid.feed_flow; "" behind Modbus
	Unit     int    // unit id
	Table    Table
	Address  uint16 // as on the wire, from 0
	Type     Type
	Order    Order
	EngUnit  string
	Scale    float64 // engineering value = wire value × Scale
	Rel, Abs float64 // limits of the instrument's error: fraction of the reading, and EngUnit

	noise float64 // standard deviation, EngUnit
	lag   float64 // seconds
	step  float64 // resolution, EngUnit
	least float64 // what is nearer to zero is shown as 0, EngUnit
	apart bool    // draws its errors from a source of its own, so that a seed's other points stay as they were without it
}

// At gives the point's address as a source with unit id 1, or an OPC UA
// source, is configured.
func (p Point) At() string {
	if p.Node != "" {
		return fmt.Sprintf("ns=%d;s=%s", plantNamespace, p.Node)
	}
	at := fmt.Sprintf("%s %d", p.Table, p.Address)
	if p.Unit != 1 {
		at = fmt.Sprintf("unit %d %s", p.Unit, at)
	}
	switch p.Type {
	case Uint64:
		at += " uint64"
	case Uint32, Float32:
		at += fmt.Sprintf(" %s %s", p.Type, p.Order)
	case Uint16:
		at += " uint16"
	}
	return at
}

// words gives the registers that hold bits.
func (p Point) words(bits uint64) []uint16 {
	hi, lo := uint16(bits>>16), uint16(bits)
	switch {
	case p.Type == Uint64:
		return []uint16{uint16(bits >> 48), uint16(bits >> 32), hi, lo}
	case p.Type == Bool || p.Type == Uint16:
		return []uint16{lo}
	case p.Order == CDAB:
		return []uint16{lo, hi}
	}
	return []uint16{hi, lo}
}

// Sample is a point's value as its registers hold it. OK is false when what
// stands behind the point does not answer.
type Sample struct {
	Bits uint64
	OK   bool
}

// Float32 reads a Float32 point's sample.
func (s Sample) Float32() float32 { return math.Float32frombits(uint32(s.Bits)) }

// Bool reads a Bool point's sample.
func (s Sample) Bool() bool { return s.Bits != 0 }

// millPoints is the register map of the mill: unit 1 is the PLC, unit 2 the
// fan's power meter behind it. Values keeps this order.
func millPoints() []Point {
	f := func(name string, address uint16, eng string, rel, abs, noise, lag, step float64) Point {
		return Point{Name: name, Unit: 1, Table: Holding, Address: address, Type: Float32, Order: CDAB, EngUnit: eng, Scale: 1,
			Rel: rel, Abs: abs, noise: noise, lag: lag, step: step}
	}
	bit := func(name string, table Table, address uint16) Point {
		return Point{Name: name, Unit: 1, Table: table, Address: address, Type: Bool, Scale: 1}
	}
	return []Point{
		f("q_in", 100, "Nm3/h", 0.02, 0, 250, 2, 10),
		f("c_in", 102, "mg/Nm3", 0.05, 0.5, 1.5, 20, 0.1),
		f("q_out", 104, "Nm3/h", 0.02, 0, 250, 2, 10),
		f("c_out", 106, "mg/Nm3", 0.10, 0.1, 0.1, 20, 0.01),
		f("demister_dp", 108, "Pa", 0.005, 2.5, 2, 1, 0.5),
		f("washoil_flow", 110, "m3/h", 0.005, 0, 0.05, 1, 0.01),
		f("washoil_temp", 112, "°C", 0, 0.3, 0.02, 10, 0.01),
		f("desorber_temp", 114, "°C", 0, 0.5, 0.05, 20, 0.01),
		f("oil_rate", 116, "kg/h", 0.002, 0, 0.05, 1, 0.001),
		f("tank_level", 118, "m", 0, 0.003, 0.0005, 5, 0.001),
		{Name: "oil_total", Unit: 1, Table: Input, Address: 10, Type: Uint32, EngUnit: "kg", Scale: 0.1, Rel: 0.002},
		{Name: "heartbeat", Unit: 1, Table: Input, Address: 12, Type: Uint16, EngUnit: "s", Scale: 1},
		bit("rolling", Discrete, 0),
		bit("fan_on", Discrete, 1),
		bit("calibration", Discrete, 2),
		bit("desorber_on", Coil, 0),
		{Name: "fan_power", Unit: 2, Table: Input, Address: 0, Type: Float32, EngUnit: "kW", Scale: 1,
			Rel: 0.01, noise: 0.2, lag: 1, step: 0.01},
		{Name: "fan_energy", Unit: 2, Table: Input, Address: 2, Type: Uint32, EngUnit: "kWh", Scale: 0.1, Rel: 0.01},
		{Name: "coil", Unit: 1, Table: Input, Address: 13, Type: Uint32, Scale: 1, apart: true},
		{Name: "rolled_total", Unit: 1, Table: Input, Address: 15, Type: Uint32, EngUnit: "t", Scale: 0.01, Rel: 0.005, apart: true},
	}
}

// indexOf gives the point's place in the mill's map, -1 when there is no such
// point.
func indexOf(name string) int {
	return slices.IndexFunc(millPoints(), func(p Point) bool { return p.Name == name })
}
