package kpi

import (
	"fmt"
	"strings"

	"recoup/agent"
)

// duct is one side of the treatment. A flow as it is in the duct (m3/h) needs
// temperature, absolute pressure and moisture beside it.
type duct struct {
	Flow          string   `yaml:"flow"`
	Concentration string   `yaml:"concentration"`
	Basis         string   `yaml:"basis"`    // carbon, propane or oil: what a mass or ppm counts as
	Analyser      string   `yaml:"analyser"` // thc or droplets
	Sample        string   `yaml:"sample"`   // dry or wet: the gas that it refers to
	Temperature   string   `yaml:"temperature"`
	Pressure      string   `yaml:"pressure"`
	Moisture      string   `yaml:"moisture"`
	O2            string   `yaml:"o2"`
	O2Reference   *float64 `yaml:"o2_reference"`
}

const (
	atomC         = 12.011 // g/mol
	propane       = 44.097 // g/mol
	carbonPerMole = atomC / molarVolume
)

// gasBasis is a unit of concentration: kilograms per cubic metre in one of it.
type gasBasis struct {
	unit
	basis string // "" where the unit does not say
	duct  bool   // per cubic metre as it is in the duct, not per dry normal one
	moles bool   // ppm of the volume
}

// contents lists what a concentration of hydrocarbons may be in. Propane counts
// as the carbon in it.
func contents() []gasBasis {
	inPropane := 3 * atomC / propane
	return []gasBasis{
		{unit: unit{"mg/Nm3", 1e-6}}, {unit: unit{"g/Nm3", 1e-3}}, {unit: unit{"mgC/Nm3", 1e-6}, basis: "carbon"},
		{unit: unit{"mgC3H8/Nm3", 1e-6 * inPropane}, basis: "propane"},
		{unit: unit{"mg/m3", 1e-6}, duct: true}, {unit: unit{"g/m3", 1e-3}, duct: true}, {unit: unit{"mgC/m3", 1e-6}, basis: "carbon", duct: true},
		{unit: unit{"mgC3H8/m3", 1e-6 * inPropane}, basis: "propane", duct: true},
		{unit: unit{"ppm", 1e-6 * carbonPerMole}, moles: true}, {unit: unit{"ppmC", 1e-6 * carbonPerMole}, basis: "carbon", moles: true},
		{unit: unit{"ppmC3H8", 3e-6 * carbonPerMole}, basis: "propane", moles: true},
	}
}

func contentNames() string {
	var all []unit
	for _, c := range contents() {
		all = append(all, c.unit)
	}
	return names(all)
}

// exhaust reads one side. What is missing or not right is said once, by mass.
func (b *builder) exhaust(role string, d duct, carbon *Factor) (e exhaust) {
	if d.O2 != "" || d.O2Reference != nil {
		b.faults.Add(role+".o2_reference", "delete it: only furnaces and other combustion are corrected",
			"an exhaust that is not burnt is not brought to a reference oxygen (GB 37822-2019): near the oxygen of air it would turn 12 mg/m3 into 2148")
	}
	flow := b.ductFlow(role, d)
	e.volume = b.gasVolume(role, d, flow)
	c, basis := b.gasBasis(role, d)
	e.basis = basis
	if why := d.unmeasured(role); why != "" {
		e.mass = stream{why: why}
	} else {
		e.mass = b.carried(role, d, flow, c, basis)
	}
	e.droplets, e.oil, e.carbon = stream{why: role + ".analyser is not droplets"}, e.mass, e.mass
	if d.Analyser == "droplets" {
		blind := stream{why: role + ".analyser sees droplets only: 90 to 95 % of the oil mist of aluminium rolling is vapour"}
		e.droplets, e.mass, e.oil, e.carbon = e.mass, blind, blind, blind
		return e
	}
	if e.mass.why == "" {
		e.oil, e.carbon = onBasis(role, e.mass, basis, carbon)
	}
	return e
}

// unmeasured says which instrument is missing.
func (d duct) unmeasured(role string) string {
	var whys []string
	if d.Flow == "" {
		whys = append(whys, role+".flow is not named: it takes the flow of the exhaust")
	}
	if d.Concentration == "" {
		whys = append(whys, role+".concentration is not named: it takes an analyser")
	}
	return strings.Join(whys, "; ")
}

// flowing is a flow meter: in the duct's or in dry normal cubic metres per second.
type flowing struct {
	Arg
	actual bool
}

