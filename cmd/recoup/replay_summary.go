package main

import (
	"fmt"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

// summary gathers the results over shifts and longer for a table.
type summary struct {
	*playback
	lang    say.Lang
	results []agent.Result
}

func newSummary(p *playback, lang say.Lang) *summary { return &summary{playback: p, lang: lang} }

func (s *summary) take(r agent.Result) error {
	if r.Window.Kind != agent.Cell && r.Window.Kind != agent.Hour && r.Window.Kind != agent.Lot {
		s.results = append(s.results, r)
	}
	return nil
}

func (s *summary) end() error {
	loc, err := time.LoadLocation(s.cfg.Plant.Timezone)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, whose(s.cfg.Plant))
	for _, line := range say.Summary(s.lang, s.calc.Describe(), s.results, loc) {
		fmt.Fprintln(s.out, line)
	}
	return nil
}
