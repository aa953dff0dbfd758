package kpi

import (
	"math"
	"math/bits"

	"recoup/agent"
)

// How a series is packed: column by column, times as differences of
// differences, what the elements are as runs, values in the cheapest form that
// gives every one of them back exactly.
const (
	asCounts = byte(iota) // whole numbers on the wire: differences
	asSingle              // float32 on the wire: bits that changed
	asDouble              // bits that changed
)

// shared says that a series has the times of the one packed before it, as the
// tags of one block read have.
const shared = byte(0xff)

// packer packs the series of one checkpoint.
type packer struct {
	w    *writer
	last []element
}

func (p *packer) pack(tag *agent.Tag, elems []element) {
	p.w.uint(uint64(len(elems)))
	if len(elems) == 0 {
		return
	}
	p.times(elems)
	p.kinds(elems)
	p.values(tag, elems)
	p.last = elems
}

func sameTimes(a, b []element) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].t != b[i].t {
			return false
		}
	}
	return true
}

func (p *packer) times(elems []element) {
	if sameTimes(p.last, elems) {
		p.w.byte(shared)
		return
	}
	exponent := byte(9)
	for i := range elems {
		for exponent > 0 && elems[i].t%pow10(exponent) != 0 {
			exponent--
		}
	}
	p.w.byte(exponent)
	unit := pow10(exponent)
	var before, delta int64
	for i := range elems {
		t := elems[i].t / unit
		p.w.int(t - before - delta)
		if i > 0 {
			delta = t - before
		}
		before = t
	}
}

func (p *packer) kinds(elems []element) {
	for i := 0; i < len(elems); {
		n := i + 1
		for n < len(elems) && elems[n].trait == elems[i].trait && elems[n].code == elems[i].code {
			n++
		}
		p.w.byte(byte(elems[i].trait))
		p.w.byte(byte(elems[i].code))
		p.w.uint(uint64(n - i))
		i = n
	}
}

func (p *packer) values(tag *agent.Tag, elems []element) {
	form := asCounts
	f := wireForm{tag.Scale, tag.Offset}
	for i := range elems {
		for form < asDouble && elems[i].hasValue() && !f.fits(form, elems[i].v) {
			form++
		}
	}
	p.w.byte(form)
	if form != asDouble {
		p.w.float(f.scale)
		p.w.float(f.offset)
	}
	var count int64
	var changed uint64
	for i := range elems {
		if !elems[i].hasValue() {
			continue
		}
		switch v := elems[i].v; form {
		case asCounts:
			n := int64(f.wire(v))
			p.w.int(n - count)
			count = n
		case asSingle:
			b := uint64(math.Float32bits(float32(f.wire(v))))
			p.w.uint(b ^ changed)
			changed = b
		default:
			b := bits.ReverseBytes64(math.Float64bits(v))
			p.w.uint(b ^ changed)
			changed = b
		}
	}
}

func (e *element) hasValue() bool { return !e.isMark() && e.usable() }

// wireForm undoes and redoes a tag's scaling.
type wireForm struct{ scale, offset float64 }

func (f wireForm) wire(v float64) float64 {
	raw := v - f.offset
	if f.scale != 0 {
		raw /= f.scale
	}
	if n := math.Round(raw); math.Abs(n-raw) < 1e-6*max(1, math.Abs(n)) && f.eng(n) == v {
		return n
	}
	return float64(float32(raw))
}

func (f wireForm) eng(raw float64) float64 {
	tag := agent.Tag{Scale: f.scale, Offset: f.offset}
	v, _ := tag.Eng(agent.Float64Value(raw))
	return v
}

// fits reports that the form gives exactly v back, signed zeros too.
func (f wireForm) fits(form byte, v float64) bool {
	raw := f.wire(v)
	if form == asCounts && (raw != math.Trunc(raw) || math.Abs(raw) > 1<<52) {
		return false
	}
	if form == asCounts {
		raw = float64(int64(raw))
	} else {
		raw = float64(float32(raw))
	}
	return math.Float64bits(f.eng(raw)) == math.Float64bits(v)
}

func pow10(n byte) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// unpacker reads what a packer wrote.
type unpacker struct {
	r    *reader
	last []element
}

func (u *unpacker) unpack() []element {
	n := u.r.uint()
	if n == 0 || u.r.err != nil {
		return nil
	}
	elems := u.times(n)
	u.kinds(elems)
	u.values(elems)
	if u.r.err != nil {
		return nil
	}
	u.last = elems
	return elems
}

func (u *unpacker) times(n uint64) []element {
	exponent := u.r.byte()
	if exponent == shared {
		if n != uint64(len(u.last)) {
			u.r.fail()
			return nil
		}
		elems := make([]element, n)
		for i := range elems {
			elems[i].t = u.last[i].t
		}
		return elems
	}
	if exponent > 9 || n > uint64(len(u.r.buf)) {
		u.r.fail()
		return nil
	}
	elems, unit := make([]element, n), pow10(exponent)
	var before, delta int64
	for i := range elems {
		t := before + delta + u.r.int()
		if i > 0 {
			delta = t - before
		}
		before, elems[i].t = t, t*unit
		if i > 0 && elems[i].t < elems[i-1].t {
			u.r.fail()
			return nil
		}
	}
	return elems
}

func (u *unpacker) kinds(elems []element) {
	for i := 0; i < len(elems); {
		t, c, n := trait(u.r.byte()), agent.Code(u.r.byte()), u.r.uint()
		if n == 0 || n > uint64(len(elems)-i) {
			u.r.fail()
			return
		}
		for range n {
			elems[i].trait, elems[i].code = t, c
			i++
		}
	}
}

func (u *unpacker) values(elems []element) {
	form := u.r.byte()
	var f wireForm
	if form != asDouble {
		f = wireForm{u.r.float(), u.r.float()}
	}
	var count int64
	var changed uint64
	for i := range elems {
		if u.r.err != nil || !elems[i].hasValue() {
			continue
		}
		v := &elems[i].v
		switch form {
		case asCounts:
			count += u.r.int()
			*v = f.eng(float64(count))
		case asSingle:
			changed ^= u.r.uint()
			*v = f.eng(float64(math.Float32frombits(uint32(changed))))
		case asDouble:
			changed ^= u.r.uint()
			*v = math.Float64frombits(bits.ReverseBytes64(changed))
		default:
			u.r.fail()
		}
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			u.r.fail()
		}
	}
}
