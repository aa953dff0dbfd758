package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// kinds holds the names of the kinds of incidents: the word that command lines
// use, which never changes, and the name that people read.
var kinds = [...]struct{ word, name string }{
	PLCOff:         {"plc_off", "PLC off"},
	FlameOut:       {"flame_out", "analyser flame-out"},
	WashOilWarm:    {"wash_oil_warm", "wash oil warm"},
	Calibration:    {"calibration", "analyser calibration"},
	CounterReset:   {"counter_reset", "counter reset"},
	Frozen:         {"frozen", "frozen instrument"},
	Drift:          {"drift", "drifting instrument"},
	PurgeDoubled:   {"purge_doubled", "purge doubled"},
	HRSGFouling:    {"hrsg_fouling", "HRSG fouling"},
	MeterSwapped:   {"meter_swapped", "meter swapped"},
	WrongWordOrder: {"wrong_word_order", "wrong word order"},
}

// String gives the name that people read.
func (k IncidentKind) String() string {
	if int(k) >= len(kinds) {
		return fmt.Sprintf("incident %d", k)
	}
	return kinds[k].name
}

// word gives the kind as UnmarshalText reads it.
func (k IncidentKind) word() string {
	if !k.known() {
		return fmt.Sprintf("incident %d", k)
	}
	return kinds[k].word
}

func (k IncidentKind) known() bool { return k > 0 && int(k) < len(kinds) }

const incidentForm = `"KIND FROM TO" or "KIND FROM TO POINT", for example "flame_out 2026-11-23T14:00:00+08:00 2026-11-23T15:30:00+08:00 c_out"`

// MarshalText writes KIND FROM TO, and POINT if there is one, as UnmarshalText
// reads them.
func (i Incident) MarshalText() ([]byte, error) {
	text := strings.Join([]string{i.Kind.word(), i.From.Format(time.RFC3339Nano), i.To.Format(time.RFC3339Nano), i.Point}, " ")
	text = strings.TrimSuffix(text, " ")
	var back Incident
	if err := back.UnmarshalText([]byte(text)); err != nil {
		return nil, fmt.Errorf("incident that cannot be written as text: %w", err)
	}
	return []byte(text), nil
}

// UnmarshalText reads what a command line says, KIND FROM TO [POINT] with times
// in RFC 3339. Whether a plant knows the incident is for Plant.Knows to say.
func (i *Incident) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	if len(words) != 3 && len(words) != 4 {
		return fmt.Errorf("%q is no incident; write %s", text, incidentForm)
	}
	var read Incident
	for k := range IncidentKind(len(kinds)) {
		if k.known() && k.word() == words[0] {
			read.Kind = k
		}
	}
	if read.Kind == 0 {
		return fmt.Errorf("no incident is called %q; write one of %s", words[0], wordsOf(func(IncidentKind) bool { return true }))
	}
	var fromErr, toErr error
	read.From, fromErr = incidentTime(words[1])
	read.To, toErr = incidentTime(words[2])
	if err := errors.Join(fromErr, toErr); err != nil {
		return err
	}
	if !read.To.After(read.From) {
		return fmt.Errorf("%q ends before it begins; write the earlier time first", text)
	}
	if len(words) == 4 {
		read.Point = words[3]
	}
	*i = read
	return nil
}

func incidentTime(word string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time; write it like 2026-11-23T14:00:00+08:00", word)
	}
	return at, nil
}

// wordsOf lists the words of the kinds that are wanted.
func wordsOf(wanted func(IncidentKind) bool) string {
	var words []string
	for k := range IncidentKind(len(kinds)) {
		if k.known() && wanted(k) {
			words = append(words, k.word())
		}
	}
	return strings.Join(words, ", ")
}
