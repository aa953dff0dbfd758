package config

import (
	"slices"
	"strings"

	"recoup/agent"
)

const maxProblems = 1000 // of one Load; nobody reads more

// Explain gives the faults of a part's constructor their places in the file.
// Paths are relative to prefix, the part's Path ("" for the whole file); one
// that leads nowhere is shown at its nearest parent, one that ends with a colon
// at the key. What Load has faulted already is not named again. The result is
// *Error, or nil.
func (c *Config) Explain(prefix string, err error) error {
	var faults agent.Faults
	faults.Join(prefix, err)
	var problems []Problem
	for _, f := range faults {
		if !c.faulted[f.Path] {
			problems = append(problems, c.problem(f))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &Error{sorted(problems)}
}

func (c *Config) problem(f agent.Fault) Problem {
	return problemAt(c.root.find(f.Path), strings.TrimSuffix(f.Path, ":"), f.Msg, f.Fix)
}

// note takes the faults in an error in, but none of a value that is known to be
// wrong.
func (c *Config) note(err error) {
	var faults agent.Faults
	faults.Join("", err)
	for _, f := range faults {
		switch {
		case c.faulted[f.Path]:
		case len(c.problems) >= maxProblems:
			c.unnamed++
		case c.hasFormProblem(c.root.find(f.Path)):
		default:
			c.problems = append(c.problems, c.problem(f))
		}
		c.faulted[f.Path] = true
		if i := strings.LastIndexByte(f.Path, '['); i > 0 && strings.HasSuffix(f.Path, "]") {
			c.faulted[f.Path[:i]] = true // with one number of a range wrong, the range is
		}
	}
}

// hasFormProblem reports whether the text at a place is itself malformed: what
// it then says does not matter.
func (c *Config) hasFormProblem(at spot) bool {
	return slices.ContainsFunc(c.malformed, func(p Problem) bool {
		return p.Line == at.line && p.Column == at.column && p.File == at.file.path
	})
}

func (c *Config) noteFault(path, fix, msg string) {
	c.note(agent.Faults{{Path: path, Msg: msg, Fix: fix}})
}
