package kpi

import "math"

// dual is a number with its derivative by one of the numbers that it was
// computed from, so that sensitivities are exact and not differences.
type dual struct{ v, d float64 }

// calculation computes a number from those that an expression names.
type calculation func(in []dual) dual

func constant(v float64) calculation { return func([]dual) dual { return dual{v: v} } }

func operand(i int) calculation { return func(in []dual) dual { return in[i] } }

// arithmetic gives the calculation of an operator that takes two numbers.
func arithmetic(operator string, x, y calculation) calculation {
	switch operator {
	case "+":
		return func(in []dual) dual { a, b := x(in), y(in); return dual{a.v + b.v, a.d + b.d} }
	case "-":
		return func(in []dual) dual { a, b := x(in), y(in); return dual{a.v - b.v, a.d - b.d} }
	case "*":
		return func(in []dual) dual { a, b := x(in), y(in); return dual{a.v * b.v, a.d*b.v + a.v*b.d} }
	case "/":
		return func(in []dual) dual {
			a, b := x(in), y(in)
			return dual{a.v / b.v, (a.d - a.v/b.v*b.d) / b.v}
		}
	}
	return nil
}

// raised is x to a fixed power.
func raised(x calculation, power float64) calculation {
	return func(in []dual) dual {
		a := x(in)
		slope := 0.0
		if a.d != 0 {
			slope = power * math.Pow(a.v, power-1) * a.d
		}
		return dual{math.Pow(a.v, power), slope}
	}
}

// comparison gives 1 where it holds and 0 where not.
func comparison(operator string, x, y calculation) calculation {
	holds := map[string]func(a, b float64) bool{
		"<": func(a, b float64) bool { return a < b }, "<=": func(a, b float64) bool { return a <= b },
		">": func(a, b float64) bool { return a > b }, ">=": func(a, b float64) bool { return a >= b },
		"==": func(a, b float64) bool { return a == b }, "!=": func(a, b float64) bool { return a != b },
	}[operator]
	if holds == nil {
		return nil
	}
	return func(in []dual) dual { return truth(holds(x(in).v, y(in).v)) }
}

func truth(is bool) dual {
	if is {
		return dual{v: 1}
	}
	return dual{}
}

// either takes the one or the other.
func either(condition, yes, no calculation) calculation {
	return func(in []dual) dual {
		if condition(in).v != 0 {
			return yes(in)
		}
		return no(in)
	}
}

func negated(x calculation) calculation {
	return func(in []dual) dual { a := x(in); return dual{-a.v, -a.d} }
}

func absolute(x calculation) calculation {
	return func(in []dual) dual {
		a := x(in)
		if a.v < 0 {
			return dual{-a.v, -a.d}
		}
		return a
	}
}

// extreme is the least, or greatest, of several.
func extreme(all []calculation, greatest bool) calculation {
	return func(in []dual) dual {
		best := all[0](in)
		for _, x := range all[1:] {
			switch a := x(in); {
			case math.IsNaN(best.v):
			case math.IsNaN(a.v) || a.v != best.v && (a.v > best.v) == greatest:
				best = a
			}
		}
		return best
	}
}
