package config

import (
	"slices"
	"time"

	"recoup/agent"
)

// The calibration register stands at the top of the file, as a list or in a
// table. Its entries become part of the tags that the instruments give values to.

// instrumentEntry is an entry of the register as the engineer writes it.
type instrumentEntry struct {
	Serial      string   `yaml:"serial"`
	Tag         string   `yaml:"tag"`
	Tags        []string `yaml:"tags"`
	Maker       string   `yaml:"maker"`
	Model       string   `yaml:"model"`
	Accuracy    string   `yaml:"accuracy"`
	From        string   `yaml:"from"`
	Calibrated  string   `yaml:"calibrated"`
	Due         string   `yaml:"due"`
	Certificate string   `yaml:"certificate"`
}

// registerColumns are what a table of the register may hold; tags are parted by
// blanks.
func registerColumns() []string {
	return []string{"serial", "tag", "calibrated", "due", "tags", "maker", "model", "accuracy", "from", "certificate"}
}

// addRegister puts the rows of the register's table behind its entries in the
// YAML file.
func (c *Config) addRegister() {
	name := c.root.get("instruments_file")
	if name == nil || name.kind != scalar {
		return
	}
	path := c.resolve(name.text)
	text, trouble := readFile(path, "check the path; it starts from the folder of the configuration")
	if trouble != nil {
		c.noteFault("instruments_file", trouble.fix, quote(path)+": "+trouble.msg)
		return
	}
	rows, problems := readTable(path, text, registerColumns())
	c.problems = append(c.problems, problems...)
	c.root.addItems("instruments", rows, name.at)
}

// register gives the tags their instruments.
func (c *Config) register(all *node) {
	from := map[*agent.Tag][]string{} // per tag and instrument, the path that it came from
	if all == nil {
		return
	}
	if all.kind != list && all.kind != nothing {
		c.noteFault("instruments", "begin each entry with a dash: - {serial: …, tag: …, due: …}", "want a list of instruments")
	}
	for i, n := range all.items {
		path := "instruments[" + itoa(i) + "]"
		var e instrumentEntry
		c.note(decodeInto(n, path, &e))
		if n.kind != mapping {
			continue
		}
		one := c.instrument(path, &e)
		for at, name := range e.names() {
			place := path + ".tag"
			if e.Tag == "" || at > 0 {
				place = path + ".tags"
			}
			if tag := c.registered(place, name); tag != nil {
				c.agree(path+".accuracy", e.Accuracy, tag)
				tag.Instruments, from[tag] = append(tag.Instruments, one), append(from[tag], path)
			}
		}
	}
	for _, tag := range c.Tags {
		c.inOrder(tag, from[tag])
	}
}

func (e *instrumentEntry) names() []string {
	if e.Tag == "" {
		return e.Tags
	}
	return append([]string{e.Tag}, e.Tags...)
}

// instrument reads an entry's own values.
func (c *Config) instrument(path string, e *instrumentEntry) agent.Instrument {
	one := agent.Instrument{
		Serial: e.Serial, Maker: e.Maker, Model: e.Model, Certificate: e.Certificate,
		From: c.date(path+".from", e.From), Calibrated: c.date(path+".calibrated", e.Calibrated), Due: c.date(path+".due", e.Due),
	}
	if e.Serial == "" {
		c.noteFault(path+".serial", "write the number on its plate, in quotes", "the instrument has no serial number")
	}
	if e.Tag == "" && len(e.Tags) == 0 {
		c.noteFault(path+".tag", "write tag: and the name of one, or tags: [a, b]", "the entry names no tag")
	}
	if !one.Due.IsZero() && one.Due.Before(one.Calibrated) {
		c.noteFault(path+".due", "write the last day on which the calibration is valid", "it is due before it was calibrated ("+e.Calibrated+")")
	}
	return one
}

// date reads a day; the zero time for none.
func (c *Config) date(path, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1970 || day.Year() > 2200 {
		c.noteFault(path, "write year, month and day, for example 2027-01-10", quote(text)+" is not a day")
		return time.Time{}
	}
	return day
}

// registered finds the tag that an entry names.
func (c *Config) registered(path, name string) *agent.Tag {
	var names []string
	for _, tag := range c.Tags {
		if tag.Name == name {
			return tag
		}
		names = append(names, tag.Name)
	}
	fix := "name a tag below sources"
	if near := nearest(name, names); near != "" {
		fix = "write " + near
	}
	c.noteFault(path, fix, "there is no tag "+quote(name))
	return nil
}

// agree gives the tag the accuracy that the register states. One that is stated
// at both places must be the same.
func (c *Config) agree(path, text string, tag *agent.Tag) {
	if text == "" {
		return
	}
	stated, err := parseAccuracy(text, tag.Unit)
	if err != nil {
		var faults agent.Faults
		faults.Join(path, err)
		c.note(faults)
		return
	}
	if tag.Accuracy.Stated() && tag.Accuracy != stated {
		c.noteFault(path, "write one of them, the larger where they differ in time", quote(text)+" is not the accuracy that "+tag.Name+" has already")
		return
	}
	tag.Accuracy = stated
}

// inOrder sorts a tag's instruments by the day from which they serve, each of
// which has one.
func (c *Config) inOrder(tag *agent.Tag, paths []string) {
	type served struct {
		agent.Instrument
		path string
	}
	all := make([]served, len(paths))
	for i, one := range tag.Instruments {
		all[i] = served{one, paths[i]}
	}
	slices.SortStableFunc(all, func(a, b served) int { return a.From.Compare(b.From) })
	for i, one := range all {
		tag.Instruments[i] = one.Instrument
		if i > 0 && one.From.Equal(all[i-1].From) {
			c.noteFault(one.path+".from", "write from: and the first day of the newer one; for a renewed calibration change the entry's dates",
				"two instruments, "+all[i-1].Serial+" and "+one.Serial+", serve "+tag.Name+" at one time")
		}
	}
}

// addItems puts items behind those of a list. The list is a new one: the old one
// may stand elsewhere too, by an alias.
func (n *node) addItems(key string, items []*node, at spot) {
	for i, e := range n.entries {
		if e.key == key {
			if e.value.kind != list && e.value.kind != nothing {
				return // a mistake that the decoder names
			}
			longer := *e.value
			longer.kind, longer.items = list, slices.Concat(e.value.items, items)
			n.entries[i].value = &longer
			return
		}
	}
	n.add(entry{key: key, at: at, value: &node{kind: list, flow: true, at: at, items: items, size: 1}})
}
