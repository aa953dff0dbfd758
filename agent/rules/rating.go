package rules

import (
	"fmt"
	"math"
	"slices"

	"recoup/agent"
)

// Rating is a local comparison of a figure with values that the configuration
// states for this plant. It is not the rating of an official code.
type Rating struct {
	KPI     string
	Values  agent.Rating
	name    string // of the configured KPI
	closure string // the KPI's closure of two methods; "" for none
}

const (
	greyBelow = 0.75 // coverage
	nearLimit = 0.8  // of a limit that must not be passed
)

type ratingSection struct {
	KPI       string   `yaml:"kpi"`
	Benchmark *float64 `yaml:"benchmark"`
	Leading   *float64 `yaml:"leading"`
	Limit     *float64 `yaml:"limit"`
}

// BuildRating reads an entry of ratings. The error is agent.Faults.
func BuildRating(spec agent.Spec, quantities []agent.Quantity) (Rating, error) {
	var s ratingSection
	var faults agent.Faults
	faults.Join("", spec.Decode(&s))
	at := slices.IndexFunc(quantities, func(q agent.Quantity) bool { return q.KPI == s.KPI })
	switch {
	case s.KPI == "":
		faults.Add("kpi", "write for example kpi: mill.oil.removal", "the rating names no figure")
	case at < 0:
		faults.Add("kpi", nearestName(s.KPI, figureNames(quantities)), "no KPI computes %q", s.KPI)
	}
	if s.Benchmark == nil || s.Leading == nil {
		faults.Add("", "write for example benchmark: 0.90, leading: 0.97", "a rating needs a benchmark and a leading value")
	} else if !(math.Abs(*s.Leading-*s.Benchmark) > 0) || math.IsInf(*s.Leading-*s.Benchmark, 0) {
		faults.Add("leading", "write a better value than the benchmark; a lower one says that less is better", "the leading value is the benchmark")
	}
	if err := faults.Err(); err != nil {
		return Rating{}, err
	}
	r := Rating{KPI: s.KPI, Values: agent.Rating{Benchmark: *s.Benchmark, Leading: *s.Leading, Limit: s.Limit}, name: quantities[at].Name}
	for _, q := range quantities {
		if q.Name == r.name && q.Key == "closure" && q.KPI != r.KPI {
			r.closure = q.KPI
		}
	}
	return r, nil
}

// CheckRatings faults figures that are rated twice.
func CheckRatings(all []Rating) error {
	for i, r := range all {
		if slices.ContainsFunc(all[:i], func(other Rating) bool { return other.KPI == r.KPI && r.KPI != "" }) {
			return agent.Faults{{Path: fmt.Sprintf("ratings[%d].kpi", i), Msg: r.KPI + " is rated twice", Fix: "delete one of the two"}}
		}
	}
	return nil
}

func (c *Calculator) ratingOf(kpi string) *Rating {
	for i := range c.ratings {
		if c.ratings[i].KPI == kpi {
			return &c.ratings[i]
		}
	}
	return nil
}

// rate gives closed results their colour and score. The balance of two methods
// over the same window comes with them, so it is looked at first.
func (c *Calculator) rate(results []agent.Result) {
	for i := range results {
		r := &results[i]
		if _, is := c.unclosed[r.KPI]; r.States == "" && (is || c.closes(r.KPI)) && !r.Withheld() && r.U > 0 && r.Reason.Code != agent.TrendOnly {
			c.unclosed[r.KPI] = math.Abs(r.Value) > r.U
		}
	}
	for i := range results {
		if rating := c.ratingOf(results[i].KPI); rating != nil {
			results[i].Colour, results[i].Score = rating.of(&results[i], c.unclosed[rating.closure], c.doubtful(rating.name))
		}
	}
}

func (c *Calculator) closes(kpi string) bool {
	return slices.ContainsFunc(c.ratings, func(r Rating) bool { return r.closure == kpi })
}

// doubtful reports whether a diagnosis is open that concerns a KPI.
func (c *Calculator) doubtful(name string) bool {
	return slices.ContainsFunc(c.rules, func(r *Rule) bool {
		return r.on && r.Severity != agent.Severities()[0] && slices.Contains(r.doubts, name)
	})
}

// of rates a result. Without a stated U nothing is shown to be better or worse.
func (r *Rating) of(res *agent.Result, unclosed, diagnosed bool) (agent.Colour, float64) {
	if res.Withheld() || res.Coverage < greyBelow || unclosed || res.Reason.Code == agent.TrendOnly || res.Reason.Code == agent.OutsideModel {
		return agent.Grey, 0
	}
	v := r.Values
	score := max(0, min(1, (res.Value-v.Benchmark)/(v.Leading-v.Benchmark)))
	better := math.Copysign(1, v.Leading-v.Benchmark)
	ahead := better * (res.Value - v.Benchmark)
	distrusted := len(res.Terms) > 0 && doubted(res) > (1-believed)*res.Terms[0].Seconds
	allowed, passed := r.limit(res, better)
	switch {
	case res.U == 0 || distrusted:
		return agent.Yellow, score
	case passed || ahead < -res.U:
		return agent.Red, score
	case ahead <= res.U || res.Coverage < believed || !allowed || diagnosed:
		return agent.Yellow, score
	}
	return agent.Green, score
}

// limit reports whether the limit is kept with U, and whether it is passed
// beyond U. One that must not be passed wants a fifth of it left.
func (r *Rating) limit(res *agent.Result, better float64) (kept, passed bool) {
	if r.Values.Limit == nil {
		return true, false
	}
	limit := *r.Values.Limit
	left := better * (res.Value - limit)
	kept = left >= res.U
	if better < 0 && limit > 0 {
		kept = kept && res.Value <= nearLimit*limit
	}
	return kept, left < -res.U
}