// ductFlow finds the flow.
func (b *builder) ductFlow(role string, d duct) (f flowing) {
	if d.Flow == "" {
		return f
	}
	path := role + ".flow"
	if f.Tag = b.tag(path, d.Flow, ""); f.Tag == nil {
		return f
	}
	b.rate(path, f.Tag)
	u, ok := find(normalFlows(), f.Tag.Unit)
	if !ok {
		u, f.actual = find([]unit{{"m3/h", perHour}, {"m3/min", 1.0 / 60}, {"m3/s", 1}}, f.Tag.Unit)
	}
	if !ok && !f.actual {
		b.faults.Add(path, "use a tag whose unit is one of "+names(normalFlows())+", or m3/h with temperature, pressure and moisture", "%s is in %q, which is not a normal volume flow", f.Tag.Name, f.Tag.Unit)
	}
	f.Unit = u.factor
	return f
}

// gasVolume makes the term of the dry gas in 1000 Nm3.
func (b *builder) gasVolume(role string, d duct, f flowing) stream {
	if f.Tag == nil {
		return stream{why: role + ".flow is not named: it takes the flow of the exhaust"}
	}
	t := Term{Role: "gas_volume", Unit: "1000Nm3", Factor: f.Unit / 1000, Tags: []*agent.Tag{f.Tag}}
	if f.actual {
		if d.Temperature == "" || d.Pressure == "" || d.Moisture == "" {
			return stream{why: fmt.Sprintf("%s.flow is in %s: without %[1]s.temperature, %[1]s.pressure and %[1]s.moisture its normal volume is not known", role, f.Tag.Unit)}
		}
		t.Formula = b.normal(role, d, 1, 1)
	}
	return stream{terms: []Term{t}}
}

// gasBasis finds the unit of the concentration and what it counts: "" where
// nobody says.
func (b *builder) gasBasis(role string, d duct) (c gasBasis, basis string) {
	path := role + ".concentration"
	for _, o := range []struct{ key, value, one, other string }{{"analyser", d.Analyser, "thc", "droplets"}, {"sample", d.Sample, "dry", "wet"}} {
		if o.value != "" && o.value != o.one && o.value != o.other {
			b.faults.Add(role+"."+o.key, "write "+o.one+" or "+o.other, "there is no %s %q", o.key, o.value)
		}
	}
	if d.Basis != "" && d.Basis != "carbon" && d.Basis != "propane" && d.Basis != "oil" {
		b.faults.Add(role+".basis", "write carbon, propane or oil", "there is no basis %q", d.Basis)
		return c, ""
	}
	if d.Concentration == "" {
		return c, ""
	}
	tag := b.tag(path, d.Concentration, "")
	if tag == nil {
		return c, ""
	}
	b.rate(path, tag)
	for _, known := range contents() {
		if u, ok := find([]unit{known.unit}, tag.Unit); ok {
			c = known
			c.unit = u
			break
		}
	}
	basis = d.Basis
	switch {
	case c.name == "":
		b.faults.Add(path, "use a tag whose unit is one of "+contentNames(), "%s is in %q, which is not a mass per normal cubic metre", tag.Name, tag.Unit)
	case c.basis != "" && basis != "" && c.basis != basis:
		b.faults.Add(role+".basis", "delete it: the unit says it", "%s is in %s, which counts as %s and not as %s", tag.Name, tag.Unit, c.basis, basis)
	case c.moles && c.basis == "" && basis != "carbon" && basis != "propane":
		b.faults.Add(path, "write "+role+".basis: propane (or carbon, calibrated with methane), or use a tag in mg/Nm3", "%s is in %q, which is not a mass per normal cubic metre until it is known of what", tag.Name, tag.Unit)
	case c.duct && d.Sample != "":
		b.faults.Add(role+".sample", "delete it: the gas is as it is in the duct", "%s is in %s, which counts per cubic metre in the duct", tag.Name, tag.Unit)
	}
	if c.basis != "" {
		basis = c.basis
	} else if basis == "propane" {
		if c.moles {
			c.factor *= 3
		} else {
			c.factor *= 3 * atomC / propane
		}
	}
	if basis == "propane" {
		basis = "carbon"
	}
	return c, basis
}

