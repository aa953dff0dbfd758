package kpi

import (
	"math"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

const longAgo = math.MinInt64 / 2 // before every reading

// Engine computes all configured KPIs. It implements agent.Calculator; one
// goroutine calls it.
type Engine struct {
	plant      agent.Plant // what it was made from
	kpis       []KPI
	cal        calendar
	quantities []*quantity
	inputs     []*input // every tag that a quantity needs, once
	sources    map[string][]*input
	byName     map[string]*input
	memo       []memo // by Tag.Index: which input a tag is
	grace      int64

	stretches []stretch
	clocked   bool   // the running stretch knows its clock
	epoch     uint64 // of the newest batch
	lastHeard int64  // received time of the newest batch, own ones too
	newest    int64  // received time up to which windows may be closed by grace
	furthest  int64  // newest seen of any input
	resumed   int64  // received time of the first batch after a restart or a set of the clock
	restarted bool   // no source's batch has come since the restart
	begun     bool
	first     int64        // start of the first cell
	open      span         // the oldest cell that is not closed
	windows   [levels]span // that the sums of the quantities are over

	events  []agent.Event
	results []agent.Result
	told    span           // around the newest batch, in which no calibration falls due
	waiting []agent.Result // of another definition, for the next Add
	changed []agent.Event  // likewise
	origin  []byte         // the checkpoint that waiting came from
}

// memo remembers that tag is input; tags are immutable.
type memo struct {
	tag *agent.Tag
	in  *input
}

// input is one tag that quantities need.
type input struct {
	tag     *agent.Tag
	shape   shape
	hash    [32]byte
	seen    int64    // up to here the source has spoken
	runs    []series // one per stretch
	bridge  bool     // the next sample also ends the interval before the set of the clock
	counter counter
	repeats repetition
	late    []lateness
	inLot   []lateness // in the cells, and not yet in a lot
	coming  latecomers
	segs    []segment // scratch of integrate
	keep    int64     // how far back masks look
	lapses  []lapse   // of its calibration
	overdue int64     // start of the event that is open; 0: none
	pace    pace      // of a totaliser whose rate is measured too
	drives  []*input  // the totalisers of this rate
	names   *lotNames // of a tag that only tells lots: what its samples stand for; else nil
}

// quantity is a Quantity at work.
type quantity struct {
	Quantity
	kpi, family string
	config      [32]byte
	inputs      []*input  // in the order of roles, each once
	factors     [][]int   // per term: positions in inputs
	formulas    []applied // per term
	dated       []dated   // in the order of terms, each once
	by          [][]int   // per term: positions in dated
	masks       []masking
	states      []stating // of a run-only figure; none: all-in
	counted     string    // those that count, as Result.States names them
	gain        []float64
	offset      []bool // per term: a factor has an absolute accuracy
	labels      []string

	begun   bool
	begin   int64
	sums    [levels]sum
	debt    debt
	stocks  []stock // per term
	adopted []adopted

	lotted  *input // the tag that tells lots; nil: none does
	lotHash [32]byte
	track   track

	pos      []int // scratch of sweep
	v0, v1   []float64
	standing int // of states, the one that holds
}

// adopted is a stored cell's sum, which stands for readings that are gone.
type adopted struct {
	start int64
	sum   sum
}

// New makes an engine. It does no I/O but loading the time zone. The error is
// agent.Faults about the plant.
func New(plant agent.Plant, kpis []KPI) (*Engine, error) {
	cal, err := newCalendar(plant)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		plant: plant, kpis: kpis, cal: cal, sources: map[string][]*input{}, byName: map[string]*input{},
		stretches: []stretch{{start: math.MinInt64, end: math.MaxInt64}},
		lastHeard: longAgo, newest: longAgo, furthest: longAgo, resumed: longAgo,
	}
	if kpis, err = linked(kpis); err != nil {
		return nil, err
	}
	slowest := time.Duration(0)
	for _, k := range kpis {
		for _, definition := range variants(k.Quantities) {
			q, err := e.quantity(k, definition)
			if err != nil {
				return nil, err
			}
			e.quantities = append(e.quantities, q)
			for _, in := range append(q.others(), q.inputs...) {
				slowest = max(slowest, in.tag.Every)
			}
			for _, m := range q.Masks {
				slowest = max(slowest, m.Tag.Every)
			}
			for _, r := range q.Rates {
				slowest = max(slowest, r.Tag.Every)
			}
		}
	}
	e.nameLots()
	e.grace = int64(max(60*time.Second, 2*slowest))
	return e, nil
}

