// Package config reads the YAML file: the one place that knows how people write
// a configuration. It stands before the flow: cmd loads the file, builds every
// plug-in from its Part and starts the agent.
//
// One run names all mistakes, each with file:line:column, the line, a caret and
// what to write instead. So Load gives both a Config that parts can be built
// from and the mistakes found so far; the faults of the parts' constructors
// become mistakes of the same form by Explain, and Join makes one error of all:
//
//	cfg, err := config.Load(path)
//	if cfg == nil {
//		return err
//	}
//	errs := []error{err, cfg.CheckKinds(sources, kpis, upstreams)}
//	for _, part := range cfg.Sources {
//		driver, err := drivers[part.Kind].New(…)
//		errs = append(errs, cfg.Explain(part.Path, err))
//	}
//	return config.Join(errs...)
//
// YAML and the tag tables (CSV) become one tree of nodes with places (node.go);
// one decoder fills Go values from it (decode.go). The library's own decoder
// stops at the first fault and knows nothing of tables.
package config

import (
	"path/filepath"
	"time"

	"recoup/agent"
)

// Config is the file, checked as far as it can be without the plug-ins.
type Config struct {
	Path string // as given to Load
	Dir  string // its folder, which relative paths start from

	Plant     agent.Plant
	Buffer    Buffer
	Web       Web
	Sources   []Part
	KPIs      []Part
	Upstreams []Part
	Rules     []Part       // whose whole entry is the section
	Ratings   []Part       // likewise, without names
	Tags      []*agent.Tag // all, in order; Index and Gen are set

	root      *node
	problems  []Problem
	malformed []Problem       // the first of problems: those of the YAML form
	unnamed   int             // problems beyond maxProblems
	faulted   map[string]bool // paths named already: what follows from a fault is not one more
}

// Buffer is where and how much to keep.
type Buffer struct {
	Path     string        `yaml:"path"` // resolved
	MaxBytes int64         `yaml:"max_bytes,size"`
	MaxAge   time.Duration `yaml:"max_age"`
	Flush    time.Duration `yaml:"flush"` // longest time between recording and committing
}

// Web is the local endpoint.
type Web struct {
	Listen     string `yaml:"listen"`      // host:port
	ConfigFile string `yaml:"config_file"` // TLS and users; resolved; "" when not given
}

// Part is one source, KPI or upstream with its section.
type Part struct {
	Name   string
	Kind   string               // the section's key, for example modbus; "" when there is none to build
	Path   string               // of the entry, for Explain: sources[0]
	Every  time.Duration        // of sources
	Prefer agent.Lane           // of upstreams
	Tags   []*agent.Tag         // of sources: its own, Tags[i] being the entry's tags[i]
	Decode func(into any) error // the section, strict; the error is agent.Faults with paths from the entry
}

// document is the file's shape; the lists of parts are decoded later.
type document struct {
	Plant     agent.Plant `yaml:"plant"`
	Buffer    Buffer      `yaml:"buffer"`
	Web       Web         `yaml:"web"`
	Sources   *node       `yaml:"sources"`
	KPIs      *node       `yaml:"kpis"`
	Upstreams *node       `yaml:"upstreams"`

	Instruments     *node  `yaml:"instruments"`
	InstrumentsFile string `yaml:"instruments_file"` // its rows stand in Instruments already
	Rules           *node  `yaml:"rules"`
	Ratings         *node  `yaml:"ratings"`
}

// defaults is what stands where the file says nothing.
func defaults() document {
	return document{
		Plant:  agent.Plant{Timezone: "Asia/Shanghai", DayStart: "00:00"},
		Buffer: Buffer{Path: "data", MaxBytes: 4 << 30, MaxAge: 40 * 24 * time.Hour, Flush: time.Second},
		Web:    Web{Listen: "127.0.0.1:9466"},
	}
}

const defaultEvery = time.Second

// Load reads and checks a file. It gives a Config whenever parts can be built
// from it, so that their faults can be named in the same run, and a non-nil
// error (*Error, with every mistake) whenever the Config must not be run: check
// both.
func Load(path string) (*Config, error) {
	text, err := readFile(path, `check the path; "recoup example config" prints one to start from`)
	if err != nil {
		return nil, &Error{[]Problem{{File: path, Msg: err.msg, Fix: err.fix}}}
	}
	return parseText(path, text)
}

// Parse is Load for a file that is in memory. Path names it in problems and its
// folder is where relative paths start.
func Parse(path string, data []byte) (*Config, error) {
	text, err := text(data)
	if err != nil {
		return nil, &Error{[]Problem{{File: path, Msg: err.msg, Fix: err.fix}}}
	}
	return parseText(path, text)
}

func parseText(path, text string) (*Config, error) {
	root, problems := readYAML(path, text)
	if root == nil {
		return nil, &Error{problems}
	}
	c := &Config{Path: path, Dir: filepath.Dir(path), root: root, problems: problems, malformed: problems, faulted: map[string]bool{}}
	c.addTables()
	c.addRegister()
	c.fill()
	if c.unnamed > 0 {
		c.problems = append(c.problems, Problem{File: path, Msg: itoa(c.unnamed) + " more mistakes are not shown", Fix: "correct these first; often one is the cause of many"})
	}
	if len(c.problems) > 0 {
		return c, &Error{sorted(c.problems)}
	}
	return c, nil
}

// fill turns the tree into the fields, checking all the way.
func (c *Config) fill() {
	doc := defaults()
	c.note(decodeInto(c.root, "", &doc))
	c.Plant, c.Buffer, c.Web = doc.Plant, doc.Buffer, doc.Web
	c.Buffer.Path = c.resolve(c.Buffer.Path)
	if c.Web.ConfigFile != "" {
		c.Web.ConfigFile = c.resolve(c.Web.ConfigFile)
	}
	c.Sources, c.KPIs, c.Upstreams = c.sources(doc.Sources), c.kpis(doc.KPIs), c.upstreams(doc.Upstreams)
	c.Rules, c.Ratings = c.plain(doc.Rules, "rules"), c.plain(doc.Ratings, "ratings")
	for _, source := range c.Sources {
		for _, tag := range source.Tags {
			tag.Index = len(c.Tags)
			c.Tags = append(c.Tags, tag)
		}
	}
	c.register(doc.Instruments)
	gen := generation(c.Tags)
	for _, tag := range c.Tags {
		tag.Gen = gen
	}
	c.checkPowers()
	c.checkPlant()
	c.checkBuffer()
	c.checkNames()
}

// resolve makes a path of the file one from its folder.
func (c *Config) resolve(path string) string {
	if filepath.IsAbs(path) || path == "" {
		return path
	}
	return filepath.Join(c.Dir, path)
}
