package buffer

import (
	"encoding/binary"
	"slices"
	"time"

	"recoup/agent"
)

// Results and events are written field by field. A result begins with what
// History asks for, so that the others are passed over unread.

func appendResult(dst []byte, r *agent.Result) []byte {
	dst = appendString(dst, r.KPI)
	dst = appendString(dst, string(r.Window.Kind))
	dst = appendTime(dst, r.Window.Start)
	dst = appendTime(dst, r.Window.End)
	dst = appendString(dst, r.Window.Zone)
	dst = appendString(dst, r.Unit)
	dst = appendFloat(appendFloat(appendFloat(dst, r.Value), r.U), r.Coverage)
	partial := byte(0)
	if r.Partial {
		partial = 1
	}
	dst = append(dst, byte(r.Quality), byte(r.Verdict), partial)
	dst = appendReason(dst, r.Reason)
	dst = binary.AppendUvarint(dst, uint64(len(r.Terms)))
	for i := range r.Terms {
		dst = appendTerm(dst, &r.Terms[i])
	}
	dst = appendString(dst, r.States)
	dst = binary.AppendUvarint(dst, uint64(len(r.Factors)))
	for _, f := range r.Factors {
		dst = appendString(dst, f)
	}
	dst = append(dst, r.Config[:]...)
	return appendRest(binary.AppendVarint(dst, int64(r.Revision)), r)
}

// appendRest writes what results have had since they were first stored. One that
// has none of it ends before.
func appendRest(dst []byte, r *agent.Result) []byte {
	parts := r.Window.ID != "" || len(r.Doubts) > 0 || r.Doubted != 0 || r.Was != nil || r.Estimate != 0 || r.EstimateU != 0 || r.Colour != 0 || r.Score != 0
	for i := range r.Terms {
		parts = parts || r.Terms[i].Head != 0 || r.Terms[i].Tail != 0
	}
	if !parts {
		return dst
	}
	dst = appendLost(appendString(dst, r.Window.ID), r.Doubts)
	for _, f := range []float64{r.Doubted, r.Estimate, r.EstimateU, r.Score} {
		dst = appendFloat(dst, f)
	}
	dst = append(dst, byte(r.Colour))
	for i := range r.Terms {
		dst = appendFloat(appendFloat(dst, r.Terms[i].Head), r.Terms[i].Tail)
	}
	if r.Was == nil {
		return append(dst, 0)
	}
	was := *r.Was
	was.Was = nil
	inner := appendResult(nil, &was)
	return append(binary.AppendUvarint(append(dst, 1), uint64(len(inner))), inner...)
}

func appendTerm(dst []byte, t *agent.Term) []byte {
	dst = appendString(appendString(appendString(dst, t.Role), t.Tag), t.Unit)
	dst = appendFloat(appendFloat(appendFloat(appendFloat(dst, t.Total), t.Seconds), t.USys), t.URand)
	return appendLost(dst, t.Lost)
}

func appendLost(dst []byte, all []agent.Lost) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, l := range all {
		dst = appendFloat(appendString(append(dst, byte(l.Cause)), l.About), l.Seconds)
	}
	return dst
}

// results reads all, or those that are wanted.
func (in *input) results(wanted func(string, agent.WindowKind, time.Time) bool) []agent.Result {
	n := in.count(32)
	var rs []agent.Result
	if wanted == nil {
		rs = make([]agent.Result, 0, n)
	}
	for range n {
		item := input{b: in.bytes(in.count(1)), names: in.names}
		var r agent.Result
		r.KPI, r.Window.Kind, r.Window.Start = item.name(), agent.WindowKind(item.name()), item.time()
		if wanted != nil && !item.bad && !wanted(r.KPI, r.Window.Kind, r.Window.Start) {
			continue
		}
		item.result(&r)
		if item.bad || len(item.b) > 0 {
			in.fail()
			return nil
		}
		rs = append(rs, r)
	}
	return rs
}

