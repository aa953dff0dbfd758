package sim

import "time"

// Unit ids behind the gateway of the glass works.
const (
	boilerUnit   = 10 // the boiler's PLC
	genUnit      = 11 // the generator's power meter
	incomerUnit  = 12 // the incomer's power meter
	glassMeterOf = 0.005
)

// glassPoints is the register map of the glass works. All floats lie high word
// first; the meters count in steps of 0.1 kWh or 1 Wh.
func glassPoints() []Point {
	f := func(unit int, table Table, address uint16, name, eng string, rel, abs, noise, lag, step float64) Point {
		return Point{Name: name, Unit: unit, Table: table, Address: address, Type: Float32, EngUnit: eng, Scale: 1,
			Rel: rel, Abs: abs, noise: noise, lag: lag, step: step}
	}
	plc := func(address uint16, name, eng string, rel, abs, noise, lag, step float64) Point {
		return f(boilerUnit, Holding, address, name, eng, rel, abs, noise, lag, step)
	}
	count := func(unit int, address uint16, kind Type, name string, scale, rel float64) Point {
		return Point{Name: name, Unit: unit, Table: Input, Address: address, Type: kind, EngUnit: "kWh", Scale: scale, Rel: rel}
	}
	bit := func(address uint16, name string) Point {
		return Point{Name: name, Unit: boilerUnit, Table: Discrete, Address: address, Type: Bool, Scale: 1}
	}
	return []Point{
		plc(0, "flue_flow", "Nm3/h", 0.04, 0, 300, 2, 10),
		plc(2, "t_in", "°C", 0, 3, 0.3, 10, 0.1),
		plc(4, "t_out", "°C", 0, 2, 0.2, 20, 0.1),
		plc(6, "steam_flow", "t/h", 0.015, 0, 0.03, 2, 0.01),
		plc(8, "steam_pressure", "MPa", 0.002, 0, 0.001, 1, 0.001),
		plc(10, "steam_temp", "°C", 0, 1.5, 0.1, 20, 0.1),
		plc(12, "condenser", "kPa", 0, 0.05, 0.01, 2, 0.01),
		plc(14, "pull", "t/d", 0.01, 0, 0, 600, 0.1),
		plc(16, "aux_power", "kW", 0.01, 0, 0.3, 1, 0.1),
		f(genUnit, Input, 0, "gen_power", "kW", glassMeterOf, 0, 1, 1, 0.1),
		f(incomerUnit, Input, 0, "grid_power", "kW", glassMeterOf, 0, 3, 1, 0.1), // below 0: export
		count(boilerUnit, 20, Uint32, "aux_energy", 0.1, 0.01),
		count(genUnit, 100, Uint32, "gen_energy", 0.1, glassMeterOf),
		count(incomerUnit, 100, Uint64, "import_energy", 0.001, glassMeterOf),
		count(incomerUnit, 104, Uint64, "export_energy", 0.001, glassMeterOf),
		{Name: "heartbeat", Unit: boilerUnit, Table: Input, Address: 0, Type: Uint16, EngUnit: "s", Scale: 1},
		bit(0, "breaker_closed"),
		bit(1, "bypass_open"),
		bit(2, "soot_blowing"),
		bit(3, "fires_left"),
		bit(4, "line_running"),
	}
}

// truths lists the true values of the Float32 points, in the order of
// glassPoints.
func (g *Glass) truths() [11]float64 {
	st := &g.state
	return [...]float64{st.flow, st.in, st.out, st.steam, st.pressure, st.temp, st.condenser, st.pull, st.aux, st.gross, st.exchange}
}

// glassMeters are the totalisers, each in the unit of its register, not
// wrapped.
type glassMeters struct{ aux, gen, imported, exported float64 }

func newGlassMeters() glassMeters {
	return glassMeters{aux: 8_123_456, gen: 91_234_567, imported: 412_345_678_000, exported: 1_234_567_000}
}

// What the incomer's new meter shows: it was in use elsewhere before.
const newMeterImport, newMeterExport = 86_250_000.0, 40_000.0

type glassPlaces struct {
	auxPower, genPower, gridPower                      int
	auxEnergy, genEnergy, imported, exported           int
	heartbeat, breaker, bypass, blowing, left, running int
}

func newGlassPlaces(p *panel) glassPlaces {
	return glassPlaces{
		p.at("aux_power"), p.at("gen_power"), p.at("grid_power"),
		p.at("aux_energy"), p.at("gen_energy"), p.at("import_energy"), p.at("export_energy"),
		p.at("heartbeat"), p.at("breaker_closed"), p.at("bypass_open"), p.at("soot_blowing"), p.at("fires_left"), p.at("line_running"),
	}
}

// show lets instruments and meters look.
func (g *Glass) show(s float64) {
	truths := g.truths()
	g.measure(truths[:], &g.incidents, g.now, s)
	if g.incidents.on(WrongWordOrder) {
		g.swapWords()
	}
	g.count(s / 3600)
	at := &g.place
	g.put(at.heartbeat, uint64(uint16(g.now.Sub(g.start)/time.Second)))
	g.put(at.breaker, bit(g.state.gross > 0))
	g.put(at.bypass, 0)
	g.put(at.blowing, bit(g.blowing > 0))
	g.put(at.left, bit(g.leftSide))
	g.put(at.running, bit(g.state.lineRuns))
	g.power(!g.Off())
	if g.incidents.on(MeterSwapped) { // there is no meter for that long
		for i := range g.samples {
			g.samples[i].OK = g.samples[i].OK && g.points[i].Unit != incomerUnit
		}
	}
}

// swapWords exchanges the words of the boiler PLC's floats.
func (g *Glass) swapWords() {
	for i, p := range g.points {
		if bits := g.samples[i].Bits; p.Unit == boilerUnit && p.Type == Float32 {
			g.put(i, bits&0xFFFF<<16|bits>>16)
		}
	}
}

// count moves the totalisers on by h hours; they go on while nothing answers.
func (g *Glass) count(h float64) {
	at, m, st := &g.place, &g.meters, &g.state
	kWh := func(instrument int, kW float64) float64 { return max(g.instruments[instrument].steady(kW, 0), 0) * h }
	m.aux += 10 * kWh(at.auxPower, st.aux)
	m.gen += 10 * kWh(at.genPower, st.gross)
	if g.incidents.on(MeterSwapped) {
		m.imported, m.exported = newMeterImport, newMeterExport
	} else {
		m.imported += 1000 * kWh(at.gridPower, st.exchange)
		m.exported += 1000 * kWh(at.gridPower, -st.exchange)
	}
	g.reset(at.auxEnergy, &m.aux)
	g.reset(at.genEnergy, &m.gen)
	g.reset(at.imported, &m.imported)
	g.reset(at.exported, &m.exported)
	g.put(at.auxEnergy, uint64(uint32(uint64(m.aux))))
	g.put(at.genEnergy, uint64(uint32(uint64(m.gen))))
	g.put(at.imported, uint64(m.imported))
	g.put(at.exported, uint64(m.exported))
}

// reset begins a totaliser anew when its incident begins.
func (g *Glass) reset(point int, total *float64) {
	if g.incidents.at(CounterReset, g.points[point].Name) {
		*total = 0
	}
}
