package kpi

import (
	"fmt"
	"slices"
	"strings"
)

// operation is what every family takes besides what it measures: the states of
// the plant, and the tag that tells lots. Its keys stand among the family's.
type operation struct {
	States  []stateSection `yaml:"states"`
	RunOnly []string       `yaml:"run_only"`
	Lots    *lotSection    `yaml:"lots"`
}

// stateSection is one entry of the states as configured.
type stateSection struct {
	Is    string   `yaml:"is"`
	Tag   string   `yaml:"tag"`
	When  *float64 `yaml:"when"`
	Above *float64 `yaml:"above"`
	Below *float64 `yaml:"below"`
}

// lotSection names the tag that tells lots.
type lotSection struct {
	Tag  string   `yaml:"tag"`
	None []string `yaml:"none"`
}

// operate gives a KPI's quantities their run-only figures and their lots. usual
// are the states that count where the configuration does not say.
func (b *builder) operate(kpi *KPI, o operation, usual ...string) {
	lots := b.lots(o.Lots)
	states, words := b.states(o.States)
	counts := b.counts(o, words, usual)
	for i := range kpi.Quantities {
		q := &kpi.Quantities[i]
		q.Lots = lots
		var own []string
		for _, word := range stateWords() {
			if slices.Contains(words, word) && (slices.Contains(counts, word) || slices.Contains(q.Always, word)) {
				own = append(own, word)
			}
		}
		if len(own) < len(words) { // else it would be the all-in figure
			q.States, q.RunOnly = states, own
		}
	}
}

// states reads the entries, and gives the words among them.
func (b *builder) states(sections []stateSection) (all []State, words []string) {
	for i, s := range sections {
		path := fmt.Sprintf("states[%d]", i)
		one := State{Is: s.Is, When: s.When, Above: s.Above, Below: s.Below}
		if !slices.Contains(stateWords(), s.Is) {
			b.faults.Add(path+".is", "write one of "+strings.Join(stateWords(), ", "), "%q is no state of a plant", s.Is)
		}
		otherwise := s.Tag == "" && s.When == nil && s.Above == nil && s.Below == nil
		last := i == len(sections)-1
		switch {
		case otherwise && !last:
			b.faults.Add(path, "put it last, or name the tag that tells this state", "nothing behind %s can hold: an entry without a tag always does", s.Is)
		case !otherwise && last:
			b.faults.Add(path, "end the list with an entry without a tag, for example {is: stop}", "which state holds otherwise is not said")
		}
		if !otherwise {
			one.Tag = b.tag(path+".tag", s.Tag, "the tag that tells this state")
			b.condition(path, s)
		}
		if one.Tag != nil && one.Tag.Counter != nil {
			b.faults.Add(path+".tag", "name a bit, a number that says what goes on, or a signal", "%s is a totaliser", one.Tag.Name)
		}
		all = append(all, one)
		if !slices.Contains(words, s.Is) {
			words = append(words, s.Is)
		}
	}
	return all, words
}

// condition checks when an entry with a tag holds.
func (b *builder) condition(path string, s stateSection) {
	switch {
	case s.When == nil && s.Above == nil && s.Below == nil:
		b.faults.Add(path, "write when: 1 for a bit, or above: or below: a limit of the signal", "it is not said when %s tells this state", s.Tag)
	case s.When != nil && (s.Above != nil || s.Below != nil):
		b.faults.Add(path+".when", "delete when, or above and below", "a value and a limit are given")
	case s.Above != nil && s.Below != nil && *s.Above >= *s.Below:
		b.faults.Add(path+".above", "write the lower limit as above and the higher one as below", "nothing is above %g and below %g", *s.Above, *s.Below)
	}
}

// counts gives the states that the run-only figure counts.
func (b *builder) counts(o operation, words, usual []string) []string {
	counts := o.RunOnly
	if len(counts) == 0 {
		counts = usual
	}
	for i, word := range o.RunOnly {
		path := fmt.Sprintf("run_only[%d]", i)
		switch {
		case len(words) == 0:
			b.faults.Add(path, "add states, or delete run_only", "no states are told apart")
		case !slices.Contains(words, word):
			b.faults.Add(path, "name some of "+strings.Join(words, ", "), "no entry of states tells %q", word)
		case slices.Contains(o.RunOnly[:i], word):
			b.faults.Add(path, "name each state once", "%s is named twice", word)
		}
	}
	left := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(counts, word) })
	switch {
	case len(words) == 0:
	case len(left) == 0:
		b.faults.Add("run_only", "leave a state out with run_only:, tell another one apart, or delete states", "all of %s count, so the run-only figure would be the all-in one", strings.Join(words, ", "))
	case len(left) == len(words) && len(o.RunOnly) == 0:
		b.faults.Add("run_only", "name with run_only: those that count, of "+strings.Join(words, ", "), "none of the states is %s, which usually count", strings.Join(usual, " or "))
	}
	return counts
}

// lots reads the section; nil for none.
func (b *builder) lots(s *lotSection) *Lots {
	if s == nil {
		return nil
	}
	tag := b.tag("lots.tag", s.Tag, "the tag that shows the coil, lot or campaign number")
	if tag == nil {
		return nil
	}
	if tag.Counter != nil {
		b.faults.Add("lots.tag", "name the tag that shows the number of the coil, lot or campaign", "%s is a totaliser", tag.Name)
	}
	none := []string{"", "0"}
	if s.None != nil {
		none = s.None
	}
	return &Lots{Tag: tag, None: none}
}
