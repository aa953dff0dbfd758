package config

import (
	"iter"
	"reflect"
	"slices"
	"time"

	"recoup/agent"
)

// sourceEntry, kpiEntry and upstreamEntry are the keys that an entry has beside
// its section.
type sourceEntry struct {
	Name     string        `yaml:"name"`
	Every    time.Duration `yaml:"every"`
	Tags     *node         `yaml:"tags"`
	TagsFile string        `yaml:"tags_file"`
}

type kpiEntry struct {
	Name string `yaml:"name"`
}

type upstreamEntry struct {
	Name   string `yaml:"name"`
	Prefer string `yaml:"prefer"`
}

func (c *Config) sources(all *node) []Part {
	var parts []Part
	for path, n := range c.entries(all, "sources") {
		e := sourceEntry{Every: defaultEvery}
		p := c.part(n, path, &e)
		p.Name, p.Every = e.Name, e.Every
		c.checkEvery(p.Path+".every", e.Every)
		if e.Tags != nil {
			p.Tags = c.tags(e.Tags, p)
		}
		parts = append(parts, p)
	}
	return parts
}

func (c *Config) kpis(all *node) []Part {
	var parts []Part
	for path, n := range c.entries(all, "kpis") {
		var e kpiEntry
		p := c.part(n, path, &e)
		p.Name = e.Name
		parts = append(parts, p)
	}
	return parts
}

func (c *Config) upstreams(all *node) []Part {
	var parts []Part
	for path, n := range c.entries(all, "upstreams") {
		e := upstreamEntry{Prefer: "oldest"}
		p := c.part(n, path, &e)
		p.Name = e.Name
		switch e.Prefer {
		case "oldest":
		case "newest":
			p.Prefer = agent.Newest
		default:
			c.noteFault(p.Path+".prefer", "write oldest (the default) or newest", "unknown lane "+quote(e.Prefer))
		}
		parts = append(parts, p)
	}
	return parts
}

// entries gives the entries of a list of parts with their paths.
func (c *Config) entries(all *node, path string) iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		if all == nil || all.kind == nothing {
			return
		}
		if all.kind != list {
			c.noteFault(path, "begin each entry with a dash: - name: …", "want a list of entries")
		}
		for i, n := range all.items {
			at := path + "[" + itoa(i) + "]"
			if n.kind != mapping {
				c.noteFault(at, "write name: and a section, for example modbus: {…}", "want an entry with keys")
				continue
			}
			if !yield(at, n) {
				return
			}
		}
	}
}

// part decodes the keys that all entries of a list have and finds the section.
func (c *Config) part(n *node, path string, common any) Part {
	p := Part{Path: path}
	known := entryKeys(common)
	keys := &node{kind: mapping, at: n.at}
	var sections []entry
	for _, e := range n.entries {
		plain := e.value.kind == scalar || e.value.kind == list
		switch {
		case slices.Contains(known, e.key):
			keys.entries = append(keys.entries, e)
		case plain && nearest(e.key, known) != "":
			c.noteFault(path+"."+e.key+":", instead(e.key, known), "unknown key "+quote(e.key))
		default:
			sections = append(sections, e)
		}
	}
	c.note(decodeInto(keys, path, common))
	// A group of keys is a section; a plain value is one only for want of a group.
	slices.SortStableFunc(sections, func(a, b entry) int { return rank(a) - rank(b) })
	for _, more := range sections[min(1, len(sections)):] {
		c.noteFault(path+"."+more.key+":", "give it an entry of its own, or delete it",
			quote(more.key)+" is one section too many, beside "+quote(sections[0].key))
	}
	if len(sections) == 0 {
		c.noteFault(path, "add one, for example modbus: {…} to a source, oil_mist: {…} to a KPI, http: {…} to an upstream", "the entry has no section that says what it is")
		return p
	}
	section := sections[0]
	p.Kind = section.key
	p.Decode = func(into any) error { return decodeInto(section.value, section.key, into) }
	return p
}

func rank(e entry) int {
	if e.value.kind == mapping || e.value.kind == nothing {
		return 0
	}
	return 1
}

// tags decodes a source's tags.
func (c *Config) tags(n *node, p Part) []*agent.Tag {
	if n.kind != list && n.kind != nothing {
		c.noteFault(p.Path+".tags", "begin each tag with a dash: - {name: …, at: …}", "want a list of tags")
	}
	var tags []*agent.Tag
	for i, item := range n.items {
		path := p.Path + ".tags[" + itoa(i) + "]"
		tag, faults := decodeTag(item, path, c.Plant)
		c.note(faults)
		tag.Source = p.Name
		if item.get("every") == nil {
			tag.Every = p.Every
		} else {
			c.checkEvery(path+".every", tag.Every)
		}
		c.checkFrozen(path+".frozen", tag)
		tags = append(tags, tag)
	}
	return tags
}

// CheckKinds faults the sections that no plug-in is there for. The lists are
// the kinds that can be built. The result is *Error, or nil; parts of unknown
// kind are for the caller to leave out.
func (c *Config) CheckKinds(sources, kpis, upstreams []string) error {
	var faults agent.Faults
	check := func(what string, parts []Part, known []string) {
		for _, p := range parts {
			if p.Kind != "" && !slices.Contains(known, p.Kind) {
				faults.Add(p.Path+"."+p.Kind+":", instead(p.Kind, slices.Sorted(slices.Values(known))), "unknown kind of %s %s", what, quote(p.Kind))
			}
		}
	}
	check("source", c.Sources, sources)
	check("KPI", c.KPIs, kpis)
	check("upstream", c.Upstreams, upstreams)
	return c.Explain("", faults.Err())
}

// entryKeys lists the keys of an entry beside its section.
func entryKeys(common any) []string {
	return keyNames(fieldsOf(reflect.TypeOf(common).Elem(), nil))
}
