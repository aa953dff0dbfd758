package kpi

import (
	_ "embed"
	"fmt"
	"math"
	"strings"

	"recoup/agent"
)

//go:embed waste_heat_power.yaml
var wasteHeatPowerExample string

// wasteHeatPower is the section of the family.
type wasteHeatPower struct {
	Generation  generation    `yaml:"generation"`
	Import      string        `yaml:"import"`
	Export      string        `yaml:"export"`
	Pull        string        `yaml:"pull"`
	Flue        flue          `yaml:"flue"`
	Quantities  []string      `yaml:"quantities"`
	Target      string        `yaml:"target"`
	MinCoverage *float64      `yaml:"min_coverage"`
	Masks       []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
}

// generation is the power plant: what its generator gives and what it uses itself.
type generation struct {
	Gross       string `yaml:"gross"`
	Auxiliaries string `yaml:"auxiliaries"`
}

// flue is the gas that brings the heat: its flow, and its temperatures before
// and behind the boiler.
type flue struct {
	Flow         string   `yaml:"flow"`
	Inlet        string   `yaml:"inlet"`
	Outlet       string   `yaml:"outlet"`
	Reference    *float64 `yaml:"reference"`     // °C from which heat counts; default 25
	HeatCapacity *float64 `yaml:"heat_capacity"` // kJ/(Nm3·K) between these temperatures; default 1.42
}

