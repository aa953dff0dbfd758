package config

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// ratioEntry is a ratio of a meter's transformers as the engineer writes it: from
// a day of the plant, or a day and a time of its clock.
type ratioEntry struct {
	From    string   `yaml:"from"`
	Value   *float64 `yaml:"value"`
	Because string   `yaml:"because"`
}

// ratios turns them into instants of the plant's time.
func ratios(entries []ratioEntry, plant agent.Plant) (all []agent.Ratio, err error) {
	var faults agent.Faults
	for i, e := range entries {
		path := "ratio[" + itoa(i) + "]"
		from, ok := plantInstant(e.From, plant)
		switch {
		case !ok:
			faults.Add(path+".from", `write the day, or the day and the time, from which it holds, for example 2026-01-01 or "2026-07-14 09:30"`, "%s is no time of the plant", quote(e.From))
		case e.Value == nil || !(*e.Value > 0) || math.IsInf(*e.Value, 0):
			faults.Add(path+".value", "write what a reading is multiplied by, for example 40 for transformers of 200 to 5 A", "a ratio is a number above 0")
		case len(all) > 0 && !from.After(all[len(all)-1].From):
			faults.Add(path+".from", "list the ratios from the earliest to the latest, each instant once", "%s does not come after the one before", e.From)
		default:
			all = append(all, agent.Ratio{From: from.UTC(), Value: *e.Value, Because: e.Because})
		}
	}
	return all, faults.Err()
}

// plantInstant reads a day, which begins with the production day, or a day and a
// time of the plant's clock; false for what that clock never showed.
func plantInstant(text string, plant agent.Plant) (at time.Time, ok bool) {
	loc, err := time.LoadLocation(plant.Timezone)
	if err != nil {
		loc = time.UTC // the plant's own fault names the zone
	}
	text = strings.Replace(strings.TrimSpace(text), "T", " ", 1)
	if !strings.Contains(text, " ") {
		text += " " + cmp.Or(plant.DayStart, "00:00")
	}
	const form = "2006-01-02 15:04"
	at, err = time.ParseInLocation(form, text, loc)
	return at, err == nil && at.Format(form) == text && at.Year() >= 1970 && at.Year() <= 2200
}

// signal makes a tag that of a current loop: its wire gives mA, by scale and
// offset where it counts otherwise, and range says what 4 and 20 mA stand for.
func (e *tagEntry) signal(tag *agent.Tag) error {
	const fix = "write signal: 4-20mA, or delete the key"
	switch {
	case e.Signal == "":
		return nil
	case strings.ReplaceAll(e.Signal, " ", "") != "4-20mA":
		return keyed("signal", fault("unknown signal "+quote(e.Signal), fix))
	case tag.Counter != nil:
		return keyed("signal", fault("a totaliser is no current loop", "delete signal or counter"))
	case tag.Range == nil || !(tag.Range.Lo < tag.Range.Hi):
		return keyed("range", fault("a current loop needs its range", "write what 4 and 20 mA stand for, for example range: [0, 50]"))
	}
	scale := tag.Scale
	if scale == 0 {
		scale = 1
	}
	perMA := (tag.Range.Hi - tag.Range.Lo) / 16
	tag.Scale, tag.Offset = scale*perMA, tag.Range.Lo+(tag.Offset-4)*perMA
	tag.Signal, tag.Range = tag.Range, nil
	return nil
}

// keyed puts a fault on a key of the entry.
func keyed(key string, err error) error {
	var faults agent.Faults
	faults.Join(key, err)
	return faults.Err()
}

// checkPowers looks whether the rates that totalisers name can be their rates.
func (c *Config) checkPowers() {
	for _, source := range c.Sources {
		for i, tag := range source.Tags {
			if tag.Counter == nil || tag.Counter.Power == "" {
				continue
			}
			path := source.Path + ".tags[" + itoa(i) + "].counter.power"
			at := slices.IndexFunc(c.Tags, func(t *agent.Tag) bool { return t.Name == tag.Counter.Power })
			switch {
			case at < 0:
				c.noteFault(path, "name the tag of the rate that "+tag.Name+" totals, or delete the key", "there is no tag "+quote(tag.Counter.Power))
			case c.Tags[at].Counter != nil:
				c.noteFault(path, "name a rate, such as a power in kW", quote(tag.Counter.Power)+" is a totaliser itself")
			case !c.Tags[at].Accuracy.Stated():
				c.noteFault(path, "give "+tag.Counter.Power+" its accuracy, for example accuracy: 1% limit",
					"without an accuracy "+quote(tag.Counter.Power)+" cannot tell how often "+quote(tag.Name)+" began anew")
			}
		}
	}
}
