package kpi

import (
	_ "embed"
	"math"

	"recoup/agent"
)

//go:embed waste_heat_power.yaml
var wasteHeatPowerExample string

// wasteHeatPower is the section of the family.
type wasteHeatPower struct {
	Generation generation `yaml:"generation"`
	Import     string     `yaml:"import"`
	Export     string     `yaml:"export"`
	PV         string     `yaml:"pv"`
	Green      string     `yaml:"green"`
	Pull       string     `yaml:"pull"`
	Packed     string     `yaml:"packed"`
	Flue       flue       `yaml:"flue"`
	Steam      steamSide  `yaml:"steam"`
	Quantities []string   `yaml:"quantities"`
	Target     string     `yaml:"target"`
	validity   `yaml:",inline"`
	Masks      []maskSection `yaml:"masks"`

	Correlated []correlationSection `yaml:"correlated"`
	Operation  operation            `yaml:",inline"`
}

// generation is the power plant: what its generator gives and what it uses itself.
type generation struct {
	Gross       string `yaml:"gross"`
	Auxiliaries string `yaml:"auxiliaries"`
}

// hottestEngine bounds what power can come of heat: no gas below 900 °C allows
// more of what it gives until 150 °C, with 25 °C on the cold side (Carnot).
const hottestEngine = 0.6

// newWasteHeatPower builds the KPI of a power plant on waste heat: the share of
// the site's use that it covers, the share of the flue gas's heat that its boiler
// takes, and the power that comes of it. With G gross generation, A auxiliaries, I
// import, X export, V photovoltaics and N = G − A the use is I − X + N + V.
func newWasteHeatPower(spec agent.Spec) (KPI, error) {
	b := builder{spec: spec, minCoverage: 0.5}
	var section wasteHeatPower
	var faults agent.Faults
	faults.Join("", spec.Decode(&section))
	b.valid(section.validity)

	kpi := KPI{Name: spec.Name, Family: "waste_heat_power"}
	p := b.site(section)
	p.shares(&b, &kpi)
	p.perTonne(&b, &kpi, section)
	p.others(&b, &kpi, section)
	p.heat(&b, &kpi, section)
	b.choose(&kpi, section.Quantities, section.Target)
	b.masks(&kpi, section.Masks)
	b.operate(&kpi, section.Operation, "run")
	b.correlated(&kpi, section.Correlated)
	return b.built(kpi, faults)
}

// powerSite is what the meters of a site count.
type powerSite struct {
	gross, auxiliaries, imported, exported, pv stream
	rest                                       []portion // of the use: all but the power plant
}

func (b *builder) site(section wasteHeatPower) (p powerSite) {
	p.gross = b.energy("gross", "generation.gross", section.Generation.Gross, "the generator's meter")
	p.auxiliaries = b.energy("auxiliaries", "generation.auxiliaries", section.Generation.Auxiliaries,
		"a meter of what the power plant uses itself: without it gross generation would pass for net")
	p.imported = b.energy("import", "import", section.Import, "the meter of what the grid delivers")
	p.exported = b.energy("export", "export", section.Export, "a meter of what goes into the grid")
	p.pv = b.energy("pv", "pv", section.PV, "a meter of the photovoltaics")
	p.rest = []portion{{p.imported, 0, 1}}
	if section.Export != "" {
		p.rest = append(p.rest, portion{p.exported, 0, -1})
	}
	if section.PV != "" {
		p.rest = append(p.rest, portion{p.pv, 0, 1})
	}
	return p
}

// energy makes a term in kWh from a totaliser of energy or a power.
func (b *builder) energy(role, path, name, what string) stream {
	return b.metered(role, path, name, what, energyMetering())
}

// net is N with a weight above and one below the line.
func (p powerSite) net(over, under float64) []portion {
	return []portion{{p.gross, over, under}, {p.auxiliaries, -over, -under}}
}

// shares offers what needs the electric meters alone.
func (p powerSite) shares(b *builder, kpi *KPI) {
	// Below zero: the power plant stood and its auxiliaries ran.
	net, share := agent.Range{Lo: -1, Hi: 1}, agent.Range{Lo: 0, Hi: 1}
	bypassed := []string{"bypass"} // the site runs on while the damper is open: that time is part of the share
	b.quotient(kpi, "share_net", "1", net, append(p.net(1, 1), p.rest...)...).Always = bypassed
	b.quotient(kpi, "share_gross", "1", share, append([]portion{{p.gross, 1, 1}}, p.rest...)...).Always = bypassed
	b.quotient(kpi, "self_consumption", "1", share, append(p.net(1, 1), portion{p.alone(), -1, 0})...)
	b.quotient(kpi, "aux_ratio", "1", agent.Range{Lo: 0, Hi: math.Inf(1)}, portion{p.gross, 0, 1}, portion{p.auxiliaries, 1, 0})
	b.quotient(kpi, "generated_net", "kWh", agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}, p.net(1, 0)...)
}

