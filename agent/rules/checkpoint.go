package rules

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
)

// The form of a checkpoint: magic with version, the engine's own checkpoint, the
// state of the rules, CRC-32C of all. Equal states give equal bytes.
const magic = "rrl\x01"

var errDamaged = errors.New("the checkpoint is damaged")

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// Checkpoint gives the engine's state and that of the rules.
func (c *Calculator) Checkpoint() ([]byte, error) {
	inner, err := c.inner.Checkpoint()
	if err != nil {
		return nil, err
	}
	w := &writer{buf: []byte(magic)}
	w.text(string(inner))
	c.write(w)
	return binary.LittleEndian.AppendUint32(w.buf, checksum(w.buf)), nil
}

// Restore takes a checkpoint, also one of the engine alone, as it was before there
// were rules. A rule whose definition changed begins anew; its open event is
// ended by the start of the agent.
func (c *Calculator) Restore(data []byte) error {
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return c.inner.Restore(data)
	}
	body := len(data) - 4
	if body < len(magic) || binary.LittleEndian.Uint32(data[body:]) != checksum(data[:body]) {
		return fmt.Errorf("restoring the rules: %w", errDamaged)
	}
	r := &reader{buf: data[len(magic):body]}
	inner := r.text()
	st := r.state()
	if len(r.buf) != 0 {
		r.fail()
	}
	if r.err != nil {
		return fmt.Errorf("restoring the rules: %w", r.err)
	}
	if err := c.inner.Restore([]byte(inner)); err != nil {
		return err
	}
	c.resume(st)
	return nil
}

// state is what a checkpoint holds of the rules.
type state struct {
	begun       bool
	epoch, boot uint64
	mono        uint64
	wall, now   int64
	inputs      []savedInput
	rules       []*Rule
	unclosed    map[string]bool
}

type savedInput struct {
	tag, kpi, over string
	input
}

func (c *Calculator) write(w *writer) {
	w.bool(c.begun)
	w.fixed(c.epoch)
	w.fixed(c.boot)
	w.uint(c.mono)
	w.int(c.wall)
	w.int(c.now)
	w.uint(uint64(len(c.inputs)))
	for _, in := range c.inputs {
		in.write(w)
	}
	w.uint(uint64(len(c.rules)))
	for _, r := range c.rules {
		r.write(w)
	}
	names := slices.Sorted(maps.Keys(c.unclosed))
	w.uint(uint64(len(names)))
	for _, name := range names {
		w.text(name)
		w.bool(c.unclosed[name])
	}
}

func (r *reader) state() (st state) {
	st = state{begun: r.bool(), epoch: r.fixed(), boot: r.fixed(), mono: r.uint(), wall: r.int(), now: r.int(), unclosed: map[string]bool{}}
	for range r.count() {
		st.inputs = append(st.inputs, r.input())
	}
	for range r.count() {
		st.rules = append(st.rules, r.rule())
	}
	for range r.count() {
		name := r.text()
		st.unclosed[name] = r.bool()
	}
	return st
}

func (in *input) write(w *writer) {
	name := ""
	if in.tag != nil {
		name = in.tag.Name
	}
	w.text(name)
	w.text(in.kpi)
	w.text(string(in.over))
	w.bool(in.seen)
	w.bool(in.good)
	w.float(in.value)
	w.int(in.time)
	w.int(in.arrived)
	w.int(in.late)
	f := &in.figure
	w.int(f.start)
	w.int(f.end)
	for _, v := range []float64{f.value, f.u, f.hours, f.coverage, f.missing, f.doubted, f.broken} {
		w.float(v)
	}
	w.bool(f.usable)
	w.uint(uint64(len(f.roles)))
	for i, role := range f.roles {
		w.text(role)
		w.float(f.totals[i])
	}
}

