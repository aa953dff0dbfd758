package kpi

// symbol is a unit's symbol: factor and offset lead to the basic unit of its
// dimension, prefixes are those that are used with it.
type symbol struct {
	name      string
	dimension Dimension
	factor    string
	prefixes  string
	offset    string
}

// symbols lists what units are made of. Symbols of the SI are those of the SI
// Brochure, 9th edition; the energy of a calorie is that of GB/T 2589, by which
// a kilogram of coal equivalent is 7000 kcal.
func symbols() []symbol {
	all := []symbol{
		{name: "m", dimension: Dimension{ofLength: 1}, factor: "1", prefixes: "k d c m µ u"},
		{name: "l", dimension: Dimension{ofLength: 3}, factor: "0.001", prefixes: "h m"},
		{name: "L", dimension: Dimension{ofLength: 3}, factor: "0.001", prefixes: "h m"},
		{name: "立方米", dimension: Dimension{ofLength: 3}, factor: "1"},
		{name: "Nm3", dimension: Dimension{ofNormalVolume: 1}, factor: "1", prefixes: "k"},
		{name: "标立方米", dimension: Dimension{ofNormalVolume: 1}, factor: "1"},
		{name: "Nl", dimension: Dimension{ofNormalVolume: 1}, factor: "0.001"},
		{name: "NL", dimension: Dimension{ofNormalVolume: 1}, factor: "0.001"},

		{name: "s", dimension: Dimension{ofTime: 1}, factor: "1", prefixes: "m"},
		{name: "min", dimension: Dimension{ofTime: 1}, factor: "60"},
		{name: "h", dimension: Dimension{ofTime: 1}, factor: "3600"},
		{name: "小时", dimension: Dimension{ofTime: 1}, factor: "3600"},
		{name: "d", dimension: Dimension{ofTime: 1}, factor: "86400"},
		{name: "天", dimension: Dimension{ofTime: 1}, factor: "86400"},
		{name: "Hz", dimension: Dimension{ofTime: -1}, factor: "1", prefixes: "k"},
		{name: "rpm", dimension: Dimension{ofTime: -1}, factor: "1/60"},

		{name: "K", dimension: Dimension{ofTemperature: 1}, factor: "1"},
		{name: "°C", dimension: Dimension{ofTemperature: 1}, factor: "1", offset: "273.15"},
		{name: "℃", dimension: Dimension{ofTemperature: 1}, factor: "1", offset: "273.15"},
		{name: "C", dimension: Dimension{ofTemperature: 1}, factor: "1", offset: "273.15"},

		{name: "J", dimension: Dimension{ofEnergy: 1}, factor: "1", prefixes: "k M G T"},
		{name: "Wh", dimension: Dimension{ofEnergy: 1}, factor: "3600", prefixes: "k M G T"},
		{name: "千瓦时", dimension: Dimension{ofEnergy: 1}, factor: "3600000"},
		{name: "cal", dimension: Dimension{ofEnergy: 1}, factor: "4.1868", prefixes: "k M G"},
		{name: "W", dimension: Dimension{ofEnergy: 1, ofTime: -1}, factor: "1", prefixes: "m k M G"},
		{name: "千瓦", dimension: Dimension{ofEnergy: 1, ofTime: -1}, factor: "1000"},
		{name: "A", dimension: Dimension{ofCurrent: 1}, factor: "1", prefixes: "m k"},
		{name: "V", dimension: Dimension{ofEnergy: 1, ofTime: -1, ofCurrent: -1}, factor: "1", prefixes: "m k"},

		{name: "Pa", dimension: Dimension{ofEnergy: 1, ofLength: -3}, factor: "1", prefixes: "h k M"},
		{name: "bar", dimension: Dimension{ofEnergy: 1, ofLength: -3}, factor: "100000", prefixes: "m"},
		{name: "atm", dimension: Dimension{ofEnergy: 1, ofLength: -3}, factor: "101325"},
		{name: "mmH2O", dimension: Dimension{ofEnergy: 1, ofLength: -3}, factor: "9.80665"},

		{name: "mol", dimension: Dimension{ofAmount: 1}, factor: "1", prefixes: "m k"},
		{name: "%", factor: "1/100"},
		{name: "‰", factor: "1/1000"},
		{name: "ppm", factor: "1/1000000"},
		{name: "ppb", factor: "1/1000000000"},

		{name: "yuan", dimension: Dimension{ofYuan: 1}, factor: "1"},
		{name: "CNY", dimension: Dimension{ofYuan: 1}, factor: "1"},
		{name: "RMB", dimension: Dimension{ofYuan: 1}, factor: "1"},
		{name: "元", dimension: Dimension{ofYuan: 1}, factor: "1", prefixes: "万"},
		{name: "EUR", dimension: Dimension{ofEuro: 1}, factor: "1"},
		{name: "USD", dimension: Dimension{ofDollar: 1}, factor: "1"},

		{name: "吨", dimension: Dimension{ofMass: 1}, factor: "1000"},
		{name: "千克", dimension: Dimension{ofMass: 1}, factor: "1"},
		{name: "公斤", dimension: Dimension{ofMass: 1}, factor: "1"},
	}
	for _, of := range bases() {
		all = append(all,
			symbol{name: "g" + of.suffix, dimension: of.dimension, factor: "0.001", prefixes: "k m µ u n"},
			symbol{name: "t" + of.suffix, dimension: of.dimension, factor: "1000", prefixes: "k M"})
	}
	return all
}

// basis is what a mass is counted as.
type basis struct {
	suffix    string // of its grams and tonnes
	words     string
	dimension Dimension
}

func bases() []basis {
	return []basis{
		{"", "mass", Dimension{ofMass: 1}},
		{"C", "mass as carbon", Dimension{ofCarbon: 1}},
		{"C3H8", "mass as propane", Dimension{ofPropane: 1}},
		{"oil", "mass as oil", Dimension{ofOil: 1}},
		{"CO2", "mass of CO2", Dimension{ofCO2: 1}},
		{"CO2e", "mass as CO2 equivalent", Dimension{ofCO2e: 1}},
		{"ce", "coal equivalent", Dimension{ofCoal: 1}},
	}
}

func prefixes() map[string]string {
	return map[string]string{
		"T": "1000000000000", "G": "1000000000", "M": "1000000", "万": "10000", "k": "1000", "h": "100",
		"d": "0.1", "c": "0.01", "m": "0.001", "µ": "0.000001", "u": "0.000001", "n": "0.000000001",
	}
}

// shares are further ways to write a share.
func shares() map[string]string {
	return map[string]string{
		"wt%": "%", "%w/w": "%", "vol%": "%", "%vol": "%", "%v/v": "%", "mol%": "%", "ppmv": "ppm", "％": "%",
	}
}
