package sim

import (
	"slices"
	"time"
)

// IncidentKind names what can go wrong at the plant.
type IncidentKind uint8

const (
	PLCOff         IncidentKind = iota + 1 // nothing behind the address answers
	FlameOut                               // an analyser's flame is out: NaN
	WashOilWarm                            // the cooler fails: removal falls to about 0.61
	Calibration                            // both analysers read zero gas, then span gas, and the bit says so
	CounterReset                           // a totaliser begins anew at 0, at From
	Frozen                                 // an instrument repeats its last value
	Drift                                  // an instrument's error grows by 1 % of the reading per day
	PurgeDoubled                           // acid: twice the weak acid leaves the gas cleaning
	HRSGFouling                            // glass: ash settles in the boiler: the flue gas leaves hotter by 12 °C per day
	MeterSwapped                           // glass: the incomer's meter is exchanged: silent, then counts from another reading
	WrongWordOrder                         // glass: the boiler's PLC serves the words of its floats swapped
)

// Incident goes on in [From, To). Point names the instrument of FlameOut,
// Frozen and Drift, or the totaliser of CounterReset; "" means the one that
// matters most: the mill's outlet analyser or recovered oil, the acid plant's
// stack SO2, the glass works' stack temperature or generated energy.
type Incident struct {
	Kind     IncidentKind
	From, To time.Time
	Point    string
}

// schedule knows which incidents go on now.
type schedule struct {
	all    []Incident
	active []Incident
	begun  []Incident // with the last step
}

// risks are what can go wrong at the mill.
func (m *Mill) risks() risks {
	at := instruments(m.plc.points, "c_out")
	return risks{PLCOff: nil, FlameOut: at, WashOilWarm: nil, Calibration: nil, CounterReset: {"oil_total"}, Frozen: at, Drift: at}
}

// Knows reports whether the incident can happen at the mill; the error says what
// can.
func (m *Mill) Knows(i Incident) error { return m.risks().check(m.Name(), i) }

// Schedule adds an incident that the mill knows. Incidents never change the
// mill's random course: the same seed with and without one differs by the
// incident alone.
func (m *Mill) Schedule(i Incident) { m.incidents.add(m.Name(), m.risks(), i) }

// turn moves on to now. It allocates only when something begins.
func (s *schedule) turn(now time.Time) {
	s.begun = s.begun[:0]
	s.active = slices.DeleteFunc(s.active, func(i Incident) bool { return !now.Before(i.To) })
	for at := 0; at < len(s.all); {
		if i := s.all[at]; !now.Before(i.From) {
			s.begun = append(s.begun, i)
			if now.Before(i.To) {
				s.active = append(s.active, i)
			}
			s.all = slices.Delete(s.all, at, at+1)
		} else {
			at++
		}
	}
}

func (s *schedule) on(kind IncidentKind) bool {
	for i := range s.active {
		if s.active[i].Kind == kind {
			return true
		}
	}
	return false
}

func (s *schedule) began(kind IncidentKind) bool {
	for i := range s.begun {
		if s.begun[i].Kind == kind {
			return true
		}
	}
	return false
}

// find gives the incident of that kind at the instrument, if one goes on.
func (s *schedule) find(kind IncidentKind, point string) (Incident, bool) {
	for i := range s.active {
		if s.active[i].Kind == kind && s.active[i].Point == point {
			return s.active[i], true
		}
	}
	return Incident{}, false
}

// at reports whether an incident of that kind began at the point with the last
// step.
func (s *schedule) at(kind IncidentKind, point string) bool {
	return slices.ContainsFunc(s.begun, func(i Incident) bool { return i.Kind == kind && i.Point == point })
}

// upset is what the incidents do to the instrument now.
func (s *schedule) upset(point string, now time.Time) upset {
	if len(s.active) == 0 {
		return upset{}
	}
	var u upset
	_, u.dead = s.find(FlameOut, point)
	_, u.frozen = s.find(Frozen, point)
	if drift, on := s.find(Drift, point); on {
		u.drift = 0.01 * now.Sub(drift.From).Hours() / 24
	}
	return u
}

// Off reports whether the PLC is switched off now.
func (m *Mill) Off() bool { return m.incidents.on(PLCOff) }
