package agent

import "time"

// Instrument is an entry of the calibration register: the device that gives a
// tag its values from a day on. Days are midnight UTC of a date, which the
// plant's zone turns into instants.
type Instrument struct {
	Serial      string    `json:"serial"`
	Maker       string    `json:"maker,omitempty"`
	Model       string    `json:"model,omitempty"`
	Certificate string    `json:"certificate,omitempty"`
	From        time.Time `json:"from,omitzero"`       // first day in service; zero: since ever
	Calibrated  time.Time `json:"calibrated,omitzero"` // day of the newest calibration
	Due         time.Time `json:"due,omitzero"`        // last day on which that is valid; zero: it does not expire
}

// Lapse is time in which a tag's calibration is overdue. To is zero when no
// later instrument is registered.
type Lapse struct {
	Instrument
	Since, To time.Time
}

// Lapses lists when the tag's calibration is overdue, in order: from the start
// of the day after the due one, at the earliest when the instrument came into
// service, until the next one does.
func (t *Tag) Lapses(loc *time.Location) (all []Lapse) {
	for i, one := range t.Instruments {
		if one.Due.IsZero() {
			continue
		}
		l := Lapse{Instrument: one, Since: midnight(one.Due.AddDate(0, 0, 1), loc)}
		if from := midnight(one.From, loc); !one.From.IsZero() && from.After(l.Since) {
			l.Since = from
		}
		if i+1 < len(t.Instruments) {
			l.To = midnight(t.Instruments[i+1].From, loc)
		}
		if l.To.IsZero() || l.Since.Before(l.To) {
			all = append(all, l)
		}
	}
	return all
}

// Overdue gives the lapse that an instant is in; false when the calibration is
// valid, or none is registered.
func (t *Tag) Overdue(at time.Time, loc *time.Location) (Lapse, bool) {
	for _, l := range t.Lapses(loc) {
		if !at.Before(l.Since) && (l.To.IsZero() || at.Before(l.To)) {
			return l, true
		}
	}
	return Lapse{}, false
}

// InService gives the instrument that is in service at an instant; false when
// none is registered for it.
func (t *Tag) InService(at time.Time, loc *time.Location) (one Instrument, ok bool) {
	for _, next := range t.Instruments {
		if next.From.IsZero() || !at.Before(midnight(next.From, loc)) {
			one, ok = next, true
		}
	}
	return one, ok
}

// midnight is the start of a date in a zone.
func midnight(day time.Time, loc *time.Location) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}
