package kpi

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"recoup/agent"
)

// The form of a checkpoint: magic with version, body, CRC-32C of both. The body
// holds no pointer, map order or capacity, so equal states give equal bytes.
const magic = "rkp\x06"

// state is everything that outlives a restart.
type state struct {
	definition      [32]byte
	epoch           uint64
	lastHeard       int64
	newest, resumed int64
	restarted       bool
	clocked, begun  bool
	first           int64
	open            span
	windows         [levels]span
	stretches       []stretch
	inputs          []*input
	quantities      []*quantity
}

// definition is the hash of all that is computed.
func (e *Engine) definition() [32]byte {
	var all []byte
	for _, q := range e.quantities {
		all = append(all, q.config[:]...)
	}
	return sha256.Sum256(all)
}

// Checkpoint gives the state after the last Add. The error is always nil.
func (e *Engine) Checkpoint() ([]byte, error) {
	if e.origin != nil {
		return e.origin, nil // the results of the old definition still wait in it
	}
	w := &writer{buf: []byte(magic)}
	hash := e.definition()
	w.buf = append(w.buf, hash[:]...)
	w.fixed(e.epoch)
	w.int(e.lastHeard)
	w.int(e.newest)
	w.int(e.resumed)
	w.bool(e.restarted)
	w.bool(e.clocked)
	w.bool(e.begun)
	w.int(e.first)
	w.span(e.open)
	for _, window := range e.running().windows {
		w.span(window)
	}
	w.uint(uint64(len(e.stretches)))
	for i := range e.stretches {
		w.stretch(&e.stretches[i])
	}
	w.uint(uint64(len(e.inputs)))
	p := &packer{w: w}
	for _, in := range e.inputs {
		in.write(p)
	}
	w.uint(uint64(len(e.quantities)))
	for _, q := range e.quantities {
		q.write(w)
	}
	return binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, crc32.MakeTable(crc32.Castagnoli))), nil
}

func (w *writer) stretch(s *stretch) {
	w.span(span{s.start, s.end})
	w.fixed(s.boot)
	w.uint(s.mono)
	w.int(s.offset)
	w.int(s.shift)
	w.bool(s.linked)
}

func (r *reader) stretch() stretch {
	extent := r.span()
	return stretch{extent.start, extent.end, r.fixed(), r.uint(), r.int(), r.int(), r.bool()}
}

func (in *input) write(p *packer) {
	w := p.w
	w.text(in.tag.Name)
	w.buf = append(w.buf, in.hash[:]...)
	w.int(in.seen)
	w.bool(in.bridge)
	c := &in.counter
	w.bool(c.have)
	w.float(c.raw)
	w.int(c.t)
	w.uint(uint64(c.other.n))
	w.float(c.other.raw)
	w.int(c.other.t)
	w.repetition(&in.repeats)
	w.lateness(in.late)
	w.lateness(in.inLot)
	for k := range in.runs {
		p.pack(in.tag, in.runs[k].elems)
	}
	in.writeOverdue(w)
	w.counting(in)
	w.lotNames(in.names)
}

func (w *writer) repetition(s *repetition) {
	w.bool(s.on)
	w.float(s.v)
	w.int(s.since)
	w.int(s.last)
	w.bool(s.told)
	w.int(s.begun)
}

func (r *reader) repetition() repetition {
	return repetition{r.bool(), r.float(), r.int(), r.int(), r.bool(), r.int()}
}

func (u *unpacker) input(stretches int) *input {
	r := u.r
	in := &input{tag: &agent.Tag{Name: r.text()}, hash: r.hash(), seen: r.int(), bridge: r.bool()}
	c := &in.counter
	c.have, c.raw, c.t = r.bool(), r.float(), r.int()
	c.other.n, c.other.raw, c.other.t = int(r.uint()&3), r.float(), r.int()
	in.repeats = r.repetition()
	in.late, in.inLot = r.lateness(), r.lateness()
	for range stretches {
		in.runs = append(in.runs, series{elems: u.unpack()})
	}
	in.readOverdue(r)
	r.counting(in)
	in.names = r.lotNames()
	return in
}

