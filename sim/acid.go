package sim

import (
	"iter"
	"math"
	"slices"
	"time"
)

// What the simulated acid plant is like: 35,000 t of waste acid in 8,000 hours.
const (
	wasteFeed     = 4375.0 // kg/h
	wasteStrength = 0.80
	burnTime      = 6 * 3600.0 // seconds between feed and product: furnace, gas, absorbers

	stackFlow   = 8620.0 // Nm3/h, dry, at the usual feed
	stackSO2    = 330.0  // mg/Nm3
	so2AsAcid   = 98.079 / 64.066
	purgeLoss   = 60.0 // kg/h of acid that leaves with the weak acid
	purgeFlow   = 1.2  // m3/h
	purgeLeast  = 36.0
	purgeMost   = 78.0
	furnaceO2   = 2.5 // %
	perO2       = 0.08
	madeAt      = 0.983 // strength of the absorbers' acid
	dayTankFull = 2.0   // m, held by its pump
)

// Acid is a plant that burns waste sulfuric acid and makes new acid of it:
// furnace, gas cleaning, converter, absorbers, two tanks, tankers. Its state is
// the truth; Values is what its control system shows of it.
type Acid struct {
	works

	feed, strength, feedTemp  wander
	o2, so2In                 wander
	so2, mist, flow           wander
	purge, purgeFlow          wander
	purgeTemp                 wander
	makes, dayTemp, stockTemp wander
	setpoint                  wander // of the day tank's level, m
	bedIn                     wander
	beds                      [3]follower
	day, stock                tank // day tank before the pump, product tank before the tankers
	loading                   loading
	lab                       lab
	place                     acidPlaces
	state                     acidState
	truth, initial            AcidTruth
}

// acidState is the hidden truth of one step.
type acidState struct {
	feedFlow, feedStrength, feedTemp    float64 // m3/h, fraction, °C
	shipFlow                            float64 // m3/h
	stackFlow, so2, mist                float64
	purgeFlow, purgeStrength, purgeTemp float64
	bedIn                               float64
	beds                                [3]float64
	o2, so2In                           float64 // %
}

type acidPlaces struct{ lab, heartbeat, running, loading int }

// NewAcid makes a plant whose whole history follows from seed and the lengths
// of its steps. It starts warm.
func NewAcid(seed uint64, start time.Time) *Acid {
	w := newWorks(seed, start, acidPoints())
	r := w.process
	a := &Acid{
		works:     w,
		feed:      newWander(1, 0.03, 4*3600, r),
		strength:  newWander(wasteStrength, 0.004, 24*3600, r),
		feedTemp:  newWander(28, 1.5, 12*3600, r),
		o2:        newWander(furnaceO2, 0.4, 2*3600, r),
		so2In:     newWander(8, 0.4, 3*3600, r),
		so2:       newWander(stackSO2, 60, 6*3600, r),
		mist:      newWander(25, 4, 6*3600, r),
		flow:      newWander(1, 0.01, 1800, r),
		purge:     newWander(purgeLoss, 8, 8*3600, r),
		purgeFlow: newWander(purgeFlow, 0.06, 3600, r),
		purgeTemp: newWander(38, 1.5, 6*3600, r),
		makes:     newWander(madeAt, 0.001, 2*3600, r),
		dayTemp:   newWander(65, 2, 6*3600, r),
		stockTemp: newWander(30, 2, 24*3600, r),
		setpoint:  newWander(dayTankFull, 0.2, 12*3600, r),
		bedIn:     newWander(420, 2, 45*60, r),
		day:       newTank(dayTankDiameter, dayTankFull, madeAt, 65),
		stock:     newTank(stockDiameter, between(r, 2.4, 3.6), madeAt, 30),
		lab:       newLab(seed),
	}
	for i := range a.beds {
		a.beds[i] = follower{tau: 45 * 60, value: a.bedAfter(i)}
	}
	a.place = acidPlaces{a.at("feed_strength_lab"), a.at("heartbeat"), a.at("running"), a.at("tanker_loading")}
	a.truth = AcidTruth{HoldUpKg: wasteFeed * wasteStrength * burnTime / 3600}
	a.note()
	a.initial = a.truth
	a.lab.begin(start, a.strength.value)
	a.Step(time.Second) // so that there is something to read at start
	a.truth = AcidTruth{HoldUpKg: a.truth.HoldUpKg}
	a.note()
	a.initial = a.truth
	return a
}