// newWasteHeatPower builds the KPI of a power plant on waste heat: the share of
// the site's use that it covers, and the share of the flue gas's heat that its
// boiler takes. With G gross generation, A auxiliaries, I import, X export and
// N = G − A the share is N/(I − X + N).
func newWasteHeatPower(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section wasteHeatPower
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.coverage(section.MinCoverage)
	gross := b.energy("gross", "generation.gross", section.Generation.Gross, "the generator's meter")
	auxiliaries := b.energy("auxiliaries", "generation.auxiliaries", section.Generation.Auxiliaries,
		"a meter of what the power plant uses itself: without it gross generation would pass for net")
	imported := b.energy("import", "import", section.Import, "the meter of what the grid delivers")
	exported := b.energy("export", "export", section.Export, "a meter of what goes into the grid")
	grid := []stream{imported}
	if section.Export != "" {
		grid = append(grid, exported)
	}

	kpi := KPI{Name: spec.Name, Family: "waste_heat_power"}
	// Below zero: the power plant stood and its auxiliaries ran.
	net := agent.Range{Lo: -1, Hi: 1}
	anything := agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	b.offer(&kpi, "share_net", "1", shareNet, net, append([]stream{gross, auxiliaries}, grid...)...)
	b.offer(&kpi, "share_gross", "1", shareGross, agent.Range{Lo: 0, Hi: 1}, append([]stream{gross}, grid...)...)
	b.offer(&kpi, "self_consumption", "1", selfConsumption, agent.Range{Lo: 0, Hi: 1}, gross, auxiliaries, exported)
	b.offer(&kpi, "aux_ratio", "1", ofFirst, agent.Range{Lo: 0, Hi: math.Inf(1)}, gross, auxiliaries)
	b.offer(&kpi, "generated_net", "kWh", lessSecond, anything, gross, auxiliaries)
	b.offer(&kpi, "specific", "kWh/t", netPerTonne, anything, gross, auxiliaries, b.pull(section.Pull))
	b.offer(&kpi, "heat_recovery", "1", leftOfFirst, agent.Range{Lo: 0, Hi: 1}, b.flue(section.Flue))
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// energy makes a term in kWh from a totaliser of energy or a power.
func (b *builder) energy(role, path, name, what string) stream {
	if name == "" {
		return stream{why: fmt.Sprintf("%s is not named: it takes %s", path, what)}
	}
	tag := b.tag(path, name, what)
	if tag == nil {
		return stream{}
	}
	table, kind := powers(), "a power"
	if tag.Counter != nil {
		table, kind = energies(), "a totaliser of energy"
	}
	u, ok := find(table, tag.Unit)
	if !ok {
		fix := "use a tag whose unit is one of " + names(table)
		if _, isEnergy := find(energies(), tag.Unit); isEnergy {
			fix = fmt.Sprintf("if %s is a totaliser, give the tag counter: {modulus: …, max_rate: …}", tag.Name)
		}
		b.faults.Add(path, fix, "%s is in %q, which is not %s", tag.Name, tag.Unit, kind)
	}
	return stream{terms: []Term{{Role: role, Unit: "kWh", Factor: u.factor, Tags: []*agent.Tag{tag}}}}
}

// pull makes the term of the glass drawn, in t.
func (b *builder) pull(name string) stream {
	if name == "" {
		return stream{why: "pull is not named: it takes the furnace's pull or the packed glass"}
	}
	tag, factor := b.measured("pull", name, pulls(), "a mass rate")
	return stream{terms: []Term{{Role: "pull", Unit: "t", Factor: factor, Tags: []*agent.Tag{tag}}}}
}

// flue makes the terms of the gas's heat above the reference, in kWh: before the
// boiler and behind it. The heat capacity is the same in both and cancels in
// their ratio. The errors of the two thermometers count as independent; what they
// share would make the ratio surer than it is told to be.
func (b *builder) flue(s flue) stream {
	reference := b.declared("flue.reference", s.Reference, 25, -50, 250, "°C")
	capacity := b.declared("flue.heat_capacity", s.HeatCapacity, 1.42, 0.5, 3, "kJ/(Nm3·K)")
	if s.Flow == "" && s.Inlet == "" && s.Outlet == "" {
		return stream{why: "flue is not named: it takes the flow of the flue gas and its temperatures before and behind the boiler"}
	}
	var whys []string
	for _, need := range []struct{ key, name, what string }{
		{"flow", s.Flow, "the flow of the flue gas"}, {"inlet", s.Inlet, "its temperature before the boiler"}, {"outlet", s.Outlet, "its temperature behind the boiler"},
	} {
		if need.name == "" {
			whys = append(whys, fmt.Sprintf("flue.%s is not named: it takes %s", need.key, need.what))
		}
	}
	if whys != nil {
		return stream{why: strings.Join(whys, "; ")}
	}
	flow, factor := b.measured("flue.flow", s.Flow, normalFlows(), "a normal volume flow")
	heat := func(role, path, name string) Term {
		tag, unit := b.measured(path, name, temperatures(), "a temperature")
		return Term{Role: role, Unit: "kWh", Factor: factor * capacity / 3600, Tags: []*agent.Tag{flow}, Formula: above(reference, Arg{Tag: tag, Unit: unit})}
	}
	return stream{terms: []Term{heat("flue_heat", "flue.inlet", s.Inlet), heat("stack_heat", "flue.outlet", s.Outlet)}}
}

// declared takes a constant of the configuration, or what holds without it.
func (b *builder) declared(path string, configured *float64, otherwise, lo, hi float64, unit string) float64 {
	if configured == nil {
		return otherwise
	}
	if v := *configured; !(v >= lo && v <= hi) {
		b.faults.Add(path, fmt.Sprintf("write a number from %g to %g, or delete the key: it is %g then", lo, hi, otherwise), "%g %s is not plausible", v, unit)
	}
	return *configured
}

// above is the formula of the kelvins above a reference temperature in °C. Below
// it gas brings no heat: such time is lost.
func above(reference float64, temperature Arg) *Formula {
	return &Formula{
		Name: fmt.Sprintf("above_%gC", reference), Args: []Arg{temperature},
		Of: func(x []float64) (float64, agent.Quality, int) {
			if x[0] < reference {
				return 0, agent.Bad, 0
			}
			return x[0] - reference, agent.Good, 0
		},
	}
}

// ownShare is own/(own + rest of the use), with its sensitivity to both.
func ownShare(own, rest float64) (value, byOwn, byRest float64, reason agent.Reason) {
	use := own + rest
	if use <= 0 {
		return 0, 0, 0, agent.Reason{Code: agent.NoInput}
	}
	return own / use, rest / (use * use), -own / (use * use), agent.Reason{}
}

// balance gives import − export, export being left out where there is none.
func balance(grid []float64) float64 {
	if len(grid) == 1 {
		return grid[0]
	}
	return grid[0] - grid[1]
}

// shareNet is N/(I − X + N) of gross, auxiliaries, import and export.
func shareNet(totals []float64) (float64, []float64, agent.Reason) {
	value, own, rest, reason := ownShare(totals[0]-totals[1], balance(totals[2:]))
	return value, []float64{own, -own, rest, -rest}[:len(totals)], reason
}

// shareGross is G/(I − X + G) of gross, import and export.
func shareGross(totals []float64) (float64, []float64, agent.Reason) {
	value, own, rest, reason := ownShare(totals[0], balance(totals[1:]))
	return value, []float64{own, rest, -rest}[:len(totals)], reason
}

// selfConsumption is (N − X)/N of gross, auxiliaries and export.
func selfConsumption(totals []float64) (float64, []float64, agent.Reason) {
	net, exported := totals[0]-totals[1], totals[2]
	if net <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	rise := exported / (net * net)
	return 1 - exported/net, []float64{rise, -rise, -1 / net}, agent.Reason{}
}

// lessSecond is the first term less the second.
func lessSecond(totals []float64) (float64, []float64, agent.Reason) {
	return totals[0] - totals[1], []float64{1, -1}, agent.Reason{}
}

// netPerTonne is N per tonne of gross, auxiliaries and pull.
func netPerTonne(totals []float64) (float64, []float64, agent.Reason) {
	net, pull := totals[0]-totals[1], totals[2]
	if pull <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	return net / pull, []float64{1 / pull, -1 / pull, -net / (pull * pull)}, agent.Reason{}
}
