package rules

import (
	"slices"
	"time"

	"recoup/agent"
)

var _ agent.Reviser = (*Calculator)(nil)

// Late lists what the engine has to revise.
func (c *Calculator) Late() []agent.Late { return c.inner.Late() }

// Afresh gives another calculator with the same rules, which has seen nothing:
// what it revises is rated with the diagnoses of its time. Their events are told
// already.
func (c *Calculator) Afresh() agent.Reviser {
	rules := make([]*Rule, len(c.rules))
	for i, r := range c.rules {
		rules[i] = r.afresh()
	}
	return New(c.inner.Afresh(), rules, c.ratings)
}

// afresh copies what a rule is, not what it has seen.
func (r *Rule) afresh() *Rule {
	other := &Rule{
		Name: r.Name, ID: r.ID, Severity: r.Severity, Hold: r.Hold, Learn: r.Learn, Since: r.Since,
		definition: r.definition,
	}
	other.parts = slices.Clone(r.parts)
	for _, t := range r.trails {
		other.trails = append(other.trails, &trail{span: t.span})
	}
	for range r.baselines {
		other.baselines = append(other.baselines, &baseline{})
	}
	return other
}

// Above gives the windows that w is added up in.
func (c *Calculator) Above(w agent.Window) []agent.Window { return c.inner.Above(w) }

// Sum makes a larger window's result anew, and rates it.
func (c *Calculator) Sum(of agent.Result, parts []agent.Result) (agent.Result, bool) {
	r, ok := c.inner.Sum(of, parts)
	if rating := c.ratingOf(r.KPI); ok && rating != nil {
		r.Colour, r.Score = rating.of(&r, c.unclosed[rating.closure], c.doubtful(rating.name))
	}
	return r, ok
}

// Amend lets the engine's running windows be the sums of their closed parts.
func (c *Calculator) Amend(parts agent.Parts, from, to time.Time, seen uint64) {
	c.inner.Amend(parts, from, to, seen)
}
