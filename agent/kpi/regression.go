package kpi

import (
	"fmt"
	"math"

	"recoup/agent"
)

// Model predicts the energy of a window from its drivers: a mean rate per day
// that is linear in the drivers' rates per day, or in their means. Its error is
// that of the coefficients, which the baseline's periods leave uncertain, and
// that of what the drivers do not explain.
type Model struct {
	Intercept float64       // unit of the energy per day
	Slopes    []float64     // per driver
	Means     []bool        // the driver is a mean, not a total
	Ranges    []agent.Range // of each driver per day, or of its mean: what the model was made from
	Period    float64       // days of one baseline period

	Relative float64 `json:",omitempty"` // standard uncertainty of a declared model; the rest is a fitted one's

	Centre   []float64   `json:",omitempty"` // means of the drivers over the baseline
	Inverse  [][]float64 `json:",omitempty"` // covariance of the slopes
	Level    float64     `json:",omitempty"` // variance of the mean rate at the centre
	Residual float64     `json:",omitempty"` // variance of one period's mean rate about the model
	Student  float64     `json:",omitempty"` // quantile of 95.45 % over that of the normal distribution, 1 and more
}

// rates gives the drivers of a window per day; x are their totals, or means.
func (m *Model) rates(days float64, x []float64) []float64 {
	all := make([]float64, len(x))
	for k := range x {
		if all[k] = x[k]; !m.Means[k] {
			all[k] /= days
		}
	}
	return all
}

// variance gives the squared standard uncertainty of the energy that is expected
// of a window. What the drivers leave unexplained is independent between periods
// of the baseline's length, and nobody knows how it goes within one.
func (m *Model) variance(days float64, x []float64) float64 {
	if !(days > 0) {
		return 0
	}
	rates := m.rates(days, x)
	if m.Centre == nil {
		y := m.Intercept
		for k, r := range rates {
			y += m.Slopes[k] * r
		}
		return m.Relative * m.Relative * y * y * days * days
	}
	square := m.Level
	for i := range rates {
		for k := range rates {
			square += (rates[i] - m.Centre[i]) * m.Inverse[i][k] * (rates[k] - m.Centre[k])
		}
	}
	return m.Student * m.Student * (square*days*days + m.Residual*days*min(days, m.Period))
}

// outside names the first driver that a window takes beyond its range.
func (m *Model) outside(days float64, x []float64) (driver int, rate float64, is bool) {
	if !(days > 0) {
		return 0, 0, false
	}
	for k, r := range m.rates(days, x) {
		if slack := 1e-9 * (math.Abs(m.Ranges[k].Lo) + math.Abs(m.Ranges[k].Hi)); r < m.Ranges[k].Lo-slack || r > m.Ranges[k].Hi+slack {
			return k, r, true
		}
	}
	return 0, 0, false
}

// period is one row of a measured baseline.
type period struct {
	days, energy float64
	drivers      []float64 // totals, or means
}

// fitness is how well a model fits its baseline.
type fitness struct {
	periods  int
	r2       float64   // share of the variance that the drivers explain
	cv       float64   // standard deviation of the residuals over the mean
	standard []float64 // standard uncertainty of each slope
}

// collinear is a driver that follows from the ones before it, or that never
// changes.
type collinear int

func (c collinear) Error() string { return fmt.Sprintf("driver %d is no driver of its own", int(c)+1) }

// fit makes a model by least squares of the mean rates per day, each period
// weighted by its days. It needs at least two periods more than drivers.
func fit(rows []period, means []bool) (*Model, fitness, error) {
	n, p := len(rows), len(means)
	m := &Model{Means: means, Slopes: make([]float64, p), Centre: make([]float64, p), Ranges: make([]agent.Range, p)}
	x, y, weight := make([][]float64, n), make([]float64, n), make([]float64, n)
	var total, mean float64
	for i, row := range rows {
		x[i], y[i] = m.rates(row.days, row.drivers), row.energy/row.days
		m.Period += row.days / float64(n)
	}
	for i, row := range rows {
		weight[i] = row.days / m.Period
		total += weight[i]
		mean += weight[i] * y[i]
		for k, v := range x[i] {
			m.Centre[k] += weight[i] * v
		}
	}
	mean /= total
	for k := range p {
		m.Centre[k] /= total
		m.Ranges[k] = agent.Range{Lo: x[0][k], Hi: x[0][k]}
		for i := range x {
			m.Ranges[k] = agent.Range{Lo: min(m.Ranges[k].Lo, x[i][k]), Hi: max(m.Ranges[k].Hi, x[i][k])}
			x[i][k] -= m.Centre[k]
		}
		if r := m.Ranges[k]; r.Hi-r.Lo <= 1e-9*max(math.Abs(r.Lo), math.Abs(r.Hi)) {
			return nil, fitness{}, collinear(k)
		}
	}
	inverse, err := inverted(products(x, weight, p))
	if err != nil {
		return nil, fitness{}, err
	}
	for k := range p {
		for i := range x {
			for j := range p {
				m.Slopes[k] += inverse[k][j] * weight[i] * x[i][j] * (y[i] - mean)
			}
		}
	}
	m.Intercept = mean
	for k := range p {
		m.Intercept -= m.Slopes[k] * m.Centre[k]
	}
	return m, m.judge(x, y, weight, mean, inverse), nil
}

