package sim

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// What the simulated mill is like. Concentrations are mg of oil per normal
// cubic metre, dry; flows normal cubic metres per hour, dry.
const (
	meanRolling = 1500.0 // seconds between coil changes
	meanIdle    = 400.0  // seconds of a coil change

	flowRolling, flowIdle = 60000.0, 45000.0
	flowLeast, flowMost   = 30000.0, 80000.0
	mistIdle              = 60.0
	mistSettles           = 120.0 // seconds
	rollsPerHour          = 40.0  // t
	firstCoil             = 24001
	leakMost              = 0.05

	removal      = 0.96
	washOilWarm  = 48.0 // °C during the incident; removal falls to about 0.61
	washOilLimit = 36.0 // °C above which absorption weakens
	perKelvin    = 0.35 / (washOilWarm - washOilLimit)

	oilPerMetre = 960.0 // kg in the tank per metre of level
	tankFull    = 2.4   // m: pumping back to the mill begins
	tankEmpty   = 0.4   // m: it ends
	pumpRate    = 1500.0
)

// Mill is a cold rolling mill with oil-mist recovery: hood, demister,
// absorption in wash oil, desorption, recovered oil. Its state is the truth;
// Values is what its PLC shows of it. One goroutine uses a Mill.
type Mill struct {
	now, start time.Time
	process    *rand.Rand // draws of the hidden state, never disturbed by incidents
	incidents  schedule

	rolling   bool
	coils     uint64  // number of the newest coil
	toggle    float64 // seconds until rolling changes
	coil      float64 // this coil's inlet concentration
	mist      follower
	flow      wander
	fan       follower
	leak      wander
	eta       wander
	washFlow  wander
	washTemp  wander
	warming   follower // kelvin above the usual wash-oil temperature
	desorber  wander
	heat      follower // desorber temperature
	yield     wander
	holdUp    float64 // seconds that oil stays in the wash oil
	fouling   float64 // 1 means a doubled pressure drop
	fouledIn  float64 // seconds until fouling reaches 1
	desorbing bool
	pumping   bool

	state   state
	truth   Truth
	initial Truth
	plc     plc
}

// state is the hidden truth of one step.
type state struct {
	qIn, cIn, qOut, cOut float64
	dp                   float64 // Pa
	washFlow, washTemp   float64 // m3/h, °C
	desorber             float64 // °C
	recovery             float64 // kg/h
	level                float64 // m
	fanPower             float64 // kW
	rolling, desorbing   bool
	coil                 uint64  // number of the coil that is rolled, 0 between two
	rolled               float64 // t in this step
}

// NewMill makes a mill whose whole history follows from seed and the lengths
// of its steps. It starts in the middle of its working life, desorber warm.
func NewMill(seed uint64, start time.Time) *Mill {
	r := rand.New(rand.NewPCG(seed, 1))
	m := &Mill{
		now: start.Add(-time.Second), start: start, process: r, rolling: true, desorbing: true, coils: firstCoil - 1,
		mist:     follower{tau: mistSettles, value: 300},
		fan:      follower{tau: 30, value: flowRolling},
		flow:     newWander(0, 0.03, 600, r),
		leak:     newWander(0.02, 0.006, 6*3600, r),
		eta:      newWander(removal, 0.006, 2*3600, r),
		washFlow: newWander(35, 0.6, 1800, r),
		washTemp: newWander(0, 0.4, 1800, r),
		warming:  follower{tau: 1200},
		desorber: newWander(155, 1.2, 1800, r),
		heat:     follower{tau: 1800, value: 155},
		yield:    newWander(0.97, 0.003, 6*3600, r),
		holdUp:   between(r, 4, 8) * 3600,
		fouling:  between(r, 0, 0.3),
		fouledIn: between(r, 30, 90) * 86400,
	}
	m.nextCoil()
	m.truth = Truth{LoadKg: 13.5 * m.holdUp / 3600, TankKg: between(r, 0.6, 1.6) * oilPerMetre}
	m.initial = m.truth
	m.plc = newPLC(seed)
	m.Step(time.Second) // so that there is something to read at start
	m.truth = Truth{LoadKg: m.truth.LoadKg, TankKg: m.truth.TankKg}
	m.initial = m.truth
	return m
}

// Name is how tags and files call the plant: a point q_in is the tag mill.q_in.
func (m *Mill) Name() string { return "mill" }

// Title is what people call the plant.
func (m *Mill) Title() string { return "cold rolling mill, Modbus TCP" }

// Points gives the register map. Nobody changes it.
func (m *Mill) Points() []Point { return m.plc.points }

// Totals gives the truth by name.
func (m *Mill) Totals() iter.Seq2[string, float64] { return m.truth.ByName() }

// Now is the time up to which the mill has been stepped.
func (m *Mill) Now() time.Time { return m.now }

