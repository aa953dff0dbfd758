package config

import (
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"recoup/agent"
)

const (
	minEvery  = 10 * time.Millisecond
	maxEvery  = 24 * time.Hour
	longest   = 100 // characters of a name
	longestID = 63
	maxFlush  = time.Minute

	leastRepeats = 3 // polls that a value must be equal in before it counts as frozen
)

var (
	creditCode = regexp.MustCompile(`^[0-9A-Z]{18}$`)
	plantID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

func (c *Config) checkPlant() {
	p := c.Plant
	if c.faulted["plant"] {
		return
	}
	switch {
	case p.ID == "":
		c.noteFault("plant.id", "write id: and a short name, for example cq-mill-2", "the plant's id is missing")
	case len(p.ID) > longestID || !plantID.MatchString(p.ID):
		c.noteFault("plant.id", "use a-z, 0-9 and -, at most 63, for example cq-mill-2", quote(p.ID)+" is not a plant id")
	}
	if _, err := time.LoadLocation(p.Timezone); err != nil || p.Timezone == "Local" || p.Timezone == "" {
		c.noteFault("plant.timezone", "write its IANA name, for example Asia/Shanghai", "unknown time zone "+quote(p.Timezone))
	}
	if p.Company.CreditCode != "" && !creditCode.MatchString(p.Company.CreditCode) {
		c.noteFault("plant.company.credit_code", "write the 18 digits and capital letters of the business licence", "this is not a unified social credit code")
	}
	c.checkClock("plant.day_start", p.DayStart)
	before := ""
	for i, start := range p.Shifts {
		path := "plant.shifts[" + itoa(i) + "]"
		if !c.checkClock(path, start) {
			continue
		}
		if before != "" && start <= before {
			c.noteFault(path, "write the shifts in the order of the day, each once", "the shift at "+start+" does not come after "+before)
		}
		before = start
	}
}

// checkClock faults what is not a time of day.
func (c *Config) checkClock(path, s string) bool {
	const form = "15:04"
	t, err := time.Parse(form, s)
	if err == nil && t.Format(form) == s {
		return true
	}
	fix := `write hours and minutes in quotes, for example "08:00"`
	if err == nil {
		fix = "write " + quote(t.Format(form))
	}
	c.noteFault(path, fix, quote(s)+" is not a time of day")
	return false
}

func (c *Config) checkBuffer() {
	if c.Buffer.Flush > maxFlush {
		c.noteFault("buffer.flush", "write 1s, or at most 1m", "a power cut would lose up to "+c.Buffer.Flush.String()+" of readings")
	}
}

func (c *Config) checkEvery(path string, every time.Duration) {
	if every < minEvery || every > maxEvery {
		c.noteFault(path, "write a duration from 10ms to 24h, for example 1s", "cannot poll every "+every.String())
	}
}

// checkNames looks at all names: their characters, and that each is there once.
func (c *Config) checkNames() {
	if len(c.Sources) == 0 {
		c.noteFault("sources", `add a source; "recoup example modbus" prints one`, "no source is configured")
	}
	series := map[string]string{} // tags and KPIs share their names
	for _, p := range c.Sources {
		for i, tag := range p.Tags {
			if path := p.Path + ".tags[" + itoa(i) + "]"; !c.faulted[path] {
				c.checkName(path, "tag", tag.Name, series)
			}
		}
		if p.Name == agent.Own {
			c.noteFault(p.Path+".name", "choose another, for example the machine's", "the name recoup is the agent's own")
		}
	}
	c.checkPartNames("source", c.Sources, map[string]string{})
	c.checkPartNames("KPI", c.KPIs, series)
	c.checkPartNames("upstream", c.Upstreams, map[string]string{})
	c.checkPartNames("rule", c.Rules, map[string]string{})
}

func (c *Config) checkPartNames(what string, parts []Part, taken map[string]string) {
	for _, p := range parts {
		c.checkName(p.Path, what, p.Name, taken)
	}
}

// checkName faults a name that is missing, has wrong characters or is taken.
func (c *Config) checkName(path, what, name string, taken map[string]string) {
	path += ".name"
	first, double := taken[name]
	wrong := wrongCharacter(name)
	switch {
	case name == "":
		c.noteFault(path, "write name: and what people call it, for example mill", "the "+what+" has no name")
		return
	case utf8.RuneCountInString(name) > longest:
		c.noteFault(path, "write at most 100 characters", "the name is too long")
	case wrong != 0:
		c.noteFault(path, "use letters, digits and . _ -", "the name "+quote(name)+" holds "+quote(string(wrong)))
	case double:
		at := c.root.find(first)
		c.noteFault(path, "choose another", "the name "+quote(name)+" is taken in "+at.file.path+" line "+itoa(at.line))
	}
	if !double {
		taken[name] = path
	}
}

// wrongCharacter gives the first character a name cannot have, 0 for none.
func wrongCharacter(name string) rune {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_' && r != '-' {
			return r
		}
	}
	return 0
}
