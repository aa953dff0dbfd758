package kpi

import "recoup/agent"

// The density of sulfuric acid, kg/m3, by strength (mass fraction) and
// temperature (°C).
//
// Up to 0.90 it is the polynomial of Myhre, Nielsen and Saastad (J. Chem. Eng.
// Data 43 (1998) 617), made for 0.1 to 0.9 and 0 to 50 °C; below 0.1 it runs
// into the density of water. The term w²t⁴ has a minus here. Public code has a
// plus, with which warm acid would be heavier than cold (by 96 kg/m3 at 80 %
// and 50 °C); with the minus it agrees with an independent table within
// 3.1 kg/m3, 0.7 rms.
//
// Above 0.90 it is the column for 20 °C with a slope of −1.0 kg/m3/K, linear
// between whole per cents; at 0.90 the polynomial is the first node, so that
// nothing jumps. The curve has a maximum near 0.97.
//
// From −20 to 0 °C and from 50 to 100 °C the slope at the edge goes on; what is
// computed so is Uncertain. Beyond, and above 1 (oleum), nothing is known.
const (
	densityRel  = 0.001 // standard uncertainty of all this, relative
	polynomial  = 0.90  // up to here, and up to here a density has one strength
	coldest     = -20.0
	hottest     = 100.0
	surest      = 50.0 // from 0 °C
	strongSlope = -1.0 // kg/m3/K above 0.90
)

// myhre holds c[i][j] of Σ c wⁱ tʲ.
var myhre = [11][5]float64{
	{999.8426, 0.03345402, -0.005691304, 0, 0},
	{547.2659, -5.300445, 0.01187671, 0.0005990008, 0},
	{5262.95, 37.20445, 0.1201909, -0.004148594, -1.197973e-5},
	{-62139.58, -287.767, -0.4064638, 0.01119488, 3.607768e-5},
	{409029.3, 1270.854, 0.326971, -0.01377435, -2.633585e-5},
	{-1596989, -3062.836, 0.1366499, 0.006373031, 0},
	{3857411, 4083.714, -0.1927785, 0, 0},
	{-5808064, -2844.401, 0, 0, 0},
	{5301976, 809.1053, 0, 0, 0},
	{-2682616, 0, 0, 0, 0},
	{576428.8, 0, 0, 0, 0},
}

// strong holds the densities at 20 °C for 0.91, 0.92 … 1.00.
var strong = [10]float64{1819.5, 1824.0, 1827.9, 1831.2, 1833.7, 1835.5, 1836.4, 1836.1, 1834.2, 1830.5}

// acidDensity gives the density; of what it knows nothing, Bad, with the
// argument to blame: 0 the strength, 1 the temperature.
func acidDensity(w, t float64) (density float64, quality agent.Quality, arg int) {
	switch {
	case !(w >= 0 && w <= 1):
		return 0, agent.Bad, 0
	case !(t >= coldest && t <= hottest):
		return 0, agent.Bad, 1
	}
	quality = agent.Good
	if t < 0 || t > surest {
		quality = agent.Uncertain
	}
	if w <= polynomial {
		return weakDensity(w, t), quality, 1
	}
	at := min(int((w-polynomial)*100), len(strong)-1)
	node := func(i int) float64 {
		if i == 0 {
			return weakDensity(polynomial, t)
		}
		return strong[i-1] + strongSlope*(t-20)
	}
	part := (w-polynomial)*100 - float64(at)
	return node(at) + part*(node(at+1)-node(at)), quality, 1
}

// weakDensity is the polynomial, going on straight outside 0 to 50 °C.
func weakDensity(w, t float64) float64 {
	edge := min(max(t, 0), surest)
	var density, slope float64
	for i := len(myhre) - 1; i >= 0; i-- {
		var value, rise float64
		for j := len(myhre[i]) - 1; j >= 0; j-- {
			rise = rise*edge + value
			value = value*edge + myhre[i][j]
		}
		density, slope = density*w+value, slope*w+rise
	}
	return density + slope*(t-edge)
}

// acidStrength gives the strength of a density. Above 0.90 one density has two
// strengths, so that it is refused: Bad, the density (argument 0) to blame.
func acidStrength(density, t float64) (w float64, quality agent.Quality, arg int) {
	most, quality, arg := acidDensity(polynomial, t)
	if quality == agent.Bad {
		return 0, quality, arg
	}
	if !(density >= weakDensity(0, t) && density <= most) {
		return 0, agent.Bad, 0
	}
	lo, hi := 0.0, polynomial
	for range 50 {
		if w = (lo + hi) / 2; weakDensity(w, t) < density {
			lo = w
		} else {
			hi = w
		}
	}
	return w, quality, 1
}

// ingredient is what of an acid is counted, its H2SO4 or its water, with the names
// of the formulas that give it.
type ingredient struct {
	perCubicMetre, ofMass string
	of                    func(strength float64) float64 // kg in a kg of acid
}

func h2so4() ingredient {
	return ingredient{"h2so4_per_m3", "h2so4_strength", func(w float64) float64 { return w }}
}

func water() ingredient {
	return ingredient{"water_per_m3", "water_share", func(w float64) float64 { return 1 - w }}
}

func (c ingredient) isAcid() bool { return c.perCubicMetre == h2so4().perCubicMetre }

// perVolume is the formula of kilograms in a cubic metre: density times share,
// of strength and temperature.
func (c ingredient) perVolume(strength, temperature Arg) *Formula {
	return &Formula{
		Name: c.perCubicMetre, Args: []Arg{strength, temperature}, Rel: densityRel,
		Of: func(x []float64) (float64, agent.Quality, int) {
			density, quality, arg := acidDensity(x[0], x[1])
			return density * c.of(x[0]), quality, arg
		},
	}
}

// perVolumeByDensity is the same of density and temperature.
func (c ingredient) perVolumeByDensity(density, temperature Arg) *Formula {
	density.Rel = densityRel
	return &Formula{
		Name: c.perCubicMetre, Args: []Arg{density, temperature},
		Of: func(x []float64) (float64, agent.Quality, int) {
			w, quality, arg := acidStrength(x[0], x[1])
			return x[0] * c.of(w), quality, arg
		},
	}
}

// shareByDensity is the share of the mass, of density and temperature.
func (c ingredient) shareByDensity(density, temperature Arg) *Formula {
	density.Rel = densityRel
	return &Formula{
		Name: c.ofMass, Args: []Arg{density, temperature},
		Of: func(x []float64) (float64, agent.Quality, int) {
			w, quality, arg := acidStrength(x[0], x[1])
			return c.of(w), quality, arg
		},
	}
}

// share is the share of the mass, of the strength.
func (c ingredient) share(strength Arg) *Formula {
	return &Formula{
		Name: c.ofMass, Args: []Arg{strength},
		Of: func(x []float64) (float64, agent.Quality, int) {
			if !(x[0] >= 0 && x[0] <= 1) {
				return 0, agent.Bad, 0
			}
			return c.of(x[0]), agent.Good, 0
		},
	}
}
