package rules

import (
	"time"

	"recoup/agent"
)

// Rule is a condition that is watched: what it says, and how far it has come.
// Build makes one.
type Rule struct {
	Name     string
	ID       string // of a built-in rule, M1 … X3; "" for one of the plant's own
	Severity string
	Hold     time.Duration
	Learn    time.Duration // how long baselines are learned
	Since    time.Time     // not before; zero: from the first reading on

	definition
	parts     []part
	trails    []*trail
	baselines []*baseline

	// what outlives a restart
	tau     int64 // of the newest look
	begun   bool
	pending bool // the condition holds, or no longer does, but not for long enough
	since   int64
	held    int64
	on      bool
	told    bool // the open event is known
	start   int64
	detail  string
	armed   bool // the last look could tell
	passed  bool // the gate after which baselines are learned anew was on
}

// definition is what of a rule nothing that is seen changes.
type definition struct {
	says      agent.Diagnosis // texts of the plant's own
	doubts    []string        // configured KPIs whose figures a diagnosis puts in doubt
	hash      [32]byte
	all       []*node
	anyOf     []alternative
	clear     *node // nil: the condition no longer holds
	shows     []shown
	silent    bool // no data of its only tag is the condition
	ofFigures bool // looked at when a window closes, not when a tag is read
	in, after *gate
	fed       []feed
	gap       int64 // longest time between two looks that counts
}

// part is an input as a rule uses it.
type part struct {
	role   string
	unit   string // that the rule counts in
	factor float64
	tag    *agent.Tag
	kpi    string
	over   agent.WindowKind
	in     *input
}

// alternative is one of several conditions of which one is enough.
type alternative struct {
	cause string
	when  *node
}

// shown is a number that a diagnosis tells.
type shown struct {
	name, unit string
	of         *node
}

// gate is a tag that lets a rule be looked at.
type gate struct {
	part int
	when *float64 // nil: anything but 0
}

func (g *gate) open(v *view) (open, known bool) {
	x, ok := v.value(g.part)
	if g.when != nil {
		return ok && x == *g.when, ok
	}
	return ok && x != 0, ok
}

// look sees whether the condition holds, and gives the event when that makes the
// rule begin or end. start is when the time began that the look speaks for.
func (r *Rule) look(v *view, start time.Time, counts int64) (agent.Event, bool) {
	if r.after != nil {
		r.relearn(v)
	}
	if r.in != nil {
		if open, known := r.in.open(v); !known || !open {
			r.armed = r.armed && known
			return r.retold()
		}
	}
	r.learn(v, counts)
	holds, known, cause := r.condition(v)
	if r.armed = known; !known {
		return r.retold()
	}
	return r.step(v, holds, cause, start, counts)
}

// relearn forgets the baselines when what the gate names is over.
func (r *Rule) relearn(v *view) {
	open, known := r.after.open(v)
	if !known {
		return
	}
	if r.passed && !open {
		for _, b := range r.baselines {
			*b = baseline{}
		}
	}
	r.passed = open
}

// condition reports whether all of one list and one of the other hold. Of the
// alternatives those that cannot be told are left out, but not all of them.
func (r *Rule) condition(v *view) (holds, known bool, cause string) {
	known = true
	for _, n := range r.all {
		x, ok := r.eval(n, v)
		if ok && x == 0 {
			return false, true, ""
		}
		known = known && ok
	}
	if r.silent {
		in := r.parts[0].in
		return !in.good || !in.fresh(v.now), true, ""
	}
	if len(r.anyOf) == 0 {
		return known, known, ""
	}
	told := false
	for _, a := range r.anyOf {
		x, ok := r.eval(a.when, v)
		if ok && x != 0 {
			return known, known, a.cause
		}
		told = told || ok
	}
	return false, known && told, ""
}

// step counts how long the condition holds, or no longer does.
func (r *Rule) step(v *view, holds bool, cause string, start time.Time, counts int64) (agent.Event, bool) {
	if r.on && r.clear != nil {
		if x, ok := r.eval(r.clear, v); ok && x != 0 {
			return r.end(v.at.UnixNano())
		}
		return r.retold()
	}
	if holds == r.on {
		r.pending, r.held = false, 0
		return r.retold()
	}
	if !r.pending {
		r.pending, r.held, r.since = true, 0, start.UnixNano()
		if !r.ofFigures {
			counts = 0 // what was before this look is not known
		}
	}
	if r.held += counts; r.held < int64(r.Hold) {
		return r.retold()
	}
	if r.on {
		return r.end(r.since)
	}
	r.on, r.pending, r.held, r.start, r.told = true, false, 0, r.since, true
	r.detail = r.diagnosis(v, cause)
	return r.event(), true
}

func (r *Rule) end(at int64) (agent.Event, bool) {
	e, told := r.event(), r.told
	e.End = instant(max(at, r.start))
	r.on, r.told, r.pending, r.held, r.detail = false, false, false, 0, ""
	return e, told
}

// retold opens the event of a diagnosis anew that the end of a run has closed.
func (r *Rule) retold() (agent.Event, bool) {
	if !r.on || r.told {
		return agent.Event{}, false
	}
	r.told = true
	return r.event(), true
}

func (r *Rule) event() agent.Event {
	code := agent.RuleHolds
	if r.ID == "" && !r.silent {
		code = agent.LimitPassed
	}
	return agent.Event{Kind: agent.Diagnosed, Key: r.Name, Start: instant(r.start), Reason: agent.Reason{Code: code, Detail: r.detail}}
}

// diagnosis tells what the rule was raised for.
func (r *Rule) diagnosis(v *view, cause string) string {
	d := r.says
	d.Severity, d.Rule = r.Severity, r.ID
	if cause != "" {
		d.Rule += "." + cause
	}
	for _, s := range r.shows {
		if x, ok := r.eval(s.of, v); ok {
			d.Figures = append(d.Figures, agent.Shown{Name: s.name, Value: x, Unit: s.unit})
		}
	}
	return d.Detail()
}

func instant(t int64) time.Time { return time.Unix(0, t).UTC() }
