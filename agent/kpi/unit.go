package kpi

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// Unit is a unit as people write it: "mgC/Nm3", "kWh/t", "°C". A value in it,
// times Factor plus Offset, is the value in the basic units of its dimension.
type Unit struct {
	Text           string
	Dimension      Dimension
	Factor, Offset float64

	exact *big.Rat // Factor, so that conversions are rounded once
}

// Dimension is what a unit measures: the power of each basic kind. Kinds that
// are not the same never convert, however alike they are: a normal cubic metre
// is no cubic metre, a mass of carbon no mass of oil, coal equivalent no energy.
type Dimension [basicKinds]int8

// The basic kinds. Pressure is energy per volume, power energy per time.
const (
	ofMass = iota
	ofCarbon
	ofPropane
	ofOil
	ofCO2
	ofCO2e
	ofCoal
	ofLength
	ofNormalVolume
	ofTime
	ofTemperature
	ofEnergy
	ofCurrent
	ofAmount
	ofYuan
	ofEuro
	ofDollar
	basicKinds
)

const (
	longestUnit  = 40 // bytes
	highestPower = 6
)

// ParseUnit reads a unit: symbols with powers, joined by "·" or "*", and each
// further "/" before what it is per. Blanks do not count. A share is "1" or "%".
func ParseUnit(text string) (Unit, error) {
	if len(text) > longestUnit {
		return Unit{}, fmt.Errorf("the unit %q… is too long", text[:10])
	}
	return parseUnit(text)
}

func parseUnit(text string) (Unit, error) {
	plain := strings.NewReplacer(" ", "", "³", "3", "²", "2", "^", "", "⁻¹", "-1", "*", "·").Replace(text)
	if known, ok := shares()[plain]; ok {
		plain = known
	}
	u, err := parseQuotient(plain)
	if err != nil {
		return Unit{}, err
	}
	u.Text = text
	u.Factor, _ = u.exact.Float64()
	return u, nil
}

// unitOf is a unit of the program's own.
func unitOf(text string) Unit {
	u, err := parseUnit(text)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return u
}

// parseQuotient reads "a·b/c/(d·e)".
func parseQuotient(text string) (Unit, error) {
	parts := strings.Split(text, "/")
	above, err := parseProduct(parts[0])
	for _, part := range parts[1:] {
		if err != nil {
			break
		}
		inside, bracketed := strings.CutPrefix(part, "(")
		if bracketed {
			inside, bracketed = strings.CutSuffix(inside, ")")
		}
		if !bracketed && strings.Contains(part, "·") {
			return Unit{}, fmt.Errorf("the unit %q can be read in two ways: write what it is per in brackets, for example kJ/(kg·K)", text)
		}
		var below Unit
		if below, err = parseProduct(inside); err == nil {
			above, err = above.times(below, -1)
		}
	}
	return above, err
}

func parseProduct(text string) (Unit, error) {
	factors := strings.Split(text, "·")
	product, err := parsePower(factors[0])
	if len(factors) == 1 || err != nil {
		return product, err
	}
	product.Offset = 0
	for _, factor := range factors[1:] {
		next, err := parsePower(factor)
		if err != nil {
			return Unit{}, err
		}
		if product, err = product.times(next, 1); err != nil {
			return Unit{}, err
		}
	}
	return product, nil
}

// parsePower reads one symbol, as it stands (Nm3, mgC3H8) or with a power
// behind it (cm2, s-1).
func parsePower(text string) (Unit, error) {
	if u, ok := parseSymbol(text); ok {
		return u, nil
	}
	letters := strings.TrimRightFunc(text, unicode.IsDigit)
	digits := text[len(letters):]
	letters, negative := strings.CutSuffix(letters, "-")
	u, ok := parseSymbol(letters)
	if !ok || len(digits) != 1 || digits[0] < '1' || digits[0] > '0'+highestPower {
		return Unit{}, unknownUnit(text)
	}
	power := int(digits[0] - '0')
	if negative {
		power = -power
	}
	return one().times(u, power)
}

// parseSymbol finds a symbol, with a prefix where it takes one.
func parseSymbol(text string) (Unit, bool) {
	if text == "1" {
		return one(), true
	}
	for _, s := range symbols() {
		prefix, is := strings.CutSuffix(text, s.name)
		if !is {
			continue
		}
		scale := "1"
		if prefix != "" {
			if !strings.Contains(" "+s.prefixes+" ", " "+prefix+" ") {
				continue
			}
			scale = prefixes()[prefix]
		}
		factor := rational(s.factor)
		u := Unit{Dimension: s.dimension, exact: factor.Mul(factor, rational(scale))}
		if s.offset != "" {
			u.Offset, _ = rational(s.offset).Float64()
		}
		return u, true
	}
	return Unit{}, false
}

func one() Unit { return Unit{Text: "1", Factor: 1, exact: big.NewRat(1, 1)} }

func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("BUG: not a number in the table of units: " + text)
	}
	return r
}

// times gives u × other^power. Degrees that are multiplied are differences.
func (u Unit) times(other Unit, power int) (Unit, error) {
	product := Unit{Dimension: u.Dimension, exact: new(big.Rat).Set(u.exact)}
	factor := other.exact
	if power < 0 {
		factor = new(big.Rat).Inv(factor)
	}
	for range max(power, -power) {
		product.exact.Mul(product.exact, factor)
	}
	d, ok := u.Dimension.times(other.Dimension, power)
	if !ok {
		return Unit{}, fmt.Errorf("the powers in the unit are too high")
	}
	product.Dimension = d
	return product, nil
}

// per gives what one u is in v, which measures the same.
func (u Unit) per(v Unit) float64 {
	ratio, _ := new(big.Rat).Quo(u.exact, v.exact).Float64()
	return ratio
}

// times gives d × other^power; false beyond the highest power.
func (d Dimension) times(other Dimension, power int) (Dimension, bool) {
	for i, p := range other {
		n := int(d[i]) + int(p)*power
		if n < -highestPower || n > highestPower {
			return d, false
		}
		d[i] = int8(n)
	}
	return d, true
}

// unknownUnit says that a part of a unit is not known, and what is like it.
func unknownUnit(text string) error {
	if text == "" {
		return fmt.Errorf("a unit is missing")
	}
	for _, s := range symbols() {
		for _, prefix := range append(strings.Fields(s.prefixes), "") {
			if known := prefix + s.name; strings.EqualFold(known, text) {
				return fmt.Errorf("the unit %q is not known: capital letters count, %s is meant", text, known)
			}
		}
	}
	return fmt.Errorf("the unit %q is not known", text)
}
