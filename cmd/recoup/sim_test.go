package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/sim"
)

// TestGlassWorksAreReadAsTheyShow reads every point of the simulated glass works
// with the agent's driver: both sides agree on words, orders and scales.
func TestGlassWorksAreReadAsTheyShow(t *testing.T) {
	glass, image := sim.NewGlass(3, time.Now().UTC()), sim.NewImage()
	for range 100 {
		glass.Step(10 * time.Second)
	}
	image.Show(glass)
	server, err := sim.Listen("127.0.0.1:0", image)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	lines := readSource(t, glass, fmt.Sprintf("modbus: {address: \"tcp://%s\", unit: 1}", server.Addr()), func(map[string]string) bool { return true })
	values := glass.Values()
	for at, p := range glass.Points() {
		wire := fmt.Sprint(values[at].Bits)
		switch p.Type {
		case sim.Float32:
			wire = fmt.Sprint(values[at].Float32())
		case sim.Bool:
			wire = fmt.Sprint(values[at].Bool())
		}
		if !strings.Contains(lines[p.Name], " "+wire+" ") {
			t.Errorf("%s shows %s, read as %q", p.Name, wire, lines[p.Name])
		}
	}
	if server.OtherRequests() != 0 {
		t.Errorf("%d requests other than reads", server.OtherRequests())
	}
}

// acidChild starts the process that a demo starts for the acid plant.
func acidChild(t *testing.T, args ...string) *sim.Child {
	t.Helper()
	child, err := sim.StartChild(binary(t), append([]string{"sim", "--opcua", "127.0.0.1:0", "--pki", filepath.Join(t.TempDir(), "pki")}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	if err := child.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	return child
}

// TestSimServesTheAcidPlant: the process catches up with its history, leaves the
// laboratory's earlier values to it, lives on through a Ctrl-C, and ends with its
// standard input.
func TestSimServesTheAcidPlant(t *testing.T) {
	dir, began := t.TempDir(), time.Now()
	child := acidChild(t, "--pki", filepath.Join(dir, "pki"), "--lab", filepath.Join(dir, "lab"), "--truth", filepath.Join(dir, "truth.csv"),
		"--since", time.Now().AddDate(0, 0, -2).UTC().Format(time.RFC3339))
	truth, err := os.ReadFile(filepath.Join(dir, "truth.csv"))
	if n := bytes.Count(truth, []byte(",feed_kg,")); err != nil || n < 2*1440 {
		t.Errorf("the truth of %d minutes of two days, %v", n, err)
	}
	first := ""
	readSource(t, sim.NewAcid(1, began), acidSection(child), func(lines map[string]string) bool { // until the plant has lived on
		beat := strings.Fields(lines["heartbeat"] + " ? ?")[1]
		if first == "" {
			first = beat
		}
		return beat != first
	})
	titrations, err := os.ReadDir(filepath.Join(dir, "lab"))
	if err != nil {
		t.Error(err)
	}
	for _, file := range titrations { // one may be told while the test runs, an hour after its sample was taken
		sampled, err := time.Parse("acid-20060102-1504.csv -07", file.Name()+" +08")
		if err != nil || sampled.Add(time.Hour).Before(began) {
			t.Errorf("file %s of a value that was told before the start (%v)", file.Name(), err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "pki", sim.ServerCertificate)); err != nil {
		t.Error(err)
	}
	if counts, err := child.Counts(); err != nil || counts.Requests == 0 || counts.Other != 0 {
		t.Errorf("counts %+v, %v; want reads only", counts, err)
	}
	if err := child.Stop(); err != nil {
		t.Error(err)
	}
}

// TestSimOutlivesCtrlC: at a terminal the agent and its plant get it both, and
// the plant is there until the agent has ended.
func TestSimOutlivesCtrlC(t *testing.T) {
	child := exec.Command(binary(t), "sim", "--opcua", "127.0.0.1:0", "--pki", filepath.Join(t.TempDir(), "pki"))
	child.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector keeps an ended program for 1 s otherwise
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill() })
	said := bufio.NewReader(out)
	answered := func() {
		for fmt.Fprintln(in, "counts"); ; {
			line, err := said.ReadString('\n')
			if err != nil {
				t.Fatalf("the plant's process has ended: %v", err)
			}
			if strings.HasPrefix(line, "{") {
				return
			}
		}
	}
	answered()
	if err := child.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); { // far longer than an end takes
		answered()
	}
	in.Close()
	if rest, err := io.ReadAll(said); err != nil || len(rest) > 0 {
		t.Errorf("it says %q, %v", rest, err)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("the end of its input ended it with %v", err)
	}
}

func acidSection(child *sim.Child) string {
	return fmt.Sprintf("opcua: {endpoint: %q, security: none, insecure: true}", child.Address())
}

