package kpi

import (
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

const (
	longestExpression = 1000 // bytes: far more than a person can check
	mostNodes         = 2000 // a < b < c counts b twice, so that brackets within can make very many of few bytes
)

// parseExpression reads the text of a formula.
func parseExpression(text string) (ast.Node, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, fmt.Errorf("the formula is empty")
	case len(text) > longestExpression:
		return nil, fmt.Errorf("the formula has more than %d characters: divide it into several quantities", longestExpression)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		if e, is := err.(*file.Error); is { //nolint:errorlint // the parser's own, not wrapped
			return nil, fmt.Errorf("at character %d: %s", e.Column+1, e.Message)
		}
		return nil, err
	}
	return tree.Node, nil
}

// checked is a node of an expression of which is known what it measures. Its
// calculation is in basic units.
type checked struct {
	dimension Dimension
	truth     bool // it is a condition and no number
	point     bool // a temperature that counts from absolute zero, not a difference of two
	number    bool // a number as written, of no dimension
	value     float64
	run       calculation
}

// wrong is what is wrong with an expression, and what to write instead.
type wrong struct{ path, msg, fix string }

func (w wrong) Error() string { return w.msg }

func wrongly(fix, format string, args ...any) error {
	return wrong{msg: fmt.Sprintf(format, args...), fix: fix}
}

// checker gives every node its dimension and its calculation. What an expression
// names is found by resolve.
type checker struct {
	resolve  func(function string, names []string) (checked, error)
	expected func(drivers []checked) (checked, error) // of a baseline; nil: there is none
	nodes    int                                      // checked so far
}

func (c *checker) check(node ast.Node) (checked, error) {
	if c.nodes++; c.nodes > mostNodes {
		return checked{}, wrongly("divide the formula into several quantities", "the formula has more than %d parts", mostNodes)
	}
	switch n := node.(type) {
	case *ast.IntegerNode:
		return numeral(float64(n.Value)), nil
	case *ast.FloatNode:
		return numeral(n.Value), nil
	case *ast.IdentifierNode, *ast.MemberNode, *ast.StringNode:
		name, err := nameOf(n)
		if err != nil {
			return checked{}, err
		}
		return c.resolve("", []string{name})
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		if name, is := n.Callee.(*ast.IdentifierNode); is {
			return c.call(name.Value, n.Arguments)
		}
	case *ast.BuiltinNode:
		return c.call(n.Name, n.Arguments)
	}
	return checked{}, wrongly("write sums, differences, products, quotients, powers, comparisons and "+functions, "the formula holds what formulas do not have: %s", shown(node))
}

const functions = "mean(), total(), hours(), abs(), min(), max(), sqrt()"

func numeral(v float64) checked { return checked{number: true, value: v, run: constant(v)} }

// nameOf reads a name: a.b.c, or "a.b-2" in quotes where it holds what would be
// an operator.
func nameOf(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.MemberNode:
		before, err := nameOf(n.Node)
		if property, is := n.Property.(*ast.StringNode); err == nil && is && !n.Optional && !n.Method {
			return before + "." + property.Value, nil
		}
	}
	return "", wrongly(`write the name of a tag, or of a quantity of another KPI (mill.oil.recovered); in quotes when it holds - ("fan-2.energy")`, "%s is no name", shown(node))
}

// shown prints a node as people wrote it, shortened.
func shown(node ast.Node) string {
	if node == nil {
		return "nothing"
	}
	text := []rune(node.String())
	if len(text) > 60 {
		text = append(text[:57], '…')
	}
	return string(text)
}

func (c *checker) unary(n *ast.UnaryNode) (checked, error) {
	x, err := c.check(n.Node)
	if err != nil {
		return x, err
	}
	switch op := n.Operator; {
	case op == "+" && !x.truth:
		return x, nil
	case op == "-" && !x.truth && !x.point:
		x.run, x.value = negated(x.run), -x.value
		return x, nil
	case (op == "!" || op == "not") && x.truth:
		x.run = either(x.run, constant(0), constant(1))
		return x, nil
	}
	return x, wrongly("put the sign before a number, not before a condition", "%s: %q has no meaning here", shown(n), n.Operator)
}

