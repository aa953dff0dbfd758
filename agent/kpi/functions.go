package kpi

import (
	"github.com/expr-lang/expr/ast"
)

// call checks a function of a formula.
func (c *checker) call(name string, arguments []ast.Node) (checked, error) {
	switch name {
	case "mean", "total":
		if len(arguments) != 1 {
			return checked{}, wrongly("write "+name+"(TAG)", "%s takes one tag, or a product of tags", name)
		}
		names, err := factorsOf(arguments[0])
		if err != nil {
			return checked{}, err
		}
		return c.resolve(name, names)
	case "hours":
		if len(arguments) != 0 {
			return checked{}, wrongly("write hours()", "hours() are those that all inputs cover, and take no argument")
		}
		return c.resolve(name, nil)
	}
	all := make([]checked, len(arguments))
	for i, node := range arguments {
		var err error
		if all[i], err = c.check(node); err != nil {
			return checked{}, err
		}
	}
	if name == "expected" && c.expected != nil {
		return c.expected(all)
	}
	for i, node := range arguments {
		if err := alike(node, "compared", all[0], all[i]); err != nil {
			return checked{}, err
		}
	}
	return apply(name, all)
}

// apply checks a function of numbers.
func apply(name string, all []checked) (checked, error) {
	switch {
	case (name == "min" || name == "max") && len(all) >= 2:
		of, runs := all[0], make([]calculation, len(all))
		for i, x := range all {
			runs[i] = x.run
			if of.number {
				of = x
			}
		}
		return checked{dimension: of.dimension, point: of.point, run: extreme(runs, name == "max")}, nil
	case name == "abs" && len(all) == 1:
		return checked{dimension: all[0].dimension, point: all[0].point, run: absolute(all[0].run)}, nil
	case name == "sqrt" && len(all) == 1:
		var root Dimension
		for i, p := range all[0].dimension {
			if p%2 != 0 {
				return checked{}, wrongly("write the root of what is a square in all its units", "the root of %s (%s) has no unit", all[0].dimension, all[0].dimension.canonical())
			}
			root[i] = p / 2
		}
		return checked{dimension: root, run: raised(all[0].run, 0.5)}, nil
	case name == "min" || name == "max" || name == "abs" || name == "sqrt":
		return checked{}, wrongly("abs and sqrt take one number, min and max two or more", "%s with %d arguments", name, len(all))
	}
	return checked{}, wrongly("formulas have "+functions, "there is no function %s", name)
}

// factorsOf reads a name, or a product of names, which is formed at each instant
// before anything is added up.
func factorsOf(node ast.Node) ([]string, error) {
	if n, is := node.(*ast.BinaryNode); is && n.Operator == "*" {
		left, err := factorsOf(n.Left)
		if err != nil {
			return nil, err
		}
		right, err := factorsOf(n.Right)
		return append(left, right...), err
	}
	name, err := nameOf(node)
	return []string{name}, err
}

// branches reports whether an expression chooses, so that it is not linear in
// what it names even where it seems to be.
func branches(node ast.Node) (is bool) {
	ast.Walk(&node, visitor(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ConditionalNode:
			is = true
		case *ast.BuiltinNode:
			is = is || n.Name == "abs" || n.Name == "min" || n.Name == "max"
		}
	}))
	return is
}

type visitor func(ast.Node)

func (v visitor) Visit(node *ast.Node) { v(*node) }
