package main

import (
	"bufio"
	"bytes"
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
	var text strings.Builder
	fmt.Fprintf(&text, "plant: {id: glass-1, name: Glass, timezone: Asia/Shanghai}\nbuffer: {path: data}\nweb: {listen: %q}\nsources:\n"+
		"  - name: glass\n    every: 1s\n    modbus: {address: \"tcp://%s\", unit: 1}\n    tags:\n", freePort(t), server.Addr())
	for _, p := range glass.Points() {
		scale := ""
		if p.Scale != 1 {
			scale = fmt.Sprintf(", scale: %g", p.Scale)
		}
		unit := ""
		if p.EngUnit != "" {
			unit = ", unit: " + p.EngUnit
		}
		fmt.Fprintf(&text, "      - {name: glass.%s, at: %s%s%s}\n", p.Name, p.At(), unit, scale)
	}
	file := filepath.Join(t.TempDir(), "glass.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"-c", file, "read", "glass"}, &out, &errOut); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, errOut.String(), out.String())
	}
	values := glass.Values()
	for at, p := range glass.Points() {
		wire := fmt.Sprint(values[at].Bits)
		switch p.Type {
		case sim.Float32:
			wire = fmt.Sprint(values[at].Float32())
		case sim.Bool:
			wire = fmt.Sprint(values[at].Bool())
		}
		found := false
		for line := range strings.Lines(out.String()) {
			if words := strings.Fields(line); words[0] == "glass."+p.Name {
				found = true
				if !strings.Contains(line, " "+wire+" ") {
					t.Errorf("%s shows %s, read as %s", p.Name, wire, line)
				}
			}
		}
		if !found {
			t.Errorf("%s is missing in\n%s", p.Name, out.String())
		}
	}
	if server.OtherRequests() != 0 {
		t.Errorf("%d requests other than reads", server.OtherRequests())
	}
}

// TestSimServesTheAcidPlant: the process that a demo starts catches up with its
// history, leaves the laboratory's files, and ends with its standard input.
func TestSimServesTheAcidPlant(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(binary(t), "sim", "--opcua", "127.0.0.1:0", "--pki", filepath.Join(dir, "pki"), "--lab", filepath.Join(dir, "lab"),
		"--since", time.Now().AddDate(0, 0, -2).UTC().Format(time.RFC3339))
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
	said := bufio.NewReader(out)
	if first, err := said.ReadString('\n'); err != nil || !strings.Contains(first, " at opc.tcp://127.0.0.1:") {
		t.Errorf("the child says %q, %v", first, err)
	}
	titrations, err := filepath.Glob(filepath.Join(dir, "lab", "*.csv"))
	if err != nil || len(titrations) < 6 || len(titrations) > 8 {
		t.Errorf("%d titrations of two days, %v", len(titrations), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pki", sim.ServerCertificate)); err != nil {
		t.Error(err)
	}
	in.Close()
	io.Copy(io.Discard, said)
	if err := child.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
}