func (q *quantity) write(w *writer) {
	for _, text := range []string{q.Name, q.Key, q.Unit, q.kpi, q.family} {
		w.text(text)
	}
	w.buf = append(w.buf, q.config[:]...)
	w.uint(uint64(len(q.Terms)))
	for i, t := range q.Terms {
		w.text(t.Role)
		w.text(t.Unit)
		w.text(q.labels[i])
	}
	w.factors(q)
	w.bool(q.begun)
	w.int(q.begin)
	for l := range q.sums {
		w.sum(&q.sums[l])
	}
	w.debt(&q.debt)
	w.stocks(q.stocks)
	w.uint(uint64(len(q.adopted)))
	for i := range q.adopted {
		w.int(q.adopted[i].start)
		w.sum(&q.adopted[i].sum)
	}
	w.made(q)
	w.inverses(q)
	w.text(q.counted)
	w.track(q)
}

func (r *reader) quantity() *quantity {
	q := &quantity{}
	for _, text := range []*string{&q.Name, &q.Key, &q.Unit, &q.kpi, &q.family} {
		*text = r.text()
	}
	q.config = r.hash()
	for range r.count() {
		q.Terms = append(q.Terms, Term{Role: r.text(), Unit: r.text()})
		q.labels = append(q.labels, r.text())
	}
	r.factors(q)
	q.begun, q.begin = r.bool(), r.int()
	for l := range q.sums {
		q.sums[l] = r.termSum(q)
	}
	q.debt, q.stocks = r.debt(q), r.stocks(q)
	for range r.count() {
		q.adopted = append(q.adopted, adopted{r.int(), r.termSum(q)})
	}
	r.made(q)
	r.inverses(q)
	q.counted = r.text()
	r.track(q)
	return q
}

func (w *writer) debt(d *debt) {
	w.sum(&d.sum)
	if d.begun {
		w.int(d.from)
		for i, s := range d.unstated {
			w.float(s)
			w.float(d.worth[i])
		}
	}
}

func (r *reader) debt(q *quantity) (d debt) {
	if d.sum = r.termSum(q); d.begun {
		d.from = r.int()
		for range q.Terms {
			d.unstated, d.worth = append(d.unstated, r.float()), append(d.worth, r.float())
		}
	}
	return d
}

func (w *writer) stocks(all []stock) {
	for _, s := range all {
		w.int(s.at)
		w.float(s.value)
		w.float(s.square)
	}
}

func (r *reader) stocks(q *quantity) (all []stock) {
	for range q.Terms {
		all = append(all, stock{r.int(), r.float(), r.float()})
	}
	return all
}

// termSum reads a sum that has a part per term.
func (r *reader) termSum(q *quantity) sum {
	s := r.sum()
	if s.begun && len(s.parts) != len(q.Terms) {
		r.fail()
	}
	return s
}

// decode checks and reads a checkpoint.
func decode(data []byte) (*state, error) {
	body := len(data) - 4
	if body < len(magic) || string(data[:len(magic)]) != magic {
		return nil, fmt.Errorf("not a checkpoint of this version of the KPI engine")
	}
	if binary.LittleEndian.Uint32(data[body:]) != crc32.Checksum(data[:body], crc32.MakeTable(crc32.Castagnoli)) {
		return nil, errDamaged
	}
	return decodeBody(data[len(magic):body])
}

func decodeBody(body []byte) (*state, error) {
	r := &reader{buf: body}
	st := &state{definition: r.hash(), epoch: r.fixed(), lastHeard: r.int(), newest: r.int(), resumed: r.int(), restarted: r.bool(), clocked: r.bool(), begun: r.bool(), first: r.int(), open: r.span()}
	for l := range st.windows {
		st.windows[l] = r.span()
	}
	for range r.count() {
		st.stretches = append(st.stretches, r.stretch())
	}
	if len(st.stretches) == 0 {
		r.fail()
	}
	u := &unpacker{r: r}
	for range r.count() {
		st.inputs = append(st.inputs, u.input(len(st.stretches)))
	}
	for range r.count() {
		st.quantities = append(st.quantities, r.quantity())
	}
	if len(r.buf) != 0 {
		r.fail()
	}
	return st, r.err
}