// Step lets dt pass. Steps up to a minute follow the process well; dt must be
// positive.
func (m *Mill) Step(dt time.Duration) {
	if dt <= 0 {
		panic(fmt.Sprintf("BUG: mill stepped by %v", dt))
	}
	m.now = m.now.Add(dt)
	m.incidents.turn(m.now)
	s := dt.Seconds()
	m.roll(s)
	m.stepGas(s)
	m.stepOil(s)
	m.stepMachines(s)
	m.truth.Seconds += s
	m.checkBalance()
	m.plc.step(&m.state, &m.incidents, m.now, m.start, s)
}

// roll passes the time between coils.
func (m *Mill) roll(s float64) {
	m.toggle -= s
	for m.toggle <= 0 {
		m.rolling = !m.rolling
		if m.rolling {
			m.nextCoil()
		} else {
			m.toggle += meanIdle * m.process.ExpFloat64()
		}
	}
	m.state.rolling, m.state.coil, m.state.rolled = m.rolling, 0, 0
	if m.rolling {
		m.state.coil, m.state.rolled = m.coils, rollsPerHour*s/3600
		m.truth.RollingSeconds += s
		m.truth.RolledT += m.state.rolled
	}
}

func (m *Mill) nextCoil() {
	m.coils++
	m.toggle += meanRolling * m.process.ExpFloat64()
	m.coil = between(m.process, 240, 360)
}

// stepGas moves the exhaust through demister and absorber.
func (m *Mill) stepGas(s float64) {
	mist, fan := mistIdle, flowIdle
	if m.rolling {
		mist, fan = m.coil, flowRolling
	}
	st := &m.state
	st.cIn = m.mist.step(mist, s)
	st.qIn = m.fan.step(fan, s) * (1 + m.flow.step(s, m.process))
	st.qIn = min(max(st.qIn, flowLeast), flowMost)
	leak := min(max(m.leak.step(s, m.process), 0), leakMost)
	st.qOut = st.qIn * (1 + leak)

	m.stepWashOil(s)
	eta := m.eta.step(s, m.process) - perKelvin*max(st.washTemp-washOilLimit, 0)
	eta = min(max(eta, 0), 0.999)
	st.cOut = st.cIn * (1 - eta) / (1 + leak)

	h := s / 3600
	m.truth.InNm3 += st.qIn * h
	m.truth.OutNm3 += st.qOut * h
	m.truth.InKg += st.qIn * st.cIn * 1e-6 * h
	m.truth.OutKg += st.qOut * st.cOut * 1e-6 * h
	m.absorb(st.qIn * st.cIn * eta * 1e-6 * h)
}

// stepWashOil cools and circulates: warm days are warmer than nights, and the
// incident takes the cooler away.
func (m *Mill) stepWashOil(s float64) {
	target := 0.0
	if m.incidents.on(WashOilWarm) {
		target = washOilWarm - 32
	}
	hour := float64(m.now.Unix()%86400) / 3600
	st := &m.state
	st.washFlow = m.washFlow.step(s, m.process)
	st.washTemp = m.warming.step(target, s) + m.washTemp.step(s, m.process) +
		32 + math.Sin((hour-2)*math.Pi/12)
}

func (m *Mill) absorb(kg float64) {
	m.truth.AbsorbedKg += kg
	m.truth.LoadKg += kg
}

// stepOil moves the absorbed oil through the desorber into the tank.
func (m *Mill) stepOil(s float64) {
	st := &m.state
	released := 0.0
	if m.desorbing {
		released = m.truth.LoadKg * (1 - decay(s, m.holdUp))
	}
	yield := min(max(m.yield.step(s, m.process), 0.9), 1)
	recovered := released * yield
	m.truth.LoadKg -= released
	m.truth.RecoveredKg += recovered
	m.truth.RegenerationLossKg += released * (1 - yield)
	m.truth.TankKg += recovered
	st.recovery = recovered / s * 3600

	if level := m.truth.TankKg / oilPerMetre; level >= tankFull {
		m.pumping = true
	} else if level <= tankEmpty {
		m.pumping = false
	}
	if m.pumping {
		back := min(pumpRate*s/3600, m.truth.TankKg)
		m.truth.TankKg -= back
		m.truth.PumpedKg += back
	}
	st.level = m.truth.TankKg / oilPerMetre
}

// stepMachines gives what follows from the rest: pressures, power, heat.
func (m *Mill) stepMachines(s float64) {
	st := &m.state
	m.fouling += s / m.fouledIn
	load := st.qIn / flowRolling
	st.dp = 400 * load * load * (1 + m.fouling)
	duct := 2500 * load * load
	st.fanPower = st.qOut / 3600 * (duct + st.dp) / 0.65 / 1000
	m.truth.FanKWh += st.fanPower * s / 3600

	target := 40.0
	if m.desorbing {
		target = m.desorber.step(s, m.process)
	}
	st.desorber = m.heat.step(target, s)
	st.desorbing = m.desorbing
}

// EnableDesorber switches the heating of the desorber, as an operator at the
// plant does: without it, oil stays in the wash oil.
func (m *Mill) EnableDesorber(on bool) { m.desorbing = on }
