package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"recoup/agent"
)

// tagEntry is a tag as the engineer writes it.
type tagEntry struct {
	Name      string        `yaml:"name"`
	At        string        `yaml:"at"`
	Unit      string        `yaml:"unit"`
	Every     time.Duration `yaml:"every"`
	Label     labelEntry    `yaml:"label"`
	Scale     *float64      `yaml:"scale"`
	Offset    float64       `yaml:"offset"`
	Range     []float64     `yaml:"range"`
	Accuracy  string        `yaml:"accuracy"`
	Sentinels []float64     `yaml:"sentinels"`
	Counter   *counterEntry `yaml:"counter"`
	Hold      bool          `yaml:"hold"`
	MaxGap    time.Duration `yaml:"max_gap"`
	Cutoff    float64       `yaml:"cutoff"`
	Frozen    time.Duration `yaml:"frozen"` // a value repeated for so long is Uncertain
	Usual     string        `yaml:"usual"`
	Ratio     []ratioEntry  `yaml:"ratio"`
	Signal    string        `yaml:"signal"`
}

type labelEntry struct {
	EN string `yaml:"en"`
	ZH string `yaml:"zh"`
}

type counterEntry struct {
	Modulus float64 `yaml:"modulus"`
	MaxRate rate    `yaml:"max_rate"`
	Power   string  `yaml:"power"`
}

// decodeTag gives the tag of an entry and what is wrong with it. The tag is
// given in any case, so that its neighbours keep their positions.
func decodeTag(n *node, path string, plant agent.Plant) (*agent.Tag, agent.Faults) {
	var e tagEntry
	var faults agent.Faults
	faults.Join("", decodeInto(n, path, &e))
	tag := &agent.Tag{
		Name: e.Name, At: e.At, Unit: e.Unit, Every: e.Every, LabelEN: e.Label.EN, LabelZH: e.Label.ZH,
		Offset: e.Offset, Sentinels: e.Sentinels, Hold: e.Hold, MaxGap: e.MaxGap, Cutoff: e.Cutoff, Frozen: e.Frozen,
	}
	if e.Scale != nil {
		tag.Scale = *e.Scale
	}
	if len(e.Range) == 2 {
		tag.Range = &agent.Range{Lo: e.Range[0], Hi: e.Range[1]}
	}
	if e.Counter != nil {
		tag.Counter = &agent.Counter{Modulus: e.Counter.Modulus, MaxRate: float64(e.Counter.MaxRate), Power: e.Counter.Power}
	}
	if e.Accuracy != "" {
		var err error
		tag.Accuracy, err = parseAccuracy(e.Accuracy, e.Unit)
		faults.Join(path+".accuracy", err)
	}
	if e.Usual != "" {
		var err error
		tag.Usual, err = parseUsual(e.Usual, e.Counter != nil)
		faults.Join(path+".usual", err)
	}
	var err error
	tag.Ratios, err = ratios(e.Ratio, plant)
	faults.Join(path, err)
	faults.Join(path, e.check())
	faults.Join(path, e.signal(tag))
	return tag, faults
}

// check looks at what the keys mean together.
func (e *tagEntry) check() error {
	var faults agent.Faults
	if e.Scale != nil && *e.Scale == 0 {
		faults.Add("scale", "write the factor from wire to unit, or delete the key", "scale 0 makes every value 0")
	}
	if e.Range != nil && len(e.Range) != 2 {
		faults.Add("range", "write [lowest, highest], for example [0, 1000]", "want two numbers, found %d", len(e.Range))
	}
	if len(e.Range) == 2 && e.Range[0] >= e.Range[1] {
		faults.Add("range", "write the lower number first", "the range is empty: %v is not below %v", e.Range[0], e.Range[1])
	}
	if e.Cutoff < 0 {
		faults.Add("cutoff", "write the magnitude below which a flow counts as zero", "the cutoff is negative")
	}
	if c := e.Counter; c != nil {
		if c.Modulus < 0 {
			faults.Add("counter.modulus", "write the number at which it begins anew, for example 4294967296, or delete the key", "the modulus is negative")
		}
		if c.MaxRate == 0 {
			faults.Add("counter.max_rate", "write the largest possible rate, for example max_rate: 200/h", "max_rate is missing")
		}
		if e.Hold {
			faults.Add("hold", "delete hold or counter", "a totaliser is not held")
		}
	}
	switch {
	case e.Frozen == 0:
	case e.Counter != nil:
		faults.Add("frozen", "delete it", "a totaliser stands still whenever nothing flows")
	case e.Hold:
		faults.Add("frozen", "delete it; max_gap says how long a value holds", "a held value repeats until the next one comes")
	}
	return faults.Err()
}

// checkFrozen faults a repetition of so few polls that a quiet signal shows it.
func (c *Config) checkFrozen(path string, tag *agent.Tag) {
	if least := leastRepeats * tag.Every; tag.Frozen > 0 && tag.Frozen < least && tag.Counter == nil && !tag.Hold {
		c.noteFault(path, "write at least "+short(least)+", or poll the tag more often (every)",
			short(tag.Frozen)+" is less than three polls, which come every "+short(tag.Every))
	}
}

// short writes a duration as people do: 3h, not 3h0m0s.
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// generation is the first 32 bits of the hash over the tags, never 0.
func generation(tags []*agent.Tag) uint32 {
	text, err := json.Marshal(tags)
	if err != nil {
		panic("BUG: tags have no JSON form: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return max(binary.BigEndian.Uint32(sum[:4]), 1)
}
