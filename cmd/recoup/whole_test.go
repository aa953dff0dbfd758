package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"recoup/sim"
)

// The whole: the built binary between a simulated plant and a far side.

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "recoup-test-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "recoup.exe")
	out, err := exec.Command("go", "build", "-race", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

// binary builds the program, with the race detector, once for all tests.
func binary(t *testing.T) string {
	t.Helper()
	name, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestMain lets the test binary be the process that a demo starts for its acid
// plant.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sim" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	code := m.Run()
	if name, err := buildOnce(); err == nil {
		os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// world is a plant, an upstream and a configuration between them.
type world struct {
	image  *sim.Image
	plc    *sim.Server
	up     *sim.Upstream
	taken  *bytes.Buffer // what the upstream accepted, a JSON line each; read it after up.Close
	page   string
	config string
}

// newWorld makes one whose configuration is the demo's, changed by edit.
func newWorld(t *testing.T, edit ...string) *world {
	t.Helper()
	w := &world{image: sim.NewImage(), taken: &bytes.Buffer{}, page: freePort(t), config: filepath.Join(t.TempDir(), "mill.yaml")}
	var err error
	if w.plc, err = sim.Listen("127.0.0.1:0", w.image); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.plc.Close() })
	if w.up, err = sim.ListenUpstream("127.0.0.1:0", w.taken); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.up.Close() })
	edit = append(edit, "tcp://127.0.0.1:1502", "tcp://"+w.plc.Addr(), "http://127.0.0.1:9467/v1/batches", w.up.URL(), "127.0.0.1:9466", w.page)
	if err := os.WriteFile(w.config, []byte(strings.NewReplacer(edit...).Replace(millConfig)), 0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

// live steps the mill in the background, ten times a second.
func (w *world) live(t *testing.T) {
	t.Helper()
	mill := sim.NewMill(1, time.Now().UTC())
	mill.Step(time.Second)
	w.image.Show(mill)
	plant := &sim.Live{Plant: mill, Screen: w.image, Every: 100 * time.Millisecond}
	done := make(chan error, 1)
	go func() { done <- plant.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// agent is the running binary.
type running struct {
	*exec.Cmd
	log *bytes.Buffer
}

func (w *world) start(t *testing.T) *running {
	t.Helper()
	r := &running{exec.Command(binary(t), "run", "-c", w.config), &bytes.Buffer{}}
	r.Stdout, r.Stderr = r.log, r.log
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Process.Kill() })
	return r
}

// stop ends the agent as a service manager does and checks that it obeys.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(); err != nil {
		t.Errorf("the agent ended with %v; it said:\n%s", err, r.log)
	}
	if strings.Contains(r.log.String(), "DATA RACE") {
		t.Errorf("data race:\n%s", r.log)
	}
}

// get asks the local endpoint; "" while nobody answers.
func (w *world) get(path string) string {
	answer, err := http.Get("http://" + w.page + path)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

// until waits for a condition; two minutes without it fail the test.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("two minutes without: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// metric gives the value of the metric line that begins with series, "" when it
// is not there.
func metric(text, series string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// onlyReads demands that nothing but reads reached the PLC.
func (w *world) onlyReads(t *testing.T) {
	t.Helper()
	if n := w.plc.OtherRequests(); n != 0 {
		t.Errorf("%d requests other than reads reached the PLC, want 0", n)
	}
	if w.plc.Requests() == 0 {
		t.Error("no request reached the PLC: the test sees nothing")
	}
}
