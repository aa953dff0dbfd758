package agent

import (
	"strconv"
	"strings"
)

// Diagnosis is what the detail of a Diagnosed event says, so that whoever tells
// it can do so in any language:
//
//	warning C6.low: dp 212 Pa; ratio 0.53
//
// and, of a rule of the plant's own, four more lines: what it means and what to
// do, in English and in Chinese.
type Diagnosis struct {
	Severity string // info, warning or alarm
	Rule     string // of a built-in rule its id and cause, for example C6.low; "" for one of the plant's own
	Figures  []Shown

	SaysEN, SaysZH, DoEN, DoZH string // of a rule of the plant's own
}

// Shown is a number that a diagnosis was made from.
type Shown struct {
	Name  string // the role or tag, without blanks
	Value float64
	Unit  string // "" for a pure number
}

// Severities lists the words that a diagnosis' severity may be, mildest first.
func Severities() []string { return []string{"info", "warning", "alarm"} }

// Detail writes the diagnosis as a reason's detail.
func (d Diagnosis) Detail() string {
	head := strings.TrimSpace(d.Severity + " " + d.Rule)
	var figures []string
	for _, f := range d.Figures {
		figures = append(figures, strings.TrimSpace(f.Name+" "+strconv.FormatFloat(f.Value, 'g', 4, 64)+" "+f.Unit))
	}
	lines := []string{strings.TrimSpace(head + ": " + strings.Join(figures, "; "))}
	if d.Rule == "" {
		lines = append(lines, d.SaysEN, d.SaysZH, d.DoEN, d.DoZH)
	}
	return strings.Join(lines, "\n")
}

// DiagnosisIn reads a detail; ok is false for one of another form.
func DiagnosisIn(detail string) (d Diagnosis, ok bool) {
	lines := strings.Split(detail, "\n")
	head, figures, colon := strings.Cut(lines[0], ":")
	d.Severity, d.Rule, _ = strings.Cut(head, " ")
	if !colon || severity(d.Severity) == 0 || (d.Rule == "") != (len(lines) == 5) {
		return Diagnosis{}, false
	}
	if d.Rule == "" {
		d.SaysEN, d.SaysZH, d.DoEN, d.DoZH = lines[1], lines[2], lines[3], lines[4]
	}
	for _, one := range strings.Split(figures, ";") {
		words := strings.Fields(one)
		if len(words) < 2 {
			continue
		}
		if v, err := strconv.ParseFloat(words[1], 64); err == nil {
			d.Figures = append(d.Figures, Shown{words[0], v, strings.Join(words[2:], " ")})
		}
	}
	return d, true
}

// severity ranks a word of Severities from 1; 0 is none of them.
func severity(word string) int {
	for i, known := range Severities() {
		if word == known {
			return i + 1
		}
	}
	return 0
}
