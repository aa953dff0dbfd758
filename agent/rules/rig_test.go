package rules

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// engine is a KPI engine that gives what the test says.
type engine struct {
	quantities []agent.Quantity
	next       []agent.Result
	seen       byte
}

func (e *engine) Add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	e.seen++
	all := e.next
	e.next = nil
	return all, nil
}
func (e *engine) Current() []agent.Result                                    { return nil }
func (e *engine) Describe() []agent.Quantity                                 { return e.quantities }
func (e *engine) Checkpoint() ([]byte, error)                                { return []byte{e.seen}, nil }
func (e *engine) Late() []agent.Late                                         { return nil }
func (e *engine) Afresh() agent.Reviser                                      { return &engine{quantities: e.quantities} }
func (e *engine) Above(agent.Window) []agent.Window                          { return nil }
func (e *engine) Sum(of agent.Result, _ []agent.Result) (agent.Result, bool) { return of, true }
func (e *engine) Amend(agent.Parts, time.Time, time.Time, uint64)            {}
func (e *engine) Restore(state []byte) error {
	if len(state) != 1 {
		return fmt.Errorf("the engine's state has %d bytes", len(state))
	}
	e.seen = state[0]
	return nil
}

// plant is a source "plant" whose tags are made as rules name them, and an
// engine with figures.
type plant struct {
	t      testing.TB
	tags   map[string]*agent.Tag
	order  []*agent.Tag
	engine *engine
	calc   *Calculator
	now    time.Time
	mono   uint64
	seq    uint64
	epoch  uint64
	every  time.Duration
	events []agent.Event
}

func newPlant(t testing.TB) *plant {
	return &plant{t: t, tags: map[string]*agent.Tag{}, engine: &engine{}, now: began, epoch: 1, every: 10 * time.Second}
}

func (p *plant) tag(name, unit string) *agent.Tag {
	tag := &agent.Tag{Name: name, Unit: unit, Source: "plant", Index: len(p.order), Every: p.every, Accuracy: agent.Accuracy{Rel: 0.01}}
	p.tags[name], p.order = tag, append(p.order, tag)
	return tag
}

func (p *plant) figure(kpi, name, family, unit string, inputs ...string) {
	key := kpi[strings.LastIndexByte(kpi, '.')+1:]
	p.engine.quantities = append(p.engine.quantities, agent.Quantity{KPI: kpi, Name: name, Family: family, Key: key, Unit: unit, Inputs: inputs})
}

// spec gives an entry as the configuration would: text is the JSON of a section,
// whose keys are those of the YAML.
func (p *plant) spec(name, text string) agent.Spec {
	return agent.Spec{Name: name, Plant: agent.Plant{Timezone: "Asia/Shanghai"}, Tags: p.order, Decode: func(into any) error { return fromJSON(text, into) }}
}

func (p *plant) rule(name, text string) *Rule {
	p.t.Helper()
	r, err := Build(p.spec(name, text), p.engine.quantities)
	if err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (p *plant) watch(rules ...*Rule) { p.calc = New(p.engine, rules, nil) }

func (p *plant) batch() *agent.Batch {
	p.seq++
	return &agent.Batch{Mark: agent.Mark{Epoch: p.epoch, Seq: p.seq}, Source: "plant", Received: p.now, Boot: p.epoch, Mono: p.mono}
}

// pass moves both clocks on.
func (p *plant) pass(d time.Duration) { p.now, p.mono = p.now.Add(d), p.mono+uint64(d) }

func (p *plant) add(b *agent.Batch) ([]agent.Result, []agent.Event) {
	results, events := p.calc.Add(b)
	p.events = append(p.events, events...)
	return results, events
}

// read polls all tags once; a value that is not named is Bad.
func (p *plant) read(values map[string]float64) *agent.Batch {
	b := p.batch()
	for _, tag := range p.order {
		r := agent.Reading{Tag: tag, Time: p.now, Reason: agent.Reason{Code: agent.Sentinel}}
		if v, ok := values[tag.Name]; ok {
			r.Value, r.Quality, r.Reason = agent.Float64Value(v), agent.Good, agent.Reason{}
		}
		b.Readings = append(b.Readings, r)
	}
	return b
}

// run polls for a time.
func (p *plant) run(lasts time.Duration, values map[string]float64) {
	for end := p.now.Add(lasts); p.now.Before(end); {
		p.pass(p.every)
		p.add(p.read(values))
	}
}

// close gives the engine results of one window that ends now.
func (p *plant) close(results ...agent.Result) []agent.Result {
	p.engine.next = results
	all, _ := p.add(p.batch())
	return all
}

// window makes a good result over the window that ends now.
func (p *plant) window(kind agent.WindowKind, kpi string, value, u float64, terms ...agent.Term) agent.Result {
	length := map[agent.WindowKind]time.Duration{agent.Hour: time.Hour, agent.Day: 24 * time.Hour, agent.Week: 7 * 24 * time.Hour}[kind]
	if terms == nil {
		terms = []agent.Term{{Role: "only", Total: value}}
	}
	for i := range terms {
		terms[i].Seconds = length.Seconds()
	}
	return agent.Result{KPI: kpi, Unit: "1", Window: agent.Window{Kind: kind, Start: p.now.Add(-length), End: p.now}, Value: value, U: u, Coverage: 1, Quality: agent.Good, Terms: terms}
}

// fromJSON fills a section by its yaml keys. Durations are text.
func fromJSON(text string, into any) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return agent.Faults{{Msg: err.Error()}}
	}
	return fields(all, reflect.ValueOf(into).Elem())
}

func fields(all map[string]json.RawMessage, v reflect.Value) error {
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		raw, given := all[key]
		if !given {
			continue
		}
		delete(all, key)
		f := v.Field(i)
		var err error
		switch at := f.Addr().Interface().(type) {
		case *time.Duration:
			*at, err = duration(raw)
		case **time.Duration:
			var d time.Duration
			d, err = duration(raw)
			*at = &d
		default:
			if f.Kind() == reflect.Struct {
				var below map[string]json.RawMessage
				if err = json.Unmarshal(raw, &below); err == nil {
					err = fields(below, f)
				}
			} else {
				err = json.Unmarshal(raw, at)
			}
		}
		if err != nil {
			return agent.Faults{{Path: key, Msg: err.Error()}}
		}
	}
	for key := range all {
		return agent.Faults{{Path: key, Msg: "unknown key"}}
	}
	return nil
}

func duration(raw json.RawMessage) (time.Duration, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, err
	}
	return time.ParseDuration(text)
}

// tell writes events as the test wants them: the rule, and when it held.
func (p *plant) tell() (told []string) {
	for _, e := range p.events {
		if e.Kind != agent.Diagnosed {
			continue
		}
		text := e.Key + " from " + e.Start.Sub(began).String()
		if !e.End.IsZero() {
			text += " to " + e.End.Sub(began).String()
		}
		told = append(told, text)
	}
	return told
}