// result reads what follows the window's start.
func (in *input) result(r *agent.Result) {
	r.Window.End, r.Window.Zone, r.Unit = in.time(), in.name(), in.name()
	r.Value, r.U, r.Coverage = in.float(), in.float(), in.float()
	r.Quality, r.Verdict, r.Partial = agent.Quality(in.byte()), agent.Verdict(in.byte()), in.byte() != 0
	r.Reason = in.reason()
	if n := in.count(36); n > 0 {
		r.Terms = make([]agent.Term, n)
	}
	for i := range r.Terms {
		in.term(&r.Terms[i])
	}
	r.States = in.name()
	if n := in.count(1); n > 0 {
		r.Factors = make([]string, n)
	}
	for i := range r.Factors {
		r.Factors[i] = in.name()
	}
	copy(r.Config[:], in.bytes(len(r.Config)))
	r.Revision = int(in.varint())
	if len(in.b) > 0 && !in.bad {
		in.rest(r)
	}
}

// rest reads what appendRest wrote.
func (in *input) rest(r *agent.Result) {
	r.Window.ID, r.Doubts = in.name(), in.lost()
	r.Doubted, r.Estimate, r.EstimateU, r.Score = in.float(), in.float(), in.float(), in.float()
	r.Colour = agent.Colour(in.byte())
	for i := range r.Terms {
		r.Terms[i].Head, r.Terms[i].Tail = in.float(), in.float()
	}
	if in.byte() == 0 || in.bad {
		return
	}
	inner := input{b: in.bytes(in.count(1)), names: in.names}
	was := agent.Result{KPI: inner.name(), Window: agent.Window{Kind: agent.WindowKind(inner.name()), Start: inner.time()}}
	inner.result(&was)
	if inner.bad || len(inner.b) > 0 || was.Was != nil {
		in.fail()
		return
	}
	r.Was = &was
}

func (in *input) term(t *agent.Term) {
	t.Role, t.Tag, t.Unit = in.name(), in.name(), in.name()
	t.Total, t.Seconds, t.USys, t.URand = in.float(), in.float(), in.float(), in.float()
	t.Lost = in.lost()
}

func (in *input) lost() []agent.Lost {
	n := in.count(10)
	if n == 0 {
		return nil
	}
	all := make([]agent.Lost, n)
	for i := range all {
		all[i] = agent.Lost{Cause: agent.Code(in.byte()), About: in.name(), Seconds: in.float()}
	}
	return all
}

func appendEvent(dst []byte, e *agent.Event) []byte {
	dst = appendString(appendString(dst, string(e.Kind)), e.Key)
	dst = appendTime(appendTime(dst, e.Start), e.End)
	dst = appendReason(dst, e.Reason)
	if e.Gap == nil {
		return append(dst, 0)
	}
	g := e.Gap
	dst = appendMark(appendMark(append(dst, 1), g.From), g.To)
	dst = appendTime(appendTime(dst, g.First), g.Last)
	dst = binary.AppendUvarint(dst, uint64(len(g.Rows)))
	sources := make([]string, 0, len(g.Rows))
	for source := range g.Rows {
		sources = append(sources, source)
	}
	slices.Sort(sources)
	for _, source := range sources {
		dst = binary.AppendVarint(appendString(dst, source), int64(g.Rows[source]))
	}
	return dst
}

func (in *input) events() []agent.Event {
	events := make([]agent.Event, in.count(8))
	for i := range events {
		events[i] = in.event()
	}
	return events
}

func (in *input) event() agent.Event {
	e := agent.Event{Kind: agent.EventKind(in.name()), Key: in.name(), Start: in.time(), End: in.time(), Reason: in.reason()}
	if in.byte() == 0 {
		return e
	}
	g := &agent.Gap{From: in.mark(), To: in.mark(), First: in.time(), Last: in.time()}
	n := in.count(2)
	if n > 0 {
		g.Rows = make(map[string]int, n)
	}
	for range n {
		source := in.name()
		g.Rows[source] = int(in.varint())
	}
	e.Gap = g
	return e
}
