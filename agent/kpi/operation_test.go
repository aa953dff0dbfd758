package kpi

import (
	"slices"
	"testing"

	"recoup/agent"
)

func TestFaultsOfStates(t *testing.T) {
	one, stop := limit(1), stateSection{Is: "stop"}
	run := stateSection{Is: "run", Tag: "mill.spare", When: one}
	for _, test := range []struct {
		operation       operation
		path, says, fix string
	}{
		{operation{States: []stateSection{{Is: "rolling", Tag: "mill.spare", When: one}, run, stop}}, "states[0].is", `"rolling"`, "run, idle, start, stop, bypass, maintenance, calibration, standby"},
		{operation{States: []stateSection{{Is: "run", Tag: "mill.spar", When: one}, stop}}, "states[0].tag", `no tag "mill.spar"`, "mill.spare"},
		{operation{States: []stateSection{{Is: "run", When: one}, stop}}, "states[0].tag", "missing", "name a tag"},
		{operation{States: []stateSection{{Is: "run", Tag: "mill.oil_total", When: one}, stop}}, "states[0].tag", "totaliser", "bit"},
		{operation{States: []stateSection{{Is: "run", Tag: "mill.spare"}, stop}}, "states[0]", "not said when", "when: 1"},
		{operation{States: []stateSection{{Is: "run", Tag: "mill.spare", When: one, Above: one}, stop}}, "states[0].when", "a value and a limit", "delete"},
		{operation{States: []stateSection{{Is: "run", Tag: "mill.spare", Above: limit(3), Below: one}, stop}}, "states[0].above", "above 3 and below 1", "lower limit"},
		{operation{States: []stateSection{{Is: "idle", Tag: "mill.spare", When: limit(2)}, run}, RunOnly: []string{"run"}}, "states[1]", "otherwise", "{is: stop}"},
		{operation{States: []stateSection{stop, run, stop}}, "states[0]", "nothing behind stop", "last"},
		{operation{States: []stateSection{run, stop}, RunOnly: []string{"run", "idle"}}, "run_only[1]", `"idle"`, "run, stop"},
		{operation{States: []stateSection{run, stop}, RunOnly: []string{"run", "run"}}, "run_only[1]", "twice", "once"},
		{operation{States: []stateSection{run, stop}, RunOnly: []string{"run", "stop"}}, "run_only", "would be the all-in one", "leave a state out"},
		{operation{States: []stateSection{{Is: "bypass", Tag: "mill.spare", When: one}, stop}}, "run_only", "run or idle", "bypass, stop"},
		{operation{RunOnly: []string{"run"}}, "run_only[0]", "no states", "delete run_only"},
		{operation{Lots: &lotSection{}}, "lots.tag", "missing", "name a tag"},
		{operation{Lots: &lotSection{Tag: "mill.oil_total"}}, "lots.tag", "totaliser", "number of the coil"},
	} {
		m := newMill(1, false)
		spec := m.spec(m.section())
		spec.Decode = func(into any) error {
			*into.(*oilMist) = m.section()
			into.(*oilMist).Operation = test.operation
			return nil
		}
		_, err := newOilMist(spec)
		wantFault(t, err, "oil_mist."+test.path, test.says, test.fix)
	}
}

// TestWhatCountsUsually: an idle mill counts, an idle acid works does not, and a
// bypass belongs to the share of power in any case.
func TestWhatCountsUsually(t *testing.T) {
	states := []stateSection{{Is: "run", Tag: "x", When: limit(1)}, {Is: "bypass", Tag: "x", When: limit(2)}, {Is: "idle", Tag: "x", When: limit(3)}, {Is: "stop"}}
	for name, test := range map[string]struct {
		operation operation
		usual     []string
		always    []string
		want      []string
	}{
		"oil mist":        {operation{States: states}, []string{"run", "idle"}, nil, []string{"run", "idle"}},
		"acid":            {operation{States: states}, []string{"run"}, nil, []string{"run"}},
		"share":           {operation{States: states}, []string{"run"}, []string{"bypass"}, []string{"run", "bypass"}},
		"share, asked":    {operation{States: states, RunOnly: []string{"idle"}}, []string{"run"}, []string{"bypass"}, []string{"idle", "bypass"}},
		"in their order":  {operation{States: states, RunOnly: []string{"idle", "run"}}, []string{"run"}, nil, []string{"run", "idle"}},
		"states that are": {operation{States: []stateSection{states[0], states[3]}}, []string{"run", "idle"}, nil, []string{"run"}},
		"nothing is left": {operation{States: []stateSection{states[0], {Is: "bypass"}}}, []string{"run"}, []string{"bypass"}, nil},
		"no states":       {operation{}, []string{"run"}, nil, nil},
	} {
		b := builder{spec: agent.Spec{Tags: []*agent.Tag{tagOf("x", "", "s", 0)}}}
		kpi := KPI{Quantities: []Quantity{{Always: test.always}}}
		b.operate(&kpi, test.operation, test.usual...)
		if got := kpi.Quantities[0].RunOnly; !slices.Equal(got, test.want) || len(b.faults) > 0 || (len(kpi.Quantities[0].States) > 0) != (test.want != nil) {
			t.Errorf("%s: got %v (%v), want %v", name, got, b.faults, test.want)
		}
	}
}

func TestNumbersOfNoLot(t *testing.T) {
	b := builder{spec: agent.Spec{Tags: []*agent.Tag{tagOf("coil", "", "s", 0)}}}
	for name, test := range map[string]struct {
		none []string
		id   string
		want bool
	}{
		"empty":           {nil, "", true},
		"zero":            {nil, "0", true},
		"a number":        {nil, "4711", false},
		"a word":          {[]string{"EMPTY"}, "EMPTY", true},
		"zero is a lot":   {[]string{"EMPTY"}, "0", false},
		"none at all are": {[]string{}, "", false},
	} {
		if got := b.lots(&lotSection{Tag: "coil", None: test.none}).isNone(test.id); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
