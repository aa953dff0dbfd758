package kpi

import (
	"math"

	"recoup/agent"
)

// The specific enthalpy of water and steam, kJ/kg, by pressure (MPa, absolute) and
// temperature (K): the Industrial Formulation IAPWS-IF97 (release R7-97 of the
// International Association for the Properties of Water and Steam), region 1 for
// water, region 2 for steam and region 4 for the line between them.
//
// It is used from 273.15 to 1073.15 K and up to 10 MPa, where these three regions
// are all there is. Steam that is not hotter than its saturation is wet, and how
// wet no thermometer tells: its enthalpy is not known, and such time is lost.
const (
	gasConstant = 0.461526 // kJ/(kg·K) of water
	coldestIF97 = 273.15
	hottestIF97 = 1073.15
	hottestWet  = 623.15 // region 1 ends here
	mostIF97    = 10.0   // MPa
	steamRel    = 0.001  // standard uncertainty of an enthalpy difference, relative
)

// powers97 is a term n πⁱ τʲ of the formulation.
type powers97 struct {
	i, j int
	n    float64
}

// water97 holds region 1, in powers of 7.1−π and τ−1.222, π = p/16.53 MPa and
// τ = 1386 K/T.
var water97 = [...]powers97{
	{0, -2, 0.14632971213167}, {0, -1, -0.84548187169114}, {0, 0, -3.7563603672040}, {0, 1, 3.3855169168385},
	{0, 2, -0.95791963387872}, {0, 3, 0.15772038513228}, {0, 4, -0.016616417199501}, {0, 5, 0.81214629983568e-3},
	{1, -9, 0.28319080123804e-3}, {1, -7, -0.60706301565874e-3}, {1, -1, -0.018990068218419}, {1, 0, -0.032529748770505},
	{1, 1, -0.021841717175414}, {1, 3, -0.52838357969930e-4}, {2, -3, -0.47184321073267e-3}, {2, 0, -0.30001780793026e-3},
	{2, 1, 0.47661393906987e-4}, {2, 3, -0.44141845330846e-5}, {2, 17, -0.72694996297594e-15}, {3, -4, -0.31679644845054e-4},
	{3, 0, -0.28270797985312e-5}, {3, 6, -0.85205128120103e-9}, {4, -5, -0.22425281908000e-5}, {4, -2, -0.65171222895601e-6},
	{4, 10, -0.14341729937924e-12}, {5, -8, -0.40516996860117e-6}, {8, -11, -0.12734301741641e-8}, {8, -6, -0.17424871230634e-9},
	{21, -29, -0.68762131295531e-18}, {23, -31, 0.14478307828521e-19}, {29, -38, 0.26335781662795e-22}, {30, -39, -0.11947622640071e-22},
	{31, -40, 0.18228094581404e-23}, {32, -41, -0.93537087292458e-25},
}

// ideal97 holds the part of region 2 that steam has as an ideal gas, in powers of
// τ = 540 K/T.
var ideal97 = [...]powers97{
	{0, 0, -9.6927686500217}, {0, 1, 10.086655968018}, {0, -5, -0.56087911283020e-2}, {0, -4, 0.071452738081455}, {0, -3, -0.40710498223928},
	{0, -2, 1.4240819171444}, {0, -1, -4.3839511319450}, {0, 2, -0.28408632460772}, {0, 3, 0.021268463753307},
}