func (c *checker) binary(n *ast.BinaryNode) (checked, error) {
	x, err := c.check(n.Left)
	if err != nil {
		return x, err
	}
	y, err := c.check(n.Right)
	if err != nil {
		return y, err
	}
	op := n.Operator
	switch op {
	case "and", "&&", "or", "||":
		return pairwise(n, x, y)
	case "^", "**":
		return toPower(n, x, y)
	}
	if x.truth || y.truth {
		return x, wrongly("compare numbers; join conditions by and, or", "%s: a condition is no number", shown(n))
	}
	switch op {
	case "+", "-":
		return sumOf(n, x, y)
	case "*", "/":
		sign := 1
		if op == "/" {
			sign = -1
		}
		d, ok := x.dimension.times(y.dimension, sign)
		if !ok {
			return x, wrongly("divide the formula into several quantities", "%s: the powers of its units are too high", shown(n))
		}
		return checked{dimension: d, run: arithmetic(op, x.run, y.run)}, nil
	}
	if run := comparison(op, x.run, y.run); run != nil {
		return checked{truth: true, run: run}, alike(n, "compared", x, y)
	}
	return x, wrongly("write + - * / ^, comparisons, and, or", "%s: formulas have no operator %q", shown(n), op)
}

// sumOf adds or takes off. Of two temperatures only the difference has a meaning.
func sumOf(n *ast.BinaryNode, x, y checked) (checked, error) {
	words := map[string]string{"+": "added", "-": "subtracted"}[n.Operator]
	if err := alike(n, words, x, y); err != nil {
		return x, err
	}
	point := x.point != y.point
	if x.point && y.point && n.Operator == "+" || y.point && !x.point && n.Operator == "-" {
		return x, wrongly("take the difference of two temperatures in °C, or add a difference in K to one", "%s: of temperatures only a difference has a meaning", shown(n))
	}
	return checked{dimension: x.dimension, point: point, run: arithmetic(n.Operator, x.run, y.run)}, nil
}

// alike demands one dimension of both. Zero as written is zero in any unit.
func alike(node ast.Node, what string, x, y checked) error {
	zero := func(c checked) bool { return c.number && c.value == 0 }
	switch {
	case x.truth || y.truth:
		return wrongly("give numbers", "%s: a condition is no number", shown(node))
	case x.dimension == y.dimension || zero(x) && !y.point || zero(y) && !x.point:
		return nil
	}
	return wrongly("bring both to one kind of quantity first", "%s: %s and %s (%s and %s) cannot be %s",
		shown(node), x.dimension, y.dimension, x.dimension.canonical(), y.dimension.canonical(), what)
}

func pairwise(n *ast.BinaryNode, x, y checked) (checked, error) {
	if !x.truth || !y.truth {
		return x, wrongly("compare numbers first: a > 0 and b > 0", "%s: %q joins conditions", shown(n), n.Operator)
	}
	if n.Operator == "and" || n.Operator == "&&" {
		return checked{truth: true, run: either(x.run, y.run, constant(0))}, nil
	}
	return checked{truth: true, run: either(x.run, constant(1), y.run)}, nil
}

// toPower raises to a power that stands there as a number.
func toPower(n *ast.BinaryNode, x, y checked) (checked, error) {
	p := int(y.value)
	fits := y.number && (float64(p) == y.value || x.dimension == Dimension{})
	d, ok := Dimension{}.times(x.dimension, max(-100, min(100, p)))
	switch {
	case x.truth || !fits || math.Abs(y.value) > 100:
		return x, wrongly("write a whole number as the power, for example v ^ 2", "%s: the power must be a number as written", shown(n))
	case !ok:
		return x, wrongly("divide the formula into several quantities", "%s: the powers of its units are too high", shown(n))
	}
	return checked{dimension: d, run: raised(x.run, y.value)}, nil
}

func (c *checker) conditional(n *ast.ConditionalNode) (checked, error) {
	var parts [3]checked
	for i, node := range []ast.Node{n.Cond, n.Exp1, n.Exp2} {
		var err error
		if parts[i], err = c.check(node); err != nil {
			return checked{}, err
		}
	}
	if !parts[0].truth {
		return checked{}, wrongly("write a comparison before the question mark: a > 0 ? x : y", "%s is a number and no condition", shown(n.Cond))
	}
	if err := alike(n, "chosen between", parts[1], parts[2]); err != nil {
		return checked{}, err
	}
	of := parts[1]
	if of.number {
		of = parts[2]
	}
	return checked{dimension: of.dimension, point: parts[1].point && parts[2].point, run: either(parts[0].run, parts[1].run, parts[2].run)}, nil
}
