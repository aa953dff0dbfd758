package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Fact is one thing that the configuration says.
type Fact struct {
	About string // "plant", "source mill", "tag mill.q_in", "KPI mill.oil", "instrument A-1" …
	Key   string // within it, for example modbus.address
	Value string // as it is written, numbers in one form, without secrets
}

// Facts lists what the configuration says of each part: entries by their names,
// so that their order does not count, nor do comments, quotes and layout, nor
// whether tags and instruments stand in the file or in a table beside it.
func (c *Config) Facts() []Fact {
	var f facts
	for _, key := range []string{"plant", "buffer", "web"} {
		f.all(key, c.root.get(key))
	}
	for _, source := range c.root.list("sources") {
		f.named("source", source, "tags", "tags_file")
		for _, tag := range source.list("tags") {
			f.named("tag", tag)
		}
	}
	for _, part := range []struct{ what, key string }{{"upstream", "upstreams"}, {"rule", "rules"}} {
		for _, n := range c.root.list(part.key) {
			f.named(part.what, n)
		}
	}
	for _, n := range c.root.list("kpis") {
		f.named("KPI", n.without("factors"))
	}
	for _, n := range c.root.list("ratings") {
		f.all("rating "+n.word("kpi"), n)
	}
	for _, n := range c.root.list("instruments") {
		about := "instrument " + n.word("serial")
		if from := n.word("from"); from != "" {
			about += " since " + from
		}
		f.all(about, n)
	}
	known := map[string]bool{"plant": true, "buffer": true, "web": true, "sources": true, "kpis": true, "rules": true, "ratings": true, "upstreams": true, "instruments": true, "instruments_file": true}
	for _, e := range c.root.entries {
		if !known[e.key] {
			f.all(e.key, e.value)
		}
	}
	return f
}

type facts []Fact

// without gives a KPI without a key of its family's section: the values of its
// factors are told of with the factors.
func (n *node) without(key string) *node {
	whole := &node{kind: mapping}
	for _, e := range n.entries {
		if e.value != nil && e.value.kind == mapping {
			section := *e.value
			section.entries = slices.DeleteFunc(slices.Clone(section.entries), func(e entry) bool { return e.key == key })
			e.value = &section
		}
		whole.entries = append(whole.entries, e)
	}
	return whole
}

// named takes an entry in under its name, without some of its keys.
func (f *facts) named(what string, n *node, without ...string) {
	own := &node{kind: mapping}
	for _, e := range n.entries {
		if e.key != "name" && !slices.Contains(without, e.key) {
			own.entries = append(own.entries, e)
		}
	}
	f.all(what+" "+n.word("name"), own)
}

func (f *facts) all(about string, n *node) {
	if n != nil {
		f.add(about, "", n)
	}
}

// add takes a value in, each plain one below it under a key of its own; a list
// of plain values is one.
func (f *facts) add(about, key string, n *node) {
	switch {
	case n.kind == mapping:
		for _, e := range n.entries {
			f.add(about, below(key, e.key), e.value)
		}
	case n.kind == list && !n.plain():
		for i, item := range n.items {
			at := itoa(i)
			if name := item.word("name"); name != "" {
				at = name
			}
			f.add(about, key+"["+at+"]", item)
		}
	default:
		*f = append(*f, Fact{about, key, told(key, n)})
	}
}

// plain reports whether a list holds plain values alone.
func (n *node) plain() bool {
	return !slices.ContainsFunc(n.items, func(item *node) bool { return item.kind != scalar })
}

// list gives the items of a key's list.
func (n *node) list(key string) []*node {
	if v := n.get(key); v != nil {
		return v.items
	}
	return nil
}

// word gives a key's plain value, "" for none.
func (n *node) word(key string) string {
	if v := n.get(key); v != nil {
		return v.text
	}
	return ""
}

var secretKey = regexp.MustCompile(`(?i)(password|passwd|passphrase|token|secret|api_key|credential)[^.]*$`)

// told writes a value for people: without what a key's name says is secret and
// without user, password and query of an address.
func told(key string, n *node) string {
	if n.kind == list {
		var items []string
		for _, item := range n.items {
			items = append(items, told(key, item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	text := n.text
	switch v, err := number(text); {
	case secretKey.MatchString(key) && !strings.HasSuffix(key, "_file"):
		return "***"
	case strings.Contains(text, "://"):
		return address(text)
	case err == nil && !n.quoted:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return mask(text)
}

// address leaves of a URL what says where it leads.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		scheme, _, _ := strings.Cut(text, "://")
		return scheme + "://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
