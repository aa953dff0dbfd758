package sim

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Image is the register image of one Modbus server: what its units hold now.
// Readers take a Frame and see one instant, while the simulation writes the
// next one.
type Image struct {
	writing sync.Mutex // one Change at a time
	current atomic.Pointer[Frame]
}

// NewImage makes an image without any unit.
func NewImage() *Image {
	im := &Image{}
	im.current.Store(&Frame{cells: map[cell]uint16{}})
	return im
}

// Change makes the next frame from a copy of the current one. A request sees
// all of what change did, or nothing.
func (im *Image) Change(change func(*Frame)) {
	im.writing.Lock()
	defer im.writing.Unlock()
	now := im.current.Load()
	next := &Frame{cells: maps.Clone(now.cells), units: now.units}
	change(next)
	im.current.Store(next)
}

// Frame gives the current instant. It never changes.
func (im *Image) Frame() *Frame { return im.current.Load() }

// Frame is one instant of an image. Only addresses that were set exist.
type Frame struct {
	cells map[cell]uint16
	units [256]bool
}

type cell struct {
	unit    byte
	table   Table
	address uint16
}

// Set puts words into a table from address on; in a table of bits every word
// is one bit, 0 or 1. It is used inside Change only.
func (f *Frame) Set(unit byte, table Table, address uint16, words ...uint16) {
	f.units[unit] = true
	for i, w := range words {
		f.cells[cell{unit, table, address + uint16(i)}] = w
	}
}

// Put sets a point's registers to a sample. It is used inside Change only.
func (f *Frame) Put(p Point, s Sample) {
	f.Set(byte(p.Unit), p.Table, p.Address, p.words(s.Bits)...)
}

// Forget takes a unit away, as when its wire is cut. It is used inside Change
// only.
func (f *Frame) Forget(unit byte) {
	f.units[unit] = false
	maps.DeleteFunc(f.cells, func(c cell, _ uint16) bool { return c.unit == unit })
}

// Get gives what is at an address; ok is false when nothing is.
func (f *Frame) Get(unit byte, table Table, address uint16) (word uint16, ok bool) {
	word, ok = f.cells[cell{unit, table, address}]
	return word, ok
}

// Show puts all that the plant shows now into the image; a unit that does not
// answer is taken away.
func (im *Image) Show(p Plant) {
	points, samples := p.Points(), p.AppendValues(nil)
	im.Change(func(f *Frame) {
		for at, s := range samples {
			if unit := byte(points[at].Unit); !s.OK && f.units[unit] {
				f.Forget(unit)
			}
		}
		for at, s := range samples {
			if s.OK {
				f.Put(points[at], s)
			}
		}
	})
}