// residual97 holds the rest of region 2, in powers of π = p/1 MPa and τ−0.5.
var residual97 = [...]powers97{
	{1, 0, -0.17731742473213e-2}, {1, 1, -0.017834862292358}, {1, 2, -0.045996013696365}, {1, 3, -0.057581259083432}, {1, 6, -0.050325278727930},
	{2, 1, -0.33032641670203e-4}, {2, 2, -0.18948987516315e-3}, {2, 4, -0.39392777243355e-2}, {2, 7, -0.043797295650573}, {2, 36, -0.26674547914087e-4},
	{3, 0, 0.20481737692309e-7}, {3, 1, 0.43870667284435e-6}, {3, 3, -0.32277677238570e-4}, {3, 6, -0.15033924542148e-2}, {3, 35, -0.040668253562649},
	{4, 1, -0.78847309559367e-9}, {4, 2, 0.12790717852285e-7}, {4, 3, 0.48225372718507e-6}, {5, 7, 0.22922076337661e-5}, {6, 3, -0.16714766451061e-10},
	{6, 16, -0.21171472321355e-2}, {6, 35, -23.895741934104}, {7, 0, -0.59059564324270e-17}, {7, 11, -0.12621808899101e-5}, {7, 25, -0.038946842435739},
	{8, 8, 0.11256211360459e-10}, {8, 36, -8.2311340897998}, {9, 13, 0.19809712802088e-7}, {10, 4, 0.10406965210174e-18}, {10, 10, -0.10234747095929e-12},
	{10, 14, -0.10018179379511e-8}, {16, 29, -0.80882908646985e-10}, {16, 50, 0.10693031879409}, {18, 57, -0.33662250574171}, {20, 20, 0.89185845355421e-24},
	{20, 35, 0.30629316876232e-12}, {20, 48, -0.42002467698208e-5}, {21, 21, -0.59056029685639e-25}, {22, 53, 0.37826947613457e-5}, {23, 39, -0.12768608934681e-14},
	{24, 26, 0.73087610595061e-28}, {24, 40, 0.55414715350778e-16}, {24, 58, -0.94369707241210e-6},
}

// saturation97 holds region 4.
var saturation97 = [...]float64{
	1167.0521452767, -724213.16703206, -17.073846940092, 12020.824702470, -3232555.0322333,
	14.915108613530, -4823.2657361591, 405113.40542057, -0.23855557567849, 650.17534844798,
}

// byTau gives the derivative of Σ n xⁱ yʲ by y.
func byTau(all []powers97, x, y float64) (sum float64) {
	for _, t := range all {
		sum += t.n * math.Pow(x, float64(t.i)) * float64(t.j) * math.Pow(y, float64(t.j-1))
	}
	return sum
}

// waterEnthalpy is region 1.
func waterEnthalpy(p, t float64) float64 {
	return gasConstant * 1386 * byTau(water97[:], 7.1-p/16.53, 1386/t-1.222)
}

// steamEnthalpy is region 2.
func steamEnthalpy(p, t float64) float64 {
	tau := 540 / t
	return gasConstant * 540 * (byTau(ideal97[:], 1, tau) + byTau(residual97[:], p, tau-0.5))
}

// saturationTemperature is region 4, in K, from 611.213 Pa.
func saturationTemperature(p float64) float64 {
	n, beta := saturation97, math.Pow(p, 0.25)
	e := beta*beta + n[2]*beta + n[5]
	f := n[0]*beta*beta + n[3]*beta + n[6]
	g := n[1]*beta*beta + n[4]*beta + n[7]
	d := 2 * g / (-f - math.Sqrt(f*f-4*e*g))
	return (n[9] + d - math.Sqrt((n[9]+d)*(n[9]+d)-4*(n[8]+n[9]*d))) / 2
}

// superheat is what a kilogram of steam at p (MPa) and t (°C) has more than the
// feedwater at tw (°C), which is taken to be at the same pressure: a tenth of that
// changes it by 0.1 kJ/kg.
func superheat(p, t, tw float64) (kJ float64, quality agent.Quality, arg int) {
	const zero = 273.15
	if !(p >= 0.01 && p <= mostIF97) {
		return 0, agent.Bad, 0
	}
	boiling := saturationTemperature(p)
	if k := t + zero; !(k > boiling && k <= hottestIF97) {
		return 0, agent.Bad, 1
	}
	if k := tw + zero; !(k >= coldestIF97 && k <= min(boiling, hottestWet)) {
		return 0, agent.Bad, 2
	}
	return steamEnthalpy(p, t+zero) - waterEnthalpy(p, tw+zero), agent.Good, 0
}
