package sim

import (
	"iter"
	"math"
	"time"
)

// What the simulated float-glass works is like.
const (
	flueFlow   = 80000.0 // Nm3/h
	flueIn     = 490.0   // °C between two reversals
	flueOut    = 180.0   // °C with a clean boiler, at the usual load
	reversal   = 20 * 60 // seconds
	dipTime    = 120.0   // seconds that the gas is colder after a reversal
	dip        = 50.0    // °C
	gasHeat    = 1.42 / 3600
	ambient    = 25.0  // °C, the zero of heat
	toPower    = 0.21  // of the recovered heat
	drumTime   = 600.0 // seconds from gas to steam
	shaftTime  = 300.0 // seconds from steam to power
	usualPull  = 600.0 // t/d
	siteLoad   = 7300.0
	foulsBy    = 25.0 / 30 // °C per day
	foulsBadly = 12.0      // °C per day, in addition, during the incident
	blownAt    = 25.0      // °C at which the soot is blown
	blowKeeps  = 0.4
	lineStops  = 8 * 86400.0 // seconds between stops of the line, in the mean
	stopLasts  = 40 * 60.0
)

// Glass is a float-glass works that makes a quarter of its power from the
// furnace's flue gas: boiler, turbine, two power meters. Its state is the truth;
// Values is what its PLC and meters show of it.
type Glass struct {
	works

	flow, temp, pull    wander
	load, aux           wander
	condenser, pressure wander
	cooling             follower // °C by which the gas is colder after a reversal
	reversalIn          float64  // seconds
	sinceReversal       float64
	leftSide            bool
	fouling             float64 // °C
	blowing             float64 // seconds
	running             float64 // seconds until the line stops; while it stands, less than 0

	state          glassState
	meters         glassMeters
	place          glassPlaces
	truth, initial GlassTruth
}

// glassState is the hidden truth of one step.
type glassState struct {
	flow, in, out  float64 // Nm3/h, °C, °C
	steam          float64 // t/h
	pressure, temp float64 // MPa, °C
	condenser      float64 // kPa abs
	pull           float64 // t/d
	gross, aux     float64 // kW
	load, exchange float64 // kW; exchange with the grid, import above 0
	lineRuns       bool
}

// NewGlass makes a works whose whole history follows from seed and the lengths
// of its steps. It starts with a boiler in use.
func NewGlass(seed uint64, start time.Time) *Glass {
	w := newWorks(seed, start, glassPoints())
	r := w.process
	g := &Glass{
		works:     w,
		flow:      newWander(flueFlow, 5000, 3600, r),
		temp:      newWander(flueIn, 6, 3*3600, r),
		pull:      newWander(usualPull, 9, 24*3600, r),
		load:      newWander(siteLoad, 350, 2*3600, r),
		aux:       newWander(0.10, 0.006, 4*3600, r),
		condenser: newWander(0, 0.2, 3600, r),
		pressure:  newWander(1.6, 0.02, 1800, r),
		cooling:   follower{tau: 20},

		reversalIn: between(r, 0, reversal), sinceReversal: dipTime,
		fouling: between(r, 0, 15),
		running: lineStops * r.ExpFloat64(),
	}
	g.meters = newGlassMeters()
	g.place = newGlassPlaces(&g.panel)
	heat := flueFlow * gasHeat * (flueIn - flueOut)
	g.truth = GlassTruth{DrumKWh: heat * drumTime / 3600, ShaftKWh: heat * shaftTime / 3600}
	g.initial = g.truth
	g.Step(time.Second) // so that there is something to read at start
	g.truth = GlassTruth{DrumKWh: g.truth.DrumKWh, ShaftKWh: g.truth.ShaftKWh}
	g.initial = g.truth
	return g
}

// Name is how tags and files call the works: a point t_in is the tag glass.t_in.
func (g *Glass) Name() string { return "glass" }

// Title is what people call the works.
func (g *Glass) Title() string { return "glass works with waste-heat power, Modbus TCP" }

// Totals gives the truth by name.
func (g *Glass) Totals() iter.Seq2[string, float64] { return g.truth.ByName() }

// risks are what can go wrong at the works.
func (g *Glass) risks() risks {
	at := instruments(g.points, "t_out")
	return risks{
		PLCOff: nil, FlameOut: at, Frozen: at, Drift: at, HRSGFouling: nil, MeterSwapped: nil, WrongWordOrder: nil,
		CounterReset: {"gen_energy", "aux_energy", "import_energy", "export_energy"},
	}
}

