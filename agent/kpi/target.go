package kpi

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"recoup/agent"
)

// Target is what a quantity should reach. The zero value is no target.
type Target struct {
	Text    string // as configured, "" for none
	Limit   float64
	AtMost  bool // the value should be at most Limit, else at least
	present bool
}

// parseTarget reads "removal >= 0.90" or "recovered <= 500": the key of a
// quantity, >= or <=, a number or a percentage.
func parseTarget(text string) (key string, t Target, err error) {
	fields := strings.Fields(text)
	if len(fields) != 3 || (fields[1] != ">=" && fields[1] != "<=") {
		return "", Target{}, fmt.Errorf("cannot read the target %q", text)
	}
	number, percent := strings.CutSuffix(fields[2], "%")
	limit, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(limit) || math.IsInf(limit, 0) {
		return "", Target{}, fmt.Errorf("the target %q names no number", text)
	}
	if percent {
		limit /= 100
	}
	return fields[0], Target{Text: text, Limit: limit, AtMost: fields[1] == "<=", present: true}, nil
}

// verdict compares under a guard band of U; without a stated U nothing is shown.
func (t Target) verdict(value, u float64, stated bool) agent.Verdict {
	if !t.present {
		return agent.NoVerdict
	}
	margin := value - t.Limit
	if t.AtMost {
		margin = -margin
	}
	switch {
	case !stated:
		return agent.Inconclusive
	case margin-u >= 0:
		return agent.Pass
	case margin+u < 0:
		return agent.Fail
	}
	return agent.Inconclusive
}
