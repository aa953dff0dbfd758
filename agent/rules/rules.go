// Package rules watches conditions and rates figures. It stands around the KPI
// engine, in the record loop:
//
//	Batch ─► Calculator.Add ─► inner.Add ─► results ─► colour and score
//	               │                          │
//	               └─► newest readings ───────┴─► rules ─► Diagnosed events
//
// A rule is data: a condition (token.go, parse.go, eval.go) over tags and closed
// figures, how long it must hold, and what it means; 22 are built in (table*.go).
// It has no clock: time is that of the batches, by their monotonic clock, so that
// a set of the PC's clock neither raises nor ends anything. The same batches give
// the same events, live, replayed or from a checkpoint on.
//
// Decisions that will be questioned:
//
//   - A rule whose inputs are not Good, are too old or are not learned yet is
//     not looked at: it neither begins nor ends nor goes on counting. That shows
//     as recoup_rule_armed 0, never as "all well".
//   - A reading that is older than its tag's gap when it comes is the past: rules
//     speak of the present, and backfill raises nothing.
//   - Baselines are learned for 14 days, per load where the value depends on it,
//     and then frozen: one that went on learning would follow the fault.
//   - A figure is judged as its window closes; windows count with their length.
//   - Conditions are read by a parser of our own: names have dots and dashes, and
//     an input that is not to be believed makes an answer unknown, not false.
//   - A rating is a local comparison with the plant's own values (rating.go).
package rules

import (
	"slices"
	"sync"

	"recoup/agent"
)

// Calculator is the KPI engine with rules and ratings around it.
type Calculator struct {
	inner   agent.Reviser
	rules   []*Rule
	ratings []Rating
	inputs  []*input
	byTag   map[string]*input

	begun bool
	epoch uint64
	boot  uint64
	mono  uint64
	wall  int64 // received time of the newest batch
	now   int64 // nanoseconds since the first batch; never goes back

	unclosed map[string]bool // by closure: whether the two methods disagreed in its newest window

	mu    sync.Mutex // guards told
	told  []bool     // which rules are armed, for Report
	names []string
}

// New puts rules and ratings around an engine. Rules are the calculator's from
// then on.
func New(inner agent.Reviser, rules []*Rule, ratings []Rating) *Calculator {
	c := &Calculator{inner: inner, rules: rules, ratings: ratings, byTag: map[string]*input{}, unclosed: map[string]bool{}, told: make([]bool, len(rules))}
	for _, r := range rules {
		c.names = append(c.names, r.Name)
		for i := range r.parts {
			r.parts[i].in = c.input(&r.parts[i])
		}
	}
	return c
}

func (c *Calculator) input(p *part) *input {
	for _, in := range c.inputs {
		if p.tag == nil && in.tag == nil && in.kpi == p.kpi && in.over == p.over || p.tag != nil && in.tag != nil && in.tag.Name == p.tag.Name {
			return in
		}
	}
	in := &input{tag: p.tag, kpi: p.kpi, over: p.over}
	c.inputs = append(c.inputs, in)
	if in.tag != nil {
		c.byTag[in.tag.Name] = in
	}
	return in
}

// Add gives what the engine gives, its results rated, and what the rules say.
func (c *Calculator) Add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	results, events := c.inner.Add(b)
	if b.Epoch != c.epoch {
		c.epoch = b.Epoch
		c.untell(b)
	}
	c.pass(b)
	if b.Source == agent.Own {
		return results, events
	}
	heard := c.hear(results)
	read := c.take(b)
	for _, r := range c.rules {
		if e, is := c.turn(r, b, read, heard); is {
			events = append(events, e)
		}
	}
	c.report()
	c.rate(results)
	return results, events
}

// pass moves the calculator's time on: by the monotonic clock, over a restart by
// the wall clock.
func (c *Calculator) pass(b *agent.Batch) {
	wall := b.Received.UnixNano()
	switch {
	case !c.begun:
	case b.Boot == c.boot:
		if b.Mono <= c.mono {
			return // two sources are read at once
		}
		c.now += int64(b.Mono - c.mono)
	default:
		c.now += max(0, wall-c.wall)
	}
	c.begun, c.boot, c.mono, c.wall = true, b.Boot, b.Mono, wall
}

