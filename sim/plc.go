package sim

import "time"

// The totaliser begins close to its end, so that it wraps on the third day.
const oilTotalAtStart = 4294960000

// Span gas of the two analysers' calibration, mg/Nm3.
const spanIn, spanOut = 500.0, 50.0

// plc turns the hidden state into what the registers of both units hold.
type plc struct {
	panel
	oilTotal float64 // in the register's unit of 0.1 kg, not wrapped
	energy   float64 // 0.1 kWh
	rolled   float64 // 0.01 t
	place    places
}

// places of the points whose values are not instruments of their own.
type places struct {
	oilRate, oilTotal, heartbeat, rolling, fanOn, calibration, desorberOn, fanPower, fanEnergy, coil, rolled int
}

func newPLC(seed uint64) plc {
	return plc{
		panel: newPanel(seed, millPoints()), oilTotal: oilTotalAtStart, energy: 12_345_678, rolled: 8_765_432,
		place: places{indexOf("oil_rate"), indexOf("oil_total"), indexOf("heartbeat"), indexOf("rolling"), indexOf("fan_on"),
			indexOf("calibration"), indexOf("desorber_on"), indexOf("fan_power"), indexOf("fan_energy"),
			indexOf("coil"), indexOf("rolled_total")},
	}
}

// truths lists the true values of the Float32 points, in the order of Points.
func (st *state) truths() [11]float64 {
	return [...]float64{st.qIn, st.cIn, st.qOut, st.cOut, st.dp, st.washFlow, st.washTemp, st.desorber, st.recovery, st.level, st.fanPower}
}

func (p *plc) step(st *state, s *schedule, now, start time.Time, dt float64) {
	truths := st.truths()
	calibrating := p.calibrate(s, now, &truths)
	p.measure(truths[:], s, now, dt)
	p.count(st, s, dt)
	p.put(p.place.heartbeat, uint64(uint16(now.Sub(start)/time.Second)))
	p.put(p.place.rolling, bit(st.rolling))
	p.put(p.place.fanOn, 1)
	p.put(p.place.calibration, bit(calibrating))
	p.put(p.place.desorberOn, bit(st.desorbing))
	p.power(!s.on(PLCOff))
}

// calibrate puts zero gas, then span gas before both analysers.
func (p *plc) calibrate(s *schedule, now time.Time, truths *[11]float64) bool {
	for i := range s.active {
		c := &s.active[i]
		if c.Kind != Calibration {
			continue
		}
		truths[1], truths[3] = 0, 0
		if now.Sub(c.From) >= c.To.Sub(c.From)/2 {
			truths[1], truths[3] = spanIn, spanOut
		}
		return true
	}
	return false
}

// count moves the totalisers on; they go on counting while nothing answers.
func (p *plc) count(st *state, s *schedule, dt float64) {
	if s.began(CounterReset) {
		p.oilTotal = 0
	}
	hours := dt / 3600
	p.oilTotal += max(p.instruments[p.place.oilRate].steady(st.recovery, 0), 0) * hours / p.points[p.place.oilTotal].Scale
	p.energy += p.instruments[p.place.fanPower].steady(st.fanPower, 0) * hours / p.points[p.place.fanEnergy].Scale
	p.put(p.place.oilTotal, uint64(uint32(uint64(p.oilTotal))))
	p.put(p.place.fanEnergy, uint64(uint32(uint64(p.energy))))
	p.rolled += p.instruments[p.place.rolled].steady(st.rolled, 0) / p.points[p.place.rolled].Scale
	p.put(p.place.rolled, uint64(uint32(uint64(p.rolled))))
	p.put(p.place.coil, st.coil)
}

// Values gives what the PLC shows now, in the order of Points.
func (m *Mill) Values() []Sample { return m.AppendValues(nil) }

// AppendValues appends Values to dst, so that a long history costs no memory.
func (m *Mill) AppendValues(dst []Sample) []Sample { return append(dst, m.plc.samples...) }
