package kpi

import (
	"math"
	"strings"
	"testing"

	"recoup/agent"
)

func withClaim(s claimSection) energyCarbon {
	return energyCarbon{Carriers: []carrier{{Carrier: "electricity", Energy: "eq320", EquivalentValue: "electricity.equivalent"}}, Claims: []claimSection{s}}
}

func claimed(t *testing.T, s claimSection) agent.Claim {
	t.Helper()
	return newSite().kpi(t, withClaim(s)).Claims[0]
}

func caseE03ImpliedFactor(t *testing.T) {
	c := caseOf(t, "E03")
	got := claimed(t, claimSection{TCE: field[float64](t, c.Inputs, "tce"), CO2: field[float64](t, c.Inputs, "tCO2"), Convention: "equivalent"})
	c.Expect(t, "implied_tCO2_per_tce", got.Implied())
	ratios := map[string]agent.Carrier{}
	for _, carrier := range got.Carriers {
		ratios[carrier.Name] = carrier
	}
	c.Expect(t, "electricity_equivalent", ratios["electricity"].Ratio)
	c.Expect(t, "natural_gas", ratios["gas"].Ratio)
	c.Expect(t, "coal", ratios["coal"].Ratio)
	c.Expect(t, "max_if_all_coal_t", got.TCE*ratios["coal"].Ratio)
	share, possible := got.Share(ratios["electricity"], ratios["gas"])
	if c.Expect(t, "electricity_fraction_if_rest_gas", share); !possible {
		t.Error("not possible")
	}
}

// TestEqualValueGivesElectricityLess: by what power plants burn it is below coal.
func TestEqualValueGivesElectricityLess(t *testing.T) {
	got := claimed(t, claimSection{TCE: 31800, CO2: 100000, Convention: "equal"})
	if _, most := got.Range(); most > 100000 || got.Carriers[2].Name != "coal" || math.Abs(got.Carriers[1].Ratio-0.5306/0.28078) > 1e-9 {
		t.Errorf("got %+v", got.Carriers)
	}
}

func TestFaultsOfClaims(t *testing.T) {
	for name, test := range map[string]struct {
		section   claimSection
		path, msg string
	}{
		"energy":     {claimSection{CO2: 1, Convention: "equal"}, "claims[0].tce", "0 t"},
		"co2":        {claimSection{TCE: 1, CO2: -1, Convention: "equal"}, "claims[0].co2", "-1 t"},
		"convention": {claimSection{TCE: 1, CO2: 1}, "claims[0].convention", "2.4-fold"},
		"grid":       {claimSection{TCE: 1, CO2: 1, Convention: "equal", Grid: "grid.mars"}, "claims[0].grid", "grid.mars"},
		"unit":       {claimSection{TCE: 1, CO2: 1, Convention: "equal", Grid: "coal.raw"}, "claims[0].grid", "kgce/kg"},
	} {
		_, err := newEnergyCarbon(decoded("site", withClaim(test.section), newSite().tags()...))
		if err == nil || !strings.Contains(err.Error(), test.path) || !strings.Contains(err.Error(), test.msg) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
