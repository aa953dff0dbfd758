package say

import (
	"strings"
	"testing"

	"recoup/agent"
)

func TestClaim(t *testing.T) {
	carriers := []agent.Carrier{{Name: "gas", Ratio: 1.6442, Fuel: true}, {Name: "coal", Ratio: 2.7725, Fuel: true}, {Name: "electricity", Ratio: 4.3173}}
	for _, test := range []struct {
		co2    float64
		en, zh string
	}{
		{100000, "imply 3.145 t/tce (natural gas 1.644, coal 2.772, electricity 4.317; electricity by equivalent value): above every fuel, all coal would give 88\u202f166 t; 56\u202f% electricity if the rest is natural gas; 24\u202f% electricity if the rest is coal; or process emissions.", "高于任何燃料，全部为煤时为 88\u202f166 t；若其余为天然气，电力须占 56\u202f%；若其余为煤，电力须占 24\u202f%；或含工艺排放。"},
		{150000, "not possible with energy alone, which gives 137\u202f290 t at most; the rest must be process emissions.", "仅靠能源不可能达到，最多为 137\u202f290 t；其余须为工艺排放。"},
		{40000, "not possible, the least is 52\u202f286 t unless renewable energy or biomass is counted.", "不可能成立，最少为 52\u202f286 t，除非计入可再生能源或生物质。"},
		{70000, "electricity by equivalent value); 21\u202f% electricity if the rest is natural gas; or process emissions.", "；若其余为天然气，电力须占 21\u202f%；或含工艺排放。"},
	} {
		c := agent.Claim{Name: "report", TCE: 31800, CO2: test.co2, Carriers: carriers}
		for l, want := range map[Lang]string{EN: test.en, ZH: test.zh} {
			if got := Claim(l, c); !strings.HasSuffix(got, want) && !strings.Contains(got, want) {
				t.Errorf("%v, %g t:\ngot  %s\nwant … %s", l, test.co2, got, want)
			}
		}
	}
}