// carried makes the term of what the exhaust carries: flow × concentration, both
// brought to the same cubic metres.
func (b *builder) carried(role string, d duct, f flowing, c gasBasis, basis string) stream {
	t := Term{Role: role, Unit: "kg", Factor: f.Unit * c.factor, Tags: []*agent.Tag{f.Tag, b.present(d.Concentration)}}
	if t.Tags[0] == nil || t.Tags[1] == nil {
		return stream{} // which was told before
	}
	if basis == "carbon" {
		t.Unit = "kgC"
	}
	var gas, dry int // powers of the two parts of the normal volume in a cubic metre
	if f.actual {
		gas, dry = 1, 1
	}
	switch {
	case c.duct:
		gas, dry = gas-1, dry-1
	case d.Sample == "wet":
		dry--
	}
	if (gas == 0 || d.Temperature != "" && d.Pressure != "") && (dry == 0 || d.Moisture != "") {
		t.Formula = b.normal(role, d, gas, dry)
		return stream{terms: []Term{t}}
	}
	switch {
	case f.actual:
		b.faults.Add(role+".flow", fmt.Sprintf("name %s.temperature, %[1]s.pressure and %[1]s.moisture, or configure the normalised flow of the PLC, unit Nm3/h", role),
			"%s is in %s: the actual flow must be brought to dry normal cubic metres first, or the mass is wrong by 10 to 20 %%", f.Tag.Name, f.Tag.Unit)
	case c.duct:
		b.faults.Add(role+".concentration", fmt.Sprintf("name %s.temperature, %[1]s.pressure and %[1]s.moisture, or use a tag in mg/Nm3", role),
			"%s is in %s, as it is in the duct: it must be brought to dry normal cubic metres first", d.Concentration, c.name)
	default:
		b.faults.Add(role+".sample", fmt.Sprintf("name %s.moisture, or write sample: dry", role), "what %s shows of wet gas must be brought to dry gas first", d.Concentration)
	}
	return stream{terms: []Term{t}}
}

// known finds a tag whose absence was told before.
func (b *builder) present(name string) *agent.Tag {
	for _, t := range b.spec.Tags {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func pressures() []unit {
	return []unit{{"kPa", 1}, {"Pa", 1e-3}, {"hPa", 0.1}, {"mbar", 0.1}, {"bar", 100}, {"MPa", 1000}}
}

func moistures() []unit { return []unit{{"%", 0.01}, {"vol%", 0.01}, {"1", 1}} }

// normal is the formula of the dry normal cubic metres (0 °C, 101.325 kPa) in one
// of the duct: 273.15/(273.15+T) × p/101.325, to the power gas, times 1−x, to the
// power dry; nil for neither. Of temperatures outside −50 to 400 °C, pressures
// outside 50 to 130 kPa and moistures above 0.8 nothing is known: a gauge
// pressure is taken for none.
func (b *builder) normal(role string, d duct, gas, dry int) *Formula {
	var f Formula
	add := func(key, name string, table []unit, what string) {
		tag, factor := b.measured(role+"."+key, name, table, what)
		f.Args = append(f.Args, Arg{Tag: tag, Unit: factor})
	}
	if gas != 0 {
		add("temperature", d.Temperature, temperatures(), "a temperature")
		add("pressure", d.Pressure, pressures(), "an absolute pressure")
	}
	if dry != 0 {
		add("moisture", d.Moisture, moistures(), "a share of the volume")
	}
	if f.Args == nil {
		return nil
	}
	f.Name = fmt.Sprintf("normal^%d·dry^%d", gas, dry)
	f.Of = func(x []float64) (float64, agent.Quality, int) {
		y := 1.0
		if gas != 0 {
			if !(x[0] >= -50 && x[0] <= 400) {
				return 0, agent.Bad, 0
			}
			if !(x[1] >= 50 && x[1] <= 130) {
				return 0, agent.Bad, 1
			}
			y = lifted(273.15/(273.15+x[0])*x[1]/101.325, gas)
		}
		if dry != 0 {
			at := len(x) - 1
			if !(x[at] >= 0 && x[at] <= 0.8) {
				return 0, agent.Bad, at
			}
			y *= lifted(1-x[at], dry)
		}
		return y, agent.Good, 0
	}
	return &f
}

// lifted is x or 1/x, x to the power 1 or −1; 1 for 0.
func lifted(x float64, n int) float64 {
	switch n {
	case 1:
		return x
	case -1:
		return 1 / x
	}
	return 1
}
