package kpi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"recoup/agent"
)

// concentrationSection says which tag shows how much of something is in a gas,
// and what it counts. A plain name stands for {tag: NAME}.
type concentrationSection struct {
	Tag    string         `yaml:"tag,plain"`
	Gas    string         `yaml:"gas"` // what the analyser counts: SO2, C3H8 …; needed of a tag in ppm or %
	Of     string         `yaml:"of"`  // the oil that is meant by mass as oil, for example dodecane
	As     string         `yaml:"as"`  // what it is to be counted as: carbon, propane, oil, mass or ppm
	Oxygen *oxygenSection `yaml:"oxygen"`
}

// oxygenSection refers a concentration to a content of oxygen. Standards demand
// it of combustion stacks only: of the exhaust of an absorption it would make
// any figure.
type oxygenSection struct {
	Tag       string   `yaml:"tag"`
	Reference *float64 `yaml:"reference"` // vol%
	Air       *float64 `yaml:"air"`       // vol%: 21 in Chinese standards, 20.9 in American ones
}

// concentration is a tag as a factor of terms: one unit of it is Unit of In, a
// mass per dry normal cubic metre or, counted as ppm, a share. Basis says what
// the mass is counted as: "" for a mass as such, carbon, propane or oil. Oxygen,
// nil for none, is a further factor.
type concentration struct {
	Tag    *agent.Tag
	Unit   float64
	In     Unit
	Basis  string
	Oxygen *Formula
}

const molarVolume = 22.414 // l/mol of an ideal gas at 0 °C and 101.325 kPa

// gas is what analysers count, with its molar mass in g/mol and its atoms of
// carbon.
type gas struct {
	name    string
	molar   float64
	carbons float64
}

// Atomic weights are the abridged ones of IUPAC 2021 (C 12.011, H 1.008,
// N 14.007, O 15.999, Cl 35.45); oxides of sulphur count with the values that
// the balance of sulphuric acid counts with.
func gases() []gas {
	return []gas{
		{"SO2", 64.066, 0}, {"SO3", 80.066, 0}, {"C3H8", 44.096, 3}, {"CH4", 16.043, 1}, {"CO", 28.010, 1}, {"CO2", 44.009, 1},
		{"NO", 30.006, 0}, {"NO2", 46.005, 0}, {"NH3", 17.031, 0}, {"HCl", 36.458, 0},
	}
}

const (
	carbonMass   = 12.011
	hydrogenMass = 1.008
)

// oils gives the share of carbon in the mass of an oil by its formula.
func oils() map[string]float64 {
	all := map[string]float64{}
	for name, carbons := range map[string]float64{"decane": 10, "undecane": 11, "dodecane": 12, "tridecane": 13, "tetradecane": 14, "hexadecane": 16} {
		all[name] = carbonMass * carbons / (carbonMass*carbons + hydrogenMass*(2*carbons+2)) // an alkane's 2n + 2 atoms of hydrogen
	}
	return all
}

// concentration finds the tag of a concentration and what one unit of it is;
// false with faults when there is none.
func (b *builder) concentration(path string, s concentrationSection) (c concentration, ok bool) {
	told := len(b.faults)
	tag := b.tag(path, s.Tag, "the tag of the analyser")
	if tag == nil {
		return c, false
	}
	b.rate(path, tag)
	c.Tag = tag
	u, err := ParseUnit(tag.Unit)
	if err != nil {
		b.faults.Add(path, "use a tag in mg/Nm3, or in ppm with gas: SO2 beside it", "%s", inUnit(tag))
		return c, false
	}
	shown, value := b.counted(path, s, tag, u)
	if len(b.faults) == told {
		b.countAs(path, s, &c, shown, value)
	}
	if s.Oxygen != nil && len(b.faults) == told {
		c.Oxygen = b.oxygen(path+".oxygen", s.Oxygen)
	}
	return c, len(b.faults) == told
}

