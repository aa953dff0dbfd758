package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// A shift's sample is taken when the shift begins, and known an hour later.
const (
	shift    = 8 * time.Hour
	titrates = time.Hour
)

// Titration is a laboratory's value of the feed's strength.
type Titration struct {
	At       time.Time // when the sample was taken
	Strength float64   // %
}

// lab titrates a sample of each shift: its titre is wrong by up to 0.3 %, and
// every titration scatters.
type lab struct {
	draws          *rand.Rand
	gain           float64
	sampled, known Titration
}

func newLab(seed uint64) lab {
	r := rand.New(rand.NewPCG(seed, 3)) // apart from everything else's luck
	return lab{draws: r, gain: between(r, -0.003, 0.003)}
}

// begin makes the laboratory know the value of the shift before.
func (l *lab) begin(now time.Time, strength float64) {
	l.known = l.titrate(shiftBegin(now).Add(-shift), strength)
	l.sampled = l.known
}

// step samples when a shift begins; strength is the truth, a fraction.
func (l *lab) step(now time.Time, strength float64) {
	if begun := shiftBegin(now); begun.After(l.sampled.At) {
		l.sampled = l.titrate(begun, strength)
	}
	if !now.Before(l.sampled.At.Add(titrates)) {
		l.known = l.sampled
	}
}

func (l *lab) titrate(at time.Time, strength float64) Titration {
	percent := 100*strength*(1+l.gain) + 0.05*l.draws.NormFloat64()
	return Titration{At: at, Strength: math.Round(100*percent) / 100}
}

// shiftBegin gives when the shift began that now lies in: 0, 8 or 16 o'clock.
func shiftBegin(now time.Time) time.Time { return now.Add(zone).Truncate(shift).Add(-zone).UTC() }

// Titration gives the newest value that the laboratory has told.
func (a *Acid) Titration() Titration { return a.lab.known }

// LabFolder is where a laboratory drops its values: a CSV file per shift with
// the columns time and strength. A file is renamed into place when it is
// complete.
type LabFolder struct {
	dir   string
	plant *Acid
	last  time.Time
}

// NewLabFolder makes the folder, if it is not there, for the plant's values.
func NewLabFolder(dir string, plant *Acid) (*LabFolder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("laboratory: %w", err)
	}
	return &LabFolder{dir: dir, plant: plant}, nil
}

// Skip leaves out what the laboratory has told so far: it is known elsewhere.
func (f *LabFolder) Skip() { f.last = f.plant.Titration().At }

// Note writes a file if the laboratory has told a new value. It is called
// after each step.
func (f *LabFolder) Note() error {
	told := f.plant.Titration()
	if !told.At.After(f.last) {
		return nil
	}
	at := told.At.In(time.FixedZone("", int(zone/time.Second)))
	path := filepath.Join(f.dir, at.Format("acid-20060102-1504.csv"))
	text := fmt.Sprintf("time,strength\n%s,%.2f\n", at.Format(time.RFC3339), told.Strength)
	if err := os.WriteFile(path+".part", []byte(text), 0o644); err != nil {
		return fmt.Errorf("laboratory: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("laboratory: %w", err)
	}
	f.last = told.At
	return nil
}
