package modbus

import (
	"cmp"
	"fmt"
	"slices"

	"recoup/agent"
)

const (
	maxRegisters = 125  // per request, by the specification
	maxBits      = 2000 // per request, by the specification
	keptPlans    = 64   // a poller with n rates has at most 2ⁿ−1 sets of due tags, most of them rare
)

// slot says where in a request the value of a due tag lies.
type slot struct {
	due int // index of the tag in the due set
	at  int // registers or bits after the request's first
	typ wireType
	order
}

// request is one read that fetches the values of its slots.
type request struct {
	unit     uint8
	table    table
	start    uint16
	quantity uint16
	bridges  bool // reads addresses between the values that no tag asked for
	slots    []slot
}

// String names what the request reads, for people: "holding 100–124".
func (r *request) String() string {
	if r.quantity == 1 {
		return fmt.Sprintf("%s %d", r.table, r.start)
	}
	return fmt.Sprintf("%s %d–%d", r.table, r.start, int(r.start)+int(r.quantity)-1)
}

// plan is how a set of due tags is read: the fewest requests within the
// limits, by unit, table and address.
type plan struct {
	due      []*agent.Tag
	requests []request
	units    []uint8    // asked, ascending
	order    []*request // as they are asked in the Read that runs; room for it
}

// makePlan joins neighbours into one request. A gap of at most maxGap registers
// is read along, and of sixteen times as many bits, which weigh the same. Going
// up the addresses and taking in all that fits gives the fewest requests. A
// value is never split: its registers must come from one moment.
func makePlan(due []*agent.Tag, points []address, maxGap int) *plan {
	p := &plan{due: slices.Clone(due)}
	byPlace := make([]int, len(points))
	for i := range byPlace {
		byPlace[i] = i
	}
	slices.SortStableFunc(byPlace, func(i, j int) int {
		a, b := &points[i], &points[j]
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.table, b.table), cmp.Compare(a.start, b.start))
	})
	for _, i := range byPlace {
		pt := &points[i]
		r := p.last()
		if r == nil || !r.takes(pt, maxGap) {
			p.requests = append(p.requests, request{unit: uint8(pt.unit), table: pt.table, start: pt.start})
			r = p.last()
		}
		end := int(r.start) + int(r.quantity)
		r.bridges = r.bridges || r.quantity > 0 && int(pt.start) > end
		r.quantity = uint16(max(end, pt.end()) - int(r.start))
		r.slots = append(r.slots, slot{due: i, at: int(pt.start) - int(r.start), typ: pt.typ, order: pt.order})
		if len(p.units) == 0 || p.units[len(p.units)-1] != r.unit {
			p.units = append(p.units, r.unit)
		}
	}
	return p
}

func (p *plan) last() *request {
	if len(p.requests) == 0 {
		return nil
	}
	return &p.requests[len(p.requests)-1]
}

// takes reports whether the request may grow to hold the point, which does not
// begin before it.
func (r *request) takes(pt *address, maxGap int) bool {
	limit := maxRegisters
	if r.table.bits() {
		limit, maxGap = maxBits, 16*maxGap
	}
	return int(r.unit) == pt.unit && r.table == pt.table &&
		int(pt.start) <= int(r.start)+int(r.quantity)+maxGap &&
		pt.end()-int(r.start) <= limit
}

// plans keeps the plans of the due sets seen, since the poll grid repeats the
// same few. A plan is found by its tags, all of them.
type plans struct {
	points map[string]address // by tag name, with the unit
	maxGap int
	kept   []*plan
	oldest int
}

func (p *plans) of(due []*agent.Tag) *plan {
	for _, known := range p.kept {
		if slices.Equal(known.due, due) {
			return known
		}
	}
	points := make([]address, len(due))
	for i, tag := range due {
		pt, known := p.points[tag.Name]
		if !known {
			panic("BUG: tag " + tag.Name + " is due at a driver that was not built with it")
		}
		points[i] = pt
	}
	fresh := makePlan(due, points, p.maxGap)
	if len(p.kept) < keptPlans {
		p.kept = append(p.kept, fresh)
		return fresh
	}
	p.kept[p.oldest] = fresh
	p.oldest = (p.oldest + 1) % keptPlans
	return fresh
}
