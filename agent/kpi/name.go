package kpi

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"recoup/agent"
)

// lotNames are what the samples of a lot tag stand for: an input holds numbers, and
// a coil's number may be a text, or more digits than a float64 has. Each new
// text takes the next number; those that no sample holds any more are forgotten.
type lotNames struct {
	next  uint64
	known []lotName // by number
}

type lotName struct {
	v    float64
	text string
}

// number gives the number that stands for a text.
func (n *lotNames) number(text string) float64 {
	for i := len(n.known) - 1; i >= 0; i-- {
		if n.known[i].text == text {
			return n.known[i].v
		}
	}
	n.next++
	n.known = append(n.known, lotName{float64(n.next), text})
	return float64(n.next)
}

func (n *lotNames) text(v float64) string {
	for i := len(n.known) - 1; i >= 0; i-- {
		if n.known[i].v == v {
			return n.known[i].text
		}
	}
	return ""
}

// named converts a reading of a tag that only tells lots.
func (in *input) named(r *agent.Reading, t int64) element {
	v, isNumber := r.Tag.Eng(r.Value)
	if r.Quality == agent.Bad || r.Value.Kind() == agent.NoValue || isNumber && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return element{t: t, code: badCode(r)}
	}
	return taken(r, t, in.names.number(written(r)))
}

// written gives a lot's number as people write it. PLCs fill texts up with
// blanks or zero bytes.
func written(r *agent.Reading) string {
	switch r.Value.Kind() {
	case agent.Text:
		return strings.ToValidUTF8(strings.Trim(r.Value.Text(), " \t\r\n\x00"), "\uFFFD")
	case agent.Int64, agent.Uint64:
		if (r.Tag.Scale == 0 || r.Tag.Scale == 1) && r.Tag.Offset == 0 {
			return r.Value.String()
		}
	}
	v, _ := r.Tag.Eng(r.Value)
	return plainly(v)
}

func plainly(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// shows gives the text that a sample of the input stands for.
func (in *input) shows(v float64) string {
	if in.names != nil {
		return in.names.text(v)
	}
	return plainly(v)
}

// sample converts a reading of the input.
func (in *input) sample(r *agent.Reading, t int64) element {
	if in.names != nil {
		return in.named(r, t)
	}
	return sample(in.tag, r, t)
}

// nameLots lets tags that do nothing but tell lots show texts. What is a number
// elsewhere too stays a number.
func (e *Engine) nameLots() {
	numbers := map[*input]bool{}
	for _, q := range e.quantities {
		for _, in := range q.inputs {
			numbers[in] = true
		}
		for i := range q.masks {
			numbers[q.masks[i].in] = true
		}
		for i := range q.states {
			numbers[q.states[i].in] = true
		}
	}
	for _, q := range e.quantities {
		if in := q.lotted; in != nil && !numbers[in] && in.names == nil {
			in.names = &lotNames{}
			in.hash = hashOf(struct{ Named measure }{measureOf(in.tag)})
		}
	}
}

// forgetNames drops those that no sample holds.
func (in *input) forgetNames() {
	if in.names == nil {
		return
	}
	held := map[float64]bool{}
	for k := range in.runs {
		for _, el := range in.runs[k].elems {
			held[el.v] = true
		}
	}
	in.names.known = slices.DeleteFunc(in.names.known, func(n lotName) bool { return !held[n.v] })
}

func (w *writer) lotNames(n *lotNames) {
	w.bool(n != nil)
	if n == nil {
		return
	}
	w.uint(n.next)
	w.uint(uint64(len(n.known)))
	for _, one := range n.known {
		w.float(one.v)
		w.text(one.text)
	}
}

func (r *reader) lotNames() *lotNames {
	if !r.bool() {
		return nil
	}
	n := &lotNames{next: r.uint()}
	for range r.count() {
		n.known = append(n.known, lotName{r.float(), r.text()})
	}
	return n
}
