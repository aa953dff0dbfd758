package kpi

import (
	"fmt"

	"recoup/agent"
)

// A meter behind transformers has ratios with the instants from which they hold.
// A rate is multiplied by the one of its own time. What a totaliser counted
// between two readings is shared out at each change by time, because between two
// readings it counts evenly; unless one of the two was taken within a poll of the
// change, that is a guess, and the whole time between them is doubted.

// scaleOver is one count of a totaliser's register in its unit, between two
// readings: the mean over the time in which its ratios held.
func scaleOver(tag *agent.Tag, from, to int64) float64 {
	scale := scaleOf(tag)
	if len(tag.Ratios) == 0 {
		return scale
	}
	var sum, seconds float64
	for from < to {
		ratio, until := ratioFrom(tag, from, to)
		part := span{from, until}.seconds()
		sum, seconds, from = sum+ratio*part, seconds+part, until
	}
	if seconds == 0 {
		ratio, _ := tag.RatioAt(instant(to))
		return scale * ratio
	}
	return scale * sum / seconds
}

// ratioFrom gives the ratio in force at an instant, and until when it is, to at
// the most.
func ratioFrom(tag *agent.Tag, from, to int64) (ratio float64, until int64) {
	ratio, _ = tag.RatioAt(instant(from))
	for i := range tag.Ratios {
		if t := tag.Ratios[i].From.UnixNano(); t > from {
			return ratio, min(t, to)
		}
	}
	return ratio, to
}

// largestRatio is the largest that is in force somewhere in w.
func largestRatio(tag *agent.Tag, w span) float64 {
	largest, until := ratioFrom(tag, w.start, w.end)
	for until < w.end {
		var ratio float64
		ratio, until = ratioFrom(tag, until, w.end)
		largest = max(largest, ratio)
	}
	return largest
}

// placeAdvance puts what a totaliser counted since its base at from into its
// series: in parts where a ratio changed meanwhile. Cells that have closed cannot
// take their part any more; then it stays whole, and doubted.
func (e *Engine) placeAdvance(in *input, k int, tag *agent.Tag, el element, from int64) {
	ratio, change := ratioFrom(tag, from, el.t)
	if change == el.t || el.trait&fresh != 0 {
		e.place(in, k, el)
		return
	}
	if every := int64(tag.Every); change-from > every && el.t-change > every && !el.doubted() {
		el.code, el.trait = agent.RatioChanged, trait(agent.Uncertain)
	}
	if change <= e.open.start || in.bridge {
		e.place(in, k, el)
		return
	}
	head := el
	head.t = change
	head.v = el.v * (ratio * scaleOf(tag) / scaleOver(tag, from, el.t)) * (span{from, change}.seconds() / span{from, el.t}.seconds())
	e.place(in, k, head)
	el.v -= head.v
	e.placeAdvance(in, k, tag, el, change)
}

// tellRatio reports the changes of ratio after from, up to t.
func (e *Engine) tellRatio(in *input, tag *agent.Tag, from, t int64) {
	for i := range tag.Ratios {
		now := &tag.Ratios[i]
		at := now.From.UnixNano()
		if i == 0 || at <= from || at > t {
			continue
		}
		detail := fmt.Sprintf("%g → %g", tag.Ratios[i-1].Value, now.Value)
		if now.Because != "" {
			detail += " (" + now.Because + ")"
		}
		kind := agent.ConfigChanged
		if tag.Counter != nil {
			kind = agent.CounterChanged
		}
		e.events = append(e.events, agent.Event{
			Kind: kind, Key: in.tag.Name, Start: now.From.UTC(), End: now.From.UTC(),
			Reason: agent.Reason{Code: agent.RatioChanged, Detail: detail},
		})
	}
}
