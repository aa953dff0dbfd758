package kpi

import (
	"fmt"

	"recoup/agent"
)

// gasLoss is what a stack carries.
type gasLoss struct {
	Flow          string  `yaml:"flow"`
	Concentration string  `yaml:"concentration"`
	Corrected     *oxygen `yaml:"corrected"`
	None          string  `yaml:"none"`
}

// oxygen says that an analyser shows its value corrected to a reference content
// of oxygen, which is not what the stack carries. With the oxygen that was
// measured the correction is taken back: C = C_ref (air − O2)/(air − reference).
type oxygen struct {
	Reference float64 `yaml:"reference"` // %, that the shown value is corrected to
	Measured  string  `yaml:"measured"`  // tag, % of dry gas
	Air       float64 `yaml:"air"`       // % in air by which the analyser corrects: 20.9 or 21
}

const mostOxygen = 20.0 // %; above, there is hardly any flue gas to correct

// sulphurDioxides are the units of SO2 in a dry gas, in kg/Nm3.
func sulphurDioxides() []unit {
	return append(concentrations()[:2], unit{"ppm", 1e-6 * molarSO2 / molarGas})
}

// gas makes the term of what a stack carries, times a factor, in kg.
func (b *builder) gas(role string, g gasLoss, table []unit, factor float64) stream {
	path := "losses." + role
	if g.Flow == "" || g.Concentration == "" {
		return stream{why: fmt.Sprintf("%s needs flow and concentration", path)}
	}
	flow, perSecond := b.measured(path+".flow", g.Flow, normalFlows(), "a dry normal volume flow")
	c, kilograms := b.measured(path+".concentration", g.Concentration, table, "a mass per normal cubic metre")
	t := Term{Role: role, Unit: "kg", Factor: factor * perSecond * kilograms, Tags: []*agent.Tag{flow, c}}
	if g.Corrected == nil {
		return stream{terms: []Term{t}}
	}
	o := *g.Corrected
	if o.Measured == "" {
		return stream{why: fmt.Sprintf("%s is corrected to %g %% oxygen: what the stack carries takes the oxygen that was measured (%s.corrected.measured)", g.Concentration, o.Reference, path)}
	}
	if !(o.Air >= 20.5 && o.Air <= 21.5) {
		b.faults.Add(path+".corrected.air", "write 20.9 or 21, as the analyser is set", "%g %% is not the oxygen of air", o.Air)
	}
	if !(o.Reference >= 0 && o.Reference < mostOxygen) {
		b.faults.Add(path+".corrected.reference", "write what the analyser corrects to, in %, for example 8", "%g %% is no reference content of oxygen", o.Reference)
	}
	tag, percent := b.measured(path+".corrected.measured", o.Measured, []unit{{"%", 1}, {"vol%", 1}, {"%vol", 1}}, "a content of oxygen in per cent")
	t.Formula = o.back(Arg{Tag: tag, Unit: percent})
	return stream{terms: []Term{t}}
}

// back is the formula that takes the correction back.
func (o oxygen) back(measured Arg) *Formula {
	return &Formula{
		Name: fmt.Sprintf("from_%g_of_%g_percent_o2", o.Reference, o.Air), Args: []Arg{measured},
		Of: func(x []float64) (float64, agent.Quality, int) {
			if !(x[0] >= 0 && x[0] <= mostOxygen) {
				return 0, agent.Bad, 0
			}
			return (o.Air - x[0]) / (o.Air - o.Reference), agent.Good, 0
		},
	}
}

// converter is where SO2 becomes SO3: what goes in, and what is left behind the
// last absorber.
type converter struct {
	In   string `yaml:"so2_in"`
	Out  string `yaml:"so2_out"`
	Flow string `yaml:"flow"` // of the dry gas that goes in; without it means are over time
}

// moleFractions are the units of SO2 in a dry gas as a share of its volume.
func moleFractions() []unit {
	const perMilligram = 1e-6 * molarGas / molarSO2
	return []unit{{"%", 0.01}, {"vol%", 0.01}, {"%vol", 0.01}, {"ppm", 1e-6}, {"mol/mol", 1}, {"1", 1}, {"mg/Nm3", perMilligram}, {"g/Nm3", 1000 * perMilligram}}
}

// converted makes the terms of a conversion: SO2 in and out, each weighted with
// the gas flow, and the gas; without a flow the weight is time.
func (b *builder) converted(c converter) stream {
	switch {
	case c == converter{}:
		return stream{why: "conversion is not named: it takes analysers of SO2 before the converter and behind the last absorber (conversion.so2_in, conversion.so2_out)"}
	case c.In == "":
		return stream{why: "no SO2 before the converter is named (conversion.so2_in)"}
	case c.Out == "":
		return stream{why: "no SO2 behind the last absorber is named (conversion.so2_out)"}
	}
	in, perIn := b.measured("conversion.so2_in", c.In, moleFractions(), "a share of SO2 in dry gas")
	out, perOut := b.measured("conversion.so2_out", c.Out, moleFractions(), "a share of SO2 in dry gas")
	gas := Term{Role: "time", Unit: "s", Factor: 1}
	if c.Flow != "" {
		flow, factor := b.measured("conversion.flow", c.Flow, normalFlows(), "a dry normal volume flow")
		gas = Term{Role: "process_gas", Unit: "Nm3", Factor: factor, Tags: []*agent.Tag{flow}}
	}
	with := func(role string, tag *agent.Tag, factor float64) Term {
		return Term{Role: role, Unit: gas.Unit, Factor: gas.Factor * factor, Tags: append([]*agent.Tag{tag}, gas.Tags...)}
	}
	return stream{terms: []Term{with("so2_in", in, perIn), with("so2_out", out, perOut), gas}}
}

// conversion is X = (1 − y_out/y_in)/(1 − 1.5 y_out) of the mean mole fractions
// of SO2: 1.5 moles of gas vanish with each mole that is converted and absorbed.
// It differs from the mean of the conversions by less than 1 % of 1 − X while
// y_in stays within a tenth of its mean.
func conversion(totals []float64) (float64, []float64, agent.Reason) {
	in, out, gas := totals[0], totals[1], totals[2]
	if in <= 0 || gas <= 0 {
		return 0, nil, agent.Reason{Code: agent.NoInput}
	}
	left, rest := 1-out/in, 1-1.5*out/gas
	if rest <= 0 {
		return 0, nil, agent.Reason{Code: agent.BoundViolated, Detail: "more than two thirds of the gas are SO2 behind the absorber; check the instruments"}
	}
	shrunk := 1.5 * left / (rest * rest)
	return left / rest, []float64{out / (in * in * rest), -1/(in*rest) + shrunk/gas, -shrunk * out / (gas * gas)}, agent.Reason{}
}
