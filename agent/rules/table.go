package rules

import (
	"slices"
	"time"

	"recoup/agent"
)

// builtin is a rule that comes with the program. Its condition holds when all of
// one list hold and one of the other does; a line that needs an optional input
// which is not given is left out. What it says is in package say.
type builtin struct {
	id, family string // family "": of the figures that it looks at
	roles      []role
	set        []setting
	all        []string
	anyOf      []cause
	shows      []show
	hold       time.Duration
	over       agent.WindowKind // of the figures; "" for none
}

// role is an input that a rule wants.
type role struct {
	name     string
	measure  measure
	optional bool
}

// setting is a number that belongs to the plant, or a default that may be changed.
type setting struct {
	name  string
	value float64
	must  bool // there is no default
	with  bool // only when the input of the same name is given
	what  string
}

// cause is one of several conditions; what the diagnosis says depends on it.
type cause struct{ name, when string }

// show is a number that the diagnosis tells beside its inputs.
type show struct{ name, unit, of string }

func want(name string, m measure) role { return role{name, m, false} }
func may(name string, m measure) role  { return role{name, m, true} }

func given(name string, v float64, what string) setting { return setting{name, v, false, false, what} }
func must(name, what string) setting                    { return setting{name, 0, true, false, what} }
func with(name, what string) setting                    { return setting{name, 0, true, true, what} }

// Builtin lists the ids of the rules that come with the program.
func Builtin() (ids []string) {
	for _, b := range builtins() {
		ids = append(ids, b.id)
	}
	return ids
}

func builtins() []builtin {
	return slices.Concat(millRules(), acidRules(), powerRules(), dataRules())
}

func builtinNamed(id string) (b builtin, ok bool) {
	all := builtins()
	at := slices.IndexFunc(all, func(b builtin) bool { return b.id == id })
	if at < 0 {
		return b, false
	}
	return all[at], true
}

// dataRules look at the figures of any family.
func dataRules() []builtin {
	return []builtin{
		{
			id:    "X1",
			roles: []role{want("counter", aFigure), want("power", aFigure)},
			set:   []setting{given("share", 0.01, "of the power's integral that the two may differ by beyond U")},
			all: []string{"abs(counter/hours(counter) - power/hours(power)) > set.share*power/hours(power)" +
				" + sqrt((U(counter)/hours(counter))^2 + (U(power)/hours(power))^2)"},
			shows: []show{{"difference", "%", "100*(counter/hours(counter)/(power/hours(power)) - 1)"}},
			hold:  24 * time.Hour, over: agent.Day,
		}, {
			id:    "X2",
			roles: []role{want("figure", aFigure)},
			set:   []setting{given("share", 0.1, "of a window that may be missing or doubted")},
			anyOf: []cause{{"missing", "missing(figure) > set.share"}, {"doubted", "doubted(figure) > set.share"}},
			shows: []show{{"missing", "%", "100*missing(figure)"}, {"doubted", "%", "100*doubted(figure)"}},
			over:  agent.Hour,
		}, {
			id:    "X3",
			roles: []role{want("figure", aFigure)},
			all:   []string{"violated(figure) > 0"},
			over:  agent.Hour,
		},
	}
}

// Told lists what package say must have words for: the rules, with their causes,
// and the names of numbers.
func Told() (rules, figures []string) {
	for _, b := range builtins() {
		if b.anyOf == nil {
			rules = append(rules, b.id)
		}
		for _, c := range b.anyOf {
			rules = append(rules, b.id+"."+c.name)
		}
		for _, r := range b.roles {
			figures = append(figures, r.name)
		}
		for _, s := range b.shows {
			figures = append(figures, s.name)
		}
	}
	return rules, figures
}
