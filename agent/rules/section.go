package rules

import (
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// Example is what "recoup example rules" prints.
//
//go:embed example.yaml
var Example string

// section is an entry of rules in the configuration.
type section struct {
	Name     string             `yaml:"name"`
	Use      string             `yaml:"use"`     // a built-in rule, with tags and set
	When     string             `yaml:"when"`    // or a condition of the plant's own
	NoData   string             `yaml:"no_data"` // or a tag that should give data
	Clear    string             `yaml:"clear"`
	Hold     *time.Duration     `yaml:"hold"`
	In       gateSection        `yaml:"in"`
	Over     string             `yaml:"over"` // window of the figures
	Severity string             `yaml:"severity"`
	Says     texts              `yaml:"says"`
	Do       texts              `yaml:"do"`
	Tags     map[string]string  `yaml:"tags"`
	Set      map[string]float64 `yaml:"set"`
	Learn    learnSection       `yaml:"learn"`
}

type gateSection struct {
	Tag  string   `yaml:"tag"`
	When *float64 `yaml:"when"` // nil: anything but 0
}

type texts struct {
	EN string `yaml:"en"`
	ZH string `yaml:"zh"`
}

type learnSection struct {
	For   time.Duration `yaml:"for"`
	Since string        `yaml:"since"` // a day
	After gateSection   `yaml:"after"` // learned anew when this is over
}

const (
	usualLearn   = 14 * 24 * time.Hour // domain: after a maintenance event
	longestHold  = 90 * 24 * time.Hour
	longestText  = 300 // bytes of says and do: they travel with every event
	formulaStamp = 1   // counts up when conditions come to mean something else
)

// Build makes a rule of an entry of the configuration. quantities are what the
// KPI engine computes. The error is agent.Faults.
func Build(spec agent.Spec, quantities []agent.Quantity) (*Rule, error) {
	b := &builder{spec: spec, quantities: quantities}
	var faults agent.Faults
	faults.Join("", spec.Decode(&b.section))
	if len(faults) > 0 {
		return nil, faults // what follows from a section that cannot be read is no news
	}
	b.rule = &Rule{Name: spec.Name, Severity: "warning", Learn: usualLearn}
	b.common()
	switch kinds := b.kinds(); {
	case len(kinds) != 1:
		b.faults.Add("", `write one of when: "mill.c_out > 25", no_data: mill.q_in, use: M3`, "a rule has one of when, no_data and use; this one has %s", orNone(kinds))
	case kinds[0] == "use":
		b.builtin()
	case kinds[0] == "no_data":
		b.silent()
	default:
		b.own()
	}
	b.finish()
	return b.rule, b.faults.Err()
}

func orNone(kinds []string) string {
	if len(kinds) == 0 {
		return "none"
	}
	return strings.Join(kinds, ", ")
}

func (b *builder) kinds() (kinds []string) {
	for _, k := range []struct{ name, text string }{{"use", b.section.Use}, {"no_data", b.section.NoData}, {"when", b.section.When}} {
		if k.text != "" {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// common reads what every kind of rule has.
func (b *builder) common() {
	s, r := &b.section, b.rule
	if s.Severity != "" {
		r.Severity = s.Severity
		if !slices.Contains(agent.Severities(), s.Severity) {
			b.faults.Add("severity", "write "+strings.Join(agent.Severities(), ", "), "unknown severity %q", s.Severity)
		}
	}
	if s.Hold != nil {
		r.Hold = *s.Hold
		if r.Hold < 0 || r.Hold > longestHold {
			b.faults.Add("hold", "write a duration from 0s to 90d, for example 10m", "cannot hold for %v", r.Hold)
		}
	}
	if s.Learn.For != 0 {
		r.Learn = s.Learn.For
		if r.Learn < time.Minute || r.Learn > 400*24*time.Hour {
			b.faults.Add("learn.for", "write a duration from 1m to 400d, for example 14d", "cannot learn for %v", r.Learn)
		}
	}
	if s.Learn.Since != "" {
		b.since(s.Learn.Since)
	}
	for _, t := range []struct{ path, text string }{{"says.en", s.Says.EN}, {"says.zh", s.Says.ZH}, {"do.en", s.Do.EN}, {"do.zh", s.Do.ZH}} {
		if len(t.text) > longestText || strings.ContainsAny(t.text, "\n\r") {
			b.faults.Add(t.path, "write one line of at most 300 bytes", "the text is too long")
		}
	}
	r.in, r.after = b.gate("in", s.In), b.gate("learn.after", s.Learn.After)
}

func (b *builder) since(day string) {
	loc, err := time.LoadLocation(b.spec.Plant.Timezone)
	if err != nil {
		loc = time.UTC // config has named the fault already
	}
	at, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		b.faults.Add("learn.since", "write a day, for example 2026-03-01", "%q is not a day", day)
	}
	b.rule.Since = at.UTC()
}

func (b *builder) gate(path string, s gateSection) *gate {
	if s.Tag == "" {
		if s.When != nil {
			b.faults.Add(path, "write "+path+": {tag: mill.rolling, when: 1}", "the condition names no tag")
		}
		return nil
	}
	tag := b.tag(path+".tag", s.Tag)
	if tag == nil {
		return nil
	}
	return &gate{part: b.part(part{role: tag.Name, unit: tag.Unit, factor: 1, tag: tag}), when: s.When}
}

// finish gives the rule what follows from its parts.
func (b *builder) finish() {
	r := b.rule
	r.trails, r.baselines, r.fed = b.scope.trails, b.scope.baselines, b.scope.fed
	figures, tags := 0, 0
	for i, p := range r.parts {
		switch {
		case p.tag == nil:
			figures++
			continue
		case (r.in == nil || r.in.part != i) && (r.after == nil || r.after.part != i):
			tags++
		}
		r.gap = max(r.gap, int64(p.tag.Gap()))
	}
	r.ofFigures = figures > 0 && tags == 0
	if r.silent {
		r.gap = max(r.gap, int64(time.Minute))
	}
	b.concern()
	s, _ := builtinNamed(r.ID)
	text, err := json.Marshal(struct {
		Stamp   int
		Section section
		All     []string
		AnyOf   []string
	}{formulaStamp, b.section, s.all, causeTexts(s.anyOf)})
	if err != nil {
		panic("BUG: a rule that cannot be written: " + err.Error())
	}
	r.hash = sha256.Sum256(text)
}

func causeTexts(all []cause) (texts []string) {
	for _, c := range all {
		texts = append(texts, c.name+": "+c.when)
	}
	return texts
}

// concern finds the KPIs whose figures the rule is about.
func (b *builder) concern() {
	family := ""
	if one, is := builtinNamed(b.rule.ID); is {
		family = one.family
	}
	for _, q := range b.quantities {
		about := q.Family == family
		for _, p := range b.rule.parts {
			about = about || family == "" && (p.kpi == q.KPI || p.tag != nil && slices.Contains(q.Inputs, p.tag.Name))
		}
		if about && !slices.Contains(b.rule.doubts, q.Name) {
			b.rule.doubts = append(b.rule.doubts, q.Name)
		}
	}
}
