package kpi

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"recoup/agent"
)

// While an analyser reads zero and span gas, or air is blown through a sample
// line, what it shows says nothing of the plant. A mask is a tag that tells so.
// Its quantities are not evaluated meanwhile; the time is lost with the mask's
// cause. It is not bridged: how long a mask will be on is not known when a cell
// closes.
//
// Time counts only when the mask is known to be off at the readings of it before
// and after. What lies between the last off and the first on is masked, because
// nobody knows when in it the gas was changed; so is the line from or to a
// reading that was taken while the mask was on. Totalisers count on and held
// values go on. Where the mask itself is not known the time is lost with the
// cause of that.

const longestSettle = 12 * time.Hour // the readings of a mask are kept for so long

// Mask keeps a quantity from being evaluated while its tag says so.
type Mask struct {
	Tag    *agent.Tag
	As     agent.Code    // Calibration, Purge or Maintenance
	When   *float64      // the value that masks; nil: every one but 0
	Settle time.Duration // for so long after it went off it still masks
}

func (m *Mask) on(v float64) bool {
	if m.When == nil {
		return v != 0
	}
	return v == *m.When
}

// masking is a mask at work in a quantity.
type masking struct {
	Mask
	in    *input
	reach int64 // from how far off a line may reach into a cell

	raw, segs []segment // scratch: of the tag; of the mask, not ok where it is on or not known
	any       bool      // it is on in segs
	pos       int
}

// mask takes up the quantity's masks.
func (e *Engine) mask(q *quantity) {
	var reach int64
	for _, in := range q.inputs {
		if in.linear() {
			reach = max(reach, in.shape.gap)
		}
	}
	for _, m := range q.Masks {
		in := e.input(m.Tag)
		in.keep = max(in.keep, int64(m.Settle)+reach)
		q.masks = append(q.masks, masking{Mask: m, in: in, reach: reach})
	}
}

// linear reports whether lines are drawn between the input's samples.
func (in *input) linear() bool { return !in.shape.hold && !in.shape.counter }

// look finds out where the mask is on over [lo, hi) of stretch k, and around it.
func (m *masking) look(k int, lo, hi int64) {
	m.segs, m.pos, m.any = m.segs[:0], 0, false
	shape := m.in.shape
	shape.mask = true
	m.raw = m.in.runs[k].segments(shape, lo-m.in.keep, hi+m.reach, m.raw[:0])
	on, settled := false, int64(longAgo)
	for _, g := range m.raw {
		switch {
		case !g.ok:
		case m.on(g.v0) || m.on(g.v1):
			on = true
			m.hide(g)
			continue
		case on:
			on, settled = false, g.from+int64(m.Settle)
		}
		if g.ok && g.from < settled {
			head := g
			head.to = min(g.to, settled)
			m.hide(head)
			g.from = head.to
		}
		if g.from < g.to {
			m.segs = append(m.segs, g)
		}
	}
}

func (m *masking) hide(g segment) {
	g.ok, g.code, g.trait = false, m.As, 0
	m.segs, m.any = append(m.segs, g), true
}

func (m *masking) hides(g *segment) bool { return !g.ok && g.code == m.As }

// within reports whether the mask is on right before and right after t.
func (m *masking) within(t int64) bool { return m.isOn(t-1) && m.isOn(t) }

func (m *masking) isOn(t int64) bool {
	at := sort.Search(len(m.segs), func(i int) bool { return m.segs[i].to > t })
	return at < len(m.segs) && m.segs[at].from <= t && m.hides(&m.segs[at])
}

// veil is what the masks of a quantity say of an instant.
type veil uint8

const (
	unmasked veil = iota
	unknown
	masked
)

