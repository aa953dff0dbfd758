package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestPLCAbsentKilledRestarted: the agent runs without its PLC, says so, and
// recovers; the running window's reasons show the seconds.
func TestPLCAbsentKilledRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "unit: Nm3/h,", "unit: Nm3/h, max_gap: 2s,") // or so short an outage would be bridged
	w.live(t)
	w.plc.PowerOff()
	r := w.start(t)
	up := func(want string) func() bool {
		return func() bool { return metric(w.get("/metrics"), `recoup_source_up{source="mill"}`) == want }
	}
	until(t, "a page that says the PLC is down", up("0"))
	if page := w.get("/?lang=en"); !strings.Contains(page, "does not answer") && !strings.Contains(page, "cannot be reached") {
		t.Errorf("the page does not say in words that the PLC is away:\n%.2000s", page)
	}
	if err := w.plc.PowerOn(); err != nil {
		t.Fatal(err)
	}
	until(t, "the PLC found", up("1"))
	time.Sleep(3 * time.Second)
	w.plc.PowerOff()
	until(t, "the PLC lost", up("0"))
	time.Sleep(5 * time.Second)
	if err := w.plc.PowerOn(); err != nil {
		t.Fatal(err)
	}
	until(t, "the PLC back", up("1"))
	var lost float64
	until(t, "the outage's seconds in the running window's reasons", func() bool {
		lost = lostSeconds(t, w.get("/api/v1/board"), "no_connection")
		return lost >= 4
	})
	t.Logf("%.1f s lost to no_connection", lost)
	r.stop(t)
	w.onlyReads(t)
}

// lostSeconds sums what the running day's removal has lost to a cause.
func lostSeconds(t *testing.T, board, cause string) (sum float64) {
	t.Helper()
	var b struct {
		Running []struct {
			KPI, Window string
			Lost        []struct {
				Cause   string
				Seconds float64
			}
		}
	}
	if err := json.Unmarshal([]byte(board), &b); err != nil {
		t.Fatalf("%v in %.500s", err, board)
	}
	for _, r := range b.Running {
		if r.KPI != "mill.oil.removal" || r.Window != "day" {
			continue
		}
		for _, l := range r.Lost {
			if l.Cause == cause {
				sum += l.Seconds
			}
		}
	}
	return sum
}

// TestTakenDataFolder: a second agent on the same buffer says so and ends.
func TestTakenDataFolder(t *testing.T) {
	w := newWorld(t)
	w.live(t)
	r := w.start(t)
	until(t, "the first agent up", func() bool { return w.get("/healthz") != "" })
	second := exec.Command(binary(t), "run", "-c", w.config)
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "another recoup") {
		t.Errorf("second agent: %v, exit %d, said %q; want exit 1 and why", err, second.ProcessState.ExitCode(), out)
	}
	r.stop(t)
}
