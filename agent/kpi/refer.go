package kpi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// other takes a quantity of another KPI up: its terms, and its figure of them.
func (r *resolver) other(function string, names []string, name string) (namedPart, error) {
	i, inner, err := r.find(name)
	switch {
	case err != nil:
		return namedPart{}, err
	case function != "" || len(names) > 1:
		return namedPart{}, wrongly("write "+name+" alone", "%s is a figure of its window already: it has no %s", name, cmp.Or(function, "product"))
	case r.states[inner] == underWay:
		return namedPart{}, wrongly("take one of them out of the other's formula", "a circle: %s needs itself, by way of %s", name, strings.Join(r.chain, ", "))
	case !r.finish(i, inner):
		return namedPart{}, wrong{} // its own fault is told
	}
	if inner.Value == nil {
		return namedPart{}, wrongly("name one of the two methods", "%s is made of two methods and cannot be part of a formula", name)
	}
	u, err := ParseUnit(inner.Unit)
	if err != nil {
		return namedPart{}, wrongly("name a quantity whose unit is known", "%s: %v", name, err)
	}
	p := namedPart{value: inner.Value, unit: u}
	known := len(r.q.Terms)
	for _, t := range inner.Terms {
		at, scale := r.q.take(t)
		p.terms, p.scale = append(p.terms, at), append(p.scale, scale)
	}
	r.q.liftModels(inner, &p, known)
	r.q.inherit(inner)
	r.q.Branches = r.q.Branches || inner.Branches
	for _, in := range append([]Inner{{r.kpis[i].Family, *inner, inner.Value}}, inner.Of...) {
		lifted := namedPart{terms: p.terms, scale: p.scale, value: in.Value, unit: Unit{Factor: 1}}
		in.Value = lifted.of
		r.q.Of = append(r.q.Of, in)
	}
	r.q.Stated = append(r.q.Stated, slices.DeleteFunc(slices.Clone(inner.Stated), func(s string) bool { return slices.Contains(r.q.Stated, s) })...)
	return p, nil
}

// find looks a quantity up by its full name.
func (r *resolver) find(name string) (int, *Quantity, error) {
	for i := range r.kpis {
		k := &r.kpis[i]
		key, below := strings.CutPrefix(name, k.Name+".")
		if !below || k.Name == "" {
			continue
		}
		for j := range k.Quantities {
			if k.Quantities[j].Name == name {
				return i, &k.Quantities[j], nil
			}
		}
		if at := slices.IndexFunc(k.Absent, func(a Absent) bool { return a.Key == key }); at >= 0 {
			return 0, nil, wrongly("name the tags of what is missing there", "%s cannot be computed: %s", name, k.Absent[at].Why)
		}
		if len(k.Quantities) == 0 {
			return 0, nil, wrong{} // it has faults of its own
		}
	}
	return 0, nil, r.unknown(name)
}

// unknown says that nothing has the name, and what is like it.
func (r *resolver) unknown(name string) error {
	var known []string
	for _, t := range r.draft.tags {
		known = append(known, t.Name)
	}
	for _, k := range r.kpis {
		for _, q := range k.Quantities {
			known = append(known, q.Name)
		}
	}
	nearest, best := "", len(name)/3+2
	for _, k := range known {
		d := distance(name, k)
		if strings.HasPrefix(k, name+"-") {
			d = 0
		}
		if d < best {
			nearest, best = k, d
		}
	}
	switch {
	case strings.Contains(nearest, "-"):
		return wrongly(fmt.Sprintf("did you mean %q? It takes quotes because it holds -", nearest), "there is no tag or quantity %q", name)
	case nearest != "":
		return wrongly("did you mean "+nearest+"?", "there is no tag or quantity %q", name)
	}
	return wrongly("name a tag below sources, or a quantity of another KPI as KPI.QUANTITY", "there is no tag or quantity %q", name)
}
