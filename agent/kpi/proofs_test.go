package kpi

import (
	"testing"

	"recoup/agent/agenttest"
)

// TestWorkedCases: the engine gives every figure of every worked case, and none
// of the traps.
func TestWorkedCases(t *testing.T) {
	agenttest.Proofs(t, "agent/kpi", map[string][]func(*testing.T){
		"A03": {caseA03ScaledWithSentinel},
		"A04": {caseA04TrapezoidAndHold},
		"A05": {caseA05GapWithBoundedHold},
		"A06": {caseA06PublishedAverage},
		"A08": {casesA08A10A11Totalisers},
		"A10": {casesA08A10A11Totalisers},
		"A11": {casesA08A10A11Totalisers},
		"A12": {caseA12ClockSetBack},
		"A13": {caseA13LocalDaysAndMonths},
		"A15": {caseA15HourValidity, caseA15Substitute},
		"A16": {caseA16RatioOfTotals},
		"A18": {caseA18CutOff},
		"A20": {caseA20StepOfAFloatRegister},
		"A21": {caseA21CalibrationIsMasked},
		"A22": {caseA22Frozen},
		"B01": {caseB01ActualFlow},
		"B03": {caseB03HalfAYearOfOil},
		"B05": {caseB05LossMethod, caseB05Balance},
		"B06": {caseB06PropaneToCarbonAndOil, caseB06EmissionRate},
		"B09": {caseB09NoOxygenCorrection},
		"B13": {caseB13OxygenTakenBack, caseB13OxygenCorrection},
		"C01": {caseC01Density},
		"C02": {caseC02MassFlow},
		"C03": {caseC03Headline},
		"C04": {caseC04TankInventory},
		"C05": {caseC05LossMethod},
		"C07": {caseC07Conversion},
		"C11": {caseC11WasteAcid},
		"C13": {caseC13MassAndPpm, caseC13MassToPPM},
		"D01": {caseD01Shares},
		"D02": {caseD02Export},
		"D03": {caseD03Headline},
		"D04": {caseD04HeatRecovery, caseD04Efficiencies},
		"D07": {caseD07Reversal},
		"E01": {caseE01TwoConventions},
		"E02": {caseE02FactorOfItsYear},
		"E03": {caseE03ImpliedFactor, caseE03PerTonneOfCoalEquivalent},
		"E04": {caseE04Baseline},
		"S01": {caseS01RunOnlyBesideAllIn},
		"U01": {caseU01DirectAgainstLoss},
		"U02": {caseU02AccuracyReadThreeWays},
		"U03": {caseU03SameTitrant, caseU03DirectBudget},
		"U04": {caseU04TankGauging, caseU04BeforeMeasuring},
		"U05": {caseU05Share, caseU05BeforeMeasuring},
		"U07": {caseU07GuardBand},
		"U08": {caseU08Combined, caseU08Closure},
	})
}
