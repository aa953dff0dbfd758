package rules

import (
	"fmt"
	"slices"
)

// node is a part of a condition. Comparisons and logic give 1 and 0.
type node struct {
	op    string // an operator, a function, "number" or "input"
	value float64
	args  []*node
	at    int    // of an input, trail or baseline: its place in the rule
	role  string // of term: the term's role
}

// scope is what the names in a condition mean, and gathers what it remembers.
type scope struct {
	input     func(name string) (at int, err error) // a tag or figure
	known     func(name string) bool
	settings  map[string]float64 // by name, without "set."
	missing   func(name string) bool
	trails    []*trail
	baselines []*baseline
	used      []int // inputs, in the order of their first use
	fed       []feed

	remembered map[string]int // places of trails and baselines by what they are of
}

// errMissing says that an optional input is not given: what needs it is left out.
type errMissing string

func (e errMissing) Error() string { return string(e) + " is not given" }

// parser reads a condition by precedence: or, and, not, comparison, sum,
// product, power.
type parser struct {
	*scope
	all []token
	at  int
}

// parse reads a condition.
func (s *scope) parse(text string) (*node, error) {
	all, err := tokens(text, func(n string) bool { return s.known(n) || keyword(n) })
	if err != nil {
		return nil, err
	}
	p := &parser{scope: s, all: all}
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.all[p.at]; t.kind != end {
		return nil, fmt.Errorf("%q stands where nothing more is expected", t.text)
	}
	return n, nil
}

// binding lists the operators, those that bind loosest first.
func binding() [][]string {
	return [][]string{{"or", "||"}, {"and", "&&"}, {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/"}, {"^"}}
}

const comparison = 2 // the place of comparisons in binding, which "not" stands before

func keyword(word string) bool { return word == "and" || word == "or" || word == "not" }

func (p *parser) binary(level int) (*node, error) {
	levels := binding()
	if level == len(levels) {
		return p.unary()
	}
	if level == comparison && p.takes("not", "!") {
		n, err := p.binary(level)
		return &node{op: "not", args: []*node{n}}, err
	}
	left, err := p.binary(level + 1)
	for err == nil && slices.Contains(levels[level], p.all[p.at].text) && p.all[p.at].kind != number {
		op := p.all[p.at].text
		p.at++
		var right *node
		right, err = p.binary(level + 1)
		left = &node{op: plain(op), args: []*node{left, right}}
		if level == comparison && slices.Contains(levels[level], p.all[p.at].text) {
			return nil, fmt.Errorf("compare two things at a time, joined by and")
		}
	}
	return left, err
}

func plain(op string) string {
	switch op {
	case "&&":
		return "and"
	case "||":
		return "or"
	}
	return op
}

func (p *parser) takes(words ...string) bool {
	if t := p.all[p.at]; t.kind != end && slices.Contains(words, t.text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) unary() (*node, error) {
	t := p.all[p.at]
	p.at++
	switch {
	case t.kind == number:
		return &node{op: "number", value: t.number}, nil
	case t.kind == sign && t.text == "-":
		n, err := p.unary()
		return &node{op: "-", args: []*node{{op: "number"}, n}}, err
	case t.kind == sign && t.text == "(":
		n, err := p.binary(0)
		if err == nil && !p.takes(")") {
			err = fmt.Errorf("a bracket is not closed")
		}
		return n, err
	case t.kind == name && p.takes("("):
		return p.call(t.text)
	case t.kind == name && !keyword(t.text):
		return p.named(t.text)
	case t.kind == end:
		p.at--
		return nil, fmt.Errorf("it ends where a value is expected")
	}
	return nil, fmt.Errorf("%q stands where a value is expected", t.text)
}

// named makes the node of a setting, an input, or U of the only input.
func (p *parser) named(text string) (*node, error) {
	if v, ok := p.settings[text]; ok {
		return &node{op: "number", value: v}, nil
	}
	if text == "U" && !p.known("U") {
		return &node{op: "U", at: -1}, nil
	}
	return p.use(text)
}

func (p *parser) use(text string) (*node, error) {
	if p.missing != nil && p.missing(text) {
		return nil, errMissing(text)
	}
	at, err := p.input(text)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.used, at) {
		p.used = append(p.used, at)
	}
	return &node{op: "input", at: at}, nil
}

// settle gives every lone U its input, which must be the only one.
func (s *scope) settle(n *node) error {
	if n.op == "U" && n.at < 0 {
		if len(s.used) != 1 {
			return fmt.Errorf("U alone means that of the only tag or figure: write U(name)")
		}
		n.at = s.used[0]
	}
	for _, a := range n.args {
		if err := s.settle(a); err != nil {
			return err
		}
	}
	return nil
}
