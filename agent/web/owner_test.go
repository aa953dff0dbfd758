package web

import (
	"encoding/json"
	"strings"
	"testing"

	"recoup/agent"
	"recoup/agent/say"
)

func TestOwner(t *testing.T) {
	full := agent.Company{Name: "Aluminium Co.", CreditCode: "91500000XXXXXXXXXX", Sector: "C3252", Park: "Park 7"}
	for _, c := range []struct {
		company agent.Company
		lang    say.Lang
		want    string
	}{
		{full, say.EN, "Aluminium Co. · credit code 91500000XXXXXXXXXX · sector C3252 · Park 7"},
		{full, say.ZH, "Aluminium Co. · 统一社会信用代码 91500000XXXXXXXXXX · 行业 C3252 · Park 7"},
		{agent.Company{Park: "Park 7", Sector: "C3252"}, say.EN, "sector C3252 · Park 7"},
		{agent.Company{}, say.EN, ""},
	} {
		v := view{T: say.Labels(c.lang), Plant: agent.Plant{Company: c.company}}
		if got := v.Owner(); got != c.want {
			t.Errorf("%+v in %v: got %q, want %q", c.company, c.lang, got, c.want)
		}
	}
}

// TestEveryAnswerSaysWhose: an answer that is kept, or sent on, must not need
// the address that it came from.
func TestEveryAnswerSaysWhose(t *testing.T) {
	s := server(t, board(t), nil)
	for _, path := range []string{"board", "results?kpi=mill.oil.removal&window=day", "events"} {
		var got struct{ Plant agent.Plant }
		if err := json.Unmarshal(get(t, s, "/api/v1/"+path).Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Plant.ID != shanghai.ID || got.Plant.Name != shanghai.Name || got.Plant.Company != shanghai.Company || got.Plant.Timezone != "Asia/Shanghai" {
			t.Errorf("%s: got plant %+v, want %+v", path, got.Plant, shanghai)
		}
	}
	var told Answer
	if err := json.Unmarshal(get(t, s, "/api/v1/why?kpi=mill.oil.removal").Body.Bytes(), &told); err != nil {
		t.Fatal(err)
	}
	if told.Plant != shanghai.ID || told.Name != shanghai.Name || told.Company != shanghai.Company {
		t.Errorf("why: got %q, %q, %+v, want those of %+v", told.Plant, told.Name, told.Company, shanghai)
	}
	for _, l := range say.Langs() {
		page := get(t, s, "/?lang="+l.String()).Body.String()
		for _, want := range []string{shanghai.ID, shanghai.Name, shanghai.Company.Name, shanghai.Company.CreditCode, shanghai.Company.Sector, shanghai.Company.Park} {
			if !strings.Contains(page, want) {
				t.Errorf("%v: the page does not say %q", l, want)
			}
		}
	}
}
