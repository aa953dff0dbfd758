package drivers

import (
	"strings"
	"testing"
)

// Each kind shows its own section; that the example can be built is the kind's
// own test.
func TestEveryKindIsComplete(t *testing.T) {
	all := All()
	if _, listed := all["modbus"]; !listed {
		t.Error("modbus is not in the list")
	}
	for name, kind := range all {
		if kind.New == nil {
			t.Errorf("%s cannot be built", name)
		}
		if !strings.HasPrefix(kind.Example, "#") || !strings.Contains(kind.Example, "\n- name: ") || !strings.Contains(kind.Example, "\n  "+name+":") {
			t.Errorf("the example of %s is not a commented entry with a section %s:\n%s", name, name, kind.Example)
		}
	}
}