// Knows reports whether the incident can happen at the works; the error says
// what can.
func (g *Glass) Knows(i Incident) error { return g.risks().check(g.Name(), i) }

// Schedule adds an incident that the works knows. The same seed with and without
// one differs by the incident alone.
func (g *Glass) Schedule(i Incident) { g.incidents.add(g.Name(), g.risks(), i) }

// Step lets dt pass. Steps up to a minute follow the process well; dt must be
// positive.
func (g *Glass) Step(dt time.Duration) {
	s := g.pass(dt)
	g.stepFlue(s)
	g.stepTurbine(s)
	g.stepSite(s)
	g.truth.Seconds += s
	g.checkBalance()
	g.show(s)
}

// stepFlue moves the flue gas through the boiler. With the side that fires, the
// temperature of the gas changes.
func (g *Glass) stepFlue(s float64) {
	r, st := g.process, &g.state
	st.pull = g.pull.step(s, r)
	st.flow = min(max(g.flow.step(s, r)*st.pull/usualPull, 60000), 100000)
	g.sinceReversal += s
	if g.reversalIn -= s; g.reversalIn <= 0 {
		g.reversalIn += reversal
		g.sinceReversal = -g.reversalIn + reversal
		g.leftSide = !g.leftSide
	}
	colder := 0.0
	if g.sinceReversal < dipTime {
		colder = dip
	}
	st.in = g.temp.step(s, r) - g.cooling.step(colder, s)
	g.foul(s)
	st.out = flueOut + 15*(st.flow/flueFlow-1) + 0.1*(st.in-flueIn) + g.fouling

	h := s / 3600
	in, out := st.flow*gasHeat*(st.in-ambient)*h, st.flow*gasHeat*(st.out-ambient)*h
	g.truth.FlueKWh += in
	g.truth.StackKWh += out
	g.truth.RecoveredKWh += in - out
	g.truth.DrumKWh += in - out
}

// foul lets ash settle in the boiler and blows it off, not quite, now and then.
func (g *Glass) foul(s float64) {
	rate, bad := foulsBy, g.incidents.on(HRSGFouling)
	if bad {
		rate += foulsBadly
	}
	g.fouling += rate * s / 86400
	g.blowing = max(g.blowing-s, 0)
	if g.fouling >= blownAt && !bad { // the incident is a blower that is out of order
		g.fouling *= blowKeeps
		g.blowing = 15 * 60
	}
}

// stepTurbine makes power of the steam.
func (g *Glass) stepTurbine(s float64) {
	r, st, t := g.process, &g.state, &g.truth
	steam := t.DrumKWh * (1 - decay(s, drumTime))
	t.DrumKWh -= steam
	t.ShaftKWh += steam
	used := t.ShaftKWh * (1 - decay(s, shaftTime))
	t.ShaftKWh -= used

	_, hour := local(g.now)
	st.condenser = 7 + 1.2*math.Sin((hour-10)*math.Pi/12) + g.condenser.step(s, r)
	gross := used * toPower * (1 - 0.008*(st.condenser-7))
	t.GrossKWh += gross
	t.CondensedKWh += used - gross
	st.gross = gross / s * 3600
	st.steam = steam / s * 3600 / 800 // a tonne of steam takes about 800 kWh
	st.pressure = g.pressure.step(s, r)
	st.temp = 340 + 0.3*(g.temp.value-flueIn)
	st.aux = st.gross * min(max(g.aux.step(s, r), 0.08), 0.12)
	t.AuxKWh += st.aux * s / 3600
}

// stepSite draws what the works needs beyond its own power from the grid, and
// gives back what it cannot use.
func (g *Glass) stepSite(s float64) {
	r, st, t := g.process, &g.state, &g.truth
	g.running -= s
	if g.running < -stopLasts {
		g.running = lineStops * r.ExpFloat64()
	}
	st.lineRuns = g.running > 0
	_, hour := local(g.now)
	shift := [...]float64{0.93, 1.05, 1.02}[int(hour/8)]
	st.load = max(g.load.step(s, r), 0.7*siteLoad) * shift * (1 + st.pull/usualPull) / 2
	if !st.lineRuns {
		st.load *= 0.15
	}
	st.exchange = st.load - (st.gross - st.aux)
	h := s / 3600
	t.LoadKWh += st.load * h
	t.ImportKWh += max(st.exchange, 0) * h
	t.ExportKWh += max(-st.exchange, 0) * h
}
