package rules

import "math"

// feed is what a trail or a baseline learns from.
type feed struct {
	arg, load       *node // load nil: none
	trail, baseline int   // the one that is not meant is -1
}

// eval gives the value of a node; false when what it needs is not good, not
// recent or not learned yet. Of "and" and "or" one side may be enough.
func (r *Rule) eval(n *node, v *view) (value float64, ok bool) {
	switch n.op {
	case "number":
		return n.value, true
	case "input":
		return v.value(n.at)
	case "term", "U", "hours", "coverage", "missing", "doubted", "violated":
		return v.aspect(n)
	case "mean":
		return r.trails[n.at].mean(r.tau)
	case "rate":
		return r.trails[n.at].rate(r.tau)
	case "baseline":
		return r.usual(n, v)
	case "and", "or":
		return r.logic(n, v)
	}
	var args [2]float64
	for i, arg := range n.args {
		if args[i], ok = r.eval(arg, v); !ok {
			return 0, false
		}
	}
	value = calculate(n.op, args[0], args[1])
	return value, !math.IsNaN(value) && !math.IsInf(value, 0)
}

func (r *Rule) usual(n *node, v *view) (float64, bool) {
	load := 0.0
	if len(n.args) > 0 {
		var ok bool
		if load, ok = r.eval(n.args[0], v); !ok {
			return 0, false
		}
	}
	return r.baselines[n.at].at(load, len(n.args) > 0)
}

func (r *Rule) logic(n *node, v *view) (float64, bool) {
	a, okA := r.eval(n.args[0], v)
	b, okB := r.eval(n.args[1], v)
	decides := n.op == "or" // a true side decides an or, a false one an and
	if okA && (a != 0) == decides || okB && (b != 0) == decides {
		return truth(decides), true
	}
	return truth(!decides), okA && okB
}

func calculate(op string, a, b float64) float64 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "^":
		return math.Pow(a, b)
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case ">":
		return truth(a > b)
	case ">=":
		return truth(a >= b)
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "not":
		return truth(a == 0)
	}
	return pure(op, a, b)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// learn feeds trails and baselines with what their arguments are now, the
// innermost first.
func (r *Rule) learn(v *view, counts int64) {
	for _, f := range r.fed {
		x, ok := r.eval(f.arg, v)
		load := 0.0
		if ok && f.load != nil {
			load, ok = r.eval(f.load, v)
		}
		switch {
		case !ok:
		case f.trail >= 0:
			r.trails[f.trail].add(r.tau, counts, x)
		case !v.at.Before(r.Since):
			r.baselines[f.baseline].add(r.tau, counts, x, load, f.load != nil, int64(r.Learn))
		}
	}
}
