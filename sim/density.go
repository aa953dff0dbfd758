package sim

// Density of sulfuric acid in kg/m3, by strength in % and temperature in °C: up
// to 90 % a table, above it the values at 20 °C and one slope.
const densitySlope = -1.0 // kg/m3 per °C above 90 %

// densityAt are the temperatures of the rows of densities.
var densityAt = [...]float64{0, 10, 20, 25, 30, 40, 50}

// densities has a row for each strength. The table's first row is water.
var densities = [...]struct {
	strength float64
	rho      [len(densityAt)]float64
}{
	{0, [...]float64{999.84, 999.70, 998.21, 997.05, 995.65, 992.22, 988.04}},
	{10, [...]float64{1073.3, 1069.9, 1065.8, 1063.6, 1061.3, 1056.5, 1051.5}},
	{20, [...]float64{1150.9, 1145.2, 1139.4, 1136.4, 1133.4, 1127.5, 1121.3}},
	{30, [...]float64{1232.7, 1225.5, 1218.6, 1215.1, 1211.7, 1204.8, 1197.7}},
	{40, [...]float64{1317.8, 1310.1, 1302.6, 1299.0, 1295.3, 1288.1, 1280.6}},
	{50, [...]float64{1411.0, 1402.9, 1395.0, 1391.1, 1387.2, 1379.6, 1371.9}},
	{60, [...]float64{1515.5, 1506.8, 1498.2, 1494.0, 1489.8, 1481.6, 1473.5}},
	{70, [...]float64{1629.2, 1619.8, 1610.5, 1605.9, 1601.4, 1592.5, 1583.9}},
	{80, [...]float64{1748.3, 1737.7, 1727.2, 1722.1, 1717.0, 1707.0, 1697.2}},
	{85, [...]float64{1800.8, 1789.6, 1778.5, 1773.1, 1767.7, 1757.1, 1746.6}},
	{90, [...]float64{1835.8, 1825.0, 1814.3, 1809.0, 1803.8, 1793.4, 1783.1}},
}

// strongDensities are those of 90 to 100 % at 20 °C, percent by percent.
var strongDensities = [...]float64{1814.3, 1819.5, 1824.0, 1827.9, 1831.2, 1833.7, 1835.5, 1836.4, 1836.1, 1834.2, 1830.5}

// density gives kg/m3 of acid of strength w, a fraction, at t °C. Outside 0 to
// 100 % and 0 to 50 °C (0 to 100 °C above 90 %) it goes straight on.
func density(w, t float64) float64 {
	percent := 100 * w
	if percent >= 90 {
		at := min(int(percent)-90, len(strongDensities)-2)
		part := percent - 90 - float64(at)
		return strongDensities[at] + part*(strongDensities[at+1]-strongDensities[at]) + densitySlope*(t-20)
	}
	// A cubic through the four nearest strengths: straight lines between the
	// table's rows would be wrong by up to 2 kg/m3.
	first := 0
	for first < len(densities)-4 && percent > densities[first+2].strength {
		first++
	}
	rho := 0.0
	for i := first; i < first+4; i++ {
		weight := 1.0
		for j := first; j < first+4; j++ {
			if i != j {
				weight *= (percent - densities[j].strength) / (densities[i].strength - densities[j].strength)
			}
		}
		rho += weight * densityOfRow(i, t)
	}
	return rho
}

// densityOfRow goes straight between two temperatures of a row.
func densityOfRow(row int, t float64) float64 {
	at := 0
	for at < len(densityAt)-2 && t > densityAt[at+1] {
		at++
	}
	rho := &densities[row].rho
	return rho[at] + (t-densityAt[at])/(densityAt[at+1]-densityAt[at])*(rho[at+1]-rho[at])
}
