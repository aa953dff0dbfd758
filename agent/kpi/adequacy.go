package kpi

import (
	"cmp"
	"math"
	"slices"

	"recoup/agent"
)

// What can be shown before anything is measured: a fresh engine is fed a month
// of a plant that stands still at its usual values, and its results say what
// uncertainty the stated accuracies leave. So there is no second set of formulas.

// Adequacy gives the outlook of each quantity of a KPI; without a target only
// what keeps its uncertainty from being stated. It does no I/O.
func Adequacy(plant agent.Plant, k KPI) (all []agent.Outlook, err error) {
	for _, q := range k.Quantities {
		o := agent.Outlook{Quantity: agent.Quantity{KPI: q.Name, Name: k.Name, Family: k.Family, Key: q.Key, Unit: q.Unit, Target: q.Target.Text}}
		r := newRehearsal(plant, q)
		for _, tag := range r.tags {
			if !tag.Accuracy.Stated() {
				o.Unstated = append(o.Unstated, tag.Name)
			}
		}
		if q.Target.present {
			o.Goal, o.AtMost, o.Room = q.Target.Limit, q.Target.AtMost, q.room()
			o.Assumed, o.Unknown = r.assumed, r.unknown
			if err := r.foretell(&o); err != nil {
				return nil, err
			}
		}
		all = append(all, o)
	}
	return all, nil
}

// room is how far a figure can get beyond the target's limit.
func (q *Quantity) room() float64 {
	switch {
	case q.Bounds == (agent.Range{}):
		return math.Inf(1)
	case q.Target.AtMost:
		return q.Target.Limit - q.Bounds.Lo
	}
	return q.Bounds.Hi - q.Target.Limit
}

// foretell fills in what the rehearsals of a quantity with a target show.
func (r *rehearsal) foretell(o *agent.Outlook) error {
	if len(r.unknown) > 0 {
		return nil
	}
	reaches, month, err := r.play()
	if err != nil {
		return err
	}
	if r.move(month) {
		if reaches, month, err = r.play(); err != nil {
			return err
		}
	}
	if month.Withheld() {
		o.Why = month.Reason
		return nil
	}
	o.Value = month.Value
	if o.Unstated != nil || !(month.U > 0) {
		return nil
	}
	o.Reaches = reaches
	return r.shares(o, month.U)
}

// shares plays again with each tag in turn as good as perfect: what is missing
// of the variance then is what the tag gives.
func (r *rehearsal) shares(o *agent.Outlook, u float64) error {
	for _, tag := range r.tags {
		stated := tag.Accuracy
		tag.Accuracy = agent.Accuracy{Rel: 1e-12}
		_, month, err := r.play()
		tag.Accuracy = stated
		if err != nil {
			return err
		}
		if part := 1 - month.U*month.U/(u*u); part > 1e-6 {
			o.Shares = append(o.Shares, agent.Share{Tag: tag.Name, Part: part})
		}
	}
	slices.SortStableFunc(o.Shares, func(a, b agent.Share) int { return cmp.Compare(b.Part, a.Part) })
	return nil
}

// move sets the tags that may be anything to where the value is the target, all
// of them by one factor or else one alone: the factor is found on the totals, in
// which they are linear. It reports whether there is one.
func (r *rehearsal) move(month agent.Result) bool {
	if len(month.Terms) != len(r.q.Terms) {
		return false
	}
	carriers := r.carriers()
	all := slices.Compact(slices.Sorted(slices.Values(carriers)))
	all = slices.DeleteFunc(all, func(name string) bool { return name == "" })
	sets := [][]string{all}
	for _, name := range all {
		sets = append(sets, []string{name})
	}
	for _, set := range sets {
		s, ok := root(func(s float64) float64 {
			totals := make([]float64, len(month.Terms))
			for i, t := range month.Terms {
				if totals[i] = t.Total; slices.Contains(set, carriers[i]) {
					totals[i] *= s
				}
			}
			value, _, reason := r.q.Value(totals)
			if reason.Code != agent.NoReason {
				return math.NaN()
			}
			return value - r.q.Target.Limit
		})
		if ok {
			for _, name := range set {
				r.usual[name] *= s
			}
			return true
		}
	}
	return false
}

// carriers gives for each term the tag that carries what is to be shown, "" for
// none: stocks have none, nor has the first of several terms, with which the
// others are compared. Of a gas it is the concentration, else the flow.
func (r *rehearsal) carriers() []string {
	terms := r.q.Terms
	fixed := func(i int) bool { return len(terms) > 1 && i == 0 || terms[i].Stock || len(terms[i].Tags) == 0 }
	held := map[string]bool{}
	for i := range terms {
		if fixed(i) {
			for _, tag := range terms[i].inputs() {
				held[tag.Name] = true
			}
		}
	}
	names := make([]string, len(terms))
	for i, t := range terms {
		if fixed(i) {
			continue
		}
		tag := t.Tags[0]
		if last := t.Tags[len(t.Tags)-1]; len(t.Tags) > 1 {
			if _, gas := find(concentrations(), last.Unit); gas {
				tag = last
			}
		}
		if !held[tag.Name] {
			names[i] = tag.Name
		}
	}
	return names
}

// root finds where f changes its sign between a ten-thousandth and ten thousand,
// next to 1.
func root(f func(float64) float64) (s float64, ok bool) {
	const step = 1.1
	for lo, hi := 1.0, 1.0; hi < 1e4; lo, hi = lo/step, hi*step {
		for _, ends := range [][2]float64{{hi, hi * step}, {lo / step, lo}} {
			if a, b := ends[0], ends[1]; f(a)*f(b) <= 0 {
				return bisect(f, a, b), true
			}
		}
	}
	return 0, false
}

func bisect(f func(float64) float64, a, b float64) float64 {
	for range 100 {
		if m := (a + b) / 2; f(a)*f(m) <= 0 {
			b = m
		} else {
			a = m
		}
	}
	return (a + b) / 2
}