// counted says what a tag shows, and what one unit of it is in kg/Nm3.
func (b *builder) counted(path string, s concentrationSection, tag *agent.Tag, u Unit) (shown string, value float64) {
	var perVolume Dimension
	perVolume[ofNormalVolume] = -1
	for _, of := range []struct {
		kind int
		is   string
	}{{ofMass, s.Gas}, {ofCarbon, "carbon"}, {ofPropane, "C3H8"}, {ofOil, "oil"}} {
		d := perVolume
		d[of.kind] = 1
		if u.Dimension != d {
			continue
		}
		if of.is == "" && s.Of != "" {
			of.is = "oil"
		}
		if s.Gas != "" && of.is != s.Gas {
			b.faults.Add(path+".gas", "delete gas, or use a tag in ppm", "%s: its unit says already what it counts", inUnit(tag))
		}
		return of.is, u.Factor
	}
	if u.Dimension != (Dimension{}) || u.Factor > 0.01 {
		b.faults.Add(path, "use a tag in "+names(concentrations())+", or in ppm with gas: SO2 beside it", "%s, not a concentration: %s needs mass per normal volume", inUnit(tag), path)
		return "", 0
	}
	if g, ok := gasOf(s.Gas); ok {
		return g.name, u.Factor * g.molar / molarVolume
	}
	b.faults.Add(path+".gas", "write gas: and one of "+gasNames(), "%s: the mass of a share depends on the gas, and %q is none that is known", inUnit(tag), s.Gas)
	return "", 0
}

// countAs brings what a tag shows to what it is to be counted as.
func (b *builder) countAs(path string, s concentrationSection, c *concentration, shown string, value float64) {
	c.In, c.Unit = unitOf("kg/Nm3"), value
	want := s.As
	if want == "" || want == "mass" {
		want = shown
	}
	if g, is := gasOf(shown); want == "ppm" && is {
		c.In, c.Unit = unitOf("1"), value*molarVolume/g.molar
		return
	}
	if want != shown {
		from, known := b.carbonIn(path, s, shown)
		to, wanted := b.carbonIn(path, s, want)
		if !known || !wanted {
			b.faults.Add(path+".as", "write as: carbon, propane or oil where the tag counts carbon, propane, a named gas with carbon or a named oil; as: ppm with gas:",
				"%s: what it shows cannot be counted as %q", inUnit(c.Tag), s.As)
			return
		}
		c.Unit *= from / to
	}
	for of, unit := range map[string]string{"carbon": "kgC/Nm3", "propane": "kgC3H8/Nm3", "C3H8": "kgC3H8/Nm3", "oil": "kgoil/Nm3"} {
		if want == of {
			c.In = unitOf(unit)
			c.Basis = strings.Replace(of, "C3H8", "propane", 1)
		}
	}
}

// carbonIn gives the share of carbon in the mass of what is counted.
func (b *builder) carbonIn(path string, s concentrationSection, what string) (float64, bool) {
	if what == "propane" {
		what = "C3H8"
	}
	g, is := gasOf(what)
	switch {
	case what == "carbon":
		return 1, true
	case is:
		return g.carbons * carbonMass / g.molar, g.carbons > 0
	case what != "oil":
		return 0, false
	}
	share, known := oils()[s.Of]
	if !known {
		b.faults.Add(path+".of", "write of: and one of "+strings.Join(slices.Sorted(maps.Keys(oils())), ", "), "the carbon in the oil %q is not known", s.Of)
	}
	return share, known
}

// oxygen makes the factor (air − reference)/(air − measured) of one instant. Near
// air there is nothing to correct any more.
func (b *builder) oxygen(path string, s *oxygenSection) *Formula {
	tag, unit := b.measured(path+".tag", s.Tag, accepted("1", "%", "vol%"), "a content of oxygen")
	air := b.declared(path+".air", s.Air, 21, 20.5, 21.5, "vol%")
	if s.Reference == nil {
		b.faults.Add(path+".reference", "write the content that the permit or standard refers to, for example 8", "missing: the content of oxygen that is referred to")
		return nil
	}
	reference := b.declared(path+".reference", s.Reference, 0, 0, 19, "vol%")
	return referred(Arg{Tag: tag, Unit: unit}, air/100, reference/100)
}

const (
	mostlyAir = 0.20 // of oxygen: above it no concentration is corrected
	beyondAir = 0.25 // no analyser of a stack shows more
)

func referred(oxygen Arg, air, reference float64) *Formula {
	return &Formula{
		Name: fmt.Sprintf("oxygen_%g_of_%g", 100*reference, 100*air), Args: []Arg{oxygen},
		Of: func(x []float64) (float64, agent.Quality, int) {
			switch {
			case x[0] < 0 || x[0] > beyondAir:
				return 0, agent.Bad, 0
			case x[0] > mostlyAir:
				return 1, agent.Uncertain, 0
			}
			return (air - reference) / (air - x[0]), agent.Good, 0
		},
	}
}

func gasOf(name string) (gas, bool) {
	for _, g := range gases() {
		if g.name == name {
			return g, true
		}
	}
	return gas{}, false
}

func gasNames() string {
	var all []string
	for _, g := range gases() {
		all = append(all, g.name)
	}
	return strings.Join(all, ", ")
}