// Name is how tags and files call the plant: a point so2 is the tag acid.so2.
func (a *Acid) Name() string { return "acid" }

// Title is what people call the plant.
func (a *Acid) Title() string { return "sulfuric-acid regeneration, OPC UA" }

// Totals gives the truth by name.
func (a *Acid) Totals() iter.Seq2[string, float64] { return a.truth.ByName() }

// risks are what can go wrong at the acid plant. The laboratory's value has no
// instrument.
func (a *Acid) risks() risks {
	at := slices.DeleteFunc(instruments(a.points, "so2"), func(name string) bool { return name == a.points[a.place.lab].Name })
	return risks{PLCOff: nil, FlameOut: at, Frozen: at, Drift: at, PurgeDoubled: nil}
}

// Knows reports whether the incident can happen at the plant; the error says
// what can.
func (a *Acid) Knows(i Incident) error { return a.risks().check(a.Name(), i) }

// Schedule adds an incident that the plant knows. The same seed with and without
// one differs by the incident alone.
func (a *Acid) Schedule(i Incident) { a.incidents.add(a.Name(), a.risks(), i) }

// Step lets dt pass. Steps up to a minute follow the process well; dt must be
// positive.
func (a *Acid) Step(dt time.Duration) {
	s := a.pass(dt)
	a.burn(s)
	a.stepBeds(s)
	a.stepTanks(s)
	a.truth.Seconds += s
	a.note()
	a.checkBalance()
	a.lab.step(a.now, a.state.feedStrength)
	a.show(s)
}

// burn takes waste acid in and makes gas of it; what the gas loses on its way
// to the absorbers is what the plant does not win back.
func (a *Acid) burn(s float64) {
	h, r, st := s/3600, a.process, &a.state
	feed := wasteFeed * a.feed.step(s, r)
	st.feedStrength = a.strength.step(s, r)
	st.feedTemp = a.feedTemp.step(s, r)
	st.feedFlow = feed / density(st.feedStrength, st.feedTemp)
	a.truth.FeedWasteKg += feed * h
	a.truth.FeedKg += feed * st.feedStrength * h
	a.truth.HoldUpKg += feed * st.feedStrength * h

	released := a.truth.HoldUpKg * (1 - decay(s, burnTime))
	a.truth.HoldUpKg -= released
	st.stackFlow = stackFlow * released / h / (wasteFeed * wasteStrength) * a.flow.step(s, r)
	st.so2 = min(max(a.so2.step(s, r), 100), 600)
	st.mist = min(max(a.mist.step(s, r), 5), 50)
	so2 := st.so2 * st.stackFlow * 1e-6 * so2AsAcid * h
	mist := st.mist * st.stackFlow * 1e-6 * h
	purge := a.stepPurge(s) * h
	made := released - so2 - mist - purge
	a.truth.SO2Kg += so2
	a.truth.MistKg += mist
	a.truth.PurgeKg += purge
	a.truth.MadeKg += made
	a.day.fill(made, a.makes.step(s, r))
}

// stepPurge gives the acid that leaves with the weak acid, in kg/h. More oxygen
// in the furnace means more SO3, which the gas cleaning washes out.
func (a *Acid) stepPurge(s float64) float64 {
	r, st := a.process, &a.state
	st.o2 = a.o2.step(s, r)
	st.so2In = a.so2In.step(s, r)
	loss := min(max(a.purge.step(s, r)*(1+perO2*(st.o2-furnaceO2)), purgeLeast), purgeMost)
	st.purgeFlow = min(max(a.purgeFlow.step(s, r), 0.8), 1.6)
	st.purgeTemp = a.purgeTemp.step(s, r)
	st.purgeStrength = weakStrength(loss/st.purgeFlow, st.purgeTemp)
	if a.incidents.on(PurgeDoubled) {
		loss, st.purgeFlow = 2*loss, 2*st.purgeFlow
	}
	return loss
}