// quantity prepares a definition and adds its inputs.
func (e *Engine) quantity(k KPI, definition Quantity) (*quantity, error) {
	q := &quantity{Quantity: definition, kpi: k.Name, family: k.Family}
	var faults agent.Faults
	for _, t := range q.Terms {
		var factors []int
		var gain float64
		var offset bool
		inputs := t.inputs()
		for _, tag := range inputs {
			if tag.Counter != nil && (len(inputs) > 1 || t.Stock) {
				faults.Add("", "use a tag that gives a rate", "%s: the totaliser %s cannot be multiplied", q.Name, tag.Name)
			}
			in := e.input(tag)
			at := slices.Index(q.inputs, in)
			if at < 0 {
				at = len(q.inputs)
				q.inputs = append(q.inputs, in)
			}
			factors = append(factors, at)
		}
		for _, tag := range t.Tags {
			rel, abs := tag.Accuracy.Standard()
			gain += rel * rel
			offset = offset || (abs != 0 && tag.Counter == nil)
		}
		q.date(&e.cal, &t)
		n := len(t.Tags)
		q.factors, q.labels = append(q.factors, factors[:n]), append(q.labels, t.label())
		q.formulas = append(q.formulas, t.Formula.apply(factors[n:]))
		q.gain, q.offset = append(q.gain, math.Sqrt(gain)), append(q.offset, offset)
	}
	e.mask(q)
	e.state(q)
	e.lots(q)
	e.beside(q)
	q.stocks = make([]stock, len(q.Terms))
	q.pos, q.v0, q.v1 = make([]int, len(q.inputs)), make([]float64, len(q.inputs)), make([]float64, len(q.inputs))
	q.config = e.cal.define(q)
	return q, faults.Err()
}

// label names what a term is made of: "a × b × density(c, d)".
func (t *Term) label() string {
	var names []string
	for _, tag := range t.Tags {
		names = append(names, tag.Name)
	}
	if t.Formula != nil {
		var args []string
		for _, a := range t.Formula.Args {
			args = append(args, a.Tag.Name)
		}
		names = append(names, t.Formula.Name+"("+strings.Join(args, ", ")+")")
	}
	switch {
	case t.Model != nil:
		return "model"
	case names == nil:
		return "time"
	}
	return strings.Join(names, " × ")
}

func (e *Engine) input(tag *agent.Tag) *input {
	if in := e.byName[tag.Name]; in != nil {
		return in
	}
	in := &input{
		tag: tag, hash: hashTag(tag), seen: longAgo, runs: make([]series, 1), repeats: repetition{last: longAgo},
		shape:  shape{gap: int64(tag.Gap()), hold: tag.Hold, counter: tag.Counter != nil},
		lapses: lapsesOf(tag, e.cal.loc),
	}
	e.inputs = append(e.inputs, in)
	e.byName[tag.Name] = in
	e.sources[tag.Source] = append(e.sources[tag.Source], in)
	return in
}

// Describe lists the quantities in the order of the configuration.
func (e *Engine) Describe() []agent.Quantity {
	var all []agent.Quantity
	for _, q := range e.quantities {
		if q.counted != "" { // follows the all-in figure, which speaks for both
			all[len(all)-1].RunOnly = q.counted
			continue
		}
		one := agent.Quantity{KPI: q.Name, Name: q.kpi, Family: q.family, Key: q.Key, Unit: q.Unit, Target: q.Target.Text, LabelEN: q.LabelEN, LabelZH: q.LabelZH}
		for _, in := range q.inputs {
			one.Inputs = append(one.Inputs, in.tag.Name)
		}
		if q.lotted != nil {
			one.Lots = q.lotted.tag.Name
		}
		all = append(all, one)
	}
	return all
}

// inputOf gives the input that a reading's tag is, nil for none. A tag of
// another generation counts when it measures the same in the same unit.
func (e *Engine) inputOf(tag *agent.Tag) *input {
	if tag.Index >= 0 && tag.Index < len(e.memo) && e.memo[tag.Index].tag == tag {
		return e.memo[tag.Index].in
	}
	in := e.byName[tag.Name]
	if in != nil && (in.tag.Unit != tag.Unit || (in.tag.Counter == nil) != (tag.Counter == nil)) {
		in = nil
	}
	if tag.Index >= 0 && tag.Index < 1<<20 {
		if tag.Index >= len(e.memo) {
			e.memo = slices.Grow(e.memo, tag.Index+1-len(e.memo))[:tag.Index+1]
		}
		e.memo[tag.Index] = memo{tag, in}
	}
	return in
}
