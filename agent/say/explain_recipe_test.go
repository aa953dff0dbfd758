package say

import (
	"testing"

	"recoup/agent"
)

// TestRecipes: each kind of term says what its total is, those without a tag too.
func TestRecipes(t *testing.T) {
	flow := &agent.Tag{Name: "q", Unit: "m3/h"}
	for _, test := range []struct {
		of     Ingredient
		en, zh string
	}{
		{Ingredient{Factor: 0.5, Tags: []*agent.Tag{flow}}, "0.5 × ∫ (q [m³/h]) dt, t in s", "0.5 × ∫（q［m³/h］）dt，t 以秒计"},
		{Ingredient{Factor: 1, Tags: []*agent.Tag{{Name: "e", Unit: "kWh", Counter: &agent.Counter{}}}}, "advance of e [kWh]", "e［kWh］ 的增量"},
		{Ingredient{Factor: 0.25}, "0.25 × covered seconds", "0.25 × 有效秒数"},
		{Ingredient{}, "0, with the model's own uncertainty", "0（带有模型自身的不确定度）"},
	} {
		if en, zh := test.of.recipe(EN), test.of.recipe(ZH); en != test.en || zh != test.zh {
			t.Errorf("got %q and %q, want %q and %q", en, zh, test.en, test.zh)
		}
	}
}