// weakStrength finds the strength of weak acid that holds c kg of acid per m3.
func weakStrength(c, t float64) float64 {
	w := c / 1025
	for range 6 { // each round leaves less than a tenth of the error
		w = c / density(w, t)
	}
	return w
}

// stepBeds heats the converter: the richer the gas, the hotter.
func (a *Acid) stepBeds(s float64) {
	a.state.bedIn = a.bedIn.step(s, a.process)
	for i := range a.beds {
		a.state.beds[i] = a.beds[i].step(a.bedAfter(i), s)
	}
}

// bedAfter is where the temperature behind bed i is going.
func (a *Acid) bedAfter(i int) float64 {
	rise := [...]float64{22.5, 9, 4.5}[i] * a.so2In.value // °C per % SO2
	return a.bedIn.value + 20*float64(i) + rise
}

// stepTanks pumps from the day tank to the product tank, and from there into
// tankers.
func (a *Acid) stepTanks(s float64) {
	r, st := a.process, &a.state
	a.day.temp = a.dayTemp.step(s, r)
	a.stock.temp = a.stockTemp.step(s, r)
	above := a.day.level() - a.setpoint.step(s, r)
	pumped := max(wasteFeed*0.8*(1+1.5*above), 0) * s / 3600
	strength := a.day.strength()
	moved := a.day.draw(pumped)
	a.truth.MovedKg += moved
	a.stock.fill(moved, strength)

	total := a.loading.step(a.now, s, a.stock.total)
	st.shipFlow = total / density(a.stock.strength(), a.stock.temp) / s * 3600
	a.truth.ProductKg += a.stock.draw(total)
}

// note copies the tanks' contents into the truth.
func (a *Acid) note() { a.truth.DayTankKg, a.truth.StockKg = a.day.acid, a.stock.acid }

// show lets the instruments look.
func (a *Acid) show(s float64) {
	truths := a.truths()
	a.measure(truths[:], &a.incidents, a.now, s)
	a.put(a.place.lab, uint64(math.Float32bits(float32(a.lab.known.Strength))))
	a.put(a.place.heartbeat, uint64(uint32(a.now.Sub(a.start)/time.Second)))
	a.put(a.place.running, 1)
	a.put(a.place.loading, bit(a.state.shipFlow > 0))
	a.power(!a.Off())
}

// loading fills tankers between 9 and 15 o'clock, except on Sundays, as many as
// it takes to bring the product tank down to its usual contents.
type loading struct {
	planned int64   // the day of the plan
	tankers int     // still to come
	left    float64 // kg until this one is full
	pause   float64 // seconds until the next one stands there
}

// step gives the kg that go out within s seconds.
func (l *loading) step(now time.Time, s, stock float64) float64 {
	day, hour := local(now)
	if hour < 9 || hour >= 15 {
		return 0
	}
	if day != l.planned {
		*l = loading{planned: day, tankers: int(min(max((stock-stockUsual)/tanker+0.5, 0), 6))}
		if (day+4)%7 == 0 { // 1970 began on a Thursday
			l.tankers = 0
		}
	}
	if l.left <= 0 {
		l.pause -= s
		if l.pause > 0 || l.tankers == 0 || hour > 14.25 {
			return 0
		}
		l.tankers--
		l.left = tanker
	}
	out := min(loadRate*s/3600, l.left)
	if l.left -= out; l.left <= 0 {
		l.pause = 12 * 60
	}
	return out
}

const (
	dayTankDiameter = 4.0  // m
	stockDiameter   = 10.0 // m
	stockUsual      = 400_000.0
	tanker          = 25_000.0
	loadRate        = 36_000.0 // kg/h
)
