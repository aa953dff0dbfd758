package sim

import "math"

// tank holds acid; what flows in mixes at once.
type tank struct {
	diameter float64 // m
	acid     float64 // kg of 100 % H2SO4
	total    float64 // kg
	temp     float64 // °C
}

// newTank fills a tank with acid of strength w up to level.
func newTank(diameter, level, w, temp float64) tank {
	t := tank{diameter: diameter, temp: temp}
	t.total = level * t.area() * density(w, temp)
	t.acid = w * t.total
	return t
}

func (t *tank) area() float64 { return math.Pi / 4 * t.diameter * t.diameter }

func (t *tank) strength() float64 { return t.acid / t.total }

func (t *tank) level() float64 { return t.total / density(t.strength(), t.temp) / t.area() }

// fill takes in acid, in kg of 100 %, at strength w.
func (t *tank) fill(acid, w float64) {
	t.acid += acid
	t.total += acid / w
}

// draw takes out total kg, or what there is, and gives the 100 % acid in it.
func (t *tank) draw(total float64) float64 {
	total = min(total, t.total)
	acid := total * t.strength()
	t.acid -= acid
	t.total -= total
	return acid
}
