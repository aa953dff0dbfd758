package rules

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const longestSpan = 31 * 24 * time.Hour // that a trail covers

// call reads the arguments of a function, its bracket open.
func (p *parser) call(text string) (*node, error) {
	arity, is := functions()[text]
	switch {
	case slices.Contains(aspects(), text):
		return p.aspect(text)
	case text == "term":
		return p.term()
	case text == "mean" || text == "rate":
		return p.trail(text)
	case text == "baseline":
		return p.baseline()
	case !is:
		known := slices.Concat(slices.Sorted(maps.Keys(functions())), aspects(), []string{"baseline", "mean", "rate", "term"})
		return nil, fmt.Errorf("there is no function %q; there are %s", text, strings.Join(known, ", "))
	}
	n := &node{op: text}
	for i := range arity {
		arg, err := p.argument(i == arity-1)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
	}
	return n, nil
}

// argument reads one, and the comma or bracket behind it.
func (p *parser) argument(last bool) (*node, error) {
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	return n, p.behind(last)
}

func (p *parser) behind(last bool) error {
	want := ","
	if last {
		want = ")"
	}
	if !p.takes(want) {
		return fmt.Errorf("a %q is missing", want)
	}
	return nil
}

// functions lists the pure ones by the number of their arguments.
func functions() map[string]int {
	return map[string]int{"abs": 1, "sqrt": 1, "log": 1, "min": 2, "max": 2}
}

func pure(op string, a, b float64) float64 {
	switch op {
	case "abs":
		return math.Abs(a)
	case "sqrt":
		return math.Sqrt(a)
	case "log":
		return math.Log(a)
	case "min":
		return min(a, b)
	}
	return max(a, b)
}

// aspects are what can be asked of an input beside its value: its expanded
// uncertainty, and of a figure's window the hours covered, the coverage, the
// share lost to other causes than masks, the share of doubted time, and whether
// it was withheld as impossible.
func aspects() []string {
	return []string{"U", "hours", "coverage", "missing", "doubted", "violated"}
}

func (p *parser) aspect(text string) (*node, error) {
	n, err := p.inputArgument()
	if err != nil {
		return nil, err
	}
	return &node{op: text, at: n.at}, p.behind(true)
}

func (p *parser) inputArgument() (*node, error) {
	t := p.all[p.at]
	if t.kind != name {
		return nil, fmt.Errorf("%q is not the name of a tag or figure", t.text)
	}
	p.at++
	return p.use(t.text)
}

// term reads term(figure, role): the total of one of a figure's terms.
func (p *parser) term() (*node, error) {
	n, err := p.inputArgument()
	if err == nil {
		err = p.behind(false)
	}
	if err != nil {
		return nil, err
	}
	role := p.all[p.at]
	if role.kind != name {
		return nil, fmt.Errorf("%q is not the role of a term", role.text)
	}
	p.at++
	return &node{op: "term", at: n.at, role: role.text}, p.behind(true)
}

// trail reads mean(x, 1h) and rate(x, 10m), the change per hour over a span.
func (p *parser) trail(text string) (*node, error) {
	begun := p.at
	arg, err := p.argument(false)
	if err != nil {
		return nil, err
	}
	t := p.all[p.at]
	if t.kind != span || t.span < time.Second || t.span > longestSpan {
		return nil, fmt.Errorf("%s wants a span of time from 1s to 31d, for example 10m, not %q", text, t.text)
	}
	p.at++
	at, known := p.remembered[p.since(begun)]
	if !known {
		at = len(p.trails)
		p.trails = append(p.trails, &trail{span: int64(t.span)})
		p.fed = append(p.fed, feed{arg: arg, trail: at, baseline: -1})
		p.remembered[p.since(begun)] = at
	}
	return &node{op: text, at: at}, p.behind(true)
}

// since gives the text from a token on up to here: what is remembered under it
// is remembered once, however often it is written.
func (p *parser) since(begun int) string {
	var text strings.Builder
	for _, t := range p.all[begun:p.at] {
		text.WriteString(t.text + " ")
	}
	return text.String()
}

// baseline reads baseline(x) or baseline(x, load). A load that is not given
// means one value for every load.
func (p *parser) baseline() (*node, error) {
	begun := p.at
	arg, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	f := feed{arg: arg, trail: -1}
	if p.takes(",") {
		var none errMissing
		load, err := p.binary(0)
		switch {
		case errors.As(err, &none):
		case err != nil:
			return nil, err
		default:
			f.load = load
		}
	}
	key := "baseline " + p.since(begun)
	at, known := p.remembered[key]
	if !known {
		at = len(p.baselines)
		f.baseline, p.remembered[key] = at, at
		p.baselines, p.fed = append(p.baselines, &baseline{}), append(p.fed, f)
	}
	n := &node{op: "baseline", at: at}
	if f.load != nil {
		n.args = []*node{f.load}
	}
	return n, p.behind(true)
}
