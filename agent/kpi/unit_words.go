package kpi

import (
	"fmt"
	"strings"

	"recoup/agent"
)

// named are the dimensions that have a name of their own, each by a unit of it.
func named() [][2]string {
	return [][2]string{
		{"1", "a share or number"}, {"m2", "an area"}, {"m3", "a volume"}, {"Nm3", "a normal volume"},
		{"m/s", "a speed"}, {"m3/s", "a volume flow"}, {"Nm3/s", "a normal volume flow"}, {"kg/s", "a mass flow"},
		{"kg/m3", "a density (mass per volume)"}, {"W", "a power"}, {"Pa", "a pressure"}, {"Hz", "a frequency"},
		{"V", "a voltage"}, {"mol/s", "a molar flow"},
	}
}

// String says in words what the dimension is: "a volume flow", "energy per
// mass".
func (d Dimension) String() string {
	for _, n := range named() {
		if u, err := ParseUnit(n[0]); err == nil && u.Dimension == d {
			return n[1]
		}
	}
	above, below := d.parts(func(i, power int) string {
		name := basicNames()[i]
		switch {
		case i == ofLength && power == 2:
			return "area"
		case i == ofLength && power == 3:
			return "volume"
		case power == 1:
			return name
		}
		return fmt.Sprintf("%s to the power of %d", name, power)
	})
	text := strings.Join(above, " times ")
	if len(above) == 0 {
		text = "a number"
	}
	if len(below) > 0 {
		text += " per " + strings.Join(below, " and ")
	}
	return article(text)
}

func article(text string) string {
	for _, without := range []string{"a ", "an ", "money", "coal", "mass as", "mass of"} {
		if strings.HasPrefix(text, without) {
			return text
		}
	}
	if strings.ContainsRune("aeiou", rune(text[0])) {
		return "an " + text
	}
	return "a " + text
}

// canonical writes the unit that totals of the dimension are kept in: kg, kWh,
// h, m and so on.
func (d Dimension) canonical() string {
	above, below := d.parts(func(i, power int) string {
		if power == 1 {
			return basicUnits()[i]
		}
		return fmt.Sprintf("%s%d", basicUnits()[i], power)
	})
	text := strings.Join(above, "·")
	if len(above) == 0 {
		text = "1"
	}
	for _, b := range below {
		text += "/" + b
	}
	return text
}

// parts writes the powers above and below the line. A normal cubic metre has
// no root, so its powers are products.
func (d Dimension) parts(write func(i, power int) string) (above, below []string) {
	for i, p := range d {
		into, power := &above, int(p)
		if p < 0 {
			into, power = &below, -power
		}
		switch {
		case p == 0:
		case i == ofNormalVolume:
			for range power {
				*into = append(*into, write(i, 1))
			}
		default:
			*into = append(*into, write(i, power))
		}
	}
	return above, below
}

func basicNames() [basicKinds]string {
	names := [basicKinds]string{
		ofLength: "length", ofNormalVolume: "normal volume", ofTime: "time", ofTemperature: "temperature", ofEnergy: "energy",
		ofCurrent: "electric current", ofAmount: "amount of substance", ofYuan: "money in yuan", ofEuro: "money in euros", ofDollar: "money in dollars",
	}
	for i, b := range bases() {
		names[ofMass+i] = b.words
	}
	return names
}

func basicUnits() [basicKinds]string {
	units := [basicKinds]string{
		ofLength: "m", ofNormalVolume: "Nm3", ofTime: "h", ofTemperature: "K", ofEnergy: "kWh",
		ofCurrent: "A", ofAmount: "mol", ofYuan: "yuan", ofEuro: "EUR", ofDollar: "USD",
	}
	for i, b := range bases() {
		units[ofMass+i] = "kg" + b.suffix
	}
	return units
}

// inUnit says what a tag is measured in, and what that is: `q is in "m3/h", a
// volume flow`.
func inUnit(tag *agent.Tag) string {
	u, err := ParseUnit(tag.Unit)
	switch {
	case tag.Unit == "":
		return tag.Name + " has no unit"
	case err != nil:
		return fmt.Sprintf("%s is in %q (%v)", tag.Name, tag.Unit, err)
	}
	return fmt.Sprintf("%s is in %q, %s", tag.Name, tag.Unit, u.Dimension)
}