// take notes the newest readings of a batch and reports whether there are any
// that rules look at.
func (c *Calculator) take(b *agent.Batch) (read bool) {
	if b.Backfill {
		return false
	}
	for i := range b.Readings {
		if in := c.byTag[b.Readings[i].Tag.Name]; in != nil && in.tag.Unit == b.Readings[i].Tag.Unit {
			in.take(&b.Readings[i], b.Received, c.now)
			read = true
		}
	}
	if !b.HeldUntil.IsZero() && !b.More {
		for _, in := range c.inputs {
			if in.tag != nil && in.tag.Source == b.Source {
				in.vouch(b.HeldUntil, b.Received, c.now)
				read = true
			}
		}
	}
	return read
}

// hear notes the figures that closed and reports the windows that rules look at.
func (c *Calculator) hear(results []agent.Result) (heard map[*input]bool) {
	for i := range results {
		res := &results[i]
		for _, in := range c.inputs {
			if in.tag != nil || in.kpi != res.KPI || in.over != res.Window.Kind || res.States != "" || res.Window.End.UnixNano() <= in.figure.end {
				continue
			}
			in.hear(res)
			if heard == nil {
				heard = map[*input]bool{}
			}
			heard[in] = true
		}
	}
	return heard
}

// turn looks at a rule when the batch concerns it.
func (c *Calculator) turn(r *Rule, b *agent.Batch, read bool, heard map[*input]bool) (agent.Event, bool) {
	if r.ofFigures {
		return c.turnFigures(r, heard)
	}
	if !r.silent && (!read || b.Err.Code != agent.NoReason || !r.reads(b.Source)) {
		return agent.Event{}, false
	}
	counts := c.now - r.tau
	if !r.begun || counts > r.gap {
		counts = 0
	}
	r.begun, r.tau = true, c.now
	return r.look(&view{rule: r, now: c.now, at: b.Received}, b.Received, counts)
}

func (r *Rule) reads(source string) bool {
	return slices.ContainsFunc(r.parts, func(p part) bool { return p.tag != nil && p.tag.Source == source })
}

// turnFigures looks at a rule of figures when its windows have closed.
func (c *Calculator) turnFigures(r *Rule, heard map[*input]bool) (e agent.Event, is bool) {
	var newest *figure
	for i := range r.parts {
		if in := r.parts[i].in; heard[in] && (newest == nil || in.figure.end > newest.end) {
			newest = &in.figure
		}
	}
	if newest == nil {
		return e, false
	}
	r.begun, r.tau = true, newest.end
	return r.look(&view{rule: r, now: c.now, at: instant(newest.end)}, instant(newest.start), newest.end-newest.start)
}

// untell forgets, at the first batch of an epoch, the events that were open: the
// start of the agent has ended them, but for those that this batch opens.
func (c *Calculator) untell(b *agent.Batch) {
	for _, r := range c.rules {
		r.told = r.on && slices.ContainsFunc(b.Events, func(e agent.Event) bool {
			return e.Kind == agent.Diagnosed && e.Key == r.Name && e.End.IsZero() && e.Start.UnixNano() == r.start
		})
	}
}

// Current gives the running windows, which are not rated.
func (c *Calculator) Current() []agent.Result { return c.inner.Current() }

// Describe lists what is computed, with what it is rated against.
func (c *Calculator) Describe() []agent.Quantity {
	all := slices.Clone(c.inner.Describe())
	for i := range all {
		if r := c.ratingOf(all[i].KPI); r != nil {
			values := r.Values
			all[i].Rating = &values
		}
	}
	return all
}

// Value asks the engine; see agent.Explainer.
func (c *Calculator) Value(kpi string, totals []float64) (value float64, ok bool) {
	if e, is := c.inner.(agent.Explainer); is {
		return e.Value(kpi, totals)
	}
	return 0, false
}

// Inner gives the engine that the rules stand around.
func (c *Calculator) Inner() agent.Calculator { return c.inner }

// report notes which rules can tell, for other goroutines.
func (c *Calculator) report() {
	c.mu.Lock()
	for i, r := range c.rules {
		c.told[i] = r.armed
	}
	c.mu.Unlock()
}

// Report gives whether each rule can tell. Any goroutine may call it.
func (c *Calculator) Report() (all []agent.Metric) {
	if part, is := c.inner.(agent.Reporter); is {
		all = part.Report()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, name := range c.names {
		all = append(all, agent.Metric{
			Name: "recoup_rule_armed", Help: "1 while the rule can tell: its inputs are good and its baselines are learned; else 0.",
			Labels: []agent.Label{{Name: "rule", Value: name}}, Value: truth(c.told[i]),
		})
	}
	return all
}