// readSource reads all the plant's points with the agent's driver, until done,
// and gives what is printed for each. The section says where they are.
func readSource(t *testing.T, plant sim.Plant, section string, done func(lines map[string]string) bool) map[string]string {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "plant: {id: p-1, name: P, timezone: Asia/Shanghai}\nbuffer: {path: data}\nweb: {listen: %q}\nsources:\n"+
		"  - name: src\n    every: 1s\n    %s\n    tags:\n", freePort(t), section)
	for _, p := range plant.Points() {
		unit := ""
		if p.EngUnit != "" {
			unit = ", unit: " + p.EngUnit
		}
		fmt.Fprintf(&text, "      - {name: src.%s, at: %q, scale: %g%s}\n", p.Name, p.At(), p.Scale, unit)
	}
	file := filepath.Join(t.TempDir(), "read.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var lines map[string]string
	until(t, "what the test waits for", func() bool {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), []string{"-c", file, "read", "src"}, &out, &errOut); code == exitUsage {
			t.Fatalf("%s%s", errOut.String(), out.String())
		}
		lines = map[string]string{}
		for line := range strings.Lines(out.String()) {
			if name, is := strings.CutPrefix(strings.Fields(line + " .")[0], "src."); is {
				lines[name] = line
			}
		}
		return done(lines)
	})
	return lines
}

// incidentArg is an incident that goes on now.
func incidentArg(word, point string) string {
	now := time.Now()
	return word + " " + now.Add(-time.Hour).Format(time.RFC3339) + " " + now.Add(time.Hour).Format(time.RFC3339) + " " + point
}

// TestSimIncidentsOverOPCUA: the process serves the incidents that its parent
// tells it, and nothing else is wrong.
func TestSimIncidentsOverOPCUA(t *testing.T) {
	for _, tt := range []struct {
		args []string
		bad  func(point string) bool
	}{
		{[]string{"--incident", incidentArg("plc_off", "")}, func(string) bool { return true }},
		{[]string{"--incident", incidentArg("flame_out", ""), "--incident", incidentArg("flame_out", "mist")},
			func(point string) bool { return point == "so2" || point == "mist" }},
	} {
		child := acidChild(t, tt.args...)
		acid := sim.NewAcid(1, time.Now())
		lines := readSource(t, acid, acidSection(child),
			func(lines map[string]string) bool { return strings.Contains(lines["so2"], "bad") })
		for _, p := range acid.Points() {
			if got := strings.Contains(lines[p.Name], "bad"); got != tt.bad(p.Name) || lines[p.Name] == "" {
				t.Errorf("%v: %s is read as %q", tt.args, p.Name, lines[p.Name])
			}
		}
		if counts, err := child.Counts(); err != nil || counts.Other != 0 || counts.Requests == 0 {
			t.Errorf("counts %+v, %v; want reads only", counts, err)
		}
		if err := child.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestSimIncidentsOverModbus: a training incident at the glass works.
func TestSimIncidentsOverModbus(t *testing.T) {
	address := freePort(t)
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"sim", "--plant", "glass", "--modbus", address, "--upstream", "127.0.0.1:0", "--incident", incidentArg("meter_swapped", "")}, &out, &errOut)
	}()
	glass := sim.NewGlass(1, time.Now())
	lines := readSource(t, glass, fmt.Sprintf("modbus: {address: \"tcp://%s\", unit: 1}", address),
		func(lines map[string]string) bool {
			return strings.Contains(lines["grid_power"], "bad") && lines["t_in"] != "" && !strings.Contains(lines["t_in"], "bad")
		})
	for _, p := range glass.Points() {
		if got := strings.Contains(lines[p.Name], "bad"); got != (p.Unit == 12) || lines[p.Name] == "" {
			t.Errorf("%s of unit %d is read as %q", p.Name, p.Unit, lines[p.Name])
		}
	}
	stop()
	if got := <-code; got != exitDone {
		t.Errorf("exit %d: %s", got, errOut.String())
	}
}

// TestSimRefusesWrongIncidents as a wrong call, before anything is served.
func TestSimRefusesWrongIncidents(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--incident", "fire 2100-01-01T00:00:00Z 2100-01-01T01:00:00Z"}, `no incident is called "fire"; write one of plc_off,`},
		{[]string{"--incident", "plc_off tomorrow noon"}, `"tomorrow" is not a time; write it like`},
		{[]string{"--incident", "plc_off 2100-01-01T00:00:00Z"}, `write "KIND FROM TO"`},
		{[]string{"--incident", "purge_doubled 2100-01-01T00:00:00Z 2100-01-01T01:00:00Z"}, `plant "mill"; write one of plc_off,`},
		{[]string{"--plant", "glass", "--incident", "frozen 2100-01-01T00:00:00Z 2100-01-01T01:00:00Z q_in"}, `cannot be at "q_in"`},
		{[]string{"--opcua", "127.0.0.1:0", "--incident", "calibration 2100-01-01T00:00:00Z 2100-01-01T01:00:00Z"}, `plant "acid"; write one of plc_off,`},
		{[]string{"--incident", "plc_off 2020-01-01T00:00:00Z 2020-01-01T01:00:00Z"}, "is over already; write a later time"},
	} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), append([]string{"sim"}, tt.args...), &out, &errOut); code != exitUsage || !strings.Contains(errOut.String(), tt.want) || out.Len() > 0 {
			t.Errorf("sim %q: exit %d, %s%s; want exit 2 and %q", tt.args, code, errOut.String(), out.String(), tt.want)
		}
	}
}