func (r *reader) input() (s savedInput) {
	s.tag, s.kpi, s.over = r.text(), r.text(), r.text()
	in, f := &s.input, &s.figure
	in.seen, in.good, in.value, in.time, in.arrived, in.late = r.bool(), r.bool(), r.float(), r.int(), r.int(), r.int()
	f.start, f.end = r.int(), r.int()
	for _, v := range []*float64{&f.value, &f.u, &f.hours, &f.coverage, &f.missing, &f.doubted, &f.broken} {
		*v = r.float()
	}
	f.usable = r.bool()
	for range r.count() {
		f.roles, f.totals = append(f.roles, r.text()), append(f.totals, r.float())
	}
	return s
}

func (r *Rule) write(w *writer) {
	w.text(r.Name)
	w.buf = append(w.buf, r.hash[:]...)
	w.int(r.tau)
	for _, b := range []bool{r.begun, r.pending, r.on, r.told, r.armed, r.passed} {
		w.bool(b)
	}
	w.int(r.since)
	w.int(r.held)
	w.int(r.start)
	w.text(r.detail)
	w.uint(uint64(len(r.trails)))
	for _, t := range r.trails {
		t.write(w)
	}
	w.uint(uint64(len(r.baselines)))
	for _, b := range r.baselines {
		b.write(w)
	}
}

func (r *reader) rule() *Rule {
	s := &Rule{Name: r.text(), definition: definition{hash: r.hash()}, tau: r.int()}
	for _, b := range []*bool{&s.begun, &s.pending, &s.on, &s.told, &s.armed, &s.passed} {
		*b = r.bool()
	}
	s.since, s.held, s.start, s.detail = r.int(), r.int(), r.int(), r.text()
	for range r.count() {
		s.trails = append(s.trails, r.trail())
	}
	for range r.count() {
		s.baselines = append(s.baselines, r.baseline())
	}
	return s
}

func (t *trail) write(w *writer) {
	w.int(t.span)
	w.uint(uint64(len(t.pieces)))
	for _, p := range t.pieces {
		w.int(p.k)
		w.float(p.weight)
		w.float(p.sum)
		w.float(p.t)
	}
}

func (r *reader) trail() *trail {
	t := &trail{span: r.int()}
	for range r.count() {
		t.pieces = append(t.pieces, piece{r.int(), r.float(), r.float(), r.float()})
	}
	return t
}

func (b *baseline) write(w *writer) {
	w.bool(b.begun)
	w.bool(b.frozen)
	w.int(b.start)
	w.uint(uint64(len(b.bins)))
	for _, one := range b.bins {
		w.int(one.k)
		w.float(one.weight)
		w.float(one.sum)
		w.float(one.load)
	}
}

func (r *reader) baseline() *baseline {
	b := &baseline{begun: r.bool(), frozen: r.bool(), start: r.int()}
	for range r.count() {
		b.bins = append(b.bins, bin{r.int(), r.float(), r.float(), r.float()})
	}
	return b
}

// resume goes on where the state was left.
func (c *Calculator) resume(st state) {
	c.begun, c.epoch, c.boot, c.mono, c.wall, c.now, c.unclosed = st.begun, st.epoch, st.boot, st.mono, st.wall, st.now, st.unclosed
	for _, in := range c.inputs {
		for _, old := range st.inputs {
			if old.kpi == in.kpi && old.over == string(in.over) && (in.tag == nil) == (old.tag == "") && (in.tag == nil || in.tag.Name == old.tag) {
				tag, over := in.tag, in.over
				*in = old.input
				in.tag, in.kpi, in.over = tag, old.kpi, over
			}
		}
	}
	for _, r := range c.rules {
		for _, old := range st.rules {
			if old.Name == r.Name && old.hash == r.hash && len(old.trails) == len(r.trails) && len(old.baselines) == len(r.baselines) {
				r.resume(old)
			}
		}
	}
	c.report()
}

func (r *Rule) resume(old *Rule) {
	r.tau, r.begun, r.pending, r.on, r.told, r.armed, r.passed = old.tau, old.begun, old.pending, old.on, old.told, old.armed, old.passed
	r.since, r.held, r.start, r.detail = old.since, old.held, old.start, old.detail
	r.trails, r.baselines = old.trails, old.baselines
}
