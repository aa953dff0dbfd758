package rules

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"recoup/agent"
)

// builtin reads use: the tags and figures that play the rule's roles, and the
// settings that belong to the plant.
func (b *builder) builtin() {
	b.only("use", "over", "tags", "set", "learn")
	one, ok := builtinNamed(b.section.Use)
	if !ok {
		b.faults.Add("use", "use one of "+strings.Join(Builtin(), ", "), "there is no built-in rule %q", b.section.Use)
		return
	}
	r := b.rule
	r.ID = one.id
	if b.section.Hold == nil {
		r.Hold = one.hold
	}
	over := b.over(one.over)
	places := b.play(&one, over)
	b.scope = scope{
		remembered: map[string]int{},
		settings:   b.settings(&one),
		known:      func(n string) bool { return slices.ContainsFunc(one.roles, func(r role) bool { return r.name == n }) },
		missing:    func(n string) bool { _, given := places[n]; return !given },
		input:      func(n string) (int, error) { return places[n], nil },
	}
	if len(b.faults) > 0 {
		return
	}
	for _, text := range one.all {
		if n := b.line(text); n != nil {
			r.all = append(r.all, n)
		}
	}
	for _, c := range one.anyOf {
		if n := b.line(c.when); n != nil {
			r.anyOf = append(r.anyOf, alternative{c.name, n})
		}
	}
	if one.anyOf != nil && r.anyOf == nil {
		b.faults.Add("tags", "name one of "+strings.Join(optional(&one), ", "), "%s needs more to go by", one.id)
	}
	b.tell(&one, places)
}

// play finds who plays each role.
func (b *builder) play(one *builtin, over agent.WindowKind) map[string]int {
	places := map[string]int{}
	for _, role := range one.roles {
		name, given := b.section.Tags[role.name]
		path := "tags." + role.name
		switch {
		case !given && role.optional:
		case !given:
			b.faults.Add("tags", "write tags: {"+role.name+": …}", "%s needs %s: %s", one.id, role.name, role.measure)
		case role.measure == aFigure:
			at := slices.IndexFunc(b.quantities, func(q agent.Quantity) bool { return q.KPI == name })
			if at < 0 {
				b.faults.Add(path, nearestName(name, figureNames(b.quantities)), "no KPI computes %q", name)
				continue
			}
			places[role.name] = b.part(part{role: role.name, unit: b.quantities[at].Unit, factor: 1, kpi: name, over: over})
		default:
			tag := b.tag(path, name)
			if tag == nil {
				continue
			}
			factor, ok := convert(role.measure, tag.Unit)
			if !ok {
				b.faults.Add(path, "use a tag whose unit is one of "+unitNames(role.measure), "%s is in %q, which is not %s", name, tag.Unit, role.measure)
			}
			places[role.name] = b.part(part{role: role.name, unit: counted(role.measure), factor: factor, tag: tag})
		}
	}
	known := make([]string, len(one.roles))
	for i, r := range one.roles {
		known[i] = r.name
	}
	for _, name := range slices.Sorted(maps.Keys(b.section.Tags)) {
		if !slices.Contains(known, name) {
			b.faults.Add("tags."+name+":", "name some of "+strings.Join(known, ", "), "%s has no input %q", one.id, name)
		}
	}
	return places
}

func optional(one *builtin) (names []string) {
	for _, r := range one.roles {
		if r.optional {
			names = append(names, r.name)
		}
	}
	return names
}

// settings gives the numbers of the rule: the plant's, else the defaults.
func (b *builder) settings(one *builtin) map[string]float64 {
	all := map[string]float64{}
	var known []string
	for _, s := range one.set {
		known = append(known, s.name)
		v, given := b.section.Set[s.name]
		_, played := b.section.Tags[s.name]
		switch {
		case given:
			all["set."+s.name] = v
		case s.must && (!s.with || played):
			b.faults.Add("set", "write set: {"+s.name+": …}", "%s needs %s: the %s", one.id, s.name, s.what)
		default:
			all["set."+s.name] = s.value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.section.Set)) {
		if !slices.Contains(known, name) {
			b.faults.Add("set."+name+":", "set some of "+strings.Join(known, ", "), "%s has no setting %q", one.id, name)
		}
	}
	return all
}

// line reads a line of the table; nil when it needs an input that is not given.
func (b *builder) line(text string) *node {
	before := b.scope
	before.remembered = maps.Clone(before.remembered)
	n, err := b.scope.parse(text)
	var missing errMissing
	switch {
	case errors.As(err, &missing):
		b.scope = before // what the line had begun to remember goes with it
		return nil
	case err != nil:
		panic("BUG: built-in rule: " + text + ": " + err.Error())
	}
	return n
}

// tell lists what a diagnosis shows: the inputs, and what the table adds.
func (b *builder) tell(one *builtin, places map[string]int) {
	for _, role := range one.roles {
		if at, given := places[role.name]; given {
			p := b.rule.parts[at]
			b.rule.shows = append(b.rule.shows, shown{role.name, unitOf(p.unit), &node{op: "input", at: at}})
		}
	}
	for _, s := range one.shows {
		if n := b.line(s.of); n != nil {
			b.rule.shows = append(b.rule.shows, shown{s.name, s.unit, n})
		}
	}
}