// judge works out what the residuals say. x is relative to the centre.
func (m *Model) judge(x [][]float64, y, weight []float64, mean float64, inverse [][]float64) fitness {
	var left, all, total float64
	for i := range x {
		e := y[i] - mean
		all += weight[i] * e * e
		for k, v := range x[i] {
			e -= m.Slopes[k] * v
		}
		left += weight[i] * e * e
		total += weight[i]
	}
	free := len(y) - len(m.Slopes) - 1
	m.Residual = left / float64(free)
	m.Level, m.Student, m.Inverse = m.Residual/total, student(free)/2, inverse
	f := fitness{periods: len(y), r2: 1, cv: math.Sqrt(m.Residual) / math.Abs(mean)}
	if all > 0 {
		f.r2 = 1 - left/all
	}
	for k := range inverse {
		for j := range inverse[k] {
			inverse[k][j] *= m.Residual
		}
		f.standard = append(f.standard, math.Sqrt(inverse[k][k])*m.Student)
	}
	return f
}

// products gives the weighted sums of products of the columns of x.
func products(x [][]float64, weight []float64, p int) [][]float64 {
	s := make([][]float64, p)
	for i := range s {
		s[i] = make([]float64, p)
		for k := range s[i] {
			for row := range x {
				s[i][k] += weight[row] * x[row][i] * x[row][k]
			}
		}
	}
	return s
}

// inverted gives the inverse of a symmetric matrix by Cholesky's method, or says
// which column follows from the ones before. Columns are scaled to a length of 1
// first: the drivers' units must not decide.
func inverted(s [][]float64) ([][]float64, error) {
	const independent = 1e-8 // of a column's square, what the others must leave
	p := len(s)
	l, scale := make([][]float64, p), make([]float64, p)
	for i := range p {
		l[i] = make([]float64, p)
		scale[i] = math.Sqrt(s[i][i])
		for k := range i + 1 {
			v := s[i][k] / scale[i] / scale[k]
			for j := range k {
				v -= l[i][j] * l[k][j]
			}
			switch {
			case k < i:
				l[i][k] = v / l[k][k]
			case v < independent:
				return nil, collinear(i)
			default:
				l[i][i] = math.Sqrt(v)
			}
		}
	}
	inverse := make([][]float64, p)
	for column := range p {
		inverse[column] = solved(l, column)
	}
	for i := range p {
		for k := range p {
			inverse[i][k] /= scale[i] * scale[k]
		}
	}
	return inverse, nil
}

// solved gives a column of the inverse of l times its transpose.
func solved(l [][]float64, column int) []float64 {
	p := len(l)
	v := make([]float64, p)
	v[column] = 1
	for i := range p {
		for j := range i {
			v[i] -= l[i][j] * v[j]
		}
		v[i] /= l[i][i]
	}
	for i := p - 1; i >= 0; i-- {
		for j := i + 1; j < p; j++ {
			v[i] -= l[j][i] * v[j]
		}
		v[i] /= l[i][i]
	}
	return v
}

// student gives the factor that covers 95.45 % with the given degrees of freedom
// (JCGM 100:2008, table G.2); between the table's rows that of the smaller.
func student(free int) float64 {
	table := []float64{13.97, 4.53, 3.31, 2.87, 2.65, 2.52, 2.43, 2.37, 2.32, 2.28, 2.25, 2.23, 2.21, 2.20, 2.18, 2.17, 2.16, 2.15, 2.14, 2.13}
	switch {
	case free <= len(table):
		return table[max(free, 1)-1]
	case free < 25:
		return 2.13
	case free < 30:
		return 2.11
	case free < 40:
		return 2.09
	case free < 50:
		return 2.06
	case free < 100:
		return 2.05
	}
	return 2.025
}
