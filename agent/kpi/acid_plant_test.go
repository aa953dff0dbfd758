package kpi

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// acid is a plant for tests: one source, a tag of every instrument.
type acid struct {
	byName map[string]*agent.Tag
	all    []*agent.Tag
	hour   time.Duration // between readings
}

func newAcid() *acid {
	a := &acid{byName: map[string]*agent.Tag{}, hour: time.Hour}
	for _, t := range []struct{ name, unit string }{
		{"ft201", "m3/h"}, {"at201", "%"}, {"tt201", "°C"}, {"dt201", "kg/m3"},
		{"ft270", "m3/h"}, {"at270", "%"}, {"tt270", "°C"},
		{"lt261", "m"}, {"at261", "%"}, {"tt261", "°C"}, {"lt262", "m"}, {"at262", "%"}, {"tt262", "°C"},
		{"ft240", "Nm3/h"}, {"at240", "mg/Nm3"}, {"at242", "mg/Nm3"},
		{"ft250", "m3/h"}, {"ct250", "%"}, {"tt250", "°C"}, {"dt250", "kg/m3"},
	} {
		tag := tagOf(t.name, t.unit, "plc", len(a.all))
		tag.MaxGap, tag.Accuracy = 24*time.Hour, agent.Accuracy{Rel: 1e-9}
		a.all, a.byName[t.name] = append(a.all, tag), tag
	}
	return a
}

func (a *acid) section() acidRecovery {
	return acidRecovery{
		Feed:    acidStream{Flow: "ft201", Strength: "at201", Temperature: "tt201"},
		Product: acidStream{Flow: "ft270", Strength: "at270", Temperature: "tt270"},
		Tanks:   []tank{tankAt("lt261", "at261", "tt261")},
		Losses: acidLosses{
			SO2: gasLoss{Flow: "ft240", Concentration: "at240"}, Mist: gasLoss{Flow: "ft240", Concentration: "at242"},
			WeakAcid: acidLoss{Acid: acidStream{Flow: "ft250", Strength: "ct250", Temperature: "tt250"}},
			Drain:    acidLoss{None: "no drains"}, Solid: acidLoss{None: "no solids"},
		},
	}
}

func tankAt(level, strength, temperature string) tank {
	return tank{Level: level, Diameter: 10, Strength: strength, Temperature: temperature}
}

func (a *acid) spec(section acidRecovery) agent.Spec {
	return agent.Spec{Name: "acid", Tags: a.all, Decode: func(into any) error {
		*into.(*acidRecovery) = section
		return nil
	}}
}

func (a *acid) kpi(t testing.TB, section acidRecovery) KPI {
	t.Helper()
	kpi, err := newAcidRecovery(a.spec(section))
	if err != nil {
		t.Fatal(err)
	}
	return kpi
}

// usual is what all instruments show, before a test changes some.
func usual() map[string]float64 {
	return map[string]float64{
		"ft201": 2.54, "at201": 80, "tt201": 25, "dt201": 1722.1, "ft270": 1.9, "at270": 98, "tt270": 30,
		"lt261": 3, "at261": 98, "tt261": 40, "lt262": 3, "at262": 98, "tt262": 40,
		"ft240": 8620, "at240": 400, "at242": 30, "ft250": 1.2, "ct250": 4, "tt250": 25, "dt250": 1024,
	}
}

// read feeds what all instruments show at second s.
func (a *acid) read(r *rig, s float64, changed map[string]float64) {
	shows := usual()
	maps.Copy(shows, changed)
	var readings []agent.Reading
	for _, tag := range a.all {
		readings = append(readings, good(tag, sec(s), shows[tag.Name]))
	}
	r.read(sec(s), readings...)
}

// faultOf builds a section that must fail with a fault.
func faultOf(t *testing.T, err error, path, says, fix string) {
	t.Helper()
	var faults agent.Faults
	if !errors.As(err, &faults) {
		t.Errorf("got %v, want faults", err)
		return
	}
	for _, f := range faults {
		if f.Path == path && strings.Contains(f.Msg, says) && strings.Contains(f.Fix, fix) {
			return
		}
	}
	t.Errorf("got %v, want %s: …%s… (…%s…)", faults, path, says, fix)
}

func keysOf(kpi KPI) string {
	var keys []string
	for _, q := range kpi.Quantities {
		keys = append(keys, q.Key)
	}
	return strings.Join(keys, " ")
}

func BenchmarkAcid(b *testing.B) {
	a := newAcid()
	kpi := a.kpi(b, a.section())
	r := newRig(b, utc(), kpi)
	const n = 17280 // a day of polls every 5 s
	shows := usual()
	batches := make([]*agent.Batch, n)
	for i := range batches {
		var readings []agent.Reading
		for k, tag := range a.all {
			readings = append(readings, good(tag, sec(float64(i)*5), shows[tag.Name]*(1+0.001*float64((i*7+k)%13))))
		}
		batches[i] = r.batch("plc", sec(float64(i)*5), readings...)
	}
	b.ReportAllocs()
	for b.Loop() {
		e := newEngine(b, utc(), kpi)
		for _, one := range batches {
			e.Add(one)
		}
	}
	b.ReportMetric(float64(n*len(a.all))*float64(b.N)/b.Elapsed().Seconds(), "readings/s")
}
