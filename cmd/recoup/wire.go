package main

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/kpi"
	"recoup/agent/rules"
	"recoup/agent/upstream"
	"recoup/agent/web"
	"recoup/buffer"
	"recoup/drivers"
)

// load reads a configuration and builds every part of it, so that one run names
// all mistakes. Building does no I/O: checking is building.
func load(path string, log *slog.Logger) (*agent.Agent, *config.Config, error) {
	cfg, err := config.Load(path)
	if cfg == nil {
		return nil, nil, err
	}
	w := wiring{cfg: cfg, log: log, clock: agent.SystemClock(), problems: []error{err, cfg.CheckKinds(
		sortedKeys(drivers.All()), sortedKeys(kpi.Families()), sortedKeys(upstream.All()))}}
	a := w.agent()
	if err := config.Join(w.problems...); err != nil {
		return nil, nil, err
	}
	return a, cfg, nil
}

// wiring turns a configuration into an agent and collects what is wrong.
type wiring struct {
	cfg      *config.Config
	log      *slog.Logger
	clock    agent.Clock
	board    *agent.Board
	problems []error
	built    []kpi.KPI
}

func (w *wiring) agent() *agent.Agent {
	a := &agent.Agent{Clock: w.clock, Log: w.log, Flush: w.cfg.Buffer.Flush}
	var sources, upstreams []string
	for _, part := range w.cfg.Sources {
		sources = append(sources, part.Name)
		if len(part.Tags) == 0 {
			w.note(part.Path, agent.Faults{{Path: "tags", Msg: "the source has no tags, so it would never be read",
				Fix: "add some; \"recoup example " + part.Kind + "\" shows how"}})
		}
		driver := build(w, part, drivers.All(), part.Tags)
		a.Sources = append(a.Sources, agent.Source{Name: part.Name, Driver: driver, Tags: part.Tags})
	}
	for _, part := range w.cfg.Upstreams {
		upstreams = append(upstreams, part.Name)
		a.Upstreams = append(a.Upstreams, agent.Feed{Name: part.Name, Upstream: build(w, part, upstream.All(), w.cfg.Tags), Prefer: part.Prefer})
	}
	calc, quantities := w.calculator()
	w.board = agent.NewBoard(w.clock, w.cfg.Plant, version, w.cfg.Tags, sources, upstreams, quantities)
	a.Calc, a.Board, a.Lineage = calc, w.board, lineage(w.cfg, w.built, w.log)
	store, err := buffer.New(buffer.Config{Path: w.cfg.Buffer.Path, MaxBytes: w.cfg.Buffer.MaxBytes, MaxAge: w.cfg.Buffer.MaxAge,
		Tags: w.cfg.Tags, Upstreams: upstreams}, w.clock, w.log)
	w.note("buffer", err)
	a.Store = store
	figures, _ := calc.(agent.Explainer)
	page, err := web.New(web.Config{Listen: w.cfg.Web.Listen}, a.Board, store, figures, w.log)
	w.note("web", err)
	if err == nil {
		a.Serve = page.Serve
	}
	return a
}

func (w *wiring) kpis() (kpis []kpi.KPI) {
	for _, part := range w.cfg.KPIs {
		kpis = append(kpis, build(w, part, kpi.Families(), w.cfg.Tags))
	}
	return kpis
}

func (w *wiring) calculator() (agent.Calculator, []agent.Quantity) {
	w.built = w.kpis()
	engine, err := kpi.New(w.cfg.Plant, w.built)
	w.note("", err)
	if err != nil {
		return nil, nil
	}
	calc := w.watch(engine)
	return calc, calc.Describe()
}

// watch puts rules and ratings around the engine.
func (w *wiring) watch(engine *kpi.Engine) *rules.Calculator {
	var watched []*rules.Rule
	var rated []rules.Rating
	figures := engine.Describe()
	for _, part := range w.cfg.Rules {
		rule, err := rules.Build(w.spec(part), figures)
		w.note(part.Path, err)
		if err == nil {
			watched = append(watched, rule)
		}
	}
	for _, part := range w.cfg.Ratings {
		rating, err := rules.BuildRating(w.spec(part), figures)
		w.note(part.Path, err)
		rated = append(rated, rating) // its place is in the path of faults
	}
	w.note("", rules.CheckRatings(rated))
	return rules.New(engine, watched, rated)
}

// spec is what a part without a plug-in is built from.
func (w *wiring) spec(part config.Part) agent.Spec {
	return agent.Spec{Name: part.Name, Dir: w.cfg.Dir, Plant: w.cfg.Plant, Tags: w.cfg.Tags, Decode: part.Decode, Log: w.log, Clock: w.clock, Version: version}
}

// build makes one part with the plug-in that its section names.
func build[T any](w *wiring, part config.Part, all map[string]agent.Kind[T], tags []*agent.Tag) (built T) {
	kind, known := all[part.Kind]
	if !known {
		return built // CheckKinds has said so
	}
	built, err := kind.New(agent.Spec{
		Name: part.Name, Dir: w.cfg.Dir, Plant: w.cfg.Plant, Tags: tags, Decode: part.Decode,
		Latest: func() *agent.Batch { return w.board.Latest() },
		Log:    w.log.With("part", part.Name), Clock: w.clock, Version: version,
	})
	w.note(part.Path, err)
	return built
}

func (w *wiring) note(path string, err error) {
	w.problems = append(w.problems, w.cfg.Explain(path, err))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// kinds lists every plug-in's example by "kind", for the example command. A kind
// that is both a source and an upstream has both.
func kinds() map[string]string {
	examples := map[string]string{}
	collect(examples, drivers.All())
	collect(examples, kpi.Families())
	collect(examples, upstream.All())
	examples["rules"] = rules.Example
	return examples
}

func collect[T any](into map[string]string, all map[string]agent.Kind[T]) {
	for name, kind := range all {
		example := strings.TrimSpace(kind.Example) + "\n"
		if other, two := into[name]; two {
			example = other + "\n" + example
		}
		into[name] = example
	}
}