// alone is the export where all of it is the power plant's.
func (p powerSite) alone() stream {
	if p.exported.why == "" && p.pv.why == "" {
		return stream{why: "the export is that of the power plant and of the photovoltaics, and no meter tells them apart"}
	}
	return p.exported
}

// perTonne offers N per tonne of glass.
func (p powerSite) perTonne(b *builder, kpi *KPI, section wasteHeatPower) {
	anything := agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	b.quotient(kpi, "specific", "kWh/t", anything, append(p.net(1, 0), portion{b.pull(section.Pull), 0, 1})...)
	packed := b.metered("packed", "packed", section.Packed, "a meter of the packed glass", tonneMetering())
	b.quotient(kpi, "specific_packed", "kWh/t", anything, append(p.net(1, 0), portion{packed, 0, 1})...)
}

// pull makes the term of the glass drawn, in t.
func (b *builder) pull(name string) stream {
	if name == "" {
		return stream{why: "pull is not named: it takes the furnace's pull"}
	}
	return b.metered("pull", "pull", name, "the furnace's pull", tonneMetering())
}

// heat offers what needs the flue gas or the steam. The reversal of the fires puts
// a saw-tooth of 20 to 30 min on the gas: windows shorter than an hour are trends.
func (p powerSite) heat(b *builder, kpi *KPI, section wasteHeatPower) {
	gas, steam := b.flue(section.Flue), b.steamHeat(section.Steam)
	taken := []portion{{gas.before, 0, 1}, {gas.behind, 0, -1}}
	share, power := agent.Range{Lo: 0, Hi: 1}, agent.Range{Lo: 0, Hi: hottestEngine}
	net, amount := agent.Range{Lo: -1, Hi: hottestEngine}, agent.Range{Lo: 0, Hi: math.Inf(1)}
	anything := agent.Range{Lo: math.Inf(-1), Hi: math.Inf(1)}
	hourly := func(q *Quantity) { q.MinWindow = agent.Hour }
	hourly(b.offer(kpi, "heat_recovery", "1", leftOfFirst, share, gas.before, gas.behind))
	hourly(b.quotient(kpi, "eta_gross", "1", power, append(taken, portion{p.gross, 1, 0})...))
	hourly(b.quotient(kpi, "eta_net", "1", net, append(taken, p.net(1, 0)...)...))
	hourly(b.offer(kpi, "eta_bound", "1", carnot(gas.reference), share, gas.before, gas.behind, gas.capacity))
	b.offer(kpi, "steam_heat", "kWh", total, amount, steam)
	hourly(b.quotient(kpi, "heat_recovery_steam", "1", share, portion{gas.before, 0, 1}, portion{steam, 1, 0}))
	hourly(b.quotient(kpi, "heat_balance", "1", anything, portion{gas.before, 1, 1}, portion{gas.behind, -1, -1}, portion{steam, -1, 0}))
	hourly(b.quotient(kpi, "eta_gross_steam", "1", power, portion{steam, 0, 1}, portion{p.gross, 1, 0}))
	hourly(b.quotient(kpi, "eta_net_steam", "1", net, append([]portion{{steam, 0, 1}}, p.net(1, 0)...)...))
}

// others offers what counts beside the power plant: its own numerators, over the
// same use.
func (p powerSite) others(b *builder, kpi *KPI, section wasteHeatPower) {
	share := agent.Range{Lo: 0, Hi: 1}
	b.quotient(kpi, "self_consumed_share", "1", agent.Range{Lo: -1, Hi: 1}, append(p.net(1, 1), portion{p.imported, 0, 1}, portion{p.alone(), -1, -1})...)
	use := append(p.net(0, 1), p.rest...)
	sun := append([]portion(nil), use...)
	if section.PV == "" {
		sun = append(sun, portion{p.pv, 1, 1})
	} else {
		sun[len(sun)-1].over = 1
	}
	b.quotient(kpi, "share_pv", "1", share, sun...)
	green := b.energy("green", "green", section.Green, "a meter or settled amount of bought green power")
	b.quotient(kpi, "share_green", "1", share, append(use, portion{green, 1, 0})...)
}