// veiled says whether a mask is on at cur, or not known, and until when what it
// says holds, end at most.
func (q *quantity) veiled(cur, end int64) (is veil, l loss, until int64) {
	for i := range q.masks {
		m := &q.masks[i]
		for m.segs[m.pos].to <= cur {
			m.pos++
		}
		g := &m.segs[m.pos]
		end = min(end, g.to)
		switch {
		case is == masked:
		case m.hides(g) || m.any && q.touches(m):
			is, l = masked, loss{m.As, m.in.tag.Name}
		case !g.ok && is == unmasked:
			is, l = unknown, loss{g.code, m.in.about(g.trait)}
		}
	}
	return is, l, end
}

// touches reports whether a line that is drawn now begins or ends in the mask.
func (q *quantity) touches(m *masking) bool {
	for n, in := range q.inputs {
		if g := &in.segs[q.pos[n]]; in.linear() && g.ok && (m.within(g.from) || m.within(g.to)) {
			return true
		}
	}
	return false
}

// known draws a mask's line between two samples; what is held without another
// sample holds as long as nothing is heard of its loss.
func (b *between) known(g *segment) {
	if b.right == nil && b.hold && len(b.marks) == 0 {
		b.held(g)
		return
	}
	b.straight(g)
}

// maskSection is one mask as configured.
type maskSection struct {
	Tag    string        `yaml:"tag"`
	As     string        `yaml:"as"`
	When   *float64      `yaml:"when"`
	Settle time.Duration `yaml:"settle"`
	Only   []string      `yaml:"only"`
}

// masks puts masks on a KPI's quantities: on those that are named, else on all
// that are not made of totalisers alone, which go on counting.
func (b *builder) masks(kpi *KPI, sections []maskSection) {
	for i, s := range sections {
		path := fmt.Sprintf("masks[%d].", i)
		m := Mask{Tag: b.tag(path+"tag", s.Tag, "the tag that says when it is on"), When: s.When, Settle: s.Settle}
		if m.Tag != nil && m.Tag.Counter != nil {
			b.faults.Add(path+"tag", "name a bit, or a number that says what goes on", "%s is a totaliser", m.Tag.Name)
		}
		if m.As, _ = agent.CodeNamed(s.As); !slices.Contains(maskCodes(), m.As) {
			b.faults.Add(path+"as", "write calibration, purge or maintenance", "%q is not what a mask can be for", s.As)
		}
		if s.Settle < 0 || s.Settle > longestSettle {
			b.faults.Add(path+"settle", "write a duration up to 12h, for example 2m", "%v is not how long an instrument takes to settle", s.Settle)
		}
		b.maskOn(path, kpi, m, s.Only)
	}
}

func maskCodes() []agent.Code { return []agent.Code{agent.Calibration, agent.Purge, agent.Maintenance} }

// maskOn puts one mask on the quantities that are named, or on its usual ones.
func (b *builder) maskOn(path string, kpi *KPI, m Mask, only []string) {
	var keys []string
	used := false
	for i := range kpi.Quantities {
		q := &kpi.Quantities[i]
		keys = append(keys, q.Key)
		if slices.Contains(only, q.Key) || len(only) == 0 && slices.ContainsFunc(q.Terms, func(t Term) bool { return !t.counts() }) {
			q.Masks, used = append(q.Masks, m), true
		}
	}
	if len(keys) == 0 {
		return // what is wrong with them was said
	}
	for i, key := range only {
		if !slices.Contains(keys, key) {
			b.faults.Add(fmt.Sprintf("%sonly[%d]", path, i), "name some of "+strings.Join(keys, ", "), "this KPI does not compute %q", key)
		}
	}
	if !used && len(only) == 0 {
		b.faults.Add(strings.TrimSuffix(path, "."), "name with only: what it is to mask, of "+strings.Join(keys, ", "), "it masks nothing: totalisers alone make up all quantities, and they count on")
	}
}

// counts reports whether the term is a totaliser's.
func (t *Term) counts() bool {
	return t.Formula == nil && len(t.Tags) == 1 && t.Tags[0].Counter != nil
}
