package rules

import (
	"math"
	"time"

	"recoup/agent"
)

// input is a tag or a figure that rules look at, with the newest that is known.
type input struct {
	tag  *agent.Tag // nil: a figure
	kpi  string
	over agent.WindowKind

	// of a tag
	seen    bool
	good    bool
	value   float64
	time    int64 // of the reading, Unix nanoseconds
	arrived int64 // in the calculator's time
	late    int64 // nanoseconds that it was old by then

	figure figure
}

// figure is what rules know of a result.
type figure struct {
	start, end                                          int64 // Unix nanoseconds; end 0: none has closed
	value, u, hours, coverage, missing, doubted, broken float64
	usable                                              bool
	roles                                               []string
	totals                                              []float64
}

// take notes a reading that is newer than the one that is known, or that of a
// clock which was set back.
func (in *input) take(r *agent.Reading, received time.Time, now int64) {
	t := r.Time.UnixNano()
	if in.seen && t < in.time && in.time <= received.Add(in.tag.Gap()).UnixNano() {
		return
	}
	v, number := in.tag.Eng(r.Value)
	in.seen, in.good, in.value, in.time = true, number && r.Quality == agent.Good && !math.IsNaN(v) && !math.IsInf(v, 0), v, t
	in.arrived, in.late = now, max(0, int64(received.Sub(r.Time)))
	if !in.good {
		in.value = 0
	}
}

// vouch makes a held value as new as its source says.
func (in *input) vouch(until, received time.Time, now int64) {
	if in.seen {
		in.arrived, in.late = now, max(0, int64(received.Sub(until)))
	}
}

// age is how long ago the newest reading was true.
func (in *input) age(now int64) int64 { return now - in.arrived + in.late }

func (in *input) fresh(now int64) bool { return in.seen && in.age(now) <= int64(in.tag.Gap()) }

// masked reports causes that were meant to leave time out.
func masked(c agent.Code) bool {
	return c == agent.Calibration || c == agent.Purge || c == agent.Maintenance || c == agent.OutsideStates
}

const believed = 0.9 // covered and undoubted share of a window below which a figure is not judged

// hear notes a closed window.
func (in *input) hear(r *agent.Result) {
	f := figure{start: r.Window.Start.UnixNano(), end: r.Window.End.UnixNano(), value: r.Value, u: r.U, coverage: r.Coverage}
	length := r.Window.End.Sub(r.Window.Start).Seconds()
	for _, t := range r.Terms {
		f.roles, f.totals, f.hours = append(f.roles, t.Role), append(f.totals, t.Total), t.Seconds/3600
	}
	if len(r.Terms) > 0 && length > 0 {
		for _, l := range r.Terms[0].Lost {
			if !masked(l.Cause) {
				f.missing += max(l.Seconds, 0) / length
			}
		}
	}
	if f.hours > 0 {
		f.doubted = r.Doubted / (3600 * f.hours)
	}
	f.broken = truth(r.Withheld() && r.Reason.Code == agent.BoundViolated)
	// What lies beyond a table of properties has its own part in U.
	extrapolated := r.Quality == agent.Uncertain && r.Reason.Code == agent.Extrapolated && r.Coverage >= believed
	f.usable = r.Quality == agent.Good || extrapolated
	in.figure = f
}

// total adds up the terms of a role.
func (f *figure) total(role string) (sum float64, known bool) {
	for i, r := range f.roles {
		if r == role {
			sum, known = sum+f.totals[i], true
		}
	}
	return sum, known
}

// view is what a rule sees when it is looked at.
type view struct {
	rule *Rule
	now  int64     // the calculator's time
	at   time.Time // when what is looked at was true
}

// value gives an input's value in the unit that the rule counts in.
func (v *view) value(at int) (float64, bool) {
	p := &v.rule.parts[at]
	in := p.in
	if in.tag != nil {
		return in.value * p.factor, in.good && in.fresh(v.now)
	}
	return in.figure.value * p.factor, in.figure.usable && v.recent(in)
}

// recent reports that a figure is the newest that there can be: of a rule of
// figures alone that of the window looked at, else one that the next has not
// followed yet.
func (v *view) recent(in *input) bool {
	f := &in.figure
	if f.end == 0 || v.rule.ofFigures {
		return f.end == v.at.UnixNano()
	}
	return v.at.UnixNano()-f.end <= 2*(f.end-f.start)
}

// aspect gives what else there is to an input.
func (v *view) aspect(n *node) (float64, bool) {
	p := &v.rule.parts[n.at]
	in, f := p.in, &p.in.figure
	if in.tag != nil {
		rel, abs := in.tag.Accuracy.Standard()
		return 2 * math.Hypot(rel*in.value, abs) * p.factor, n.op == "U" && in.good && in.tag.Accuracy.Stated()
	}
	told := v.recent(in)
	switch n.op {
	case "U":
		return f.u * p.factor, told && f.usable && f.u > 0
	case "hours":
		return f.hours, told && f.usable && f.hours > 0
	case "term":
		total, known := f.total(n.role)
		return total, told && f.usable && known
	case "coverage":
		return f.coverage, told
	case "missing":
		return f.missing, told
	case "doubted":
		return f.doubted, told
	}
	return f.broken, told
}
