package file

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// aluminium is a plant with all that can be said of one.
var aluminium = agent.Plant{
	ID: "cq-mill-2", Name: "Mill 2, \"north\"", Timezone: "Asia/Shanghai",
	Company: agent.Company{Name: "示例铝业", CreditCode: "91500000XXXXXXXXXX", Sector: "C3252", Park: "Park 7"},
}

// openFor builds an upstream of a plant, and a delivery of readings, a result
// and an event to send it.
func (s *site) openFor(plant agent.Plant, format string) (*Upstream, agent.Delivery) {
	s.t.Helper()
	spec := s.spec("format: " + format)
	spec.Plant = plant
	u, err := New(spec)
	if err != nil {
		s.t.Fatal(err)
	}
	d := s.delivery(s.now, 1, 2)
	d.Batches[1].Source, d.Batches[1].Readings = agent.Own, nil
	d.Batches[1].Results = []agent.Result{{
		KPI: "mill.oil.removal", Unit: "1", Value: 0.95, Coverage: 1, Quality: agent.Good,
		Window: agent.Window{Kind: agent.Hour, Start: s.now, End: s.now.Add(time.Hour), Zone: "Asia/Shanghai"},
	}}
	d.Batches[1].Events = []agent.Event{{Kind: agent.AgentRun, Start: s.now}}
	return u.(*Upstream), d
}

func TestEveryLineSaysWhose(t *testing.T) {
	s := newSite(t)
	u, d := s.openFor(aluminium, "jsonl")
	s.send(u, d)
	seen := map[string]int{}
	for line := range strings.Lines(s.text("batches-2026-03-01.jsonl")) {
		var got struct {
			Row, Plant, Timezone string
			Name                 string `json:"plant_name"`
			Company              agent.Company
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		seen[got.Row]++
		whole := got.Name == aluminium.Name && got.Company == aluminium.Company && got.Timezone == aluminium.Timezone
		if got.Plant != aluminium.ID || (got.Row == "batch" || got.Row == "result") && !whole {
			t.Errorf("a %s does not say whose it is: %s", got.Row, line)
		}
	}
	if seen["batch"] != 2 || seen["reading"] != 2 || seen["result"] != 1 || seen["event"] != 1 {
		t.Errorf("lines %v, want two batches, two readings, a result and an event", seen)
	}
}

func TestEveryRowSaysWhose(t *testing.T) {
	s := newSite(t)
	u, d := s.openFor(aluminium, "csv")
	s.send(u, d)
	for kind, want := range map[string]map[string]string{
		readingsKind: {"plant": aluminium.ID},
		eventsKind:   {"plant": aluminium.ID},
		resultsKind: {"plant": aluminium.ID, "plant_name": aluminium.Name, "company": "示例铝业", "credit_code": "91500000XXXXXXXXXX",
			"sector": "C3252", "park": "Park 7", "zone": "Asia/Shanghai", "kpi": "mill.oil.removal", "value": "0.95"},
	} {
		rows, err := csv.NewReader(strings.NewReader(s.text(kind + "-2026-03-01.csv"))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v, want some", kind, len(rows), err)
		}
		for _, row := range rows[1:] {
			for column, value := range want {
				if at := slices.Index(rows[0], column); at < 0 || row[at] != value {
					t.Errorf("%s: got %q under %q, want %q as %s", kind, row, rows[0], value, column)
				}
			}
		}
	}
}

// TestOtherColumnsBeginAnotherFile: rows of one file have the columns that its
// first line names, also on the day of a newer program.
func TestOtherColumnsBeginAnotherFile(t *testing.T) {
	s := newSite(t)
	s.send(s.open("format: csv"), s.delivery(s.now, 1, 1))
	path := filepath.Join(s.dir, stateName)
	var state map[string]any
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(state["files"].([]any)[0].(map[string]any), "head") // as an older program left it
	if text, err = json.Marshal(state); err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.send(s.open("format: csv"), s.delivery(s.now, 2, 2))
	s.send(s.open("format: csv"), s.delivery(s.now, 3, 3))
	if got, want := s.files(), []string{"readings-2026-03-01.2.csv", "readings-2026-03-01.csv"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if first, second := s.text("readings-2026-03-01.csv"), s.text("readings-2026-03-01.2.csv"); strings.Count(first, "\n") != 3 || strings.Count(second, "\n") != 5 {
		t.Errorf("got\n%s\nand\n%s\nwant a header and one batch, then a header and two", first, second)
	}
}
