package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"recoup/agent"
)

// builder turns a section into a rule and gathers every fault.
type builder struct {
	spec       agent.Spec
	quantities []agent.Quantity
	section    section
	rule       *Rule
	scope      scope
	faults     agent.Faults
}

func (b *builder) tagNamed(name string) *agent.Tag {
	at := slices.IndexFunc(b.spec.Tags, func(t *agent.Tag) bool { return t.Name == name })
	if at < 0 {
		return nil
	}
	return b.spec.Tags[at]
}

func (b *builder) tag(path, name string) *agent.Tag {
	tag := b.tagNamed(name)
	if tag == nil {
		var names []string
		for _, t := range b.spec.Tags {
			names = append(names, t.Name)
		}
		b.faults.Add(path, nearestName(name, names), "there is no tag %q", name)
	}
	return tag
}

func (b *builder) isFigure(name string) bool {
	return slices.ContainsFunc(b.quantities, func(q agent.Quantity) bool { return q.KPI == name })
}

func figureNames(quantities []agent.Quantity) (names []string) {
	for _, q := range quantities {
		names = append(names, q.KPI)
	}
	return names
}

// nearestName says what a name was probably meant to be.
func nearestName(name string, known []string) string {
	best, nearest := len(name)/2+1, ""
	for _, k := range known {
		if d := distance(name, k); d < best {
			best, nearest = d, k
		}
	}
	if nearest == "" {
		return "name a tag below sources or a figure of a KPI"
	}
	return fmt.Sprintf("did you mean %s?", nearest)
}

// distance counts the letters to change, insert or leave out to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// part gives an input's place in the rule, once.
func (b *builder) part(p part) int {
	for i, known := range b.rule.parts {
		if known.role == p.role && known.kpi == p.kpi && known.tag == p.tag {
			return i
		}
	}
	b.rule.parts = append(b.rule.parts, p)
	return len(b.rule.parts) - 1
}

// over reads the window whose figures count.
func (b *builder) over(otherwise agent.WindowKind) agent.WindowKind {
	if b.section.Over == "" {
		return otherwise
	}
	kinds := agent.WindowKinds()
	if !slices.Contains(kinds, agent.WindowKind(b.section.Over)) {
		b.faults.Add("over", fmt.Sprintf("write one of %v", kinds), "unknown window %q", b.section.Over)
	}
	if b.section.Over == string(agent.Shift) && len(b.spec.Plant.Shifts) == 0 {
		b.faults.Add("over", "write hour or day, or give the plant shifts", "the plant has no shifts")
	}
	return agent.WindowKind(b.section.Over)
}

// only faults keys that this kind of rule does not have.
func (b *builder) only(kind string, allowed ...string) {
	s := &b.section
	given := map[string]bool{"clear": s.Clear != "", "over": s.Over != "", "tags": s.Tags != nil, "set": s.Set != nil,
		"learn": s.Learn != learnSection{}, "says": s.Says != texts{}, "do": s.Do != texts{}}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if given[key] && !slices.Contains(allowed, key) {
			b.faults.Add(key, "delete it", "a rule with %s: has no %s:", kind, key)
		}
	}
}

// own reads a condition of the plant's own, over tags and figures by their names.
func (b *builder) own() {
	b.only("when", "clear", "over", "learn", "says", "do")
	over := b.over(agent.Hour)
	b.scope = scope{
		remembered: map[string]int{},
		known:      func(n string) bool { return b.tagNamed(n) != nil || b.isFigure(n) },
		input: func(n string) (int, error) {
			if tag := b.tagNamed(n); tag != nil {
				return b.part(part{role: n, unit: tag.Unit, factor: 1, tag: tag}), nil
			}
			for _, q := range b.quantities {
				if q.KPI == n {
					return b.part(part{role: n, unit: q.Unit, factor: 1, kpi: n, over: over}), nil
				}
			}
			return 0, errUnknown(n)
		},
	}
	if n := b.condition("when", b.section.When); n != nil {
		b.rule.all = []*node{n}
	}
	for _, at := range b.scope.used {
		p := b.rule.parts[at]
		b.rule.shows = append(b.rule.shows, shown{p.role, unitOf(p.unit), &node{op: "input", at: at}})
	}
	if b.section.Clear != "" {
		b.rule.clear = b.condition("clear", b.section.Clear)
	}
	b.say(b.section.When+" holds", "条件成立："+b.section.When)
}

// unitOf leaves the unit of a pure number out of what is told of tags.
func unitOf(unit string) string { return strings.ReplaceAll(unit, " ", "") }

// errUnknown is a name that is neither a tag nor a figure.
type errUnknown string

func (e errUnknown) Error() string { return fmt.Sprintf("there is no tag or figure %q", string(e)) }

// condition reads one, nil with a fault.
func (b *builder) condition(path, text string) *node {
	n, err := b.scope.parse(text)
	if err == nil {
		err = b.scope.settle(n)
	}
	if err == nil && len(b.scope.used) == 0 {
		err = errors.New("it names no tag and no figure")
	}
	if err == nil {
		return n
	}
	fix := `write for example "mill.c_out > 25", "rate(tank.level, 10m) < -0.2" or "mill.oil.removal + U < 0.9"`
	var unknown errUnknown
	if errors.As(err, &unknown) {
		var names []string
		for _, t := range b.spec.Tags {
			names = append(names, t.Name)
		}
		fix = nearestName(string(unknown), append(names, figureNames(b.quantities)...))
	}
	b.faults.Add(path, fix, "%v", err)
	return nil
}

// say takes the texts of a rule of the plant's own; one language may stand for
// both, and what the rule is stands for a missing one.
func (b *builder) say(en, zh string) {
	s, d := &b.section, &b.rule.says
	d.SaysEN, d.SaysZH = either(s.Says.EN, s.Says.ZH, en), either(s.Says.ZH, s.Says.EN, zh)
	d.DoEN, d.DoZH = either(s.Do.EN, s.Do.ZH, ""), either(s.Do.ZH, s.Do.EN, "")
}

func either(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// silent reads no_data.
func (b *builder) silent() {
	b.only("no_data", "says", "do")
	tag := b.tag("no_data", b.section.NoData)
	if tag == nil {
		return
	}
	at := b.part(part{role: tag.Name, unit: tag.Unit, factor: 1, tag: tag})
	if at != 0 { // the gates came first
		parts := b.rule.parts
		parts[0], parts[at] = parts[at], parts[0]
		for _, g := range []*gate{b.rule.in, b.rule.after} {
			if g != nil {
				g.part = map[int]int{0: at, at: 0}[g.part]
			}
		}
	}
	b.rule.silent = true
	b.say("No good reading of "+tag.Name, tag.Name+" 没有有效读数")
}
