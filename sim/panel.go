package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// panel is the outside of a plant: its points, the instrument before each
// measured one, and what all of them show now.
type panel struct {
	draws       *rand.Rand // errors and noise, apart from the hidden state's draws
	points      []Point
	instruments []instrument // of the Float32 points, at their place in points; unused for others
	samples     []Sample
}

func newPanel(seed uint64, points []Point) panel {
	p := panel{draws: rand.New(rand.NewPCG(seed, 2)), points: points, samples: make([]Sample, len(points))}
	for at, point := range points {
		draws := p.draws
		if point.apart {
			draws = rand.New(rand.NewPCG(seed, 100+uint64(at)))
		}
		p.instruments = append(p.instruments, newInstrument(point, draws))
	}
	return p
}

// measure lets every instrument show its true value; truths has those of the
// Float32 points, in the order of the points.
func (p *panel) measure(truths []float64, s *schedule, now time.Time, dt float64) {
	next := 0
	for at := range p.points {
		if p.points[at].Type != Float32 {
			continue
		}
		shown := p.instruments[at].show(truths[next], dt, s.upset(p.points[at].Name, now), p.draws)
		p.put(at, uint64(math.Float32bits(shown)))
		next++
	}
}

func (p *panel) put(at int, bits uint64) { p.samples[at].Bits = bits }

// power says for all points whether they answer.
func (p *panel) power(on bool) {
	for at := range p.samples {
		p.samples[at].OK = on
	}
}

// at gives a point's place.
func (p *panel) at(name string) int {
	at := slices.IndexFunc(p.points, func(p Point) bool { return p.Name == name })
	if at < 0 {
		panic("BUG: no point is called " + name)
	}
	return at
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
